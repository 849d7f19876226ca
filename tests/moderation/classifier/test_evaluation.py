from __future__ import annotations

import json

from moderation.classifier.engine import DetoxifyEngine
from moderation.classifier.evaluation import evaluate_stream


def line(text: str, **fields: object) -> bytes:
    return json.dumps({"text": text, **fields}).encode() + b"\n"


def test_measures_are_per_label_source_and_language(engine: DetoxifyEngine) -> None:
    lines = [
        line("thank you for a lovely day", toxicity=0, insult=0, source="a", language="en"),
        line("you stupid fucking bitch", toxicity=1, insult=1, source="a", language="en"),
        line("merci", toxicity=0, source="b", language="fr"),
        line("you are a worthless piece of shit", toxicity=1, threat=None, source="b"),
    ]
    found = evaluate_stream(lines, engine, thresholds={"toxicity": 0.5})
    assert found.rows == 4 and not found.bad_lines
    by = {(m.label, m.by, m.group): m for m in found.measures}
    assert set(by) == {
        ("toxicity", "all", "all"), ("toxicity", "source", "a"), ("toxicity", "source", "b"),
        ("toxicity", "language", "en"), ("toxicity", "language", "fr"),
        ("insult", "all", "all"), ("insult", "source", "a"), ("insult", "language", "en"),
    }  # fmt: skip
    overall = by["toxicity", "all", "all"]
    assert (overall.rows, overall.positive, overall.auc, overall.recall) == (4, 2, 1.0, 1.0)
    assert by["toxicity", "language", "fr"].auc is None
    assert by["insult", "all", "all"].threshold is None and by["insult", "all", "all"].flagged == 0
    assert sum(rows for _, _, rows in found.bins["toxicity"]) == 4
    assert json.loads(json.dumps(found.as_json()))["model"] == engine.model_name


def test_lines_that_cannot_be_judged_are_named(engine: DetoxifyEngine) -> None:
    lines = [
        line("a", toxicity="yes"), line("b"), line("c", toxicity=2), b"nonsense\n", line("d", toxicity=[1]),
        line("e", toxicity=0),
    ]  # fmt: skip
    found = evaluate_stream(lines, engine)
    assert found.rows == 1
    assert [bad.number for bad in found.bad_lines] == [1, 2, 3, 4, 5]
    assert "'yes', not a number from 0 to 1" in found.bad_lines[0].problem


def test_an_empty_file_has_no_measures(engine: DetoxifyEngine) -> None:
    found = evaluate_stream([], engine)
    assert (found.rows, found.measures) == (0, ())
