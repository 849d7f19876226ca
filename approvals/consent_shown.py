"""What whoever writes a post reads of consent beside each pupil's name (P26).

No more than which use on which platform: neither who gave it nor until when (P34).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from school import consent
from school.models import ConsentKind, Pupil

CALLED = {
    ConsentKind.IMAGE: "pictures",
    ConsentKind.VIDEO: "videos",
    ConsentKind.WORK: "work",
    ConsentKind.NAME: "first name",
}


@dataclass(frozen=True, slots=True)
class May:
    """The uses of one pupil that there is consent for."""

    uses: tuple[tuple[str, str], ...]
    """Each use with its platforms in words; "no" where there is none."""

    @property
    def words(self) -> str:
        """All of it on one line."""
        return " · ".join(f"{use}: {where}" for use, where in self.uses)


def of(pupils: Sequence[Pupil], platforms: Collection[str], *, on: date) -> dict[UUID, May]:
    """For each of these pupils what there is consent for on that day, on those platforms."""
    return {
        pupil.id: May(
            tuple((called, _where(pupil, kind, sorted(platforms), on=on)) for kind, called in CALLED.items())
        )
        for pupil in pupils
    }


def _where(pupil: Pupil, kind: ConsentKind, platforms: Sequence[str], *, on: date) -> str:
    allowed = [
        consent.PLATFORMS.get(platform, platform)
        for platform in platforms
        if any(consent.covers(one, kind, on=on, platform=platform) for one in pupil.consents)
    ]
    return ", ".join(allowed) or "no"
