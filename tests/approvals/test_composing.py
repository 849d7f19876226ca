"""What goes with writing a post: the conversation, wordings to begin with, hashtags."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from approvals import erasing, hashtags, post_templates, remarks, schedule
from approvals.models import DraftRemark, Objective
from approvals.states import DraftState, PublicationState
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models import Account, Person, Role
from school.times import today
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_p12_author_and_approver_talk_about_a_draft_and_that_decides_nothing(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    now: datetime,
) -> None:
    """Each gets the other's words by mail; nobody else takes part; it goes on when it is out or rejected."""
    draft, [publication] = scenes.approved(session, teacher, head, now, x)
    remarks.say(session, draft.id, text=" Which gate? ", by=head, now=now)
    remarks.say(session, draft.id, text="Which gate?", by=head, now=now)
    remarks.say(session, draft.id, text="The main one.", by=teacher, now=now + timedelta(minutes=1))
    assert [(one.author.name, one.text) for one in remarks.of(session, draft)] == [
        (head.name, "Which gate?"),
        (teacher.name, "The main one."),
    ]
    session.flush()
    assert [mail["To"].addresses[0].addr_spec for mail in scenes.mails(session, "draft_remark")] == [
        teacher.email,
        head.email,
    ]
    subject = str(scenes.mails(session, "draft_remark")[0]["Subject"])
    assert subject.startswith(f"{head.name} wrote to you: ") and "“The summer fair is on" in subject
    assert draft.state is DraftState.APPROVED
    with pytest.raises((NotPermitted, NotFound)):
        remarks.say(session, draft.id, text="Me too", by=school_people[Role.MODERATOR], now=now)
    with pytest.raises(NotPermitted, match="Only the author"):
        remarks.say(session, draft.id, text="Me too", by=school_people[Role.DPO], now=now)
    with pytest.raises(BadInput, match="2,001"):
        remarks.say(session, draft.id, text="a" * 2001, by=head, now=now)
    publication.state = PublicationState.PUBLISHED
    session.flush()
    remarks.say(session, draft.id, text="It is out: how was it?", by=head, now=now + timedelta(minutes=2))
    days = {"first": today(now), "last": today(now) + timedelta(days=9)}
    assert schedule.calendar(session, **days, by=head, now=now)
    draft.state = DraftState.REJECTED
    session.flush()
    remarks.say(session, draft.id, text="What was wrong?", by=teacher, now=now + timedelta(minutes=3))
    assert schedule.calendar(session, **days, by=head, now=now) == [], "it never comes"
    draft.thrown_away_at = now
    with pytest.raises(MoveNotAllowed, match="is over"):
        remarks.say(session, draft.id, text="Too late", by=head, now=now)
    erasing.erase_drafts(session, [draft.id], now)
    assert session.query(DraftRemark).count() == 0


def test_hashtags_of_published_posts_come_most_used_first(
    session: Session,
    teacher: Person,
    head: Person,
    x: Account,
    facebook: Account,
    now: datetime,
) -> None:
    """A post on two accounts uses its hashtag once."""
    for text, state in (
        ("#larkfield grows", PublicationState.PUBLISHED),
        ("#Larkfield #Sports", PublicationState.PUBLISHED),
        ("#Larkfield", PublicationState.PUBLISHED),
        ("#Sports again", PublicationState.PUBLISHED),
        ("#Secret", PublicationState.SCHEDULED),
    ):
        _draft, made = scenes.approved(session, teacher, head, now, x, facebook, text=text)
        for publication in made:
            publication.state = state
            if state is PublicationState.PUBLISHED:
                publication.published_at = now - timedelta(days=3)
    session.flush()
    assert hashtags.used(session, now=now) == ["#Larkfield", "#Sports"]


def test_p13_the_schools_wordings_are_kept_by_headteacher_and_slt(
    session: Session, teacher: Person, head: Person, now: datetime
) -> None:
    with pytest.raises(NotPermitted):
        post_templates.write_examples(session, by=teacher, now=now)
    post_templates.write_examples(session, by=head, now=now)
    assert [one.objective for one in post_templates.listed(session)] == list(Objective)
    closed = post_templates.listed(session)[-1]
    with pytest.raises(BadInput, match="already"):
        post_templates.write(
            session, None, objective=Objective.PARENTS, title="school is CLOSED", text="x", by=head, now=now
        )
    post_templates.take_away(session, closed.id, by=head, now=now)
    with pytest.raises(NotFound):
        post_templates.find(session, closed.id)
