"""Reading how far published posts came, sparingly (P10): which are due, who reads them, what is kept.

Each post is asked about when it is a day, a week and a month old. After a month a school's post is
seen by hardly anybody any more, Meta's figures are up to two days late in any case, and every
reading costs a call or, on X, a tenth of a cent. A reading gives all figures so far, so the newest is enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import PostFigures, Publication, Takedown, TakedownState
from approvals.states import PublicationState
from connectors.base import Connector, Platform
from connectors.errors import (
    ConnectorError,
    ConnectorUnavailable,
    CredentialsDead,
    OutOfCredit,
    RateLimited,
)
from connectors.figures import PERMISSIONS, Figures, Withheld
from connectors.limits import LIMITS
from school import accounts
from school.db import new_id
from school.models import Account, AccountProbe, AccountState

AGES = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
"""How old a post is at each reading."""
PRACTICE_AGES = (
    timedelta(seconds=20),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(days=1),
)
"""On the practice platforms, so that people being trained see it happen."""
OLDEST = timedelta(days=400)
"""Posts from before this are not read: no report reaches further back."""
_NOTED_MOST = 500
_AGAIN = timedelta(minutes=15)
_LONGEST = timedelta(days=1)
_CREDIT_WAIT = timedelta(days=1)
"""Figures are the last thing that new credit is for."""
SPARED_BELOW = 50
"""Per cent of a platform's allowance that must be left: below, figures wait and the rest goes on."""
_SPARED_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ReachClaim:
    """Some posts of one account that this worker alone may read now."""

    id: UUID
    account_id: UUID
    posts: Mapping[str, UUID]
    """The platform's ids, and their publications."""


@dataclass(frozen=True, slots=True)
class ReachOutcome:
    """What a reading brought: the posts that are there, or why there was no answer."""

    figures: Mapping[str, Figures] | None = None
    problem: str = ""
    wait: timedelta | None = None
    """How long the platform wants to be left alone; None: it didn't say."""
    credentials_dead: bool = False


def due(session: Session, *, now: datetime) -> list[UUID]:
    """The accounts with posts to be read now; those that can't be used wait."""
    query = (
        sa.select(Publication.account_id)
        .join(Account, Account.id == Publication.account_id)
        .outerjoin(PostFigures, PostFigures.id == Publication.id)
        .where(_readable(now), _waits(now))
        .distinct()
    )
    return list(session.scalars(query))


def _readable(now: datetime) -> sa.ColumnElement[bool]:
    """Posts that stand on an account in use, old enough for a first reading and not too old for any."""
    taken_down = sa.select(Takedown.id).where(
        Takedown.publication_id == Publication.id, Takedown.state == TakedownState.DONE
    )
    return sa.and_(
        Publication.state == PublicationState.PUBLISHED,
        Publication.post_platform_id.is_not(None),
        Publication.published_at > now - OLDEST,
        Publication.published_at <= sa.case((Account.practice, now - PRACTICE_AGES[0]), else_=now - AGES[0]),
        Account.state == AccountState.ACTIVE,
        sa.not_(taken_down.exists()),
    )


def _waits(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(
        PostFigures.id.is_(None),
        sa.and_(
            PostFigures.next_try_at <= now,
            sa.or_(PostFigures.lease_until.is_(None), PostFigures.lease_until <= now),
        ),
    )


def claim(session: Session, account_id: UUID, *, lease: timedelta, now: datetime) -> ReachClaim | None:
    """Take the posts of an account that wait longest, as many as are asked for at a time.

    None: nothing is due, or another worker has it. Commit before `read`.
    """
    # The account's row keeps two from making a post's first row at once.
    account = session.get_one(Account, account_id, with_for_update={"key_share": True})
    query = (
        sa.select(Publication)
        .join(Account, Account.id == Publication.account_id)
        .outerjoin(PostFigures, PostFigures.id == Publication.id)
        .where(Publication.account_id == account_id, _readable(now), _waits(now))
        .order_by(PostFigures.next_try_at, Publication.published_at.desc())
        .limit(_NOTED_MOST)
    )
    waiting = list(session.scalars(query))
    if not waiting:
        return None
    rows = {
        row.id: row
        for row in session.scalars(
            sa.select(PostFigures).where(PostFigures.id.in_([one.id for one in waiting]))
        )
    }
    for one in waiting:
        if one.id not in rows:
            rows[one.id] = PostFigures(id=one.id, next_try_at=now, attempts=0)
            session.add(rows[one.id])
    claim_id = new_id()
    taken: dict[str, UUID] = {}
    for one in waiting[: LIMITS[Platform(account.platform)].figures_at_once]:
        assert one.post_platform_id is not None
        rows[one.id].lease_id, rows[one.id].lease_until = claim_id, now + lease
        taken[one.post_platform_id] = one.id
    return ReachClaim(claim_id, account_id, taken)


def read(claimed: ReachClaim, connector: Connector) -> ReachOutcome:
    """Ask the platform. Never raises for what a platform can answer."""
    try:
        return ReachOutcome(figures=connector.figures(list(claimed.posts)))
    except CredentialsDead as error:
        return ReachOutcome(problem=error.detail, credentials_dead=True)
    except OutOfCredit as error:
        return ReachOutcome(problem=error.detail, wait=_CREDIT_WAIT)
    except RateLimited as error:
        return ReachOutcome(problem=error.detail, wait=timedelta(seconds=error.retry_after or 0))
    except ConnectorUnavailable as error:
        wait = timedelta(seconds=error.retry_after) if error.retry_after else None
        return ReachOutcome(problem=error.detail, wait=wait)
    except ConnectorError as error:
        return ReachOutcome(problem=error.detail, wait=_LONGEST)


def record(session: Session, claimed: ReachClaim, outcome: ReachOutcome, *, now: datetime) -> int:
    """Keep what a reading brought, for the posts that no other worker has taken since; how many they were."""
    account = session.get_one(Account, claimed.account_id, with_for_update={"key_share": True})
    rows = list(
        session.scalars(
            sa.select(PostFigures)
            .where(PostFigures.id.in_(claimed.posts.values()), PostFigures.lease_id == claimed.id)
            .with_for_update()
        )
    )
    if not rows:
        return 0
    dates = sa.select(Publication.id, Publication.published_at).where(
        Publication.id.in_([row.id for row in rows])
    )
    published = dict(session.execute(dates).all())
    by_publication = {publication: post for post, publication in claimed.posts.items()}
    granted = _granted(session, account)
    for row in rows:
        row.lease_id = row.lease_until = None
        if outcome.figures is None:
            row.attempts += 1
            continue
        row.attempts = 0
        found = outcome.figures.get(by_publication[row.id])
        if found is None:
            # What was read before stays: the post did come so far.
            row.gone_at, row.next_try_at = now, None
            continue
        _keep(row, found, granted=granted, now=now)
        row.next_try_at = next_reading(published[row.id], practice=account.practice, now=now)
    if outcome.credentials_dead:
        accounts.mark_dead(session, account, outcome.problem, now=now)
    elif outcome.figures is None:
        tried = max(row.attempts for row in rows)
        wait = outcome.wait if outcome.wait is not None else _AGAIN * 2 ** min(tried - 1, 7)
        put_off(session, claimed.account_id, until=now + max(min(wait, timedelta(days=7)), _AGAIN), now=now)
    return len(rows)


def _granted(session: Session, account: Account) -> bool:
    """Whether the platform says that the permission for figures is there."""
    probe = session.get(AccountProbe, account.id)
    return probe is not None and PERMISSIONS.get(account.platform) in probe.permissions


def _keep(row: PostFigures, found: Figures, *, granted: bool, now: datetime) -> None:
    row.read_at, row.gone_at = now, None
    row.withheld = found.withheld
    if found.withheld is Withheld.PERMISSION and granted:
        # It is refused for another reason, which the platform doesn't tell.
        row.withheld = Withheld.UNSAID
    row.people, row.views = found.people, found.views
    row.likes, row.comments, row.shares = found.likes, found.comments, found.shares


def next_reading(published_at: datetime | None, *, practice: bool, now: datetime) -> datetime | None:
    """When a post that came out then is read next; None: it was read for the last time."""
    if published_at is None:
        return None
    ages = PRACTICE_AGES if practice else AGES
    return next((published_at + age for age in ages if published_at + age > now), None)


def put_off(session: Session, account_id: UUID, *, until: datetime, now: datetime) -> None:
    """Have nothing of this account read before then: neither what is claimed no longer nor what waits."""
    of_account = sa.select(Publication.id).where(Publication.account_id == account_id)
    session.execute(
        sa.update(PostFigures)
        .where(
            PostFigures.id.in_(of_account),
            PostFigures.next_try_at < until,
            sa.or_(PostFigures.lease_until.is_(None), PostFigures.lease_until <= now),
        )
        .values(next_try_at=until)
        .execution_options(synchronize_session="fetch")
    )


def spare(session: Session, account_id: UUID, remaining: Sequence[int | None], *, now: datetime) -> None:
    """Leave the account alone for an hour where little of the platform's allowance (in per cent) is left."""
    if min((one for one in remaining if one is not None), default=100) < SPARED_BELOW:
        put_off(session, account_id, until=now + _SPARED_FOR, now=now)


def permission_came(session: Session, account_id: UUID, *, now: datetime) -> None:
    """Read now what was kept back for want of a permission that the account has got since."""
    of_account = sa.select(Publication.id).where(Publication.account_id == account_id)
    session.execute(
        sa.update(PostFigures)
        .where(
            PostFigures.id.in_(of_account),
            PostFigures.withheld == Withheld.PERMISSION,
            PostFigures.gone_at.is_(None),
        )
        .values(next_try_at=now)
        .execution_options(synchronize_session="fetch")
    )


def of_publications(session: Session, publication_ids: Sequence[UUID]) -> dict[UUID, PostFigures]:
    """The figures of each of these publications that has been looked at."""
    if not publication_ids:
        return {}
    query = sa.select(PostFigures).where(PostFigures.id.in_(publication_ids))
    return {row.id: row for row in session.scalars(query)}
