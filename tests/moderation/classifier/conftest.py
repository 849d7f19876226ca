"""The shipped model, loaded once for all tests of the classifier."""

from __future__ import annotations

import pytest

from moderation.classifier.engine import MODEL_FOLDER, DetoxifyEngine
from moderation.classifier.onnx_engine import OnnxEngine


@pytest.fixture(scope="session")
def engine() -> DetoxifyEngine:
    return DetoxifyEngine(MODEL_FOLDER, threads=2)


@pytest.fixture(scope="session")
def serving() -> OnnxEngine:
    """What the product scores with."""
    return OnnxEngine(MODEL_FOLDER, threads=2)
