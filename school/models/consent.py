"""The consent register (P24): which pupil may be shown, how, and for how long."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from school.db import Base, new_id


class ConsentKind(StrEnum):
    """The exact kinds of processing that consent is asked for."""

    IMAGE = "image"
    VIDEO = "video"
    WORK = "work"
    NAME = "name"
    """A post names the pupil by first name, or says which class it is about."""


class StoredKind(StrEnum):
    """The kinds that the first version knew."""

    IMAGE = "image"
    VIDEO = "video"
    WORK = "work"


class Pupil(Base):
    """A pupil, as far as consent needs."""

    __tablename__ = "pupils"
    __table_args__ = (
        sa.UniqueConstraint("name", "class_name"),
        sa.Index("uq_pupils_reference", "reference", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    """Full name."""
    class_name: Mapped[str]
    reference: Mapped[str | None] = mapped_column(sa.String(40))
    """The office's own number of the pupil (UPN or admission number), where its list has one."""
    created_at: Mapped[datetime]
    left_on: Mapped[date | None]

    consents: Mapped[list[Consent]] = relationship(back_populates="pupil", lazy="selectin")


class ConsentImport(Base):
    """A list from the school office, read and shown, and applied as a whole or not at all (P24)."""

    __tablename__ = "consent_imports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    filename: Mapped[str]
    rows: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, deferred=True)
    """As read, a `school.consent_lists.ListedPupil` each; emptied once applied or discarded."""
    whole_school: Mapped[bool]
    """Pupils who are not on the list have left."""
    uploaded_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    uploaded_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]


class Consent(Base):
    """One consent, for one kind, everywhere or on one platform, between two dates (P24).

    Withdrawal is recorded, never erased (P25). Make one with `given`.
    """

    __tablename__ = "consents"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    pupil_id: Mapped[UUID] = mapped_column(sa.ForeignKey("pupils.id"), index=True)
    stored_kind: Mapped[StoredKind] = mapped_column(
        "kind",
        sa.Enum(StoredKind, values_callable=lambda e: [m.value for m in e], name="consentkind", length=40),
    )
    """The kind, while `exact_kind` is empty.

    Processes of the version that knew neither platforms nor newer kinds go on while they are replaced. They
    read a consent with an exact kind as one for the pupil's work, which they ask for nowhere: so they show
    less than is allowed, never more.
    """
    exact_kind: Mapped[str | None] = mapped_column(sa.String(20))
    platform: Mapped[str | None] = mapped_column(sa.String(20))
    """The one platform that it is for; None: every platform."""
    given_by: Mapped[str]
    """Name of the pupil or parent who gave it."""
    first_day: Mapped[date]
    last_day: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    withdrawn_reason: Mapped[str | None]

    pupil: Mapped[Pupil] = relationship(back_populates="consents")

    @classmethod
    def given(cls, kind: ConsentKind, platform: str | None = None, **more: Any) -> Consent:
        """A consent of that kind, for one platform or (None) for all."""
        if platform is None and kind is not ConsentKind.NAME:
            return cls(stored_kind=StoredKind(kind.value), **more)
        return cls(stored_kind=StoredKind.WORK, exact_kind=kind.value, platform=platform, **more)

    @property
    def kind(self) -> ConsentKind:
        """What it is for."""
        return ConsentKind(self.exact_kind or self.stored_kind.value)
