"""The policy's forms: who files, sees, signs and answers (P3, P8, P30, P31)."""

from __future__ import annotations

from itertools import product

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, db, form_readers, form_turns, forms, people
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.forms import FormRefused
from school.models import AuditEntry, FormEntry, FormKind, FormState, OutboxEmail, Person, Role

NOW = db.now()
URL = "https://social.test"
People = dict[Role, Person]
K, S = FormKind, FormState
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def filled(kind: FormKind, **more: str) -> dict[str, str]:
    """Every field of a form with something that it takes."""
    samples = {
        "date": "2027-01-12",
        "line": "Somebody",
        "words": "Because it is needed.",
        "addresses": "https://example.org/a\nhttps://example.org/ü",
        "people": "Zoë O’Hara\nIan Müller",
    }
    return {field.name: samples[field.kind] for field in forms.FORMS[kind].fields} | more


def filed(session: Session, kind: FormKind, by: Person, **more: object) -> FormEntry:
    entry = forms.file(session, kind, filled(kind), by=by, url=URL, now=NOW, **more)  # type: ignore[arg-type]
    session.commit()
    return entry


def step(session: Session, entry: FormEntry, to: FormState, by: Person) -> None:
    forms.answer(session, entry.id, to, words="So be it.", by=by, url=URL, now=NOW)
    session.commit()


def told(session: Session) -> set[str]:
    return set(session.scalars(sa.select(OutboxEmail.to_address).where(OutboxEmail.purpose == "form")))


def test_p30_blocked_content_is_decided_by_the_headteacher_and_done_by_the_network_manager(
    session: Session, school_people: People
) -> None:
    teacher, head = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    manager = school_people[Role.NETWORK_MANAGER]
    entry = filed(session, K.BLOCKED_CONTENT, teacher)
    assert told(session) == {head.email}
    with pytest.raises(MoveNotAllowed):
        step(session, entry, S.DONE, manager)
    with pytest.raises(NotPermitted):
        step(session, entry, S.APPROVED, manager)
    step(session, entry, S.APPROVED, head)
    assert manager.email in told(session) and teacher.email in told(session)
    step(session, entry, S.DONE, manager)
    assert [(one.new, one.by_id, one.words) for one in entry.steps] == [
        (S.APPROVED, head.id, "So be it."),
        (S.DONE, manager.id, "So be it."),
    ]
    with pytest.raises(MoveNotAllowed, match="done already"):
        step(session, entry, S.DONE, manager)
    assert audit.verify(session) is None


@SQLITE
def test_p31_a_report_is_closed_with_the_action_taken(session: Session, school_people: People) -> None:
    entry = filed(session, K.INAPPROPRIATE_CONTENT, school_people[Role.STAFF])
    assert forms.may_see(session, entry, school_people[Role.DSL])
    assert not forms.may_see(session, entry, school_people[Role.SLT])
    manager = school_people[Role.NETWORK_MANAGER]
    with pytest.raises(BadInput, match="say why in a few words"):
        forms.answer(session, entry.id, S.DONE, words=" ", by=manager, url=URL, now=NOW)
    assert entry.state is S.FILED
    step(session, entry, S.DONE, manager)
    assert entry.state is S.DONE


@SQLITE
def test_p3_a_report_about_the_headteacher_goes_past_them(session: Session, school_people: People) -> None:
    head, chair = school_people[Role.HEADTEACHER], school_people[Role.CHAIR]
    entry = filed(session, K.INAPPROPRIATE_CONTENT, school_people[Role.STAFF], about_headteacher=True)
    assert forms.may_see(session, entry, chair) and not forms.may_see(session, entry, head)
    assert chair.email in told(session) and head.email not in told(session)
    assert entry not in forms.visible(session, head) and entry in forms.visible(session, chair)
    with pytest.raises(NotFound):
        forms.find(session, entry.id, by=head)
    with pytest.raises(NotFound):
        step(session, entry, S.DONE, head)
    trail = session.scalars(sa.select(AuditEntry.detail).where(AuditEntry.object_kind == "form"))
    assert list(trail) == [{"form": "inappropriate-content"}], "the trail says nothing of it"


def reads(session: Session, entry: FormEntry, school_people: People) -> set[Role]:
    """Who may see it, has it in their list and finds it by its address: one answer to all three."""
    found = {role for role, one in school_people.items() if forms.may_see(session, entry, one)}
    assert found == {role for role, one in school_people.items() if entry in forms.visible(session, one)}
    for role in set(school_people) - found:
        with pytest.raises(NotFound):
            forms.find(session, entry.id, by=school_people[role])
    return found


@SQLITE
def test_p3_only_its_filer_and_the_chair_may_read_a_report_about_the_headteacher(
    session: Session, school_people: People
) -> None:
    """Neither the network manager, who reports to the headteacher, nor the safeguarding lead."""
    head = school_people[Role.HEADTEACHER]
    entry = filed(session, K.INAPPROPRIATE_CONTENT, school_people[Role.STAFF], about_headteacher=True)
    assert reads(session, entry, school_people) == {Role.STAFF, Role.CHAIR}
    names = {one.name for one in form_readers.readers(session, entry)}
    assert names == {school_people[Role.STAFF].name, school_people[Role.CHAIR].name}
    step(session, entry, S.DONE, school_people[Role.CHAIR])
    assert reads(session, entry, school_people) == {Role.STAFF, Role.CHAIR}
    people.withdraw_role(session, school_people[Role.CHAIR], Role.CHAIR, by=head, reason="Left", now=NOW)
    session.commit()
    assert reads(session, entry, school_people) == {Role.STAFF, Role.DSL}, "in the chair's place"
    people.withdraw_role(session, school_people[Role.DSL], Role.DSL, by=head, reason="Left", now=NOW)
    session.commit()
    assert reads(session, entry, school_people) == {Role.STAFF}


@SQLITE
def test_p3_who_answered_in_the_chairs_place_may_go_on_reading_it(
    session: Session, school_people: People
) -> None:
    head, chair, lead = (school_people[one] for one in (Role.HEADTEACHER, Role.CHAIR, Role.DSL))
    people.withdraw_role(session, chair, Role.CHAIR, by=head, reason="Ill", now=NOW)
    session.commit()
    manager = school_people[Role.NETWORK_MANAGER]
    entry = filed(session, K.INAPPROPRIATE_CONTENT, manager, about_headteacher=True)
    other = filed(session, K.INAPPROPRIATE_CONTENT, school_people[Role.STAFF], about_headteacher=True)
    step(session, entry, S.DONE, lead)
    people.grant_role(session, chair, Role.CHAIR, by=head, reason="Back", now=NOW)
    session.commit()
    assert reads(session, entry, school_people) == {Role.NETWORK_MANAGER, Role.CHAIR, Role.DSL}
    assert reads(session, other, school_people) == {Role.STAFF, Role.CHAIR}, "what the chair answers again"
    people.withdraw_role(session, lead, Role.DSL, by=head, reason="Left", now=NOW)
    session.commit()
    assert not forms.may_see(session, entry, lead)


def waited_for_by(session: Session, entry: FormEntry, school_people: People) -> set[Role]:
    return {role for role, one in school_people.items() if entry in forms.waiting_for(session, one)}


@SQLITE
@pytest.mark.parametrize(
    ("filer", "answers"),
    [(Role.STAFF, Role.CHAIR), (Role.NETWORK_MANAGER, Role.CHAIR), (Role.CHAIR, Role.DSL)],
)
def test_p3_a_report_about_the_headteacher_waits_for_the_chair_and_never_for_its_filer(
    session: Session, school_people: People, filer: Role, answers: Role
) -> None:
    """The chair's own waits for the safeguarding lead; nobody else is asked, or may close it."""
    entry = filed(session, K.INAPPROPRIATE_CONTENT, school_people[filer], about_headteacher=True)
    assert waited_for_by(session, entry, school_people) == {answers}
    assert told(session) == {school_people[answers].email}
    mails = session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == "form")).all()
    assert all(one.confidential and one.next_try_at == NOW for one in mails), "at once, past the headteacher"
    for role in set(school_people) - {answers}:
        with pytest.raises((NotFound, NotPermitted)):
            step(session, entry, S.DONE, school_people[role])
        session.rollback()
    step(session, entry, S.DONE, school_people[answers])
    assert waited_for_by(session, entry, school_people) == set()


@SQLITE
def test_p3_a_chair_who_is_also_headteacher_answers_nothing_about_the_headteacher(
    session: Session, school_people: People
) -> None:
    head = school_people[Role.HEADTEACHER]
    for role in (Role.CHAIR, Role.DSL):
        people.grant_role(session, head, role, by=head, reason="Covers", now=NOW)
        people.withdraw_role(session, school_people[role], role, by=head, reason="Left", now=NOW)
    session.commit()
    entry = filed(session, K.INAPPROPRIATE_CONTENT, head, about_headteacher=True)
    assert forms.turns(session, entry) == [form_turns.Turn(Role.CHAIR, [])]
    with pytest.raises(NotPermitted, match="nobody else can answer it now"):
        step(session, entry, S.DONE, head)


@SQLITE
@pytest.mark.parametrize(
    ("kind", "role", "to"),
    [
        (K.INAPPROPRIATE_CONTENT, Role.NETWORK_MANAGER, S.DONE),
        (K.BLOCKED_CONTENT, Role.HEADTEACHER, S.APPROVED),
        (K.NEW_ACCOUNT, Role.MARKETING_OFFICER, S.SIGNED),
    ],
)
def test_nobody_answers_what_they_filed_while_somebody_else_may(
    session: Session, school_people: People, kind: FormKind, role: Role, to: FormState
) -> None:
    """Alone with the role they may, and the page says so."""
    filer, other = school_people[role], school_people[Role.SLT]
    entry = filed(session, kind, filer)
    assert forms.turns(session, entry) == [form_turns.Turn(role, [filer], own=True)]
    people.grant_role(session, other, role, by=school_people[Role.HEADTEACHER], reason="Helps", now=NOW)
    session.commit()
    assert forms.turns(session, entry) == [form_turns.Turn(role, [other])]
    with pytest.raises(NotPermitted, match=f"You filed this form yourself, so it waits for {other.name}"):
        step(session, entry, to, filer)
    session.rollback()
    step(session, entry, to, other)


@SQLITE
def test_p8_whoever_filed_for_an_account_signs_where_the_only_other_one_signed_already(
    session: Session, school_people: People
) -> None:
    head, other = school_people[Role.HEADTEACHER], school_people[Role.MARKETING_OFFICER]
    people.grant_role(session, other, Role.HEADTEACHER, by=head, reason="Shares the post", now=NOW)
    session.commit()
    entry = filed(session, K.NEW_ACCOUNT, head)
    step(session, entry, S.SIGNED, other)
    step(session, entry, S.APPROVED, head)


@SQLITE
def test_p8_an_account_needs_both_signatures_in_order_from_two_people(
    session: Session, school_people: People
) -> None:
    head, marketing = school_people[Role.HEADTEACHER], school_people[Role.MARKETING_OFFICER]
    entry = filed(session, K.NEW_ACCOUNT, school_people[Role.STAFF])
    with pytest.raises(MoveNotAllowed):
        step(session, entry, S.APPROVED, head)
    step(session, entry, S.SIGNED, marketing)
    with pytest.raises(MoveNotAllowed, match="signed by the marketing officer"):
        step(session, entry, S.SIGNED, marketing)
    with pytest.raises(NotPermitted):
        step(session, entry, S.APPROVED, marketing)
    step(session, entry, S.APPROVED, head)
    assert [one.by_id for one in entry.steps] == [marketing.id, head.id]


@SQLITE
def test_p8_one_person_with_both_roles_cannot_sign_twice(session: Session, school_people: People) -> None:
    head = school_people[Role.HEADTEACHER]
    people.grant_role(session, head, Role.MARKETING_OFFICER, by=head, reason="Covers", now=NOW)
    session.commit()
    entry = filed(session, K.NEW_ACCOUNT, school_people[Role.STAFF])
    step(session, entry, S.SIGNED, head)
    with pytest.raises(NotPermitted, match="two people"):
        step(session, entry, S.APPROVED, head)


@SQLITE
def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_filed(
    session: Session, school_people: People
) -> None:
    wrong = filled(
        K.NEW_ACCOUNT, administrators="Ada\nADA", go_live="31/02/2027", purpose="", aims="x" * 6000
    )
    with pytest.raises(FormRefused) as refused:
        forms.file(session, K.NEW_ACCOUNT, wrong, by=school_people[Role.STAFF], url=URL, now=NOW)
    assert set(refused.value.problems) == {"administrators", "go_live", "purpose", "aims"}
    assert "at least 2 different names" in refused.value.problems["administrators"]
    with pytest.raises(FormRefused, match="isn't a web address"):
        forms.file(
            session,
            K.BLOCKED_CONTENT,
            filled(K.BLOCKED_CONTENT, url="https://ok.example\njavascript:alert(1)"),
            by=school_people[Role.STAFF],
            url=URL,
            now=NOW,
        )
    assert session.scalar(sa.select(sa.func.count()).select_from(FormEntry)) == 0


@SQLITE
@pytest.mark.parametrize("kind", list(FormKind))
def test_every_role_and_every_step_against_the_table(
    session: Session, school_people: People, kind: FormKind
) -> None:
    """Whoever the table doesn't name can't make the step, from whatever state."""
    entry = filed(session, kind, school_people[Role.STAFF])
    for state, to, role in product(S, S, [one for one in Role if one is not Role.STAFF]):
        entry.state = state
        session.commit()
        person = school_people[role]
        move = forms.MOVES.get((kind, state, to))
        if move is not None and move.role is role:
            assert (to, move) in forms.open_moves(session, entry, person)
            continue
        assert to not in [one for one, _move in forms.open_moves(session, entry, person)]
        with pytest.raises((NotFound, NotPermitted, MoveNotAllowed)):
            forms.answer(session, entry.id, to, words="Mine", by=person, url=URL, now=NOW)
        session.rollback()
