"""Passkeys: what a person's phone, computer or key ring signs with in place of a password (WebAuthn)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class Passkey(Base):
    """One passkey of a person. Only its public half is here: nothing that could be stolen."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    """As the device counts its signatures; 0 where it doesn't. One that goes back is a copy's."""
    name: Mapped[str] = mapped_column(sa.String(60))
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a passkey is asked to sign, once, within minutes."""

    __tablename__ = "passkey_challenges"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    challenge_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    person_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """Who adds a passkey; None: somebody who signs in."""
    expires_at: Mapped[datetime]
