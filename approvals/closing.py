"""What becomes of drafts and posts when an account is closed (P8): nothing goes out, authors hear of it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import approval_mail, claims, drafts, submissions
from approvals.checks import account_name
from approvals.models import Draft, DraftRevision, Publication, RevisionAccount
from approvals.moves import move_draft, move_publication
from approvals.states import TO_COME, Actor, DraftState, PublicationState
from school.models import Account, Person


def lock_waiting(session: Session, account: Account) -> tuple[list[Publication], list[Draft]]:
    """The account's posts that have not gone out and the drafts handed in for it, as they are now, locked.

    For the caller who closes the account, before anything else: whoever edits or decides takes the draft and
    then the trail, and in the other order the two would wait for each other.
    """
    stopped = (
        sa.select(Publication.id, Publication.draft_id)
        .where(Publication.account_id == account.id, Publication.state.in_(TO_COME))
        .order_by(Publication.draft_id, Publication.id)
    )
    found = [claims.locked(session, one.id)[0] for one in session.execute(stopped).all()]
    handed_in = (
        sa.select(Draft.id)
        .join(
            DraftRevision,
            sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number),
        )
        .join(RevisionAccount, RevisionAccount.revision_id == DraftRevision.id)
        .where(Draft.state == DraftState.SUBMITTED, RevisionAccount.account_id == account.id)
        .order_by(Draft.id)
    )
    for draft_id in session.scalars(handed_in).all():
        drafts.locked(session, draft_id)
    # Asked again: while this waited for a lock, somebody may have decided or handed in anew, and a worker
    # may have begun to publish.
    again = handed_in.with_only_columns(Draft).with_for_update(of=Draft)
    still = [one for one in found if one.state in TO_COME]
    return still, list(session.scalars(again.execution_options(populate_existing=True)))


def stop_for(session: Session, account: Account, *, reason: str, by: Person, now: datetime) -> int:
    """Cancel the account's posts that have not gone out, and take drafts for it back to their authors.

    Each author is told by mail. How many posts and drafts that was.
    """
    said = f"{account_name(account)} was closed: {reason}"
    cancelled, waiting = lock_waiting(session, account)
    for publication in cancelled:
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
        draft = session.get_one(Draft, publication.draft_id)
        _tell(session, account, draft, [said, "Your post does not go out on this account."], now=now)
    for draft in waiting:
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
