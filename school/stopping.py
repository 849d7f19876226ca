""" "Stop all publishing": one button for headteacher and senior leadership."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit
from school.errors import MoveNotAllowed, NotFound
from school.models.people import Person
from school.models.school import School
from school.people import reason_text
from school.permissions import Action, require


def stop_publishing(session: Session, *, by: Person, reason: str, now: datetime) -> School:
    """From now on nothing is published, until somebody allows it again.

    Raises NotPermitted, BadInput without a reason, MoveNotAllowed when it is stopped already.
    """
    require(by, Action.STOP_PUBLISHING)
    why = reason_text(reason)
    school = _locked(session)
    if school.publishing_stopped_at is not None:
        raise MoveNotAllowed("All publishing is stopped already.")
    school.publishing_stopped_at, school.publishing_stopped_by, school.publishing_stopped_why = (
        now,
        by.id,
        why,
    )
    audit.record(
        session,
        by=by,
        action="publishing_stopped",
        object_kind="school",
        object_id=school.id,
        detail={"reason": why},
        now=now,
    )
    return school


def allow_publishing(session: Session, *, by: Person, reason: str, now: datetime) -> School:
    """Publish again; what came due meanwhile waits for a person's word (`approvals.stops`).

    Raises NotPermitted, BadInput without a reason, MoveNotAllowed when it isn't stopped.
    """
    require(by, Action.STOP_PUBLISHING)
    why = reason_text(reason)
    school = _locked(session)
    if school.publishing_stopped_at is None:
        raise MoveNotAllowed("Publishing isn't stopped.")
    school.publishing_stopped_at = school.publishing_stopped_by = school.publishing_stopped_why = None
    school.publishing_allowed_at = now
    audit.record(
        session,
        by=by,
        action="publishing_allowed",
        object_kind="school",
        object_id=school.id,
        detail={"reason": why},
        now=now,
    )
    return school


def _locked(session: Session) -> School:
    school = session.scalar(sa.select(School).with_for_update())
    if school is None:
        raise NotFound("There is no school yet: run `schoolgate setup` first.")
    return school
