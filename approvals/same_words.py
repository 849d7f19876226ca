"""The same words on the same account in another post: most likely somebody wrote it twice (P12, P14).

Said to the author and to whoever decides, and stops nothing: a reminder may be meant to come twice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, lazyload

from approvals.checks import account_name
from approvals.models import Draft, DraftRevision, Publication, RevisionAccount
from approvals.models.takedowns import Takedown
from approvals.sight import may_see
from approvals.states import NOT_COMING, DraftState, PublicationState
from school.models import Account, Person
from school.times import say, today
from school.wording import and_last

NEAR = timedelta(days=7)
"""What comes every week is meant so: only posts of fewer days apart are likely to be one post twice."""
MOST = 3
"""Posts that are named, the nearest: a reminder that comes daily isn't told of ten times."""
_AT_STAKE = (DraftState.DRAFT, DraftState.SUBMITTED, DraftState.CHANGES_REQUESTED)
"""In these it can still be helped."""


@dataclass(frozen=True, slots=True)
class SameWords:
    """Another post that says on some account what this one says there."""

    draft_id: UUID
    sentence: str


def elsewhere(session: Session, draft: Draft, revision: DraftRevision) -> tuple[SameWords, ...]:
    """The nearest other posts, handed in, approved or out, that say the same on an account within a week.

    Nothing of a draft that is decided. A repeated post says the same each time: of its own series only
    what comes on the same day counts.
    """
    said = {entry.account_id: _folded(revision.text_for(entry.account_id)) for entry in revision.accounts}
    said = {account_id: words for account_id, words in said.items() if words}
    if draft.state not in _AT_STAKE or revision.planned_at is None or not said:
        return ()
    query = (
        sa.select(Draft, DraftRevision, RevisionAccount)
        .join(
            DraftRevision,
            sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number),
        )
        .join(RevisionAccount, RevisionAccount.revision_id == DraftRevision.id)
        .where(
            Draft.id != draft.id,
            Draft.state.in_([DraftState.SUBMITTED, DraftState.APPROVED]),
            Draft.thrown_away_at.is_(None),
            DraftRevision.planned_at > revision.planned_at - NEAR,
            DraftRevision.planned_at < revision.planned_at + NEAR,
            RevisionAccount.account_id.in_(said),
        )
        .order_by(DraftRevision.planned_at, Draft.id, RevisionAccount.position)
        .options(lazyload("*"))
    )
    found: dict[UUID, tuple[Draft, DraftRevision, list[UUID]]] = {}
    for other, theirs, entry in session.execute(query):
        words = theirs.text if entry.own_text is None else entry.own_text
        if _folded(words) == said[entry.account_id] and not _repeats(draft, revision, other, theirs):
            found.setdefault(other.id, (other, theirs, []))[2].append(entry.account_id)
    nearest = sorted(found.values(), key=lambda each: _apart(revision, each[1]))
    told: list[SameWords] = []
    for other, theirs, account_ids in nearest:
        if len({one.draft_id for one in told}) == MOST:
            break
        accounts = {one.account_id: one.account for one in revision.accounts if one.account_id in account_ids}
        told += [SameWords(other.id, said) for said in _sentences(session, other, theirs, accounts)]
    return tuple(told)


def open_to(session: Session, found: Collection[SameWords], *, by: Person, now: datetime) -> dict[str, UUID]:
    """By sentence the drafts among these that the person may open."""
    ids = {one.draft_id for one in found}
    others = session.scalars(sa.select(Draft).where(Draft.id.in_(ids)).options(lazyload("*")))
    seen = {other.id for other in others if may_see(session, other, by=by, now=now)}
    return {one.sentence: one.draft_id for one in found if one.draft_id in seen}


def _apart(revision: DraftRevision, theirs: DraftRevision) -> timedelta:
    assert revision.planned_at is not None and theirs.planned_at is not None
    return abs(theirs.planned_at - revision.planned_at)


def _repeats(draft: Draft, revision: DraftRevision, other: Draft, theirs: DraftRevision) -> bool:
    assert revision.planned_at is not None and theirs.planned_at is not None
    of_series = draft.series_id is not None and draft.series_id == other.series_id
    return of_series and today(revision.planned_at) != today(theirs.planned_at)


def _sentences(
    session: Session, other: Draft, theirs: DraftRevision, accounts: Mapping[UUID, Account]
) -> Iterable[str]:
    assert theirs.planned_at is not None
    if other.state is DraftState.SUBMITTED:
        yield _planned(accounts.values(), theirs.planned_at, "waits for a decision")
        return
    # What became of it on each account; a newer approval's counts.
    made: dict[UUID, Publication] = {}
    publications = (
        sa.select(Publication)
        .where(
            Publication.revision_id == theirs.id,
            Publication.account_id.in_(accounts),
            ~sa.select(Takedown.id).where(Takedown.publication_id == Publication.id).exists(),
        )
        .options(lazyload(Publication.account))
        .order_by(Publication.decision_id, Publication.id)
    )
    for one in session.scalars(publications):
        made[one.account_id] = one
    to_come = [accounts[one.account_id] for one in made.values() if _comes(one)]
    if to_come:
        yield _planned(to_come, theirs.planned_at, "is approved")
    out = [one for one in made.values() if one.state is PublicationState.PUBLISHED]
    if out:
        at = min(one.published_at or theirs.planned_at for one in out)
        where = _names(accounts[one.account_id] for one in out)
        yield f"The same words were published on {where} on {say(at)}, in another post."


def _comes(publication: Publication) -> bool:
    return publication.state is not PublicationState.PUBLISHED and publication.state not in NOT_COMING


def _planned(accounts: Iterable[Account], at: datetime, stands: str) -> str:
    where = _names(accounts)
    return f"The same words are planned on {where} for {say(at)}, in another post that {stands}."


def _names(accounts: Iterable[Account]) -> str:
    return and_last([account_name(one) for one in accounts])


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
