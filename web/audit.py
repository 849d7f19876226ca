"""The audit trail, newest first, for headteacher, DPO and chair."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from school import audit
from school.db import reading
from school.models import AuditEntry
from school.people import everybody
from school.permissions import Action
from web.access import needs

pages = Blueprint("audit", __name__)

PAGE_LENGTH = 100


@pages.get("/audit")
@needs(Action.SEE_AUDIT)
def show() -> ResponseReturnValue:
    """A page of the trail, and whether its chain of hashes holds."""
    before = request.args.get("before", type=int)
    query = sa.select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(PAGE_LENGTH)
    if before is not None:
        # SQLite's whole numbers end at 2^63; nothing in the trail is near it.
        query = query.where(AuditEntry.seq < max(min(before, 2**62), 0))
    with reading() as session:
        entries = list(session.scalars(query))
        names = {person.id: person.name for person in everybody(session)}
        return render_template(
            "audit/list.html",
            entries=entries,
            names=names,
            people={str(person_id): name for person_id, name in names.items()},
            broken=audit.verify(session) if before is None else None,
            checked=before is None,
            older=entries[-1].seq if len(entries) == PAGE_LENGTH else None,
        )
