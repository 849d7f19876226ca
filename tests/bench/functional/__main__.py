"""How the shipped model and the default rules do on the functional cases: `python -m tests.bench.functional`.

For each function the share of cases judged rightly: an abusive one flagged, a harmless one left alone. Two
columns tell the model's scores alone from all reasons together (phrases of threat and so on). The AUC is that
of the toxicity score over all cases. Always exits 0: it measures, it does not judge.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from moderation.classifier.engine import load_engine
from moderation.classifier.flags import DEFAULT_THRESHOLDS, flag
from moderation.classifier.measures import auc
from tests.bench.functional.write_cases import Case, read_cases

GOAL_HATEFUL = 0.85
GOAL_HARMLESS = 0.80
"""Issue 3's goals for every function."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.functional", description=__doc__)
    parser.add_argument("--model", type=Path, help="folder of another model")
    parser.add_argument("--json", type=Path, help="write every case's score and verdict to this file")
    given = parser.parse_args()
    cases = read_cases()
    engine = load_engine(given.model, threads=2)
    began = time.monotonic()
    scores = engine.score([case.text for case in cases])
    seconds = time.monotonic() - began
    by_model = [any(row.get(label, 0) >= at for label, at in DEFAULT_THRESHOLDS.items()) for row in scores]
    by_all = [bool(flag(case.text, row)) for case, row in zip(cases, scores, strict=True)]

    print(f"{len(cases)} functional cases, model {engine.model_name}, default thresholds and rules")
    met = 0
    for expected, title, goal in (
        (True, "Abusive: share flagged", GOAL_HATEFUL),
        (False, "Harmless: share left alone", GOAL_HARMLESS),
    ):
        print(f"\n{title} (goal {goal:.0%} in every function){'':14}cases   model all reasons")
        functions = list(dict.fromkeys(case.function for case in cases if case.expected is expected))
        for function in functions:
            here = [number for number, case in enumerate(cases) if case.function == function]
            alone = np.mean([by_model[number] is expected for number in here])
            right = float(np.mean([by_all[number] is expected for number in here]))
            met += right >= goal
            verdict = "" if right >= goal else "  below the goal"
            print(f"  {function:58}{len(here):9}{alone:8.1%}{right:11.1%}{verdict}")
    truth = np.array([case.expected for case in cases])
    print(f"\nFunctions at their goal: {met} of {len({case.function for case in cases})}")
    for title, found in (("model alone", by_model), ("all reasons", by_all)):
        flagged = np.array(found)
        print(
            f"{title}: {np.mean(flagged == truth):.1%} right; abusive {np.mean(flagged[truth]):.1%} flagged, "
            f"harmless {np.mean(~flagged[~truth]):.1%} left alone"
        )
    toxicity = np.array([row["toxicity"] for row in scores])
    worst = np.array([max(row.values()) for row in scores])
    print(f"AUC of toxicity {auc(truth, toxicity):.3f}; of the highest label {auc(truth, worst):.3f}")
    print(f"Scored in {seconds:.1f} s ({len(cases) / seconds:.0f} a second)")
    if given.json:
        _write(given.json, cases, by_all, toxicity.tolist())


def _write(path: Path, cases: list[Case], flagged: list[bool], toxicity: list[float]) -> None:
    with path.open("w", encoding="utf-8") as opened:
        for case, found, score in zip(cases, flagged, toxicity, strict=True):
            row = {"function": case.function, "text": case.text, "expected": case.expected}
            opened.write(json.dumps({**row, "flagged": found, "toxicity": round(score, 4)}) + "\n")


if __name__ == "__main__":
    sys.exit(main())
