"""What becomes of drafts and posts when an account is closed (P8): nothing goes out, authors hear of it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import approval_mail, drafts, submissions
from approvals.checks import account_name
from approvals.models import Draft, DraftRevision, Publication, RevisionAccount
from approvals.moves import move_draft, move_publication
from approvals.states import Actor, DraftState, PublicationState
from school.models import Account, Person

STOPPED = (PublicationState.SCHEDULED, PublicationState.HELD, PublicationState.FAILED)
"""What has not gone out and now never does. What a worker is sending at this moment ends by itself."""


def stop_for(session: Session, account: Account, *, reason: str, by: Person, now: datetime) -> int:
    """Cancel the account's posts that have not gone out, and take drafts for it back to their authors.

    Each author is told by mail. How many posts and drafts that was.
    """
    said = f"{account_name(account)} was closed: {reason}"
    cancelled = list(
        session.scalars(
            sa.select(Publication)
            .where(Publication.account_id == account.id, Publication.state.in_(STOPPED))
            .order_by(Publication.id)
        )
    )
    for publication in cancelled:
        draft = drafts.locked(session, publication.draft_id)
        publication.problem = said
        move_publication(
            session,
            publication,
            PublicationState.CANCELLED,
            actor=Actor.HOLDER,
            by=by,
            reason=said,
            now=now,
        )
        _tell(session, account, draft, [said, "Your post does not go out on this account."], now=now)
    waiting = list(
        session.scalars(
            sa.select(Draft.id)
            .join(
                DraftRevision,
                sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number),
            )
            .join(RevisionAccount, RevisionAccount.revision_id == DraftRevision.id)
            .where(Draft.state == DraftState.SUBMITTED, RevisionAccount.account_id == account.id)
        )
    )
    for draft_id in waiting:
        draft = drafts.locked(session, draft_id)
        submission = submissions.open_submission(session, draft)
        if submission is not None:
            submissions.end(session, submission, said, now=now)
        move_draft(session, draft, DraftState.DRAFT, actor=Actor.PRODUCT, by=by, reason=said, now=now)
        _tell(
            session,
            account,
            draft,
            [said, "Your draft is yours again: leave this account out and hand it in anew."],
            now=now,
        )
    return len(cancelled) + len(waiting)


def _tell(session: Session, account: Account, draft: Draft, sentences: list[str], *, now: datetime) -> None:
    approval_mail.tell(
        session,
        [draft.author],
        draft_id=draft.id,
        subject=f"{account_name(account)} was closed: your post does not go out there",
        sentences=sentences,
        purpose="account_closed",
        now=now,
    )
