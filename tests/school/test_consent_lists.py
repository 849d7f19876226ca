"""The office's list of pupils and consents: read, shown, applied as a whole or not at all (P24)."""

from __future__ import annotations

import io
import time
from datetime import date, datetime, timedelta

import openpyxl
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, consent, consent_import, consent_lists, consent_plan, db
from school.consent_lists import PupilList
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import ConsentKind, Person, Pupil, Role
from school.times import today

NOW = db.now()
DAY = today(NOW)
People = dict[Role, Person]
SEPTEMBER = datetime(2025, 9, 1)  # noqa: DTZ001 - a cell of a spreadsheet has no zone
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
GOOD = """Surname,Forename,Reg Group,UPN,Photos,Videos,Parent Name,Date Given,Notes
O’Brien,Niamh,Year 3 Swifts,A801200112001,Yes,No,Siobhán O’Brien,03/09/2025,likes maths
Featherstone,Noah,Year 1 Robins,,y,,Lucy Featherstone,2025-09-04,
D'Souza,Zoë 🌻,Year 3 Swifts,A801200112003,No,No,,,
"""


def as_list(text: str) -> PupilList:
    return consent_lists.read(text.encode(), "list.csv")


def take(session: Session, by: Person, text: str, *, whole: bool = False) -> consent_plan.Plan:
    kept = consent_import.keep(
        session, as_list(text), filename="list.csv", whole_school=whole, by=by, now=NOW
    )
    return consent_import.apply(session, kept.id, by=by, now=NOW)


@pytest.mark.parametrize(
    "data",
    [
        GOOD.encode(),
        GOOD.encode("utf-8-sig"),
        GOOD.encode("utf-16"),
        GOOD.replace(" 🌻", "").encode("cp1252"),
        b"\xef\xbb\xbf" + GOOD.replace(" 🌻", "").encode("cp1252"),
        GOOD.replace(",", ";").encode(),
        GOOD.replace(",", "\t").replace("\n", "\r\n").encode(),
    ],
    ids=[
        "utf-8",
        "mark",
        "utf-16",
        "windows-1252",
        "windows-1252 with the mark of utf-8",
        "semicolons",
        "tabs",
    ],
)
def test_every_coding_and_separator_of_an_office_is_read(data: bytes) -> None:
    found = consent_lists.read(data, "list.csv")
    assert not found.problems and found.columns_left_out == ["Notes"]
    first, second, third = found.pupils
    assert (first.name, first.class_name, first.reference) == (
        "Niamh O’Brien",
        "Year 3 Swifts",
        "A801200112001",
    )
    assert first.kinds == {ConsentKind.IMAGE} and first.refused == {ConsentKind.VIDEO}
    assert first.given_by == "Siobhán O’Brien" and first.first_day == date(2025, 9, 3)
    assert second.kinds == {ConsentKind.IMAGE} and second.refused == frozenset(), "an empty cell is no answer"
    assert third.name.startswith("Zoë") and third.kinds == frozenset()


def test_xlsx_with_real_dates_is_read_and_broken_files_are_named() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Name", "Class", "Images", "Given by", "From", "Until", "UPN"])
    sheet.append(["Nowak, Maja", "Year 6 Owls", True, "Ewa Nowak", SEPTEMBER, date(2026, 8, 31), 12345])
    out = io.BytesIO()
    book.save(out)
    [pupil] = consent_lists.read(out.getvalue(), "list.xlsx").pupils
    assert pupil.name == "Maja Nowak" and pupil.reference == "12345"
    assert (pupil.first_day, pupil.last_day) == (date(2025, 9, 1), date(2026, 8, 31))
    for broken in (out.getvalue()[:900], b"PK\x03\x04" + b"\0" * 500):
        with pytest.raises(BadInput, match="can't be read as XLSX"):
            consent_lists.read(broken, "list.xlsx")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("\n\n , ,\n", "no line with anything"),
        ("Name,Class\n", "no pupil below"),
        ("Class,Photos\nYear 1,yes\n", "no column for the pupils' names"),
        ("Name,Photos\nIda Moss,yes\n", "no column for the class"),
        ("Name,Class,Photos,Images\nIda Moss,1,yes,yes\n", "Two columns mean the same"),
        ("Name\x00,Class\nIda,1\n", "neither a CSV nor an XLSX"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_what_to_do(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        as_list(text)
    assert refused.value.field == "file"


def test_every_bad_line_is_named_and_nothing_can_be_kept(session: Session, school_people: People) -> None:
    listed = as_list(
        "Name,Class,Photos,Given by,From,Until,UPN\n"
        "Ada Byron,Year 2,perhaps,Anne Byron,,,1\n"
        "Max,Year 2,yes,,,,2\n"
        ",Year 2,yes,Nobody,,,3\n"
        "Ben Okri,Year 2,yes,Jo Okri,31/02/2026,,4\n"
        "Cleo Day,Year 2,yes,Jo Day,01/09/2026,01/09/2025,5\n"
        "Dora Kim,Year 2,no,,,,6\n"
        "Dora Kim,YEAR 2,no,,,,7\n"
        "Eve Lin,Year 2,no,,,,6\n"
        "Finn Ode,,maybe,,32/01/2026,,8\n"
    )
    assert [one.line for one in listed.problems] == [2, 3, 4, 5, 6, 8, 9, 10]
    assert [one.who for one in listed.problems[:4]] == ["Ada Byron", "Max", "", "Ben Okri"]
    said = " ".join(one.sentence for one in listed.problems)
    for part in (
        "for images is neither yes nor no", "not who gave the consent", "The name is empty", "31/02/2026",
        "(01/09/2025) is before the first (01/09/2026)", "line 7 already", "class is empty",
    ):  # fmt: skip
        assert part in said, part
    for part in ("The class is empty", "“maybe” in the column", "“32/01/2026” is no date"):
        assert part in listed.problems[-1].sentence, "all mistakes of a line are told at once"
    assert [pupil.name for pupil in listed.pupils] == ["Dora Kim"]
    before = session.scalar(sa.select(sa.func.count()).select_from(Pupil))
    with pytest.raises(BadInput, match="put them right first"):
        consent_import.keep(
            session, listed, filename="x", whole_school=False, by=school_people[Role.DPO], now=NOW
        )
    assert session.scalar(sa.select(sa.func.count()).select_from(Pupil)) == before


def test_p24_a_list_enters_changes_ends_and_says_so(session: Session, school_people: People) -> None:
    officer = school_people[Role.DPO]
    done = take(session, officer, GOOD)
    session.commit()
    assert len(done.new) == 2 and len(done.moved) == 1, "Noah is in the register, in another class"
    assert len(done.consents) == 1, "Noah's consent is in force until the summer already"
    by_name = {pupil.name: pupil for pupil in consent.pupils(session)}
    niamh, noah = by_name["Niamh O’Brien"], by_name["Noah Featherstone"]
    assert noah.class_name == "Year 1 Robins" and niamh.reference == "A801200112001"
    assert not consent.missing_consent(session, [niamh.id, noah.id], ConsentKind.IMAGE, on=DAY)
    again = take(session, officer, GOOD)
    assert (again.new, again.moved, again.consents, again.withdrawals) == ([], [], [], [])
    assert again.unchanged == 3
    done = take(session, officer, "Name,Class,UPN,Photos\nNiamh Byrne,Year 4 Larks,A801200112001,no\n")
    session.commit()
    assert len(done.withdrawals) == 1 and niamh.name == "Niamh Byrne", "found by the number"
    assert consent.missing_consent(session, [niamh.id], ConsentKind.IMAGE, on=DAY) == [niamh]
    [ended] = [one for one in niamh.consents if one.withdrawn_at]
    assert "list.csv" in (ended.withdrawn_reason or "")
    assert audit.verify(session) is None


def test_half_a_name_is_asked_about_and_a_single_name_is_taken() -> None:
    heading = "Forename,Surname,Class,Photos,Given by\n"
    listed = as_list(heading + ",Jones,Year 2,yes,\nAsh,,Year 2,,\n-,Prince,Year 2,yes,Pa Prince\n")
    first, second = listed.problems
    assert "The forename is missing" in first.sentence and "“Jones”" in first.sentence
    assert "not who gave the consent" in first.sentence and "surname is missing" in second.sentence
    assert [one.name for one in listed.pupils] == ["Prince"]
    [only] = as_list("Name,Class\nSukarno,Year 2\n").pupils
    assert only.name == "Sukarno", "a list with one column of names may have single names"
    odd = ("Zoë 🌻", "Max 2")
    assert all(map(consent_lists.is_odd, odd))
    assert not any(map(consent_lists.is_odd, ("Zoë D'Souza", "Niamh O’Brien-Ó Sé", "Đỗ Thị Lan", "王芳")))


@SQLITE
def test_p24_the_next_years_list_moves_classes_up_and_lets_leavers_go(
    session: Session, school_people: People
) -> None:
    officer = school_people[Role.DPO]
    register = consent.pupils(session)
    swap = {"Year 4 Kestrels": "Year 6 Eagles", "Year 6 Eagles": "Year 4 Kestrels"}
    lines = [
        f"{pupil.name},{swap.get(pupil.class_name, pupil.class_name)}"
        for pupil in register
        if pupil.name != "Kofi Asamoah"
    ]
    done = take(session, officer, "Name,Class\n" + "\n".join(lines), whole=True)
    session.commit()
    assert [pupil.name for pupil in done.left] == ["Kofi Asamoah"]
    assert len(done.moved) == 5 and not done.new
    assert {pupil.name: pupil.class_name for pupil in consent.pupils(session)}[
        "Zofia Nowicka"
    ] == "Year 4 Kestrels"
    back = take(session, officer, "Name,Class\nKofi Asamoah,Year 6 Eagles\n")
    session.commit()
    assert len(back.moved) == 1 and "Kofi Asamoah" in consent.names(session)


@SQLITE
def test_two_children_of_one_name_are_never_mixed_up(session: Session, school_people: People) -> None:
    officer = school_people[Role.DPO]
    for group in ("Year 1", "Year 5"):
        consent.add_pupil(session, name="Sam Hill", class_name=group, by=officer, now=NOW)
    kept = consent_import.keep(
        session,
        as_list("Name,Class\nSam Hill,Year 2\n"),
        filename="x.csv",
        whole_school=False,
        by=officer,
        now=NOW,
    )
    with pytest.raises(BadInput, match="several pupils called Sam Hill"):
        consent_import.apply(session, kept.id, by=officer, now=NOW)
    one = take(session, officer, "Name,Class,UPN\nSam Hill,Year 1,U1\nSam Hill,Year 5,U2\n")
    assert len(one.moved) == 2, "their numbers are noted"
    session.commit()
    two = take(session, officer, "Name,Class,UPN\nSam Hill,Year 2,U1\nSam Hill,Year 6,U2\n")
    session.commit()
    assert len(two.moved) == 2 and not two.new
    with pytest.raises(BadInput, match="correct one of the two"):
        take(session, officer, "Name,Class,UPN\nSam Hill,Year 2,U9\n")


@SQLITE
def test_a_list_is_applied_once_by_the_dpo_alone(session: Session, school_people: People) -> None:
    officer = school_people[Role.DPO]
    kept = consent_import.keep(
        session, as_list(GOOD), filename="list.csv", whole_school=False, by=officer, now=NOW
    )
    with pytest.raises(NotPermitted):
        consent_import.apply(session, kept.id, by=school_people[Role.HEADTEACHER], now=NOW)
    consent_import.apply(session, kept.id, by=officer, now=NOW)
    session.commit()
    with pytest.raises(MoveNotAllowed, match="applied already"):
        consent_import.apply(session, kept.id, by=officer, now=NOW)
    assert kept.rows == [], "the names are in the register now, not here too"


def test_two_thousand_pupils_are_in_the_register_within_seconds(
    session: Session, school_people: People
) -> None:
    """The figure is printed, not asserted: 5 s is the goal on two idle cores."""
    lines = [
        f"Pupil{number} Family{number % 700},Year {number % 7},U{number:05},yes,Parent {number}"
        for number in range(2000)
    ]
    began = time.monotonic()
    done = take(session, school_people[Role.DPO], "Name,Class,UPN,Photos,Given by\n" + "\n".join(lines))
    session.commit()
    print(f"2,000 pupils read and applied in {time.monotonic() - began:.2f} s")
    assert len(done.new) == 2000 and len(done.consents) == 2000
    someone = session.scalars(sa.select(Pupil).where(Pupil.reference == "U01234")).one()
    assert not consent.missing_consent(
        session, [someone.id], ConsentKind.IMAGE, on=DAY + timedelta(days=1)
    ) or (DAY.month == 8 and DAY.day == 31)
