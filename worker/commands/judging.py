"""`schoolgate classify` and `evaluate`: the classifier by hand."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import sqlalchemy as sa
import typer
from rich.table import Table

from moderation import judged, thresholds
from moderation.classifier.evaluation import NAMED_MAX, Evaluation, JudgedRow, rows_of
from moderation.classifier.evaluation import evaluate as evaluate_rows
from moderation.classifier.flags import DEFAULT_THRESHOLDS
from moderation.classifier.languages import guess
from moderation.classifier.plots import check_plot_file, draw
from moderation.classifier.streaming import BadLine, classify_stream, read_lines
from moderation.thresholds import Rules
from school import setup
from school.db import reading
from school.errors import BadInput, NotFound
from school.settings import settings
from worker import classifier
from worker.progress import ReadingBar, reading_bar
from worker.terminal import FAILURE, AsJson, answer, complain, table, write

Source = Annotated[str, typer.Argument(metavar="[FILE|-]", help="A file, or - for standard input.")]


def classify(
    source: Source = "-",
    explained: Annotated[
        bool,
        typer.Option("--explain", help="With each flagged comment, the words that carried its score (slow)."),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Score text lines or JSON Lines ({"id": …, "text": …}); writes JSON Lines in the same order.

    A line that can't be used is left out and named on standard error; the exit status is then 1.
    """
    rules = rules_in_force()
    bad = 0
    named: list[dict[str, Any]] = []
    with opened(source) as stream, reading_bar("Judging", stream, amid=True) as bar:
        # One document, but written as it comes: a file of any size has to fit through.
        write('{"results": [' if as_json else "")
        between = "\n"
        engine = classifier.engine()
        for result in classify_stream(
            read_lines(stream),
            engine,
            read=rules.as_scored,
            judge=partial(rules.reasons, model_name=engine.model_name),
            explained=explained,
        ):
            bar.step()
            if isinstance(result, BadLine):
                bad += 1
                bar.say(left_out(result))
                if as_json and len(named) < NAMED_MAX:
                    named.append({"line": result.number, "problem": result.problem})
                continue
            line = json.dumps(result.as_json(), ensure_ascii=False)
            write(f"{between}{line}" if as_json else f"{line}\n")
            between = ",\n"
    if as_json:
        write(f'],\n"bad_lines": {json.dumps(named, ensure_ascii=False)}, "bad": {bad}}}\n')
    return ended(bad)


def evaluate(
    source: Annotated[
        str,
        typer.Argument(
            metavar="[FILE|-]", help="JSON Lines with text and labels; may be .gz.", show_default=False
        ),
    ] = "",
    decisions: Annotated[
        bool, typer.Option("--decisions", help="Measure on the comments that your own people decided.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="Draw calibration and precision-recall there (.svg or .png)."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Compare the model's scores with people's judgements: a file's, or with --decisions your own.

    A file holds JSON Lines with text and any of the six labels (0 to 1), and perhaps source and language;
    a language that isn't given is guessed.
    """
    if bool(source) == decisions:
        raise BadInput("Give a file (or -), or --decisions.", field="file")
    if plot is not None:
        check_plot_file(plot)
    rules = rules_in_force()
    if decisions:
        rows = decided_rows()
        with reading_bar("Scoring", None) as bar:
            found = measured(rows, rules, bar)
    else:
        with opened(source) as stream, reading_bar("Scoring", stream) as bar:
            found = measured(rows_of(read_lines(stream)), rules, bar)
    if not found.rows:
        raise BadInput(
            'No row could be used. Each line must be a JSON object like {"text": "…", "toxicity": 1}.',
            field="file",
        )
    if plot is not None:
        draw(found, plot, thresholds=rules.thresholds)
    if decisions and not as_json:
        write(
            f"{found.model} on {found.rows} comments that people decided. Only what was flagged or reported "
            "gets decided: the recall says nothing of abuse that nobody saw.\n"
        )
    answer(found.as_json(), shown(found), as_json=as_json)
    if found.unread and not as_json:
        write(
            f"{found.unread} of the {found.rows} rows are in languages that this model doesn't read. What "
            "its scores would flag of them is not counted under “any”: in use a person is asked instead.\n"
        )
    return ended(found.bad_count)


def measured(rows: Iterable[JudgedRow | BadLine], rules: Rules, bar: ReadingBar) -> Evaluation:
    """The evaluation of these rows under the rules in force, each bad line named as it comes."""

    def counted() -> Iterator[JudgedRow | BadLine]:
        for row in rows:
            bar.step()
            yield row

    return evaluate_rows(
        counted(),
        classifier.engine(),
        thresholds=rules.thresholds,
        guess=guess,
        on_bad=lambda line: bar.say(left_out(line)),
    )


def decided_rows() -> list[JudgedRow]:
    """What this school's people decided about what the scores flagged, or what people reported themselves.

    Raises BadInput where there is no school, and NotFound where nothing was decided yet.
    """
    with reading() as session:
        if setup.current_school(session) is None:
            raise BadInput(
                "There is no school yet: run `schoolgate setup` or `schoolgate run` first.", field="school"
            )
        rows = [
            JudgedRow(
                one.text,
                {"toxicity": float(one.abusive)},
                source="reported" if "reported" in one.kinds else "flagged",
            )
            for one in judged.decided(session, viewer=None)
            if one.tells_of_scores and one.abusive is not None
        ]
    if not rows:
        raise NotFound(
            "Nobody has decided yet on a comment that was flagged for its scores: there is nothing to "
            "measure the classifier by. Decide under Moderation, or give a file."
        )
    return rows


def shown(found: Evaluation) -> Table:
    """The measures as a table for people."""
    drawn = table(
        "Label", "Group", "Rows", "Abusive", "ROC AUC", "Av. precision", "Threshold", "Precision", "Recall",
        "Flagged",
    )  # fmt: skip
    for measure in found.measures:
        # "language en" would be broken in its middle by a narrow terminal.
        group = {"language": "in ", "source": "from "}.get(measure.by, "") + measure.group
        drawn.add_row(
            measure.label,
            group,
            str(measure.rows),
            str(measure.positive),
            *("–" if value is None else f"{value:.3f}" for value in (measure.auc, measure.average_precision)),
            "–" if measure.threshold is None else f"{measure.threshold:.2f}",
            *("–" if value is None else f"{value:.3f}" for value in (measure.precision, measure.recall)),
            str(measure.flagged),
        )
    return drawn


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


def left_out(line: BadLine) -> str:
    """The sentence that names a line that could not be used."""
    return f"Line {line.number} was left out: {line.problem}."


def ended(bad: int) -> int:
    """The exit status after so many lines that could not be used, and one line that counts them."""
    if not bad:
        return 0
    complain(f"{'1 line' if bad == 1 else f'{bad} lines'} could not be used. All others were.")
    return FAILURE
