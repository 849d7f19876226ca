"""Every kind of record of every room, with how long it is kept (P34)."""

from __future__ import annotations

import approvals.retention_rules
import moderation.retention_rules
import school.retention_rules
import school.retention_upkeep
from school.retention import by_key

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
