"""Telling people of trouble with a publication: its author, whoever approved it, the headteacher."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from approvals import approval_mail
from approvals.checks import account_name
from approvals.mail_subjects import known_by
from approvals.models import ApprovalDecision, Draft, DraftRevision, Publication
from school import people
from school.models import Person, Role
from school.wording import and_last


def readers(session: Session, publication: Publication) -> list[Person]:
    """Who hears of trouble with a publication: author, approver, headteacher."""
    draft = session.get_one(Draft, publication.draft_id)
    told = [session.get_one(Person, draft.author_id)]
    if publication.decision_id is not None:
        told.append(session.get_one(ApprovalDecision, publication.decision_id).approver)
    return told + people.holders(session, Role.HEADTEACHER)


def tell(
    session: Session, publication: Publication, what: str, sentences: Sequence[str], *, now: datetime
) -> None:
    """Tell them of one publication. `what`: follows its account in the subject, such as "was refused"."""
    subject = f"A post for {account_name(publication.account)} {what}"
    _queue(session, publication.draft_id, readers(session, publication), subject, sentences, now=now)


def tell_held(
    session: Session, held: Sequence[tuple[Publication, str]], *, but: UUID | None = None, now: datetime
) -> None:
    """Tell them that a post is held, in one mail each: on which accounts, and why on each.

    `held`: of one draft. `but`: who was told of all of it before.
    """
    draft_id = held[0][0].draft_id
    to = [one for publication, _why in held for one in readers(session, publication) if one.id != but]
    by_reason: dict[str, list[str]] = {}
    for publication, reason in held:
        by_reason.setdefault(reason, []).append(account_name(publication.account))
    if len(held) == 1:
        said, subject = [held[0][1]], f"A post for {account_name(held[0][0].account)} is held"
    else:
        said = [f"{and_last(names)}: {reason}" for reason, names in by_reason.items()]
        revision = session.get_one(DraftRevision, held[0][0].revision_id)
        subject = f"A post is held on {len(held)} accounts: {known_by(session, revision)}"
    said.append("Decide on the draft's page what becomes of it.")
    _queue(session, draft_id, to, subject, said, now=now)


def _queue(
    session: Session,
    draft_id: UUID,
    to: Sequence[Person],
    subject: str,
    sentences: Sequence[str],
    *,
    now: datetime,
) -> None:
    approval_mail.tell(
        session,
        to,
        draft_id=draft_id,
        subject=subject,
        sentences=sentences,
        purpose="publication_problem",
        now=now,
    )
