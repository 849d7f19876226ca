"""A post that says what another says on the same account is asked about, a repeated one is not (P12, P14)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from approvals import drafts, planning, same_words
from approvals.models import Draft
from approvals.planning import Rhythm
from approvals.previews import preview
from approvals.states import PublicationState
from school.models import Account, Person, Role
from school.times import LONDON, say
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Sentences = Callable[[Draft], list[str]]


@pytest.fixture
def said(session: Session) -> Sentences:
    def of(draft: Draft) -> list[str]:
        revision = drafts.current_revision(session, draft)
        found = [one.sentence for one in same_words.elsewhere(session, draft, revision)]
        assert [one for one in preview(session, draft, revision).warnings if one in found] == found
        return found

    return of


def written(session: Session, by: Person, now: datetime, *accounts: Account, **more: object) -> Draft:
    draft = drafts.save(session, None, scenes.content(*accounts, **more), by=by, now=now)  # type: ignore[arg-type]
    session.commit()
    return draft


def test_the_same_words_at_the_same_minute_are_said_once_they_are_handed_in(
    session: Session,
    teacher: Person,
    x: Account,
    facebook: Account,
    now: datetime,
    later: datetime,
    said: Sentences,
) -> None:
    one = written(session, teacher, now, x, facebook, at=later, text="The fair is  on Saturday!")
    other = written(session, teacher, now, x, at=later, text="the fair\nis on saturday! ")
    assert said(other) == [], "nobody asked for the first one yet"
    scenes.submit(session, one, teacher, now)
    assert said(other) == [
        f"The same words are planned on X @larkfieldprimary for {say(later)}, in another "
        "post that waits for a decision."
    ]
    scenes.submit(session, other, teacher, now)
    [sentence] = said(one)
    assert "waits for a decision" in sentence and "Facebook" not in sentence
    [asked] = [mail for mail in scenes.mails(session, "approval_request") if sentence in _text(mail)]
    assert asked


def test_of_many_only_the_nearest_are_named(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime, said: Sentences
) -> None:
    reminder = written(session, teacher, now, x, at=now + timedelta(days=6, hours=1))
    for day in range(1, 13):
        one = written(session, teacher, now, x, at=now + timedelta(days=day))
        scenes.submit(session, one, teacher, now)
    found = said(reminder)
    assert len(found) == same_words.MOST
    for day, sentence in zip((6, 7, 5), found, strict=True):
        assert say(now + timedelta(days=day)) in sentence


def _text(mail: object) -> str:
    body = mail.get_body(("plain",))  # type: ignore[attr-defined]
    return " ".join(body.get_content().split())


def test_it_is_said_of_what_is_approved_or_out_and_of_nothing_that_ended(
    session: Session,
    teacher: Person,
    head: Person,
    x: Account,
    facebook: Account,
    now: datetime,
    said: Sentences,
) -> None:
    one, [on_x, on_facebook] = scenes.approved(
        session, teacher, head, now, x, facebook, at=now + timedelta(days=1)
    )
    if on_x.account_id != x.id:
        on_x, on_facebook = on_facebook, on_x
    other = written(session, teacher, now, x, facebook, at=now + timedelta(days=3))
    [sentence] = said(other)
    assert " on X @larkfieldprimary and Facebook" in sentence and sentence.endswith("that is approved.")
    on_x.state, on_x.published_at = PublicationState.PUBLISHED, now
    on_facebook.state = PublicationState.CANCELLED
    session.commit()
    assert said(other) == [
        f"The same words were published on X @larkfieldprimary on {say(now)}, in another post."
    ]
    assert said(one) == [], "it is decided"
    on_x.state = PublicationState.FAILED
    session.commit()
    assert said(other) == []


def test_other_words_another_account_and_another_week_are_no_second_time(
    session: Session,
    teacher: Person,
    x: Account,
    facebook: Account,
    now: datetime,
    later: datetime,
    said: Sentences,
) -> None:
    scenes.submit(session, written(session, teacher, now, x, at=later), teacher, now)
    for draft in (
        written(session, teacher, now, x, at=later, text="The fair is over."),
        written(session, teacher, now, facebook, at=later),
        written(session, teacher, now, x, at=later + timedelta(days=7)),
    ):
        assert said(draft) == []
    assert said(written(session, teacher, now, x, at=later + timedelta(days=6)))
    taken_back = written(session, teacher, now, facebook, at=later)
    scenes.submit(session, taken_back, teacher, now)
    drafts.withdraw(session, taken_back.id, reason="", by=teacher, now=now)
    assert said(written(session, teacher, now, facebook, at=later)) == []


def test_a_repeated_post_is_a_second_time_only_on_the_same_day(
    session: Session, teacher: Person, x: Account, now: datetime, later: datetime, said: Sentences
) -> None:
    first = written(session, teacher, now, x, at=later)
    day = later.astimezone(LONDON).date()
    [second] = planning.repeat(
        session,
        first.id,
        rhythm=Rhythm.WEEKLY,
        until=day + timedelta(days=7),
        series=uuid4(),
        by=teacher,
        now=now,
    )
    scenes.submit(session, first, teacher, now)

    def move(days: int) -> None:
        to = scenes.planned(later + timedelta(days=days))
        planning.move(
            session,
            second.id,
            day=to["planned_date"],
            clock=to["planned_time"],
            based_on=second.revision_number,
            by=teacher,
            now=now,
        )

    move(1)
    assert said(second) == [], "the next day is meant"
    move(0)
    [sentence] = said(second)
    assert "waits for a decision" in sentence


def test_the_way_to_the_other_is_only_for_who_may_open_it(
    session: Session,
    teacher: Person,
    head: Person,
    school_people: dict[Role, Person],
    x: Account,
    now: datetime,
    later: datetime,
) -> None:
    one = written(session, teacher, now, x, at=later)
    scenes.submit(session, one, teacher, now)
    other = written(session, teacher, now, x, at=later)
    found = same_words.elsewhere(session, other, drafts.current_revision(session, other))
    stranger = school_people[Role.NETWORK_MANAGER]
    assert set(same_words.open_to(session, found, by=head, now=now).values()) == {one.id}
    assert set(same_words.open_to(session, found, by=teacher, now=now).values()) == {one.id}
    assert same_words.open_to(session, found, by=stranger, now=now) == {}
