"""The audit trail can be added to and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, db
from school.models import AuditEntry
from tests.moderation.scenes import tampering


def _fill(session: Session, count: int) -> None:
    for number in range(count):
        audit.record(
            session,
            by=None,
            action="tested",
            object_kind="thing",
            object_id=str(number),
            detail={"why": "naïve – “quoted” 🌈", "n": number},
            now=db.now(),
        )
    session.commit()


def _set(seq: int, **values: object) -> sa.Update:
    return sa.update(AuditEntry).where(AuditEntry.seq == seq).values(**values)


def _with_its_own_hash_made_anew(session: Session) -> None:
    """The third, so that it fits in itself: that the fourth doesn't follow from it is all that tells."""
    entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.seq == 3)).one()
    entry.action = "else"
    entry.hash = audit.entry_hash(entry)
    session.flush()


@pytest.mark.parametrize(
    "harm",
    [
        _with_its_own_hash_made_anew,
        lambda s: s.execute(_set(4, action="else")),
        lambda s: s.execute(_set(4, detail={"n": 5})),
        lambda s: s.execute(_set(4, object_id="9")),
        lambda s: s.execute(_set(4, at=db.now())),
        lambda s: s.execute(_set(4, hash="0" * 64)),
        lambda s: s.execute(_set(4, previous_hash="0" * 64)),
        lambda s: s.execute(sa.delete(AuditEntry).where(AuditEntry.seq == 4)),
    ],
)
def test_the_first_altered_entry_is_named(session: Session, harm: Callable[[Session], object]) -> None:
    _fill(session, 8)
    assert audit.verify(session) is None
    with tampering(session):
        harm(session)
    session.commit()
    session.expire_all()
    assert audit.verify(session) == 4


def test_writers_at_the_same_time_make_one_chain(database: str) -> None:
    def write(_worker: int) -> None:
        for _ in range(5):
            with db.transaction() as session:
                audit.record(session, by=None, action="a", object_kind="k", object_id="1", now=db.now())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 20
        assert audit.verify(session) is None
