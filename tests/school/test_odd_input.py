"""What offices and people really send: odd names and dates in lists, forms signed twice or late (P8, P24)."""

from __future__ import annotations

import threading
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import consent, consent_import, consent_lists, consent_plan, db, forms, people
from school.errors import NotFound, NotPermitted, SchoolgateError
from school.models import ConsentKind, FormEntry, FormKind, FormState, FormStep, Person, Pupil, Role
from tests.school.test_forms import filed, step

NOW = db.now()
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
People = dict[Role, Person]
WINDOWS = (
    b"\xef\xbb\xbf"
    + (
        "Name;Class;Photos;Given by;From;Until\r\n"
        "Cher;Year 1;yes;Zoë Müller;2025-09-03;31/08/2027\r\n"
        "Seán O’Dwyer;Year 1;yes;Áine O’Dwyer;3rd September 2025;31.8.27\r\n"
        "Anne-Marie D'Souza;Year 1;no;;;\r\n"
    ).encode("cp1252")
)


def test_p24_windows_1252_behind_a_mark_dates_in_each_form_and_a_pupil_with_one_name() -> None:
    found = consent_lists.read(WINDOWS, "list.csv")
    assert not found.problems
    assert [pupil.name for pupil in found.pupils] == ["Cher", "Seán O’Dwyer", "Anne-Marie D'Souza"]
    for pupil in found.pupils[:2]:
        assert (pupil.first_day, pupil.last_day) == (date(2025, 9, 3), date(2027, 8, 31))


def take(session: Session, by: Person, text: str) -> consent_plan.Plan:
    kept = consent_import.keep(
        session,
        consent_lists.read(text.encode(), "list.csv"),
        filename="list.csv",
        whole_school=True,
        by=by,
        now=NOW,
    )
    return consent_import.apply(session, kept.id, by=by, now=NOW)


@SQLITE
@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("Niamh O’Brien", "Niamh O'Brien"),
        ("Anne-Marie Dunn", "Anne‐Marie Dunn"),
        ("Zoë Hill", "Zoe\u0308 Hill"),
        ("ADA BYRON", "Ada Byron"),
    ],
)
def test_p24_one_child_spelt_by_two_systems_is_one_pupil(
    session: Session, school_people: People, first: str, then: str
) -> None:
    """Else the second list's “no” would end nothing, and the first entry would go on allowing pictures."""
    officer = school_people[Role.DPO]
    take(session, officer, f"Name,Class,Photos,Given by\n{first},Year 3,yes,A parent\n")
    session.commit()
    done = take(session, officer, f"Name,Class,Photos\n{then},Year 3,no\n")
    session.commit()
    assert not done.new and len(done.withdrawals) == 1
    [pupil] = consent.pupils(session)
    # Capitals alone are no other spelling: the register's stays until somebody puts it right by hand.
    assert pupil.name == (first if first.casefold() == then.casefold() else then)
    assert not any(one.withdrawn_at is None for one in pupil.consents)
    listed = consent_lists.read(f"Name,Class\n{first},Year 3\n{then},Year 3\n".encode(), "list.csv")
    assert "line 2 already" in listed.problems[0].sentence


@SQLITE
def test_p24_an_emoji_in_a_name_is_kept_and_found(session: Session, school_people: People) -> None:
    text = "Name,Class,Photos,Given by\nLuna 🌙 Park,Year 3,yes,A parent 👪\n"
    take(session, school_people[Role.DPO], text)
    session.commit()
    session.expire_all()
    [pupil] = session.scalars(sa.select(Pupil).where(Pupil.left_on.is_(None)))
    assert pupil.name == "Luna 🌙 Park"
    assert [(one.kind, one.given_by) for one in pupil.consents] == [(ConsentKind.IMAGE, "A parent 👪")]


# Forms


@SQLITE
@pytest.mark.parametrize("how", ["role withdrawn", "shut out"])
def test_p8_whose_role_ended_meanwhile_signs_no_more(
    session: Session, school_people: People, how: str
) -> None:
    """The page was open when the role ended: the signature counts from when it is given."""
    head, marketing = school_people[Role.HEADTEACHER], school_people[Role.MARKETING_OFFICER]
    entry = filed(session, FormKind.NEW_ACCOUNT, school_people[Role.STAFF])
    assert FormState.SIGNED in [to for to, _move in forms.open_moves(session, entry, marketing)]
    if how == "shut out":
        people.set_active(session, marketing, False, by=head, reason="Left", now=NOW)
    else:
        people.withdraw_role(session, marketing, Role.MARKETING_OFFICER, by=head, reason="Left", now=NOW)
    session.commit()
    with pytest.raises((NotPermitted, NotFound)):
        step(session, entry, FormState.SIGNED, marketing)
    session.rollback()
    assert session.get_one(FormEntry, entry.id).state is FormState.FILED and not entry.steps


@SQLITE
def test_p8_a_signature_stays_when_the_role_ends_after_it(session: Session, school_people: People) -> None:
    """It says who signed and when; the headteacher goes on from there."""
    head, marketing = school_people[Role.HEADTEACHER], school_people[Role.MARKETING_OFFICER]
    entry = filed(session, FormKind.NEW_ACCOUNT, school_people[Role.STAFF])
    step(session, entry, FormState.SIGNED, marketing)
    people.withdraw_role(session, marketing, Role.MARKETING_OFFICER, by=head, reason="Left", now=NOW)
    session.commit()
    step(session, entry, FormState.APPROVED, head)
    assert [one.by_id for one in entry.steps] == [marketing.id, head.id]


def test_p8_signed_in_two_windows_at_once_is_signed_once(session: Session, school_people: People) -> None:
    marketing = school_people[Role.MARKETING_OFFICER]
    entry = filed(session, FormKind.NEW_ACCOUNT, school_people[Role.STAFF])
    begin, refused = threading.Barrier(2), []

    def sign() -> None:
        begin.wait(30)
        try:
            with db.transaction() as other:
                by = other.get_one(Person, marketing.id)
                forms.answer(
                    other, entry.id, FormState.SIGNED, words="Mine", by=by, url="http://127.0.0.1", now=NOW
                )
        except SchoolgateError as error:
            refused.append(str(error))

    both = [threading.Thread(target=sign) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert len(refused) == 1 and "already" in refused[0]
    assert session.scalar(sa.select(sa.func.count()).select_from(FormStep)) == 1
