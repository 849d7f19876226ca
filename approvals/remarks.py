"""The conversation beside a draft, between its author and those who may decide on it (P12).

What is said here never counts as a decision, and stays readable when the post is out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import approval_mail, asking, checks, drafts, submissions
from approvals.content import tidy
from approvals.mail_subjects import known_by
from approvals.models import ApprovalDecision, Draft, DraftRemark, DraftRevision
from approvals.models.composing import TAKEDOWN_ASKED, TAKEDOWN_STAYS
from approvals.sight import check_seen
from school import audit, people
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import Person

TEXT_MAX = 2000
REMARKS_MAX = 200
"""Of one draft: nobody reads more."""


MARKS = {TAKEDOWN_ASKED: "asks for it to be taken down", TAKEDOWN_STAYS: "says: it stays"}
"""What a remark does, by what `DraftRemark.takedown` holds."""


def of(session: Session, draft: Draft) -> list[DraftRemark]:
    """What was said about a draft, oldest first."""
    query = sa.select(DraftRemark).where(DraftRemark.draft_id == draft.id)
    return list(session.scalars(query.order_by(DraftRemark.at, DraftRemark.id)))


@dataclass(frozen=True, slots=True)
class Line:
    """What stands in the conversation: a remark, or the reason of a decision that the author was to read."""

    author: Person
    at: datetime
    revision_number: int
    text: str
    mark: str
    """What more than a remark it is, in words; empty for a mere one."""
    pressing: bool = False


def conversation(session: Session, draft: Draft) -> list[Line]:
    """What was said about a draft and why it was sent back or rejected, oldest first."""
    lines = [
        Line(
            one.author,
            one.at,
            one.revision_number,
            one.text,
            MARKS.get(one.takedown or "", ""),
            pressing=one.takedown == TAKEDOWN_ASKED,
        )
        for one in of(session, draft)
    ]
    decided = session.execute(
        sa.select(ApprovalDecision, DraftRevision.number)
        .join(DraftRevision, DraftRevision.id == ApprovalDecision.revision_id)
        .where(ApprovalDecision.draft_id == draft.id, ApprovalDecision.reason != "")
    )
    lines += [
        Line(one.approver, one.decided_at, number, one.reason, one.kind.in_words) for one, number in decided
    ]
    return sorted(lines, key=lambda line: line.at)


def closed(draft: Draft) -> str:
    """Why nothing more can be said; empty while it can: also of a post that is out, or was rejected."""
    return "This draft was thrown away: the conversation is over." if draft.thrown_away_at else ""


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
    if why := closed(draft):
        raise MoveNotAllowed(why)
    earlier = of(session, draft)
    if earlier and earlier[-1].author_id == by.id and earlier[-1].text == tidy(text):
        # Pressed twice.
        return earlier[-1]
    remark = keep(session, draft, text=text, by=by, now=now)
    approval_mail.tell(
        session,
        _others(session, draft, earlier, by=by, now=now),
        draft_id=draft.id,
        subject=f"{by.name} wrote to you: {known_by(session, drafts.current_revision(session, draft))}",
        heading=f"{by.name} wrote to you about a post",
        sentences=[
            remark.text,
            "Answer on the draft’s page. This is no decision: a decision is asked for by itself.",
        ],
        purpose="draft_remark",
        now=now,
    )
    return remark


def keep(
    session: Session,
    draft: Draft,
    *,
    text: str,
    by: Person,
    now: datetime,
    field: str = "remark",
    takedown: str | None = None,
) -> DraftRemark:
    """Keep what somebody said, whatever for; who may is checked before.

    Raises BadInput for an empty or too long text and for a pupil's full name in it (P27, P34),
    MoveNotAllowed when there are too many.
    """
    said = tidy(text)
    if not said:
        raise BadInput("The text is empty: write what you want to say.", field=field)
    if len(said) > TEXT_MAX:
        raise BadInput(f"The text has {len(said):,} characters: at most {TEXT_MAX:,} fit.", field=field)
    if name := checks.full_name_in(session, said):
        raise BadInput(
            f"A pupil's full name, “{name}”, is in what you wrote: use the first name alone. It is sent by "
            "e-mail and stays beside the post.",
            field=field,
        )
    if takedown is None and len(of(session, draft)) >= REMARKS_MAX:
        raise MoveNotAllowed(f"There are {REMARKS_MAX} remarks already: talk to each other instead.")
    remark = DraftRemark(
        draft_id=draft.id,
        revision_number=draft.revision_number,
        author_id=by.id,
        author=by,
        text=said,
        at=now,
        takedown=takedown,
    )
    session.add(remark)
    # The trail names it by id.
    session.flush()
    audit.record(
        session,
        by=by,
        action=f"takedown_{takedown}" if takedown else "draft_remark",
        object_kind="draft",
        object_id=draft.id,
        detail={"remark": remark.id, "version": draft.revision_number},
        now=now,
    )
    return remark


def _others(
    session: Session, draft: Draft, earlier: Sequence[DraftRemark], *, by: Person, now: datetime
) -> list[Person]:
    """The author, those asked to decide now or who decided last, and whoever took part and still may."""
    submission = submissions.open_submission(session, draft)
    asked = asking.asked(session, submission) if submission is not None else []
    decided = session.scalar(
        sa.select(ApprovalDecision)
        .where(ApprovalDecision.draft_id == draft.id)
        .order_by(ApprovalDecision.decided_at.desc(), ApprovalDecision.id.desc())
        .limit(1)
    )
    if not asked and decided is not None and may_say(session, draft, by=decided.approver, now=now):
        asked = [decided.approver]
    joined = [one.author for one in earlier if may_say(session, draft, by=one.author, now=now)]
    return [one for one in [draft.author, *asked, *joined] if one.id != by.id]
