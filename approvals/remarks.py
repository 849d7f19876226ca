"""The conversation beside a draft, between its author and those who may decide on it (P12).

What is said here never counts as a decision, and stays readable when the post is out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import approval_mail, asking, drafts, submissions
from approvals.content import tidy
from approvals.models import Draft, DraftRemark, Publication
from approvals.sight import check_seen
from approvals.states import DraftState, PublicationState
from school import audit, people
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import Person

TEXT_MAX = 2000
REMARKS_MAX = 200
"""Of one draft: nobody reads more."""


def of(session: Session, draft: Draft) -> list[DraftRemark]:
    """What was said about a draft, oldest first."""
    query = sa.select(DraftRemark).where(DraftRemark.draft_id == draft.id)
    return list(session.scalars(query.order_by(DraftRemark.at, DraftRemark.id)))


def closed(session: Session, draft: Draft) -> str:
    """Why nothing more can be said; empty while it can."""
    if draft.state is DraftState.REJECTED:
        return "This draft was rejected: the conversation is over."
    out = (PublicationState.PUBLISHED, PublicationState.PUBLISHING, PublicationState.UNKNOWN)
    query = sa.select(Publication.id).where(Publication.draft_id == draft.id, Publication.state.in_(out))
    return "The post is out: the conversation is over." if session.scalar(query.limit(1)) else ""


def may_say(session: Session, draft: Draft, *, by: Person, now: datetime) -> bool:
    """Whether the person takes part: the author, and whoever may decide on the draft."""
    return draft.author_id == by.id or people.may_approve(session, by, author_id=draft.author_id, now=now)


def say(session: Session, draft_id: UUID, *, text: str, by: Person, now: datetime) -> DraftRemark:
    """Say something about a draft; the others of the conversation get it by e-mail.

    Raises NotPermitted for anybody but the author and those who may decide, MoveNotAllowed when the
    conversation is over, BadInput for an empty or too long text.
    """
    draft = drafts.locked(session, draft_id)
    check_seen(session, draft, by=by, now=now)
    if not may_say(session, draft, by=by, now=now):
        raise NotPermitted("Only the author and those who may decide on it talk about a draft.")
    if why := closed(session, draft):
        raise MoveNotAllowed(why)
    said = tidy(text)
    if not said:
        raise BadInput("The remark is empty: write what you want to say.", field="remark")
    if len(said) > TEXT_MAX:
        raise BadInput(f"The remark has {len(said):,} characters: at most {TEXT_MAX:,} fit.", field="remark")
    earlier = of(session, draft)
    if earlier and earlier[-1].author_id == by.id and earlier[-1].text == said:
        # Pressed twice.
        return earlier[-1]
    if len(earlier) >= REMARKS_MAX:
        raise MoveNotAllowed(f"There are {REMARKS_MAX} remarks already: talk to each other instead.")
    remark = DraftRemark(
        draft_id=draft.id,
        revision_number=draft.revision_number,
        author_id=by.id,
        author=by,
        text=said,
        at=now,
    )
    session.add(remark)
    # The trail names it by id.
    session.flush()
    audit.record(
        session,
        by=by,
        action="draft_remark",
        object_kind="draft",
        object_id=draft.id,
        detail={"remark": remark.id, "version": draft.revision_number},
        now=now,
    )
    approval_mail.tell(
        session,
        _others(session, draft, earlier, by=by, now=now),
        draft_id=draft.id,
        subject=f"{by.name} wrote to you about a post",
        sentences=[
            said,
            "Answer on the draft’s page. This is no decision: a decision is asked for by itself.",
        ],
        purpose="draft_remark",
        now=now,
    )
    return remark


def _others(
    session: Session, draft: Draft, earlier: Sequence[DraftRemark], *, by: Person, now: datetime
) -> list[Person]:
    """The author, those asked to decide now, and whoever took part and still may."""
    submission = submissions.open_submission(session, draft)
    asked = asking.asked(session, submission) if submission is not None else []
    joined = [one.author for one in earlier if may_say(session, draft, by=one.author, now=now)]
    return [one for one in [draft.author, *asked, *joined] if one.id != by.id]
