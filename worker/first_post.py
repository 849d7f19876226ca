"""A practice school's first post, handed in by its teacher, so that the headteacher has one to decide on."""

from __future__ import annotations

import threading
from datetime import datetime, time, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from approvals import drafts, submissions
from approvals.content import DraftContent
from approvals.models import Criterion, Objective
from connectors.base import Platform
from school import accounts, audit, people, setup
from school.db import now, reading, transaction
from school.errors import SchoolgateError
from school.models import Person
from school.setup import PRACTICE_DOMAIN
from school.times import LONDON
from web import draft_findings

log = structlog.get_logger(__name__)

TEXT = (
    "Our library morning was a joy: 84 books found a new reader. Thank you to everybody who brought some and "
    "to the volunteers who sorted them. The next one is after the holidays."
)
AHEAD = timedelta(days=7)
"""How far ahead it is planned: whoever comes a few days later to try it still finds it waiting."""
_AT = time(15, 30)


def hand_in_later() -> None:
    """Do it in a thread: the first page doesn't wait for the classifier, which looks at what is handed in."""
    threading.Thread(target=_hand_in, name="first-post", daemon=True).start()


def hand_in(*, now: datetime) -> bool:
    """Write the post and hand it in, as the teacher would. False where nothing was done.

    Nothing in a real school, nor where anybody has begun a draft before, or the teacher may write for no
    account any more. Raises as `submissions.submit`.
    """
    with reading() as session:
        author = _author(session)
        content = _content(session, author, now=now) if author is not None else None
    if author is None or content is None:
        return False
    found = draft_findings.findings([content.text], "")
    with transaction() as session:
        if _author(session) is None:
            return False
        by = people.get(session, author.id)
        draft = drafts.save(session, None, content, by=by, now=now)
        submissions.submit(
            session, draft.id, revision_number=draft.revision_number, findings=found, by=by, now=now
        )
        # Their first steps tell by it that they have still to do it themselves.
        audit.record(
            session,
            by=None,
            action=audit.PRACTICE_POST,
            object_kind="draft",
            object_id=draft.id,
            now=now,
        )
    return True


def _hand_in() -> None:
    try:
        done = hand_in(now=now())
    except (SchoolgateError, sa.exc.SQLAlchemyError) as error:
        # The practice school works without it; the next start tries again.
        log.warning("first_post_not_handed_in", exc_info=error)
    else:
        log.info("first_post", done=done)


def _author(session: Session) -> Person | None:
    """The practice school's teacher, while nobody there has begun a draft."""
    school = setup.current_school(session)
    if school is None or not school.practice or drafts.any_begun(session):
        return None
    found = people.find(session, f"teacher@{PRACTICE_DOMAIN}")
    return found if found is not None and found.active else None


def _content(session: Session, author: Person, *, now: datetime) -> DraftContent | None:
    # Instagram takes no post without a picture.
    where = tuple(
        account.id
        for account in accounts.everything(session)
        if account.platform != Platform.INSTAGRAM and people.may_post(session, author, account.id)
    )
    if not where:
        return None
    day = (now + AHEAD).astimezone(LONDON).date()
    day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)
    return DraftContent(
        text=TEXT,
        account_ids=where,
        planned_date=day.isoformat(),
        planned_time=_AT.strftime("%H:%M"),
        objective=Objective.SCHOOL_NEWS,
        checklist=frozenset(Criterion),
        none_shown=True,
    )
