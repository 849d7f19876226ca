"""Where a publication in several requests keeps what is done, durable at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

from sqlalchemy.orm import Session

from approvals.models import PublicationStep

Transaction = Callable[[], AbstractContextManager[Session]]


class DurableSteps:
    """A connectors.base.StepStore in the database. Each `put` is a transaction of its own.

    `transaction` is handed in by the task: what commits is its business.
    """

    def __init__(self, transaction: Transaction, publication_id: UUID) -> None:
        self._transaction = transaction
        self._publication_id = publication_id

    def get(self, key: str) -> str | None:
        """What was kept under this key, by this attempt or an earlier one."""
        with self._transaction() as session:
            row = session.get(PublicationStep, (self._publication_id, key))
            return row.value if row is not None else None

    def put(self, key: str, value: str) -> None:
        """Keep a value; committed when this returns."""
        with self._transaction() as session:
            keep_step(session, self._publication_id, key, value)


def keep_step(session: Session, publication_id: UUID, key: str, value: str) -> None:
    """Keep a value in a transaction that is open already."""
    row = session.get(PublicationStep, (publication_id, key))
    if row is None:
        session.add(PublicationStep(publication_id=publication_id, key=key, value=value))
    else:
        row.value = value
