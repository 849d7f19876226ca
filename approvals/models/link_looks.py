"""What stands behind the links of drafts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import SEALED, Base, new_id


class LinkState(StrEnum):
    """What is known of an address."""

    ASKED = "asked"
    """A worker is to look at it."""
    PAGE = "page"
    """A page is there."""
    OTHER = "other"
    """Something else is there: a PDF, a picture."""
    DEAD = "dead"
    """Nothing is there: whoever presses the link sees an error."""
    UNSURE = "unsure"
    """It couldn't be looked at; that says nothing of what people will find."""


class LinkLook(Base):
    """One address that stands in a draft, and what a worker found there. Kept for a day, for all drafts."""

    __tablename__ = "link_looks"
    __table_args__ = (sa.Index(None, "state", "next_try_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    address_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of the address."""
    address: Mapped[str]
    state: Mapped[LinkState]
    asked_at: Mapped[datetime]
    """When somebody last wanted to know."""
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    looked_at: Mapped[datetime | None]
    """When this was found; None: never yet."""
    problem: Mapped[str]
    """Why it is dead or unsure, as the second half of a sentence."""
    leads_to: Mapped[str]
    """The name of the site where it ends, if that is another one."""
    title: Mapped[str]
    description: Mapped[str]
    picture: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True, info=SEALED)
    """The page's own picture, drawn anew and small, as JPEG."""
    has_picture: Mapped[bool]
