"""All publishing is stopped and allowed again: what came due meanwhile waits, and people are told (P12)."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from approvals import drafts, holding, publishing, stops
from approvals.models import Publication
from approvals.publishing import Outcome, OutcomeKind
from approvals.standing import standing
from approvals.states import PublicationState, Stopped
from approvals.steps import DurableSteps
from approvals.takedowns import stands
from connectors.base import STEP_POSTING
from connectors.errors import ConnectorUnavailable
from school import audit, db
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import Account, AuditEntry, OutboxEmail, Person, Role
from tests.approvals import scenes

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
WHY = "A death in the school"


@pytest.fixture
def deputy(school_people: dict[Role, Person]) -> Person:
    return school_people[Role.SLT]


def _stop(session: Session, by: Person, now: datetime) -> None:
    stops.stop(session, by=by, reason=WHY, now=now)
    session.commit()


def _allow(session: Session, by: Person, now: datetime) -> list[Publication]:
    held = stops.allow(session, by=by, reason="The family was told", now=now)
    session.commit()
    return held


def test_what_came_due_during_a_stop_waits_for_a_persons_word(
    session: Session, teacher: Person, head: Person, deputy: Person, x: Account, now: datetime
) -> None:
    _draft, [due] = scenes.approved(session, teacher, head, now, x)
    _draft, [later] = scenes.approved(session, teacher, head, now, x, text="Later", at=now + 3 * HOUR)
    _stop(session, deputy, now + HOUR - 2 * MINUTE)
    assert publishing.claim(session, due.id, now=now + HOUR) is None
    shown, to_come = stops.while_stopped(session, since=now + HOUR - 2 * MINUTE, now=now + HOUR)
    assert [draft_id for draft_id, _words in shown] == [due.draft_id]
    assert [draft_id for draft_id, _words in to_come] == [later.draft_id]
    assert [one.id for one in _allow(session, deputy, now + HOUR + MINUTE)] == [due.id]
    assert due.state is PublicationState.HELD and "all publishing was stopped" in str(due.problem)
    assert WHY not in str(due.problem)
    assert publishing.due(session, now=now + HOUR + 2 * MINUTE) == []
    holding.publish_now(
        session, due.id, looked=False, reason="It is still true", by=head, now=now + HOUR + 3 * MINUTE
    )
    session.commit()
    assert publishing.claim(session, due.id, now=now + HOUR + 3 * MINUTE) is not None
    # What comes due after the stop goes out as planned.
    assert publishing.claim(session, later.id, now=now + 3 * HOUR) is not None


def test_a_post_given_back_by_its_worker_after_the_stop_waits_too(
    session: Session, teacher: Person, head: Person, deputy: Person, x: Account, now: datetime
) -> None:
    """It was under way when the stop came, so that allowing found nothing to hold."""
    _draft, [due] = scenes.approved(session, teacher, head, now, x)
    at = now + HOUR
    claimed = publishing.claim(session, due.id, now=at)
    assert claimed is not None
    session.commit()
    stops.stop(session, by=deputy, reason=WHY, now=at + timedelta(seconds=5))
    assert stops.allow(session, by=deputy, reason="Over", now=at + timedelta(seconds=10)) == []
    session.commit()
    with pytest.raises(ConnectorUnavailable):
        DurableSteps(db.transaction, claimed, lambda: at + timedelta(seconds=20)).put(STEP_POSTING, "1")
    publishing.record(
        session, claimed, Outcome(OutcomeKind.LATER, detail="Not now."), now=at + timedelta(seconds=20)
    )
    session.commit()
    assert due.state is PublicationState.SCHEDULED
    assert publishing.claim(session, due.id, now=at + 2 * MINUTE) is None
    assert due.state is PublicationState.HELD and "all publishing was stopped" in str(due.problem)


def test_nobody_lets_a_held_post_go_out_while_all_publishing_is_stopped(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [held] = scenes.approved(session, teacher, head, now, x)
    late = now + HOUR + 61 * MINUTE
    assert publishing.claim(session, held.id, now=late) is None
    _stop(session, head, late)
    with pytest.raises(MoveNotAllowed, match="All publishing is stopped"):
        holding.publish_now(session, held.id, looked=False, reason="Now", by=head, now=late)
    assert held.state is PublicationState.HELD


def test_people_are_told_of_a_stop_and_of_its_end_once_each(
    session: Session,
    teacher: Person,
    head: Person,
    deputy: Person,
    x: Account,
    facebook: Account,
    school_people: dict[Role, Person],
    now: datetime,
) -> None:
    """The headteacher, the leadership team and the authors; not whoever did it, nor the reason to authors."""
    scenes.approved(session, teacher, head, now, x, facebook, text="Sports day is on Friday")
    scenes.approved(session, teacher, head, now, x, text="Later on", at=now + 5 * HOUR)
    _stop(session, deputy, now)
    told = scenes.mails(session, "publishing_stopped")
    assert sorted(str(one["to"]) for one in told).count(teacher.email) <= 1
    names = {row.to_id for row in _outbox(session, "publishing_stopped")}
    assert teacher.id in names and head.id in names and deputy.id not in names
    assert len(told) == len(names)
    [to_author] = scenes.mails(session, "publishing_stopped", teacher)
    [to_head] = scenes.mails(session, "publishing_stopped", head)
    assert deputy.name in _text(to_author) and WHY not in _text(to_author)
    assert _text(to_author).count("Sports day") == 1 and "Later on" in _text(to_author)
    assert WHY in _text(to_head)
    _allow(session, head, now + 2 * HOUR)
    [after] = scenes.mails(session, "publishing_allowed", teacher)
    assert "came due meanwhile" in _text(after) and "Sports day" in _text(after)
    assert "goes out as planned" in _text(after) and "The family was told" not in _text(after)
    assert not scenes.mails(session, "publishing_allowed", head)
    assert scenes.mails(session, "publishing_allowed", deputy)
    assert not scenes.mails(session, "publication_problem"), "one mail says it of all"


def test_what_was_held_as_too_late_in_a_long_stop_is_told_of_at_its_end(
    session: Session,
    teacher: Person,
    head: Person,
    deputy: Person,
    x: Account,
    facebook: Account,
    now: datetime,
) -> None:
    """The worker holds it an hour after its time, so that allowing finds nothing left to hold."""
    _draft, [first, *_] = scenes.approved(session, teacher, head, now, x, facebook, text="Sports day")
    scenes.approved(session, teacher, head, now, x, facebook, text="Tomorrow", at=now + HOUR + MINUTE)
    _stop(session, deputy, now)
    late = now + 2 * HOUR + 2 * MINUTE
    for due in publishing.due(session, now=late):
        assert publishing.claim(session, due, now=late) is None
    session.commit()
    assert first.state is PublicationState.HELD
    held = _allow(session, deputy, now + 5 * HOUR)
    said = [words for _draft_id, words in stops.by_draft(session, held)]
    assert len(said) == 2 and "Sports day" in said[0] and "Tomorrow" in said[1]
    [to_head] = scenes.mails(session, "publishing_allowed", head)
    [to_author] = scenes.mails(session, "publishing_allowed", teacher)
    for told in (to_head, to_author):
        assert "came due meanwhile" in _text(told).lower() and "Sports day" in _text(told)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_is_held_for_another_reason_and_due_later_did_not_come_due_in_the_stop(
    session: Session, teacher: Person, head: Person, deputy: Person, x: Account, now: datetime
) -> None:
    _draft, [later] = scenes.approved(session, teacher, head, now, x, text="Later on", at=now + 9 * HOUR)
    _stop(session, head, now)
    publishing.hold(session, later, "The account is disconnected.", tell=False, now=now)
    session.commit()
    assert not stops.while_stopped(session, since=now, now=now + HOUR)[0]
    assert not _allow(session, deputy, now + HOUR)


def test_allowing_and_another_move_of_a_post_never_wait_for_each_other(
    database: str,
    session: Session,
    teacher: Person,
    head: Person,
    deputy: Person,
    x: Account,
    now: datetime,
) -> None:
    """Whoever edits or decides takes the draft and then the trail; so does whoever allows publishing."""
    draft, _publications = scenes.approved(session, teacher, head, now, x)
    _stop(session, deputy, now)
    make = sessionmaker(db.engine_for(database))
    has_draft = threading.Event()

    def edit() -> None:
        with make.begin() as other:
            drafts.locked(other, draft.id)
            has_draft.set()
            time.sleep(1)
            audit.record(other, by=None, action="noted", object_kind="draft", object_id=draft.id, now=now)

    beside = threading.Thread(target=edit)
    beside.start()
    assert has_draft.wait(10)
    held = _allow(session, deputy, now + 2 * HOUR)
    beside.join(20)
    assert len(held) == 1 and not beside.is_alive()
    assert session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "noted")) == 1


def test_while_publishing_is_stopped_an_approved_post_is_called_held(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [one] = scenes.approved(session, teacher, head, now, x)
    assert stands(one, None, stopped=False) is PublicationState.SCHEDULED
    _stop(session, head, now)
    assert stands(one, None, stopped=True) is Stopped.STOPPED
    assert "It goes out on" not in standing(session, one, now=now).sentence
    assert "waits for a person" in standing(session, one, now=now).sentence


def test_an_approval_during_a_stop_promises_nothing(
    session: Session, teacher: Person, head: Person, deputy: Person, x: Account, now: datetime
) -> None:
    _stop(session, head, now)
    scenes.approved(session, teacher, deputy, now, x)
    for purpose, person in (("decision", teacher), ("decided_in_place", head)):
        [told] = scenes.mails(session, purpose, person)
        assert "It will be published" not in _text(told), purpose
        assert "All publishing is stopped" in _text(told), purpose


def test_only_who_may_stops_and_allows(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    with pytest.raises(NotPermitted):
        stops.stop(session, by=teacher, reason=WHY, now=now)
    with pytest.raises(BadInput):
        stops.stop(session, by=head, reason=" ", now=now)
    assert _outbox(session, "publishing_stopped") == []


def _outbox(session: Session, purpose: str) -> list[OutboxEmail]:
    return list(session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == purpose)))


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())
