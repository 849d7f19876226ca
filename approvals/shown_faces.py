"""Whose faces a draft shows, as far as can be told: how many were found, and how many people are marked.

Nobody is recognised. A face that nobody is marked for may be a child without consent, so the author and
the approver are asked (P26, P28); they alone know whether it is a grown-up who agreed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from approvals import looks
from approvals.models import DraftRevision, LookState


@dataclass(frozen=True, slots=True)
class Faces:
    """What is known of the faces in one picture."""

    state: LookState | None
    """None: it is older than the looking."""
    found: int

    @property
    def visible(self) -> int:
        """Faces that were found and can be seen in the picture."""
        return self.found

    @property
    def sentence(self) -> str:
        """All that, for the author and the approver."""
        if self.state is LookState.WAITING:
            return "Schoolgate is looking for faces in it."
        if self.state is not LookState.DONE:
            return "It was not looked at for faces."
        return f"{counted(self.found)} found in it." if self.found else "No face was found in it."


def of(session: Session, media_ids: Sequence[UUID]) -> dict[UUID, Faces]:
    """What is known of the faces in each of these pictures."""
    found = looks.of(session, media_ids)
    return {
        media_id: Faces(look.state, len(look.faces)) if (look := found.get(media_id)) else Faces(None, 0)
        for media_id in media_ids
    }


def warnings(session: Session, revision: DraftRevision) -> list[str]:
    """What to look at in the pictures before handing in or approving; stops nothing (P26, P28)."""
    known = of(session, [picture.media_id for picture in revision.pictures])
    # Whose work is shown or who is only named isn't to be seen.
    marked = len(revision.pupils) if revision.pupils_appear is None else 0
    said: list[str] = []
    for picture in revision.pictures:
        faces, name = known[picture.media_id], f"“{picture.media.filename}”"
        if faces.state is LookState.WAITING:
            said.append(f"{name} is still being looked at for faces.")
        elif faces.state is not LookState.DONE:
            said.append(f"{name} was not looked at for faces: see for yourself who is in it.")
        elif faces.visible > marked:
            said.append(f"In {name} {_seen(faces.visible)} {_asked(faces.visible, marked)}")
    return said


def counted(number: int) -> str:
    """Faces that were found, at the beginning of a sentence: "1 face was", "4 faces were"."""
    return "1 face was" if number == 1 else f"{number} faces were"


def _seen(number: int) -> str:
    return "1 face can be seen" if number == 1 else f"{number} faces can be seen"


def _asked(visible: int, marked: int) -> str:
    if not marked:
        return f"and no pupil is marked: who {'is it' if visible == 1 else 'are they'}?"
    pupils = "1 pupil is" if marked == 1 else f"{marked} pupils are"
    return f"and {pupils} marked: who {'is the other' if visible - marked == 1 else 'are the others'}?"
