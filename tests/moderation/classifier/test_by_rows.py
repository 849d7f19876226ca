"""Products in whole numbers score as those in single precision do, whatever a comment is scored with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from moderation.classifier import by_rows, export, served
from moderation.classifier.engine import DetoxifyEngine
from moderation.classifier.model_files import CHECKPOINT, ONNX, ONNX_FILES, write_manifest
from moderation.classifier.official import lay_out
from moderation.classifier.onnx_engine import OnnxEngine
from tests.moderation.classifier.tiny_models import KIND, RUDE, Tiny, make_tiny

TEXTS = [*KIND, *RUDE, "x", "thank you all, you stupid loser " * 40]
LEAST = 1000


def in_single_precision(tiny: Tiny, folder: Path) -> OnnxEngine:
    checkpoint = folder / "checkpoint"
    checkpoint.mkdir()
    (checkpoint / CHECKPOINT).write_bytes(tiny.checkpoint.read_bytes())
    lay_out(tiny.official, checkpoint, [tiny.tokenizer / "tokenizer.json"], source="a test")
    engine = DetoxifyEngine(checkpoint, 1)
    single = folder / "single"
    single.mkdir()
    export.write_tokenizer(engine, single)
    export.export_graph(engine, single / ONNX, checkpoint_sha256="of a test")
    write_manifest(single, ONNX_FILES)
    return OnnxEngine(single, 1)


def in_whole_numbers(exact: OnnxEngine, folder: Path) -> OnnxEngine:
    layers = json.loads((folder / "checkpoint" / "config.json").read_text())["num_hidden_layers"]
    whole = folder / "whole"
    whole.mkdir()
    (whole / "tokenizer.json").write_bytes((folder / "single" / "tokenizer.json").read_bytes())
    rounded = served.in_whole_numbers(exact, folder / "single" / ONNX, whole / ONNX)
    products = [n for n in onnx.load(str(whole / ONNX)).graph.node if n.op_type == "MatMulIntegerToFloat"]
    assert rounded == len(products) >= 5 * layers
    # Albert's layers share their weights, and go on sharing them.
    before = by_rows.products(onnx.load(str(folder / "single" / ONNX)), LEAST)
    tables = {node.input[1] for nodes in before.values() for node in nodes}
    assert len({node.input[1] for node in products}) == len(tables)
    write_manifest(whole, ONNX_FILES)
    assert {path.name for path in whole.iterdir()} == {*ONNX_FILES, "SHA256SUMS"}
    assert not (folder / "single" / "watched.onnx").exists()
    return OnnxEngine(whole, 1)


@pytest.mark.parametrize("name", ["original", "unbiased-small"])
def test_scores_hardly_move_and_do_not_depend_on_the_company(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "QUANTISE_FROM", {"MatMul": LEAST, "Gather": LEAST})
    exact = in_single_precision(make_tiny(name, tmp_path / "tiny"), tmp_path)
    whole = in_whole_numbers(exact, tmp_path)
    together = whole.predict(TEXTS)
    for ours, theirs in zip(together, exact.predict(TEXTS), strict=True):
        assert ours == pytest.approx(theirs, abs=0.02)
    for text, score in zip(TEXTS, together, strict=True):
        assert whole.predict([text])[0] == pytest.approx(score, abs=1e-6)


def test_a_loud_column_is_evened_out_against_the_weights_it_meets() -> None:
    sizes = np.array([50.0, 1.0, 1.0, 0.0], np.float32)
    weights = np.full((4, 3), 0.5, np.float32)
    factors = by_rows.shared_out(sizes, weights)
    assert factors[0] == pytest.approx(factors[1] * np.sqrt(50), rel=1e-3)
    # A column that was silent while watched isn't blown up without bound.
    assert np.all((factors >= 1e-2) & (factors <= 1e2))


def test_no_sum_of_two_products_overflows_where_a_processor_adds_them_in_16_bits() -> None:
    assert 2 * 255 * by_rows.WEIGHT_LIMIT < 2**15
