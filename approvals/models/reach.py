"""How far each published post came, as its platform counted when it was last asked (P10)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from connectors.figures import Withheld
from school.db import Base


class PostFigures(Base):
    """The newest figures of one publication, and when they are read again."""

    __tablename__ = "post_figures"

    id: Mapped[UUID] = mapped_column(
        # A former version, which erases posts without knowing of these, takes them along.
        sa.ForeignKey("publications.id", ondelete="CASCADE"),
        primary_key=True,
    )
    """Its publication's."""
    next_try_at: Mapped[datetime | None] = mapped_column(index=True)
    """None: they are not read again."""
    lease_id: Mapped[UUID | None]
    """Which claim holds it; the answer of an earlier one is not recorded."""
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    """Without an answer, in a row."""
    read_at: Mapped[datetime | None]
    """When the platform last answered; the figures are of then."""
    gone_at: Mapped[datetime | None]
    """When it was noticed that the platform no longer has the post; the figures are those from before."""
    withheld: Mapped[Withheld | None]
    """Why it gave neither of the next two, at the last reading."""
    people: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Different ones, as the platform estimates them; likewise the rest: None, where it gives none."""
    views: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Times, several for one person."""
    likes: Mapped[int | None] = mapped_column(sa.BigInteger)
    comments: Mapped[int | None] = mapped_column(sa.BigInteger)
    shares: Mapped[int | None] = mapped_column(sa.BigInteger)
