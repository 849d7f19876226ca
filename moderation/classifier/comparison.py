"""Two models on the same comments: how far their scores differ and how many decisions change."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from moderation.classifier.engine import Engine
from moderation.classifier.flags import DEFAULT_THRESHOLDS
from moderation.classifier.measures import auc
from moderation.classifier.streaming import BadLine, in_batches, parse_lines


@dataclass(frozen=True)
class Comparison:
    """What the second model does otherwise than the first.

    `flipped` counts comments that one flags (any label at or over its threshold) and the other does not;
    `auc` holds per source (and for `all`) the area under the ROC curve of the toxicity score of both.
    """

    first: str
    second: str
    rows: int
    bad_lines: int
    largest_difference: float
    mean_difference: float
    over_a_hundredth: int
    largest_by_label: Mapping[str, float]
    flipped: int
    flipped_share: float
    flagged: tuple[int, int]
    auc: Mapping[str, tuple[float, float]]

    def as_json(self) -> dict[str, Any]:
        """The comparison as one JSON document."""
        return asdict(self)


def compare(
    lines: Iterable[bytes],
    first: Engine,
    second: Engine,
    *,
    thresholds: Mapping[str, float] = DEFAULT_THRESHOLDS,
) -> Comparison:
    """Score JSON Lines with `text` (and perhaps `toxicity` and `source`) by both, as each would serve.

    Compares the labels that both have. Memory grows by some 60 bytes a row, never with the texts.
    """
    labels = [label for label in first.labels if label in second.labels]
    scores = (array("f"), array("f"))
    truth, source = array("f"), array("i")
    names: dict[str, int] = {}
    bad = 0
    for batch in in_batches(parse_lines(lines, "jsonl")):
        usable = [entry for entry in batch if not isinstance(entry, BadLine)]
        bad += len(batch) - len(usable)
        texts = [entry.text for entry in usable]
        for engine, kept in zip((first, second), scores, strict=True):
            for found in engine.score(texts):
                kept.extend(found[label] for label in labels)
        for entry in usable:
            value = entry.fields.get("toxicity")
            judged = isinstance(value, int | float) and not isinstance(value, bool)
            truth.append(float(value) if judged and value is not None else float("nan"))
            source.append(names.setdefault(str(entry.fields.get("source") or ""), len(names)))
    ours, theirs = (np.array(kept, dtype=np.float64).reshape(-1, len(labels)) for kept in scores)
    difference = np.abs(ours - theirs)
    limits = np.array([thresholds.get(label, 2.0) for label in labels])
    flagged = [(each >= limits).any(axis=1) for each in (ours, theirs)]
    flipped = int((flagged[0] != flagged[1]).sum())
    known = ~np.isnan(np.array(truth))
    judged_truth = np.array(truth) >= 0.5
    toxicity = labels.index("toxicity")
    groups = {"all": known} | {
        name: known & (np.array(source) == number) for name, number in sorted(names.items()) if name
    }
    rows = len(ours)
    return Comparison(
        first.model_name, second.model_name, rows, bad,
        float(difference.max(initial=0.0)), float(difference.mean()) if rows else 0.0,
        int((difference > 0.01).any(axis=1).sum()),
        {label: float(difference[:, n].max(initial=0.0)) for n, label in enumerate(labels)},
        flipped, flipped / rows if rows else 0.0, (int(flagged[0].sum()), int(flagged[1].sum())),
        {
            name: (auc(judged_truth[inside], ours[inside, toxicity]),
                   auc(judged_truth[inside], theirs[inside, toxicity]))
            for name, inside in groups.items()
            if len(set(judged_truth[inside].tolist())) == 2
        },
    )  # fmt: skip
