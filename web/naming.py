"""Names of roles and platforms, as people in a school say them."""

from __future__ import annotations

from approvals.states import IN_WORDS, DraftState, PublicationState
from connectors.base import Platform
from connectors.posting import NAMES
from school.models import Role

ROLE_NAMES: dict[Role, str] = {
    Role.HEADTEACHER: "Headteacher",
    Role.SLT: "Senior leadership team",
    Role.MODERATOR: "Moderator",
    Role.DSL: "Safeguarding lead (DSL)",
    Role.DPO: "Data protection officer (DPO)",
    Role.NETWORK_MANAGER: "Network manager",
    Role.MARKETING_OFFICER: "Marketing officer",
    Role.CHAIR: "Chair of governors",
    Role.STAFF: "Staff",
}


def role_name(role: Role | str) -> str:
    """A role as people say it."""
    return ROLE_NAMES[Role(role)]


def platform_name(platform: Platform | str) -> str:
    """A platform as it writes itself."""
    return NAMES[Platform(platform)]


def short_platform(platform: Platform | str) -> str:
    """A platform where there is little room."""
    return {Platform.X: "X", Platform.FACEBOOK: "FB", Platform.INSTAGRAM: "IG"}[Platform(platform)]


def act_words(action: str) -> str:
    """An action of the trail ("draft_submitted", "person_added") as people read it."""
    of, _, state = action.partition("_")
    said = {"draft": "Draft", "publication": "Post"}.get(of)
    if said is None or state not in IN_WORDS:
        return action.replace("_", " ").capitalize()
    return f"{said}: {IN_WORDS[DraftState(state) if state in set(DraftState) else PublicationState(state)]}"
