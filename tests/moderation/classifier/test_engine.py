from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from detoxify import Detoxify

from moderation.classifier.engine import MODEL_FOLDER, DetoxifyEngine, load_engine, verify_model
from moderation.classifier.labels import LABELS
from moderation.classifier.model_files import write_manifest
from school.errors import BadInput

TEXTS = [
    "Thank you for a lovely assembly!",
    "this head teacher is a useless liar",
    "What time does the disco start?",
    "fuck off",
    "Happy Diwali to all our families",
    "x",
    "long " * 300,
    "I don't agree with the new uniform rules",
]


@pytest.fixture
def copied(rebuilt: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(rebuilt, folder)
    return folder


def test_scores_are_those_of_detoxifys_own_predict(engine: DetoxifyEngine, rebuilt: Path) -> None:
    """The rebuilt checkpoint, loaded by the real class, text by text."""
    theirs = Detoxify(checkpoint=str(rebuilt / "schoolgate.ckpt"))
    ours = engine.predict(TEXTS)
    for text, scores in zip(TEXTS, ours, strict=True):
        expected = theirs.predict(text)
        assert set(expected) == set(LABELS) == set(scores)
        for label in LABELS:
            assert scores[label] == pytest.approx(expected[label], abs=1e-4)


def test_detoxify_loads_the_rebuilt_checkpoint_from_anywhere_without_a_network(
    rebuilt: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from detoxify import Detoxify;"
        "m = Detoxify(checkpoint=sys.argv[1]);"
        "print(sorted(m.predict('hello')))"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(rebuilt / "schoolgate.ckpt")], cwd=tmp_path, env=environment,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-800:]
    assert done.stdout.strip() == str(sorted(LABELS))


def test_each_text_has_one_score_per_label_in_order_whatever_the_batch(engine: DetoxifyEngine) -> None:
    together = engine.score(TEXTS * 2)
    alone = [engine.score([text])[0] for text in TEXTS]
    assert engine.labels == LABELS
    for place, scores in enumerate(together):
        assert list(scores) == list(LABELS)
        for label in LABELS:
            assert scores[label] == pytest.approx(alone[place % len(TEXTS)][label], abs=1e-4)


def test_no_texts_no_scores(engine: DetoxifyEngine) -> None:
    assert engine.score([]) == []


@pytest.mark.parametrize("text", ["", " \n", "\x00", "\x00\x00\x01", "\u200b\u200d"])
def test_nothing_to_read_scores_low(engine: DetoxifyEngine, text: str) -> None:
    (scores,) = engine.score([text])
    assert max(scores.values()) < 0.3


@pytest.mark.parametrize(
    "text",
    [
        "\ud83d",
        "\udfff\ud800x",
        "😀🎉👩‍👩‍👧",
        "\u202eeruces\u202c",
        "a\x00b",
        "[SEP][CLS][PAD]",
        "𝕏" * 600,
        "​" * 9,
    ],
)
def test_odd_texts_are_scored_like_any_other(engine: DetoxifyEngine, text: str) -> None:
    for scores in (engine.score([text])[0], engine.predict([text])[0]):
        assert all(0.0 <= value <= 1.0 for value in scores.values())


def test_abuse_at_the_end_of_a_long_comment_counts(engine: DetoxifyEngine) -> None:
    praise = "It was a lovely day and we all enjoyed the fair very much. " * 80
    abuse = "You are a fucking useless lying bitch, you fat cow."
    (clean,), (worst,) = engine.score([praise]), engine.score([praise + abuse])
    assert clean["toxicity"] < 0.5 < worst["toxicity"]


def test_a_very_long_text_is_scored_in_bounded_time(engine: DetoxifyEngine) -> None:
    began = time.monotonic()
    engine.score(["the children sang and the parents clapped " * 6_000])
    assert time.monotonic() - began < 60


def test_a_disguise_does_not_help(engine: DetoxifyEngine) -> None:
    written = ["you f u c k i n g i d i o t", "fu\u200bck off you st\u200bupid c0w", "what a ѕtuріd lоѕеr"]
    for scores in engine.score(written):
        assert scores["toxicity"] > 0.6


def test_several_threads_may_score_at_once(engine: DetoxifyEngine) -> None:
    expected = engine.score(TEXTS)
    answers: list[list[dict[str, float]]] = []

    def work() -> None:
        answers.append(engine.score(TEXTS))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 3
    for answer in answers:
        assert np.allclose(
            [list(a.values()) for a in answer], [list(e.values()) for e in expected], atol=1e-5
        )


def test_the_name_tells_the_exact_model(engine: DetoxifyEngine, rebuilt: Path) -> None:
    assert engine.model_name == f"schoolgate-minilm@{verify_model(rebuilt)['schoolgate.ckpt'][:8]}"


def test_an_engine_is_loaded_once_per_process() -> None:
    assert load_engine(threads=2) is load_engine(MODEL_FOLDER, threads=2)


@pytest.mark.parametrize("name", ["schoolgate.ckpt", "vocab.txt", "config.json", "tokenizer_config.json"])
def test_a_changed_file_is_refused_before_it_is_opened(copied: Path, name: str) -> None:
    with (copied / name).open("ab") as opened:
        opened.write(b" ")
    with pytest.raises(BadInput, match=f"{name} is not the one that was recorded"):
        DetoxifyEngine(copied)


@pytest.mark.parametrize("name", ["schoolgate.ckpt", "vocab.txt", "SHA256SUMS"])
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(BadInput, match=name):
        DetoxifyEngine(copied)


def test_a_truncated_checkpoint_is_refused_even_when_its_hash_was_recorded(copied: Path) -> None:
    path = copied / "schoolgate.ckpt"
    path.write_bytes(path.read_bytes()[:100_000])
    write_manifest(copied)
    with pytest.raises(BadInput, match="not a Detoxify checkpoint"):
        DetoxifyEngine(copied)


def test_a_checkpoint_that_carries_code_is_never_run(copied: Path, tmp_path: Path) -> None:
    trap = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(trap),)

    torch.save({"config": Trap(), "state_dict": {}}, copied / "schoolgate.ckpt")
    write_manifest(copied)
    with pytest.raises(BadInput, match="can be read safely"):
        DetoxifyEngine(copied)
    assert not trap.exists()


def test_a_checkpoint_without_its_head_is_refused_instead_of_scoring_at_random(copied: Path) -> None:
    path = copied / "schoolgate.ckpt"
    loaded = torch.load(path, weights_only=True)
    del loaded["state_dict"]["classifier.weight"]
    torch.save(loaded, path)
    write_manifest(copied)
    with pytest.raises(BadInput, match=r"classifier\.weight"):
        DetoxifyEngine(copied)


def test_the_model_card_says_what_a_school_must_know() -> None:
    card = (MODEL_FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")
    for heading in ("## What it is", "## Data and licences", "## Training", "## Measured", "## Weaknesses"):
        assert heading in card
    facts = json.loads((MODEL_FOLDER / "training.json").read_text(encoding="utf-8"))
    assert facts["data_sha256"][:12] in card


def test_the_shipped_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in MODEL_FOLDER.iterdir()) < 26 * 10**6
