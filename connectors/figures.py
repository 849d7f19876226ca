"""How far a post came, as its platform counts; and why it may not say (P10)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Withheld(StrEnum):
    """Why a platform doesn't say how many saw a post. None of these is a fault."""

    PERMISSION = "permission"
    """The school's app was not given the permission to ask."""
    TOO_FEW = "too_few"
    """So few saw it that the platform keeps the number back."""
    BEFORE = "before"
    """It was posted before the account became a professional one."""
    UNSAID = "unsaid"
    """Not for this kind of post or Page, or without a reason."""


PERMISSIONS = {"facebook": "read_insights", "instagram": "instagram_manage_insights"}
"""What the app must be allowed to ask for, by platform. X shows the figures of a post to everybody."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One post's figures now; None where the platform doesn't give one.

    `people` are different ones (Facebook: people, Instagram: accounts), estimated by the platform;
    `views` are times, several for somebody who came back. Neither says anything of the other.
    """

    people: int | None = None
    views: int | None = None
    likes: int | None = None
    """Reactions of every kind on Facebook."""
    comments: int | None = None
    shares: int | None = None
    withheld: Withheld | None = None
    """Set where neither `people` nor `views` is given."""
