"""The whole consent register as a table for a spreadsheet (P4, P24, P34)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from uuid import UUID

import openpyxl
import sqlalchemy as sa
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell
from sqlalchemy.orm import Session

from school import audit, consent
from school.cells import safe_cell
from school.errors import BadInput
from school.models import Consent, Person, Pupil
from school.permissions import Action, require
from school.times import LONDON, today

FORMATS: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""By the end of a file's name, its media type."""
HEADING = (
    "Name", "Class", "UPN", "Left on", "Consent for", "Where", "Given by", "From", "Until",
    "In force today", "Entered at", "Entered by", "Withdrawn at", "Withdrawn by", "Why withdrawn",
)  # fmt: skip


def make(session: Session, kind: str, *, by: Person, now: datetime) -> bytes:
    """Every pupil with every consent, also those that ended, one a line; a pupil without any has a line too.

    `kind`: one of FORMATS. For whoever keeps the register alone, since others read only what they need
    (P4). It takes a second or more, so nobody should wait for this session; `note` before it is handed out.
    Raises NotPermitted, and BadInput for another format.
    """
    require(by, Action.EDIT_CONSENT)
    if kind not in FORMATS:
        raise BadInput(f"“{kind[:20]}” is no format here: choose CSV or XLSX.", field="format")
    rows = list(_rows(session, today(now)))
    return _csv(rows) if kind == "csv" else _xlsx(rows)


def note(session: Session, kind: str, *, by: Person, now: datetime) -> None:
    """Leave a line in the trail that the register was taken out. Raises NotPermitted."""
    require(by, Action.EDIT_CONSENT)
    audit.record(
        session,
        by=by,
        action="consent_exported",
        object_kind="consent",
        object_id="all",
        detail={"format": kind},
        now=now,
    )


def _rows(session: Session, on: date) -> Iterator[tuple[str, ...]]:
    names = {one.id: one.name for one in session.scalars(sa.select(Person))}
    # Of a pupil whose record was erased nothing is left but the row.
    known = sa.select(Pupil).where(Pupil.class_name != "").order_by(Pupil.class_name, Pupil.name, Pupil.id)
    for pupil in session.scalars(known):
        who = (pupil.name, pupil.class_name, pupil.reference or "", _day(pupil.left_on))
        if not pupil.consents:
            yield (*who, *[""] * (len(HEADING) - len(who)))
        for one in sorted(pupil.consents, key=lambda each: (each.first_day, each.recorded_at, each.id)):
            yield (*who, *_consent(one, pupil, names, on))


def _consent(one: Consent, pupil: Pupil, names: Mapping[UUID, str], on: date) -> tuple[str, ...]:
    counts = pupil.left_on is None and consent.in_force(one, on=on)
    return (
        consent.KINDS[one.kind],
        consent.where(one),
        one.given_by,
        _day(one.first_day),
        _day(one.last_day),
        "yes" if counts else "no",
        _time(one.recorded_at),
        names.get(one.recorded_by_id, ""),
        _time(one.withdrawn_at),
        names.get(one.withdrawn_by_id, "") if one.withdrawn_by_id else "",
        one.withdrawn_reason or "",
    )


def _day(day: date | None) -> str:
    """In an order that sorts."""
    return day.isoformat() if day else ""


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(LONDON):%Y-%m-%d %H:%M %Z}" if moment else ""


def _csv(rows: list[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADING)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    # Spreadsheets take a file for UTF-8 only when it says so at its beginning.
    return out.getvalue().encode("utf-8-sig")


def _xlsx(rows: list[tuple[str, ...]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Consent register")
    for row in [HEADING, *rows]:
        cells = []
        for text in row:
            # What no XML holds, somebody may have typed all the same.
            cell = WriteOnlyCell(sheet, value=safe_cell(ILLEGAL_CHARACTERS_RE.sub("", text)))
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
