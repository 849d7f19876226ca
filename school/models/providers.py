"""Single sign-on: whose account at the provider is whose, each answer of it, what it says of itself."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import SEALED, Base, new_id


class ProviderIdentity(Base):
    """One person's account at the provider: from its first use on it is known by the provider's own id."""

    __tablename__ = "provider_identities"
    __table_args__ = (
        sa.UniqueConstraint("issuer", "subject"),
        sa.UniqueConstraint("person_id", "issuer"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    issuer: Mapped[str] = mapped_column(sa.String(400))
    subject: Mapped[str] = mapped_column(sa.String(255))
    """The provider's id of the account, which it gives to nobody else, whatever becomes of the address."""
    email: Mapped[str] = mapped_column(sa.String(320))
    """The address by which it was matched, once."""
    linked_at: Mapped[datetime]
    used_at: Mapped[datetime]
    contested_at: Mapped[datetime | None]
    """When another account there came with this person's address, and was not let in."""
    contested_subject: Mapped[str | None] = mapped_column(sa.String(255))


class ProviderState(StrEnum):
    """How far a sign-in with the provider has come."""

    RETURNED = "returned"
    """The provider sent the person back; a worker asks it who that is."""
    KNOWN = "known"
    """It is somebody who may come in; their browser goes on."""
    DONE = "done"
    REFUSED = "refused"


class ProviderSignIn(Base):
    """One answer that the provider sent back through a browser, and what came of it. Kept for a day."""

    __tablename__ = "provider_sign_ins"
    __table_args__ = (sa.Index(None, "state", "next_try_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    state: Mapped[ProviderState]
    issuer: Mapped[str] = mapped_column(sa.String(400))
    state_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of the one-time value that came back with the answer: no answer counts twice."""
    browser_hash: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 of the secret in the browser that began it: no other goes on with it."""
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True, info=SEALED)
    """JSON encrypted by `school.secrets`: the code to exchange and what proves that it is ours; then None."""
    returned_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    person_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    second_factor: Mapped[bool] = mapped_column(default=False)
    """The provider asked for one, and the school takes its word."""
    problem: Mapped[str | None]
    """What is wrong and what to do, or what is being waited for, in a sentence for the person."""


class ProviderDocument(Base):
    """What a provider says of itself: where to ask it what, and the keys that it signs with."""

    __tablename__ = "provider_documents"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    issuer: Mapped[str] = mapped_column(sa.String(400), unique=True)
    document: Mapped[dict[str, Any] | None]
    keys: Mapped[dict[str, Any] | None]
    fetched_at: Mapped[datetime | None]
    """None: never reached so far."""
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    problem: Mapped[str | None]
    """Why the last try to fetch it came to nothing."""
