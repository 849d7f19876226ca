"""Short ways to situations that many tests begin with. Each step commits, as pages and tasks do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import RemoteComment
from moderation import actions, attempts, decisions, followers, polling, scoring, thresholds
from moderation.decisions import Decision, Outcome
from moderation.models import FlaggingRules, LogCase, LogEntry, PlatformAct
from school.db import now, transaction
from school.models import Person
from tests.moderation.platform import WHEN, ScriptedPlatform, comment

PACE = polling.PollPace.practice(timedelta(seconds=1))
LEASE = timedelta(minutes=5)
URL = "https://schoolgate.test"


class WordEngine:
    """Scores by single words, so that a test says what is abusive."""

    model_name = "words@test"
    labels = ("toxicity", "threat")

    def score(self, texts: Sequence[str]) -> list[dict[str, float]]:
        return [
            {
                "toxicity": 0.99 if "idiot" in text.lower() else 0.01,
                "threat": 0.9 if "menace" in text.lower() else 0.0,
            }
            for text in texts
        ]


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = WHEN + timedelta(minutes=1)

    def __call__(self) -> datetime:
        return self.at

    def on(self, **more: float) -> datetime:
        """Later by so much."""
        self.at += timedelta(**more)
        return self.at


class PresentClock(Clock):
    """The real time, moved on by the test: for scenes before pages, which use the real time."""

    def __init__(self) -> None:
        self.at = now()


def poll(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, pace: polling.PollPace = PACE
) -> polling.PollReport:
    """One whole poll, some seconds after what was before it."""
    clock.on(seconds=15)
    with transaction() as session:
        plan = polling.claim_poll(session, account_id, pace=pace, now=clock())
    assert plan is not None
    return polling.poll_account(plan, platform, transaction=transaction, clock=clock)


def score(clock: Clock, *, hide_over: float | None = None) -> scoring.Recorded:
    """Score everything that waits, comments and profiles."""
    engine = WordEngine()
    with transaction() as session:
        batch = scoring.take_unscored(session, 100, lease=LEASE, now=clock())
    scores = engine.score(batch.texts)
    with transaction() as session:
        recorded = scoring.record_scores(
            session, batch, scores, model_name=engine.model_name, now=clock(), url=URL, hide_over=hide_over
        )
    with transaction() as session:
        profiles = followers.take_unscored(session, 100, lease=LEASE, now=clock())
    with transaction() as session:
        followers.record_scores(
            session, profiles, engine.score(profiles.texts), model_name=engine.model_name, now=clock()
        )
    return recorded


def flagged(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, *comments: RemoteComment
) -> list[UUID]:
    """Abusive comments, fetched and scored; the ids of all entries as they came into the log."""
    platform.show(*(comments or (comment(1, "You idiot"),)))
    poll(account_id, platform, clock)
    score(clock)
    with transaction() as session:
        return list(session.scalars(sa.select(LogEntry.id).order_by(LogEntry.recorded_at, LogEntry.id)))


def decide(entry_id: UUID, *outcomes: Outcome, by: Person, clock: Clock, **more: object) -> LogCase:
    """Decide on an entry as it stands now."""
    values: Mapping[str, object] = {"reason": "Against our rules", **more}
    with transaction() as session:
        case = session.get_one(LogCase, entry_id)
        return decisions.decide(
            session,
            entry_id,
            Decision(frozenset(outcomes), **values),  # type: ignore[arg-type]
            seen=case.version,
            by=session.get_one(Person, by.id),
            url=URL,
            now=clock(),
        )


def change_rules(session: Session, *, by: Person, now: datetime, **changes: object) -> FlaggingRules:
    """Save other thresholds, words or words to let pass."""
    before = thresholds.current(session)
    return thresholds.save(
        session,
        replace(thresholds.proposal_of(before), **changes),  # type: ignore[arg-type]
        based_on=before.version,
        by=by,
        reason="For the test",
        url=URL,
        now=now,
    )


def act(platform: ScriptedPlatform, clock: Clock) -> list[PlatformAct]:
    """Do everything on the platform that is due; the acts as they are afterwards."""
    done = []
    while True:
        with transaction() as session:
            claim = actions.claim_action(session, lease=LEASE, now=clock())
        if claim is None:
            return done
        outcome = attempts.act(claim, platform)
        with transaction() as session:
            done.append(actions.record_action(session, claim, outcome, now=clock()))


@contextmanager
def tampering(session: Session, *statements: str) -> Iterator[None]:
    """Let a test change what the database refuses to change: without its triggers."""
    postgresql = session.get_bind().dialect.name == "postgresql"
    tables = ("log_entries", "log_events", "audit_entries", "chain_anchors")
    if postgresql:
        for table in tables:
            session.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
    else:
        for table in tables:
            for verb in ("update", "delete"):
                session.execute(sa.text(f"DROP TRIGGER {table}_no_{verb}"))
    for statement in statements:
        session.execute(sa.text(statement))
    yield


Make = Callable[..., UUID]
