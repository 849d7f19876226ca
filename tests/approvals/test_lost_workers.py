"""Workers that vanish or are too slow, accounts that die: never twice, and people are told how it stands."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from approvals import claims, drafts, holding, publishing, reconciling
from approvals.models import Publication
from approvals.publishing import Outcome, OutcomeKind
from approvals.standing import standing, under_way
from approvals.states import PublicationState
from approvals.steps import ClaimLost, DurableSteps, keep_step
from connectors.base import STEP_POSTING, RemotePost
from connectors.errors import ConnectorUnavailable, CredentialsDead
from connectors.posting import send_once
from school import db, heartbeats, stopping
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import Account, AccountState, Person, Role
from tests.approvals import scenes
from tests.approvals.scenes import Board, Memory

HOUR = timedelta(hours=1)


@pytest.fixture
def due(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> Publication:  # fmt: skip
    """An approved post whose time has come at `now`."""
    _draft, [publication] = scenes.approved(session, teacher, head, now - HOUR, x, at=now)
    return publication


def claim(session: Session, publication: Publication, now: datetime) -> claims.PublicationClaim:
    found = publishing.claim(session, publication.id, now=now)
    session.commit()
    assert found is not None
    return found


def mark(session: Session, publication: Publication) -> None:
    """The request that posts was begun."""
    keep_step(session, publication.id, STEP_POSTING, "begun")
    session.commit()


def said(session: Session, publication: Publication, now: datetime) -> str:
    return standing(session, publication, now=now).sentence


def test_a_worker_lost_before_it_sent_anything_is_replaced_without_a_person(
    session: Session, due: Publication, now: datetime
) -> None:
    claim(session, due, now)
    after = now + claims.publication_lease()
    assert reconciling.due_looks(session, now=after) == [due.id]
    assert reconciling.claim_look(session, due.id, now=after) is None
    session.commit()
    assert due.state is PublicationState.SCHEDULED
    assert publishing.due(session, now=after) == [due.id]
    again = claim(session, due, after)
    publishing.record(session, again, publishing.send(again, Board(), Memory()), now=after)  # type: ignore[arg-type]
    assert due.state is PublicationState.PUBLISHED


def test_a_slow_worker_that_was_given_up_can_not_post_any_more(
    session: Session, due: Publication, now: datetime
) -> None:
    """The mark of the request that posts and the check of the claim are one transaction."""
    slow = claim(session, due, now)
    steps = DurableSteps(db.transaction, slow, db.now)
    after = now + claims.publication_lease()
    reconciling.claim_look(session, due.id, now=after)
    session.commit()
    fast = claim(session, due, after)
    posted: list[str] = []
    with pytest.raises(ClaimLost):
        send_once(steps, lambda: posted.append("slow"))
    send_once(DurableSteps(db.transaction, fast, db.now), lambda: posted.append("fast"))
    assert posted == ["fast"]
    # Nor may it take the other's mark away.
    with pytest.raises(ClaimLost):
        steps.put(STEP_POSTING, "")


def test_each_step_is_a_sign_of_life(session: Session, due: Publication, now: datetime) -> None:
    held = claim(session, due, now)
    later = now + claims.publication_lease() - timedelta(seconds=1)
    DurableSteps(db.transaction, held, lambda: later).put("uploaded", "1")
    assert reconciling.due_looks(session, now=now + claims.publication_lease()) == []
    assert reconciling.due_looks(session, now=later + claims.publication_lease()) == [due.id]


def test_publishing_stopped_while_pictures_were_uploaded_sends_nothing(
    session: Session, due: Publication, head: Person, now: datetime
) -> None:
    held = claim(session, due, now)
    stopping.stop_publishing(session, by=head, reason="A death in the school", now=now)
    session.commit()
    posted: list[str] = []
    with pytest.raises(ConnectorUnavailable):
        send_once(DurableSteps(db.transaction, held, db.now), lambda: posted.append("sent"))
    assert posted == []
    publishing.record(session, held, Outcome(OutcomeKind.LATER, detail="Stopped."), now=now)
    assert due.state is PublicationState.SCHEDULED


@pytest.mark.parametrize("handed_over", [False, True])
def test_the_answer_of_a_worker_given_up_for_lost_still_counts(
    handed_over: bool, session: Session, due: Publication, now: datetime
) -> None:
    slow = claim(session, due, now)
    mark(session, due)
    after = now + claims.publication_lease()
    look = reconciling.claim_look(session, due.id, now=after)
    assert look is not None
    if handed_over:
        absent = reconciling.Look(reconciling.LookKind.SEVERAL, detail="2 posts could be it.")
        reconciling.record_look(session, look, absent, now=after)
        assert due.state is PublicationState.HELD
    post = RemotePost(platform_id="77", text="The summer fair", created_at=now, url="https://x.example/77")
    publishing.record(session, slow, Outcome(OutcomeKind.PUBLISHED, post=post), now=after)
    assert due.state is PublicationState.PUBLISHED and due.post_platform_id == "77"
    # The look that was under way changes nothing any more.
    reconciling.record_look(session, look, reconciling.Look(reconciling.LookKind.ABSENT), now=after)
    assert due.state is PublicationState.PUBLISHED


def test_a_later_refusal_says_nothing_of_a_request_without_an_answer(
    session: Session, due: Publication, now: datetime
) -> None:
    held = claim(session, due, now)
    mark(session, due)
    publishing.record(session, held, Outcome(OutcomeKind.REFUSED, detail="No."), now=now)
    assert due.state is PublicationState.UNKNOWN


def test_a_post_waits_for_its_dead_account_and_goes_out_when_it_is_connected(
    session: Session, due: Publication, x: Account, teacher: Person, now: datetime
) -> None:
    first = claim(session, due, now)
    dead = Board(before=CredentialsDead("The token is dead."))
    publishing.record(session, first, publishing.send(first, dead, Memory()), now=now)  # type: ignore[arg-type]
    session.commit()
    assert x.state is AccountState.NEEDS_CONNECTING and due.state is PublicationState.SCHEDULED
    assert "can't be used: The token is dead. This post goes out by itself" in said(session, due, now)
    for minutes in (1, 2, 3):
        assert publishing.claim(session, due.id, now=now + timedelta(minutes=minutes)) is None
    [told] = scenes.mails(session, "publication_problem", teacher)
    assert "waits for its account" in str(told["subject"])
    x.state, x.problem = AccountState.ACTIVE, None
    session.commit()
    after = now + timedelta(minutes=4)
    again = claim(session, due, after)
    publishing.record(session, again, publishing.send(again, Board(), Memory()), now=after)  # type: ignore[arg-type]
    assert due.state is PublicationState.PUBLISHED and due.problem is None


def test_a_post_whose_account_stays_dead_is_held_after_an_hour(
    session: Session, due: Publication, x: Account, now: datetime
) -> None:
    x.state, x.problem = AccountState.NEEDS_CONNECTING, "The token is dead."
    session.commit()
    assert publishing.claim(session, due.id, now=now + HOUR) is None
    assert due.state is PublicationState.SCHEDULED
    assert publishing.claim(session, due.id, now=now + HOUR + timedelta(seconds=31)) is None
    assert due.state is PublicationState.HELD
    assert "The token is dead." in str(due.problem) and "60 minutes late" in str(due.problem)


def test_looking_again_never_posts_and_is_for_those_who_may(
    session: Session, due: Publication, teacher: Person, head: Person, school_people: dict[Role, Person],
    now: datetime,
) -> None:  # fmt: skip
    with pytest.raises(MoveNotAllowed):
        holding.look_again(session, due.id, by=head, now=now)
    claim(session, due, now)
    mark(session, due)
    with pytest.raises(NotPermitted):
        holding.look_again(session, due.id, by=teacher, now=now)
    board = Board()
    at = now
    holding.look_again(session, due.id, by=school_people[Role.SLT], now=at)
    for turn in range(3):
        at += timedelta(minutes=2)
        assert reconciling.due_looks(session, now=at) == [due.id]
        look = reconciling.claim_look(session, due.id, now=at)
        assert look is not None
        reconciling.record_look(session, look, reconciling.reconcile(look, board, Memory()), now=at)  # type: ignore[arg-type]
        assert due.state is (PublicationState.HELD if turn == 2 else PublicationState.UNKNOWN)
    assert board.posts == []
    with pytest.raises(BadInput):
        holding.cancel(session, due.id, looked=False, reason="Give it up", by=head, now=at)
    # It shows after all: a person has it looked for, and it is adopted.
    board.publish(look.content, steps=Memory())
    holding.look_again(session, due.id, by=head, now=at)
    assert due.state is PublicationState.UNKNOWN
    look = reconciling.claim_look(session, due.id, now=at)
    assert look is not None
    due.started_at = db.now()
    reconciling.record_look(session, look, reconciling.reconcile(look, board, Memory()), now=at)  # type: ignore[arg-type]
    assert due.state is PublicationState.PUBLISHED and len(board.posts) == 1
    assert publishing.due(session, now=at + HOUR) == []


def test_people_are_told_how_it_stands(
    session: Session, due: Publication, x: Account, teacher: Person, head: Person,
    school_people: dict[Role, Person], now: datetime,
) -> None:  # fmt: skip
    assert "It goes out on" in said(session, due, now - timedelta(minutes=5))
    assert said(session, due, now) == "It is due and goes out within moments."
    late = said(session, due, now + timedelta(minutes=1))
    assert "nobody has taken it up" in late and "No publishing worker runs" in late
    heartbeats.beat(session, "publish", now=now)
    assert "No publishing worker" not in said(session, due, now + timedelta(minutes=1))
    claim(session, due, now)
    assert said(session, due, now + timedelta(seconds=5)).startswith("It is being published since")
    silent = said(session, due, now + timedelta(seconds=50))
    assert "no sign of life since" in silent and "begun anew: nothing was sent yet" in silent
    mark(session, due)
    assert "never sent twice" in said(session, due, now + timedelta(seconds=50))
    lost = said(session, due, now + claims.publication_lease())
    assert "was lost" in lost and "looks on the platform" in lost
    for person, sees in ((teacher, True), (head, True), (school_people[Role.MODERATOR], False)):
        shown = under_way(session, by=person, now=now)
        assert [one.id for one, _ in shown] == ([due.id] if sees else [])


def test_one_lost_on_an_account_that_died_is_looked_for_and_handed_over(
    session: Session, due: Publication, x: Account, now: datetime
) -> None:
    claim(session, due, now)
    mark(session, due)
    x.state, x.problem = AccountState.NEEDS_CONNECTING, "The token is dead."
    session.commit()
    at = now + claims.publication_lease()
    look = reconciling.claim_look(session, due.id, now=at)
    assert look is not None
    failed = reconciling.Look(reconciling.LookKind.FAILED, detail="The account can't be used.")
    reconciling.record_look(session, look, failed, now=at)
    assert due.state is PublicationState.UNKNOWN
    assert "It isn't known whether it was posted" in said(session, due, at)
    assert "The token is dead." in said(session, due, at)
    with pytest.raises(MoveNotAllowed):
        drafts.check_editable(session, drafts.locked(session, due.draft_id))
    at += reconciling.LOOKING_AT_MOST
    look = reconciling.claim_look(session, due.id, now=at)
    assert look is not None
    reconciling.record_look(session, look, failed, now=at)
    assert due.state is PublicationState.HELD and "The token is dead." in str(due.problem)
