"""Thousands of posts of a school's years: bulk copies of drafts that the product made."""

from __future__ import annotations

import sqlalchemy as sa

from approvals.models import (
    ApprovalDecision,
    ApprovalRequest,
    Draft,
    DraftMove,
    DraftRevision,
    Publication,
    PublicationMove,
    RevisionAccount,
    RevisionPicture,
    Submission,
)
from approvals.states import DraftState, PublicationState
from school.db import Base
from tests.bench.filling import Filling

POSTS_APART = 6 * 3600
"""Seconds between the planned times of two posts: four a day, eleven times what a lively school posts."""
_DRAFT, _REVISION, _SUBMISSION, _REQUEST, _DECISION, _PUBLICATION, _MOVE, _STEP, _SHOWN = "6789abcde"

SHARES = (
    # state of draft and publication that is copied, how many of a hundred, whether in the past
    (DraftState.APPROVED, PublicationState.PUBLISHED, 90, True),
    (DraftState.SUBMITTED, None, 2, False),
    (DraftState.DRAFT, None, 6, False),
    (DraftState.APPROVED, PublicationState.SCHEDULED, 2, False),
)


class Posts(Filling):
    """Fills one database with posts, in the caller's one transaction."""

    def posts(self, count: int) -> None:
        """So many drafts with all that hangs on them.

        There must be one of each kind in SHARES already.
        """
        begin = self._after
        for state, of_post, share, past in SHARES:
            query = sa.select(Draft.id).where(Draft.state == state)
            if of_post is not None:
                query = query.join(Publication, Publication.draft_id == Draft.id)
                query = query.where(Publication.state == of_post)
            some = count * share // 100
            self._draft(self._one(query.order_by(Draft.id)), some, past=past)
            self._after += some
        self._after = begin
        self._session.execute(sa.text("ANALYZE"))

    def _draft(self, kept: object, count: int, *, past: bool) -> None:
        """`count` copies of that draft, of its newest revision, and of what was done with it."""
        session = self._session
        number = session.scalar(sa.select(Draft.revision_number).where(Draft.id == kept))
        mine = DraftRevision.draft_id == kept
        revision = self._one(sa.select(DraftRevision.id).where(mine, DraftRevision.number == number))

        def when(i: str) -> str:
            return self._at(f"({i} - {self._after})", POSTS_APART, past=past)

        def copy(
            model: type[Base], which: sa.ColumnElement[bool], texts: tuple[str, ...], *times: str, **ids: str
        ) -> None:
            def other(i: str) -> dict[str, str]:
                return {
                    **{name: self._id(kind, i) for name, kind in ids.items()},
                    **{name: when(i) for name in times},
                    **{name: self._text("filled-post-", i) for name in texts},
                }

            self._copy(model, which, count, other)

        of_draft = {"draft_id": _DRAFT, "revision_id": _REVISION}
        copy(Draft, Draft.id == kept, (), "created_at", "changed_at", id=_DRAFT)
        copy(
            DraftRevision, DraftRevision.id == revision, (), "made_at", "planned_at",
            id=_REVISION, draft_id=_DRAFT,
        )  # fmt: skip
        copy(RevisionAccount, RevisionAccount.revision_id == revision, (), revision_id=_REVISION)
        copy(RevisionPicture, RevisionPicture.revision_id == revision, (), id=_SHOWN, revision_id=_REVISION)
        copy(DraftMove, DraftMove.draft_id == kept, (), "at", id=_MOVE, draft_id=_DRAFT)
        copy(Submission, Submission.draft_id == kept, (), "submitted_at", id=_SUBMISSION, **of_draft)
        copy(
            ApprovalRequest, ApprovalRequest.draft_id == kept, ("token_hash",), "created_at",
            id=_REQUEST, submission_id=_SUBMISSION, **of_draft,
        )  # fmt: skip
        copy(
            ApprovalDecision, ApprovalDecision.draft_id == kept, (), "decided_at",
            id=_DECISION, submission_id=_SUBMISSION, **of_draft,
        )  # fmt: skip
        publication = session.scalar(
            sa.select(Publication.id).where(Publication.draft_id == kept).order_by(Publication.id).limit(1)
        )
        if publication is not None:
            texts = ("reference", "post_platform_id") if past else ("reference",)
            times = ("planned_at", "due_at", "next_try_at", *(("published_at",) if past else ()))
            copy(
                Publication, Publication.id == publication, texts, *times,
                id=_PUBLICATION, decision_id=_DECISION, **of_draft,
            )  # fmt: skip
            copy(
                PublicationMove, PublicationMove.publication_id == publication, (), "at",
                id=_STEP, publication_id=_PUBLICATION,
            )  # fmt: skip
