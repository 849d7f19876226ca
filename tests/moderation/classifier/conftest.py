"""The shipped model, loaded once for all tests of the classifier."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.classifier.checkpoint import rebuild
from moderation.classifier.engine import MODEL_FOLDER, DetoxifyEngine
from moderation.classifier.onnx_engine import OnnxEngine


@pytest.fixture(scope="session")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the Detoxify checkpoint that the shipped ONNX model turns back into."""
    folder = tmp_path_factory.mktemp("rebuilt") / "model"
    rebuild(MODEL_FOLDER, folder)
    return folder


@pytest.fixture(scope="session")
def engine(rebuilt: Path) -> DetoxifyEngine:
    """The shipped model in Detoxify's own class."""
    return DetoxifyEngine(rebuilt, threads=2)


@pytest.fixture(scope="session")
def serving() -> OnnxEngine:
    """What the product scores with."""
    return OnnxEngine(MODEL_FOLDER, threads=2)
