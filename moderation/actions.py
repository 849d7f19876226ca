"""Acts on the platforms: asked for, done by one worker, retried where that is safe, else a person's task.

with transaction() as session:
    claim = actions.claim_action(session, lease=lease, now=now())
outcome = actions.act(claim, connector)       # no transaction is open meanwhile
with transaction() as session:
    actions.record_action(session, claim, outcome, calls=connector.calls(), prices=prices, now=now())
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, aliased

from connectors.base import CallRecord, Capability, CommentKind, Connector, Platform
from connectors.errors import (
    ConnectorError,
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    Gone,
    NotAllowed,
    NotSupported,
    OutcomeUnknown,
    OutOfCredit,
)
from moderation import chain, costs
from moderation.models import (
    ActKind,
    ActState,
    Author,
    Comment,
    EventKind,
    LogEntry,
    PlatformAct,
    PlatformActMove,
    PollRecord,
)
from moderation.moves import ACT_MOVES, check
from school import accounts
from school.errors import NotFound
from school.models import Account, AccountState, Person

log = structlog.get_logger(__name__)

NEEDS: Mapping[ActKind, Capability] = {
    ActKind.HIDE: Capability.HIDE,
    ActKind.UNHIDE: Capability.HIDE,
    ActKind.DELETE: Capability.DELETE_COMMENT,
    ActKind.REPLY: Capability.REPLY,
    ActKind.BLOCK: Capability.BLOCK,
    ActKind.UNBLOCK: Capability.BLOCK,
    ActKind.MUTE: Capability.MUTE,
    ActKind.UNMUTE: Capability.MUTE,
    ActKind.ACCEPT_REQUEST: Capability.DECIDE_FOLLOW_REQUESTS,
    ActKind.DECLINE_REQUEST: Capability.DECIDE_FOLLOW_REQUESTS,
    ActKind.REMOVE_FOLLOWER: Capability.REMOVE_FOLLOWER,
}
"""What a connector must declare for each act; without it the act is a person's task."""

ON_COMMENT = frozenset({ActKind.HIDE, ActKind.UNHIDE, ActKind.DELETE, ActKind.REPLY})

_DONE: Mapping[ActKind, str] = {
    ActKind.HIDE: "The comment is hidden.",
    ActKind.UNHIDE: "The comment is shown again.",
    ActKind.DELETE: "The comment is deleted.",
    ActKind.REPLY: "The answer is published.",
    ActKind.BLOCK: "The person is blocked.",
    ActKind.UNBLOCK: "The person is no longer blocked.",
    ActKind.MUTE: "The person is muted.",
    ActKind.UNMUTE: "The person is no longer muted.",
    ActKind.ACCEPT_REQUEST: "The request is accepted.",
    ActKind.DECLINE_REQUEST: "The request is declined.",
    ActKind.REMOVE_FOLLOWER: "The person no longer follows the account.",
}
_CLOSED = "The account was closed, so Schoolgate can't reach it. Do it there, then tick it off."
_UNFINISHED = (ActState.REQUESTED, ActState.DOING)
_ATTEMPTS_MAX = 20
_FIRST_WAIT = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(hours=1)
_LOOK_AGAIN_AFTER = timedelta(seconds=30)
_LOOK_FOR = timedelta(minutes=5)
"""How long an answer that may have been sent is looked for on the platform before a person is asked."""
_TWO_CLOCKS = timedelta(minutes=2)


class Result(StrEnum):
    """How an attempt ended."""

    DONE = "done"
    LATER = "later"
    """Nothing was done, or it may be done again."""
    UNSURE = "unsure"
    """An answer may have been sent: look before doing anything."""
    BY_HAND = "by_hand"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ActClaim:
    """One act that this worker alone may do now."""

    id: UUID
    kind: ActKind
    account_id: UUID
    platform: Platform
    target_platform_id: str
    text: str = field(repr=False)
    may_have_been_sent_at: datetime | None
    """Of a reply: an earlier attempt may have taken effect, so it is only looked for."""
    lease_until: datetime
    others_post: bool = False
    """It is about somebody's own post, which no program may touch (and the Graph calls "gone" then)."""


@dataclass(frozen=True, slots=True)
class ActOutcome:
    """What came of an attempt; `answer` is a sentence for a person."""

    result: Result
    answer: str
    result_platform_id: str = ""
    retry_after: float | None = None
    credentials_dead: bool = False
    gone: bool = False


def request_on_comment(
    session: Session,
    kind: ActKind,
    entry: LogEntry,
    comment: Comment,
    *,
    by: Person | None,
    text: str,
    now: datetime,
) -> PlatformAct:
    """Ask for something to be done with a comment. The same thing asked twice is one act."""
    return _request(
        session,
        PlatformAct(
            kind=kind,
            account_id=comment.account_id,
            entry_id=entry.id,
            comment_id=comment.id,
            target_platform_id=comment.platform_id,
            target_url=comment.url or entry.url,
            text=text,
        ),
        by=by,
        now=now,
    )


def request_on_author(
    session: Session,
    kind: ActKind,
    account_id: UUID,
    author: Author,
    *,
    entry_id: UUID | None = None,
    follower_id: UUID | None = None,
    by: Person,
    now: datetime,
) -> PlatformAct:
    """Ask for something to be done about a person on one account. The same thing asked twice is one act."""
    return _request(
        session,
        PlatformAct(
            kind=kind,
            account_id=account_id,
            entry_id=entry_id,
            follower_id=follower_id,
            target_platform_id=author.platform_id,
            target_url=author.url,
            text="",
        ),
        by=by,
        now=now,
    )


def _request(session: Session, act: PlatformAct, *, by: Person | None, now: datetime) -> PlatformAct:
    same = session.scalar(
        sa.select(PlatformAct).where(
            PlatformAct.account_id == act.account_id,
            PlatformAct.target_platform_id == act.target_platform_id,
            PlatformAct.kind == act.kind,
            PlatformAct.text == act.text,
            PlatformAct.state.in_((*_UNFINISHED, ActState.BY_HAND)),
        )
    )
    if same is not None and act.target_platform_id:
        return same
    act.state, act.attempts, act.answer, act.result_platform_id = ActState.REQUESTED, 0, "", ""
    act.requested_at, act.next_try_at, act.requested_by_id = now, now, by.id if by else None
    session.add(act)
    # Events name the act by its id.
    session.flush()
    return act


def claim_action(session: Session, *, lease: timedelta, now: datetime) -> ActClaim | None:
    """The next act that is due, for this worker alone until its lease ends; None when none is.

    Acts on one target are done in the order in which they were asked for; an account whose
    credentials are dead waits until it is connected anew.
    """
    earlier = aliased(PlatformAct)
    blocked = (
        sa.select(earlier.id)
        .where(
            earlier.account_id == PlatformAct.account_id,
            earlier.target_platform_id == PlatformAct.target_platform_id,
            earlier.state.in_(_UNFINISHED),
            earlier.id < PlatformAct.id,
        )
        .exists()
    )
    found = session.scalar(
        sa.select(PlatformAct)
        .join(Account, Account.id == PlatformAct.account_id)
        .where(
            Account.state == AccountState.ACTIVE,
            sa.or_(
                sa.and_(PlatformAct.state == ActState.REQUESTED, PlatformAct.next_try_at <= now),
                sa.and_(PlatformAct.state == ActState.DOING, PlatformAct.lease_until <= now),
            ),
            ~blocked,
        )
        .order_by(PlatformAct.next_try_at, PlatformAct.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=PlatformAct)
    )
    if found is None:
        return None
    account = session.get_one(Account, found.account_id)
    if found.state is ActState.REQUESTED:
        _move(session, found, ActState.DOING, by=None, answer="", now=now)
    sent_at = found.sent_at
    if found.kind is ActKind.REPLY and sent_at is None:
        found.sent_at = now
    found.attempts, found.lease_until = found.attempts + 1, now + lease
    others_post = False
    if found.comment_id is not None and found.kind in ON_COMMENT:
        comment = session.get_one(Comment, found.comment_id)
        # An edit may have given the comment a new id since.
        found.target_platform_id = comment.platform_id or found.target_platform_id
        others_post = comment.kind in {CommentKind.VISITOR_POST, CommentKind.TAG}
    return ActClaim(
        id=found.id,
        kind=found.kind,
        account_id=found.account_id,
        platform=Platform(account.platform),
        target_platform_id=found.target_platform_id,
        text=found.text,
        may_have_been_sent_at=sent_at,
        lease_until=now + lease,
        others_post=others_post,
    )


def act(claim: ActClaim, connector: Connector) -> ActOutcome:
    """Do it, once. Never raises for what a platform can answer: the outcome says what came of it."""
    if claim.others_post or NEEDS[claim.kind] not in connector.capabilities:
        return ActOutcome(
            Result.BY_HAND,
            f"{_name(claim.platform)} lets no program do this: please do it there, then tick it off.",
        )
    if not claim.target_platform_id:
        return ActOutcome(
            Result.BY_HAND,
            f"{_name(claim.platform)} does not say who this is: please do it there, then tick it off.",
        )
    try:
        if claim.kind is ActKind.REPLY and claim.may_have_been_sent_at is not None:
            found = connector.find_reply(
                claim.target_platform_id, claim.text, since=claim.may_have_been_sent_at - _TWO_CLOCKS
            )
            if found is None:
                return ActOutcome(
                    Result.UNSURE, "The answer may have been sent; it isn't on the platform so far."
                )
            return ActOutcome(Result.DONE, _DONE[claim.kind], result_platform_id=found)
        return ActOutcome(Result.DONE, _DONE[claim.kind], result_platform_id=_send(claim, connector))
    except ConnectorError as error:
        return _outcome_of(claim, error)


def _send(claim: ActClaim, connector: Connector) -> str:
    target = claim.target_platform_id
    match claim.kind:
        case ActKind.HIDE:
            connector.set_hidden(target, True)
        case ActKind.UNHIDE:
            connector.set_hidden(target, False)
        case ActKind.DELETE:
            connector.delete_comment(target)
        case ActKind.REPLY:
            return connector.reply(target, claim.text)
        case ActKind.BLOCK:
            connector.block(target)
        case ActKind.UNBLOCK:
            connector.unblock(target)
        case ActKind.MUTE:
            connector.mute(target)
        case ActKind.UNMUTE:
            connector.unmute(target)
        case ActKind.ACCEPT_REQUEST:
            connector.decide_follow_request(target, True)
        case ActKind.DECLINE_REQUEST:
            connector.decide_follow_request(target, False)
        case ActKind.REMOVE_FOLLOWER:
            connector.remove_follower(target)
    return ""


def _outcome_of(claim: ActClaim, error: ConnectorError) -> ActOutcome:
    looking = claim.kind is ActKind.REPLY and claim.may_have_been_sent_at is not None
    match error:
        case CredentialsDead():
            return ActOutcome(Result.UNSURE if looking else Result.LATER, error.detail, credentials_dead=True)
        case ConnectorUnavailable():
            return ActOutcome(
                Result.UNSURE if looking else Result.LATER, error.detail, retry_after=error.retry_after
            )
        case OutcomeUnknown():
            return ActOutcome(Result.UNSURE if claim.kind is ActKind.REPLY else Result.LATER, error.detail)
        case NotAllowed() | NotSupported():
            if looking:
                return ActOutcome(Result.FAILED, error.detail)
            return ActOutcome(Result.BY_HAND, f"{error.detail} Please do it there, then tick it off.")
        case Gone() if claim.kind in {ActKind.DELETE, ActKind.HIDE}:
            return ActOutcome(Result.DONE, "The comment is no longer on the platform.", gone=True)
        case OutOfCredit() | ConnectorRefused():
            return ActOutcome(Result.FAILED, error.detail)
    return ActOutcome(Result.LATER, error.detail)


def record_action(
    session: Session,
    claim: ActClaim,
    outcome: ActOutcome,
    *,
    calls: Iterable[CallRecord] = (),
    prices: costs.Prices = costs.USUAL_PRICES,
    now: datetime,
) -> PlatformAct:
    """Keep what came of an attempt: done, tried again later, a person's task, or failed and visible (P18)."""
    account = session.get_one(Account, claim.account_id)
    if outcome.credentials_dead:
        accounts.mark_dead(session, account, outcome.answer, now=now)
    accounts.note_calls(session, account, costs.ledger_items(claim.platform, calls, prices), now=now)
    chain.lock(session)
    row = session.get_one(PlatformAct, claim.id, with_for_update=True)
    if row.state is not ActState.DOING or row.lease_until != claim.lease_until:
        # Our lease was over and another worker has it: an answer is looked for by that one.
        return row
    row.lease_until = None
    match outcome.result:
        case Result.DONE:
            row.result_platform_id = outcome.result_platform_id
            _done(session, row, gone=outcome.gone, now=now)
            finish(session, row, ActState.DONE, by=None, answer=outcome.answer, now=now)
        case Result.BY_HAND:
            row.sent_at = claim.may_have_been_sent_at
            finish(session, row, ActState.BY_HAND, by=None, answer=outcome.answer, now=now)
        case Result.FAILED:
            finish(session, row, ActState.FAILED, by=None, answer=outcome.answer, now=now)
        case Result.UNSURE:
            _unsure(session, row, outcome, now)
        case Result.LATER:
            # This attempt did nothing; an earlier one may have.
            row.sent_at = claim.may_have_been_sent_at
            _later(session, row, outcome, now)
    return row


def _unsure(session: Session, row: PlatformAct, outcome: ActOutcome, now: datetime) -> None:
    sent_at = row.sent_at or now
    if now - sent_at < _LOOK_FOR or outcome.credentials_dead or outcome.retry_after is not None:
        wait = max(_LOOK_AGAIN_AFTER, timedelta(seconds=outcome.retry_after or 0))
        row.next_try_at = now + wait
        _move(session, row, ActState.REQUESTED, by=None, answer=outcome.answer, now=now)
        return
    finish(
        session,
        row,
        ActState.FAILED,
        by=None,
        answer="Nobody knows whether the answer was sent; it can't be found. Look there, then try again.",
        now=now,
    )


def _later(session: Session, row: PlatformAct, outcome: ActOutcome, now: datetime) -> None:
    if outcome.credentials_dead:
        row.attempts -= 1
        row.next_try_at = now
    elif row.attempts >= _ATTEMPTS_MAX:
        finish(session, row, ActState.FAILED, by=None, answer=outcome.answer, now=now)
        return
    else:
        wait = min(_FIRST_WAIT * 2 ** (row.attempts - 1), _LONGEST_WAIT)
        row.next_try_at = now + max(wait, timedelta(seconds=outcome.retry_after or 0))
    _move(session, row, ActState.REQUESTED, by=None, answer=outcome.answer, now=now)


def _done(session: Session, row: PlatformAct, *, gone: bool, now: datetime) -> None:
    comment = session.get(Comment, row.comment_id) if row.comment_id else None
    if comment is None:
        return
    if row.kind is ActKind.DELETE or gone:
        comment.gone_at = comment.gone_at or now
    elif row.kind is ActKind.HIDE:
        comment.hidden = True
    elif row.kind is ActKind.UNHIDE:
        comment.hidden = False


def tick_off(session: Session, act_id: UUID, *, by: Person, now: datetime) -> PlatformAct:
    """A person did it on the platform themselves. Raises NotFound, MoveNotAllowed."""
    chain.lock(session)
    row = _for_update(session, act_id)
    check(ACT_MOVES, row.state, ActState.DONE, "task")
    _done(session, row, gone=False, now=now)
    finish(session, row, ActState.DONE, by=by, answer="Done by hand.", now=now)
    return row


def try_again(session: Session, act_id: UUID, *, by: Person, now: datetime) -> PlatformAct:
    """Try once more what failed. Raises NotFound, MoveNotAllowed.

    For an answer whose fate is unknown this is the person's word that it isn't there.
    """
    row = _for_update(session, act_id)
    _move(session, row, ActState.REQUESTED, by=by, answer=row.answer, now=now)
    row.next_try_at, row.attempts, row.sent_at, row.finished_at = now, 0, None, None
    return row


def tick_what_shows(session: Session, account_id: UUID, *, now: datetime) -> int:
    """Tick off the hand tasks on comments whose effect the platform shows by now; how many."""
    seen_done = sa.or_(
        sa.and_(PlatformAct.kind == ActKind.HIDE, sa.or_(Comment.hidden, Comment.gone_at.is_not(None))),
        sa.and_(PlatformAct.kind == ActKind.UNHIDE, ~Comment.hidden),
        sa.and_(PlatformAct.kind == ActKind.DELETE, Comment.gone_at.is_not(None)),
    )
    query = (
        sa.select(PlatformAct)
        .join(Comment, Comment.id == PlatformAct.comment_id)
        .where(PlatformAct.account_id == account_id, PlatformAct.state == ActState.BY_HAND, seen_done)
    )
    return tick_seen(session, list(session.scalars(query)), now=now)


def tick_seen(session: Session, rows: list[PlatformAct], *, now: datetime) -> int:
    """Tick off hand tasks whose effect was seen on the platform; how many."""
    if rows:
        chain.lock(session)
    for row in rows:
        finish(session, row, ActState.DONE, by=None, answer="Seen on the platform.", now=now)
    return len(rows)


def follower_tasks(session: Session) -> list[PlatformAct]:
    """What people have to do about followers on the platforms, or what failed, oldest first."""
    query = (
        sa.select(PlatformAct)
        .where(
            PlatformAct.state.in_((ActState.BY_HAND, ActState.FAILED)), PlatformAct.follower_id.is_not(None)
        )
        .order_by(PlatformAct.requested_at, PlatformAct.id)
        .limit(500)
    )
    return list(session.scalars(query))


def offered(session: Session, account_id: UUID) -> frozenset[ActKind] | None:
    """The acts that the account's platform lets the product do; None before the first poll."""
    record = session.get(PollRecord, account_id)
    if record is None or not record.capabilities:
        return None
    return frozenset(kind for kind, capability in NEEDS.items() if capability.value in record.capabilities)


def hand_over_closed(session: Session, *, now: datetime) -> int:
    """What is to be done on an account that was closed is a person's task; how many there were."""
    waiting = (
        sa.select(PlatformAct)
        .join(Account, Account.id == PlatformAct.account_id)
        .where(PlatformAct.state == ActState.REQUESTED, Account.state == AccountState.CLOSED)
    )
    if session.scalar(waiting.with_only_columns(PlatformAct.id).limit(1)) is None:
        return 0
    chain.lock(session)
    found = list(session.scalars(waiting.with_for_update(of=PlatformAct)))
    for row in found:
        finish(session, row, ActState.BY_HAND, by=None, answer=_CLOSED, now=now)
    return len(found)


def finish(
    session: Session, row: PlatformAct, to: ActState, *, by: Person | None, answer: str, now: datetime
) -> None:
    """End an act, or hand it to a person, and say so in the log where it belongs to an entry."""
    _move(session, row, to, by=by, answer=answer, now=now)
    row.finished_at = now if to is not ActState.BY_HAND else None
    row.finished_by_id = by.id if by else None
    if row.entry_id is not None:
        chain.append(
            session,
            row.entry_id,
            EventKind.ACT,
            by=by,
            detail={"act": row.id, "kind": row.kind, "state": to, "answer": answer},
            now=now,
        )


def _move(
    session: Session, row: PlatformAct, to: ActState, *, by: Person | None, answer: str, now: datetime
) -> None:
    check(ACT_MOVES, row.state, to, "task")
    session.add(
        PlatformActMove(
            act_id=row.id, old=row.state, new=to, at=now, by_id=by.id if by else None, answer=answer
        )
    )
    row.state = to
    row.answer = answer or row.answer
    log.info(
        "act_moved",
        act_id=str(row.id),
        entry_id=str(row.entry_id) if row.entry_id else None,
        comment_id=str(row.comment_id) if row.comment_id else None,
        kind=row.kind.value,
        new=to.value,
    )


def _for_update(session: Session, act_id: UUID) -> PlatformAct:
    row = session.get(PlatformAct, act_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such task.")
    return row


def _name(platform: Platform) -> str:
    return {Platform.X: "X", Platform.FACEBOOK: "Facebook", Platform.INSTAGRAM: "Instagram"}[platform]
