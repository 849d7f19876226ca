"""Mail that is to be sent: a row before the act, like every act on the outside world."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import SEALED, Base, new_id


class MailState(StrEnum):
    """Where a mail is on its way."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class OutboxEmail(Base):
    """One mail to one person, kept as it is sent, so that what is sent again is the same."""

    __tablename__ = "outbox_emails"
    __table_args__ = (sa.Index(None, "state", "next_try_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    to_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    to_address: Mapped[str]
    subject: Mapped[str]
    purpose: Mapped[str] = mapped_column(sa.String(60))
    """What it is for, such as "approval_request"; for the log and for tests."""
    message_id: Mapped[str] = mapped_column(sa.String(200), unique=True)
    raw: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    """The message without its pictures and without the tokens of its links."""
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True, info=SEALED)
    """The whole message, encrypted; None: there is nothing like that in it."""
    state: Mapped[MailState] = mapped_column(default=MailState.QUEUED)
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    problem: Mapped[str | None]
    about_id: Mapped[UUID | None]
    """The draft that it is about; None: about nothing of that kind."""
    waits_for_server: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """The server is away, or refuses everything of ours: not this mail's own fault."""
    confidential: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """That there is such a mail tells of something that the headteacher must not know of (P3)."""
    put_away_at: Mapped[datetime | None]
    """When a person gave a failed mail up."""
    returned_at: Mapped[datetime | None]
    """When a report said that the mail, which a server had taken, wasn't delivered after all."""


class BounceMailbox(Base):
    """How far the mailbox that failed mail comes back to has been read. Holds nothing of its mails."""

    __tablename__ = "bounce_mailboxes"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """Hash of server, user and folder: another mailbox is begun anew."""
    uid_validity: Mapped[int | None] = mapped_column(sa.BigInteger)
    """While this number stays, the server numbers the mails as before (RFC 3501, 2.3.1.1)."""
    last_uid: Mapped[int] = mapped_column(sa.BigInteger)
    next_look_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    """When it was last read to the end."""
    problem: Mapped[str | None]
    problem_since: Mapped[datetime | None]
