"""Searching what the school published and decided, for freedom of information (P15; FOI Act 2000)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import reach_words
from approvals.models import (
    ApprovalDecision,
    Draft,
    DraftMove,
    DraftRemark,
    DraftRevision,
    PostFigures,
    Publication,
    RevisionAccount,
    Takedown,
)
from approvals.states import IN_WORDS
from connectors.base import Platform
from school.consent import PLATFORMS
from school.db import storable
from school.errors import BadInput
from school.models import Person
from school.times import midnight, optional_days

MOST = 5_000
"""Posts in one file."""
WORDS_MAX = 200


@dataclass(frozen=True, slots=True)
class FoiSearch:
    """Words that must all be in a post, a remark on it or the reason of its approval or refusal.

    The days are school days, both included.
    """

    words: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None

    @property
    def begins(self) -> datetime | None:
        """The moment at which the first day begins."""
        return midnight(self.first) if self.first else None

    @property
    def ends(self) -> datetime | None:
        """The moment at which the last day is over."""
        return midnight(self.last + timedelta(days=1)) if self.last else None

    def as_json(self) -> dict[str, Any]:
        """As a row keeps it."""
        return {
            "words": " ".join(self.words),
            "from": self.first.isoformat() if self.first else "",
            "to": self.last.isoformat() if self.last else "",
        }


def parse(values: Mapping[str, str]) -> FoiSearch:
    """What a form asks for: `words`, `from`, `to`. Raises BadInput that names field and value."""
    words = storable(values.get("words", "")).strip()
    if len(words) > WORDS_MAX:
        raise BadInput(
            f"“{words[:20]}…” has {len(words):,} characters: at most {WORDS_MAX} fit.", field="words"
        )
    first, last = optional_days(values.get("from", ""), values.get("to", ""))
    return FoiSearch(tuple(words.split()), first, last)


def found(session: Session, search: FoiSearch, *, limit: int, skip: int = 0) -> tuple[list[Draft], int]:
    """Drafts, published or not, the newest first, and how many there are in all.

    The days are those on which a draft was changed last, decided on, or published.
    """
    conditions = [_with(word) for word in search.words]
    if search.first or search.last:
        conditions.append(_in_days(search))
    count = session.scalar(sa.select(sa.func.count()).select_from(Draft).where(*conditions)) or 0
    query = sa.select(Draft).where(*conditions).order_by(Draft.changed_at.desc(), Draft.id.desc())
    return list(session.scalars(query.limit(limit).offset(skip))), count


def _with(word: str) -> sa.ColumnElement[bool]:
    def says(column: Any) -> sa.ColumnElement[bool]:
        written: sa.ColumnElement[bool] = column.icontains(word, autoescape=True)
        return written

    own = sa.select(RevisionAccount.revision_id).where(
        RevisionAccount.revision_id == DraftRevision.id, says(RevisionAccount.own_text)
    )
    texts = sa.select(DraftRevision.id).where(
        DraftRevision.draft_id == Draft.id,
        sa.or_(says(DraftRevision.text), says(DraftRevision.link), own.exists()),
    )
    reasons = sa.select(ApprovalDecision.id).where(
        ApprovalDecision.draft_id == Draft.id, says(ApprovalDecision.reason)
    )
    remarks = sa.select(DraftRemark.id).where(DraftRemark.draft_id == Draft.id, says(DraftRemark.text))
    return sa.or_(texts.exists(), reasons.exists(), remarks.exists())


def _in_days(search: FoiSearch) -> sa.ColumnElement[bool]:
    def within(column: Any) -> sa.ColumnElement[bool]:
        bounds = [column >= search.begins] if search.begins else []
        if search.ends:
            bounds.append(column < search.ends)
        return sa.and_(*bounds)

    published = sa.select(Publication.id).where(
        Publication.draft_id == Draft.id, within(Publication.published_at)
    )
    decided = sa.select(ApprovalDecision.id).where(
        ApprovalDecision.draft_id == Draft.id, within(ApprovalDecision.decided_at)
    )
    return sa.or_(within(Draft.changed_at), published.exists(), decided.exists())


def rows(session: Session, drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    """What is handed out of each: wording, decisions, publications; pupils as a number alone."""
    names: dict[UUID, str] = {one.id: one.name for one in session.scalars(sa.select(Person))}
    return [_row(session, draft, names) for draft in drafts]


def _row(session: Session, draft: Draft, names: Mapping[UUID, str]) -> dict[str, Any]:
    revisions = session.scalars(
        sa.select(DraftRevision).where(DraftRevision.draft_id == draft.id).order_by(DraftRevision.number)
    ).all()
    decisions = session.scalars(
        sa.select(ApprovalDecision)
        .where(ApprovalDecision.draft_id == draft.id)
        .order_by(ApprovalDecision.decided_at)
    )
    moves = session.scalars(sa.select(DraftMove).where(DraftMove.draft_id == draft.id).order_by(DraftMove.at))
    remarks = session.scalars(
        sa.select(DraftRemark).where(DraftRemark.draft_id == draft.id).order_by(DraftRemark.at)
    )
    publications = session.execute(
        sa.select(Publication, Takedown, PostFigures)
        .outerjoin(Takedown, Takedown.publication_id == Publication.id)
        .outerjoin(PostFigures, PostFigures.id == Publication.id)
        .where(Publication.draft_id == draft.id)
    )
    return {
        "written by": names.get(draft.author_id, ""),
        "begun": draft.created_at,
        "changed last": draft.changed_at,
        "state": IN_WORDS[draft.state],
        "versions": [
            {
                "no.": one.number,
                "at": one.made_at,
                "text": one.text,
                "other wordings": [entry.own_text for entry in one.accounts if entry.own_text],
                "link": one.link,
                "for": [
                    f"{entry.account.display_name} on {PLATFORMS[entry.account.platform]}"
                    for entry in one.accounts
                ],
                "pictures": [picture.alt_text for picture in one.pictures],
                "video": one.video.alt_text if one.video is not None else "",
                "pupils shown": len(one.pupils),
            }
            for one in revisions
        ],
        "decisions": [
            {
                "at": one.decided_at,
                "by": names.get(one.approver_id, ""),
                "decision": one.kind.in_words,
                "reason": one.reason,
                "no longer counts": one.void_reason or "",
            }
            for one in decisions
        ],
        "remarks": [
            {"at": one.at, "by": names.get(one.author_id, ""), "remark": one.text} for one in remarks
        ],
        "what happened": [{"at": one.at, "became": IN_WORDS[one.new], "reason": one.reason} for one in moves],
        "published": [
            {
                "on": f"{one.account.display_name} on {PLATFORMS[one.account.platform]}",
                "state": IN_WORDS[one.state],
                "at": one.published_at or "",
                "address": one.post_url or "",
                "taken down": takedown.finished_at or takedown.state if takedown else "",
                "seen by": reach_words.brief(Platform(one.account.platform), figures),
            }
            for one, takedown, figures in publications
        ],
    }
