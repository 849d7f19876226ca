"""An approved post that somebody stopped before it went out: who did and why, and what goes with it (P12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import claims, holding, stop_mail, submissions
from approvals.checks import account_name
from approvals.models import Draft, Publication, PublicationMove
from approvals.states import PublicationState
from school.errors import NotFound
from school.models import Person
from school.permissions import Action, require
from school.wording import and_last


@dataclass(frozen=True, slots=True)
class Stop:
    """That somebody stopped a post, on one account or on several at once."""

    name: str
    at: datetime
    reason: str
    accounts: tuple[str, ...]

    @property
    def where(self) -> str:
        """The accounts in words."""
        return and_last(self.accounts)


def of(session: Session, publications: Sequence[Publication]) -> list[Stop]:
    """Who stopped which of these and why, in order of time; without what a change by the author ended."""
    names = {
        one.id: account_name(one.account) for one in publications if one.state is PublicationState.CANCELLED
    }
    if not names:
        return []
    query = (
        sa.select(PublicationMove, Person.name)
        .join(Person, Person.id == PublicationMove.actor_id)
        .where(
            PublicationMove.publication_id.in_(names),
            PublicationMove.new == PublicationState.CANCELLED,
            PublicationMove.reason != submissions.CHANGED,
        )
        .order_by(PublicationMove.at, PublicationMove.id)
    )
    found: dict[tuple[str, datetime, str], list[str]] = {}
    for move, name in session.execute(query):
        found.setdefault((name, move.at, move.reason), []).append(names[move.publication_id])
    return [Stop(*key, tuple(sorted(accounts))) for key, accounts in found.items()]


def others_of_series(session: Session, draft: Draft) -> list[Draft]:
    """The other posts of a series, by the same author, of which something is to go out yet."""
    if draft.series_id is None:
        return []
    query = (
        sa.select(Draft)
        .where(
            Draft.series_id == draft.series_id,
            Draft.id != draft.id,
            Draft.author_id == draft.author_id,
            Draft.id.in_(
                sa.select(Publication.draft_id).where(Publication.state == PublicationState.SCHEDULED)
            ),
        )
        .order_by(Draft.id)
    )
    return list(session.scalars(query))


def stop(
    session: Session,
    publication_id: UUID,
    *,
    everywhere: bool = False,
    series: bool = False,
    looked: bool = False,
    seen_then: int | None = None,
    reason: str,
    by: Person,
    now: datetime,
) -> list[Publication]:
    """Stop a post, and what of it or of its series is to go out yet; its author is told. What was stopped.

    `everywhere`: on all its accounts. `series`: so too the other posts of its series, on the same account
    alone or `everywhere`. What a worker took up meanwhile is left of those. Raises what `holding.cancel`
    raises for the post itself: then nothing is stopped.
    """
    require(by, Action.HOLD_PUBLICATIONS)
    first = session.get(Publication, publication_id)
    if first is None:
        raise NotFound("There is no such publication.")
    draft = session.get_one(Draft, first.draft_id)
    drafts = {draft.id, *(one.id for one in others_of_series(session, draft) if series)}
    query = sa.select(Publication).where(
        Publication.draft_id.in_(drafts), Publication.state == PublicationState.SCHEDULED
    )
    if not everywhere:
        query = query.where(Publication.account_id == first.account_id)
    wanted = {one.id: one for one in [first, *session.scalars(query)]}
    # All rows before the first move, which takes the trail; in one order, so that two wait in turn.
    in_order = sorted(wanted.values(), key=lambda one: (one.draft_id, one.id))
    rows = [claims.locked(session, one.id)[0] for one in in_order]
    stopped = [one for one in rows if one.state is PublicationState.SCHEDULED or one.id == first.id]
    for one in stopped:
        holding.cancel(session, one.id, looked=looked, seen_then=seen_then, reason=reason, by=by, now=now)
    stop_mail.tell_author(session, stopped, reason=reason, by=by, now=now)
    return stopped
