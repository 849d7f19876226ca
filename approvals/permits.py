"""Whether an approved post may go out at this moment: the one answer that claiming and sending rest on."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import checks, claims, pictures, videos
from approvals.checks import account_name
from approvals.content import use_for
from approvals.models import Draft, DraftRevision, Publication
from approvals.states import PublicationState
from connectors.base import Platform
from school import people, register
from school.errors import SchoolgateError
from school.models import AccountState, Person
from school.settings import settings
from school.times import say, today


def why_not(
    session: Session, publication: Publication, draft: Draft, revision: DraftRevision, *, now: datetime
) -> str:
    """Why this publication may not be sent now, for a person; empty when it may."""
    if not claims.approval_holds(session, publication, draft, revision):
        return "What is stored is not exactly what was approved for this account. It needs a new approval."
    if claims.was_due_in_stop(session, publication) is not None:
        return due_in_stop(publication)
    account = publication.account
    limit = settings().publish_late_limit
    if now - publication.due_at > limit:
        away = ""
        if account.state is not AccountState.ACTIVE:
            away = f"{account_name(account)} can't be used: {account.problem or 'it is paused.'} "
        return (
            f"It was due on {say(publication.due_at)} and is more than {minutes(limit)} minutes late. {away}"
            "Decide whether it should still go out."
        )
    if account.state is AccountState.CLOSED:
        return f"{account_name(account)} was closed."
    if waits := register.not_live(session, account, on=today(now)):
        return waits
    author = session.get_one(Person, draft.author_id)
    if not people.may_post(session, author, account.id):
        return f"{author.name} is no longer authorised for {account_name(account)}."
    lacking = checks.consent_problems(session, revision, on=today(now), platforms=[account.platform])
    lacking += checks.unticked_problems(session, revision, on=today(now), platforms=[account.platform])
    lacking += checks.name_problems(session, revision)
    if lacking:
        return " ".join(problem.sentence for problem in lacking)
    try:
        for picture in revision.pictures:
            pictures.check_rendition(session, picture.media_id, use_for(Platform(account.platform)))
        if revision.video is not None:
            videos.ready(session, revision.video.video_id)
    except SchoolgateError as error:
        return str(error)
    return ""


def refused_too(
    session: Session, publication: Publication, draft: Draft, revision: DraftRevision, *, now: datetime
) -> list[tuple[Publication, str]]:
    """What of the same post is due on other accounts and may not be sent there either, each with why.

    To be asked with the draft locked, so that nobody else decides on one of them meanwhile.
    """
    others = session.scalars(
        sa.select(Publication)
        .where(
            Publication.draft_id == draft.id,
            Publication.revision_id == revision.id,
            Publication.id != publication.id,
            Publication.state == PublicationState.SCHEDULED,
            Publication.next_try_at <= now,
        )
        .order_by(Publication.id)
        .with_for_update(of=Publication)
        .execution_options(populate_existing=True)
    ).all()
    return [(one, why) for one in others if (why := why_not(session, one, draft, revision, now=now))]


def due_in_stop(publication: Publication) -> str:
    """Why a publication is held that came due in a stop. Not why that was: the author reads it, too."""
    return (
        f"It was due on {say(publication.due_at)}, and all publishing was stopped. It does not go out by "
        "itself any more: decide whether it still should."
    )


def minutes(span: timedelta) -> int:
    """A span in whole minutes, for a sentence."""
    return int(span.total_seconds() // 60)
