"""Who is signed in where, and with what besides a password (P2, P11)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import SEALED, Base, new_id


class SignIn(Base):
    """One browser in which a person is signed in. Once this row has ended, its cookie is worth nothing."""

    __tablename__ = "sign_ins"
    __table_args__ = (sa.Index(None, "person_id", "ended_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of what the browser's cookie holds; another one once the second factor was given."""
    began_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    """None: the password was right, and the second factor is still to come."""
    proved_at: Mapped[datetime | None]
    """When the person last showed that it is them, by password and second factor."""
    seen_at: Mapped[datetime]
    """Within a minute or so; what a page asks by itself doesn't count."""
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(sa.String(40))
    ended_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    how: Mapped[str] = mapped_column(sa.String(60))
    """In words: “password and a code from the app”."""
    second_factor: Mapped[bool]
    """A second factor was given, here or at a provider whose word the school takes."""
    browser: Mapped[str] = mapped_column(sa.String(80))
    """In plain words: “Firefox on Windows”."""
    known_device_id: Mapped[UUID | None]
    """One of the person's known devices; no foreign key, so that each is erased in its own time."""


class KnownDevice(Base):
    """A browser in which a person has signed in before: strangers' guesses don't slow it down."""

    __tablename__ = "known_devices"
    __table_args__ = (sa.UniqueConstraint("token_hash", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    token_hash: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 of the browser's own token; on a staff-room computer several people have the same."""
    first_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    second_wrong: Mapped[int] = mapped_column(default=0)
    """Wrong codes in a row from this browser; those from elsewhere are counted with the person."""
    second_wait_until: Mapped[datetime | None]


class Authenticator(Base):
    """The seed that a person's authenticator app makes its codes from (RFC 6238). One for each person."""

    __tablename__ = "authenticators"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), unique=True)
    seed: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True, info=SEALED)
    made_at: Mapped[datetime]
    last_step: Mapped[int] = mapped_column(sa.BigInteger)
    """The half-minute of the last code that was taken: it and earlier ones never count again."""


class RecoveryCode(Base):
    """A code on paper that stands in for the second factor, once."""

    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 of 80 random bits."""
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
