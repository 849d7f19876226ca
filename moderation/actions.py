"""Acts on the platforms: asked for, done by one worker, retried where that is safe, else a person's task.

with transaction() as session:
    claim = actions.claim_action(session, lease=lease, now=now())
outcome = attempts.act(claim, connector)      # no transaction is open meanwhile
with transaction() as session:
    actions.record_action(session, claim, outcome, calls=connector.calls(), prices=prices, now=now())
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, aliased

from connectors.base import CallRecord, Platform
from moderation import attempts, chain, costs, opposites
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

ON_COMMENT = frozenset({ActKind.HIDE, ActKind.UNHIDE, ActKind.DELETE, ActKind.REPLY})

_UNFINISHED = (ActState.REQUESTED, ActState.DOING)
_ATTEMPTS_MAX = 20
_FIRST_WAIT = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(hours=1)
_LOOK_AGAIN_AFTER = timedelta(seconds=30)
_LOOK_FOR = timedelta(minutes=5)
"""How long an answer that may have been sent is looked for on the platform before a person is asked."""


def request_on_comment(
    session: Session,
    kind: ActKind,
    entry: LogEntry,
    comment: Comment,
    *,
    by: Person | None,
    text: str,
    now: datetime,
) -> PlatformAct | None:
    """Ask for something to be done with a comment. The same thing asked twice is one act.

    None: the opposite stood there as a task that nobody had done, and is withdrawn.
    """
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
) -> PlatformAct | None:
    """Ask for something to be done about a person on one account. The same thing asked twice is one act.

    None: the opposite stood there as a task that nobody had done, and is withdrawn.
    """
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


def _request(session: Session, act: PlatformAct, *, by: Person | None, now: datetime) -> PlatformAct | None:
    if act.kind in opposites.OPPOSITE:
        # Before the acts are locked, as whoever ticks one off does.
        chain.lock(session)
    for one in opposites.failed(session, act):
        finish(session, one, ActState.WITHDRAWN, by=by, answer=opposites.FAILED_BEFORE, now=now)
    untried = opposites.untried(session, act, offered=offered(session, act.account_id))
    for one in untried:
        finish(session, one, ActState.WITHDRAWN, by=by, answer=opposites.WITHDRAWN, now=now)
    if untried and opposites.is_so(session, act):
        return None
    same = session.scalar(
        sa.select(PlatformAct).where(
            PlatformAct.account_id == act.account_id,
            PlatformAct.target_platform_id == act.target_platform_id,
            PlatformAct.kind == act.kind,
            PlatformAct.text == act.text,
            PlatformAct.state.in_((*_UNFINISHED, ActState.BY_HAND)),
            # Hidden, shown again and hidden once more are three things to do, in that order.
            ~opposites.asked_since(PlatformAct, (*_UNFINISHED, ActState.BY_HAND)),
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


def claim_action(session: Session, *, lease: timedelta, now: datetime) -> attempts.ActClaim | None:
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
        move(session, found, ActState.DOING, by=None, answer="", now=now)
    sent_at = found.sent_at
    if found.kind is ActKind.REPLY and sent_at is None:
        found.sent_at = now
    found.attempts, found.lease_until = found.attempts + 1, now + lease
    others_post = False
    if found.comment_id is not None and found.kind in ON_COMMENT:
        comment = session.get_one(Comment, found.comment_id)
        # An edit may have given the comment a new id since.
        found.target_platform_id = comment.platform_id or found.target_platform_id
        others_post = comment.kind in attempts.OTHERS_POSTS
    return attempts.ActClaim(
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


def record_action(
    session: Session,
    claim: attempts.ActClaim,
    outcome: attempts.ActOutcome,
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
        case attempts.Result.DONE:
            row.result_platform_id = outcome.result_platform_id
            took_effect(session, row, gone=outcome.gone, now=now)
            finish(session, row, ActState.DONE, by=None, answer=outcome.answer, now=now)
        case attempts.Result.BY_HAND:
            row.sent_at = claim.may_have_been_sent_at
            _to_hand(session, row, outcome.answer, now)
        case attempts.Result.FAILED:
            finish(session, row, ActState.FAILED, by=None, answer=outcome.answer, now=now)
        case attempts.Result.UNSURE:
            _unsure(session, row, outcome, now)
        case attempts.Result.LATER:
            # This attempt did nothing; an earlier one may have.
            row.sent_at = claim.may_have_been_sent_at
            _later(session, row, outcome, now)
    return row


def _to_hand(session: Session, row: PlatformAct, answer: str, now: datetime) -> None:
    """Make it a person's task, unless the opposite was asked for while this was being tried."""
    taken_back = opposites.asked_after(session, row)
    if taken_back is None:
        finish(session, row, ActState.BY_HAND, by=None, answer=answer, now=now)
        return
    finish(session, row, ActState.WITHDRAWN, by=None, answer=opposites.WITHDRAWN, now=now)
    if opposites.is_so(session, taken_back):
        finish(session, taken_back, ActState.WITHDRAWN, by=None, answer=opposites.NOTHING_TO_DO, now=now)


def _unsure(session: Session, row: PlatformAct, outcome: attempts.ActOutcome, now: datetime) -> None:
    sent_at = row.sent_at or now
    if now - sent_at < _LOOK_FOR or outcome.credentials_dead or outcome.retry_after is not None:
        wait = max(_LOOK_AGAIN_AFTER, timedelta(seconds=outcome.retry_after or 0))
        row.next_try_at = now + wait
        move(session, row, ActState.REQUESTED, by=None, answer=outcome.answer, now=now)
        return
    finish(
        session,
        row,
        ActState.FAILED,
        by=None,
        answer="Nobody knows whether the answer was sent; it can't be found. Look there, then try again.",
        now=now,
    )


def _later(session: Session, row: PlatformAct, outcome: attempts.ActOutcome, now: datetime) -> None:
    if outcome.credentials_dead:
        row.attempts -= 1
        row.next_try_at = now
    elif row.attempts >= _ATTEMPTS_MAX:
        finish(session, row, ActState.FAILED, by=None, answer=outcome.answer, now=now)
        return
    else:
        wait = min(_FIRST_WAIT * 2 ** (row.attempts - 1), _LONGEST_WAIT)
        row.next_try_at = now + max(wait, timedelta(seconds=outcome.retry_after or 0))
    move(session, row, ActState.REQUESTED, by=None, answer=outcome.answer, now=now)


def took_effect(session: Session, row: PlatformAct, *, gone: bool, now: datetime) -> None:
    """Keep with the comment what is the case on its platform now; `gone`: it isn't there any more."""
    comment = session.get(Comment, row.comment_id) if row.comment_id else None
    if comment is None:
        return
    if row.kind is ActKind.DELETE or gone:
        comment.gone_at = comment.gone_at or now
    elif row.kind is ActKind.HIDE:
        comment.hidden = True
    elif row.kind is ActKind.UNHIDE:
        comment.hidden = False


def offered(session: Session, account_id: UUID) -> frozenset[ActKind] | None:
    """The acts that the account's platform lets the product do; None before the first poll."""
    record = session.get(PollRecord, account_id)
    if record is None or not record.capabilities:
        return None
    can = set(record.capabilities)
    return frozenset(kind for kind, capability in attempts.NEEDS.items() if capability.value in can)


def finish(
    session: Session, row: PlatformAct, to: ActState, *, by: Person | None, answer: str, now: datetime
) -> None:
    """End an act, or hand it to a person, and say so in the log where it belongs to an entry."""
    move(session, row, to, by=by, answer=answer, now=now)
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


def move(
    session: Session, row: PlatformAct, to: ActState, *, by: Person | None, answer: str, now: datetime
) -> None:
    """Move an act, leave a row of it, and keep the answer. Raises MoveNotAllowed."""
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


def for_update(session: Session, act_id: UUID) -> PlatformAct:
    """The act, locked. Raises NotFound."""
    row = session.get(PlatformAct, act_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such task.")
    return row
