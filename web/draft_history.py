"""What became of a draft, line by line, and what each of its versions says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from sqlalchemy.orm import Session

from approvals import drafts, history, schedule, submissions, takedown_asking, takedowns
from approvals.checks import account_name
from approvals.differences import PLANNED, SIGNED, changes
from approvals.models import DecisionKind, Draft, DraftRevision
from approvals.models.composing import TAKEDOWN_ASKED
from approvals.states import IN_WORDS, DraftState
from school.models import Person
from school.times import LONDON, say, say_date, today

EARLIER_WORDS = {
    "A worker took it up.": "Its time came, so Schoolgate began to publish it.",
    "The platform took it.": "The platform answered that it is published.",
    "The worker was lost before it sent anything.": "Schoolgate stopped before it sent anything.",
}
"""What earlier releases wrote down of a publication, as it is said now; what is stored stays as it is."""
_DECIDED = {
    DecisionKind.APPROVE: "approved",
    DecisionKind.CHANGES: "sent back",
    DecisionKind.REJECT: "rejected",
}
_ENDED: Mapping[DraftState | None, str] = {
    DraftState.SUBMITTED: "What was handed in no longer waits for a decision.",
    DraftState.APPROVED: "Its approval ended with that.",
}
"""What a change brings with it, by the state before."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a draft, for its author and whoever decides."""

    number: int
    name: str
    at: datetime
    differs: str
    """What it says otherwise than the one before, in short; empty for the first."""
    became: tuple[str, ...]
    """"handed in", "approved"."""


def versions(session: Session, draft: Draft) -> list[Version]:
    """Every version of a draft, oldest first."""
    every = history.revisions(session, draft)
    differs = _differs(every)
    handed_in, decided = history.handed_in(session, draft), history.decided(session, draft)
    ids = {one.number: one.id for one in every}
    return [
        Version(
            number,
            name,
            at,
            differs.get(number, ""),
            (
                *(("handed in",) if ids[number] in handed_in else ()),
                *dict.fromkeys(_DECIDED[kind] for kind in decided.get(ids[number], ())),
            ),
        )
        for number, name, at in drafts.versions(session, draft)
    ]


def lines(session: Session, draft: Draft) -> list[dict[str, object]]:
    """What happened to a draft and to what is published of it, oldest first."""
    names = {
        publication.id: account_name(publication.account)
        for publication in schedule.publications(session, draft)
    }
    people_named: dict[UUID, str] = {}

    def who(person_id: UUID | None) -> str:
        if person_id is None:
            return "Schoolgate"
        if person_id not in people_named:
            people_named[person_id] = session.get_one(Person, person_id).name
        return people_named[person_id]

    differs = _differs(history.revisions(session, draft))
    found: list[tuple[tuple[datetime, int, int], dict[str, object]]] = []

    def add(at: datetime, kind: int, order: int, by: UUID | None, what: str, why: str) -> None:
        found.append(((at, kind, order), {"at": at, "who": who(by), "what": what, "why": why}))

    changed_at: dict[datetime, str] = {}
    for order, step in enumerate(drafts.moves(session, draft)):
        # A state that stays is that of a draft which was thrown away.
        words = "begun" if step.old is None else "thrown away" if step.old is step.new else IN_WORDS[step.new]
        why = "" if step.old is None else step.reason
        if step.reason == drafts.EDITED:
            # Noted with the version that was given up; the one after it is what was written instead.
            changed = differs.get(step.revision_number + 1, "")
            words, why = (_verb(changed), _ENDED.get(step.old, "")) if changed else (words, why)
            changed_at[step.at] = changed
        add(step.at, 0, order, step.actor_id, f"Draft: {words}", why)
    for order, move in enumerate(schedule.publication_moves(session, draft)):
        why = EARLIER_WORDS.get(move.reason, move.reason)
        if changed_at.get(move.at) and move.reason == submissions.CHANGED:
            why = f"The draft was changed: {changed_at[move.at]}."
        what = f"{names[move.publication_id]}: {IN_WORDS[move.new]}"
        add(move.at, 1, order, move.actor_id, what, why)
    for order, (gone, takedown) in enumerate(takedowns.moves(session, draft.id)):
        asked = gone.old is None
        state = "to be taken down" if asked else takedowns.IN_WORDS[gone.new]
        what = f"{names[takedown.publication_id]}: {state}"
        add(gone.at, 2, order, gone.by_id, what, takedown.reason if asked else gone.answer)
    for order, remark in enumerate(takedown_asking.of(session, draft)):
        asked = remark.takedown == TAKEDOWN_ASKED
        what = "Asked for it to be taken down" if asked else "Answered that it stays"
        add(remark.at, 3, order, remark.author_id, what, remark.text)
    for order, (at, many) in enumerate(history.repeated(session, draft)):
        what = f"Repeated: {many} draft{'' if many == 1 else 's'} begun"
        add(at, 4, order, draft.author_id, what, "None of them is published without its own approval.")
    return [line for _order, line in sorted(found, key=lambda pair: pair[0])]


def _differs(every: Sequence[DraftRevision]) -> Mapping[int, str]:
    """By number what a version says otherwise than the one before it; empty words where nothing."""
    return {after.number: _in_short(before, after) for before, after in pairwise(every)}


def _in_short(before: DraftRevision, after: DraftRevision) -> str:
    found: list[str] = []
    for change in changes(before, after):
        if change.what == PLANNED and before.planned_at and after.planned_at:
            found.append(_moved(before.planned_at, after.planned_at))
        elif change.what == SIGNED:
            found.append("checklist signed" if change.after else "checklist to be signed again")
        elif not change.before:
            found.append(f"{_small(change.what)} added")
        elif not change.after:
            found.append(f"{_small(change.what)} taken out")
        else:
            found.append(f"{_small(change.what)} changed")
    return ", ".join(found)


def _moved(before: datetime, after: datetime) -> str:
    """ "moved from 1 to 19 December 2026"; where the time of day is another, with it."""
    old, new = today(before), today(after)
    clocks = {one.astimezone(LONDON).time() for one in (before, after)}
    if len(clocks) > 1 or old == new or old.year != new.year:
        return f"moved from {say(before)} to {say(after)}"
    first = f"{old.day}" if old.month == new.month else f"{old.day} {old:%B}"
    return f"moved from {first} to {say_date(new)}"


def _small(what: str) -> str:
    """What a person calls a field, within a sentence."""
    return what[:1].lower() + what[1:]


def _verb(changed: str) -> str:
    """What was done, as a line of the history begins: a move alone isn't called a change."""
    return changed if changed.startswith("moved from") and ", " not in changed else f"changed ({changed})"
