"""The classifier's rounds: score what waits, score again what was asked for, say which words carried a score.

Each takes in one transaction, asks the classifier with none open, and records in another.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import structlog

from moderation import carrying_words, followers, rescoring, scoring
from moderation.scoring import ScoringBatch
from school import heartbeats
from school.db import reading, transaction
from school.settings import settings
from worker import classifier
from worker.clock import now

log = structlog.get_logger(__name__)

BATCH = 64
"""Comments scored at once: a small batch lets what was just written into the log soon."""
AT_ONCE = 2
"""Batches at the classifier at once: where one is being cut into word pieces or has nearly ended, the other
keeps the processor busy. They need no more memory, as they take turns piece by piece."""
BATCH_AGAIN = 8
"""Comments scored again at once: a new one waits for no more than these."""
SCORING_LEASE_MOST = timedelta(minutes=1)
"""A batch takes less than a second: when its worker dies, a threat in it must not wait long (P23)."""

_Answer = tuple[Sequence[Mapping[str, float]], str, float]
"""What the classifier said of a batch, its model's name, and how many seconds it took."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What a round of scoring came to."""

    clear: int = 0
    flagged: int = 0
    urgent: int = 0

    @property
    def total(self) -> int:
        """How many comments were judged."""
        return self.clear + self.flagged

    def __add__(self, other: Scored) -> Scored:
        return Scored(self.clear + other.clear, self.flagged + other.flagged, self.urgent + other.urgent)


def score_waiting(*, batches: int = 50, going_on: Callable[[], bool] = lambda: True) -> Scored:
    """Score the comments that wait, newest first, so many batches at most; the SLT log gets what is flagged.

    While the classifier works on one batch, the one before is written into the database and the one
    after is taken out of it. Once one batch went well, two are at the classifier at once, so that no
    processor core waits for the end of a batch. A batch that the classifier fails on is given back, and
    after some tries handed to a person; the error passes through. `going_on`: asked before each batch is
    taken; False ends it after those under way.
    """
    total, at_once = Scored(), 1
    with (
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="recording") as beside,
        ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="judging") as asking,
    ):
        asked: deque[tuple[ScoringBatch, Future[_Answer]]] = deque()
        following: Future[ScoringBatch] | None = beside.submit(_take)
        recording: Future[Scored] | None = None
        left = batches
        try:
            while True:
                if following is not None and (batch := following.result()).items:
                    asked.append((batch, asking.submit(_scores, batch)))
                    left -= 1
                    following = beside.submit(_take) if left > 0 and going_on() else None
                    if following is not None and len(asked) < at_once:
                        continue
                if not asked:
                    break
                first, answer = asked[0]
                answered = answer.result()
                at_once = AT_ONCE
                if recording is not None:
                    total += recording.result()
                # Not before: where the one before can't be written, this one is tried all the same.
                asked.popleft()
                recording = beside.submit(_record, first, *answered)
            if recording is not None:
                total += recording.result()
        except BaseException:
            for other, answer in asked:
                # One that fails as well has been given back; the first error stands for both.
                if answer.exception() is None:
                    beside.submit(_record, other, *answer.result())
            if following is not None and not following.cancel() and (taken := following.result()).items:
                with transaction() as session:
                    scoring.put_back(session, taken)
            raise
    return total


def _take() -> ScoringBatch:
    with transaction() as session:
        return scoring.take_unscored(session, BATCH, lease=_scoring_lease(), now=now())


def _scores(batch: ScoringBatch) -> _Answer:
    """What the classifier says of a batch, its model's name, and how many seconds it took."""
    try:
        # Loading it the first time is no part of what a batch takes.
        classifier.engine()
        began = time.monotonic()
        scores, model_name = classifier.score(batch.texts)
        return scores, model_name, time.monotonic() - began
    except Exception:
        with transaction() as session:
            scoring.give_back(session, batch, now=now(), url=settings().effective_public_url)
        raise


def _scoring_lease() -> timedelta:
    return min(settings().lease, SCORING_LEASE_MOST)


def _record(
    batch: ScoringBatch, scores: Sequence[Mapping[str, float]], model_name: str, seconds: float
) -> Scored:
    chosen = settings()
    with transaction() as session:
        recorded = scoring.record_scores(
            session,
            batch,
            scores,
            model_name=model_name,
            now=now(),
            url=chosen.effective_public_url,
            hide_over=chosen.hide_threshold if chosen.hide_at_once else None,
        )
        heartbeats.note_batch(session, seconds=seconds, comments=len(batch.items), now=now())
    log.info("scored", clear=recorded.clear, flagged=recorded.flagged, urgent=recorded.urgent)
    return Scored(recorded.clear, recorded.flagged, recorded.urgent)


def score_profiles(*, batches: int = 4) -> int:
    """Score followers' names and bios that wait for it, so many batches at most; how many were read."""
    read = 0
    for _ in range(batches):
        with transaction() as session:
            batch = followers.take_unscored(session, BATCH, lease=_scoring_lease(), now=now())
        if not batch.items:
            break
        scores, model_name = classifier.score(batch.texts)
        with transaction() as session:
            followers.record_scores(session, batch, scores, model_name=model_name, now=now())
        read += len(batch.items)
    return read


def score_again(*, batches: int = 25) -> int:
    """Score recent comments again where somebody asked for it, as long as no new one waits (P23).

    How many came into the log. A batch that the classifier fails on is given back; the error passes through.
    """
    flagged, chosen = 0, settings()
    for _ in range(batches):
        with reading() as session:
            if not rescoring.waits(session, now=now()) or scoring.waiting(session):
                break
        with transaction() as session:
            batch = rescoring.take(
                session, BATCH_AGAIN, lease=chosen.lease, url=chosen.effective_public_url, now=now()
            )
        if batch is None:
            break
        try:
            scores, model_name = classifier.score(batch.texts)
        except Exception:
            with transaction() as session:
                rescoring.give_back(session, batch, now=now())
            raise
        with transaction() as session:
            new = rescoring.record(
                session,
                batch,
                scores,
                model_name=model_name,
                url=chosen.effective_public_url,
                now=now(),
            )
        flagged += new
        log.info("scored_again", comments=len(batch.items), flagged=new)
    return flagged


def say_which_words(*, most: int = 4) -> int:
    """Work out which words carried the scores that people ask about; how many were answered."""
    for number in range(most):
        with transaction() as session:
            question = carrying_words.take(session, lease=settings().lease, now=now())
        if question is None:
            return number
        try:
            found = carrying_words.answer(classifier.engine(), question)
        except Exception:
            with transaction() as session:
                carrying_words.fail(session, question, now=now())
            raise
        with transaction() as session:
            carrying_words.record(session, question, found, now=now())
    return most
