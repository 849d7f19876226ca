from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from moderation.classifier import checkpoint, export
from moderation.classifier.engine import MODEL_FOLDER, DetoxifyEngine
from moderation.classifier.model_files import CHECKPOINT_FILES, ONNX_FILES, read_manifest, write_manifest
from moderation.classifier.onnx_engine import OnnxEngine
from moderation.classifier.own_cases import own_cases
from school.errors import BadInput


@pytest.fixture(scope="module")
def unserved(rebuilt: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped model as a checkpoint alone, as training leaves one."""
    folder = tmp_path_factory.mktemp("export") / "model"
    shutil.copytree(rebuilt, folder)
    return folder


def test_in_single_precision_the_scores_are_detoxifys_own(unserved: Path, engine: DetoxifyEngine) -> None:
    export.export(unserved, threads=2, rounded=False)
    exported = OnnxEngine(unserved, threads=2)
    texts = ["x", "", "fuck off", "long " * 300, "😀 [SEP]", *(case.text for case in own_cases()[::200])]
    for text, scores in zip(texts, exported.predict(texts), strict=True):
        if text:
            assert scores == pytest.approx(engine.detoxify.predict(text), abs=1e-4)


def test_the_command_makes_of_the_rebuilt_checkpoint_the_model_that_ships(
    unserved: Path, serving: OnnxEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export.main(["--folder", str(unserved), "--threads", "2"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["single_precision_difference"] < 1e-4 and facts["difference"] < 1e-4
    assert facts["bytes"] <= 25_000_000
    assert (unserved / "tokenizer.json").read_bytes() == (MODEL_FOLDER / "tokenizer.json").read_bytes()
    texts = [case.text for case in own_cases()[::200]]
    again = OnnxEngine(unserved, threads=2)
    for ours, theirs in zip(again.predict(texts), serving.predict(texts), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)
    assert {path.name for path in unserved.iterdir()} == {*CHECKPOINT_FILES, *ONNX_FILES, "SHA256SUMS"}


def test_a_changed_checkpoint_is_one_sentence_and_changes_nothing(
    unserved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(unserved, folder)
    with (folder / "schoolgate.ckpt").open("ab") as opened:
        opened.write(b" ")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert export.main(["--folder", str(folder)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "schoolgate.ckpt is not the one that was recorded" in line
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_blocks_of_whole_numbers_come_within_half_a_step_of_the_table() -> None:
    table = np.random.default_rng(1).normal(size=(7, 96)).astype(np.float32)
    table[2, 32:64] = 0
    whole, scales = export.in_blocks(table)
    assert whole.shape == (7, 3, 32) and scales.shape == (7, 3, 1)
    assert np.abs(whole).max() == 127
    error = np.abs((whole * scales).reshape(7, 96) - table).reshape(7, 3, 32)
    assert (error <= scales * 0.5001).all()


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="SHA256SUMS"):
        export.export(tmp_path)


def test_a_checkpoint_is_never_made_of_something_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(MODEL_FOLDER, folder)
    assert checkpoint.main([str(folder), "--folder", str(folder)]) == 2
    assert "own folder" in capsys.readouterr().err
    onnx = (folder / "schoolgate.onnx").read_bytes()
    (folder / "schoolgate.onnx").write_bytes(onnx[:-1])
    assert checkpoint.main([str(tmp_path / "out"), "--folder", str(folder)]) == 2
    assert "schoolgate.onnx is not the one that was recorded" in capsys.readouterr().err
    (folder / "schoolgate.onnx").write_bytes(onnx[:5000])
    write_manifest(folder, [name for name in read_manifest(folder) if (folder / name).exists()])
    assert checkpoint.main([str(tmp_path / "out"), "--folder", str(folder)]) == 2
    assert "not an ONNX model that can be read" in capsys.readouterr().err
    assert not (tmp_path / "out" / "schoolgate.ckpt").exists()
