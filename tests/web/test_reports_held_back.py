"""P3, P34: a file says nothing of what was reported of its person until somebody has said that it may."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import db, forms, named_in_forms
from school.errors import BadInput
from school.models import AuditEntry, FormEntry, FormKind, FormState, HoldOn, Person, Role
from school.retention import Subject
from tests.web.conftest import Browser
from tests.web.test_subject_access import made
from web import disclosure
from worker import exporting

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
People = dict[Role, Person]
TITLE = "Forms that name them"


def report(session: Session, by: Person, of: str, *, about_headteacher: bool = False) -> FormEntry:
    values = {"day": "2026-06-03", "person": of, "url": "", "nature": "Wolfsbane was seen on a tablet"}
    return forms.file(
        session, FormKind.INAPPROPRIATE_CONTENT, values, by=by, about_headteacher=about_headteacher,
        url="https://social.test", now=db.now(),
    )  # fmt: skip


def asks_for_site(session: Session, by: Person, of: str) -> FormEntry:
    names = (field.name for field in forms.FORMS[FormKind.BLOCKED_CONTENT].fields)
    values = dict.fromkeys(names, f"Marshmallow for {of}") | {"day": "2026-06-03", "url": "https://a.test"}
    return forms.file(
        session, FormKind.BLOCKED_CONTENT, values, by=by, about_headteacher=False, url="https://social.test",
        now=db.now(),
    )  # fmt: skip


def test_p34_a_file_gives_no_report_away_until_somebody_says_that_it_may(
    session: Session, school_people: People, signed_in: Callable[[Role], Browser]
) -> None:
    officer, teacher, filer = (school_people[role] for role in (Role.DPO, Role.STAFF, Role.SLT))
    entry = report(session, filer, f"Ask {teacher.name.upper()}")
    asks_for_site(session, filer, teacher.name)
    other = report(session, filer, "Somebody else")
    session.commit()
    subject = disclosure.subject_of(session, "person", teacher.id)
    sections, page = made(session, subject, officer)
    assert "Wolfsbane" not in json.dumps(sections) + page
    # What reports nobody is theirs to have.
    assert len(sections[TITLE]) == 1 and "Marshmallow" in json.dumps(sections[TITLE])

    address = f"/data-protection/people/person/{teacher.id}/file"
    browser = signed_in(Role.DPO)
    shown = browser.get(address).text
    assert "1 form in which they are named reports something" in shown and f'value="{entry.id}"' in shown
    assert "Wolfsbane" not in shown and str(other.id) not in shown
    for wrong in ({"let_in": str(entry.id)}, {"let_in": str(other.id), "let_in_reason": "Because"}):
        assert browser.post(address, address, **wrong).status_code == 400
    sent = browser.post(address, address, let_in=str(entry.id), let_in_reason="The lead says so")
    assert sent.status_code == 302 and exporting.make_one()
    session.commit()
    let_in = disclosure.Choices(let_in=frozenset({entry.id}))
    sections, _page = made(session, subject, officer, let_in, "The lead says so again")
    assert "Wolfsbane" in json.dumps(sections[TITLE]) and len(sections[TITLE]) == 2
    lines = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "report_let_into_file")).all()
    assert [(one.object_kind, one.object_id) for one in lines] == [("form", str(entry.id))] * 2
    assert lines[0].detail == {"reason": "The lead says so"}
    with pytest.raises(BadInput):
        wrongly = disclosure.Choices(let_in=frozenset({other.id}))
        disclosure.ask(session, subject, wrongly, reason="Because", by=officer, now=db.now())


def test_p34_what_somebody_filed_or_answered_is_in_their_own_file(
    session: Session, school_people: People
) -> None:
    officer, manager, filer = (school_people[role] for role in (Role.DPO, Role.NETWORK_MANAGER, Role.SLT))
    own = report(session, filer, filer.name)
    answered = report(session, filer, manager.name)
    forms.answer(
        session, answered.id, FormState.DONE, words="Looked at it", by=manager, url="https://social.test",
        now=db.now(),
    )  # fmt: skip
    session.commit()
    for person, entry in ((filer, own), (manager, answered)):
        subject = disclosure.subject_of(session, "person", person.id)
        assert disclosure.reports(session, subject, asked_by_id=officer.id) == [], person.name
        assert "Wolfsbane" in json.dumps(made(session, subject, officer)[0][TITLE]), entry.id


def test_p3_a_report_about_the_headteacher_is_neither_in_a_headteachers_file_nor_named_to_them(
    session: Session, school_people: People
) -> None:
    officer, head, teacher = (school_people[role] for role in (Role.DPO, Role.HEADTEACHER, Role.STAFF))
    entry = report(session, school_people[Role.SLT], f"{teacher.name}, {head.name}", about_headteacher=True)
    session.commit()

    def held(of: Person, asked_by: Person) -> list[FormEntry]:
        subject = disclosure.subject_of(session, "person", of.id)
        return disclosure.reports(session, subject, asked_by_id=asked_by.id)

    assert held(teacher, officer) == [entry]
    assert held(teacher, head) == held(head, officer) == held(head, head) == []
    for of, asked_by in ((teacher, head), (head, officer)):
        subject = disclosure.subject_of(session, "person", of.id)
        let_in = disclosure.Choices(let_in=frozenset({entry.id}))
        said = str(disclosure.of_subject(session, subject, choices=let_in, asked_by_id=asked_by.id))
        assert "Wolfsbane" not in said
        with pytest.raises(BadInput):
            disclosure.ask(session, subject, let_in, reason="Because", by=asked_by, now=db.now())


def test_p34_a_form_names_whom_its_answers_name_in_whole_words(
    session: Session, school_people: People
) -> None:
    """Neither the letters of a short name in other words nor what the form's questions are called."""
    entry = report(session, school_people[Role.SLT], "Ask Siân O'Brien, called \"Al\", and\nTim's mother")
    for name, named in (
        ("Siân O'Brien", True), ("al", True), ("Tim", True), ("Sian O'Brien", False), ("Brie", False),
        ("person", False), ("nature", False), ("ask", True), ("Wolf", False), ("Tim's mother", True),
    ):  # fmt: skip
        found = named_in_forms.naming(session, name, past_head=False)
        assert found == ([entry] if named else []), name


def test_p34_whoever_has_no_name_is_named_in_no_form(session: Session, school_people: People) -> None:
    """Of some people on the platforms neither name nor handle is known."""
    report(session, school_people[Role.SLT], "Somebody else")
    nobody = Subject(HoldOn.AUTHOR, school_people[Role.STAFF].id, " ")
    assert named_in_forms.naming(session, nobody.name, past_head=False) == []
