"""What to say first of a draft: the latest truth about it, also when it is out or was taken down."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from approvals import claims, drafts, schedule, takedowns
from approvals.models import Draft, Publication
from approvals.models.takedowns import Takedown, TakedownState
from approvals.states import DraftState, PublicationState, Stopped
from approvals.takedowns import ALL_WORDS, Stands
from school.times import say

BADGES: dict[Stands, str] = {
    DraftState.DRAFT: "secondary",
    DraftState.SUBMITTED: "warning",
    DraftState.APPROVED: "success",
    DraftState.CHANGES_REQUESTED: "warning",
    DraftState.REJECTED: "danger",
    PublicationState.SCHEDULED: "info",
    PublicationState.PUBLISHING: "info",
    PublicationState.PUBLISHED: "success",
    PublicationState.FAILED: "danger",
    PublicationState.UNKNOWN: "warning",
    PublicationState.MISSED: "danger",
    PublicationState.CANCELLED: "secondary",
    PublicationState.HELD: "danger",
    Stopped.STOPPED: "danger",
    TakedownState.REQUESTED: "warning",
    TakedownState.DOING: "warning",
    TakedownState.BY_HAND: "warning",
    TakedownState.DONE: "secondary",
}

NEXT: dict[Stands, str] = {
    DraftState.DRAFT: "It is with its author, who can change it and hand it in.",
    DraftState.SUBMITTED: "It waits for a decision. Nothing is published before that.",
    DraftState.APPROVED: "It is approved. What became of it on each account is below.",
    DraftState.CHANGES_REQUESTED: "Changes were asked for. Its author changes it and hands it in again.",
    DraftState.REJECTED: "It was rejected and will not be published.",
    PublicationState.SCHEDULED: "It is approved and goes out at its planned time.",
    PublicationState.PUBLISHED: "It is out. Where it is to be seen is below.",
    PublicationState.FAILED: "It was approved, but publishing it failed. Somebody decides below what "
    "becomes of it.",
    PublicationState.HELD: "It was approved and is held: somebody decides below whether it still goes out.",
    PublicationState.MISSED: "Nobody approved it in time, so it was not published. Its author can choose a "
    "new time and hand it in again.",
    PublicationState.CANCELLED: "It was approved and then stopped, so it is not published.",
    Stopped.STOPPED: "It is approved, and all publishing is stopped: it does not go out before that is "
    "allowed again.",
    TakedownState.REQUESTED: "It is being taken down. Where it is still to be seen is below.",
    TakedownState.DOING: "It is being taken down. Where it is still to be seen is below.",
    TakedownState.BY_HAND: "It has to be removed by hand. Where it is still to be seen is below.",
    TakedownState.DONE: "It was published and taken down again.",
}


_WAITS = (PublicationState.HELD, PublicationState.FAILED)
PARTLY = "partly published"


@dataclass(frozen=True, slots=True)
class Headline:
    """A badge and the sentence beside it."""

    words: str
    badge: str
    sentence: str
    says_all: bool = False
    """Whether it says how the post stands on every account."""


def of(
    draft: Draft, present: Sequence[Publication], gone: Mapping[UUID, Takedown], *, stopped: bool
) -> Headline:
    """How a draft stands, from the publications of its present plan and their takedowns.

    `stopped`: all publishing is.
    """
    if draft.thrown_away_at is not None:
        when = say(draft.thrown_away_at)
        return Headline("thrown away", "secondary", f"Its author threw it away on {when}.", says_all=True)
    state: Stands = draft.state
    if draft.state is DraftState.DRAFT and any(one.state is PublicationState.MISSED for one in present):
        # Until its author changes it: as being written nobody would see that it is overdue.
        state = PublicationState.MISSED
    if draft.state is DraftState.APPROVED and present:
        stand = {takedowns.stands(one, gone.get(one.id), stopped=stopped) for one in present}
        if len(stand) == 1:
            [only] = stand
            if only in NEXT:
                return Headline(ALL_WORDS[only], BADGES[only], NEXT[only], says_all=True)
        elif stand & set(TakedownState):
            return Headline("partly taken down", "warning", "Where it is still to be seen is below.")
        elif PublicationState.PUBLISHED in stand:
            rest = "somebody decides below about the rest" if stand & set(_WAITS) else "look below"
            return Headline(PARTLY, "warning", f"It is not out on every account: {rest}.")
        # Where it waits for a person, that comes before what is only to come or was stopped elsewhere.
        for waits in _WAITS:
            if waits in stand:
                return Headline(ALL_WORDS[waits], BADGES[waits], NEXT[waits])
    return Headline(ALL_WORDS[state], BADGES[state], NEXT[state])


def of_many(session: Session, listed: Sequence[Draft]) -> dict[UUID, Headline]:
    """How each of these drafts stands, by its id: the same words wherever a post is listed."""
    revisions = drafts.current_revisions(session, listed)
    found = schedule.publications_of(session, [draft.id for draft in listed])
    gone = takedowns.of_publications(session, [one.id for several in found.values() for one in several])
    stopped = claims.stopped(session)
    present = {one.id: schedule.present(one, revisions[one.id], found.get(one.id, [])) for one in listed}
    changing = drafts.being_changed(session, listed)
    return {
        draft.id: instead(of(draft, present[draft.id], gone, stopped=stopped), draft, changing)
        for draft in listed
    }


SENT_BACK = Headline(
    ALL_WORDS[DraftState.CHANGES_REQUESTED],
    BADGES[DraftState.CHANGES_REQUESTED],
    NEXT[DraftState.CHANGES_REQUESTED],
)
"""Something is to do until it is handed in again, though changing it makes it a draft in work."""


def instead(standing: Headline, draft: Draft, being_changed: Collection[UUID]) -> Headline:
    """`standing`, unless the draft is one of `being_changed` (by `approvals.drafts.being_changed`)."""
    return standing if draft.id not in being_changed else SENT_BACK
