"""Looking leaves a trace: who read a referral, and who went through the log (P3, P17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from moderation.models import LogCase
from school import audit
from school.models import Person


def of_entry(session: Session, case: LogCase, *, what: str = "page", by: Person, now: datetime) -> None:
    """Note that somebody looks at an entry, where it was referred to somebody."""
    if not case.referred:
        return
    audit.record(
        session,
        by=by,
        action="referral_viewed",
        object_kind="log_entry",
        object_id=case.entry_id,
        detail={"seen": what},
        now=now,
    )


def of_log(session: Session, *, searched_by: Sequence[str], by: Person, now: datetime) -> None:
    """Note that somebody goes through the log. `searched_by`: names of fields, not what was searched for."""
    audit.record(
        session,
        by=by,
        action="log_viewed",
        object_kind="log",
        object_id="all",
        detail={"searched_by": list(searched_by)},
        now=now,
    )
