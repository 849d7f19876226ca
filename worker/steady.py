"""Celery beat that goes on at once where the machine's clock is set back.

Celery sends a look when the clock has moved on from the last one: after a step back of an hour it would send
none for an hour. What waits in the database until a certain time would wait that much longer, too.
"""

from __future__ import annotations

import secrets
import time
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from celery.beat import ScheduleEntry, Scheduler
from kombu.transport.redis import Channel as RedisChannel
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from approvals.models import ApprovalRequest, LinkLook, PostFigures, Publication, Takedown
from moderation.models import CameWith, PlatformAct
from school import heartbeats
from school.db import now, reading, transaction
from school.models import (
    Account,
    AccountConnection,
    OutboxEmail,
    ProviderDocument,
    ProviderSignIn,
    PushNotice,
)

log = structlog.get_logger(__name__)

NOTICED = timedelta(seconds=2)
"""Clocks are put right by less than this all the time."""
NOTICED_AT_START = timedelta(minutes=1)
"""Another machine's clock, whose sign of life this may be, is never quite this one's."""
_AGAIN = 5.0
LEADER = "schoolgate-scheduler"
"""Where Redis keeps which of the schedulers sends the looks, so that two send no more than one does."""
LEADS_FOR = 3.0
"""Seconds after which another may take over from one that has died."""
ASKED_EVERY = 1.0
"""Seconds for which what Redis said of leader and queues is good enough: asked for each look, that took more
of the processor than the looks."""
MOST_WAITING = 30
"""Messages in one queue; with its workers away for a night it would hold hundreds of thousands."""

WAITS: tuple[InstrumentedAttribute[Any], ...] = (
    Account.next_poll_at,
    PlatformAct.next_try_at,
    CameWith.next_try_at,
    LinkLook.next_try_at,
    Takedown.next_try_at,
    PostFigures.next_try_at,
    OutboxEmail.next_try_at,
    PushNotice.next_try_at,
    ApprovalRequest.mail_due_at,
    AccountConnection.next_try_at,
    ProviderSignIn.next_try_at,
    ProviderDocument.next_try_at,
)
"""Times until which something waits after a try. Planned times are people's, and stay as they are; so do
leases, which living workers hold, and what is due daily (`next_at`), which may be an hour late."""


def shorten_waits(session: Session, by: timedelta, *, now: datetime) -> int:
    """Have everything that waits for another try wait as long as it was meant to; how many rows that was.

    `by`: how far the clock was set back.
    """
    changed = 0
    for column in WAITS:
        table = column.class_
        changed += _shorten(session, column, sa.select(table.id, column).where(column > now), by)
    # Before the first try it is the planned time.
    tried = sa.select(Publication.id, Publication.next_try_at).where(
        Publication.next_try_at > now, Publication.next_try_at > Publication.due_at
    )
    return changed + _shorten(session, Publication.next_try_at, tried, by)


def _shorten(
    session: Session, column: InstrumentedAttribute[Any], waiting: sa.Select[*tuple[Any, ...]], by: timedelta
) -> int:
    rows = session.execute(waiting).all()
    for row_id, until in rows:
        # Unless a worker gave it another time meanwhile.
        same = sa.and_(column.class_.id == row_id, column == until)
        session.execute(sa.update(column.class_).where(same).values({column: until - by}))
    return len(rows)


class SteadyScheduler(Scheduler):  # type: ignore[misc]
    """Celery's own scheduler, in memory; keeps an eye on how far the clock is from the steady one."""

    def wall(self) -> float:
        """Seconds by the clock that people see, which may be set."""
        return time.time()

    def steady(self) -> float:
        """Seconds by the one that only ever goes on."""
        return time.monotonic()

    def __init__(self, *arguments: Any, **more: Any) -> None:
        """As Celery's; `set_back` by nothing so far."""
        self._apart = self.wall() - self.steady()
        self._owed: timedelta | None = None
        self._tried = 0.0
        self._counting: Any = None
        self._name = secrets.token_hex(8).encode()
        self._leads, self._asked_at = False, -ASKED_EVERY
        self._counted: dict[str, tuple[float, int]] = {}
        super().__init__(*arguments, **more)

    def tick(self, *arguments: Any, **more: Any) -> float:
        """Send what is due; seconds until the next look at the schedule."""
        apart = self.wall() - self.steady()
        back = timedelta(seconds=self._apart - apart)
        self._apart = apart
        if back > NOTICED:
            log.warning("clock_set_back", seconds=round(back.total_seconds()))
            for entry in self.schedule.values():
                entry.last_run_at -= back
            self._heap = None
            self._owed = (self._owed or timedelta(0)) + back
        if self._owed is None or self._owed:
            self._settle()
        return float(super().tick(*arguments, **more))

    def apply_async(self, entry: ScheduleEntry, producer: Any = None, **more: Any) -> Any:
        """Send a look, unless another scheduler sends them, or so many messages wait in its queue that one
        more could change nothing.

        Looks are not dropped by their age: the clock of the machine that takes one may be another than ours.
        """
        if self._needless(entry):
            if more.get("advance", True):
                self.reserve(entry)
            return None
        return super().apply_async(entry, producer=producer, **more)

    def _needless(self, entry: ScheduleEntry) -> bool:
        """Whether nobody would miss this look; False while the broker can't be asked."""
        queue = self.app.amqp.router.route({}, entry.task)["queue"]
        try:
            if self._counting is None:
                # Of its own: the sender's is mended by the sending.
                self._counting = self.app.connection_for_read().channel()
            return not self._is_leader() or not self._room_in(queue)
        except Exception as error:  # noqa: BLE001 - whatever it is, the looks must be sent
            log.info("queue_not_counted", kind=type(error).__name__)
            channel, self._counting = self._counting, None
            self._asked_at, self._counted = -ASKED_EVERY, {}
            if channel is not None and channel.connection is not None:
                channel.connection.client.release()
            return False

    def _is_leader(self) -> bool:
        """Whether this one sends the looks. Only Redis can be asked; it forgets a leader by itself."""
        if not isinstance(self._counting, RedisChannel):
            return True
        if self.steady() - self._asked_at >= ASKED_EVERY:
            self._asked_at, self._leads = self.steady(), self._lead(self._counting.client)
        return self._leads

    def _lead(self, redis: Any) -> bool:
        most = int(LEADS_FOR * 1000)
        if redis.set(LEADER, self._name, nx=True, px=most):
            return True
        # Redis notes when it forgets by its clock, which may have been set back since.
        if redis.get(LEADER) != self._name and redis.pttl(LEADER) <= most:
            return False
        redis.set(LEADER, self._name, px=most)
        return True

    def _room_in(self, queue: Any) -> bool:
        """Whether the queue holds so few messages that one more is of use; it is counted as sent."""
        at, count = self._counted.get(queue.name, (-ASKED_EVERY, 0))
        if self.steady() - at >= ASKED_EVERY:
            at, count = self.steady(), int(queue(self._counting).queue_declare().message_count)
        room = count < MOST_WAITING
        self._counted[queue.name] = at, count + room
        return room

    def _settle(self) -> None:
        """Shorten what waits in the database, as soon as that can be reached."""
        if self._tried and self.steady() - self._tried < _AGAIN:
            return
        self._tried = self.steady()
        try:
            owed = _since_last_life() if self._owed is None else self._owed
            if owed:
                with transaction() as session:
                    log.warning("waits_shortened", rows=shorten_waits(session, owed, now=now()))
        except SQLAlchemyError as error:
            log.warning("waits_not_shortened_yet", kind=type(error).__name__)
            return
        self._owed, self._tried = timedelta(0), 0.0


def _since_last_life() -> timedelta:
    """How far before the last sign of life this start is: the clock was set back while nothing ran."""
    with reading() as session:
        seen = [beat.at for beat in heartbeats.latest(session).values()]
    back = max(seen) - now() if seen else timedelta(0)
    return back if back > NOTICED_AT_START else timedelta(0)
