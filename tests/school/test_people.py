"""Roles, authorisations, PINs and sign-up links (P1, P2, P12)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, composing, db, people, pins, secrets, sign_up, standing_in
from school.errors import BadInput, LinkExpired, MoveNotAllowed, NotPermitted
from school.models import Account, Deputy, OutboxEmail, Person, Role
from school.setup import PRACTICE_PASSWORD, PRACTICE_PIN
from school.times import today

NOW = db.now()
People = dict[Role, Person]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.HEADTEACHER])
def test_p1_only_the_headteacher_grants_roles(session: Session, school_people: People, role: Role) -> None:
    with pytest.raises(NotPermitted, match="Only the headteacher"):
        people.grant_role(
            session, school_people[Role.STAFF], Role.SLT, by=school_people[role], reason="Because", now=NOW
        )
    assert school_people[Role.STAFF].roles == {Role.STAFF}


def test_a_role_can_be_granted_withdrawn_and_granted_again(session: Session, school_people: People) -> None:
    head, teacher = school_people[Role.HEADTEACHER], school_people[Role.STAFF]
    before = teacher.fs_uniquifier
    people.grant_role(session, teacher, Role.MODERATOR, by=head, reason="Covers for Priya", now=NOW)
    assert people.grant_role(session, teacher, Role.MODERATOR, by=head, reason="Again", now=NOW) is None
    session.commit()
    assert teacher in people.holders(session, Role.MODERATOR)
    people.withdraw_role(session, teacher, Role.MODERATOR, by=head, reason="Priya is back", now=NOW)
    session.commit()
    assert teacher not in people.holders(session, Role.MODERATOR)
    assert teacher.fs_uniquifier != before, "a withdrawn role must end the person's sessions"
    people.grant_role(session, teacher, Role.MODERATOR, by=head, reason="Away again", now=NOW)
    session.commit()
    assert Role.MODERATOR in teacher.roles
    assert audit.verify(session) is None


def test_the_only_headteacher_keeps_the_role_and_the_access(session: Session, school_people: People) -> None:
    head = school_people[Role.HEADTEACHER]
    with pytest.raises(BadInput, match="only headteacher"):
        people.withdraw_role(session, head, Role.HEADTEACHER, by=head, reason="Retiring", now=NOW)
    with pytest.raises(BadInput, match="only headteacher"):
        people.set_active(session, head, False, by=head, reason="Retiring", now=NOW)


@pytest.mark.parametrize("shut_out", [False, True])
def test_two_headteachers_at_once_leave_one(session: Session, school_people: People, shut_out: bool) -> None:
    """Each takes the other's role, or access: nobody could give it back if both were heard."""
    one, other = school_people[Role.HEADTEACHER], school_people[Role.SLT]
    people.grant_role(session, other, Role.HEADTEACHER, by=one, reason="Shares the post", now=NOW)
    session.commit()
    begin, refused = threading.Barrier(2), []

    def take(by_id: UUID, from_id: UUID) -> None:
        with db.reading() as looking:
            by = people.get(looking, by_id)
        begin.wait(30)
        try:
            with db.transaction() as writing:
                whom = people.get(writing, from_id)
                if shut_out:
                    people.set_active(writing, whom, False, by=by, reason="Not they", now=NOW)
                else:
                    people.withdraw_role(writing, whom, Role.HEADTEACHER, by=by, reason="Not they", now=NOW)
        except BadInput as error:
            refused.append(str(error))

    both = [threading.Thread(target=take, args=pair) for pair in ((one.id, other.id), (other.id, one.id))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    assert len(refused) == 1 and "only headteacher" in refused[0]
    session.expire_all()
    assert len(people.holders(session, Role.HEADTEACHER)) == 1


def test_p1_authorisation_is_per_person_and_account(
    session: Session, school_people: People, make_account: Callable[..., Account]
) -> None:
    head, teacher = school_people[Role.HEADTEACHER], school_people[Role.STAFF]
    x, page = make_account("x"), make_account("facebook")
    people.withdraw_authorisation(session, teacher, x, by=head, reason="Left the team", now=NOW)
    session.commit()
    assert not people.may_post(session, teacher, x.id)
    assert people.may_post(session, teacher, page.id)
    assert people.authorised_accounts(session, teacher) == [page]
    assert not people.may_post(session, school_people[Role.DPO], page.id)
    people.set_active(session, teacher, False, by=head, reason="Left the school", now=NOW)
    assert not people.may_post(session, teacher, page.id)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_p1_each_grant_and_withdrawal_has_its_reason(
    session: Session, school_people: People, make_account: Callable[..., Account]
) -> None:
    head, teacher, x = school_people[Role.HEADTEACHER], school_people[Role.STAFF], make_account("x")
    for act in (
        partial(people.grant_role, session, teacher, Role.SLT),
        partial(people.withdraw_role, session, school_people[Role.SLT], Role.SLT),
        partial(people.authorise, session, school_people[Role.DPO], x),
        partial(people.withdraw_authorisation, session, teacher, x),
        partial(people.set_active, session, teacher, False),
    ):
        with pytest.raises(BadInput, match="The reason is empty"):
            act(by=head, reason=" \n", now=NOW)
    assert teacher.active and teacher.roles == {Role.STAFF}
    assert people.may_post(session, teacher, x.id)
    assert not people.may_post(session, school_people[Role.DPO], x.id)


def test_p12_nobody_approves_their_own_draft(session: Session, school_people: People) -> None:
    for person in school_people.values():
        assert not people.may_approve(session, person, author_id=person.id, now=NOW)


@pytest.mark.parametrize("role", list(Role))
def test_p12_who_may_approve_a_teachers_draft(session: Session, school_people: People, role: Role) -> None:
    author = people.find(session, "newteacher@larkfield.test")
    assert author is not None
    allowed = people.may_approve(session, school_people[role], author_id=author.id, now=NOW)
    assert allowed is (role in {Role.HEADTEACHER, Role.SLT})


def test_the_headteachers_own_draft_goes_to_slt_or_the_chair(session: Session, school_people: People) -> None:
    head, slt, chair = (school_people[role] for role in (Role.HEADTEACHER, Role.SLT, Role.CHAIR))
    assert people.approvers(session, author_id=head.id, now=NOW) == [slt]
    assert people.may_approve(session, chair, author_id=head.id, now=NOW)
    people.set_active(session, slt, False, by=head, reason="Long leave", now=NOW)
    session.flush()
    assert people.approvers(session, author_id=head.id, now=NOW) == [chair]


def test_a_deputy_stands_in_on_the_named_days_alone(session: Session, school_people: People) -> None:
    head, chair, author = (school_people[role] for role in (Role.HEADTEACHER, Role.CHAIR, Role.STAFF))
    day = today(NOW)
    days = {"first_day": day, "last_day": day + timedelta(days=2)}
    named = standing_in.name(session, chair, **days, by=head, now=NOW)
    # P12: the headteacher or the leadership team decide.
    with pytest.raises(BadInput, match=f"{author.name} can’t be deputy: .* These could: .*{chair.name}"):
        standing_in.name(session, author, **days, by=head, now=NOW)
    # One who was named before that was asked.
    session.add(Deputy(person_id=author.id, named_by_id=head.id, named_at=NOW, **days))
    session.flush()
    assert people.approvers(session, author_id=author.id, now=NOW) == [chair]
    assert not people.may_approve(session, author, author_id=head.id, now=NOW)
    later = NOW + timedelta(days=3)
    assert people.approvers(session, author_id=author.id, now=later) == [head]
    assert not people.may_approve(session, chair, author_id=author.id, now=later)
    people.withdraw_role(session, chair, Role.CHAIR, by=head, reason="The term of office is over", now=NOW)
    assert people.approvers(session, author_id=author.id, now=NOW) == [head], "on a named day, without a role"
    assert not people.may_approve(session, chair, author_id=author.id, now=NOW)
    # Ended by another headteacher, it is told of the one who was away.
    slt = school_people[Role.SLT]
    people.grant_role(session, slt, Role.HEADTEACHER, by=head, reason="Co-head", now=NOW)
    session.flush()
    standing_in.withdraw(session, named.id, by=slt, now=NOW)
    session.flush()
    told = session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == "deputy_withdrawn")).one()
    assert told.subject.startswith(f"You no longer stand in for {head.name} from ")


def test_five_wrong_pins_lock_for_a_quarter_of_an_hour(session: Session, school_people: People) -> None:
    head = school_people[Role.HEADTEACHER]
    for _ in range(pins.TRIES):
        assert not pins.check(session, head, "0000", now=NOW)
        session.commit()
    with pytest.raises(BadInput, match="Too many wrong PINs"):
        pins.check(session, head, PRACTICE_PIN, now=NOW)
    assert pins.check(session, head, PRACTICE_PIN, now=NOW + pins.LOCK + timedelta(seconds=1))


@pytest.mark.parametrize("pin", ["", "123", "1111", "1234", "4321", "123456789", "12a4", "٤٢٧١", "7 21"])
def test_weak_or_odd_pins_are_refused(session: Session, school_people: People, pin: str) -> None:
    with pytest.raises(BadInput, match="PIN"):
        sign_up.set_pin(session, school_people[Role.STAFF], pin, by=None, now=NOW)


@pytest.mark.parametrize(
    "password",
    [
        "short", "aaaaaaaaaaaa", "teacher@larkfield.test", "x" * 257, "teacherpassword1", "iloveyou2026",
        "qwertyuiop12", "Larkfield2026", "HannahBirtwistle", "b1rtw1stle1",
    ],
)  # fmt: skip
def test_weak_passwords_are_refused(session: Session, school_people: People, password: str) -> None:
    with pytest.raises(BadInput) as error:
        sign_up.set_password(session, school_people[Role.STAFF], password, by=None, now=NOW)
    assert error.value.field == "password"


@pytest.mark.parametrize(
    "password",
    ["three random words", "мокрая выдра поёт", "Xk29fjw!pq0s", "wet otter" * 20, "🦦🦡 five otters"],
)
def test_a_password_that_nobody_guesses_is_taken(
    session: Session, school_people: People, password: str
) -> None:
    person = school_people[Role.STAFF]
    sign_up.set_password(session, person, password, by=person, now=NOW)
    assert secrets.check_secret(password, person.password)


def test_a_sign_up_link_works_once_and_dies_when_a_newer_one_is_made(
    session: Session, school_people: People
) -> None:
    head = school_people[Role.HEADTEACHER]
    person, first = people.add(
        session,
        name="  Siân  O’Leary-Ngũgĩ 🌱 ",
        email="Sian@Larkfield.TEST",
        roles={Role.STAFF},
        by=head,
        reason="New",
        now=NOW,
    )
    assert (person.name, person.email) == ("Siân O’Leary-Ngũgĩ 🌱", "sian@larkfield.test")
    second = sign_up.invite(session, person, by=head, now=NOW)
    session.commit()
    with pytest.raises(LinkExpired):
        sign_up.invited(session, first, now=NOW)
    sign_up.accept(session, second, password=PRACTICE_PASSWORD, pin="7391", now=NOW)
    session.commit()
    with pytest.raises(LinkExpired):
        sign_up.accept(session, second, password=PRACTICE_PASSWORD, pin="7391", now=NOW)


def test_a_sign_up_link_dies_after_a_week(session: Session, school_people: People) -> None:
    person, head = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    with pytest.raises(MoveNotAllowed):
        sign_up.invite(session, person, by=head, now=NOW)  # one alone could take over somebody's sign-in
    person.password = None
    token = sign_up.invite(session, person, by=head, now=NOW)
    with pytest.raises(LinkExpired):
        sign_up.invited(session, token, now=NOW + sign_up.LIFETIME)


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b", "a b@larkfield.test", "x@larkfield.test\r\nBcc: y@z.com"]
)
def test_what_is_no_address_is_refused_by_name(session: Session, school_people: People, address: str) -> None:
    with pytest.raises(BadInput, match="is not an e-mail address") as error:
        people.add(session, name="A", email=address, roles=set(), by=None, reason="r", now=NOW)
    assert error.value.field == "email"


def test_an_address_belongs_to_one_person(session: Session, school_people: People) -> None:
    with pytest.raises(BadInput, match="belongs to somebody already"):
        people.add(session, name="A", email="HEAD@larkfield.test", roles=set(), by=None, reason="r", now=NOW)


def test_p1_a_role_is_granted_once_to_somebody_who_was_shut_out_too(
    session: Session, school_people: People
) -> None:
    """Their grant waits for them; a second one broke the database's rule and the page with it."""
    head, deputy, now = school_people[Role.HEADTEACHER], school_people[Role.SLT], db.now()
    people.set_active(session, deputy, False, by=head, reason="Leave", now=now)
    session.commit()
    assert people.grant_role(session, deputy, Role.SLT, by=head, reason="Back soon", now=now) is None
    people.set_active(session, deputy, True, by=head, reason="Back", now=now)
    session.commit()
    assert Role.SLT in deputy.roles


def test_what_nobody_sees_is_no_part_of_a_name_and_stands_in_no_header() -> None:
    hidden = "\u202egnp.exe\u202c\u200b\u2066"
    assert people.person_name(f" Ann \x07 {hidden} ") == "Ann gnp.exe"
    persian = "\u0645\u06cc\u200c\u0631\u0645"
    assert people.person_name(persian) == persian, "its letters need the joiner"
    for empty in ("\u200b\u2066", "\u200d", " \u202e "):
        with pytest.raises(BadInput, match="The name is empty"):
            people.person_name(empty)
    # A name that was taken before this was asked.
    assert composing.one_line(f"Subject {hidden}\r\nBcc: all") == "Subject gnp.exe Bcc: all"
