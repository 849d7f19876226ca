"""Which e-mails each person wants, and when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class NoticeChoice(Base):
    """How somebody wants to be told of one kind of thing; without a row: at once."""

    __tablename__ = "notice_choices"

    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    how: Mapped[str] = mapped_column(sa.String(20))


class NoticeTimes(Base):
    """When somebody wants their digest, and when nothing at all. In minutes after midnight, school time."""

    __tablename__ = "notice_times"

    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    digest_at: Mapped[int]
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    next_digest_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the digest of what is held goes out; None while nothing is."""


class HeldNotice(Base):
    """Something that waits for a person's next digest. Deleted when that goes out."""

    __tablename__ = "held_notices"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    words: Mapped[str]
    link: Mapped[str]
    confidential: Mapped[bool]
    held_at: Mapped[datetime]
