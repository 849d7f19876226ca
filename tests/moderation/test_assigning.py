"""Giving entries to colleagues, saved answers, and what was before with an author."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from moderation import alerts, assigning, author_history, claims, decisions, replies, review
from moderation.decisions import Decision, Outcome
from moderation.models import Assignment, LogCase, LogEntry, PlatformAct, ReferTo
from moderation.replies import Reply
from moderation.review import QueueFilters
from school import digests, notices, push
from school.db import reading, transaction
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models import (
    HeldNotice,
    MailState,
    NoticeTimes,
    OutboxEmail,
    Person,
    PushNotice,
    PushSubscription,
    Role,
)
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import URL, Clock, decide, flagged
from tests.school.test_push import Browser

pytestmark = pytest.mark.usefixtures("numbered_in_turn")

People = dict[Role, Person]
TEN = timedelta(minutes=10)


@pytest.fixture
def entries(account_id: UUID, platform: ScriptedPlatform, clock: Clock) -> list[UUID]:
    answer = comment(1, "idiot", parent_platform_id="c-0")
    return flagged(account_id, platform, clock, comment(0, "You idiot"), answer, comment(2, "idiot 2"))


def give(entry_id: UUID, *, to: Person, by: Person, clock: Clock) -> None:
    with transaction() as session:
        assigning.assign(
            session,
            entry_id,
            to_id=to.id,
            by=session.get_one(Person, by.id),
            url=URL,
            now=clock(),
        )


def mine(person: Person, clock: Clock) -> list[int]:
    with reading() as session:
        viewer = session.get_one(Person, person.id)
        page = review.queue(session, viewer=viewer, filters=QueueFilters(mine=True), now=clock())
        return [item.entry.number for item in page.items]


def given(entry_id: UUID, viewer: Person, clock: Clock) -> str:
    with reading() as session:
        person = session.get_one(Person, viewer.id)
        return review.entry_page(session, entry_id, viewer=person, now=clock()).item.given_to


def test_an_entry_is_given_to_a_colleague_and_locks_nobody_out(
    entries: list[UUID], clock: Clock, school_people: People
) -> None:
    slt, dsl, moderator = (school_people[role] for role in (Role.SLT, Role.DSL, Role.MODERATOR))
    with transaction() as session:
        claims.claim(session, entries[0], by=session.get_one(Person, slt.id), lifetime=TEN, now=clock())
    give(entries[0], to=dsl, by=slt, clock=clock)
    assert mine(dsl, clock) == [1] and mine(slt, clock) == []
    assert [given(entries[0], one, clock) for one in (dsl, moderator)] == ["you", dsl.name]
    with reading() as session:
        assert session.get_one(LogCase, entries[0]).claimed_by_id is None
    # What somebody is deciding is not given away over their head.
    with transaction() as session:
        by = session.get_one(Person, moderator.id)
        claims.claim(session, entries[0], by=by, lifetime=TEN, now=clock())
    with pytest.raises(MoveNotAllowed, match="Somebody else"):
        give(entries[0], to=moderator, by=slt, clock=clock)
    give(entries[0], to=slt, by=moderator, clock=clock)
    assert mine(dsl, clock) == [] and mine(slt, clock) == [1]
    give(entries[0], to=moderator, by=slt, clock=clock)
    assert mine(slt, clock) == [] and mine(moderator, clock) == [1]
    decide(entries[0], Outcome.DISMISS, by=moderator, clock=clock)
    assert mine(moderator, clock) == []
    with pytest.raises(MoveNotAllowed, match="decided already"):
        give(entries[0], to=dsl, by=slt, clock=clock)
    for nobody in (school_people[Role.STAFF], school_people[Role.CHAIR], slt):
        with pytest.raises(BadInput, match="from the list"):
            give(entries[1], to=nobody, by=slt, clock=clock)
    with pytest.raises(NotPermitted):
        give(entries[1], to=dsl, by=school_people[Role.STAFF], clock=clock)
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Assignment)) == 3
        raws = session.scalars(sa.select(OutboxEmail.raw).where(OutboxEmail.purpose == "handed_over")).all()
        assert len(raws) == 3 and all(b"idiot" not in raw for raw in raws)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_p3_nothing_about_the_headteacher_is_given_to_the_headteacher(
    entries: list[UUID], clock: Clock, school_people: People
) -> None:
    slt, head = school_people[Role.SLT], school_people[Role.HEADTEACHER]
    with transaction() as session:
        session.execute(
            sa.update(LogCase)
            .where(LogCase.entry_id == entries[0])
            .values(about_headteacher=True, claimed_by_id=slt.id, claimed_until=clock() + TEN)
        )
        session.execute(
            sa.update(LogCase)
            .where(LogCase.entry_id == entries[1])
            .values(claimed_by_id=slt.id, claimed_until=clock() + TEN)
        )
    with pytest.raises(BadInput, match="from the list"):
        give(entries[0], to=head, by=slt, clock=clock)
    with transaction() as session:
        done = assigning.hand_over(
            session, to_id=head.id, by=session.get_one(Person, slt.id), url=URL, now=clock()
        )
    assert (done.given, done.stay) == (1, 1)
    assert mine(head, clock) == [2]
    with reading() as session:
        [mail] = session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == "handed_over"))
        assert mail.to_id == head.id and str(entries[0]).encode() not in mail.raw
        assert session.get_one(LogCase, entries[0]).claimed_by_id == slt.id


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_saved_answers_are_versions_and_send_nothing_themselves(
    entries: list[UUID], clock: Clock, school_people: People
) -> None:
    head, moderator = school_people[Role.HEADTEACHER], school_people[Role.MODERATOR]
    with transaction() as session:
        with pytest.raises(NotPermitted):
            replies.save(session, None, name="Mine", body="No", by=moderator, now=clock())
        for wrong, field in (("", "body"), ("x" * 1001, "body"), ("Dear {pupil}", "body")):
            with pytest.raises(BadInput) as refused:
                replies.save(session, "talk", name="Talk", body=wrong, by=head, now=clock())
            assert refused.value.field == field
        with pytest.raises(NotFound):
            replies.save(session, "nothing", name="Nothing", body="Words", by=head, now=clock())
        for body in ("Hello {author}.", "Good morning, {author}, from {school} on {platform}."):
            replies.save(session, "talk", name="Talk", body=body, by=head, now=clock())
        replies.retire(session, "facts", by=head, now=clock())
    with reading() as session:
        known = {one.key: one for one in replies.offered(session)}
        assert known["talk"].number == 2 and "facts" not in known and "reminder" in known
        assert [row.number for row, _ in replies.versions(session)["talk"]] == [2, 1]
        entry = session.get_one(LogEntry, entries[0])
        assert replies.fill(session, known["talk"], entry) == (
            "Good morning, Troll Tim, from Larkfield Primary School on Facebook."
        )
        nameless = LogEntry(author_name="", author_handle="", platform="facebook")
        assert replies.fill(session, Reply("a", "A", "Thank you, {author}."), nameless) == "Thank you."
        assert session.scalar(sa.select(sa.func.count()).select_from(PlatformAct)) == 0
    with pytest.raises(BadInput, match="Write something in place"):
        decide(entries[0], Outcome.REPLY, by=head, clock=clock, reply="Hello {author}")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_it_answers_and_what_was_before_with_the_author(
    entries: list[UUID], clock: Clock, school_people: People
) -> None:
    slt, head = school_people[Role.SLT], school_people[Role.HEADTEACHER]
    decide(entries[0], Outcome.HIDE, Outcome.BLOCK, by=slt, clock=clock, reason="Again and again")
    with transaction() as session:
        session.add_all(
            HeldNotice(
                person_id=person.id, kind="urgent", words="A threat", link=f"{URL}/moderation/{entries[2]}",
                confidential=False, held_at=clock(),
            )
            for person in (slt, head)
        )  # fmt: skip
        # A digest that waits for a mail server that is away, with news of their posts, too.
        session.add(HeldNotice(
            person_id=head.id, kind="drafts", words="Your post was approved", link=f"{URL}/drafts/1",
            confidential=False, held_at=clock(),
        ))  # fmt: skip
        session.add(NoticeTimes(person_id=head.id, digest_at=960, next_digest_at=clock()))
        session.flush()
        assert digests.send(session, head.id, url=URL, now=clock())
        session.flush()
        # Sent at this moment, to no avail; the rest waits for the end of quiet hours, or failed.
        session.execute(sa.update(OutboxEmail).values(state=MailState.SENDING, lease_until=clock()))
        given = session.scalars(sa.select(LogEntry).where(LogEntry.id.in_(entries[1:]))).all()
        for person in (slt, head):
            push.subscribe(
                session, session.get_one(Person, person.id), Browser("https://push.test", person.name).said,
                browser="Firefox", allowed=True, now=clock(),
            )  # fmt: skip
            alerts.handed_over(
                session, given, to=session.get_one(Person, person.id), by=slt, confidential=False, url=URL,
                now=clock(),
            )  # fmt: skip
        session.flush()
        session.execute(
            sa.update(OutboxEmail)
            .where(OutboxEmail.to_id == head.id, OutboxEmail.purpose == "handed_over")
            .values(state=MailState.FAILED)
        )
    with transaction() as session:
        decisions.decide(
            session,
            entries[2],
            Decision(
                frozenset({Outcome.REFER}), "About the head", refer_to=ReferTo.CHAIR, about_headteacher=True
            ),
            seen=1,
            by=session.get_one(Person, slt.id),
            url=URL,
            now=clock(),
        )
    # The chair reads what was referred to the chair, and no reason that may be of what wasn't.
    chair = school_people[Role.CHAIR]
    with reading() as session:
        referred = review.entry_page(
            session, entries[2], viewer=session.get_one(Person, chair.id), now=clock()
        )
        assert not referred.past.entries and [one.reason for one in referred.past.blocks] == [""]
        for person, numbers, reason in ((slt, [3, 1], "Again and again"), (head, [1], "")):
            viewer = session.get_one(Person, person.id)
            page = review.entry_page(session, entries[1], viewer=viewer, now=clock())
            assert page.answered is not None and page.answered[0].text == "You idiot"
            assert [one.number for one in page.past.entries] == numbers
            [block] = page.past.blocks
            assert (block.by, block.reason, block.lifted_at) == (slt.name, reason, None)
        assert author_history.history(session, None, besides=entries[0], viewer=slt).entries == ()
        # It leaves the headteacher's next digest, and one that waited, of which the rest is told (P3).
        held = session.execute(sa.select(HeldNotice.person_id, HeldNotice.words).order_by(HeldNotice.held_at))
        assert set(held) == {(slt.id, "A threat"), (head.id, "Your post was approved")}
        assert notices.due(session, now=clock()) == [head.id]
        [digest] = session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == "digest"))
        assert digest.state is MailState.FAILED and digest.put_away_at, "not tried again"
        # It leaves the e-mail that waits for the headteacher, which tells of the other entry all the same.
        mails = session.execute(
            sa.select(OutboxEmail.to_id, OutboxEmail.raw).where(OutboxEmail.purpose == "handed_over")
        )
        told = sorted(
            (to_id == head.id, *(str(one).encode() in raw for one in entries[1:])) for to_id, raw in mails
        )
        assert told == [(False, True, True), (True, True, False)], "one each"
        # So do the notices that wait for the headteacher's browsers: what is left is counted anew.
        counts = session.execute(sa.select(PushSubscription.person_id, PushNotice.count).join(PushNotice))
        assert sorted((person_id == head.id, count) for person_id, count in counts) == [(False, 2), (True, 1)]
