"""People, their roles, and whom the headteacher has authorised for which account (P1, P2)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from school.db import Base, new_id


class Role(StrEnum):
    """The policy's roles. Every signed-in person is staff; a role adds to that."""

    HEADTEACHER = "headteacher"
    SLT = "slt"
    MODERATOR = "moderator"
    DSL = "dsl"
    DPO = "dpo"
    NETWORK_MANAGER = "network_manager"
    MARKETING_OFFICER = "marketing_officer"
    CHAIR = "chair"
    STAFF = "staff"


class Person(Base):
    """Somebody who may sign in. The columns from `password` on are what the sign-in library keeps."""

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(sa.String(320), unique=True)
    """Lower case."""
    created_at: Mapped[datetime]
    pin_hash: Mapped[str | None]
    """argon2 hash of the PIN that decides an approval from an e-mail link."""
    pin_failures: Mapped[int] = mapped_column(default=0)
    pin_locked_until: Mapped[datetime | None]

    password: Mapped[str | None]
    """argon2 hash; None until the sign-up link is used."""
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """Changes when every session of the person must end."""
    confirmed_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    current_login_at: Mapped[datetime | None]
    login_count: Mapped[int] = mapped_column(default=0)
    tf_primary_method: Mapped[str | None]
    """Not used, like the next: seeds are in `authenticators`, sealed."""
    tf_totp_secret: Mapped[str | None]
    second_wrong: Mapped[int] = mapped_column(default=0, server_default="0")
    """Wrong codes of the second factor in a row, from browsers that the person never signed in with."""
    second_wait_until: Mapped[datetime | None]
    asked_one_by_one: Mapped[bool | None]
    """Wants a mail for each post to decide on, never several in one."""
    guide_put_away_at: Mapped[datetime | None]
    """When the person put the first steps on Today away; None: they are shown."""

    grants: Mapped[list[RoleGrant]] = relationship(
        back_populates="person", foreign_keys="RoleGrant.person_id", lazy="selectin"
    )

    @property
    def roles(self) -> frozenset[Role]:
        """The roles in force, `STAFF` always among them for an active person."""
        if not self.active:
            return frozenset()
        return frozenset({Role.STAFF} | {grant.role for grant in self.grants if grant.withdrawn_at is None})


class RoleGrant(Base):
    """A role given to a person by the headteacher, with its end if it ended."""

    __tablename__ = "role_grants"
    __table_args__ = (
        sa.Index(
            "uq_role_grants_in_force",
            "person_id",
            "role",
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    role: Mapped[Role]
    granted_at: Mapped[datetime]
    granted_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """None: at set-up."""
    reason: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    withdrawn_reason: Mapped[str | None]

    person: Mapped[Person] = relationship(back_populates="grants", foreign_keys=[person_id])


class Authorisation(Base):
    """The headteacher's leave for one person to write drafts for one account (P1)."""

    __tablename__ = "authorisations"
    __table_args__ = (
        sa.Index(
            "uq_authorisations_in_force",
            "person_id",
            "account_id",
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    granted_at: Mapped[datetime]
    granted_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    reason: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    withdrawn_reason: Mapped[str | None]


class Deputy(Base):
    """Who may approve in the headteacher's place between two dates, both included."""

    __tablename__ = "deputies"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    named_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    named_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Invitation(Base):
    """A sign-up link: sets the password and PIN of one person, once."""

    __tablename__ = "invitations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of the token, hexadecimal; the token itself is only in the link."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
