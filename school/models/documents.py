"""Documents that left the product as files, so that one can be known again; and the letterhead."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class DocumentKind(StrEnum):
    """What was made."""

    EVIDENCE = "evidence"
    LETTER = "letter"
    REPORT = "report"
    CONSENT_RECORD = "consent_record"


class IssuedDocument(Base):
    """A file that was made here: its hash, when and by whom. The file itself is not kept here."""

    __tablename__ = "issued_documents"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[DocumentKind]
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    size: Mapped[int]
    object_kind: Mapped[str] = mapped_column(sa.String(40))
    """What it is about, such as "log_entry"."""
    object_id: Mapped[str] = mapped_column(sa.String(64), index=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    trail_seq: Mapped[int | None]
    """The entry of the audit trail that holds the hash; None where the headteacher must not see it (P3)."""
    log_seq: Mapped[int | None]
    """The event of the SLT log that holds it; None for what is about no entry of the log."""


class Letterhead(Base):
    """What stands at the top of the school's letters. Each change is a new row; the newest counts."""

    __tablename__ = "letterheads"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    address: Mapped[str]
    """Lines of the postal address, without the school's name."""
    contact: Mapped[str]
    """Telephone, e-mail, web site; may be empty."""
    set_at: Mapped[datetime]
    set_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
