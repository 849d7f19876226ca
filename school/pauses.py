"""Who paused an account, when and why: from the trail, which keeps the reason (P11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school.models import Account, AccountState, AuditEntry, Person
from school.times import say


@dataclass(frozen=True, slots=True)
class Pause:
    """That an account is paused now."""

    by: str
    """Their name."""
    at: datetime
    reason: str

    @property
    def said(self) -> str:
        """A sentence for whoever may see the accounts."""
        return f"Paused by {self.by}, {say(self.at)}: {self.reason}"


def of(session: Session, account: Account) -> Pause | None:
    """Who paused this account last; None where it isn't paused."""
    if account.state is not AccountState.PAUSED:
        return None
    found = session.execute(
        sa.select(AuditEntry.at, AuditEntry.detail, Person.name)
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .where(
            AuditEntry.action == "account_paused",
            AuditEntry.object_kind == "account",
            AuditEntry.object_id == str(account.id),
        )
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    return Pause(found.name or "a command on the server", found.at, str(found.detail.get("reason", "")))
