from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score

from moderation.classifier.measures import auc, average_precision, precision_recall

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
