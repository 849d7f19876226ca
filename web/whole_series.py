"""Handing in and deciding on a whole series in one press: what was done, and what could not be (P12)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from approvals import asking, decided_together, decisions, drafts, series_together, video_digest
from approvals.decisions import Proof
from approvals.models import ApprovalDecision, DecisionKind, Draft, Submission
from approvals.series_together import Alike
from school.db import now, reading, transaction
from school.errors import SchoolgateError
from school.times import say
from web import draft_findings
from web.access import current_person
from web.forms import whole_number

T = TypeVar("T")

SAID_MOST = 5
"""Of so many posts with which it could not be done it is said why: a cookie holds some 4,000 characters."""


@dataclass(frozen=True, slots=True)
class Together:
    """What came of the other posts of a series."""

    done: int
    refused: tuple[str, ...]
    """Of those with which it could not be done: which it is, and why; of too many, how many more."""
    asked: str = ""
    """Who is asked about those that were handed in, and when."""

    @property
    def with_it(self) -> str:
        """After what was done with the first: with how many others, if with any."""
        if not self.done:
            return ""
        return f", and {self.done} more {'post' if self.done == 1 else 'posts'} of this series"


def hand_in(draft_id: UUID, number: int) -> Together:
    """Hand in the listed posts of a draft's series that say what its version of that number says.

    Each by itself: one that can't be handed in keeps none of the others back.
    """
    with reading() as session:
        draft = drafts.find(session, draft_id, by=current_person(session), now=now())
        revision = drafts.revision_of(session, draft, number)
        texts, link = revision.words, revision.link
        alike = series_together.to_hand_in(session, draft)
        video_digest.prepare(session, video_digest.of_draft(session, draft_id))
    found = draft_findings.findings(texts, link)

    def one(session: Session, other: UUID, _number: int) -> UUID:
        return series_together.hand_in(
            session, other, like=draft_id, seen=number, findings=found, by=current_person(session), now=now()
        ).id

    done, refused = _each(one, alike)
    if not done:
        return Together(0, refused)
    with transaction() as session:
        asking.mail_together(session, done, now=now())
        ways = asking.how_asked(session, session.get_one(Submission, done[-1]))
        return Together(len(done), refused, asked=" ".join(way.sentence for way in ways))


def waiting(session: Session, proof: Proof) -> list[Alike] | None:
    """What may be decided with what this proof is for; None where the form doesn't ask for that."""
    if request.form.get("series") != "yes":
        return None
    return series_together.waiting(session, session.get_one(Draft, proof.draft_id))


def hold_back(session: Session, decided: ApprovalDecision, alike: Sequence[Alike] | None) -> None:
    """Have what is mailed of the first decision wait for those on `alike`, which come with it."""
    if alike:
        decided_together.hold_back(session, decided, now=now())


def decide(proof: Proof, alike: Sequence[Alike] | None, kind: DecisionKind, reason: str) -> Together:
    """Decide the same on those of `alike` (see `waiting`) that the form lists, each by itself.

    Their readers get one mail about all of them (`hold_back`).
    """
    if alike is None:
        return Together(0, ())

    def one(session: Session, other: UUID, number: int) -> UUID:
        theirs = series_together.prove(session, proof, other, number=number)
        decided = decisions.decide(session, theirs, decision=kind, reason=reason, now=now())
        decided_together.hold_back(session, decided, now=now())
        return theirs.submission_id

    done, refused = _each(one, alike)
    with transaction() as session:
        decided_together.tell(session, [proof.submission_id, *done], now=now())
    return Together(len(done), refused)


def listed(found: Sequence[Alike]) -> list[tuple[str, str, str]]:
    """Of each of these posts, what the form brings back, when it is planned, and what is odd about that."""
    return [(f"{one.draft_id} {one.number}", _when(one), one.odd) for one in found]


def _each(work: Callable[[Session, UUID, int], T], alike: Sequence[Alike]) -> tuple[list[T], tuple[str, ...]]:
    known = {str(one.draft_id): one for one in alike}
    done: list[T] = []
    refused: list[str] = []
    gone = 0
    for value in dict.fromkeys(request.form.getlist("other")):
        named, _, number = value.partition(" ")
        other = known.get(named)
        if other is None:
            # Whatever it is, nothing of it is told to who names it.
            gone += 1
            continue
        try:
            with transaction() as session:
                done.append(work(session, other.draft_id, whole_number(number) or 0))
        except SchoolgateError as error:
            refused.append(f"{_when(other)}: {error}")
    more = len(refused) - SAID_MOST
    said = refused[:SAID_MOST]
    if more > 0:
        said.append(f"{more} more {'post' if more == 1 else 'posts'} of this series: look at each by itself.")
    if gone:
        them = "One of them was" if gone == 1 else f"{gone} of them were"
        said.append(f"{them} changed or decided meanwhile: look at each by itself.")
    return done, tuple(said)


def _when(one: Alike) -> str:
    return say(one.planned_at) if one.planned_at is not None else "Not planned yet"
