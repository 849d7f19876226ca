"""Decisions: every outcome in every state, once, by those who may, unseen where it must be."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from moderation import authors, claims, decisions, log, log_csv, review, sight
from moderation.decisions import OUTCOME_MOVES, Decision, Outcome
from moderation.models import (
    ActKind,
    BlockedAuthor,
    CaseState,
    LogCase,
    LogEntry,
    Meeting,
    PlatformAct,
    Referral,
    ReferTo,
)
from moderation.review import QueueFilters
from school.db import reading, transaction
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models import Account, AuditEntry, OutboxEmail, Person, Role
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.moderation.scenes import URL, Clock, act, decide, flagged, poll, score

MORE: dict[Outcome, dict[str, object]] = {
    Outcome.REPLY: {"reply": "Please be kind."},
    Outcome.WARN: {"reply": "Please keep to the rules."},
    Outcome.REFER: {"refer_to": ReferTo.POLICE, "reference": "CAD 1234", "author_is_pupil": False},
    Outcome.MEETING: {"meeting_on": date(2027, 7, 1)},
}


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("state", list(CaseState))
def test_every_outcome_in_every_state(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: Clock,
    school_people: dict[Role, Person],
    outcome: Outcome,
    state: CaseState,
) -> None:
    slt = school_people[Role.SLT]
    text = "Dziękujemy za wspaniałą wycieczkę" if outcome is Outcome.READ else "You idiot"
    entry_id = flagged(account_id, platform, clock, comment(1, text))[0]
    if outcome is Outcome.DEALT:
        decide(entry_id, Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.DSL)
        decide(entry_id, Outcome.REOPEN, by=slt, clock=clock)
        clock.on(seconds=1)
    if state is CaseState.DECIDED:
        decide(entry_id, Outcome.MUTE, by=slt, clock=clock)
    if state in OUTCOME_MOVES[outcome]:
        by = school_people[Role.DSL] if outcome is Outcome.DEALT else slt
        case = decide(entry_id, outcome, by=by, clock=clock, **MORE.get(outcome, {}))
        assert case.state is OUTCOME_MOVES[outcome][state]
    else:
        with pytest.raises(MoveNotAllowed):
            decide(entry_id, outcome, by=slt, clock=clock, **MORE.get(outcome, {}))


@pytest.mark.parametrize("role", list(Role))
def test_p2_who_may_decide(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person], role: Role
) -> None:
    """P2: headteacher, SLT, DSL and moderators; nobody else finds the entry."""
    entry_id = flagged(account_id, platform, clock)[0]
    person = school_people[role]
    if role in {Role.HEADTEACHER, Role.SLT, Role.DSL, Role.MODERATOR}:
        assert decide(entry_id, Outcome.HIDE, by=person, clock=clock).decided_by_id == person.id
    else:
        with pytest.raises((NotFound, NotPermitted)):
            decide(entry_id, Outcome.HIDE, by=person, clock=clock)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_p2_the_chair_answers_what_was_referred_and_moderates_nothing(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    entry_id, chair = flagged(account_id, platform, clock)[0], school_people[Role.CHAIR]
    decide(entry_id, Outcome.REFER, by=school_people[Role.SLT], clock=clock, refer_to=ReferTo.CHAIR)
    for outcome in set(Outcome) - decisions.FOR_REFERRED:
        with pytest.raises(NotPermitted, match="what was referred to you; no more"):
            decide(entry_id, outcome, by=chair, clock=clock, **MORE.get(outcome, {}))
    decide(entry_id, Outcome.NOTE, by=chair, clock=clock)


def test_two_decisions_at_once_are_one(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    results: list[str] = []
    start = threading.Barrier(4)

    def work(role: Role) -> None:
        start.wait()
        try:
            with transaction() as session:
                decisions.decide(
                    session,
                    entry_id,
                    Decision(frozenset({Outcome.DELETE}), "Abuse"),
                    seen=1,
                    by=session.get_one(Person, school_people[role].id),
                    url=URL,
                    now=clock(),
                )
            results.append("decided")
        except MoveNotAllowed:
            results.append("too late")

    roles = (Role.SLT, Role.DSL, Role.MODERATOR, Role.HEADTEACHER)
    workers = [threading.Thread(target=work, args=(role,)) for role in roles]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(results) == ["decided", "too late", "too late", "too late"]
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(PlatformAct)) == 1


def test_two_claims_at_once_are_one(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    results: list[str] = []
    start = threading.Barrier(3)

    def work(role: Role) -> None:
        start.wait()
        try:
            with transaction() as session:
                by = session.get_one(Person, school_people[role].id)
                claims.claim(session, entry_id, by=by, lifetime=timedelta(minutes=10), now=clock())
            results.append("mine")
        except MoveNotAllowed:
            results.append("taken")

    workers = [threading.Thread(target=work, args=(role,)) for role in (Role.SLT, Role.DSL, Role.MODERATOR)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(results) == ["mine", "taken", "taken"]


def test_a_claim_ends_by_itself(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    with transaction() as session:
        slt = session.get_one(Person, school_people[Role.SLT].id)
        claims.claim(session, entry_id, by=slt, lifetime=timedelta(minutes=10), now=clock())
    with pytest.raises(MoveNotAllowed, match=school_people[Role.SLT].name):
        decide(entry_id, Outcome.HIDE, by=school_people[Role.DSL], clock=clock)
    clock.on(minutes=11)
    decide(entry_id, Outcome.HIDE, by=school_people[Role.DSL], clock=clock)


def test_what_concerns_the_headteacher_is_out_of_their_sight(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    """P3: queue, entry, log, export, the author's history and counts, the conversation, the trail."""
    first, second = flagged(
        account_id, platform, clock, comment(1, "The head is an idiot"), comment(2, "You idiot again")
    )
    decide(
        first,
        Outcome.REFER,
        by=school_people[Role.SLT],
        clock=clock,
        refer_to=ReferTo.CHAIR,
        about_headteacher=True,
        reason="A concern about the headteacher",
    )
    with reading() as session:
        head, chair, slt = (
            session.get_one(Person, school_people[r].id) for r in (Role.HEADTEACHER, Role.CHAIR, Role.SLT)
        )
        everything = QueueFilters(referred=True)
        assert review.queue(session, viewer=head, filters=everything, now=clock()).items == ()
        assert [
            i.entry.id for i in review.queue(session, viewer=slt, filters=everything, now=clock()).items
        ] == [first]
        assert [row.entry.id for row in log.rows(session, viewer=head)] == [second]
        assert [row.entry.id for row in log.rows(session, viewer=chair)] == [first]
        assert {row.entry.id for row in log.rows(session, viewer=None)} == {first, second}
        assert "concern" not in "".join(log_csv.to_csv(log.rows(session, viewer=head)))
        with pytest.raises(NotFound):
            review.entry_page(session, first, viewer=head, now=clock())
        page = review.entry_page(session, second, viewer=head, now=clock())
        assert page.history == ()
        assert [found.text for found, _ in page.conversation] == ["You idiot again"]
        assert page.item.author is not None and page.item.author.flagged == 1
        assert (
            review.entry_page(session, first, viewer=chair, now=clock())
            .referrals[0]
            .reason.startswith("A concern")
        )
        trail = sa.select(AuditEntry.action).where(AuditEntry.object_id == str(first))
        assert list(session.scalars(trail)) == ["comment_decided"]
        kept = {person: sight.kept_from(session, person) for person in (head, chair, slt)}
        assert kept == {head: [first], chair: [], slt: []}, "whose lines of the trail are whose"
        told = set(
            session.scalars(sa.select(OutboxEmail.to_address).where(OutboxEmail.purpose == "referral"))
        )
        assert told == {chair.email}
        raws = session.scalars(sa.select(OutboxEmail.raw).where(OutboxEmail.purpose == "referral"))
        assert all(b"Everybody can still read the comment" in raw for raw in raws)
    with pytest.raises(NotFound):
        decide(first, Outcome.NOTE, by=school_people[Role.HEADTEACHER], clock=clock)


def test_the_headteacher_with_other_roles_sees_no_more(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    from school import people

    entry_id = flagged(account_id, platform, clock)[0]
    decide(
        entry_id,
        Outcome.REFER,
        by=school_people[Role.DSL],
        clock=clock,
        refer_to=ReferTo.CHAIR,
        about_headteacher=True,
    )
    with transaction() as session:
        head = session.get_one(Person, school_people[Role.HEADTEACHER].id)
        for role in (Role.SLT, Role.DSL, Role.CHAIR):
            people.grant_role(session, head, role, by=head, reason="For the test", now=clock())
    with reading() as session:
        head = session.get_one(Person, school_people[Role.HEADTEACHER].id)
        assert list(log.rows(session, viewer=head)) == []


def test_a_referral_needs_somebody_to_go_to(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    from school import people

    entry_id = flagged(account_id, platform, clock)[0]
    with transaction() as session:
        head = session.get_one(Person, school_people[Role.HEADTEACHER].id)
        chair = session.get_one(Person, school_people[Role.CHAIR].id)
        people.withdraw_role(session, chair, Role.CHAIR, by=head, reason="Left", now=clock())
    with pytest.raises(BadInput, match="Nobody holds"):
        decide(entry_id, Outcome.REFER, by=school_people[Role.SLT], clock=clock, refer_to=ReferTo.CHAIR)
    with reading() as session:
        assert session.scalars(sa.select(Referral)).all() == []


def test_a_block_holds_for_every_account_on_the_platform(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: Clock,
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
) -> None:
    """P20."""
    second = make_account("facebook", handle="larkfieldpta").id
    make_account("x")
    entry_id = flagged(account_id, platform, clock)[0]
    decide(entry_id, Outcome.BLOCK, by=school_people[Role.SLT], clock=clock)
    with reading() as session:
        acts = list(session.scalars(sa.select(PlatformAct)))
        assert {a.account_id for a in acts} == {account_id, second}
        assert {a.kind for a in acts} == {ActKind.BLOCK}
        blocked = session.scalars(sa.select(BlockedAuthor)).one()
        assert authors.records(session, [blocked.author_id], viewer=None)[blocked.author_id].blocked
    decide(entry_id, Outcome.UNBLOCK, by=school_people[Role.SLT], clock=clock)
    act(platform, clock)
    assert [what for what, _ in platform.done] == ["block", "block", "unblock", "unblock"]
    with reading() as session:
        assert session.scalars(sa.select(BlockedAuthor)).one().lifted_reason == "Against our rules"


def test_a_meeting_and_a_police_number_are_kept(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    """P20, P22."""
    entry_id = flagged(account_id, platform, clock)[0]
    decide(
        entry_id,
        Outcome.MEETING,
        Outcome.REFER,
        Outcome.HIDE,
        by=school_people[Role.HEADTEACHER],
        clock=clock,
        meeting_on=date(2027, 7, 1),
        refer_to=ReferTo.POLICE,
        author_is_pupil=False,
        reference="CAD 1234",
    )
    with reading() as session:
        assert session.scalars(sa.select(Meeting.on)).one() == date(2027, 7, 1)
        assert session.scalars(sa.select(Referral.reference)).one() == "CAD 1234"
        assert session.get_one(LogCase, entry_id).outcomes == ",hide,meeting,refer,"
        row = next(log.rows(session, viewer=None))
        assert row.to_decision == timedelta(0)


@pytest.mark.parametrize(
    ("outcomes", "more", "field"),
    [
        ((), {}, "outcomes"),
        ((Outcome.HIDE,), {"reason": "  "}, "reason"),
        ((Outcome.HIDE, Outcome.DISMISS), {}, "outcomes"),
        ((Outcome.HIDE, Outcome.DELETE), {}, "outcomes"),
        ((Outcome.HIDE, Outcome.REPLY), {"reply": "Be kind."}, "outcomes"),
        ((Outcome.HIDE, Outcome.WARN), {"reply": "Be kind."}, "outcomes"),
        ((Outcome.REPLY,), {"reply": "x" * 70_000}, "reply"),
        ((Outcome.REFER,), {}, "refer_to"),
        ((Outcome.HIDE,), {"about_headteacher": True}, "outcomes"),
        ((Outcome.REFER,), {"refer_to": ReferTo.DSL, "about_headteacher": True}, "refer_to"),
        (
            (Outcome.REFER,),
            {"refer_to": ReferTo.POLICE, "reference": "x" * 201, "author_is_pupil": False},
            "reference",
        ),
        ((Outcome.REFER,), {"refer_to": ReferTo.POLICE, "reference": "CAD 1"}, "author_is_pupil"),
        ((Outcome.REFER,), {"refer_to": ReferTo.POLICE, "author_is_pupil": True}, "refer_to"),
        ((Outcome.MEETING,), {}, "meeting_on"),
        ((Outcome.MEETING,), {"meeting_on": date(2027, 6, 2)}, "meeting_on"),
    ],
)
def test_bad_decisions_name_their_field(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: Clock,
    school_people: dict[Role, Person],
    outcomes: tuple[Outcome, ...],
    more: dict[str, object],
    field: str,
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    with pytest.raises(BadInput) as caught:
        decide(entry_id, *outcomes, by=school_people[Role.SLT], clock=clock, **more)
    assert caught.value.field == field


def test_p18_no_public_answer_is_left_alone_without_the_comment_that_it_answers(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    entry_id, slt = flagged(account_id, platform, clock)[0], school_people[Role.SLT]
    with pytest.raises(BadInput, match="stays, and nobody could see what it answers"):
        decide(entry_id, Outcome.HIDE, Outcome.REPLY, by=slt, clock=clock, reply="Be kind.")
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    # As soon as it is asked for, and after it is done.
    for how in ("being hidden", "hidden"):
        for outcome in (Outcome.REPLY, Outcome.WARN):
            with pytest.raises(BadInput, match=f" the comment is {how}: .* First choose “Show it again”"):
                decide(entry_id, outcome, by=slt, clock=clock, reply="Be kind.")
        act(platform, clock)
    decide(entry_id, Outcome.UNHIDE, by=slt, clock=clock)
    act(platform, clock)
    decide(entry_id, Outcome.REPLY, by=slt, clock=clock, reply="Be kind.")
    # What is on its way out for good is not to be shown again first.
    decide(entry_id, Outcome.DELETE, by=slt, clock=clock)
    with pytest.raises(BadInput, match=r"is being deleted: nobody could see what it answers\.$"):
        decide(entry_id, Outcome.WARN, by=slt, clock=clock, reply="Be kind.")


def test_the_worst_come_first_and_an_authors_stay_together(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    """P23: threats on top."""
    flagged(
        account_id,
        platform,
        clock,
        comment(1, "idiot", author=author("Once")),
        comment(2, "idiot", author=author("Twice")),
        comment(3, "I know where you live", author=author("Threat")),
        comment(4, "idiot, write to tim@mailhost.co.uk", author=author("Twice")),
        comment(5, "I know where you live", author=author("Once")),
    )
    with reading() as session:
        slt = session.get_one(Person, school_people[Role.SLT].id)
        page = review.queue(session, viewer=slt, now=clock())
        assert [[item.entry.author_name for item in group] for group in page.by_author()] == [
            ["Threat"],
            ["Once"],
            ["Twice", "Twice"],
            ["Once"],
        ]
        assert [len(group) for group in page.by_post()] == [2, 3], "urgent before the rest of its post"
        assert page.open == 5 and page.items[0].same_post == 5
        first = review.queue(session, viewer=slt, limit=2, now=clock())
        rest = review.queue(session, viewer=slt, limit=3, after=first.following or "", now=clock())
        assert [i.entry.id for i in (*first.items, *rest.items)] == [i.entry.id for i in page.items]
        assert rest.following is None
        only = review.queue(session, viewer=slt, filters=QueueFilters(kind="threat"), now=clock())
        assert [i.entry.author_name for i in only.items] == ["Threat", "Once"]


def test_a_deletion_by_the_author_is_in_the_log(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    platform.show()
    platform.deleted.add("c-1")
    poll(account_id, platform, clock)
    score(clock)
    with reading() as session:
        row = next(log.rows(session, viewer=None))
        assert [event.kind.value for event, _ in row.events] == ["recorded", "gone"]
        assert session.get_one(LogEntry, entry_id).text == "You idiot"
