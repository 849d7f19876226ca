"""Comments in, judgements out, line by line and in order, however large the file (`schoolgate classify`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO, Literal, Protocol, TypeVar

from moderation.classifier.engine import Engine
from moderation.classifier.explain import explain
from moderation.classifier.flags import DEFAULT_THRESHOLDS, Reason, flag
from moderation.classifier.languages import read_by, unread

Form = Literal["auto", "text", "jsonl"]

LINE_LIMIT = 8 * 1024 * 1024
BATCH_LINES = 256
# A batch also ends at so many characters, so that memory doesn't grow with the length of the lines.
BATCH_CHARACTERS = 2_000_000


@dataclass(frozen=True)
class Result:
    """One line's judgement. `id` is the line's own id, or its number where it has none."""

    number: int
    id: Any
    scores: Mapping[str, float]
    reasons: Sequence[Reason]
    words: Sequence[Mapping[str, Any]] | None = None
    """Of a flagged comment, where that was asked for: the words that carried its score."""

    @property
    def flagged(self) -> bool:
        """Whether a person should see this comment."""
        return bool(self.reasons)

    def as_json(self) -> dict[str, Any]:
        """The result as `schoolgate classify` prints it."""
        shown = {} if self.words is None else {"words": list(self.words)}
        return {
            "id": self.id,
            "scores": {label: round(score, 6) for label, score in self.scores.items()},
            "flagged": self.flagged,
            "reasons": [
                {"kind": r.kind, "label": r.label, "score": r.score, "detail": r.detail} for r in self.reasons
            ],
            **shown,
        }


@dataclass(frozen=True)
class BadLine:
    """A line that could not be read: its number, from 1, and what is wrong with it."""

    number: int
    problem: str


@dataclass(frozen=True)
class Line:
    """A line that could be read, with the whole JSON object where it was one."""

    number: int
    id: Any
    text: str
    fields: Mapping[str, Any]


def read_lines(stream: BinaryIO, limit: int = LINE_LIMIT) -> Iterator[bytes]:
    """The stream's lines; one longer than `limit` bytes comes cut to `limit` + 1 bytes, its rest skipped.

    `parse_lines` reports such a line as bad, so a file without line ends can't fill the memory.
    """
    while line := stream.readline(limit + 1):
        yield line
        while len(line) > limit and not line.endswith(b"\n"):
            line = stream.readline(limit + 1)
            if not line or line.endswith(b"\n"):
                break


def parse_lines(
    lines: Iterable[bytes], form: Form = "auto", limit: int = LINE_LIMIT
) -> Iterator[Line | BadLine]:
    """Each line as text, or as a JSON object with `text` (a string) and perhaps `id`; bad lines by number.

    `auto` takes the input for JSON Lines when one of its first three lines that are not blank is a JSON
    object or begins like one. Blank lines are skipped in JSON Lines and are empty comments in text.
    """
    source = iter(lines)
    if form == "auto":
        first: list[bytes] = []
        seen = 0
        while seen < 3 and (line := next(source, None)) is not None:
            first.append(line)
            seen += bool(line.strip())
        form = "jsonl" if any(_looks_like_json(line) for line in first) else "text"
        source = chain(first, source)
    for number, raw in enumerate(source, start=1):
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if len(raw) > limit:
            yield BadLine(number, f"the line is longer than {limit:,} bytes")
            continue
        try:
            line_text = raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            yield BadLine(number, f"byte {error.start + 1} of the line is not UTF-8")
            continue
        if form == "text":
            yield Line(number, number, line_text, {})
        elif line_text.strip():
            yield _object(number, line_text)


def _looks_like_json(raw: bytes) -> bool:
    bare = raw.removeprefix(b"\xef\xbb\xbf").strip()
    return bare.startswith(b"{") and (bare[1:].lstrip().startswith(b'"') or bare == b"{}")


def _object(number: int, text: str) -> Line | BadLine:
    try:
        value = json.loads(text)
    except RecursionError:
        return BadLine(number, "the line is nested too deeply")
    except ValueError as error:
        return BadLine(number, f"the line is not JSON: {getattr(error, 'msg', error)}")
    if not isinstance(value, dict):
        return BadLine(number, 'the line is not a JSON object like {"id": 1, "text": "..."}')
    if not isinstance(value.get("text"), str):
        return BadLine(number, "the object has no text (a string)")
    return Line(number, value.get("id", number), value["text"], value)


class _Sized(Protocol):
    @property
    def text(self) -> str: ...


Entry = TypeVar("Entry", bound=_Sized | BadLine)


def in_batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """What was read, in order, in batches small enough to hold and large enough to score quickly."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        batch.append(entry)
        size += 0 if isinstance(entry, BadLine) else len(entry.text)
        if len(batch) >= BATCH_LINES or size >= BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def classify_stream(
    lines: Iterable[bytes],
    engine: Engine,
    *,
    thresholds: Mapping[str, float] = DEFAULT_THRESHOLDS,
    words: Sequence[str] = (),
    names: Sequence[str] = (),
    form: Form = "auto",
    explained: bool = False,
    read: Callable[[str], str] | None = None,
    judge: Callable[[str, Mapping[str, float]], list[Reason]] | None = None,
) -> Iterator[Result | BadLine]:
    """Judge each line, in the order of the input; bad lines come in their place and stop nothing.

    `thresholds`, `words` and `names` as in `flags.flag`. `explained`: with the words that carried the score
    of each flagged comment. `read` makes of a text what the engine is to score, and `judge` stands in for
    `flags.flag` with its thresholds, words and names: a school has rules of its own for both. Holds no more
    than one batch in memory.
    """
    as_scored = read or str
    reads = read_by(engine.model_name)

    for batch in in_batches(parse_lines(lines, form)):
        scores = iter(engine.score([as_scored(entry.text) for entry in batch if isinstance(entry, Line)]))
        for entry in batch:
            if isinstance(entry, BadLine):
                yield entry
            else:
                given = next(scores)
                reasons = (
                    judge(entry.text, given)
                    if judge
                    else flag(entry.text, given, thresholds, words, names, unread=unread(entry.text, reads))
                )
                shown = _words(engine, entry.text, reasons) if explained else None
                yield Result(entry.number, entry.id, given, reasons, shown)


def _words(engine: Engine, text: str, reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    """The words of a flagged comment that carried the highest score that flagged it, if a score did."""
    scored = [reason for reason in reasons if reason.label in engine.labels]
    if not scored:
        return []
    label = max(scored, key=lambda reason: reason.score).label
    return [
        {"start": start, "end": end, "word": text[start:end], "weight": round(weight, 4)}
        for start, end, weight in explain(engine, text, label=label)
    ]


__all__ = ["BadLine", "Form", "Line", "Result", "classify_stream", "in_batches", "parse_lines", "read_lines"]
