"""`schoolgate model …`: fetching, choosing, comparing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from moderation.classifier.installed import name_in_use
from school.settings import settings
from tests.moderation.classifier.file_server import serving
from tests.moderation.classifier.tiny_models import Tiny, make_tiny
from tests.worker.test_cli import Here, refused
from worker.commands.models import fetch_and_use


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return make_tiny("original", tmp_path_factory.mktemp("tiny"))


def test_a_fetched_model_is_used_listed_compared_and_left_again(here: Here, home: Path, tiny: Tiny) -> None:
    assert here("model", "use", "shipped").returncode == 0
    settings.cache_clear()
    with serving(tiny.checkpoint.read_bytes()) as served:
        served.cut_after, served.cuts = 65_536, 1
        fetch_and_use(tiny.official, url=served.url, tokenizer=tiny.tokenizer)
    assert name_in_use(home) == "original"
    models = json.loads(here("model", "list", "--json").stdout)["models"]
    assert [(model["name"], model["in_use"]) for model in models] == [("shipped", False), ("original", True)]
    assert models[1]["sha256"].startswith(tiny.official.sha256_prefix)

    text = b"Thank you for a lovely day\nyou stupid idiot loser\nwhy is the gate shut, you moron\n"
    first = json.loads(here("classify", "-", stdin=b"you stupid idiot").stdout)
    assert first["scores"]["toxicity"] > 0.8
    compared = here("model", "compare", "shipped", "original", "-", "--json", stdin=text)
    assert compared.returncode == 0, compared.stderr.decode()
    document = json.loads(compared.stdout)
    flags = {
        name: [row["flagged"] for row in map(json.loads, done.stdout.splitlines())]
        for name in ("original", "shipped")
        if here("model", "use", name).returncode == 0
        and (done := here("classify", "-", stdin=text)).returncode == 0
    }
    expected = [
        (number, "shipped" if one else "original")
        for number, (one, other) in enumerate(zip(flags["shipped"], flags["original"], strict=True), start=1)
        if one != other
    ]
    assert [(row["line"], row["flagged_by"]) for row in document["differing"]] == expected
    assert document["only_first"] + document["only_second"] == len(expected)
    assert sum(document[name] for name in ("both", "neither", "only_first", "only_second")) == 3

    plain = here("model", "compare", "original", "original", "-", stdin=text + b"\xff\n")
    assert plain.returncode == 1 and b"Line 4" in plain.stderr
    assert "only original 0" in plain.stdout.decode()
    assert json.loads(here("model", "list", "--json").stdout)["models"][0]["in_use"]


def test_what_can_not_be_fetched_is_one_line_and_changes_nothing(here: Here, home: Path, tiny: Tiny) -> None:
    refused(here("model", "fetch", "best"), "best", "original")
    refused(here("model", "fetch", "unbiased"), "vocab.json", "--tokenizer")
    given = ("--file", str(tiny.checkpoint), "--tokenizer", str(tiny.tokenizer))
    refused(here("model", "fetch", "original", *given), "c1212f89", "not opened")
    refused(here("model", "fetch", "original", "--file", "/does/not/exist"), "/does/not/exist")
    refused(here("model", "use", "original"), "no model", "shipped")
    refused(here("model", "compare", "shipped", "nowhere", "-"), "nowhere")
    refused(
        here("model", "use", "shipped", SCHOOLGATE_CLASSIFIER_MODEL=str(home)), "SCHOOLGATE_CLASSIFIER_MODEL"
    )
    assert name_in_use(home) == "shipped"


def test_train_hands_everything_on_to_the_training(here: Here, home: Path, tmp_path: Path) -> None:
    """The training itself has tests of its own."""
    data, work, out = tmp_path / "rows.jsonl.gz", tmp_path / "work", tmp_path / "out"
    with gzip.open(data, "wt", encoding="utf-8") as opened:
        opened.write('{"source": "wiki", "text": "a lovely day", "toxicity": 0}\n')
    given = ("--work", str(work), "--out", str(out), "--init", str(tmp_path))
    refused(here("model", "train", "--data", "/does/not/exist", *given), "/does/not/exist")
    refused(here("model", "train", "--data", str(data), *given, "--steps", "-1"), "--steps")
    refused(here("model", "train", "--data", str(data), *given, "--public-share", "2"), "--public-share")
    refused(here("model", "train", "--data", str(data), *given, "--device", "abacus"), "--device")
    every = ("--learning-rate", "0.0001", "--public-share", "0.5", "--own-repeat", "1", "--epochs", "1")
    every += ("--teacher", str(out), "--teacher", str(out), "--teacher-share", "0.5", "--source-offsets")
    every += ("--held-share", "0.1", "--batch-tokens", "512", "--device", "cpu")
    refused(
        here("model", "train", "--data", str(data), *given, *every, "--resume"), f"{tmp_path} has no readable"
    )
    assert (work / "log.jsonl").exists() and not out.exists()
