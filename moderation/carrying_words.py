"""Which words carried a score: a person asks, a worker works it out, the page marks them in the text.

The pages never load the classifier; what they ask is a row, and so is the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import letting_pass, thresholds
from moderation.classifier.engine import Engine
from moderation.classifier.explain import explain
from moderation.models import Comment, CommentVersion, LogEntry, WordsAsked, WordsState
from moderation.moves import WORDS_MOVES, check
from moderation.review import get_case
from school import leases
from school.errors import BadInput
from school.models import Person

_ATTEMPTS_MAX = 3
STRONG = 0.5
"""A word that carried at least this part of what the strongest did is marked as strongly."""


@dataclass(frozen=True, slots=True)
class Question:
    """A text that this worker alone works at until `until`."""

    id: UUID
    text: str = field(repr=False)
    passes: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """The places of the words, and what they carried."""

    places: tuple[tuple[int, int, float], ...]
    label: str
    score: float
    model_name: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text: `strength` 0 unmarked, 1 carried something, 2 carried the most."""

    text: str = field(repr=False)
    strength: int


def ask(session: Session, entry_id: UUID, *, by: Person, now: datetime) -> WordsAsked:
    """Ask which words of the newest text carried its score. What was answered before is worked out anew.

    Raises NotFound where the person may not see the entry, BadInput where it has no text.
    """
    get_case(session, entry_id, viewer=by)
    entry = session.get_one(LogEntry, entry_id)
    version, text = _newest(session, entry)
    if not text.strip():
        raise BadInput("There are no words in this entry, only a picture or a link.", field="words")
    # Two who ask at once ask the same question.
    thresholds.lock(session)
    found = _asked(session, entry_id, version)
    if found is None:
        found = WordsAsked(
            entry_id=entry_id,
            version=version,
            state=WordsState.WAITING,
            places=[],
            label="",
            score=0.0,
            model_name="",
            attempts=0,
        )
        session.add(found)
    elif found.state is not WordsState.WAITING:
        check(WORDS_MOVES, found.state, WordsState.WAITING, "question")
        found.state, found.attempts, found.lease_until, found.finished_at = WordsState.WAITING, 0, None, None
    else:
        return found
    found.asked_at, found.asked_by_id = now, by.id
    return found


def asked(session: Session, entry: LogEntry) -> WordsAsked | None:
    """The question about the newest text of an entry, if anybody asked."""
    return _asked(session, entry.id, _newest(session, entry)[0])


def waits(session: Session) -> bool:
    """Whether anybody waits for an answer."""
    query = sa.select(WordsAsked.id).where(WordsAsked.state == WordsState.WAITING).limit(1)
    return session.scalar(query) is not None


def take(session: Session, *, lease: timedelta, now: datetime) -> Question | None:
    """The question that waits longest, for this worker alone; None when none does."""
    waits_for_it = WordsAsked.state == WordsState.WAITING
    row = leases.take(session, WordsAsked, waits_for_it, first=WordsAsked.asked_at, lease=lease, now=now)
    if row is None:
        return None
    entry = session.get_one(LogEntry, row.entry_id)
    return Question(row.id, _text(session, entry, row.version), thresholds.rules(session).passes, now + lease)


def answer(engine: Engine, question: Question) -> Answer:
    """Work it out. Takes about a second: keep it out of transactions and of request handlers."""
    read = letting_pass.without(question.text, question.passes)
    scores = engine.score([read])[0]
    label = max(engine.labels, key=lambda one: scores[one])
    places = tuple(
        (*letting_pass.places(question.text, question.passes, begin, end), round(weight, 4))
        for begin, end, weight in explain(engine, read, label=label)
    )
    return Answer(places, label, round(scores[label], 4), engine.model_name)


def record(session: Session, question: Question, found: Answer, *, now: datetime) -> bool:
    """Keep the answer; False where another worker has taken the question meanwhile."""
    row = _held(session, question)
    if row is None:
        return False
    check(WORDS_MOVES, row.state, WordsState.DONE, "question")
    row.state, row.finished_at, row.lease_until = WordsState.DONE, now, None
    row.places = [list(place) for place in found.places]
    row.label, row.score, row.model_name = found.label, found.score, found.model_name
    return True


def fail(session: Session, question: Question, *, now: datetime) -> None:
    """The classifier could not work it out: it is tried again, and then said."""
    row = _held(session, question)
    if row is None:
        return
    row.lease_until = now + timedelta(seconds=5)
    if row.attempts >= _ATTEMPTS_MAX:
        check(WORDS_MOVES, row.state, WordsState.FAILED, "question")
        row.state, row.finished_at, row.lease_until = WordsState.FAILED, now, None


def pieces(text: str, places: Sequence[Sequence[float]]) -> list[Piece]:
    """The whole text cut at the marked words, in order."""
    most = max((float(weight) for _, _, weight in places), default=0.0)
    found, at = [], 0
    for begin, end, weight in sorted((int(b), int(e), float(w)) for b, e, w in places):
        if begin < at or end > len(text):
            continue
        if begin > at:
            found.append(Piece(text[at:begin], 0))
        found.append(Piece(text[begin:end], 2 if weight >= STRONG * most else 1))
        at = end
    if at < len(text):
        found.append(Piece(text[at:], 0))
    return found


def _asked(session: Session, entry_id: UUID, version: int) -> WordsAsked | None:
    return session.scalar(
        sa.select(WordsAsked).where(WordsAsked.entry_id == entry_id, WordsAsked.version == version)
    )


def _newest(session: Session, entry: LogEntry) -> tuple[int, str]:
    comment = session.get(Comment, entry.comment_id) if entry.comment_id else None
    return (comment.version, comment.text) if comment else (0, entry.text)


def _text(session: Session, entry: LogEntry, version: int) -> str:
    newest, text = _newest(session, entry)
    if version == newest:
        return text
    # Edited since it was asked.
    earlier = session.scalar(
        sa.select(CommentVersion.text).where(
            CommentVersion.comment_id == entry.comment_id, CommentVersion.number == version
        )
    )
    return earlier if earlier is not None else entry.text


def _held(session: Session, question: Question) -> WordsAsked | None:
    row = session.get(WordsAsked, question.id, with_for_update=True, populate_existing=True)
    if row is None or row.state is not WordsState.WAITING or row.lease_until != question.until:
        return None
    return row
