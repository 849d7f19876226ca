"""Measures of how well scores agree with people's judgements. Plain numpy, so that a school's server needs
no more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def _ranks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1, ties sharing the mean of their places."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    result: NDArray[np.float64] = (last - (counts - 1) / 2.0)[inverse]
    return result


def auc(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Area under the ROC curve: how often an abusive text scores above a harmless one. NaN with one class
    only.
    """
    truth = np.asarray(truth, dtype=bool)
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = _ranks(np.asarray(scores, dtype=np.float64))
    return float((ranks[truth].sum() - positives * (positives + 1) / 2.0) / (positives * negatives))


def average_precision(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Mean precision over the abusive texts from the highest score down; texts of equal score count
    together.
    """
    truth = np.asarray(truth, dtype=bool)
    scores = np.asarray(scores, dtype=np.float64)
    positives = int(truth.sum())
    if not positives:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order], np.cumsum(truth[order])
    ends = np.append(np.nonzero(np.diff(ordered))[0], len(ordered) - 1)
    found = hits[ends]
    precision = found / (ends + 1)
    gained = np.diff(found, prepend=0)
    return float((precision * gained).sum() / positives)


def precision_recall(truth: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> tuple[float, float]:
    """(precision, recall) of what was flagged; precision is NaN when nothing was, recall when nothing was
    abusive.
    """
    truth = np.asarray(truth, dtype=bool)
    flagged = np.asarray(flagged, dtype=bool)
    right = int((truth & flagged).sum())
    found = int(flagged.sum())
    there = int(truth.sum())
    return (right / found if found else float("nan"), right / there if there else float("nan"))


def calibration(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> list[tuple[float, float, int]]:
    """(mean score, share that is abusive, rows) for each tenth of the scale that has rows."""
    truth = np.asarray(truth, dtype=bool)
    tenth = np.minimum((np.asarray(scores, dtype=np.float64) * 10).astype(int), 9)
    return [
        (
            round(float(scores[tenth == n].mean()), 4),
            round(float(truth[tenth == n].mean()), 4),
            int((tenth == n).sum()),
        )
        for n in range(10)
        if (tenth == n).any()
    ]


def precision_recall_curve(
    truth: NDArray[np.bool_], scores: NDArray[np.float64], points: int = 200
) -> list[tuple[float, float, float]]:
    """(threshold, precision, recall) from the highest score down, recall rising; at most so many points.

    Empty where nothing is abusive, or everything is.
    """
    truth = np.asarray(truth, dtype=bool)
    positives = int(truth.sum())
    if not positives or positives == len(truth):
        return []
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order], np.cumsum(truth[order])
    ends = np.append(np.nonzero(np.diff(ordered))[0], len(ordered) - 1)
    if len(ends) > points:
        ends = ends[np.unique(np.linspace(0, len(ends) - 1, points).round().astype(int))]
    return [
        (
            round(float(ordered[end]), 4),
            round(float(hits[end] / (end + 1)), 4),
            round(float(hits[end] / positives), 4),
        )
        for end in ends
    ]
