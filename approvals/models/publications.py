"""Publications: one approved revision on one account, and what became of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from approvals.states import PublicationState
from school.db import Base, new_id
from school.models import Account

_LIVE = sa.text("state NOT IN ('cancelled', 'missed')")


class Publication(Base):
    """The intent to post a revision on an account, committed before anything is sent."""

    __tablename__ = "publications"
    __table_args__ = (
        # One draft goes out at most once on one account, whatever the code above does.
        sa.Index(
            "uq_publications_live",
            "draft_id",
            "account_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        sa.UniqueConstraint("account_id", "post_platform_id"),
        sa.Index(None, "state", "next_try_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("drafts.id"), index=True)
    revision_id: Mapped[UUID] = mapped_column(sa.ForeignKey("draft_revisions.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    decision_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("approval_decisions.id"))
    """The approval that it rests on; None for one that was missed."""
    reference: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """Unguessable; ours alone."""
    state: Mapped[PublicationState]
    """Assigned by `approvals.moves` and by the claim in `approvals.publishing` alone."""
    planned_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """Lateness counts from here: the planned time, or when a person said "publish now"."""
    next_try_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_id: Mapped[UUID | None]
    """Which claim holds it; an answer of an earlier claim is not recorded."""
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    """When the first attempt that may have reached the platform began."""
    unknown_since: Mapped[datetime | None]
    """Set while nobody knows whether it was posted: also in `held`, until a person has looked."""
    looks: Mapped[int] = mapped_column(default=0)
    """Completed readings of the account's own posts since then."""
    looked_for_at: Mapped[datetime | None]
    """When it was last established, by reading or by a person, that it is not on the account."""
    published_at: Mapped[datetime | None]
    post_platform_id: Mapped[str | None] = mapped_column(sa.String(200))
    post_url: Mapped[str | None]
    by_hand: Mapped[bool] = mapped_column(default=False)
    """A person posted it and gave the address."""
    problem: Mapped[str | None]
    """What is wrong and what to do, for a person."""

    account: Mapped[Account] = relationship(lazy="joined")


class PublicationMove(Base):
    """One change of a publication's state: by whom, when and why."""

    __tablename__ = "publication_moves"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    publication_id: Mapped[UUID] = mapped_column(sa.ForeignKey("publications.id"), index=True)
    old: Mapped[PublicationState | None]
    new: Mapped[PublicationState]
    actor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    reason: Mapped[str]
    at: Mapped[datetime]


class PublicationStep(Base):
    """What a publication in several requests has done so far, so that a killed worker's work is resumed."""

    __tablename__ = "publication_steps"

    publication_id: Mapped[UUID] = mapped_column(sa.ForeignKey("publications.id"), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    value: Mapped[str]


class PublicPicture(Base):
    """An address under which a platform may fetch a picture while its publication is being published."""

    __tablename__ = "public_pictures"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    publication_id: Mapped[UUID] = mapped_column(sa.ForeignKey("publications.id"), index=True)
    rendition_id: Mapped[UUID] = mapped_column(sa.ForeignKey("media_renditions.id"))
    made_at: Mapped[datetime]
