"""Removing published posts: those of pupils whose consent was withdrawn, and others on request (P25).

As everything that reaches the outside: a row first, claimed for a while by one worker, done with no
transaction open, and its answer recorded. Deleting twice does no harm, so what may have been done
is simply done again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, groupby
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from approvals import checks, claims, first_names, states, takedown_mail
from approvals.models import Draft, DraftRevision, Publication, RevisionPupil
from approvals.models.takedowns import Takedown, TakedownMove, TakedownState
from approvals.states import DraftState, PublicationState, Stopped
from connectors.base import Connector
from connectors.errors import ConnectorError, ConnectorUnavailable, CredentialsDead, Gone, OutcomeUnknown
from school import accounts, audit, consent
from school.db import new_id
from school.errors import MoveNotAllowed, NotFound, NotPermitted
from school.models import Account, AccountState, Consent, ConsentKind, Person, Pupil
from school.people import reason_text
from school.permissions import Action, may, require
from school.settings import settings
from school.times import today

S = TakedownState

MOVES: Mapping[tuple[TakedownState, TakedownState], str] = {
    (S.REQUESTED, S.DOING): "Schoolgate began to remove it",
    (S.DOING, S.DONE): "the platform removed it",
    (S.DOING, S.REQUESTED): "to be tried again",
    (S.DOING, S.BY_HAND): "a person must do it",
    (S.REQUESTED, S.BY_HAND): "a person must do it",
    (S.BY_HAND, S.DONE): "a person did it",
    (S.BY_HAND, S.REQUESTED): "to be tried again",
}
"""The one table of moves; nothing leads out of DONE."""

IN_WORDS: Mapping[TakedownState, str] = {
    S.REQUESTED: "being taken down",
    S.DOING: "being taken down",
    S.DONE: "taken down",
    S.BY_HAND: "to be taken down by hand",
}
Stands = DraftState | PublicationState | TakedownState | Stopped
"""How a post stands for its readers: one that is out and to be taken down, as far as that has come."""
ALL_WORDS: Mapping[Stands, str] = dict(
    chain[tuple[Stands, str]](states.IN_WORDS.items(), IN_WORDS.items()),
)
_CLOSED = "The account was closed, so Schoolgate can't reach it. Remove the post by hand there."
_FIRST_WAIT = timedelta(seconds=15)
_LONGEST_WAIT = timedelta(hours=1)


class Result(StrEnum):
    """How an attempt ended."""

    DONE = "done"
    LATER = "later"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class TakedownClaim:
    """One takedown that this worker alone may do now."""

    id: UUID
    lease_id: UUID
    account_id: UUID
    post_platform_id: str


@dataclass(frozen=True, slots=True)
class TakedownOutcome:
    """What came of it; `answer` is a sentence for a person."""

    result: Result
    answer: str
    retry_after: float | None = None
    credentials_dead: bool = False


def request(session: Session, publication_id: UUID, *, reason: str, by: Person, now: datetime) -> Takedown:
    """A person has a published post removed. Asked twice is once.

    Raises NotPermitted, BadInput without a reason, MoveNotAllowed when it isn't published.
    """
    require(by, Action.HOLD_PUBLICATIONS)
    why = reason_text(reason)
    publication, draft = claims.locked(session, publication_id)
    if publication.state is not PublicationState.PUBLISHED:
        raise MoveNotAllowed("This post is not published: there is nothing to take down.")
    found = of_publications(session, [publication.id]).get(publication.id)
    if found is not None:
        return found
    opened = _open(session, publication, why, by=by, now=now)
    takedown_mail.tell_author(session, draft, [opened], by=by, now=now)
    return opened


def request_everywhere(
    session: Session, draft_id: UUID, *, reason: str, by: Person, now: datetime
) -> list[Takedown]:
    """`request` for every account on which a draft's post is to be seen and not being taken down yet.

    Raises as that does.
    """
    require(by, Action.HOLD_PUBLICATIONS)
    why = reason_text(reason)
    query = (
        sa.select(Publication.id)
        .where(
            Publication.draft_id == draft_id,
            Publication.state == PublicationState.PUBLISHED,
            ~sa.select(Takedown.id).where(Takedown.publication_id == Publication.id).exists(),
        )
        .order_by(Publication.id)
    )
    out = list(session.scalars(query))
    if not out:
        raise MoveNotAllowed("This post is not to be seen any more: there is nothing to take down.")
    opened = []
    for one in out:
        publication, draft = claims.locked(session, one)
        if publication.state is PublicationState.PUBLISHED and not of_publications(session, [one]):
            opened.append(_open(session, publication, why, by=by, now=now))
    if opened:
        takedown_mail.tell_author(session, draft, opened, by=by, now=now)
    return opened


def stands(
    publication: Publication, takedown: Takedown | None, *, stopped: bool
) -> PublicationState | TakedownState | Stopped:
    """What to say of a post: of one that was taken down not that it is published.

    `stopped`: all publishing is; then nothing that has yet to go out is called scheduled.
    """
    if stopped and publication.state is PublicationState.SCHEDULED:
        return Stopped.STOPPED
    if takedown is not None and publication.state is PublicationState.PUBLISHED:
        return takedown.state
    return publication.state


def open_for_withdrawn_consent(session: Session, *, now: datetime) -> list[Takedown]:
    """A takedown for every published post that shows a pupil whose consent was withdrawn since (P25).

    A consent that ran out with the school year is no withdrawal: such posts stay. Safe to call again.
    """
    pupils = set(session.scalars(sa.select(Consent.pupil_id).where(Consent.withdrawn_at.is_not(None))))
    if not pupils:
        return []
    query = (
        sa.select(Publication, DraftRevision, Consent, Pupil)
        .join(DraftRevision, DraftRevision.id == Publication.revision_id)
        .join(RevisionPupil, RevisionPupil.revision_id == Publication.revision_id)
        .join(Consent, Consent.pupil_id == RevisionPupil.pupil_id)
        .join(Pupil, Pupil.id == Consent.pupil_id)
        .join(Account, Account.id == Publication.account_id)
        .where(
            # From these few pupils to their posts, not the other way round.
            RevisionPupil.pupil_id.in_(pupils),
            Publication.state == PublicationState.PUBLISHED,
            Consent.withdrawn_at.is_not(None),
            Consent.withdrawn_at >= Publication.published_at,
            sa.or_(Consent.platform.is_(None), Consent.platform == Account.platform),
            ~sa.select(Takedown.id).where(Takedown.publication_id == Publication.id).exists(),
        )
    )
    shown: dict[UUID, tuple[Publication, set[tuple[UUID, ConsentKind]]]] = {}
    for publication, revision, withdrawn, pupil in session.execute(query):
        platform = publication.account.platform
        said = first_names.places(session, revision, platform)
        needed = withdrawn.kind in checks.consent_needed(revision, pupil, said)
        if needed and not _went_on(session, withdrawn, platform):
            of_post = shown.setdefault(publication.id, (publication, set()))[1]
            of_post.add((withdrawn.pupil_id, withdrawn.kind))
    lacking = []
    for publication, lost in shown.values():
        platform = publication.account.platform
        # Another consent of that kind may be in force there all the same.
        if any(
            consent.missing_consent(session, [pupil_id], kind, on=today(now), platform=platform)
            for pupil_id, kind in lost
        ):
            lacking.append(publication)
    # All rows before the first is opened, which takes the trail: whoever holds one may be waiting for it.
    for publication in sorted(lacking, key=lambda one: (one.draft_id, one.id)):
        claims.locked(session, publication.id)
    taken = of_publications(session, [one.id for one in lacking])
    why = "A pupil's consent was withdrawn."
    opened = [_open(session, one, why, by=None, now=now) for one in lacking if one.id not in taken]
    for draft_id, several in groupby(sorted(opened, key=_draft_id), key=_draft_id):
        takedown_mail.tell_author(session, session.get_one(Draft, draft_id), list(several), by=None, now=now)
    return opened


def _draft_id(takedown: Takedown) -> UUID:
    return takedown.publication.draft_id


def _went_on(session: Session, withdrawn: Consent, platform: str) -> bool:
    """Whether another consent held there when this one was withdrawn: for the other platforms it is replaced.

    When that one runs out, or the pupil leaves, posts there stay as they do for everybody else. Of one that
    had run out, whether another held there to its end.
    """
    assert withdrawn.withdrawn_at is not None
    day = today(withdrawn.withdrawn_at)
    end = min(day, withdrawn.last_day)
    others = session.scalars(
        sa.select(Consent).where(
            Consent.pupil_id == withdrawn.pupil_id,
            Consent.id != withdrawn.id,
            Consent.recorded_at <= withdrawn.withdrawn_at,
            sa.or_(
                *(sa.and_(Consent.first_day <= one, Consent.last_day >= one) for one in {day, end}),
            ),
            sa.or_(Consent.platform.is_(None), Consent.platform == platform),
            sa.or_(Consent.withdrawn_at.is_(None), Consent.withdrawn_at > withdrawn.withdrawn_at),
        )
    )
    return any(other.kind is withdrawn.kind for other in others)


def due(session: Session, *, now: datetime) -> list[UUID]:
    """The takedowns to claim now, earliest first; those of accounts that can't be used wait."""
    query = (
        sa.select(Takedown.id)
        .join(Publication, Publication.id == Takedown.publication_id)
        .join(Account, Account.id == Publication.account_id)
        .where(_claimable(now), Account.state == AccountState.ACTIVE)
        .order_by(Takedown.next_try_at, Takedown.id)
        .limit(20)
    )
    return list(session.scalars(query))


def hand_over_closed(session: Session, *, now: datetime) -> int:
    """What is to be taken down on an account that was closed is a person's task; how many there were."""
    query = (
        sa.select(Takedown)
        .join(Publication, Publication.id == Takedown.publication_id)
        .join(Account, Account.id == Publication.account_id)
        .where(Takedown.state == S.REQUESTED, Account.state == AccountState.CLOSED)
        .with_for_update(of=Takedown)
    )
    found = list(session.scalars(query))
    for takedown in found:
        _move(session, takedown, S.BY_HAND, answer=_CLOSED, by=None, now=now)
    return len(found)


def claim(session: Session, takedown_id: UUID, *, now: datetime) -> TakedownClaim | None:
    """Take one for this worker; commit before `act`. None: not due, taken, or only a person can do it."""
    lease_id = new_id()
    old = session.scalar(sa.select(Takedown.state).where(Takedown.id == takedown_id))
    taken = session.execute(
        sa.update(Takedown)
        .where(Takedown.id == takedown_id, _claimable(now))
        .values(
            state=S.DOING,
            lease_id=lease_id,
            lease_until=now + settings().lease,
            attempts=Takedown.attempts + 1,
        )
        .returning(Takedown.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None or old is None:
        return None
    takedown = session.get_one(Takedown, takedown_id, populate_existing=True)
    if old is not S.DOING:
        _note(session, takedown, old, answer="", by=None, now=now)
    publication = takedown.publication
    if not publication.post_platform_id:
        _move(
            session,
            takedown,
            S.BY_HAND,
            answer="This post was made by hand: please remove it there, then tick it off.",
            by=None,
            now=now,
        )
        return None
    return TakedownClaim(takedown.id, lease_id, publication.account_id, publication.post_platform_id)


def act(claimed: TakedownClaim, connector: Connector) -> TakedownOutcome:
    """Have the platform delete the post. Never raises for what a platform can answer."""
    try:
        connector.delete_post(claimed.post_platform_id)
    except Gone:
        return TakedownOutcome(Result.DONE, "It isn't on the platform any more.")
    except CredentialsDead as error:
        return TakedownOutcome(Result.LATER, error.detail, credentials_dead=True)
    except ConnectorUnavailable as error:
        return TakedownOutcome(Result.LATER, error.detail, retry_after=error.retry_after)
    except OutcomeUnknown as error:
        return TakedownOutcome(Result.LATER, error.detail)
    except ConnectorError as error:
        return TakedownOutcome(
            Result.BY_HAND, f"{error.detail} Please remove it on the platform, then tick it off."
        )
    return TakedownOutcome(Result.DONE, "The platform removed it.")


def record(session: Session, claimed: TakedownClaim, outcome: TakedownOutcome, *, now: datetime) -> None:
    """Keep what came of an attempt, unless another worker has taken it over since."""
    takedown = session.get_one(Takedown, claimed.id, with_for_update=True, populate_existing=True)
    if takedown.lease_id != claimed.lease_id or takedown.state is not S.DOING:
        return
    if outcome.credentials_dead:
        account = session.get_one(Account, claimed.account_id)
        accounts.mark_dead(session, account, outcome.answer, now=now)
    match outcome.result:
        case Result.DONE:
            _move(session, takedown, S.DONE, answer=outcome.answer, by=None, now=now)
        case Result.BY_HAND:
            _move(session, takedown, S.BY_HAND, answer=outcome.answer, by=None, now=now)
            takedown_mail.tell_of_by_hand(session, takedown, now=now)
        case Result.LATER:
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(takedown.attempts, 10))
            if outcome.retry_after is not None:
                wait = max(wait, timedelta(seconds=outcome.retry_after))
            takedown.next_try_at = now + min(wait, timedelta(days=1))
            _move(session, takedown, S.REQUESTED, answer=outcome.answer, by=None, now=now)


def done_by_hand(session: Session, takedown_id: UUID, *, by: Person, now: datetime) -> Takedown:
    """A person has removed the post on the platform. Raises NotFound, NotPermitted, MoveNotAllowed."""
    takedown = session.scalar(
        sa.select(Takedown).where(Takedown.id == takedown_id).with_for_update(of=Takedown)
    )
    if not (may(by, Action.HOLD_PUBLICATIONS) or may(by, Action.EDIT_CONSENT)):
        raise NotPermitted("The headteacher, the senior leadership team or the DPO tick this off.")
    if takedown is None:
        raise NotFound("There is no such post to take down.")
    if takedown.state is not S.BY_HAND:
        raise MoveNotAllowed(f"This post is {IN_WORDS[takedown.state]}: there is nothing to tick off.")
    _move(session, takedown, S.DONE, answer="Removed by hand.", by=by, now=now)
    return takedown


def of_publications(session: Session, publication_ids: Sequence[UUID]) -> dict[UUID, Takedown]:
    """The takedown of each of these publications that has one."""
    if not publication_ids:
        return {}
    query = sa.select(Takedown).where(Takedown.publication_id.in_(publication_ids))
    return {takedown.publication_id: takedown for takedown in session.scalars(query)}


def moves(session: Session, draft_id: UUID) -> list[tuple[TakedownMove, Takedown]]:
    """What happened to the takedowns of a draft's posts, oldest first; a mere attempt is left out."""
    query = (
        sa.select(TakedownMove, Takedown)
        .join(Takedown, Takedown.id == TakedownMove.takedown_id)
        .join(Publication, Publication.id == Takedown.publication_id)
        .where(Publication.draft_id == draft_id, TakedownMove.new != TakedownState.DOING)
        .order_by(TakedownMove.at, TakedownMove.id)
    )
    return [(move, takedown) for move, takedown in session.execute(query)]


def by_hand(session: Session) -> list[Takedown]:
    """Those that a person must do, oldest first."""
    query = sa.select(Takedown).where(Takedown.state == S.BY_HAND).order_by(Takedown.requested_at)
    return list(session.scalars(query))


def showing(session: Session, pupil_id: UUID) -> list[tuple[Draft, DraftRevision, Publication | None]]:
    """Every draft and every post that shows the pupil, newest first (P25): what withdrawing touches.

    A draft that is not out, or not yet everywhere, comes with its newest revision.
    """
    out = (
        sa.select(Draft, DraftRevision, Publication)
        .join(DraftRevision, DraftRevision.draft_id == Draft.id)
        .join(RevisionPupil, RevisionPupil.revision_id == DraftRevision.id)
        .outerjoin(Publication, Publication.revision_id == DraftRevision.id)
        .where(
            RevisionPupil.pupil_id == pupil_id,
            sa.or_(Publication.id.is_not(None), DraftRevision.number == Draft.revision_number),
        )
        .order_by(DraftRevision.made_at.desc(), DraftRevision.id.desc())
        .options(joinedload(Publication.account))
    )
    return [(draft, revision, publication) for draft, revision, publication in session.execute(out)]


def _claimable(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.and_(Takedown.state == S.REQUESTED, Takedown.next_try_at <= now),
        # Its worker was lost: deleting again does no harm.
        sa.and_(Takedown.state == S.DOING, Takedown.lease_until <= now),
    )


def _open(
    session: Session, publication: Publication, reason: str, *, by: Person | None, now: datetime
) -> Takedown:
    takedown = Takedown(
        publication_id=publication.id,
        publication=publication,
        state=S.REQUESTED,
        reason=reason,
        requested_at=now,
        requested_by_id=by.id if by else None,
        next_try_at=now,
        attempts=0,
        answer="",
    )
    session.add(takedown)
    # Its first move names it by id.
    session.flush()
    _note(session, takedown, None, answer=reason, by=by, now=now)
    return takedown


def _move(
    session: Session,
    takedown: Takedown,
    to: TakedownState,
    *,
    answer: str,
    by: Person | None,
    now: datetime,
) -> None:
    old = takedown.state
    if (old, to) not in MOVES:
        raise MoveNotAllowed(f"This post is {IN_WORDS[old]}; it can't be {IN_WORDS[to]}.")
    takedown.state, takedown.answer = to, answer
    takedown.lease_id = takedown.lease_until = None
    if to is S.DONE:
        takedown.finished_at, takedown.finished_by_id = now, by.id if by else None
    _note(session, takedown, old, answer=answer, by=by, now=now)
    if to is S.DONE:
        takedown_mail.tell_down(session, takedown, by=by, now=now)


def _note(
    session: Session,
    takedown: Takedown,
    old: TakedownState | None,
    *,
    answer: str,
    by: Person | None,
    now: datetime,
) -> None:
    session.add(
        TakedownMove(
            takedown_id=takedown.id,
            old=old,
            new=takedown.state,
            at=now,
            by_id=by.id if by else None,
            answer=answer,
        )
    )
    audit.record(
        session,
        by=by,
        action=f"takedown_{takedown.state.value}",
        object_kind="publication",
        object_id=takedown.publication_id,
        now=now,
    )
