"""The one place where the state of a draft or a publication changes; every move leaves a row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from approvals.models import Draft, DraftMove, Publication, PublicationMove
from approvals.states import Actor, DraftState, PublicationState, check_draft_move, check_publication_move
from school import audit
from school.models import Person

log = structlog.get_logger(__name__)


def move_draft(
    session: Session,
    draft: Draft,
    to: DraftState,
    *,
    actor: Actor,
    by: Person | None,
    reason: str,
    now: datetime,
) -> DraftMove:
    """Give a draft its next state. `by` None: the product. Raises MoveNotAllowed, NotPermitted."""
    check_draft_move(draft.state, to, actor)
    old = draft.state
    draft.state, draft.changed_at = to, now
    return _note_draft(session, draft, old, by=by, reason=reason, now=now)


def begin_draft(session: Session, draft: Draft, *, by: Person, now: datetime) -> DraftMove:
    """Note that a draft was made."""
    return _note_draft(session, draft, None, by=by, reason="The draft was begun.", now=now)


def note_thrown_away(session: Session, draft: Draft, *, by: Person, now: datetime) -> DraftMove:
    """Note that its author doesn't want a draft any more; its state stays what it was."""
    draft.changed_at = now
    move = DraftMove(
        draft_id=draft.id,
        revision_number=draft.revision_number,
        old=draft.state,
        new=draft.state,
        actor_id=by.id,
        reason="Its author threw it away.",
        at=now,
    )
    session.add(move)
    log.info("draft_thrown_away", draft_id=str(draft.id), revision=draft.revision_number)
    detail = {"revision": draft.revision_number}
    _trail(session, "draft", draft.id, "draft_thrown_away", detail, by=by, now=now)
    return move


def move_publication(
    session: Session,
    publication: Publication,
    to: PublicationState,
    *,
    actor: Actor,
    by: Person | None,
    reason: str,
    now: datetime,
) -> PublicationMove:
    """Give a publication its next state. `by` None: the product. Raises MoveNotAllowed, NotPermitted."""
    check_publication_move(publication.state, to, actor)
    old = publication.state
    publication.state = to
    return note_publication(session, publication, old, by=by, reason=reason, now=now)


def note_publication(
    session: Session,
    publication: Publication,
    old: PublicationState | None,
    *,
    by: Person | None,
    reason: str,
    now: datetime,
) -> PublicationMove:
    """Keep a row of a move that was made; `old` None: the publication was made in its state."""
    move = PublicationMove(
        publication_id=publication.id,
        old=old,
        new=publication.state,
        actor_id=by.id if by else None,
        reason=reason,
        at=now,
    )
    session.add(move)
    log.info(
        "publication_moved",
        draft_id=str(publication.draft_id),
        publication_id=str(publication.id),
        account_id=str(publication.account_id),
        new=publication.state.value,
        post=publication.post_platform_id,
    )
    detail = {
        "old": old.value if old else None,
        "new": publication.state.value,
        "draft": str(publication.draft_id),
        "account": str(publication.account_id),
    }
    _trail(
        session,
        "publication",
        publication.id,
        f"publication_{publication.state.value}",
        detail,
        by=by,
        now=now,
    )
    return move


def _note_draft(
    session: Session, draft: Draft, old: DraftState | None, *, by: Person | None, reason: str, now: datetime
) -> DraftMove:
    move = DraftMove(
        draft_id=draft.id,
        revision_number=draft.revision_number,
        old=old,
        new=draft.state,
        actor_id=by.id if by else None,
        reason=reason,
        at=now,
    )
    session.add(move)
    log.info("draft_moved", draft_id=str(draft.id), revision=draft.revision_number, new=draft.state.value)
    detail = {
        "old": old.value if old else None,
        "new": draft.state.value,
        "revision": draft.revision_number,
    }
    _trail(session, "draft", draft.id, f"draft_{draft.state.value}", detail, by=by, now=now)
    return move


def _trail(
    session: Session,
    kind: str,
    object_id: Any,
    action: str,
    detail: dict[str, Any],
    *,
    by: Person | None,
    now: datetime,
) -> None:
    # Without the reason: it stays in the move, which is erased with the draft; the trail never is (P34).
    audit.record(session, by=by, action=action, object_kind=kind, object_id=object_id, detail=detail, now=now)
