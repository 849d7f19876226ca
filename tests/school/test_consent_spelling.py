"""An office's list that writes names and classes in its own way, or leaves a class out (P24)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from school import consent, consent_import, consent_lists, consent_plan, pupil_names
from school.errors import BadInput
from school.models import Person, Pupil, Role
from school.models.consent import ConsentImport

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
CLASS = "Year 4 Kestrels"


@pytest.fixture
def officer(school_people: dict[Role, Person]) -> Person:
    return school_people[Role.DPO]


@pytest.fixture
def amelia(session: Session, officer: Person) -> Pupil:
    """A pupil in a class with another one, and one who left."""
    consent.add_pupil(session, name="Mia Ash", class_name=CLASS, by=officer, now=NOW)
    gone = consent.add_pupil(session, name="Ted Gone", class_name=CLASS, by=officer, now=NOW)
    consent.mark_left(session, gone.id, by=officer, now=NOW)
    return consent.add_pupil(session, name="Amelia McKay", class_name=CLASS, by=officer, now=NOW)


def kept(session: Session, by: Person, lines: str) -> ConsentImport:
    register = consent_plan.Register(session)
    listed = consent_lists.read(f"Name,Class,UPN\n{lines}".encode(), "list.csv", has_class=register.has_class)
    return consent_import.keep(session, listed, filename="list.csv", whole_school=False, by=by, now=NOW)


def test_capitals_alone_change_neither_a_name_nor_a_class(
    session: Session, officer: Person, amelia: Pupil
) -> None:
    one = kept(session, officer, "Amelia MCKAY,year 4 kestrels,\nKofi Owusu,YEAR 4 KESTRELS,\n")
    made = consent_plan.plan(session, one, now=NOW)
    assert not made.moved and not made.odd_classes and made.unchanged == 1
    assert [(new.name, new.class_name) for new in made.new] == [("Kofi Owusu", CLASS)]
    consent_import.apply(session, one.id, by=officer, now=NOW)
    assert (amelia.name, amelia.class_name) == ("Amelia McKay", CLASS)
    # Another apostrophe or name is a change that is shown; capitals are put right by hand.
    more = kept(session, officer, "Amelia Mackay,Year 4 Kestrels,\n")
    assert [new.name for new in consent_plan.plan(session, more, now=NOW).new] == ["Amelia Mackay"]
    pupil_names.correct(session, amelia.id, name="Amelia Mckay", class_name=CLASS, by=officer, now=NOW)
    assert amelia.name == "Amelia Mckay"


def test_a_pupil_who_moves_up_keeps_the_capitals_of_the_register(
    session: Session, officer: Person, amelia: Pupil
) -> None:
    one = kept(session, officer, "AMELIA MCKAY,Year 5 Owls,\nIda Moss,year 5 owls,\n")
    consent_import.apply(session, one.id, by=officer, now=NOW)
    assert (amelia.name, amelia.class_name) == ("Amelia McKay", "Year 5 Owls")
    assert {pupil.class_name for pupil in consent.pupils(session)} >= {CLASS, "Year 5 Owls"}
    assert "year 5 owls" not in pupil_names.classes(session)


def test_the_register_is_in_order_whatever_the_capitals_and_accents(
    session: Session, officer: Person, amelia: Pupil
) -> None:
    names = ["يوسف", "ADA LARK", "Éloïse Ayr", "Zoe Pike"]
    for name in names:
        consent.add_pupil(session, name=name, class_name="year 4 kestrels", by=officer, now=NOW)
    found = [one.name for one in consent.pupils(session) if one.class_name.casefold() == CLASS.casefold()]
    ours = [one for one in found if one in {*names, "Mia Ash", "Amelia McKay"}]
    assert ours == ["ADA LARK", "Amelia McKay", "Éloïse Ayr", "Mia Ash", "Zoe Pike", "يوسف"]


def test_an_empty_class_leaves_a_pupil_where_they_are(
    session: Session, officer: Person, amelia: Pupil
) -> None:
    one = kept(session, officer, "Amelia McKay,,A123\n")
    consent_import.apply(session, one.id, by=officer, now=NOW)
    assert (amelia.class_name, amelia.reference) == (CLASS, "A123")
    # By their number, too; moved meanwhile, they stay where they are now.
    again = kept(session, officer, "Amelia Kay,,A123\n")
    amelia.class_name = "Year 5 Owls"
    session.flush()
    consent_import.apply(session, again.id, by=officer, now=NOW)
    assert (amelia.name, amelia.class_name) == ("Amelia Kay", "Year 5 Owls")


@pytest.mark.parametrize("line", ["Nobody Known,,", "Ted Gone,,", "Amelia McKay,,"])
def test_an_empty_class_is_asked_for_where_it_says_nothing(
    line: str, session: Session, officer: Person, amelia: Pupil
) -> None:
    """A new pupil, one who left, one of two of a name."""
    if "Amelia" in line:
        consent.add_pupil(session, name="Amelia McKay", class_name="Year 1", by=officer, now=NOW)
    register = consent_plan.Register(session)
    data = f"Name,Class,UPN\n{line}\n".encode()
    [problem] = consent_lists.read(data, "list.csv", has_class=register.has_class).problems
    assert problem.sentence == "The class is empty: write it."
    # Also where the register has changed since the list was read.
    one = kept(session, officer, "Mia Ash,,\n")
    one.rows = [{**one.rows[0], "name": line.split(",")[0]}]
    session.flush()
    assert [it.sentence for it in consent_plan.plan(session, one, now=NOW).problems] == [problem.sentence]
    with pytest.raises(BadInput, match="The class is empty"):
        consent_import.apply(session, one.id, by=officer, now=NOW)


def test_a_mistyped_class_is_put_right_where_somebody_says_so(
    session: Session, officer: Person, amelia: Pupil
) -> None:
    lines = "Ida Moss,4K,\nJo Lark,Yr 4 Kestrel,\n"
    one = kept(session, officer, lines)
    assert [like for _entry, like in consent_plan.plan(session, one, now=NOW).odd_classes] == [CLASS, CLASS]
    # A line that has no such question is left as it is written, whatever is sent.
    done = consent_import.apply(session, one.id, meant=["2", "99", "x"], by=officer, now=NOW)
    assert {new.name: new.class_name for new in done.new} == {"Ida Moss": CLASS, "Jo Lark": "Yr 4 Kestrel"}
    written = {pupil.name: pupil.class_name for pupil in consent.pupils(session)}
    assert (written["Ida Moss"], written["Jo Lark"]) == (CLASS, "Yr 4 Kestrel")


@pytest.mark.parametrize(
    ("lines", "meant", "said"),
    [
        ("Ida Moss,4K,\nIda Moss,Year 4 Kestrels,\n", ["2"], "Line 3 (Ida Moss): This is the same pupil as"),
        ("Ida Moss,4K,\nIda Moss,Yr 4 Kestrel,\n", ["2", "3"], "This is the same pupil as in line 2"),
        ("Mia Ash,Year 4 Kestrels,A123\n", [], "another pupil called Mia Ash in Year 4 Kestrels"),
    ],
)
def test_two_of_one_name_never_end_in_one_class(
    lines: str, meant: list[str], said: str, session: Session, officer: Person, amelia: Pupil
) -> None:
    """Where a class is put right on the page, or a number is another child's: told, not broken off."""
    amelia.reference = "A123"
    session.flush()
    one = kept(session, officer, lines)
    with pytest.raises(BadInput, match=re.escape(said)):
        consent_import.apply(session, one.id, meant=meant, by=officer, now=NOW)
    assert "Ida Moss" not in {pupil.name for pupil in consent.pupils(session)} and one.applied_at is None
