"""The states of drafts and publications, the one table of moves of each, and who may make them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from school.errors import MoveNotAllowed, NotPermitted


class DraftState(StrEnum):
    """Where a draft is in its life."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    REJECTED = "rejected"


class PublicationState(StrEnum):
    """What has become of an approved draft on one account."""

    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"
    """The platform refused it; nothing was posted."""
    UNKNOWN = "unknown"
    """It may or may not have been posted; the account's own posts are being read to find out."""
    MISSED = "missed"
    """Not approved by its planned time."""
    CANCELLED = "cancelled"
    HELD = "held"
    """Waits for a person's decision."""


class Stopped(StrEnum):
    """How an approved post that has yet to go out stands for its readers while all publishing is stopped."""

    STOPPED = "stopped"


class Actor(StrEnum):
    """In what part somebody makes a move. The capability that asks for the move has checked it."""

    AUTHOR = "author"
    APPROVER = "approver"
    HOLDER = "holder"
    """A person who may decide on held publications."""
    PRODUCT = "product"


D = DraftState
P = PublicationState

DRAFT_MOVES: Mapping[tuple[DraftState, DraftState], frozenset[Actor]] = {
    (D.DRAFT, D.SUBMITTED): frozenset({Actor.AUTHOR}),
    (D.CHANGES_REQUESTED, D.SUBMITTED): frozenset({Actor.AUTHOR}),
    (D.CHANGES_REQUESTED, D.DRAFT): frozenset({Actor.AUTHOR}),
    # Back to draft: the author edits or withdraws, or its time passes without a decision.
    (D.SUBMITTED, D.DRAFT): frozenset({Actor.AUTHOR, Actor.PRODUCT}),
    (D.APPROVED, D.DRAFT): frozenset({Actor.AUTHOR}),
    (D.SUBMITTED, D.APPROVED): frozenset({Actor.APPROVER}),
    (D.SUBMITTED, D.CHANGES_REQUESTED): frozenset({Actor.APPROVER}),
    (D.SUBMITTED, D.REJECTED): frozenset({Actor.APPROVER}),
}

PUBLICATION_MOVES: Mapping[tuple[PublicationState, PublicationState], frozenset[Actor]] = {
    (P.SCHEDULED, P.PUBLISHING): frozenset({Actor.PRODUCT}),
    (P.SCHEDULED, P.HELD): frozenset({Actor.PRODUCT}),
    # After a restore it may have gone out since the backup; not found, it goes on as planned.
    (P.SCHEDULED, P.UNKNOWN): frozenset({Actor.PRODUCT}),
    (P.UNKNOWN, P.SCHEDULED): frozenset({Actor.PRODUCT}),
    (P.SCHEDULED, P.CANCELLED): frozenset({Actor.AUTHOR, Actor.HOLDER}),
    (P.PUBLISHING, P.PUBLISHED): frozenset({Actor.PRODUCT}),
    (P.PUBLISHING, P.FAILED): frozenset({Actor.PRODUCT}),
    (P.PUBLISHING, P.UNKNOWN): frozenset({Actor.PRODUCT}),
    # The platform was not to be had before anything was sent: it is tried again.
    (P.PUBLISHING, P.SCHEDULED): frozenset({Actor.PRODUCT}),
    (P.PUBLISHING, P.HELD): frozenset({Actor.PRODUCT}),
    (P.UNKNOWN, P.PUBLISHED): frozenset({Actor.PRODUCT}),
    (P.UNKNOWN, P.HELD): frozenset({Actor.PRODUCT}),
    (P.HELD, P.SCHEDULED): frozenset({Actor.HOLDER}),
    (P.HELD, P.CANCELLED): frozenset({Actor.AUTHOR, Actor.HOLDER}),
    # By the product: the platform's answer to a worker that was given up for lost came after all.
    (P.HELD, P.PUBLISHED): frozenset({Actor.HOLDER, Actor.PRODUCT}),
    # A person has it looked for once more.
    (P.HELD, P.UNKNOWN): frozenset({Actor.HOLDER}),
    (P.FAILED, P.SCHEDULED): frozenset({Actor.HOLDER}),
    (P.FAILED, P.CANCELLED): frozenset({Actor.AUTHOR, Actor.HOLDER}),
    (P.FAILED, P.PUBLISHED): frozenset({Actor.HOLDER}),
}

SETTLED = frozenset({P.PUBLISHED, P.CANCELLED, P.MISSED})
"""States of a publication that nothing leads out of."""

TO_COME = frozenset({P.SCHEDULED, P.HELD, P.FAILED})
"""States of a publication that is not out, and is in no worker's hands: it waits for its time or a person."""

NOT_COMING = frozenset({D.REJECTED, P.CANCELLED, P.MISSED, P.FAILED})
"""States in which nothing goes out at the planned time, nor has."""

IN_WORDS: Mapping[DraftState | PublicationState | Stopped, str] = {
    D.DRAFT: "being written",
    D.SUBMITTED: "waiting for approval",
    D.APPROVED: "approved",
    D.CHANGES_REQUESTED: "changes asked for",
    D.REJECTED: "rejected",
    P.SCHEDULED: "scheduled",
    P.PUBLISHING: "being published",
    P.PUBLISHED: "published",
    P.FAILED: "failed",
    P.UNKNOWN: "finding out whether it was posted",
    P.MISSED: "missed: not approved in time",
    P.CANCELLED: "stopped",
    P.HELD: "held for a person",
    Stopped.STOPPED: "held: publishing is stopped",
}


def check_draft_move(old: DraftState, new: DraftState, actor: Actor) -> None:
    """Raise MoveNotAllowed when there is no such move, NotPermitted when not for this actor."""
    allowed = DRAFT_MOVES.get((old, new))
    if allowed is None:
        raise MoveNotAllowed(f"This draft is {IN_WORDS[old]}; it can't become {IN_WORDS[new]}.")
    if actor not in allowed:
        raise NotPermitted(
            f"Only the {_who(allowed)} can make a draft that is {IN_WORDS[old]} {IN_WORDS[new]}."
        )


def check_publication_move(old: PublicationState, new: PublicationState, actor: Actor) -> None:
    """Raise MoveNotAllowed when there is no such move, NotPermitted when not for this actor."""
    allowed = PUBLICATION_MOVES.get((old, new))
    if allowed is None:
        raise MoveNotAllowed(f"This post is {IN_WORDS[old]}; it can't become {IN_WORDS[new]}.")
    if actor not in allowed:
        raise NotPermitted(
            f"Only the {_who(allowed)} can make a post that is {IN_WORDS[old]} {IN_WORDS[new]}."
        )


def _who(actors: frozenset[Actor]) -> str:
    return " or the ".join(sorted(actor.value for actor in actors))
