"""After a restore nothing goes out that may have gone out since, before it was looked for (P12)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import drafts, holding, publishing, reconciling, restored, schedule
from approvals.models import Draft, Publication
from approvals.states import DraftState, PublicationState
from connectors.base import RemotePost
from connectors.errors import ConnectorRefused
from school.errors import BadInput
from school.models import Account, Person, School
from tests.approvals import scenes
from tests.approvals.scenes import Board, Memory

MINUTE = timedelta(minutes=1)
TEXT = "The summer fair is on Saturday at noon."

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _restore(session: Session, made_at: datetime, now: datetime) -> dict[str, int]:
    school = session.scalars(sa.select(School)).one()
    school.restored_from, school.restored_at = made_at, now
    counts = restored.settle(session, made_at=made_at, now=now)
    session.commit()
    return counts


def _look(session: Session, publication: Publication, board: Board, at: datetime) -> datetime:
    """Look until the looking has an end; the time by then."""
    while publication.state is PublicationState.UNKNOWN:
        claim = reconciling.claim_look(session, publication.id, now=at)
        session.commit()
        if claim is not None:
            look = reconciling.reconcile(claim, board, Memory())  # type: ignore[arg-type]
            reconciling.record_look(session, claim, look, now=at)
            session.commit()
        at += MINUTE
    return at


def _post(text: str, at: datetime) -> RemotePost:
    return RemotePost(
        platform_id="4711", text=text, created_at=at, url="https://example.test/4711", picture_count=0
    )


def test_what_went_out_since_the_backup_is_adopted_and_not_posted_again(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x, at=now + 10 * MINUTE)
    later = now + 30 * MINUTE
    board = Board(posts=[_post(TEXT, now + 10 * MINUTE)])
    assert _restore(session, now + MINUTE, later)["posts_to_look_for"] == 1
    assert publishing.due(session, now=later) == []
    _look(session, publication, board, later)
    assert publication.state is PublicationState.PUBLISHED
    assert (publication.post_platform_id, len(board.posts)) == ("4711", 1)


def test_what_did_not_go_out_goes_out_as_planned_and_once(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x, at=now + 60 * MINUTE)
    board = Board(posts=[_post("Something else", now + 2 * MINUTE)])
    _restore(session, now + MINUTE, now + 5 * MINUTE)
    at = _look(session, publication, board, now + 5 * MINUTE)
    assert publication.state is PublicationState.SCHEDULED
    assert publishing.due(session, now=at) == [], "not before its planned time"
    due = now + 61 * MINUTE
    claim = publishing.claim(session, publication.id, now=due)
    assert claim is not None
    publishing.record(session, claim, publishing.send(claim, board, Memory()), now=due)  # type: ignore[arg-type]
    assert (publication.state, len(board.posts)) == (PublicationState.PUBLISHED, 2)


def test_what_is_more_than_an_hour_late_by_then_waits_for_a_person(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x, at=now + 10 * MINUTE)
    at = _look_after_days(session, publication, now)
    assert publishing.claim(session, publication.id, now=at) is None
    assert publication.state is PublicationState.HELD


def _look_after_days(session: Session, publication: Publication, now: datetime) -> datetime:
    later = now + timedelta(days=2)
    _restore(session, now + MINUTE, later)
    return _look(session, publication, Board(), later)


def test_an_account_that_cant_be_read_hands_the_post_to_a_person(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x, at=now + 60 * MINUTE)
    _restore(session, now + MINUTE, now + 5 * MINUTE)
    _look(session, publication, Board(unreadable=ConnectorRefused("No.")), now + 5 * MINUTE)
    assert publication.state is PublicationState.HELD
    with pytest.raises(BadInput, match="may have been posted"):
        holding.publish_now(
            session, publication.id, looked=False, reason="It should go out", by=head, now=now + 70 * MINUTE
        )


def test_a_draft_approved_after_the_restore_is_looked_for_too(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    """It may have been approved and published between the backup and the restore."""
    draft = drafts.save(session, None, scenes.content(x, at=now + 90 * MINUTE), by=teacher, now=now)
    session.commit()
    scenes.submit(session, draft, teacher, now)
    _restore(session, now + MINUTE, now + 5 * MINUTE)
    scenes.approve(session, draft, head, now + 6 * MINUTE)
    [publication] = session.scalars(sa.select(Publication).where(Publication.draft_id == draft.id))
    due = now + 91 * MINUTE
    assert publishing.claim(session, publication.id, now=due) is None
    assert publication.state is PublicationState.UNKNOWN
    at = _look(session, publication, Board(), due)
    assert publishing.claim(session, publication.id, now=at) is not None, "once is enough"


def test_a_draft_begun_after_the_restore_goes_straight_out(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _restore(session, now - 9 * MINUTE, now - 5 * MINUTE)
    _draft, [publication] = scenes.approved(session, teacher, head, now, x, at=now + 10 * MINUTE)
    assert publishing.claim(session, publication.id, now=now + 10 * MINUTE) is not None


def test_what_was_held_needs_the_word_that_somebody_looked(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x, at=now + 10 * MINUTE)
    publishing.hold(session, publication, "It is late.", now=now + 75 * MINUTE)
    _restore(session, now + 76 * MINUTE, now + 80 * MINUTE)
    at = now + 81 * MINUTE
    assert "may have been posted" in (publication.problem or "")
    with pytest.raises(BadInput):
        holding.publish_now(session, publication.id, looked=False, reason="Go on", by=head, now=at)
    holding.publish_now(session, publication.id, looked=True, reason="Go on", by=head, now=at)
    assert publishing.claim(session, publication.id, now=at) is not None, "the person has looked"


def test_a_draft_whose_time_came_unapproved_goes_back_with_the_reason(
    session: Session, teacher: Person, x: Account, now: datetime
) -> None:
    draft = drafts.save(session, None, scenes.content(x, at=now + 10 * MINUTE), by=teacher, now=now)
    session.commit()
    scenes.submit(session, draft, teacher, now)
    counts = _restore(session, now + MINUTE, now + 20 * MINUTE)
    assert counts["drafts_given_back"] == 1
    assert session.get_one(Draft, draft.id).state is DraftState.DRAFT
    assert schedule.unapproved(session, now=now + 21 * MINUTE) == [], "nobody is told that it was missed"


def test_what_a_worker_was_sending_at_the_backup_is_never_sent_again_by_itself(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    _draft, [publication] = scenes.approved(session, teacher, head, now, x, at=now + 10 * MINUTE)
    due = now + 10 * MINUTE
    assert publishing.claim(session, publication.id, now=due) is not None
    _restore(session, due, due + 5 * MINUTE)
    _look(session, publication, Board(), due + 5 * MINUTE)
    assert publication.state is PublicationState.HELD
