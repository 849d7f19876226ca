"""Approval by link and signed in: once, by whoever may, of exactly what was seen (P12)."""

from __future__ import annotations

import hashlib
import threading
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from approvals import decisions, drafts, schedule, submissions
from approvals.content import revision_hash
from approvals.decisions import AlreadyDecided
from approvals.models import ApprovalDecision, DecisionKind, Draft, DraftRevision, Publication
from approvals.states import DraftState, PublicationState
from school import consent, db, people, standing_in
from school.errors import BadInput, LinkExpired, MoveNotAllowed, NotFound, NotPermitted, SchoolgateError
from school.models import Account, AuditEntry, Person, Pupil, Role
from school.settings import settings
from school.setup import PRACTICE_PIN
from tests.approvals import scenes

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
POSTGRES = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def draft(session: Session, teacher: Person, x: Account, later: datetime, now: datetime) -> Draft:
    """A draft that waits for approval."""
    made = drafts.save(session, None, scenes.content(x, at=later), by=teacher, now=now)
    session.commit()
    scenes.submit(session, made, teacher, now)
    return made


@pytest.fixture
def token(session: Session, draft: Draft) -> str:
    """The headteacher's link."""
    return scenes.token_in(scenes.mails(session, "approval_request")[-1])


def test_a_link_and_a_pin_approve_exactly_that_revision(
    session: Session, draft: Draft, token: str, head: Person, x: Account, now: datetime
) -> None:
    shown = decisions.look(session, token, now=now)
    assert shown.approver.id == head.id and shown.draft.accounts[0].text.startswith("The summer fair")
    decision = scenes.approve_by_link(session, token, now)
    revision = drafts.current_revision(session, draft)
    assert (decision.revision_hash, decision.approver_id, decision.decided_at) == (
        revision.content_hash,
        head.id,
        now,
    )
    assert decision.account_ids == [str(x.id)] and decision.how == "pin"
    assert [p.state for p in schedule.publications(session, draft)] == [PublicationState.SCHEDULED]
    assert draft.state is DraftState.APPROVED


@SQLITE
def test_only_the_hash_of_a_token_is_stored_and_it_reaches_no_trail(
    session: Session, token: str, now: datetime
) -> None:
    scenes.approve_by_link(session, token, now)
    session.commit()
    assert len(token) >= 43
    values = [
        value if isinstance(value, bytes) else str(value).encode()
        for table in db.Base.metadata.sorted_tables
        for row in session.execute(sa.select(table))
        for value in row
    ]
    # As a mail breaks its lines.
    stored = b"\n".join(values).replace(b"=\r\n", b"")
    assert hashlib.sha256(token.encode()).hexdigest().encode() in stored and b"/approve/" in stored
    assert token.encode() not in stored, "not in a trail, and not in the mail that waits to be sent"


@SQLITE
def test_looking_changes_nothing_however_often(session: Session, token: str, now: datetime) -> None:
    before = session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    for _ in range(100):
        decisions.look(session, token, now=now)
    assert not session.dirty and not session.new
    assert session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == before


@SQLITE
def test_a_link_dies_after_72_hours(session: Session, token: str, now: datetime) -> None:
    assert settings().approval_link_lifetime == timedelta(hours=72)
    decisions.look(session, token, now=now + timedelta(hours=71, minutes=59))
    with pytest.raises(LinkExpired, match="send the e-mail again"):
        decisions.look(session, token, now=now + timedelta(hours=72))
    with pytest.raises(LinkExpired):
        decisions.prove(session, token, pin=PRACTICE_PIN, signed_in=None, now=now + timedelta(hours=72))


@SQLITE
def test_p12_what_was_changed_in_the_database_since_it_was_shown_is_not_approved(
    session: Session, draft: Draft, token: str, now: datetime
) -> None:
    proof = decisions.prove(session, token, pin=PRACTICE_PIN, signed_in=None, now=now)
    assert proof is not None
    session.execute(sa.update(DraftRevision).values(text="Something else."))
    session.commit()
    with pytest.raises(LinkExpired, match="not as it was when it was handed in"):
        decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now)
    assert schedule.publications(session, draft) == []


@SQLITE
def test_a_link_dies_with_its_approvers_role(
    session: Session, school_people: dict[Role, Person], token: str, head: Person, now: datetime
) -> None:
    people.grant_role(
        session, school_people[Role.SLT], Role.HEADTEACHER, by=head, reason="Successor", now=now
    )
    session.flush()
    people.withdraw_role(session, head, Role.HEADTEACHER, by=head, reason="Retired", now=now)
    session.flush()
    with pytest.raises(LinkExpired, match="may no longer approve"):
        decisions.look(session, token, now=now)
    with pytest.raises(LinkExpired):
        decisions.prove(session, token, pin=PRACTICE_PIN, signed_in=head, now=now)


@SQLITE
def test_a_role_that_ends_between_proof_and_decision_is_noticed(
    session: Session, school_people: dict[Role, Person], token: str, head: Person, now: datetime
) -> None:
    proof = decisions.prove(session, token, pin=PRACTICE_PIN, signed_in=None, now=now)
    assert proof is not None
    people.grant_role(
        session, school_people[Role.SLT], Role.HEADTEACHER, by=head, reason="Successor", now=now
    )
    session.flush()
    people.withdraw_role(session, head, Role.HEADTEACHER, by=head, reason="Retired", now=now)
    session.flush()
    with pytest.raises(NotPermitted):
        decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now)


@SQLITE
@pytest.mark.parametrize("what", ["edit", "withdraw", "missed", "asked again"])
def test_whatever_ends_the_asking_kills_the_link(
    what: str,
    session: Session,
    draft: Draft,
    token: str,
    teacher: Person,
    x: Account,
    later: datetime,
    now: datetime,
) -> None:
    proof = decisions.prove(session, token, pin=PRACTICE_PIN, signed_in=None, now=now)
    if what == "edit":
        changed = scenes.content(x, text="Sports day is on Monday.", at=later, based_on=1)
        drafts.save(session, draft.id, changed, by=teacher, now=now)
    elif what == "withdraw":
        drafts.withdraw(session, draft.id, reason="", by=teacher, now=now)
    elif what == "missed":
        assert schedule.miss(session, draft.id, now=later)
    else:
        submissions.ask_again(session, draft.id, by=teacher, now=now)
    session.commit()
    with pytest.raises(LinkExpired) as gone:
        decisions.look(session, token, now=now)
    assert len(str(gone.value)) > 30
    with pytest.raises(LinkExpired):
        decisions.prove(session, token, pin=PRACTICE_PIN, signed_in=None, now=now)
    assert proof is not None
    if what != "asked again":
        with pytest.raises(SchoolgateError):
            decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now)
        assert session.scalar(sa.select(sa.func.count()).select_from(ApprovalDecision)) == 0


@SQLITE
def test_a_second_decision_hears_who_decided_what(
    session: Session, token: str, head: Person, draft: Draft, now: datetime
) -> None:
    proof = decisions.prove(session, token, pin=PRACTICE_PIN, signed_in=None, now=now)
    scenes.approve_by_link(session, token, now, kind=DecisionKind.CHANGES, reason="Shorter please")
    assert proof is not None
    for again in (
        lambda: decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now),
        lambda: decisions.prove(session, token, pin=PRACTICE_PIN, signed_in=None, now=now),
        lambda: decisions.prove_signed_in(session, draft.id, by=head, revision_number=1),
    ):
        with pytest.raises(AlreadyDecided, match=f"{head.name} asked for changes on .*Shorter please"):
            again()
    with pytest.raises(LinkExpired, match=head.name):
        decisions.look(session, token, now=now)


@SQLITE
def test_changes_and_rejections_need_a_reason(session: Session, token: str, now: datetime) -> None:
    proof = decisions.prove(session, token, pin=PRACTICE_PIN, signed_in=None, now=now)
    assert proof is not None
    for kind in (DecisionKind.CHANGES, DecisionKind.REJECT):
        with pytest.raises(BadInput, match="The reason is empty"):
            decisions.decide(session, proof, decision=kind, reason=" \n", now=now)
    with pytest.raises(BadInput, match="at most 2,000"):
        decisions.decide(session, proof, decision=DecisionKind.REJECT, reason="x" * 2001, now=now)


@SQLITE
def test_wrong_pins_lock(session: Session, token: str, head: Person, now: datetime) -> None:
    for _ in range(5):
        assert decisions.prove(session, token, pin="0000", signed_in=None, now=now) is None
        session.commit()
    with pytest.raises(BadInput, match="Too many wrong PINs"):
        decisions.prove(session, token, pin=PRACTICE_PIN, signed_in=None, now=now)
    proof = decisions.prove(session, token, pin="", signed_in=head, now=now)
    assert proof is not None and proof.how == "sign-in"


@SQLITE
def test_another_persons_sign_in_does_not_stand_in_for_the_pin(
    session: Session, token: str, school_people: dict[Role, Person], now: datetime
) -> None:
    with pytest.raises(BadInput, match="The PIN is empty"):
        decisions.prove(session, token, pin="", signed_in=school_people[Role.STAFF], now=now)


@SQLITE
def test_the_setting_can_ask_for_a_sign_in(
    session: Session, token: str, head: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOLGATE_APPROVAL_NEEDS", "sign-in")
    settings.cache_clear()
    with pytest.raises(NotPermitted, match="Sign in as"):
        decisions.prove(session, token, pin=PRACTICE_PIN, signed_in=None, now=now)
    assert decisions.prove(session, token, pin="", signed_in=head, now=now) is not None


@SQLITE
@pytest.mark.parametrize("role", list(Role))
def test_who_may_approve_a_teachers_draft(
    role: Role, session: Session, draft: Draft, school_people: dict[Role, Person], now: datetime
) -> None:
    proof = decisions.prove_signed_in(session, draft.id, by=school_people[role], revision_number=1)
    if role in {Role.HEADTEACHER, Role.SLT}:
        assert decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now)
    else:
        with pytest.raises(NotPermitted):
            decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now)
        assert draft.state is DraftState.SUBMITTED


@SQLITE
def test_nobody_approves_their_own_draft_the_headteacher_included(
    session: Session,
    school_people: dict[Role, Person],
    head: Person,
    x: Account,
    later: datetime,
    now: datetime,
) -> None:
    draft = drafts.save(session, None, scenes.content(x, at=later), by=head, now=now)
    scenes.submit(session, draft, head, now)
    assert {mail["To"] for mail in scenes.mails(session, "approval_request", head)} == set()
    proof = decisions.prove_signed_in(session, draft.id, by=head, revision_number=1)
    with pytest.raises(NotPermitted, match="Nobody approves their own draft"):
        decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now)
    assert len(scenes.mails(session, "approval_request", school_people[Role.SLT])) == 1
    scenes.approve(session, draft, school_people[Role.CHAIR], now)
    assert draft.state is DraftState.APPROVED


@SQLITE
def test_a_named_deputy_is_asked_and_decides(
    session: Session,
    school_people: dict[Role, Person],
    head: Person,
    teacher: Person,
    x: Account,
    later: datetime,
    now: datetime,
) -> None:
    deputy = school_people[Role.CHAIR]
    day: date = now.date()
    standing_in.name(
        session, deputy, first_day=day - timedelta(days=1), last_day=day + timedelta(days=2), by=head, now=now
    )
    session.flush()
    draft = drafts.save(session, None, scenes.content(x, at=later), by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)
    [mail] = scenes.mails(session, "approval_request")
    assert deputy.email in str(mail["To"])
    scenes.approve_by_link(session, scenes.token_in(mail), now)
    assert draft.state is DraftState.APPROVED
    # An old link tells what became of the draft since, but not to a deputy who may decide no more.
    drafts.withdraw(session, draft.id, reason="", by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)
    old = scenes.token_in(scenes.mails(session, "approval_request")[-1])
    drafts.withdraw(session, draft.id, reason="", by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)
    with pytest.raises(LinkExpired, match="a newer e-mail was sent"):
        decisions.look(session, old, now=now)
    people.withdraw_role(session, deputy, Role.CHAIR, by=head, reason="Retired", now=now)
    with pytest.raises(LinkExpired, match=r"^The author took the draft back"):
        decisions.look(session, old, now=now)


@SQLITE
def test_consent_withdrawn_while_waiting_stops_the_approval(
    session: Session,
    teacher: Person,
    head: Person,
    x: Account,
    rosa: Pupil,
    school_people: dict[Role, Person],
    later: datetime,
    now: datetime,
) -> None:
    """P26."""
    draft = drafts.save(
        session,
        None,
        scenes.content(x, at=later, none_shown=False, pupil_ids=(rosa.id,)),
        by=teacher,
        now=now,
    )
    scenes.submit(session, draft, teacher, now)
    consent.withdraw(session, rosa.consents[0].id, reason="By letter", by=school_people[Role.DPO], now=now)
    session.commit()
    proof = decisions.prove_signed_in(session, draft.id, by=head, revision_number=1)
    with pytest.raises(BadInput, match="Rosa Ainsworth has no consent"):
        decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now)
    decisions.decide(session, proof, decision=DecisionKind.REJECT, reason="No consent", now=now)


@SQLITE
def test_approval_after_the_planned_time_is_refused(
    session: Session, draft: Draft, head: Person, later: datetime
) -> None:
    proof = decisions.prove_signed_in(session, draft.id, by=head, revision_number=1)
    with pytest.raises(BadInput, match="planned time has passed"):
        decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=later)


@SQLITE
def test_odd_tokens_are_nobodys(session: Session, token: str, now: datetime) -> None:
    for odd in ("", token[:-1], token + "x", "é\x00", token.lower(), "x" * 10_000):
        with pytest.raises(NotFound):
            decisions.look(session, odd, now=now)


@SQLITE
def test_a_page_that_was_open_too_long_decides_nothing(
    session: Session, draft: Draft, head: Person, teacher: Person, x: Account, later: datetime, now: datetime
) -> None:
    drafts.save(session, draft.id, scenes.content(x, at=later, text="Newer", based_on=1), by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)
    with pytest.raises(MoveNotAllowed, match="version 2 waits"):
        decisions.prove_signed_in(session, draft.id, by=head, revision_number=1)


def _at_once(database: str, acts: list[object]) -> list[str]:
    """Run each act in a session and thread of its own, all let go together; how each ended."""
    make = sessionmaker(db.engine_for(database), expire_on_commit=False)
    gate, ends = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int) -> None:
        gate.wait()
        try:
            with make.begin() as session:
                acts[place](session)  # type: ignore[operator]
            ends[place] = "done"
        except SchoolgateError as error:
            ends[place] = type(error).__name__

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ends


def test_two_deciding_at_once_one_wins(
    database: str,
    session: Session,
    draft: Draft,
    head: Person,
    school_people: dict[Role, Person],
    now: datetime,
) -> None:
    deputy = school_people[Role.SLT]
    proofs = [
        decisions.prove_signed_in(session, draft.id, by=who, revision_number=1) for who in (head, deputy)
    ]
    session.commit()
    kinds = (DecisionKind.APPROVE, DecisionKind.REJECT)
    ends = _at_once(
        database,
        [
            lambda working, proof=proof, kind=kind: decisions.decide(
                working, proof, decision=kind, reason="At once", now=now
            )
            for proof, kind in zip(proofs, kinds, strict=True)
        ],
    )
    assert sorted(ends) == ["AlreadyDecided", "done"]
    session.expire_all()
    assert session.scalar(sa.select(sa.func.count()).select_from(ApprovalDecision)) == 1


def test_an_edit_and_an_approval_at_once_never_leave_an_edited_draft_scheduled(
    database: str,
    session: Session,
    draft: Draft,
    head: Person,
    teacher: Person,
    x: Account,
    later: datetime,
    now: datetime,
) -> None:
    proof = decisions.prove_signed_in(session, draft.id, by=head, revision_number=1)
    session.commit()
    teacher_id = teacher.id
    what = scenes.content(x, at=later, text="Edited", based_on=1)
    ends = _at_once(
        database,
        [
            lambda working: decisions.decide(
                working, proof, decision=DecisionKind.APPROVE, reason="", now=now
            ),
            lambda working: drafts.save(working, draft.id, what, by=working.get(Person, teacher_id), now=now),
        ],
    )
    assert ends[1] == "done" and ends[0] in {"done", "LinkExpired"}
    session.expire_all()
    states = set(session.scalars(sa.select(Publication.state)))
    assert states <= {PublicationState.CANCELLED}
    assert session.get_one(Draft, draft.id, populate_existing=True).state is DraftState.DRAFT


@SQLITE
def test_who_decides_on_a_post_that_has_changed_reads_what_became_of_it(
    session: Session, draft: Draft, head: Person, teacher: Person, x: Account, later: datetime, now: datetime
) -> None:
    def stale() -> str:
        with pytest.raises(decisions.DraftChanged) as refused:
            decisions.prove_signed_in(session, draft.id, by=head, revision_number=1)
        return str(refused.value)

    content = scenes.content(x, at=later, text="Newer", based_on=1)
    drafts.save(session, draft.id, content, by=teacher, now=now)
    assert f"{teacher.name} changed this post on" in stale() and "once it is handed in" in stale()
    scenes.submit(session, draft, teacher, now)
    assert f"{teacher.name} has changed this post since" in stale() and "version 2 waits" in stale()
    drafts.withdraw(session, draft.id, reason="", by=teacher, now=now)
    assert f"{teacher.name} took this post back on" in stale()


@SQLITE
def test_p12_what_handing_in_would_refuse_is_not_approved_either(
    session: Session, draft: Draft, head: Person, now: datetime
) -> None:
    """P12, P16: a saved draft may say anything, so the approval asks once more itself."""
    revision = drafts.current_revision(session, draft)
    revision.text = "a" * 281
    session.flush()
    revision.content_hash = revision_hash(session, revision)
    session.commit()
    proof = decisions.prove_signed_in(session, draft.id, by=head, revision_number=1)
    with pytest.raises(BadInput, match="counts 281 characters"):
        decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now)
    assert not schedule.publications(session, draft)
