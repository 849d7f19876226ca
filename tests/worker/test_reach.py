"""How far posts came is read sparingly, by one worker, within the budget, and stays what it was (P10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import erasing, foi, reach, reach_words
from approvals.models import Draft, PostFigures, Publication
from approvals.moves import move_publication
from approvals.states import Actor, PublicationState
from connectors.base import Platform
from connectors.figures import PERMISSIONS, Withheld
from connectors.practice.faults import Fault, FaultRule, OperationKind
from connectors.practice.seen import Seen
from connectors.practice.servers import PracticePlatforms
from school import db, probes
from school.models import Account, CallLedger, Person, Role
from school.settings import settings
from tests.approvals import scenes
from worker import probing, rounds

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
DAY = timedelta(days=1)
SEEN = Seen(people=214, views=301, likes=12, shares=2)


@pytest.fixture(scope="module")
def platforms() -> Iterator[PracticePlatforms]:
    with PracticePlatforms(None, pace=None, earlier_life=False) as running:
        yield running


@pytest.fixture
def account_on(
    session: Session,
    platforms: PracticePlatforms,
    make_account: Callable[..., Account],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Platform], Account]:
    """A real account, as far as the product knows; its platform is the practice one."""
    monkeypatch.setenv("SCHOOLGATE_X_URL", platforms.x_url)
    monkeypatch.setenv("SCHOOLGATE_GRAPH_URL", platforms.graph_url)
    settings.cache_clear()
    platforms.world.withdraw_permissions()
    platforms.world.faults.clear()

    def make(platform: Platform) -> Account:
        account = scenes.connected(platform, platforms, make_account)
        account.practice = False
        session.commit()
        return account

    return make


@pytest.fixture
def publish(
    session: Session, school_people: dict[Role, Person], platforms: PracticePlatforms
) -> Callable[..., Publication]:
    """A post that stands on its platform, and has been out for so long."""

    def make(account: Account, age: timedelta, *, text: str = "The library is open again") -> Publication:
        moment = db.now()
        teacher, head = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
        pictures = (
            (scenes.choice(scenes.add_picture(session, teacher, moment)),)
            if account.platform == Platform.INSTAGRAM
            else ()
        )
        _draft, [made] = scenes.approved(
            session, teacher, head, moment, account, text=text, pictures=pictures
        )
        for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
            move_publication(session, made, state, actor=Actor.PRODUCT, by=None, reason="Out", now=moment)
        there = platforms.world.publish(Platform(account.platform), text)
        platforms.world.set_seen(account.platform, there.id, SEEN)
        made.published_at, made.post_platform_id = moment - age, there.id
        session.commit()
        return made

    return make


def due(at: datetime | None = None) -> list[UUID]:
    with db.reading() as session:
        return reach.due(session, now=at or db.now())


def figures_of(publication: Publication) -> PostFigures:
    with db.reading() as session:
        return session.get_one(PostFigures, publication.id)


def said_of(publication: Publication, *, comments: bool = True) -> str:
    """What its draft's page says of it."""
    with db.reading() as session:
        row = session.get(PostFigures, publication.id)
        here = session.get_one(Publication, publication.id)
        return " ".join(reach_words.sentences(here, row, comments=comments, now=db.now()))


@pytest.mark.parametrize(
    ("database", "platform"),
    [("sqlite", Platform.X), ("postgresql", Platform.FACEBOOK), ("sqlite", Platform.INSTAGRAM)],
    indirect=["database"],
)
def test_p10_each_post_is_read_a_day_a_week_and_a_month_after_it_came_out(
    session: Session,
    platforms: PracticePlatforms,
    account_on: Callable[..., Account],
    publish: Callable[..., Publication],
    platform: Platform,
) -> None:
    account = account_on(platform)
    fresh = publish(account, DAY - timedelta(minutes=1))
    assert due() == [], "it is not a day old"
    assert "for the first time on" in said_of(fresh)
    old, gone = publish(account, 2 * DAY, text="Two days old"), publish(account, 3 * DAY, text="Gone there")
    assert gone.post_platform_id is not None
    platforms.world.delete_post(platform, gone.post_platform_id)
    assert due() == [account.id]
    assert rounds.read_reach(account.id) == 2
    row = figures_of(old)
    assert (row.people, row.views) == (None if platform is Platform.X else 214, 301)
    assert row.next_try_at == old.published_at + timedelta(days=7)
    assert figures_of(gone).gone_at is not None and figures_of(gone).next_try_at is None
    assert due() == [] and rounds.read_reach(account.id) is None
    assert due(old.published_at + timedelta(days=7)) == [account.id]
    month = old.published_at + timedelta(days=30)
    assert reach.next_reading(old.published_at, practice=False, now=month) is None
    today = reach_words.say_date(reach_words.today(db.now()))
    assert (
        said_of(old)
        == {
            Platform.X: f"Seen 301 times on X by {today}. X counts how often, not how many people. By then: "
            "12 likes, 0 comments, shared 2 times.",
            Platform.FACEBOOK: f"Seen by 214 people on Facebook, 301 times in all, by {today}. By then: "
            "12 reactions, 0 comments, shared 2 times.",
            Platform.INSTAGRAM: f"Seen by 214 accounts on Instagram, 301 times in all, by {today}. By then: "
            "12 likes, 0 comments, shared 2 times.",
        }[platform]
    )
    assert "comments" not in said_of(old, comments=False) and "shared 2 times" in said_of(old, comments=False)
    assert said_of(gone).startswith("How many saw it: ") and "no longer had" in said_of(gone)
    with db.reading() as looking:
        booked = looking.scalars(sa.select(CallLedger).where(CallLedger.operation == "figures")).one()
    # X: one request for both, paid by the post that was there. The Graph: two, and one for the gone one.
    assert (booked.calls, booked.cost_micro_usd) == ((1, 1000) if platform is Platform.X else (3, 0))
    draft = session.get_one(Draft, old.draft_id)
    [row_out] = foi.rows(session, [draft])
    assert "301 times" in row_out["published"][0]["seen by"]
    erasing.erase_drafts(session, [draft.id], db.now())
    session.commit()
    assert session.scalars(sa.select(PostFigures.gone_at)).one() is not None, "the other post’s is left"


@SQLITE
def test_p10_without_the_permission_it_is_said_and_read_as_soon_as_it_is_granted(
    session: Session,
    platforms: PracticePlatforms,
    account_on: Callable[..., Account],
    publish: Callable[..., Publication],
) -> None:
    """An account connected without it works on, and nobody is warned of it."""
    platforms.world.withdraw_permissions("read_insights", "instagram_manage_insights")
    for platform in (Platform.FACEBOOK, Platform.INSTAGRAM):
        account = account_on(platform)
        platforms.world.withdraw_permissions("read_insights", "instagram_manage_insights")
        publication = publish(account, 2 * DAY)
        assert probing.probe(account.id) == [], "it lacks nothing that is needed"
        rounds.read_reach(account.id)
        row = figures_of(publication)
        assert (row.withheld, row.likes, row.people) == (Withheld.PERMISSION, 12, None)
        assert f"the permission “{PERMISSIONS[platform]}” wasn’t granted" in said_of(publication)
        assert due() == []
        platforms.world.withdraw_permissions()
        with db.transaction() as writing:
            # As connecting the account again does.
            probes.look_soon(writing, account.id, now=db.now())
        probing.probe(account.id)
        assert due() == [account.id]
        rounds.read_reach(account.id)
        assert figures_of(publication).people == 214


@SQLITE
def test_p10_money_and_limits_are_left_for_comments_and_posts(
    session: Session,
    platforms: PracticePlatforms,
    account_on: Callable[..., Account],
    publish: Callable[..., Publication],
) -> None:
    account = account_on(Platform.X)
    publication, second = publish(account, 2 * DAY), publish(account, 2 * DAY, text="Another")
    spent = CallLedger(
        account_id=account.id, hour=db.now(), operation="mentions", calls=9, cost_micro_usd=29_000_000
    )
    session.add(spent)
    session.commit()
    rounds.read_reach(account.id)
    assert figures_of(publication).read_at is None and due() == []
    assert due(db.now() + timedelta(hours=25)) == [account.id]
    session.delete(spent)
    session.execute(sa.update(PostFigures).values(next_try_at=db.now()))
    session.commit()
    # A limit puts off all posts of the account, and a platform that is away likewise.
    for fault in (Fault.RATE_LIMIT, Fault.HTML_502):
        platforms.world.faults.set(Platform.X, OperationKind.READ, FaultRule(fault, next_n=1))
        rounds.read_reach(account.id)
        assert {one.read_at for one in (figures_of(publication), figures_of(second))} == {None}
        assert due() == [], fault
        session.execute(sa.update(PostFigures).values(next_try_at=db.now()))
        session.commit()
    for left, waits in ((49, []), (50, [account.id])):
        with db.transaction() as writing:
            reach.spare(writing, account.id, [None, left, 90], now=db.now())
        assert due() == waits, f"{left} per cent of the allowance are left"
        session.execute(sa.update(PostFigures).values(next_try_at=db.now()))
        session.commit()
    # Two at once: the other one finds nothing; the answer of a lost worker counts no more.
    with db.transaction() as writing:
        lost = reach.claim(writing, account.id, lease=timedelta(minutes=5), now=db.now())
    assert lost is not None and len(lost.posts) == 2
    assert due() == [] and rounds.read_reach(account.id) is None
    with db.transaction() as writing:
        later = db.now() + timedelta(minutes=6)
        taken = reach.claim(writing, account.id, lease=timedelta(minutes=5), now=later)
        assert taken is not None and set(taken.posts) == set(lost.posts)
        assert reach.record(writing, lost, reach.ReachOutcome(figures={}), now=later) == 0
    assert figures_of(publication).gone_at is None
