from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score

from moderation.classifier.measures import (
    auc,
    average_precision,
    precision_recall,
    precision_recall_curve,
)

PAIRS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5001, 0.9, 1.0])), min_size=2
)


@settings(max_examples=200, deadline=None)
@given(PAIRS)
def test_measures_agree_with_scikit_learn(pairs: list[tuple[bool, float]]) -> None:
    truth = np.array([t for t, _ in pairs])
    score = np.array([s for _, s in pairs])
    if truth.any() and not truth.all():
        assert auc(truth, score) == pytest.approx(roc_auc_score(truth, score))
    else:
        assert math.isnan(auc(truth, score))
    if truth.any():
        assert average_precision(truth, score) == pytest.approx(average_precision_score(truth, score))
        flagged = score >= 0.5
        precision, recall = precision_recall(truth, flagged)
        assert recall == pytest.approx(recall_score(truth, flagged))
        if flagged.any():
            assert precision == pytest.approx(precision_score(truth, flagged))


def test_nothing_flagged_has_no_precision_and_nothing_abusive_no_recall() -> None:
    precision, recall = precision_recall(np.array([False]), np.array([False]))
    assert math.isnan(precision) and math.isnan(recall)


def test_the_curve_agrees_with_the_average_precision_and_ends_at_full_recall() -> None:
    rng = np.random.default_rng(3)
    truth = rng.random(5000) < 0.3
    scores = np.clip(truth * 0.2 + rng.random(5000) * 0.8, 0, 1)
    curve = precision_recall_curve(truth, scores)
    assert len(curve) <= 200 and curve[-1][2] == 1.0
    thresholds, precisions, recalls = (np.array(column) for column in zip(*curve, strict=True))
    assert (np.diff(thresholds) <= 0).all() and (np.diff(recalls) >= 0).all()
    area = float((np.diff(recalls, prepend=0) * precisions).sum())
    assert abs(area - average_precision(truth, scores)) < 0.01
    assert precision_recall_curve(np.ones(3, bool), np.ones(3)) == []
