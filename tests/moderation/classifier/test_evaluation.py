from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image

from moderation.classifier.evaluation import Evaluation, JudgedRow, evaluate, rows_of
from moderation.classifier.languages import UNSURE, guess
from moderation.classifier.onnx_engine import OnnxEngine
from moderation.classifier.plots import draw
from moderation.classifier.streaming import BadLine
from school.errors import BadInput


def line(text: str, **fields: object) -> bytes:
    return json.dumps({"text": text, **fields}).encode() + b"\n"


LINES = [
    line("thank you for a lovely day", toxicity=0, insult=0, source="a", language="en"),
    line("you stupid fucking bitch", toxicity=1, insult=1, source="a", lang="en"),
    line("merci", toxicity=0, source="b", language="fr"),
    line("you are a worthless piece of shit", toxicity=1, threat=None, source="b"),
]


def test_measures_are_per_label_source_and_language(serving: OnnxEngine) -> None:
    found = evaluate(rows_of(LINES), serving, thresholds={"toxicity": 0.5})
    assert found.rows == 4 and not found.bad_lines
    by = {(m.label, m.by, m.group): m for m in found.measures}
    groups = {
        ("all", "all"), ("source", "a"), ("source", "b"), ("language", "en"), ("language", "fr"),
    }  # fmt: skip
    assert set(by) == (
        {(label, *group) for label in ("toxicity", "any") for group in groups}
        | {("insult", "all", "all"), ("insult", "source", "a"), ("insult", "language", "en")}
    )
    overall = by["toxicity", "all", "all"]
    assert (overall.rows, overall.positive, overall.auc, overall.recall) == (4, 2, 1.0, 1.0)
    assert overall.average_precision == 1.0
    assert by["toxicity", "language", "fr"].auc is None
    assert by["insult", "all", "all"].threshold is None and by["insult", "all", "all"].flagged == 0
    assert (by["any", "all", "all"].recall, by["any", "all", "all"].auc) == (1.0, None)
    assert sum(rows for _, _, rows in found.bins["toxicity"]) == 4
    assert json.loads(json.dumps(found.as_json()))["model"] == serving.model_name


def test_any_counts_a_comment_once_that_reaches_several_thresholds(serving: OnnxEngine) -> None:
    rows = [
        JudgedRow("you stupid fucking bitch", {"toxicity": 1, "insult": 1}),
        JudgedRow("you stupid fucking bastard", {"toxicity": 0, "insult": 0}),
        JudgedRow("thank you for a lovely day", {"insult": 1}),
    ]
    found = evaluate(rows, serving, thresholds={"toxicity": 0.5, "insult": 0.5})
    (together,) = [m for m in found.measures if m.label == "any" and m.by == "all"]
    assert (together.rows, together.positive, together.flagged) == (3, 2, 2)
    assert (together.precision, together.recall) == (0.5, 0.5)


def test_a_language_that_is_not_given_is_guessed(serving: OnnxEngine) -> None:
    rows = [
        JudgedRow("Dziękuję bardzo za piękny dzień", {"toxicity": 0}),
        JudgedRow("Thank you all so much", {"toxicity": 0}),
        JudgedRow("Thank you all so much", {"toxicity": 0}, language="cy"),
    ]
    found = evaluate(rows, serving, guess=guess)
    assert {m.group for m in found.measures if m.by == "language"} == {"pl", "en", "cy"}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The fair was lovely, thank you to everybody who helped", "en"),
        ("https://example.com @larkfield Dziękuję bardzo za piękny dzień", "pl"),
        ("Mulțumesc frumos pentru tot", "ro"),
        ("آپ کا بہت شکریہ", "ur"),
        ("সবাইকে অনেক ধন্যবাদ", "bn"),
        ("", UNSURE),
        ("lol", UNSURE),
        ("👍👍 10/10 \ud83d", UNSURE),
        ("@amy @ben https://example.com/thank-you-all-so-much", UNSURE),
    ],
)
def test_languages_of_comments(text: str, language: str) -> None:
    assert guess(text) == language


def test_lines_that_cannot_be_judged_are_named_as_they_come(serving: OnnxEngine) -> None:
    lines = [
        line("a", toxicity="yes"), line("b"), line("c", toxicity=2), b"nonsense\n", line("d", toxicity=[1]),
        line("e", toxicity=0),
    ]  # fmt: skip
    told: list[BadLine] = []
    found = evaluate(rows_of(lines), serving, on_bad=told.append)
    assert (found.rows, found.bad_count) == (1, 5)
    assert [bad.number for bad in found.bad_lines] == [1, 2, 3, 4, 5] == [bad.number for bad in told]
    assert "'yes', not a number from 0 to 1" in found.bad_lines[0].problem


def test_an_empty_file_has_no_measures(serving: OnnxEngine) -> None:
    found = evaluate([], serving)
    assert (found.rows, found.measures, found.curves) == (0, (), {})


@pytest.fixture(scope="module")
def evaluated(serving: OnnxEngine) -> Evaluation:
    return evaluate(rows_of(LINES * 3), serving)


def test_a_plot_shows_both_curves_and_is_the_same_again(evaluated: Evaluation, tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg", "three.PNG"):
        draw(evaluated, tmp_path / name, thresholds={"toxicity": 0.6})
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    drawn = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert ET.fromstring(drawn).tag.endswith("svg")
    for word in ("Calibration", "Precision and recall", "toxicity at its threshold 0.60"):
        assert f"<!-- {word} -->" in drawn
    with Image.open(tmp_path / "three.PNG") as picture:
        assert picture.format == "PNG" and picture.width > 1000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.svg", "three.PNG", "two.svg"]


@pytest.mark.parametrize("name", ["plot.pdf", "plot", "nowhere/plot.svg", "folder.svg"])
def test_a_plot_that_can_not_be_written_is_refused(evaluated: Evaluation, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(BadInput) as refusal:
        draw(evaluated, tmp_path / name, thresholds={})
    assert refusal.value.field == "plot" and name.split("/")[0] in str(refusal.value)


def test_rows_of_one_class_can_be_drawn_too(serving: OnnxEngine, tmp_path: Path) -> None:
    found = evaluate([JudgedRow("hello", {"toxicity": 0})], serving)
    draw(found, tmp_path / "plot.svg", thresholds={})
    assert (tmp_path / "plot.svg").stat().st_size > 1000
