"""Vetting followers (P19): who asks to follow or has begun to, what is known of them, and what is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import actions, authors
from moderation.authors import AuthorRecord
from moderation.classifier.flags import severity
from moderation.follower_lists import move
from moderation.models import (
    ActKind,
    ActState,
    Author,
    Follower,
    FollowerKind,
    FollowerMove,
    FollowerState,
    PlatformAct,
)
from moderation.places import Place, place
from moderation.thresholds import Rules, rules
from school import audit
from school.db import storable
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models import Account, Person
from school.people import reason_text
from school.permissions import Action, require


class FollowerOutcome(StrEnum):
    """What a person can decide about a follower or a request."""

    APPROVE = "approve"
    DECLINE = "decline"
    REMOVE = "remove"
    BLOCK = "block"
    MUTE = "mute"
    """Approve, but without seeing what they write."""


OUTCOMES: Mapping[tuple[FollowerKind, FollowerOutcome], tuple[FollowerState, ActKind | None]] = {
    (FollowerKind.REQUEST, FollowerOutcome.APPROVE): (FollowerState.APPROVED, ActKind.ACCEPT_REQUEST),
    (FollowerKind.REQUEST, FollowerOutcome.DECLINE): (FollowerState.DECLINED, ActKind.DECLINE_REQUEST),
    (FollowerKind.REQUEST, FollowerOutcome.BLOCK): (FollowerState.DECLINED, ActKind.BLOCK),
    (FollowerKind.FOLLOWER, FollowerOutcome.APPROVE): (FollowerState.APPROVED, None),
    (FollowerKind.FOLLOWER, FollowerOutcome.REMOVE): (FollowerState.REMOVED, ActKind.REMOVE_FOLLOWER),
    (FollowerKind.FOLLOWER, FollowerOutcome.BLOCK): (FollowerState.REMOVED, ActKind.BLOCK),
    (FollowerKind.FOLLOWER, FollowerOutcome.MUTE): (FollowerState.APPROVED, ActKind.MUTE),
}
"""Where each decision leads, and what it asks of the platform."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A name and bio that are to be scored."""

    follower_id: UUID
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProfileBatch:
    """Profiles that this worker alone may score until `until`."""

    items: tuple[Profile, ...]
    rules: Rules
    until: datetime

    @property
    def texts(self) -> list[str]:
        """What the classifier is to read, in the order in which the scores are expected."""
        return [self.rules.as_scored(item.text) for item in self.items]


@dataclass(frozen=True, slots=True)
class VettingItem:
    """One follower as the queue shows them, with what is known."""

    follower: Follower
    author: Author
    account: Account
    record: AuthorRecord
    acts: tuple[PlatformAct, ...] = ()


@dataclass(frozen=True, slots=True)
class VettingPage:
    """Some of the queue, and what to hand back for the rest; `waiting` counts all."""

    items: tuple[VettingItem, ...]
    following: str | None
    waiting: int


_STANDS: Mapping[FollowerState, str] = {
    FollowerState.EARLIER: "they followed before Schoolgate came",
    FollowerState.WAITING: "they wait for an answer",
    FollowerState.APPROVED: "they are approved",
    FollowerState.DECLINED: "they are declined",
    FollowerState.REMOVED: "they are removed",
    FollowerState.LEFT: "they no longer follow",
}


def to_be_removed() -> sa.ColumnElement[bool]:
    """The followers (rows of Follower) of whom a person decided that they go, and who are still there."""
    not_done = (
        sa.select(PlatformAct.id)
        .join(Author, Author.platform_id == PlatformAct.target_platform_id)
        .where(
            Author.id == Follower.author_id,
            PlatformAct.account_id == Follower.account_id,
            # A block that somebody asked for under a comment of theirs is the same act.
            PlatformAct.kind.in_((ActKind.REMOVE_FOLLOWER, ActKind.BLOCK)),
            PlatformAct.state.not_in((ActState.DONE, ActState.WITHDRAWN)),
        )
    )
    return sa.and_(Follower.state == FollowerState.REMOVED, not_done.correlate(Follower).exists())


def said_state(session: Session, row: Follower) -> str:
    """Where a follower stands, as a clause: "they are approved"."""
    waits = sa.select(Follower.id).where(Follower.id == row.id, to_be_removed())
    return "they are to be removed" if session.scalar(waits) else _STANDS[row.state]


def take_unscored(session: Session, limit: int, *, lease: timedelta, now: datetime) -> ProfileBatch:
    """Take up to `limit` profiles whose name and bio are to be scored."""
    query = (
        sa.select(Follower)
        .where(
            Follower.scored.is_(False), sa.or_(Follower.scoring_until.is_(None), Follower.scoring_until < now)
        )
        .order_by(Follower.waiting_since)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = list(session.scalars(query))
    for row in found:
        row.scoring_until = now + lease
    return ProfileBatch(
        tuple(Profile(row.id, _profile_text(row)) for row in found), rules(session), now + lease
    )


def record_scores(
    session: Session,
    batch: ProfileBatch,
    scores: Sequence[Mapping[str, float]],
    *,
    model_name: str,
    now: datetime,
) -> int:
    """Keep what the classifier and the rules say of names and bios; how many were flagged."""
    query = (
        sa.select(Follower)
        .where(Follower.id.in_([item.follower_id for item in batch.items]))
        .order_by(Follower.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = {row.id: row for row in session.scalars(query)}
    flagged = 0
    for item, result in zip(batch.items, scores, strict=True):
        row = rows.get(item.follower_id)
        if row is None or row.scored or _profile_text(row) != item.text:
            continue
        # Without the names of pupils and staff: a parent's own name is no personal data of another.
        reasons = batch.rules.reasons(item.text, result, model_name=model_name, names=())
        row.scored, row.scoring_until, row.model_name = True, None, model_name
        row.scores, row.reasons = dict(result), [asdict(reason) for reason in reasons]
        row.severity = severity(reasons)
        flagged += bool(reasons)
    return flagged


def _profile_text(row: Follower) -> str:
    return storable(f"{row.name_vetted}\n{row.bio_vetted}".strip())


def queue(
    session: Session,
    *,
    viewer: Person,
    state: FollowerState = FollowerState.WAITING,
    platform: str = "",
    after: str = "",
    limit: int = 50,
) -> VettingPage:
    """Followers in a state, the most worrying first, then the longest waiting.

    Raises BadInput for an `after` that no page gave.
    """
    query = (
        sa.select(Follower, Author, Account)
        .join(Author, Author.id == Follower.author_id)
        .join(Account, Account.id == Follower.account_id)
        .where(Follower.state == state)
        .order_by(Follower.severity.desc(), Follower.waiting_since, Follower.id)
        .limit(limit + 1)
    )
    if platform:
        query = query.where(Account.platform == platform)
    if after:
        begins = Place(after, length=3)
        weight, since, last = begins.number(0), begins.moment(1), begins.identifier(2)
        query = query.where(
            sa.or_(
                Follower.severity < weight,
                sa.and_(
                    Follower.severity == weight,
                    sa.or_(
                        Follower.waiting_since > since,
                        sa.and_(Follower.waiting_since == since, Follower.id > last),
                    ),
                ),
            )
        )
    rows = session.execute(query).all()
    shown = [(row[0], row[1], row[2]) for row in rows[:limit]]
    known = authors.records(session, [author.id for _, author, _ in shown], viewer=viewer)
    waiting = session.scalar(sa.select(sa.func.count()).where(Follower.state == FollowerState.WAITING))
    return VettingPage(
        tuple(VettingItem(row, author, account, known[author.id]) for row, author, account in shown),
        _place(shown[-1][0]) if len(rows) > limit else None,
        waiting or 0,
    )


def get(session: Session, follower_id: UUID, *, viewer: Person) -> VettingItem:
    """One follower with all that is known. Raises NotFound."""
    row = session.get(Follower, follower_id)
    if row is None:
        raise NotFound("There is no such follower.")
    author, account = session.get_one(Author, row.author_id), session.get_one(Account, row.account_id)
    acts = session.scalars(
        sa.select(PlatformAct).where(PlatformAct.follower_id == row.id).order_by(PlatformAct.id)
    )
    record = authors.records(session, [author.id], viewer=viewer)[author.id]
    return VettingItem(row, author, account, record, tuple(acts))


def moves(session: Session, follower_id: UUID) -> list[tuple[FollowerMove, str]]:
    """What happened with a follower, oldest first, each with the name of who did it."""
    query = (
        sa.select(FollowerMove, Person.name)
        .outerjoin(Person, Person.id == FollowerMove.by_id)
        .where(FollowerMove.follower_id == follower_id)
        .order_by(FollowerMove.at, FollowerMove.id)
    )
    return [(move, name or "") for move, name in session.execute(query)]


def decide_follower(
    session: Session,
    follower_id: UUID,
    outcome: FollowerOutcome,
    *,
    seen: int,
    by: Person,
    reason: str,
    now: datetime,
) -> Follower:
    """Decide on a follower or a request; the platform's part becomes an act, or a task where it has no way.

    `seen`: the version that the person was shown. A reason is needed for everything but approval.
    Raises NotPermitted, NotFound, MoveNotAllowed, BadInput.
    """
    require(by, Action.VET_FOLLOWERS)
    row = session.scalar(
        sa.select(Follower)
        .where(Follower.id == follower_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("There is no such follower.")
    if row.version != seen:
        who = session.get(Person, row.decided_by_id) if row.decided_by_id else None
        stands = said_state(session, row)
        raise MoveNotAllowed(
            f"{who.name} decided this meanwhile: {stands}."
            if who
            else f"This changed meanwhile: {stands}. Look at it again."
        )
    found = OUTCOMES.get((row.kind, outcome))
    if found is None:
        choices = ", ".join(str(o) for kind, o in OUTCOMES if kind is row.kind)
        raise BadInput(
            f"A {row.kind} can't be answered with “{outcome}”. Choose one of: {choices}.", field="outcome"
        )
    why = reason.strip() if outcome is FollowerOutcome.APPROVE else reason_text(reason)
    to, kind = found
    move(session, row, to, by=by, reason=why[:2000], now=now)
    row.decided_at, row.decided_by_id, row.why_waiting = now, by.id, ""
    author = session.get_one(Author, row.author_id)
    if outcome is FollowerOutcome.BLOCK:
        authors.block(session, author.id, by=by, reason=why, now=now)
        # A comment's decision to block them, undone after this, must not let them follow again.
        authors.rest_on(session, author.id, by_id=by.id, reason=why, decided_at=now)
    if kind is not None:
        actions.request_on_author(session, kind, row.account_id, author, follower_id=row.id, by=by, now=now)
    audit.record(
        session,
        by=by,
        action="follower_decided",
        object_kind="follower",
        object_id=row.id,
        # The reason stays with the move, which is erased one day; the trail never is (P34).
        detail={"outcome": outcome},
        now=now,
    )
    return row


def _place(row: Follower) -> str:
    return place(row.severity, row.waiting_since, row.id)
