"""How good the classifier is on comments that people have judged (`schoolgate evaluate`)."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.engine import Engine
from moderation.classifier.flags import DEFAULT_THRESHOLDS, scores_count
from moderation.classifier.labels import LABELS
from moderation.classifier.languages import read_by, unread
from moderation.classifier.measures import (
    auc,
    average_precision,
    calibration,
    precision_recall,
    precision_recall_curve,
)
from moderation.classifier.streaming import BadLine, in_batches, parse_lines

ANY = "any"
"""What is measured beside the labels: whether any label's threshold was reached, as the product flags by
scores. Of a text in a language that the model doesn't read, they decide nothing: it is not flagged by them.
"""
NAMED_MAX = 10_000
"""So many unusable lines are kept by number; all are counted."""
_UNASKED = -1


@dataclass(frozen=True)
class JudgedRow:
    """A text and what people said of it: each label from 0 to 1, or None where nobody was asked."""

    text: str = field(repr=False)
    labels: Mapping[str, float | None]
    source: str = ""
    language: str = ""


@dataclass(frozen=True)
class Measure:
    """Measures of one label within one group of rows; None where the rows can't tell (one class only)."""

    label: str
    by: str
    group: str
    rows: int
    positive: int
    threshold: float | None
    auc: float | None
    average_precision: float | None
    precision: float | None
    recall: float | None
    flagged: int


@dataclass(frozen=True)
class Evaluation:
    """All measures of one file, and the lines that could not be used.

    `bins`: per label (mean score, share abusive, rows) by tenths of the score. `curves`: per label, falling
    with the threshold, (threshold, precision, recall); none where the rows are of one class only.
    """

    model: str
    rows: int
    measures: tuple[Measure, ...]
    bad_lines: tuple[BadLine, ...]
    bad_count: int
    unread: int
    """Rows in languages that the model doesn't read: in use a person is asked about them."""
    bins: Mapping[str, tuple[tuple[float, float, int], ...]]
    curves: Mapping[str, tuple[tuple[float, float, float], ...]]

    def as_json(self) -> dict[str, Any]:
        """The evaluation as one JSON document."""
        return {
            "model": self.model,
            "rows": self.rows,
            "unread": self.unread,
            "measures": [asdict(measure) for measure in self.measures],
            "calibration": {label: [list(each) for each in bins] for label, bins in self.bins.items()},
            "precision_recall": {label: [list(p) for p in curve] for label, curve in self.curves.items()},
            "bad_lines": [asdict(bad) for bad in self.bad_lines],
            "bad": self.bad_count,
        }


class _Rows:
    """What is kept of the judged rows, as compact arrays: some 40 bytes a row."""

    def __init__(self) -> None:
        self.truth = {label: array("b") for label in LABELS}
        self.score = {label: array("f") for label in LABELS}
        self.counts = array("b")
        """Whether the scores say anything of the row."""
        self.groups = {"source": array("i"), "language": array("i")}
        self.names: dict[str, int] = {}

    def add(self, row: JudgedRow, language: str, scores: Mapping[str, float], *, counts: bool) -> None:
        self.counts.append(counts)
        for label in LABELS:
            truth = row.labels.get(label)
            asked = truth is not None and label in scores
            self.truth[label].append(int((truth or 0.0) >= 0.5) if asked else _UNASKED)
            self.score[label].append(scores.get(label, 0.0))
        for by, name in (("source", row.source), ("language", language)):
            self.groups[by].append(self.names.setdefault(name, len(self.names)))


def evaluate(
    rows: Iterable[JudgedRow | BadLine],
    engine: Engine,
    *,
    thresholds: Mapping[str, float] = DEFAULT_THRESHOLDS,
    guess: Callable[[str], str] | None = None,
    on_bad: Callable[[BadLine], None] | None = None,
) -> Evaluation:
    """Score judged rows and measure per label, over all and per source and language.

    A label counts as abusive from 0.5. `guess` gives the language of a row that doesn't name its own.
    Memory grows by some 40 bytes a row, never with the texts. `on_bad` is told of each bad line as it comes.
    """
    kept = _Rows()
    bad: list[BadLine] = []
    bad_count = count = strange = 0
    reads = read_by(engine.model_name)
    for batch in in_batches(rows):
        usable = [row for row in batch if isinstance(row, JudgedRow)]
        for entry in batch:
            if isinstance(entry, BadLine):
                bad_count += 1
                if len(bad) < NAMED_MAX:
                    bad.append(entry)
                if on_bad:
                    on_bad(entry)
        for row, scores in zip(usable, engine.score([row.text for row in usable]), strict=True):
            other = unread(row.text, reads)
            strange += other is not None
            language = row.language or (guess(row.text) if guess else "")
            kept.add(row, language, scores, counts=scores_count(row.text, other))
            count += 1
    score = {label: np.array(kept.score[label], dtype=np.float64) for label in LABELS}
    truth = {label: np.array(kept.truth[label]) for label in LABELS}
    judged = [label for label in LABELS if (truth[label] != _UNASKED).any()]
    measures: list[Measure] = []
    bins, curves = {}, {}
    for label in judged:
        asked = truth[label] != _UNASKED
        abusive, given = truth[label][asked] == 1, score[label][asked]
        threshold = thresholds.get(label)
        flagged = given >= threshold if threshold is not None else np.zeros(len(given), dtype=bool)
        measures += _by_group(label, abusive, flagged, given, threshold, kept, asked)
        bins[label] = tuple(calibration(abusive, given))
        curve = precision_recall_curve(abusive, given)
        if curve:
            curves[label] = tuple(curve)
    asked = np.any([truth[label] != _UNASKED for label in judged], axis=0) if judged else np.zeros(0, bool)
    if asked.any():
        # Abusive is what people gave any of the labels, found what reached any of the thresholds.
        abusive = np.any([truth[label] == 1 for label in judged], axis=0)[asked]
        reached = [score[label] >= threshold for label, threshold in thresholds.items() if label in score]
        flagged = np.any(reached, axis=0) if reached else np.zeros(count, dtype=bool)
        flagged = (flagged & np.array(kept.counts, dtype=bool))[asked]
        measures += _by_group(ANY, abusive, flagged, None, None, kept, asked)
    return Evaluation(engine.model_name, count, tuple(measures), tuple(bad), bad_count, strange, bins, curves)


def rows_of(lines: Iterable[bytes]) -> Iterator[JudgedRow | BadLine]:
    """JSON Lines with `text`, any of the six labels (0 to 1, or null where nobody was asked), and perhaps
    `source` and `language` (or `lang`). A line without text, without any label, or with a label that is no
    number is a bad line.
    """
    for entry in parse_lines(lines, "jsonl"):
        problem = entry if isinstance(entry, BadLine) else _bad_label(entry.number, entry.fields)
        if problem:
            yield problem
        elif not isinstance(entry, BadLine):
            given = entry.fields
            yield JudgedRow(
                entry.text,
                {label: given.get(label) for label in LABELS},
                str(given.get("source") or ""),
                str(given.get("language") or given.get("lang") or ""),
            )


def _bad_label(number: int, fields: Mapping[str, Any]) -> BadLine | None:
    for label in LABELS:
        value = fields.get(label)
        if value is not None and (isinstance(value, str | list | dict) or not 0 <= float(value) <= 1):
            return BadLine(number, f"{label} is {str(value)[:40]!r}, not a number from 0 to 1 or null")
    if all(fields.get(label) is None for label in LABELS):
        return BadLine(number, "no label is given")
    return None


def _by_group(
    label: str,
    abusive: NDArray[np.bool_],
    flagged: NDArray[np.bool_],
    score: NDArray[np.float64] | None,
    threshold: float | None,
    kept: _Rows,
    asked: NDArray[np.bool_],
) -> Iterator[Measure]:
    def measure(by: str, group: str, inside: NDArray[np.bool_] | slice) -> Measure:
        truth, found = abusive[inside], flagged[inside]
        given = score[inside] if score is not None else None
        precision, recall = precision_recall(truth, found)
        return Measure(
            label, by, group, len(truth), int(truth.sum()), threshold,
            None if given is None else _known(auc(truth, given)),
            None if given is None else _known(average_precision(truth, given)),
            _known(precision), _known(recall), int(found.sum()),
        )  # fmt: skip

    yield measure("all", "all", slice(None))
    by_number = {number: name for name, number in kept.names.items()}
    for by, numbers in kept.groups.items():
        column = np.array(numbers)[asked]
        for number in sorted(set(column.tolist()), key=lambda each: by_number[each]):
            if by_number[number]:
                yield measure(by, by_number[number], column == number)


def _known(value: float) -> float | None:
    return None if value != value else round(value, 6)
