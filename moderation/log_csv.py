"""The SLT log as a table for a spreadsheet: a plain value in each cell, times of the school (P17)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from moderation import words
from moderation.classifier.labels import LABELS
from moderation.log import COLUMNS, LogRow, record
from school.cells import safe_cell
from school.times import LONDON

_SCORES = tuple(f"score_{label}" for label in LABELS)
HEADING = tuple(name for column in COLUMNS for name in (_SCORES if column == "scores" else (column,)))
"""The columns of `moderation.log`, with one for each score."""


def to_csv(entries: Iterator[LogRow] | Sequence[LogRow]) -> Iterator[str]:
    """The rows as CSV, line by line, with a heading; no spreadsheet takes a cell for a formula.

    Several things in one cell stand in lines of their own.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(HEADING)
    yield _taken(buffer)
    for row in entries:
        writer.writerow([safe_cell(value) for value in _cells(row).values()])
        yield _taken(buffer)


def _cells(row: LogRow) -> dict[str, Any]:
    entry, case = row.entry, row.case
    plain = record(row) | {
        "recorded_at": _time(entry.recorded_at),
        "posted_at": _time(entry.posted_at),
        "decided_at": _time(case.decided_at),
        "attachments": _lines(entry.attachment_urls),
        "reasons": _lines(str(reason.get("detail", "")) for reason in entry.reasons),
        "urgent": "yes" if case.urgent else "no",
        "outcomes": words.outcomes(case.outcomes, row.acts),
        "what_happened": _lines(
            f"{_time(event.at)}: {words.happened(event)}"
            + (f", by {name}" if name else "")
            + (f": {said}" if (said := words.more(event)) else "")
            for event, name in row.events
        ),
        "acts": _lines(
            f"{words.ACTS[act.kind]}: {words.ACT_STATES[act.state][0]}"
            + (f" {_time(act.finished_at)}" if act.finished_at else "")
            + (f" ({act.answer})" if act.answer else "")
            for act in row.acts
        ),
        "referrals": _lines(
            f"{_time(one.referred_at)}: to {words.REFER_TO[one.to]}"
            + (f", reference {one.reference}" if one.reference else "")
            + (f": {one.reason}" if one.reason else "")
            for one in row.referrals
        ),
        "meetings": _lines(f"{one.on:%Y-%m-%d}: {one.reason}" for one in row.meetings),
    }
    cells: dict[str, Any] = {}
    for column, value in plain.items():
        if column == "scores":
            cells |= {name: entry.scores.get(label) for name, label in zip(_SCORES, LABELS, strict=True)}
        else:
            cells[column] = value
    return cells


def _lines(parts: Iterator[str] | Sequence[str]) -> str:
    return "\n".join(parts)


def _time(moment: datetime | None) -> str:
    """School time with its zone, in an order that sorts: "2027-06-03 09:40:12 BST"."""
    return f"{moment.astimezone(LONDON):%Y-%m-%d %H:%M:%S %Z}" if moment else ""


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
