"""The whole consent register as a file: all of it, for the DPO alone, and nothing in it runs (P4, P24)."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import consent, consent_export
from school.consent_export import HEADING
from school.db import now
from school.errors import BadInput, NotPermitted
from school.models import AuditEntry, ConsentKind, Person, Pupil, Role

People = dict[Role, Person]
NASTY = "=HYPERLINK(1)"


@pytest.fixture
def register(session: Session, school_people: People) -> Pupil:
    """A pupil with a consent in force and one that was withdrawn, besides those of the practice school."""
    officer, moment = school_people[Role.DPO], now()
    pupil = consent.add_pupil(session, name="Zed Tail", class_name="Year 9", by=officer, now=moment)
    kept = {"given_by": NASTY, "first_day": date(2020, 9, 1), "last_day": date(2199, 8, 31)}
    for kind, platform in ((ConsentKind.IMAGE, None), (ConsentKind.VIDEO, "x")):
        consent.record_consent(
            session,
            pupil,
            kind=kind,
            platform=platform,
            by=officer,
            now=moment,
            **kept,  # type: ignore[arg-type]
        )
    consent.withdraw_all(
        session, pupil.id, kind=ConsentKind.VIDEO, reason="+44 rang", platform=None, by=officer, now=moment
    )
    consent.add_pupil(session, name="Nobody Said", class_name="Year 9", by=officer, now=moment)
    session.flush()
    return pupil


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_p24_each_consent_is_in_the_file_and_no_cell_is_a_formula(
    kind: str, session: Session, school_people: People, register: Pupil
) -> None:
    data = consent_export.make(session, kind, by=school_people[Role.DPO], now=now())
    if kind == "csv":
        rows = [tuple(row) for row in csv.reader(io.StringIO(data.decode("utf-8-sig")))]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(data)).active
        assert sheet is not None
        assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
        rows = [tuple(str(cell or "") for cell in row) for row in sheet.iter_rows(values_only=True)]
    assert rows[0] == HEADING and {len(row) for row in rows} == {len(HEADING)}
    found = [dict(zip(HEADING, row, strict=True)) for row in rows[1:]]
    every = session.scalar(sa.select(sa.func.count()).select_from(Pupil))
    assert len({(one["Name"], one["Class"]) for one in found}) == every
    pictures, video = [one for one in found if one["Name"] == "Zed Tail"]
    if pictures["Consent for"] != "Pictures":
        pictures, video = video, pictures
    assert (pictures["Where"], pictures["In force today"]) == ("every platform", "yes")
    assert (video["Where"], video["In force today"], video["Why withdrawn"]) == ("X", "no", "'+44 rang")
    assert video["Withdrawn by"] == school_people[Role.DPO].name and pictures["From"] == "2020-09-01"
    assert pictures["Given by"] == f"'{NASTY}"
    [silent] = [one for one in found if one["Name"] == "Nobody Said"]
    assert not silent["Consent for"]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DPO])
def test_p4_only_who_keeps_the_register_takes_it_out(
    role: Role, session: Session, school_people: People
) -> None:
    for act in (consent_export.make, consent_export.note):
        with pytest.raises(NotPermitted):
            act(session, "csv", by=school_people[role], now=now())


def test_it_leaves_a_line_in_the_trail_that_names_no_pupil(
    session: Session, school_people: People, register: Pupil
) -> None:
    with pytest.raises(BadInput, match="choose CSV or XLSX"):
        consent_export.make(session, "exe", by=school_people[Role.DPO], now=now())
    consent_export.note(session, "csv", by=school_people[Role.DPO], now=now())
    session.flush()
    [line] = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "consent_exported"))
    assert line.detail == {"format": "csv"} and line.actor_id == school_people[Role.DPO].id
