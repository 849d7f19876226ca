"""Published posts that have to go: consent withdrawn, or on request (P25)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import takedown_asking, takedowns
from approvals.models import Draft, Publication, Takedown, TakedownMove, TakedownState
from approvals.moves import move_publication
from approvals.states import Actor, PublicationState
from approvals.takedowns import Result
from connectors.base import Connector, Credentials, Endpoints, Platform
from connectors.practice.faults import Fault, FaultRule, OperationKind
from connectors.practice.servers import PracticePlatforms
from connectors.registry import connector_for
from school import audit, closing, consent
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models import Account, AccountState, ConsentKind, DataFate, Person, Pupil, Role
from tests.approvals import scenes

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def platforms() -> Iterator[PracticePlatforms]:
    """Both practice servers on loopback, with nobody in them."""
    with PracticePlatforms(None, pace=None, earlier_life=False) as running:
        yield running


def connector(account: Account, platforms: PracticePlatforms) -> Connector:
    platform = Platform(account.platform)
    return connector_for(
        platform,
        Credentials(platforms.credentials(platform)),
        account.platform_id,
        Endpoints(x_url=platforms.x_url, graph_url=platforms.graph_url, timeout=3),
    )


def published(
    session: Session,
    author: Person,
    approver: Person,
    account: Account,
    pupil: Pupil,
    now: datetime,
    *,
    post_id: str | None = "1700000000000000001",
) -> Publication:
    """A post that shows the pupil, out since an hour."""
    media = scenes.add_picture(session, author, now)
    _draft, [publication] = scenes.approved(
        session,
        author,
        approver,
        now - 2 * HOUR,
        account,
        at=now - HOUR,
        pictures=(scenes.choice(media),),
        pupil_ids=(pupil.id,),
        none_shown=False,
    )
    for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
        move_publication(
            session, publication, state, actor=Actor.PRODUCT, by=None, reason="Out", now=now - HOUR
        )
    publication.published_at, publication.post_platform_id = now - HOUR, post_id
    session.commit()
    return publication


def withdraw(session: Session, pupil: Pupil, officer: Person, now: datetime) -> None:
    [given] = [one for one in pupil.consents if one.kind is ConsentKind.IMAGE and not one.withdrawn_at]
    consent.withdraw(session, given.id, reason="Letter of today", by=officer, now=now)


def test_p25_a_withdrawal_takes_down_what_shows_the_pupil_and_nothing_else(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    facebook: Account,
    rosa: Pupil,
    now: datetime,
) -> None:
    officer = school_people[Role.DPO]
    other = scenes.make_pupil(session, officer, "Nell Harker", consented=True, now=now)
    ours = published(session, teacher, head, x, rosa, now)
    published(session, teacher, head, facebook, other, now, post_id="9_8")
    assert takedowns.open_for_withdrawn_consent(session, now=now) == []
    withdraw(session, rosa, officer, now)
    [opened] = takedowns.open_for_withdrawn_consent(session, now=now)
    assert opened.publication_id == ours.id and "consent was withdrawn" in opened.reason
    assert takedowns.open_for_withdrawn_consent(session, now=now) == [], "asked for once"
    session.commit()
    touched = takedowns.showing(session, rosa.id)
    assert [publication.id for _draft, _revision, publication in touched if publication] == [ours.id]
    assert takedowns.due(session, now=now) == [opened.id]
    assert audit.verify(session) is None


@SQLITE
def test_p25_a_consent_that_ran_out_or_is_given_anew_takes_nothing_down(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    rosa: Pupil,
    now: datetime,
) -> None:
    officer = school_people[Role.DPO]
    published(session, teacher, head, x, rosa, now)
    assert takedowns.open_for_withdrawn_consent(session, now=now + timedelta(days=400)) == []
    consent.record_consent(
        session,
        rosa,
        kind=ConsentKind.IMAGE,
        given_by="The other parent",
        first_day=now.date() - timedelta(days=1),
        last_day=now.date() + timedelta(days=100),
        by=officer,
        now=now,
    )
    first = min(rosa.consents, key=lambda one: one.recorded_at)
    consent.withdraw(session, first.id, reason="A newer one is there", by=officer, now=now)
    assert takedowns.open_for_withdrawn_consent(session, now=now) == []


@SQLITE
@pytest.mark.parametrize("platform", list(Platform))
def test_p25_each_platform_removes_the_post(
    platform: Platform,
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    make_account: Callable[..., Account],
    platforms: PracticePlatforms,
    rosa: Pupil,
    now: datetime,
) -> None:
    """Through the real client, to the practice platform: with a reset before, and a lost answer after."""
    account = make_account(platform.value, identity_id=platforms.world.school(platform).id)
    there = platforms.world.publish(platform, "Rosa's class at the fair")
    publication = published(session, teacher, head, account, rosa, now, post_id=there.id)
    takedown = takedowns.request(session, publication.id, reason="A parent asked", by=head, now=now)
    assert takedowns.request(session, publication.id, reason="Again", by=head, now=now) is takedown
    session.commit()
    results = []
    at = now
    for fault in (Fault.RESET_BEFORE, Fault.RATE_LIMIT_NO_RESET, Fault.RESET_AFTER, None):
        if fault is not None:
            platforms.world.faults.set(platform, OperationKind.ACTION, FaultRule(fault, next_n=1))
        claimed = takedowns.claim(session, takedown.id, now=at)
        assert claimed is not None
        assert takedowns.claim(session, takedown.id, now=at) is None, "one worker alone"
        session.commit()
        outcome = takedowns.act(claimed, connector(account, platforms))
        takedowns.record(session, claimed, outcome, now=at)
        session.commit()
        results.append(outcome.result)
        at += timedelta(days=1)
    assert results == [Result.LATER, Result.LATER, Result.LATER, Result.DONE]
    assert takedown.state is TakedownState.DONE and takedown.finished_at is not None
    assert platforms.world.post(platform, there.id).deleted_at is not None
    assert takedowns.due(session, now=at) == []
    moves = session.scalars(sa.select(TakedownMove.new).where(TakedownMove.takedown_id == takedown.id))
    assert list(moves)[-1] is TakedownState.DONE


@SQLITE
def test_a_lost_worker_and_a_dead_account_lose_nothing(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    platforms: PracticePlatforms,
    make_account: Callable[..., Account],
    rosa: Pupil,
    now: datetime,
) -> None:
    account = make_account("x", identity_id=platforms.world.school(Platform.X).id)
    there = platforms.world.publish(Platform.X, "To go")
    publication = published(session, teacher, head, account, rosa, now, post_id=there.id)
    takedown = takedowns.request(session, publication.id, reason="Mistake", by=head, now=now)
    lost = takedowns.claim(session, takedown.id, now=now)
    session.commit()
    assert lost is not None and takedowns.due(session, now=now + timedelta(seconds=30)) == []
    later = now + HOUR
    claimed = takedowns.claim(session, takedown.id, now=later)
    assert claimed is not None
    platforms.world.faults.set(Platform.X, OperationKind.ACTION, FaultRule(Fault.DEAD_TOKEN, next_n=1))
    outcome = takedowns.act(claimed, connector(account, platforms))
    takedowns.record(session, lost, outcome, now=later)
    assert takedown.state is TakedownState.DOING, "the lost worker's answer counts no more"
    takedowns.record(session, claimed, outcome, now=later)
    session.commit()
    assert account.state is AccountState.NEEDS_CONNECTING
    assert takedowns.due(session, now=later + HOUR) == [], "it waits for the account"
    account.state = AccountState.ACTIVE
    session.flush()
    assert takedowns.due(session, now=later + HOUR) == [takedown.id]


@SQLITE
def test_what_no_program_can_remove_is_a_persons_task(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    rosa: Pupil,
    now: datetime,
) -> None:
    publication = published(session, teacher, head, x, rosa, now, post_id=None)
    takedown = takedowns.request(session, publication.id, reason="Mistake", by=head, now=now)
    session.commit()
    assert takedowns.claim(session, takedown.id, now=now) is None
    assert takedown.state is TakedownState.BY_HAND and takedowns.by_hand(session) == [takedown]
    with pytest.raises(NotPermitted):
        takedowns.done_by_hand(session, takedown.id, by=teacher, now=now)
    assert scenes.mails(session, "takedown_done") == []
    takedowns.done_by_hand(session, takedown.id, by=school_people[Role.DPO], now=now)
    session.flush()
    [mail] = scenes.mails(session, "takedown_done")
    assert mail["To"].addresses[0].addr_spec == teacher.email, "its author reads that it is down"
    with pytest.raises(MoveNotAllowed):
        takedowns.done_by_hand(session, takedown.id, by=head, now=now)
    assert takedown.finished_by_id == school_people[Role.DPO].id


@SQLITE
def test_only_published_posts_are_taken_down_and_only_by_who_may(
    session: Session, teacher: Person, head: Person, x: Account, rosa: Pupil, now: datetime
) -> None:
    _draft, [waiting] = scenes.approved(session, teacher, head, now, x)
    with pytest.raises(MoveNotAllowed, match="not published"):
        takedowns.request(session, waiting.id, reason="Mistake", by=head, now=now)
    out = published(session, teacher, head, x, rosa, now)
    with pytest.raises(NotPermitted):
        takedowns.request(session, out.id, reason="Mistake", by=teacher, now=now)
    with pytest.raises(BadInput):
        takedowns.request(session, out.id, reason=" ", by=head, now=now)
    assert session.scalar(sa.select(sa.func.count()).select_from(Takedown)) == 0


@SQLITE
def test_who_may_not_take_a_post_down_asks_for_it_and_is_answered(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    rosa: Pupil,
    now: datetime,
) -> None:
    def told(purpose: str) -> list[str]:
        session.flush()
        return [mail["To"].addresses[0].addr_spec for mail in scenes.mails(session, purpose)]

    out = published(session, teacher, head, x, rosa, now)
    draft = session.get_one(Draft, out.draft_id)
    assert takedown_asking.may_ask(session, draft, by=teacher, now=now)
    assert not takedown_asking.may_ask(session, draft, by=head, now=now), "takes it down instead"
    with pytest.raises(NotFound):
        takedown_asking.ask(session, draft.id, reason="No", by=school_people[Role.MODERATOR], now=now)
    with pytest.raises(BadInput):
        takedown_asking.ask(session, draft.id, reason=" ", by=teacher, now=now)
    for _twice in range(2):
        takedown_asking.ask(session, draft.id, reason="A parent rang", by=teacher, now=now)
    assert told("takedown_asked") == [head.email]
    assert takedown_asking.all_waiting(session, head) == [draft.id]
    assert takedown_asking.all_waiting(session, teacher) == []
    with pytest.raises(NotPermitted):
        takedown_asking.stays(session, draft.id, reason="No", by=teacher, now=now)
    later = now + timedelta(minutes=1)
    assert takedown_asking.answered(session, draft) is None
    takedown_asking.stays(session, draft.id, reason="She agreed", by=head, now=later)
    answered = takedown_asking.answered(session, draft)
    assert answered and [one.text for one in answered] == ["A parent rang", "She agreed"]
    assert told("takedown_refused") == [teacher.email] and not takedown_asking.all_waiting(session, head)
    with pytest.raises(MoveNotAllowed):
        takedown_asking.stays(session, draft.id, reason="Again", by=head, now=later)
    takedown_asking.ask(session, draft.id, reason="She rang again", by=teacher, now=now + HOUR)
    assert takedown_asking.all_waiting(session, head) == [draft.id], "asked once more"
    takedowns.request(session, out.id, reason="She is right", by=head, now=now + HOUR)
    assert takedown_asking.all_waiting(session, head) == [] and told("takedown_author") == [teacher.email]
    assert audit.verify(session) is None


def test_p8_p25_on_a_closed_account_a_withdrawal_becomes_a_persons_task(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    rosa: Pupil,
    now: datetime,
) -> None:
    published(session, teacher, head, x, rosa, now)
    closing.close(session, x, reason="Over", data_fate=DataFate.KEEP, by=head, now=now)
    withdraw(session, rosa, school_people[Role.DPO], now)
    [opened] = takedowns.open_for_withdrawn_consent(session, now=now)
    assert takedowns.hand_over_closed(session, now=now) == 1
    session.commit()
    assert opened.state is TakedownState.BY_HAND and "was closed" in opened.answer
    assert takedowns.by_hand(session) == [opened]
