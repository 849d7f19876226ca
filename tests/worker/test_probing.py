"""The daily look at credentials; one account stops alone; reconnecting continues what waited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import Publication
from connectors.base import Platform
from connectors.practice.faults import Fault, FaultRule, OperationKind
from connectors.practice.servers import PracticePlatforms
from moderation import polling
from moderation.models import ActKind, ActState, Comment, PlatformAct
from school import accounts, db, probes
from school.errors import BadInput
from school.models import Account, AccountProbe, AccountState, OutboxEmail, Person, Role
from tests.approvals import scenes
from worker import endpoints, probing, rounds

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def platforms() -> Iterator[PracticePlatforms]:
    with PracticePlatforms(None, pace=0, earlier_life=False) as running:
        endpoints.practice_at(endpoints.PracticeUrls(running.x_url, running.graph_url))
        yield running
        endpoints.practice_at(None)


@pytest.fixture
def account_on(
    platforms: PracticePlatforms, make_account: Callable[..., Account]
) -> Callable[[Platform], Account]:
    """The practice school's account on a platform, with credentials that work."""

    def make(platform: Platform, **more: object) -> Account:
        there = platforms.world.school(platform)
        values = {"identity_id": there.id, "handle": there.handle, **more}
        return make_account(platform.value, credentials=platforms.credentials(platform), **values)

    return make


def kept(account: Account) -> AccountProbe:
    with db.reading() as session:
        found = probes.of(session, account.id)
    assert found is not None
    return found


def due(hours: float = 0) -> list[UUID]:
    with db.reading() as session:
        return probes.due(session, now=db.now() + timedelta(hours=hours))


def waiting() -> list[UUID]:
    with db.reading() as session:
        return polling.due(session, now=db.now())


def now_of(account: Account) -> Account:
    with db.reading() as session:
        return session.get_one(Account, account.id)


def look_soon(account: Account) -> None:
    with db.transaction() as session:
        probes.look_soon(session, account.id, now=db.now())


def mails() -> list[tuple[str, str]]:
    """Who was warned, and in which words."""
    query = (
        sa.select(OutboxEmail.to_address, OutboxEmail.raw)
        .where(OutboxEmail.purpose == "account_warning")
        .order_by(OutboxEmail.created_at, OutboxEmail.to_address)
    )
    found = []
    with db.reading() as session:
        for address, raw in session.execute(query):
            body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
            assert body is not None
            found.append((address, body.get_content()))
    return found


@pytest.mark.parametrize("platform", list(Platform))
def test_what_is_well_gives_no_warning(account_on: Callable[..., Account], platform: Platform) -> None:
    account = account_on(platform)
    assert due() == [account.id]
    assert probing.probe(account.id) == []
    row = kept(account)
    assert row.kind and row.permissions_known and row.probed_at is not None and row.problem is None
    assert due() == [], "once a day is enough"
    assert probing.probe(account.id) is None
    assert due(hours=25) == [account.id]
    assert mails() == []


def test_people_are_warned_once_before_anything_fails(
    platforms: PracticePlatforms, account_on: Callable[..., Account]
) -> None:
    account = account_on(Platform.FACEBOOK)
    platforms.world.set_token_end("token", db.now() + timedelta(days=13))
    platforms.world.withdraw_permissions("pages_manage_posts")
    platforms.world.set_page_published(False)
    found = probing.probe(account.id)
    assert found is not None and len(found) == 3
    assert found == kept(account).warnings
    told = mails()
    assert [address for address, _ in told] == ["head@larkfield.test", "network@larkfield.test"]
    assert "posts can't be published or deleted" in told[0][1] and "/accounts" in told[0][1]
    look_soon(account)
    assert probing.probe(account.id) == found
    assert len(mails()) == 2, "told once"
    platforms.world.withdraw_permissions("pages_manage_posts", "pages_manage_engagement")
    look_soon(account)
    probing.probe(account.id)
    assert len(mails()) == 4 and "hidden" in mails()[2][1]
    assert now_of(account).state is AccountState.ACTIVE


def test_keys_that_may_only_read_are_warned_of(
    platforms: PracticePlatforms, account_on: Callable[..., Account]
) -> None:
    platforms.world.set_x_access("read")
    [warning] = probing.probe(account_on(Platform.X).id) or []
    assert "“write” is missing" in warning and "Read and write" in warning


def test_a_platform_that_gives_no_answer_is_asked_again_and_nothing_stops(
    platforms: PracticePlatforms, account_on: Callable[..., Account]
) -> None:
    account = account_on(Platform.X)
    platforms.world.faults.set(Platform.X, OperationKind.READ, FaultRule(Fault.HTML_502))
    probing.probe(account.id)
    row = kept(account)
    assert row.problem and now_of(account).state is AccountState.ACTIVE and row.probed_at is None
    assert row.next_at < db.now() + timedelta(hours=2)


def test_keys_of_another_account_stop_this_account_alone(account_on: Callable[..., Account]) -> None:
    wrong = account_on(Platform.X, identity_id="4711")
    right = account_on(Platform.FACEBOOK)
    probing.probe(wrong.id)
    probing.probe(right.id)
    assert now_of(right).state is AccountState.ACTIVE
    stopped = now_of(wrong)
    assert stopped.state is AccountState.NEEDS_CONNECTING
    assert "not to the account with the id 4711" in str(stopped.problem)


def test_reconnecting_continues_everything_that_waited(
    session: Session,
    school_people: dict[Role, Person],
    platforms: PracticePlatforms,
    account_on: Callable[..., Account],
) -> None:
    """Polls, acts and publications wait while an account's token is dead, and go on once it is renewed."""
    account = account_on(Platform.FACEBOOK)
    post = platforms.world.publish(Platform.FACEBOOK, "Sports day")
    said = platforms.world.say(Platform.FACEBOOK, post.id, "Ann Troll", "You idiots")
    rounds.poll(account.id)
    session.expire_all()
    now = db.now().replace(second=0, microsecond=0)
    _draft, [publication] = scenes.approved(
        session,
        school_people[Role.STAFF],
        school_people[Role.HEADTEACHER],
        now - timedelta(hours=1),
        account,
        at=now,
        text="The library is open again",
    )
    comment = session.scalars(sa.select(Comment)).one()
    act = PlatformAct(
        kind=ActKind.HIDE, state=ActState.REQUESTED, account_id=account.id, comment_id=comment.id,
        target_platform_id=said.id, target_url="", text="", requested_at=now, next_try_at=now,
        answer="", result_platform_id="",
    )  # fmt: skip
    session.add(act)
    accounts.mark_dead(session, account, "The token was revoked.", now=now)
    session.commit()
    account_id, publication_id, act_id = account.id, publication.id, act.id
    session.close()
    rounds.publish(publication_id)
    assert rounds.poll(account_id) is None and waiting() == []
    assert platforms.world.posts(Platform.FACEBOOK) == [post]
    with pytest.raises(BadInput, match="belongs to another one"):
        account_on(Platform.FACEBOOK, identity_id="4711")
    session.close()
    account_on(Platform.FACEBOOK)
    assert waiting() == due() == [account_id]
    with db.transaction() as other:
        # Half a minute later, when the post that waits for its account is looked at again.
        other.get_one(Publication, publication_id).next_try_at = now
    rounds.publish(publication_id)
    with db.transaction() as other:
        claim = rounds.actions.claim_action(other, lease=timedelta(minutes=1), now=db.now())
    assert claim is not None
    rounds.act(claim)
    assert rounds.poll(account_id) is not None
    assert len(platforms.world.posts(Platform.FACEBOOK)) == 2
    with db.reading() as other:
        assert other.get_one(PlatformAct, act_id).state is ActState.DONE
    assert platforms.world.comment(Platform.FACEBOOK, said.id).hidden
