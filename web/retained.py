"""Every kind of record of every room, with how long it is kept (P34)."""

from __future__ import annotations

import sqlalchemy as sa

import approvals.retention_rules
import moderation.retention_rules
import school.retention_rules
import school.retention_upkeep
from moderation.models import LogCase, LogEntry
from moderation.sight import visible_to
from school.models import FormEntry, Person, Role
from school.retention import Condition, by_key

RULES = (
    *moderation.retention_rules.RULES,
    *approvals.retention_rules.RULES,
    *school.retention_rules.RULES,
    *school.retention_upkeep.RULES,
)
"""What came from the platforms first, then what goes there, then the school's own records."""

BY_KEY = by_key(RULES)

KEPT = {**moderation.retention_rules.KEPT, **school.retention_upkeep.KEPT}
"""Tables that nothing is erased from, with the reason."""


def seen_by(viewer: Person) -> dict[str, Condition]:
    """By a rule's key, what may be counted for a person: for the headteacher, not what concerns them (P3)."""
    if Role.HEADTEACHER not in viewer.roles:
        return {}
    entries = LogEntry.id.in_(sa.select(LogCase.entry_id).where(visible_to(viewer)))
    return {"log": entries, "referrals": entries, "forms": FormEntry.about_headteacher.is_(False)}
