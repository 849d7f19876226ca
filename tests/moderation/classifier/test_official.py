"""Detoxify's own models, from checkpoints of their architectures that the tests make."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from detoxify.detoxify import MODEL_URLS, Detoxify

from moderation.classifier.download import FetchFailed
from moderation.classifier.engine import MODEL_FOLDER, DetoxifyEngine, open_engine
from moderation.classifier.installed import folder_in_use, installed, put_to_use
from moderation.classifier.official import BASES, OFFICIAL, config_for, install, tokenizer_files
from moderation.classifier.onnx_engine import OnnxEngine
from school.errors import BadInput
from school.settings import Settings
from tests.moderation.classifier.file_server import serving
from tests.moderation.classifier.tiny_models import KIND, RUDE, Tiny, make_tiny

TEXTS = [*KIND, *RUDE, "x", "stupid " * 300]


def silent(done: int, total: int | None) -> None:
    """No bar."""


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return make_tiny("original", tmp_path_factory.mktemp("tiny"))


def given(tiny: Tiny, models: Path, **more: Any) -> Path:
    more = {"file": tiny.checkpoint, "tokenizer": tiny.tokenizer} | more
    folder, _ = install(tiny.official, models, progress=silent, **more)
    return folder


def left_behind(models: Path) -> set[str]:
    return {str(path.relative_to(models)) for path in models.rglob("*") if path.is_file()}


def test_the_pins_are_those_of_detoxifys_own_file_names() -> None:
    assert set(OFFICIAL) == set(MODEL_URLS)
    for name, official in OFFICIAL.items():
        assert official.url == MODEL_URLS[name]
        assert official.url.endswith(f"-{official.sha256_prefix}.ckpt")


@pytest.mark.parametrize("name", sorted(OFFICIAL))
def test_each_architecture_scores_as_detoxifys_own_class_does(name: str, tmp_path: Path) -> None:
    tiny = make_tiny(name, tmp_path / "made")
    folder = given(tiny, tmp_path / "models")
    assert folder == tmp_path / "models" / name / tiny.official.sha256_prefix
    engine = DetoxifyEngine(folder)
    assert engine.model_name == f"{name}@{tiny.official.sha256_prefix}"
    serving_engine = open_engine(folder)
    assert isinstance(serving_engine, OnnxEngine) and serving_engine.labels == engine.labels
    served = dict(zip(TEXTS, serving_engine.predict(TEXTS), strict=True))
    loaded = torch.load(tiny.checkpoint, weights_only=True)
    loaded["config"]["arch"]["args"]["model_type"] = str(folder)
    torch.save(loaded, tmp_path / "same.ckpt")
    theirs = Detoxify(checkpoint=str(tmp_path / "same.ckpt"))
    for text, scores in zip(TEXTS, engine.predict(TEXTS), strict=True):
        expected = theirs.predict(text)
        assert served[text] == pytest.approx(expected, abs=1e-4)
        assert set(scores) == set(expected) and "toxicity" in scores and "identity_attack" in scores
        for label, value in expected.items():
            assert scores[label] == pytest.approx(value, abs=1e-4)


PUBLISHED: dict[str, dict[str, Any]] = {
    "bert-base-uncased": {"vocab_size": 30522, "type_vocab_size": 2, "max_position_embeddings": 512},
    "roberta-base": {"vocab_size": 50265, "type_vocab_size": 1, "max_position_embeddings": 514},
    "xlm-roberta-base": {"vocab_size": 250002, "type_vocab_size": 1, "max_position_embeddings": 514},
    "albert-base-v2": {"vocab_size": 30000, "type_vocab_size": 2, "max_position_embeddings": 512},
}
"""The sizes of the base models as their authors published them; width 768, 12 layers, 12 heads in all."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_sizes_of_the_real_models_are_read_from_their_weights(name: str) -> None:
    base = BASES[name]
    wide = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
    model_class = getattr(transformers, base.model_name)
    published = model_class.config_class(**PUBLISHED[name], **wide)
    with torch.device("meta"):
        state = model_class(published).state_dict()
    found = config_for(base, state)
    assert {key: found[key] for key in (*PUBLISHED[name], *wide)} == {**PUBLISHED[name], **wide}
    rebuilt = model_class.config_class(**found)
    with torch.device("meta"):
        again = model_class(rebuilt).state_dict()
    assert {key: value.shape for key, value in again.items()} == {key: v.shape for key, v in state.items()}


def test_a_model_comes_over_a_line_that_breaks(tiny: Tiny, tmp_path: Path) -> None:
    with serving(tiny.checkpoint.read_bytes()) as served:
        served.cut_after, served.cuts = len(served.data) // 3, 2
        folder = given(tiny, tmp_path, url=served.url, file=None)
        assert [bool(asked) for asked in served.asked] == [False, True, True]
    assert (folder / "schoolgate.ckpt").read_bytes() == tiny.checkpoint.read_bytes()
    assert not (tmp_path / "original" / ".part").exists()
    assert json.loads((folder / "model.json").read_text())["source"] == served.url


def test_a_wrong_file_is_removed_unopened(tiny: Tiny, tmp_path: Path) -> None:
    trap = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(trap),)

    torch.save({"config": Trap(), "state_dict": {}}, tmp_path / "evil.ckpt")
    models = tmp_path / "models"
    with (
        serving((tmp_path / "evil.ckpt").read_bytes()) as served,
        pytest.raises(FetchFailed, match="unopened"),
    ):
        install(tiny.official, models, url=served.url, tokenizer=tiny.tokenizer, progress=silent)
    with pytest.raises(BadInput, match="not opened"):
        given(tiny, models, file=tmp_path / "evil.ckpt")
    assert not trap.exists() and left_behind(models) == set()


def test_a_file_of_the_right_hash_that_carries_code_is_not_run(tiny: Tiny, tmp_path: Path) -> None:
    trap = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(trap),)

    evil = tmp_path / "evil.ckpt"
    torch.save({"config": Trap(), "state_dict": {}}, evil)
    official = replace(tiny.official, sha256_prefix=hashlib.sha256(evil.read_bytes()).hexdigest()[:8])
    with pytest.raises(BadInput, match="can be read safely"):
        install(official, tmp_path / "models", file=evil, tokenizer=tiny.tokenizer, progress=silent)
    assert not trap.exists() and left_behind(tmp_path / "models") == set()


def test_a_truncated_file_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    short = tmp_path / "short.ckpt"
    short.write_bytes(tiny.checkpoint.read_bytes()[:-5000])
    with pytest.raises(BadInput, match="whole"):
        given(tiny, tmp_path / "models", file=short)
    with pytest.raises(BadInput, match="no file"):
        given(tiny, tmp_path / "models", file=tmp_path / "none")
    official = replace(tiny.official, sha256_prefix=hashlib.sha256(short.read_bytes()).hexdigest()[:8])
    with pytest.raises(BadInput, match="can be read safely"):
        install(official, tmp_path / "models", file=short, tokenizer=tiny.tokenizer, progress=silent)
    assert left_behind(tmp_path / "models") == set()


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path: Path) -> None:
    other = make_tiny("unbiased", tmp_path / "made")
    official = replace(other.official, name="original", base="bert-base-uncased")
    vocabulary = make_tiny("original", tmp_path / "bert").tokenizer
    with pytest.raises(BadInput, match="RobertaForSequenceClassification"):
        install(official, tmp_path / "m", file=other.checkpoint, tokenizer=vocabulary, progress=silent)
    crafted = make_tiny("original", tmp_path / "crafted", model_name="AutoModel")
    with pytest.raises(BadInput, match="AutoModel"):
        given(crafted, tmp_path / "m")


def test_a_checkpoint_that_lacks_a_weight_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    loaded = torch.load(tiny.checkpoint, weights_only=True)
    del loaded["state_dict"]["bert.pooler.dense.bias"]
    torch.save(loaded, tmp_path / "lacking.ckpt")
    digest = hashlib.sha256((tmp_path / "lacking.ckpt").read_bytes()).hexdigest()
    official = replace(tiny.official, sha256_prefix=digest[:8])
    with pytest.raises(BadInput, match=r"bert\.pooler\.dense\.bias"):
        install(
            official,
            tmp_path / "m",
            file=tmp_path / "lacking.ckpt",
            tokenizer=tiny.tokenizer,
            progress=silent,
        )


def test_a_tokenizer_of_another_model_is_refused_and_the_download_kept(tiny: Tiny, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    shutil.copy(MODEL_FOLDER / "vocab.txt", wrong)
    models = tmp_path / "models"
    with serving(tiny.checkpoint.read_bytes()) as served:
        with pytest.raises(BadInput, match="another model's"):
            install(tiny.official, models, url=served.url, tokenizer=wrong, progress=silent)
        assert left_behind(models) == {"original/.part"}
        install(tiny.official, models, url=served.url, tokenizer=tiny.tokenizer, progress=silent)
        assert len(served.asked) == 1


def test_what_tokenizer_is_needed_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"vocab\.json and merges\.txt.*huggingface\.co/roberta-base"):
        install(OFFICIAL["unbiased"], tmp_path, url="http://127.0.0.1:9/", progress=silent)
    with pytest.raises(BadInput, match=r"spiece\.model.*has not got them"):
        install(OFFICIAL["original-small"], tmp_path, tokenizer=tmp_path, progress=silent)
    [vocabulary] = tokenizer_files(OFFICIAL["original"], None)
    assert len(vocabulary.read_text(encoding="utf-8").splitlines()) == 30522


def test_a_model_that_does_not_score_is_not_kept_and_the_former_stays(tiny: Tiny, tmp_path: Path) -> None:
    home = tmp_path / "home"
    former = given(tiny, home / "models")
    put_to_use("original", home)
    before = left_behind(home)

    def refuses(folder: Path, name: str) -> None:
        assert (folder / "SHA256SUMS").is_file()
        raise FetchFailed("It does not score.")

    with pytest.raises(FetchFailed):
        given(tiny, home / "models", proof=refuses)
    assert left_behind(home) == before
    assert folder_in_use(Settings(home=home, classifier_model=None)) == former


def test_a_model_whose_scores_mean_nothing_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    loaded = torch.load(tiny.checkpoint, weights_only=True)
    for key in ("classifier.weight", "classifier.bias"):
        loaded["state_dict"][key] = -loaded["state_dict"][key]
    torch.save(loaded, tmp_path / "reversed.ckpt")
    digest = hashlib.sha256((tmp_path / "reversed.ckpt").read_bytes()).hexdigest()
    official = replace(tiny.official, sha256_prefix=digest[:8])
    with pytest.raises(FetchFailed, match="no higher than praise"):
        install(
            official,
            tmp_path / "m",
            file=tmp_path / "reversed.ckpt",
            tokenizer=tiny.tokenizer,
            progress=silent,
        )
    assert left_behind(tmp_path / "m") == set()


def test_fetching_again_replaces_the_same_model(tiny: Tiny, tmp_path: Path) -> None:
    assert given(tiny, tmp_path) == given(tiny, tmp_path)
    assert {path.name for path in (tmp_path / "original").iterdir()} == {tiny.official.sha256_prefix}


def test_the_choice_is_read_anew_and_a_damaged_one_says_what_to_do(tiny: Tiny, tmp_path: Path) -> None:
    chosen = Settings(home=tmp_path, classifier_model=None)
    assert folder_in_use(chosen) == MODEL_FOLDER and installed(tmp_path) == {}
    folder = given(tiny, tmp_path / "models")
    assert folder_in_use(chosen) == MODEL_FOLDER
    put_to_use("original", tmp_path)
    assert folder_in_use(chosen) == folder
    assert folder_in_use(Settings(home=tmp_path, classifier_model=MODEL_FOLDER)) == MODEL_FOLDER
    shutil.rmtree(folder)
    with pytest.raises(BadInput, match="gone"):
        folder_in_use(chosen)
    for text in ("", "[]", "{}", '{"model": 3}', '{"mod'):
        (tmp_path / "models" / "active.json").write_text(text)
        with pytest.raises(BadInput, match="model use shipped"):
            folder_in_use(chosen)
    put_to_use("shipped", tmp_path)
    assert folder_in_use(chosen) == MODEL_FOLDER
