"""Forgetting the browsers that were shown notices, with what was still to be said to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school.models.push import PushKey, PushNotice, PushSubscription


def drop(session: Session, ids: Sequence[UUID]) -> None:
    """Forget these browsers."""
    session.execute(sa.delete(PushNotice).where(PushNotice.subscription_id.in_(ids)))
    session.execute(sa.delete(PushSubscription).where(PushSubscription.id.in_(ids)))


def erase(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """The same, as retention asks for it."""
    drop(session, ids)


def drop_of(session: Session, person_id: UUID) -> None:
    """Forget every browser of a person: they left, or were signed out everywhere."""
    found = session.scalars(sa.select(PushSubscription.id).where(PushSubscription.person_id == person_id))
    drop(session, found.all())


def drop_lost(session: Session) -> int:
    """The key that sealed them is lost: they must be added anew, for a new key; how many there were."""
    ids = session.scalars(sa.select(PushSubscription.id)).all()
    drop(session, ids)
    session.execute(sa.delete(PushKey))
    return len(ids)
