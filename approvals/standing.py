"""How a publication stands, in a sentence that a person understands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import checks, claims, permits
from approvals.checks import account_name
from approvals.models import Draft, DraftRevision, Publication, PublicationMove
from approvals.states import PublicationState
from approvals.steps import may_have_been_sent
from school import heartbeats, people
from school.models import AccountState, Person
from school.permissions import Action, may
from school.times import clock, say, today

SILENT_AFTER = timedelta(seconds=30)
"""After so long without a sign of life people are told that the worker may be lost."""
TAKEN_UP_WITHIN = timedelta(seconds=30)
"""A due post that nobody has taken up for so long isn't just on its way."""
UNDER_WAY_MOST = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """What goes on with one publication now."""

    sentence: str
    """Empty where the state says it all."""
    trouble: bool = False
    """Whether it needs somebody's attention, or soon may."""
    look: bool = False
    """Whether having it looked for on its platform makes sense."""


def standing(
    session: Session, publication: Publication, *, stopped: bool | None = None, now: datetime
) -> Standing:
    """What goes on with a publication, and what happens next.

    `stopped`: whether all publishing is, where several are asked about; None: it is looked up.
    """
    match publication.state:
        case PublicationState.SCHEDULED:
            stopped = claims.stopped(session) if stopped is None else stopped
            return _scheduled(session, publication, stopped=stopped, now=now)
        case PublicationState.PUBLISHING:
            return _publishing(session, publication, now=now)
        case PublicationState.UNKNOWN:
            return _unknown(session, publication, now=now)
        case PublicationState.HELD:
            return Standing(
                publication.problem or "It waits for a person's decision.",
                trouble=True,
                look=publication.unknown_since is not None,
            )
        case PublicationState.FAILED:
            return Standing(f"{publication.problem or ''} Nothing was posted.".strip(), trouble=True)
        case PublicationState.MISSED:
            return Standing(publication.problem or "")
    return Standing("")


def under_way(session: Session, *, by: Person, now: datetime) -> list[tuple[Publication, Standing]]:
    """What is being published, looked for, overdue or held, of the drafts that the person may see."""
    states = (
        PublicationState.PUBLISHING,
        PublicationState.UNKNOWN,
        PublicationState.HELD,
        PublicationState.FAILED,
    )
    query = (
        sa.select(Publication)
        .where(
            sa.or_(
                Publication.state.in_(states),
                sa.and_(Publication.state == PublicationState.SCHEDULED, Publication.due_at <= now),
            )
        )
        .order_by(Publication.planned_at, Publication.id)
    )
    if not (may(by, Action.SEE_ALL_DRAFTS) or by in people.deputies(session, now=now)):
        query = query.join(Draft, Draft.id == Publication.draft_id).where(Draft.author_id == by.id)
    stopped = claims.stopped(session)
    return [
        (publication, standing(session, publication, stopped=stopped, now=now))
        for publication in session.scalars(query.limit(UNDER_WAY_MOST))
    ]


def _scheduled(session: Session, publication: Publication, *, stopped: bool, now: datetime) -> Standing:
    away = _away(publication)
    if now < publication.due_at:
        revision = session.get_one(DraftRevision, publication.revision_id)
        if checks.without_consent(
            session, revision, on=today(publication.due_at), platforms=[publication.account.platform]
        ):
            # Without the name: all staff read the calendar.
            return Standing(
                f"It does not go out on {say(publication.due_at)} as it is: consent for a pupil in it is "
                "missing. The post can be changed, or the data protection officer asked.",
                trouble=True,
            )
        if stopped:
            return Standing(
                f"It was to go out on {say(publication.due_at)}. All publishing is stopped: if it is allowed "
                "again before then, this goes out as planned; if not, it waits for a person's word."
            )
        sentence = f"It goes out on {say(publication.due_at)}."
        if away:
            sentence += f" {away}If that isn't mended by then, this post waits."
        return Standing(sentence, trouble=bool(away))
    if stopped:
        return Standing(
            "It came due while all publishing is stopped. Once that is allowed again, a person decides "
            "whether this still goes out.",
            trouble=True,
        )
    if claims.was_due_in_stop(session, publication) is not None:
        return Standing(permits.due_in_stop(publication), trouble=True)
    if publication.problem:
        return Standing(publication.problem, trouble=True)
    if away:
        return Standing(f"It is due. {away}", trouble=True)
    if now - publication.next_try_at > TAKEN_UP_WITHIN:
        return Standing(
            f"It is due since {clock(publication.due_at)} and nobody has taken it up. "
            f"{_workers(session, now=now)}",
            trouble=True,
        )
    return Standing("It is due and goes out within moments.")


def _publishing(session: Session, publication: Publication, *, now: datetime) -> Standing:
    began = clock(_taken_up(session, publication) or now)
    since = f"It is being published since {began}"
    until = publication.lease_until or now
    # Each step prolongs the lease by the same time, so it tells when the last one was.
    last_sign = until - claims.publication_lease()
    if now < until and now - last_sign <= SILENT_AFTER:
        return Standing(f"{since}.", look=True)
    sent = may_have_been_sent(session, publication.id)
    then = (
        "Schoolgate looks on the platform whether it is there; it is never sent twice"
        if sent
        else "it is begun anew: nothing was sent yet"
    )
    if now < until:
        return Standing(
            f"{since}, with no sign of life since {clock(last_sign)}: the worker may be lost. If none comes "
            f"by {clock(until)}, {then}.",
            trouble=True,
            look=True,
        )
    return Standing(
        f"The worker that published it since {began} was lost. Now {then}. "
        f"{_away(publication)}{_workers(session, now=now)}".strip(),
        trouble=True,
        look=True,
    )


def _taken_up(session: Session, publication: Publication) -> datetime | None:
    """When a worker last took it up."""
    return session.scalar(
        sa.select(sa.func.max(PublicationMove.at)).where(
            PublicationMove.publication_id == publication.id,
            PublicationMove.new == PublicationState.PUBLISHING,
        )
    )


def _unknown(session: Session, publication: Publication, *, now: datetime) -> Standing:
    looks = publication.looks
    said = publication.problem or "It isn't known whether it was posted."
    read = f" The account's posts were read {looks} time{'' if looks == 1 else 's'}." if looks else ""
    if publication.next_try_at > now:
        read += f" Next look at {clock(publication.next_try_at)}."
    elif now - publication.next_try_at > TAKEN_UP_WITHIN and publication.lease_until is None:
        read += f" {_workers(session, now=now)}"
    return Standing(f"{said}{read} It is never sent twice.", trouble=True, look=True)


def _away(publication: Publication) -> str:
    account = publication.account
    if account.state is AccountState.ACTIVE:
        return ""
    return f"{account_name(account)} can't be used: {account.problem or 'it is paused.'} "


def _workers(session: Session, *, now: datetime) -> str:
    beat = heartbeats.latest(session).get("publish")
    if beat is not None and now - beat.at <= heartbeats.STALE_AFTER:
        return ""
    return "No publishing worker runs at the moment: tell the network manager."
