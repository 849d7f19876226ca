"""One attempt at an act on a platform: what is asked of its connector, and what came of it.

Nothing here reads or writes the database: no transaction is open meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from connectors.base import Capability, CommentKind, Connector, Platform
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
from connectors.posting import platform_name
from moderation.models import ActKind

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
OTHERS_POSTS = frozenset({CommentKind.VISITOR_POST, CommentKind.TAG})
"""What is somebody's own post: no program may hide, delete or answer it for the school."""
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


def act(claim: ActClaim, connector: Connector) -> ActOutcome:
    """Do it, once. Never raises for what a platform can answer: the outcome says what came of it."""
    name = platform_name(claim.platform)
    if claim.others_post or NEEDS[claim.kind] not in connector.capabilities:
        return ActOutcome(
            Result.BY_HAND,
            f"{name} lets no program do this: please do it there, then tick it off.",
        )
    if not claim.target_platform_id:
        return ActOutcome(
            Result.BY_HAND,
            f"{name} does not say who this is: please do it there, then tick it off.",
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
