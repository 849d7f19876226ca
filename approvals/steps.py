"""Where a publication in several requests keeps what is done, durable at once, while its claim lasts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from approvals import claims, permits
from approvals.claims import PublicationClaim
from approvals.models import Draft, DraftRevision, Publication, PublicationStep
from connectors.base import STEP_POSTING
from connectors.errors import ConnectorUnavailable
from school.errors import SchoolgateError

_SENT_BEFORE = "sent-before"
Transaction = Callable[[], AbstractContextManager[Session]]


class ClaimLost(SchoolgateError):
    """Somebody else has taken the publication over: this worker must do nothing more for it."""


class DurableSteps:
    """A connectors.base.StepStore in the database. Each `put` is a transaction of its own.

    Each `put` also prolongs the claim's lease, and does nothing once the claim was taken over. So
    a worker that was only slow can't post after it was given up for lost: the mark of the one
    request that posts and the check of the claim are one transaction. `transaction` is handed
    in by the task: what commits is its business.
    """

    def __init__(
        self, transaction: Transaction, claim: PublicationClaim, clock: Callable[[], datetime]
    ) -> None:
        self._transaction = transaction
        self._claim = claim
        self._clock = clock

    def get(self, key: str) -> str | None:
        """What was kept under this key, by this attempt or an earlier one."""
        with self._transaction() as session:
            row = session.get(PublicationStep, (self._claim.publication_id, key))
            return row.value if row is not None else None

    def put(self, key: str, value: str) -> None:
        """Keep a value; committed when this returns.

        Raises ClaimLost after a takeover. Before the mark of the request that posts everything is looked at
        once more: uploads take minutes, in which a consent may be withdrawn or somebody shut out (P1, P26).
        Raises ConnectorUnavailable when it may not go out any more; the next claim then says so to people.
        """
        now = self._clock()
        with self._transaction() as session:
            if not claims.keep_lease(session, self._claim, now=now):
                raise ClaimLost("Another worker has taken this post over.")
            if key == STEP_POSTING and value:
                self._check(session, now)
            keep_step(session, self._claim.publication_id, key, value)

    def _check(self, session: Session, now: datetime) -> None:
        if claims.stopped(session):
            raise ConnectorUnavailable("All publishing was stopped just before it was sent.")
        publication = session.get_one(Publication, self._claim.publication_id)
        draft = session.get_one(Draft, publication.draft_id)
        revision = session.get_one(DraftRevision, publication.revision_id)
        if reason := permits.why_not(session, publication, draft, revision, now=now):
            raise ConnectorUnavailable(reason)


def keep_step(session: Session, publication_id: UUID, key: str, value: str) -> None:
    """Keep a value in a transaction that is open already."""
    row = session.get(PublicationStep, (publication_id, key))
    if row is None:
        session.add(PublicationStep(publication_id=publication_id, key=key, value=value))
    else:
        row.value = value


def note_sent_before(session: Session, publication_id: UUID) -> None:
    """An attempt without an answer was made, and a person says that nothing came of it."""
    keep_step(session, publication_id, _SENT_BEFORE, "yes")


def sent_before(session: Session, publication_id: UUID) -> bool:
    """Whether `note_sent_before` was: a refusal now may mean that it is there after all."""
    return session.get(PublicationStep, (publication_id, _SENT_BEFORE)) is not None


def may_have_been_sent(session: Session, publication_id: UUID) -> bool:
    """Whether the one request that posts was begun and not refused: the mark stands."""
    row = session.get(PublicationStep, (publication_id, STEP_POSTING), populate_existing=True)
    return row is not None and bool(row.value)
