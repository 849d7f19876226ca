"""Transactions of a poll: each makes sure first that the account is still this worker's, and keeps it so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school.errors import SchoolgateError
from school.models import Account

Transaction = Callable[[], AbstractContextManager[Session]]
Clock = Callable[[], datetime]


class LeaseLost(SchoolgateError):
    """Another worker took the account over, since this one was too slow."""


@dataclass(slots=True)
class Lease:
    """The right of one worker to read one account, until a moment that each transaction puts off."""

    account_id: UUID
    until: datetime
    length: timedelta
    transaction: Transaction
    clock: Clock

    def keeping(self) -> AbstractContextManager[Session]:
        """A transaction in which the account is still ours. Raises LeaseLost."""
        return _Keeping(self)


class _Keeping(AbstractContextManager[Session]):
    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._inner = lease.transaction()
        self._until = lease.clock() + lease.length

    def __enter__(self) -> Session:
        session = self._inner.__enter__()
        try:
            self._renew(session)
        except BaseException as error:
            if not self._inner.__exit__(type(error), error, error.__traceback__):
                raise
        return session

    def __exit__(self, *details: object) -> bool | None:
        done = self._inner.__exit__(*details)  # type: ignore[arg-type]
        if details[0] is None:
            self._lease.until = self._until
        return done

    def _renew(self, session: Session) -> None:
        kept = session.execute(
            sa.update(Account)
            .where(Account.id == self._lease.account_id, Account.poll_lease_until == self._lease.until)
            .values(poll_lease_until=self._until)
            .returning(Account.id)
        ).first()
        if kept is None:
            raise LeaseLost("Another worker has taken over this account's poll.")
