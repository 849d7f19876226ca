"""Taking what waits in a table for one worker alone, past what another one is just taking."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from school.db import Base

Row = TypeVar("Row", bound=Base)


def take(
    session: Session,
    table: type[Row],
    *where: sa.ColumnElement[bool],
    first: InstrumentedAttribute[Any],
    lease: timedelta,
    now: datetime,
) -> Row | None:
    """The row with the lowest `first` that nobody holds, held until the lease ends and its attempts one more.

    `table` has the columns `lease_until` and `attempts`. None where nothing waits. Commit before the work.
    """
    held_until: sa.ColumnElement[datetime | None] = sa.inspect(table).columns["lease_until"]
    row: Any = session.scalar(
        sa.select(table)
        .where(*where, sa.or_(held_until.is_(None), held_until <= now))
        .order_by(first)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    row.lease_until, row.attempts = now + lease, row.attempts + 1
    found: Row = row
    return found
