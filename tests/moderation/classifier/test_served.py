"""How a fetched checkpoint comes to serve: in 8 bits only where that costs next to nothing."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from moderation.classifier import by_rows, export
from moderation.classifier.download import FetchFailed
from moderation.classifier.engine import DetoxifyEngine, open_engine
from moderation.classifier.model_files import CHECKPOINT, ONNX, ONNX_FILES, verify_model
from moderation.classifier.official import lay_out
from moderation.classifier.served import serve_as_onnx
from tests.moderation.classifier.tiny_models import KIND, RUDE, Tiny, make_tiny

TEXTS = [*KIND, *RUDE, "x", "long " * 700]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return make_tiny("original", tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def unserved(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint laid out; its tables are small, so that small ones have to count as large."""
    monkeypatch.setattr(export, "QUANTISE_FROM", {"MatMul": 1000, "Gather": 1000})
    folder = tmp_path / "model"
    folder.mkdir()
    shutil.copy(tiny.checkpoint, folder / CHECKPOINT)
    lay_out(tiny.official, folder, [tiny.tokenizer / "tokenizer.json"], source="a test")
    return folder


def test_8_bits_serve_where_they_cost_little(unserved: Path) -> None:
    before = set(verify_model(unserved))
    served = serve_as_onnx(unserved, threads=2, auc_cost=0.1, flipped_share=0.1)
    assert served.bits == 8 and served.whole and served.difference < 1e-4
    assert served.bytes < (unserved / CHECKPOINT).stat().st_size * 0.6
    assert set(verify_model(unserved)) == before | set(ONNX_FILES)
    scores = open_engine(unserved, 2).predict(TEXTS)
    for ours, theirs in zip(scores, DetoxifyEngine(unserved, 2).predict(TEXTS), strict=True):
        assert ours != theirs and ours == pytest.approx(theirs, abs=0.1)


def test_8_bits_only_store_where_no_product_can_be_of_whole_numbers(
    unserved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_rows, "products", lambda model, least: {})
    served = serve_as_onnx(unserved, threads=2, auc_cost=0.1, flipped_share=0.1)
    assert served.bits == 8 and not served.whole
    scores = open_engine(unserved, 2).predict(TEXTS)
    for ours, theirs in zip(scores, DetoxifyEngine(unserved, 2).predict(TEXTS), strict=True):
        assert ours == pytest.approx(theirs, abs=0.02)


def test_single_precision_serves_where_8_bits_would_cost_too_much(unserved: Path) -> None:
    served = serve_as_onnx(unserved, threads=2, flipped_share=0.0)
    assert served.bits == 32 and not served.whole
    assert served.bytes == (unserved / ONNX).stat().st_size
    scores = open_engine(unserved, 2).predict(TEXTS)
    for ours, theirs in zip(scores, DetoxifyEngine(unserved, 2).predict(TEXTS), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)
    assert {path.name for path in unserved.parent.iterdir()} == {"model"}


def test_a_disk_without_room_is_said_before_anything_is_written(
    unserved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 10**8, 10**8))
    before = {path.name for path in unserved.iterdir()}
    with pytest.raises(FetchFailed, match="disk is too full"):
        serve_as_onnx(unserved)
    assert {path.name for path in unserved.iterdir()} == before
