"""How good the classifier is on comments that people have judged (`schoolgate evaluate`)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from moderation.classifier.engine import Engine
from moderation.classifier.flags import DEFAULT_THRESHOLDS
from moderation.classifier.labels import LABELS
from moderation.classifier.measures import auc, average_precision, precision_recall
from moderation.classifier.streaming import BadLine, in_batches, parse_lines


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
    """All measures of one file, and the lines that could not be used."""

    model: str
    rows: int
    measures: tuple[Measure, ...]
    bad_lines: tuple[BadLine, ...]
    bins: Mapping[str, tuple[tuple[float, float, int], ...]]

    def as_json(self) -> dict[str, Any]:
        """The evaluation as one JSON document. `bins`: per label (mean score, share abusive, rows) by
        tenths.
        """
        return {
            "model": self.model,
            "rows": self.rows,
            "measures": [asdict(measure) for measure in self.measures],
            "calibration": {label: [list(each) for each in bins] for label, bins in self.bins.items()},
            "bad_lines": [asdict(bad) for bad in self.bad_lines],
        }


@dataclass
class _Column:
    """The judged rows of one label: truth, score and group, as compact arrays."""

    truth: array[float] = field(default_factory=lambda: array("f"))
    score: array[float] = field(default_factory=lambda: array("f"))
    source: array[int] = field(default_factory=lambda: array("i"))
    language: array[int] = field(default_factory=lambda: array("i"))


def evaluate_stream(
    lines: Iterable[bytes], engine: Engine, *, thresholds: Mapping[str, float] = DEFAULT_THRESHOLDS
) -> Evaluation:
    """Score JSON Lines with `text`, any of the six labels (0 to 1, or null where nobody was asked), and
    perhaps `source` and `language`; measure per label, over all and per source and language.

    A label counts as abusive from 0.5. Memory grows by about 100 bytes a row, never with the texts. A line
    without text or with a label that is no number is a bad line and is left out.
    """
    columns = {label: _Column() for label in LABELS}
    names: dict[str, int] = {}
    bad: list[BadLine] = []
    rows = 0
    for batch in in_batches(parse_lines(lines, "jsonl")):
        usable = []
        for entry in batch:
            problem = entry if isinstance(entry, BadLine) else _bad_label(entry.number, entry.fields)
            if problem:
                bad.append(problem)
            elif not isinstance(entry, BadLine):
                usable.append(entry)
        for entry, scores in zip(usable, engine.score([entry.text for entry in usable]), strict=True):
            rows += 1
            source = names.setdefault(str(entry.fields.get("source") or ""), len(names))
            language = names.setdefault(str(entry.fields.get("language") or ""), len(names))
            for label, column in columns.items():
                truth = entry.fields.get(label)
                if truth is not None and label in scores:
                    column.truth.append(truth)
                    column.score.append(scores[label])
                    column.source.append(source)
                    column.language.append(language)
    by_number = {number: name for name, number in names.items()}
    measures = tuple(
        measure
        for label, column in columns.items()
        if len(column.truth)
        for measure in _measures(label, column, thresholds.get(label), by_number)
    )
    bins = {label: _calibration(column) for label, column in columns.items() if len(column.truth)}
    return Evaluation(engine.model_name, rows, measures, tuple(bad), bins)


def _bad_label(number: int, fields: Mapping[str, Any]) -> BadLine | None:
    for label in LABELS:
        value = fields.get(label)
        if value is not None and (isinstance(value, str | list | dict) or not 0 <= float(value) <= 1):
            return BadLine(number, f"{label} is {str(value)[:40]!r}, not a number from 0 to 1 or null")
    if all(fields.get(label) is None for label in LABELS):
        return BadLine(number, "no label is given")
    return None


def _measures(
    label: str, column: _Column, threshold: float | None, names: Mapping[int, str]
) -> Iterator[Measure]:
    truth = np.array(column.truth) >= 0.5
    score = np.array(column.score, dtype=np.float64)
    yield _measure(label, "all", "all", truth, score, threshold)
    for by, numbers in (("source", np.array(column.source)), ("language", np.array(column.language))):
        for number in sorted(set(numbers.tolist()), key=lambda n: names[n]):
            if names[number]:
                inside = numbers == number
                yield _measure(label, by, names[number], truth[inside], score[inside], threshold)


def _measure(
    label: str, by: str, group: str, truth: np.ndarray, score: np.ndarray, threshold: float | None
) -> Measure:
    flagged = score >= threshold if threshold is not None else np.zeros(len(score), dtype=bool)
    precision, recall = precision_recall(truth, flagged)
    return Measure(
        label, by, group, len(truth), int(truth.sum()), threshold,
        _known(auc(truth, score)), _known(average_precision(truth, score)),
        _known(precision), _known(recall), int(flagged.sum()),
    )  # fmt: skip


def _known(value: float) -> float | None:
    return None if value != value else round(value, 6)


def _calibration(column: _Column) -> tuple[tuple[float, float, int], ...]:
    """(mean score, share that is abusive, rows) for each tenth of the scale that has rows."""
    truth = np.array(column.truth) >= 0.5
    score = np.array(column.score, dtype=np.float64)
    tenth = np.minimum((score * 10).astype(int), 9)
    return tuple(
        (
            round(float(score[tenth == n].mean()), 4),
            round(float(truth[tenth == n].mean()), 4),
            int((tenth == n).sum()),
        )
        for n in range(10)
        if (tenth == n).any()
    )
