"""Which changes of state exist, for every kind of record of the room: one table each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from moderation.models import (
    ActState,
    CameWithState,
    CaseState,
    CommentState,
    FollowerState,
    LogCase,
    RescoreState,
    WordsState,
)
from school.errors import MoveNotAllowed

S = TypeVar("S", bound=StrEnum)

COMMENT_MOVES: Mapping[CommentState, frozenset[CommentState]] = {
    CommentState.FETCHED: frozenset({CommentState.SCORED}),
    CommentState.SCORED: frozenset({CommentState.CLEAR, CommentState.FLAGGED, CommentState.FETCHED}),
    # An edited text is scored again. Newer rules may flag what was clear; nothing makes a flag undone.
    CommentState.CLEAR: frozenset({CommentState.FETCHED, CommentState.FLAGGED}),
    CommentState.FLAGGED: frozenset({CommentState.FETCHED}),
    CommentState.OURS: frozenset(),
}

CASE_MOVES: Mapping[CaseState, frozenset[CaseState]] = {
    CaseState.OPEN: frozenset({CaseState.DECIDED}),
    CaseState.DECIDED: frozenset({CaseState.OPEN}),
}

ACT_MOVES: Mapping[ActState, frozenset[ActState]] = {
    # By hand without a try: the account was closed.
    # Withdrawn: the opposite was asked for before anybody did it.
    ActState.REQUESTED: frozenset({ActState.DOING, ActState.BY_HAND, ActState.WITHDRAWN}),
    ActState.DOING: frozenset(
        {ActState.DONE, ActState.FAILED, ActState.BY_HAND, ActState.REQUESTED, ActState.WITHDRAWN}
    ),
    ActState.BY_HAND: frozenset({ActState.DONE, ActState.WITHDRAWN}),
    # A person asks for another try, does it on the platform themselves, or wants the opposite.
    ActState.FAILED: frozenset({ActState.REQUESTED, ActState.DONE, ActState.WITHDRAWN}),
    ActState.DONE: frozenset(),
    ActState.WITHDRAWN: frozenset(),
}

RESCORE_MOVES: Mapping[RescoreState, frozenset[RescoreState]] = {
    RescoreState.RUNNING: frozenset({RescoreState.DONE, RescoreState.STOPPED}),
    RescoreState.DONE: frozenset(),
    RescoreState.STOPPED: frozenset(),
}

WORDS_MOVES: Mapping[WordsState, frozenset[WordsState]] = {
    WordsState.WAITING: frozenset({WordsState.DONE, WordsState.FAILED}),
    # Asked once more, of another model perhaps.
    WordsState.DONE: frozenset({WordsState.WAITING}),
    WordsState.FAILED: frozenset({WordsState.WAITING}),
}

CAME_WITH_MOVES: Mapping[CameWithState, frozenset[CameWithState]] = {
    CameWithState.REQUESTED: frozenset({CameWithState.KEPT, CameWithState.FAILED}),
    CameWithState.KEPT: frozenset(),
    # A person asks once more.
    CameWithState.FAILED: frozenset({CameWithState.REQUESTED}),
}

FOLLOWER_MOVES: Mapping[FollowerState, frozenset[FollowerState]] = {
    FollowerState.EARLIER: frozenset(
        {FollowerState.WAITING, FollowerState.APPROVED, FollowerState.REMOVED, FollowerState.LEFT}
    ),
    FollowerState.WAITING: frozenset(
        {FollowerState.APPROVED, FollowerState.DECLINED, FollowerState.REMOVED, FollowerState.LEFT}
    ),
    # A changed profile asks again; a person may think again.
    FollowerState.APPROVED: frozenset({FollowerState.WAITING, FollowerState.REMOVED, FollowerState.LEFT}),
    FollowerState.DECLINED: frozenset({FollowerState.WAITING, FollowerState.LEFT}),
    FollowerState.REMOVED: frozenset({FollowerState.WAITING, FollowerState.LEFT}),
    FollowerState.LEFT: frozenset({FollowerState.WAITING}),
}


def check(table: Mapping[S, frozenset[S]], old: S, new: S, what: str) -> None:
    """Raise MoveNotAllowed, saying how things stand, unless the table has this move."""
    if new not in table[old]:
        before, after = (state.value.replace("_", " ") for state in (old, new))
        raise MoveNotAllowed(f"This {what} is “{before}” and can't become “{after}”: load the page again.")


def open_again(case: LogCase) -> None:
    """Open a decided entry again: what was decided, or dealt with, was said of how it stood then.

    A later decision would count as that one, too, and taking it back would undo both. Raises MoveNotAllowed.
    """
    check(CASE_MOVES, case.state, CaseState.OPEN, "entry")
    case.state, case.outcomes = CaseState.OPEN, ""
    case.decided_at, case.decided_by_id = None, None
    case.claimed_by_id, case.claimed_until = None, None
