"""Who is told of what, when; and that somebody is always told of a threat at once (P23)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import digests, mail, notices, people
from school.errors import BadInput
from school.models import HeldNotice, NoticeTimes, OutboxEmail, Person, Role
from school.notices import How, Kind, Wishes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
People = dict[Role, Person]
NOON = datetime(2027, 3, 27, 12, 0, tzinfo=UTC)
"""The day before the clocks go forward."""
URL = "https://schoolgate.test"


def send(session: Session, to: Person, purpose: str, *, now: datetime = NOON, text: str = "") -> None:
    mail.queue(
        session, to=to, subject=f"About {purpose}", text=text or f"See {URL}/somewhere", html="",
        purpose=purpose, now=now,
    )  # fmt: skip
    session.flush()


def queued(session: Session, to: Person) -> list[tuple[str, datetime]]:
    query = sa.select(OutboxEmail).where(OutboxEmail.to_id == to.id).order_by(OutboxEmail.id)
    return [(row.purpose, row.next_try_at) for row in session.scalars(query)]


def silence(session: Session, person: Person, how: How = How.NONE) -> None:
    notices.choose(session, person, Wishes({Kind.URGENT: how}))


def test_at_once_in_a_digest_or_not_at_all(session: Session, school_people: People) -> None:
    teacher, head = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    notices.choose(
        session, teacher, Wishes({Kind.DUTIES: How.DIGEST, Kind.DRAFTS: How.NONE}, digest_at=9 * 60)
    )
    for purpose in ("decision", "new_terms", "training_reminder", "approval_request", "referral"):
        send(session, teacher, purpose)
    assert queued(session, teacher) == [("approval_request", NOON), ("referral", NOON)]
    assert notices.due(session, now=NOON + timedelta(hours=19)) == []
    # Nine in the morning in school time, an hour earlier after the clocks went forward.
    due = datetime(2027, 3, 28, 8, 0, tzinfo=UTC)
    assert session.get_one(NoticeTimes, teacher.id).next_digest_at == due
    assert notices.due(session, now=due) == [teacher.id]
    assert digests.send(session, teacher.id, url=URL, now=due)
    assert not digests.send(session, teacher.id, url=URL, now=due), "a second one finds nothing"
    session.flush()
    [digest] = session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == "digest"))
    text = message_from_bytes(digest.raw, policy=default).get_body(("plain",))
    assert text is not None
    said = text.get_content()
    assert "About new_terms" in said and "About training_reminder" in said and "decision" not in said
    assert said.count(f"{URL}/somewhere") == 2 and digest.subject == "Your digest: 2 things"
    assert session.scalar(sa.select(sa.func.count()).select_from(HeldNotice)) == 0
    # Held by another transaction just when the digest was taken, so that it has no time of its own.
    send(session, teacher, "new_terms", now=due)
    session.execute(sa.update(NoticeTimes).values(next_digest_at=None))
    assert notices.due(session, now=due + timedelta(hours=23)) == []
    assert notices.due(session, now=due + timedelta(days=1)) == [teacher.id]
    assert digests.send(session, teacher.id, url=URL, now=due + timedelta(days=1))
    session.expire_all()
    # Whoever has left gets none.
    send(session, teacher, "new_terms")
    people.set_active(session, teacher, False, by=head, reason="Left", now=NOON)
    assert not digests.send(session, teacher.id, url=URL, now=due + timedelta(days=1))


@pytest.mark.parametrize(
    ("begins", "ends", "at", "goes"),
    [
        (19 * 60, 7 * 60, NOON, NOON),
        (19 * 60, 7 * 60, NOON.replace(hour=22), datetime(2027, 3, 28, 6, 0, tzinfo=UTC)),
        (19 * 60, 7 * 60, NOON.replace(hour=3), NOON.replace(hour=7)),
        (11 * 60, 13 * 60, NOON, NOON.replace(hour=13)),
        (11 * 60, 12 * 60, NOON, NOON),
    ],
)
def test_quiet_hours_hold_mail_back_but_no_threat(
    session: Session, school_people: People, begins: int, ends: int, at: datetime, goes: datetime
) -> None:
    slt = school_people[Role.SLT]
    notices.choose(session, slt, Wishes(quiet_from=begins, quiet_to=ends))
    for purpose in ("incident", "urgent_comment", "approval_request"):
        send(session, slt, purpose, now=at)
    assert queued(session, slt) == [("incident", goes), ("urgent_comment", at), ("approval_request", at)]


def test_p23_threats_cannot_be_silenced_by_everybody(session: Session, school_people: People) -> None:
    """Neither by choosing nor by leaving; the headteacher doesn't count, who isn't told of all (P3)."""
    slt, dsl, head = (school_people[role] for role in (Role.SLT, Role.DSL, Role.HEADTEACHER))
    silence(session, head)
    silence(session, dsl, How.DIGEST)
    with pytest.raises(BadInput, match="the last of the leadership team") as refused:
        silence(session, slt)
    assert refused.value.field == "urgent"
    send(session, dsl, "urgent_comment", text=f"{URL}/moderation/1 and {URL}/moderation/2")
    assert queued(session, dsl) == []
    held = session.scalars(sa.select(HeldNotice)).all()
    assert [(row.words, row.link[-1]) for row in held] == [
        ("A threat or a worry about a child", one) for one in "12"
    ]
    # What is decided already is said to be so.
    send(session, dsl, "urgent_decided", text=f"{URL}/moderation/2")
    news = HeldNotice.words == "How something urgent was decided"
    assert session.scalar(sa.select(HeldNotice.link).where(news)) == f"{URL}/moderation/2"
    session.execute(sa.delete(HeldNotice).where(news))
    notices.forget(session, [dsl], "moderation/1")
    assert [row.link[-1] for row in session.scalars(sa.select(HeldNotice))] == ["2"]
    # The last one leaves: from that moment the other is told at once, whatever they had chosen.
    people.withdraw_role(session, slt, Role.SLT, by=head, reason="Left the team", now=NOON)
    session.flush()
    send(session, dsl, "urgent_comment")
    send(session, head, "urgent_comment")
    assert queued(session, dsl) == [("urgent_comment", NOON)] and queued(session, head) == []
    people.grant_role(session, slt, Role.SLT, by=head, reason="Back", now=NOON)
    session.flush()
    send(session, dsl, "urgent_comment")
    assert len(queued(session, dsl)) == 1


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        (Wishes({Kind.DUTIES: How.NONE}), "duties"),
        (Wishes(digest_at=24 * 60), "digest_at"),
        (Wishes(quiet_from=60), "quiet_to"),
        (Wishes(quiet_to=60), "quiet_from"),
        (Wishes(quiet_from=60, quiet_to=60), "quiet_to"),
    ],
)
def test_what_cannot_be_chosen_is_refused(
    session: Session, school_people: People, wishes: Wishes, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        notices.choose(session, school_people[Role.STAFF], wishes)
    assert refused.value.field == field
