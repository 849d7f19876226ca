"""`schoolgate classify` and `evaluate`: the classifier by hand."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import sqlalchemy as sa
import typer

from moderation import thresholds
from moderation.classifier.evaluation import evaluate_stream
from moderation.classifier.flags import DEFAULT_THRESHOLDS
from moderation.classifier.streaming import BadLine, classify_stream, read_lines
from moderation.thresholds import Rules
from school.db import reading
from school.errors import BadInput
from school.settings import settings
from worker import classifier
from worker.terminal import FAILURE, AsJson, answer, complain, table, write

Source = Annotated[str, typer.Argument(metavar="[FILE|-]", help="A file, or - for standard input.")]


def classify(source: Source = "-", as_json: AsJson = False) -> int:
    """Score text lines or JSON Lines ({"id": …, "text": …}); writes JSON Lines in the same order.

    A line that can't be used is left out and named on standard error; the exit status is then 1.
    """
    rules = rules_in_force()
    bad = 0
    named: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    with opened(source) as stream:
        for result in classify_stream(
            read_lines(stream),
            classifier.engine(),
            thresholds=rules.thresholds,
            words=rules.words,
            names=rules.names,
        ):
            if isinstance(result, BadLine):
                bad += 1
                report(result)
                if as_json:
                    named.append({"line": result.number, "problem": result.problem})
            elif as_json:
                kept.append(result.as_json())
            else:
                write(json.dumps(result.as_json(), ensure_ascii=False) + "\n")
    if as_json:
        answer({"results": kept, "bad_lines": named}, [], as_json=True)
    return ended(bad)


def evaluate(
    source: Annotated[
        str, typer.Argument(metavar="FILE|-", help="JSON Lines with text and labels; may be .gz.")
    ],
    as_json: AsJson = False,
) -> int:
    """Compare the model's scores with people's: JSON Lines with text and the six labels (0 to 1)."""
    rules = rules_in_force()
    with opened(source) as stream:
        found = evaluate_stream(read_lines(stream), classifier.engine(), thresholds=rules.thresholds)
    if not found.rows:
        raise BadInput(
            'No row could be used. Each line must be a JSON object like {"text": "…", "toxicity": 1}.',
            field="file",
        )
    shown = table("Label", "Group", "Rows", "Abusive", "ROC AUC", "Precision", "Recall")
    for measure in found.measures:
        shown.add_row(
            measure.label,
            measure.group if measure.by != "all" else "all",
            str(measure.rows),
            str(measure.positive),
            *(
                "–" if value is None else f"{value:.3f}"
                for value in (measure.auc, measure.precision, measure.recall)
            ),
        )
    answer(found.as_json(), shown, as_json=as_json)
    for line in found.bad_lines:
        report(line)
    return ended(len(found.bad_lines))


def rules_in_force() -> Rules:
    """The school's thresholds, words and names; what ships where there is no school yet."""
    shipped = Rules(version=0, thresholds=DEFAULT_THRESHOLDS, words=())
    url = sa.make_url(settings().effective_database_url)
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).exists()):
        return shipped
    try:
        with reading() as session:
            return thresholds.rules(session)
    except sa.exc.DBAPIError:
        # Not migrated yet, or not reachable: judging a file must not depend on that.
        complain("The school's own words and names are left out: the database can't be read.")
        return shipped


@contextmanager
def opened(source: str) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked if it ends in .gz, or of standard input for -."""
    if source == "-":
        yield sys.stdin.buffer
        return
    try:
        stream: Any = (gzip.open if source.endswith(".gz") else open)(source, "rb")
    except OSError as error:
        raise BadInput(f"The file {source} can't be read: {error.strerror}.", field="file") from None
    with stream:
        try:
            yield stream
        except (gzip.BadGzipFile, EOFError):
            raise BadInput(f"The file {source} is no complete gzip file.", field="file") from None
        except IsADirectoryError:
            raise BadInput(f"{source} is a folder: give a file.", field="file") from None


def report(line: BadLine) -> None:
    """Name a line that could not be used."""
    complain(f"Line {line.number} was left out: {line.problem}.")


def ended(bad: int) -> int:
    """The exit status after so many lines that could not be used, and one line that counts them."""
    if not bad:
        return 0
    complain(f"{'1 line' if bad == 1 else f'{bad} lines'} could not be used. All others were.")
    return FAILURE
