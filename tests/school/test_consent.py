"""The consent register decides who may be shown (P4, P24 to P26)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.orm import Session

from school import consent, db, requests
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models import ConsentKind, Person, Role
from school.times import today

NOW = db.now()
DAY = today(NOW)
People = dict[Role, Person]


def test_p26_consent_counts_for_its_kind_and_dates_alone(session: Session, school_people: People) -> None:
    officer = school_people[Role.DPO]
    pupil = consent.add_pupil(session, name="Zoë d’Árcy-Ọlá", class_name="Year 2", by=officer, now=NOW)
    assert consent.missing_consent(session, [pupil.id], ConsentKind.IMAGE, on=DAY) == [pupil]
    given = consent.record_consent(
        session,
        pupil,
        kind=ConsentKind.IMAGE,
        given_by="Ann d’Árcy",
        first_day=DAY,
        last_day=DAY + timedelta(days=10),
        by=officer,
        now=NOW,
    )
    session.commit()
    assert consent.missing_consent(session, [pupil.id], ConsentKind.IMAGE, on=DAY) == []
    assert consent.missing_consent(session, [pupil.id], ConsentKind.VIDEO, on=DAY) == [pupil]
    assert consent.missing_consent(session, [pupil.id], ConsentKind.IMAGE, on=DAY + timedelta(days=11)) == [
        pupil
    ]
    consent.withdraw(session, given.id, reason="Letter of the mother", by=officer, now=NOW)
    session.commit()
    assert consent.missing_consent(session, [pupil.id], ConsentKind.IMAGE, on=DAY) == [pupil]
    with pytest.raises(MoveNotAllowed):
        consent.withdraw(session, given.id, reason="Again", by=officer, now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DPO])
def test_p4_only_the_dpo_edits_the_register(session: Session, school_people: People, role: Role) -> None:
    with pytest.raises(NotPermitted):
        consent.add_pupil(session, name="A B", class_name="Year 1", by=school_people[role], now=NOW)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_p4_nobody_else_enters_or_ends_anything_in_it(session: Session, school_people: People) -> None:
    officer, head = school_people[Role.DPO], school_people[Role.HEADTEACHER]
    pupil = consent.add_pupil(session, name="Ada Byron", class_name="Year 3", by=officer, now=NOW)
    given = partial(
        consent.record_consent, session, pupil, kind=ConsentKind.IMAGE, given_by="Ann Byron", first_day=DAY,
        last_day=DAY + timedelta(days=10),
    )  # fmt: skip
    held = given(by=officer, now=NOW)
    session.commit()
    for act in (
        given,
        partial(consent.withdraw, session, held.id, reason="A letter"),
        partial(consent.withdraw_all, session, pupil.id, kind=None, reason="A letter"),
        partial(consent.mark_left, session, pupil.id),
        partial(consent.bring_back, session, pupil.id, reason="returned"),
    ):
        with pytest.raises(NotPermitted):
            act(by=head, now=NOW)
    assert len(pupil.consents) == 1 and held.withdrawn_at is None and pupil.left_on is None


def test_the_same_pupil_twice_and_a_stranger(session: Session, school_people: People) -> None:
    officer = school_people[Role.DPO]
    consent.add_pupil(session, name="Ada Byron", class_name="Year 3", by=officer, now=NOW)
    with pytest.raises(BadInput, match="already"):
        consent.add_pupil(session, name=" Ada  Byron ", class_name="Year 3", by=officer, now=NOW)
    with pytest.raises(NotFound):
        consent.missing_consent(session, [db.new_id()], ConsentKind.IMAGE, on=DAY)


@pytest.mark.parametrize("words", ["zoe d'arcy", "ZOË D’ÁRCY", "Ola", "Zoe\u0308"])
def test_p34_a_name_is_found_however_it_is_typed(session: Session, school_people: People, words: str) -> None:
    pupil = consent.add_pupil(
        session, name="Zoë d’Árcy-Ọlá", class_name="Year 2", by=school_people[Role.DPO], now=NOW
    )
    assert [found.id for found in requests.people_named(session, words)] == [pupil.id]
    assert requests.people_named(session, "Zoe Ola") == []
