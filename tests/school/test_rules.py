"""Terms of use, training and reminders (P6, P7, P32)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, db, gates, people, reminders, setup, terms, training
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import OutboxEmail, Person, Role, TermsAcceptance, TrainingRecord
from school.permissions import ALLOWED, Action
from school.times import today

# At noon: a day more or less before midnight, across a clock change, is not what is tested.
NOW = db.now().replace(hour=12)
URL = "https://social.test"
People = dict[Role, Person]

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def newcomer(session: Session) -> Person:
    """The practice school's new teacher: no training, no terms accepted."""
    person = people.find(session, f"newteacher@{setup.PRACTICE_DOMAIN}")
    assert person is not None
    return person


def subjects(session: Session, purpose: str) -> list[str]:
    return list(
        session.scalars(sa.select(OutboxEmail.to_address).where(OutboxEmail.purpose == purpose).distinct())
    )


def train(session: Session, person: Person, by: Person, **more: object) -> list[TrainingRecord]:
    values: dict[str, object] = {"held_on": today(NOW), "valid_until": None, "about": "Induction", "now": NOW}
    return training.record(session, person_ids=[person.id], by=by, **{**values, **more})  # type: ignore[arg-type]


def test_p6_p7_what_is_missing_is_said_and_goes_when_it_is_there(
    session: Session, school_people: People
) -> None:
    person, head = newcomer(session), school_people[Role.HEADTEACHER]
    missing = gates.obstacles(session, person, now=NOW)
    assert [one.path for one in missing] == ["/terms", "/me"]
    assert "not accepted the terms" in missing[0].what and "not recorded" in missing[1].what
    terms.accept(session, number=1, by=person, now=NOW)
    terms.accept(session, number=1, by=person, now=NOW)
    train(session, person, head)
    session.commit()
    assert gates.obstacles(session, person, now=NOW) == []
    assert session.scalar(sa.select(sa.func.count()).where(TermsAcceptance.person_id == person.id)) == 1
    assert audit.verify(session) is None


@one_database
@pytest.mark.parametrize("role", list(Role))
def test_p6_p7_only_the_table_decides_who_manages_them(
    session: Session, school_people: People, role: Role
) -> None:
    person = school_people[role]
    for action, act in (
        (Action.MANAGE_TRAINING, lambda: train(session, person, person)),
        (
            Action.MANAGE_TRAINING,
            lambda: training.refresh_after_incident(session, reason="R", by=person, url=URL, now=NOW),
        ),
        (
            Action.SET_TERMS,
            lambda: terms.publish(
                session, text="New", what_changed="All", based_on=1, by=person, url=URL, now=NOW
            ),
        ),
        (
            Action.SET_TERMS,
            lambda: terms.record_review(
                session,
                reviewed_on=today(NOW),
                next_on=today(NOW) + timedelta(days=300),
                note="",
                by=person,
                now=NOW,
            ),
        ),
    ):
        if ALLOWED[action] & person.roles:
            act()
        else:
            with pytest.raises(NotPermitted):
                act()


@one_database
def test_p6_training_counts_for_a_year_and_not_a_day_longer(session: Session, school_people: People) -> None:
    person, head = newcomer(session), school_people[Role.HEADTEACHER]
    held = today(NOW)
    [entry] = train(session, person, head)
    assert entry.valid_until == training.a_year_after(held)
    last_day = NOW + (entry.valid_until - held)
    assert training.standing(session, person, now=last_day).in_date
    after = training.standing(session, person, now=last_day + timedelta(days=1))
    assert not after.in_date and after.last is entry
    assert training.a_year_after(date(2028, 2, 29)) == date(2029, 2, 28)


@one_database
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"held_on": today(NOW) + timedelta(days=1)}, "held_on"),
        ({"valid_until": today(NOW) - timedelta(days=1)}, "valid_until"),
        ({"valid_until": today(NOW) + timedelta(days=800)}, "valid_until"),
        ({"about": "  "}, "about"),
    ],
)
def test_p6_a_training_that_cannot_be_is_named(
    session: Session, school_people: People, more: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        train(session, newcomer(session), school_people[Role.SLT], **more)
    assert refused.value.field == field


def test_p6_after_an_incident_only_new_training_counts(session: Session, school_people: People) -> None:
    slt, teacher = school_people[Role.SLT], school_people[Role.STAFF]
    assert training.standing(session, teacher, now=NOW).in_date
    later = NOW + timedelta(days=40)
    training.refresh_after_incident(session, reason="A post named a pupil", by=slt, url=URL, now=later)
    session.commit()
    stands = training.standing(session, teacher, now=later)
    assert not stands.in_date and stands.refresh_due
    assert "After an incident" in gates.obstacles(session, teacher, now=later)[0].what
    told = subjects(session, "training_refresh")
    assert teacher.email in told and len(told) == len(
        [one for one in people.everybody(session) if one.active]
    )
    # A course from before the incident, entered only now, is no refresh.
    train(session, teacher, slt, held_on=today(later) - timedelta(days=3), now=later)
    assert not training.standing(session, teacher, now=later).in_date
    train(session, teacher, slt, held_on=today(later), now=later + timedelta(hours=2))
    assert training.standing(session, teacher, now=later + timedelta(hours=3)).in_date
    assert not training.standing(session, newcomer(session), now=later).refresh_due
    assert [one.in_date for one in training.standings(session, now=later + timedelta(hours=3))].count(
        True
    ) == 1


def test_p32_a_new_version_asks_everybody_again(session: Session, school_people: People) -> None:
    head, teacher = school_people[Role.HEADTEACHER], school_people[Role.STAFF]
    before = terms.current(session)
    assert before is not None and terms.accepted_at(session, teacher) is not None
    version = terms.publish(
        session,
        text="Be kind.\r\nAlways — déjà vu 🙂",
        what_changed="Shorter",
        based_on=before.number,
        by=head,
        url=URL,
        now=NOW,
    )
    session.commit()
    assert version.number == before.number + 1 and version.text == "Be kind.\nAlways — déjà vu 🙂"
    assert terms.accepted_at(session, teacher) is None and terms.accepted_at(session, head) is not None
    assert teacher in terms.not_yet_accepted(session) and head not in terms.not_yet_accepted(session)
    told = subjects(session, "new_terms")
    assert teacher.email in told and head.email not in told
    with pytest.raises(MoveNotAllowed, match="newer version"):
        terms.accept(session, number=before.number, by=teacher, now=NOW)
    with pytest.raises(MoveNotAllowed, match="was published while you wrote"):
        terms.publish(
            session, text="Other", what_changed="x", based_on=before.number, by=head, url=URL, now=NOW
        )
    with pytest.raises(BadInput, match="Nothing of the text was changed"):
        terms.publish(
            session,
            text=version.text,
            what_changed="x",
            based_on=version.number,
            by=head,
            url=URL,
            now=NOW,
        )


@one_database
def test_p6_p32_reminders_go_out_once_for_each_stage(session: Session, school_people: People) -> None:
    teacher, head = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    end = training.standing(session, teacher, now=NOW).last
    assert end is not None
    last_day = NOW + (end.valid_until - today(NOW))
    review = today(NOW) + timedelta(days=100)
    terms.record_review(session, reviewed_on=today(NOW), next_on=review, note="", by=head, now=NOW)
    assert reminders.due_now(session, url=URL, now=NOW) == 0
    reviewing = NOW + timedelta(days=71)
    assert reminders.due_now(session, url=URL, now=reviewing) == 2, "headteacher and chair"
    assert reminders.due_now(session, url=URL, now=reviewing) == 0
    terms.record_review(
        session,
        reviewed_on=today(reviewing),
        next_on=today(last_day) + timedelta(days=300),
        note="Done",
        by=head,
        now=reviewing,
    )
    trained = len([one for one in training.standings(session, now=NOW) if one.in_date])
    for days, expected in ((31, 0), (30, trained), (29, 0), (7, trained), (0, trained), (-5, 0)):
        moment = last_day - timedelta(days=days)
        assert reminders.due_now(session, url=URL, now=moment) == expected, days
    # One that was never reminded, the scheduler having been off, gets one mail and not three.
    train(session, newcomer(session), head)
    assert reminders.due_now(session, url=URL, now=last_day) == 1
    assert reminders.due_now(session, url=URL, now=last_day) == 0


@one_database
def test_a_new_school_begins_with_terms_and_nobody_trained(session: Session) -> None:
    setup.set_up(
        session,
        name="St Oswald’s",
        domain="oswald.sch.uk",
        headteacher_name="Ada Lowe",
        headteacher_email="head@oswald.sch.uk",
        now=NOW,
    )
    [head] = people.holders(session, Role.HEADTEACHER)
    found = terms.current(session)
    assert found is not None and found.number == 1 and "consent record" in found.text
    assert [one.path for one in gates.obstacles(session, head, now=NOW)] == ["/terms", "/training"]
    missing = gates.obstacles(session, head, now=NOW, accounts=True)
    assert "No account of the school is connected yet" in missing[0].what and missing[0].even_to_write
    assert missing[0].path == "/accounts#connect-heading"


@one_database
def test_an_earlier_practice_school_is_made_ready_once(session: Session, school_people: People) -> None:
    session.execute(sa.delete(TrainingRecord))
    session.execute(sa.delete(TermsAcceptance))
    setup.ready_practice(session, now=NOW)
    setup.ready_practice(session, now=NOW)
    assert gates.obstacles(session, school_people[Role.STAFF], now=NOW) == []
    assert len(gates.obstacles(session, newcomer(session), now=NOW)) == 2
    assert session.scalar(sa.select(sa.func.count()).select_from(TrainingRecord)) == 9
