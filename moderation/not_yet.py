"""What was decided and is not done on the platform yet: why, and what is the case there meanwhile (P18)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.posting import platform_name
from moderation import actions
from moderation.attempts import OTHERS_POSTS
from moderation.models import ActKind, ActState, Author, Comment, LogEntry, PlatformAct
from school.models import Account, AccountState
from school.times import say
from school.wording import and_last

_STOPPED: Mapping[AccountState, tuple[str, str]] = {
    AccountState.PAUSED: ("is paused", "until somebody uses the account again"),
    AccountState.NEEDS_CONNECTING: ("is disconnected", "until somebody connects the account again"),
}
"""Accounts on which nothing is done: how they are, and for how long."""

_MEANWHILE: tuple[tuple[frozenset[ActKind], str, str], ...] = (
    (frozenset({ActKind.HIDE, ActKind.DELETE}), "the comment stays visible", "the comments stay visible"),
    (frozenset({ActKind.UNHIDE}), "the comment stays hidden", "the comments stay hidden"),
    (frozenset({ActKind.BLOCK}), "nobody is blocked there", "nobody is blocked there"),
    (frozenset({ActKind.UNBLOCK}), "the block stays", "the blocks stay"),
    (frozenset({ActKind.REPLY}), "no answer is published", "no answers are published"),
)
_ON_SOMEBODY = (ActKind.BLOCK, ActKind.UNBLOCK, ActKind.MUTE, ActKind.UNMUTE)
_UNDER_WAY = frozenset({ActState.REQUESTED, ActState.DOING})
HIDING, DELETING = "being hidden", "being deleted"
"""What `going` says of a comment."""


def why(session: Session, acts: Iterable[PlatformAct], *, now: datetime) -> dict[UUID, str]:
    """Of each of these acts that waits, by its id: a sentence why it does."""
    waiting = [act for act in acts if act.state is ActState.REQUESTED]
    accounts = _accounts(session, {act.account_id for act in waiting})
    return {act.id: _why(act, accounts[act.account_id], now) for act in waiting}


def _why(act: PlatformAct, account: Account, now: datetime) -> str:
    name = platform_name(account.platform)
    if account.state in _STOPPED:
        how, until = _STOPPED[account.state]
        return f"{name} {how}: it waits {until}."
    if act.attempts and act.next_try_at > now:
        return f"{name} has not done it yet: it is tried again {say(act.next_try_at)}."
    return "It is done in a moment."


def stopped(
    session: Session, entry_ids: Collection[UUID], *, begins: str = "", many: bool = False
) -> tuple[frozenset[ActKind], str]:
    """What waits about these entries since an account is paused or disconnected, and a sentence of it.

    Empty where nothing does. A block stands with the entry for which it was asked first, and concerns every
    entry of that author.
    """
    entries = list(entry_ids)
    theirs = (
        sa.select(Author.platform_id)
        .join(LogEntry, LogEntry.author_id == Author.id)
        .where(LogEntry.id.in_(entries), Author.platform_id != "", Author.platform == Account.platform)
    )
    rows = session.execute(
        sa.select(PlatformAct.kind, Account.platform, Account.state)
        .join(Account, Account.id == PlatformAct.account_id)
        .where(
            PlatformAct.state == ActState.REQUESTED,
            Account.state.in_(_STOPPED),
            sa.or_(
                PlatformAct.entry_id.in_(entries),
                sa.and_(
                    PlatformAct.kind.in_(_ON_SOMEBODY),
                    PlatformAct.target_platform_id.in_(theirs.correlate(Account)),
                ),
            ),
        )
        .order_by(Account.platform, Account.state)
    ).all()
    places: dict[tuple[str, AccountState], set[ActKind]] = {}
    for kind, platform, state in rows:
        places.setdefault((platform, state), set()).add(kind)
    said = []
    for (platform, state), kinds in places.items():
        how, until = _STOPPED[state]
        effects = [several if many else one for those, one, several in _MEANWHILE if those & kinds]
        effect = and_last(effects) or "nothing is done there"
        said.append(f"{platform_name(platform)} {how}, so {effect} {until}.")
    return frozenset(row.kind for row in rows), f"{begins}{' '.join(said)}" if said else ""


def by_hand(session: Session, acts: Iterable[PlatformAct]) -> frozenset[ActKind]:
    """What of these acts no program does and no person has done yet."""
    return frozenset(act.kind for act in _left_to_people(session, acts))


def _left_to_people(session: Session, acts: Iterable[PlatformAct]) -> list[PlatformAct]:
    open_acts = [one for one in acts if one.state in {*_UNDER_WAY, ActState.BY_HAND}]
    # Before the first poll nobody knows what the platform offers.
    can = {one: actions.offered(session, one) for one in {act.account_id for act in open_acts}}
    about = {act.comment_id for act in open_acts if act.comment_id is not None}
    posts = set(
        session.scalars(sa.select(Comment.id).where(Comment.id.in_(about), Comment.kind.in_(OTHERS_POSTS)))
        if about
        else ()
    )
    found = []
    for act in open_acts:
        offered = can[act.account_id]
        if (
            act.state is ActState.BY_HAND
            or (offered is not None and act.kind not in offered)
            or (act.kind in actions.ON_COMMENT and act.comment_id in posts)
            or not act.target_platform_id
        ):
            found.append(act)
    return found


def acts_about(session: Session, entry_ids: Collection[UUID]) -> list[PlatformAct]:
    """The acts about these entries and about who wrote them: a block concerns all of an author's."""
    entries = list(entry_ids)
    authors = (
        sa.select(Author.platform, Author.platform_id)
        .join(LogEntry, LogEntry.author_id == Author.id)
        .where(LogEntry.id.in_(entries), Author.platform_id != "")
    )
    theirs = [
        sa.and_(Account.platform == platform, PlatformAct.target_platform_id == platform_id)
        for platform, platform_id in session.execute(authors.distinct())
    ]
    query = (
        sa.select(PlatformAct)
        .join(Account, Account.id == PlatformAct.account_id)
        .where(
            sa.or_(
                PlatformAct.entry_id.in_(entries),
                sa.and_(PlatformAct.kind.in_(_ON_SOMEBODY), sa.or_(sa.false(), *theirs)),
            )
        )
        .order_by(PlatformAct.id)
    )
    return list(session.scalars(query))


def being_blocked(session: Session, author_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Those of these people of the block list whom an account of ours has not blocked on its platform yet."""
    # What was asked last counts: an earlier attempt may have failed.
    newest = {(one.author, one.account): one for one in _blocks(session, author_ids)}
    return frozenset(
        one.author for one in newest.values() if one.kind is ActKind.BLOCK and one.state is not ActState.DONE
    )


def nobody_blocked(session: Session, entry_id: UUID) -> bool:
    """Whether a block of the entry's author is still to be done, and no account of ours ever did one."""
    author_id = session.scalar(sa.select(LogEntry.author_id).where(LogEntry.id == entry_id))
    if author_id is None:
        return False
    blocks = _blocks(session, [author_id])
    newest = {one.account: one for one in blocks}
    waiting = {*_UNDER_WAY, ActState.BY_HAND}
    return (
        bool(newest)
        and all(one.kind is ActKind.BLOCK and one.state in waiting for one in newest.values())
        and not any(one.kind is ActKind.BLOCK and one.state is ActState.DONE for one in blocks)
    )


class _Block(NamedTuple):
    """Something that was asked for about blocking somebody, on one account of ours."""

    author: UUID
    account: UUID
    kind: ActKind
    state: ActState


def _blocks(session: Session, author_ids: Sequence[UUID]) -> list[_Block]:
    """Every block and its lifting that was asked for and not taken back, in its order."""
    rows = session.execute(
        sa.select(Author.id, PlatformAct.account_id, PlatformAct.kind, PlatformAct.state)
        .join(Account, Account.platform == Author.platform)
        .join(
            PlatformAct,
            sa.and_(
                PlatformAct.account_id == Account.id, PlatformAct.target_platform_id == Author.platform_id
            ),
        )
        .where(
            Author.id.in_(author_ids),
            Author.platform_id != "",
            PlatformAct.kind.in_((ActKind.BLOCK, ActKind.UNBLOCK)),
            PlatformAct.state != ActState.WITHDRAWN,
            Account.state != AccountState.CLOSED,
        )
        .order_by(PlatformAct.id)
    )
    return [_Block(*row) for row in rows]


def to_go(acts: Iterable[PlatformAct]) -> PlatformAct | None:
    """The hiding or deleting of an entry's comment that was asked for last and is not done; None without."""
    last = _asked_last(acts)
    return last if last and last.kind is not ActKind.UNHIDE and last.state is not ActState.DONE else None


def to_come_back(acts: Iterable[PlatformAct]) -> PlatformAct | None:
    """The showing again of an entry's hidden comment, where it was asked for last and is not done."""
    last = _asked_last(acts)
    return last if last and last.kind is ActKind.UNHIDE and last.state is not ActState.DONE else None


def _asked_last(acts: Iterable[PlatformAct]) -> PlatformAct | None:
    about = {ActKind.HIDE, ActKind.UNHIDE, ActKind.DELETE}
    asked = [act for act in acts if act.kind in about and act.state is not ActState.WITHDRAWN]
    return asked[-1] if asked else None


def going(acts: Iterable[PlatformAct]) -> str:
    """What is being done about the comment by itself: "being hidden"; empty where nothing is."""
    act = to_go(acts)
    if act is None or act.state not in _UNDER_WAY:
        return ""
    return DELETING if act.kind is ActKind.DELETE else HIDING


def going_now(
    session: Session, acts: Mapping[UUID, Sequence[PlatformAct]], *, now: datetime
) -> dict[UUID, str]:
    """By entry, of each whose comment goes in a moment: "being hidden". `acts`: those of each entry.

    Not of what waits for hours, for an account that nobody uses or for a person: everybody can read that.
    """
    last = {entry_id: act for entry_id, theirs in acts.items() if (act := to_go(theirs)) and going([act])}
    return {entry_id: going([last[entry_id]]) for entry_id in _soon(session, last, now)}


def back_soon(session: Session, comment_ids: Collection[UUID], *, now: datetime) -> frozenset[UUID]:
    """Of these hidden comments those that are shown again in a moment, not after hours."""
    query = sa.select(PlatformAct).where(PlatformAct.comment_id.in_(comment_ids)).order_by(PlatformAct.id)
    acts: dict[UUID, list[PlatformAct]] = {}
    for one in session.scalars(query) if comment_ids else ():
        if one.comment_id is not None:
            acts.setdefault(one.comment_id, []).append(one)
    last = {comment_id: act for comment_id, theirs in acts.items() if (act := to_come_back(theirs))}
    under_way = {comment_id: act for comment_id, act in last.items() if act.state in _UNDER_WAY}
    return frozenset(_soon(session, under_way, now))


def _soon(session: Session, acts: Mapping[UUID, PlatformAct], now: datetime) -> list[UUID]:
    """Those of these acts under way, by the key of each, that a program does in a moment."""
    accounts = _accounts(session, {act.account_id for act in acts.values()})
    left = {act.id for act in _left_to_people(session, acts.values())}

    def waits(act: PlatformAct) -> bool:
        unused = accounts[act.account_id].state is not AccountState.ACTIVE
        return act.state is ActState.REQUESTED and (unused or (act.attempts > 0 and act.next_try_at > now))

    return [key for key, act in acts.items() if act.id not in left and not waits(act)]


def _accounts(session: Session, ids: Collection[UUID]) -> dict[UUID, Account]:
    return {one.id: one for one in session.scalars(sa.select(Account).where(Account.id.in_(ids)))}
