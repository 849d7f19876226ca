"""Whose faces a draft shows, as far as can be told: how many were found, and how many people are marked.

Nobody is recognised. A face that nobody is marked for may be a child without consent, so the author and
the approver are asked (P26, P28); they alone know whether it is a grown-up who agreed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import looks
from approvals.models import BlurChoice, DraftRevision, LookState, PictureLook
from approvals.painting import Place
from school.models import Person
from school.times import say

COVERED = 0.6
"""The part of a face's place that a chosen one has to cover for the face to count as blurred."""


@dataclass(frozen=True, slots=True)
class Faces:
    """What is known of the faces in one picture."""

    state: LookState | None
    """None: it was never looked at, being older than the looking or erased before."""
    found: int
    blurred: int = 0
    places: int = 0
    """Everything that is blurred, the faces among it."""
    by: str = ""
    """Who chose what is blurred; empty where nothing is."""
    at: datetime | None = None

    @property
    def visible(self) -> int:
        """Faces that were found and can be seen in the picture."""
        return self.found - self.blurred

    @property
    def waits(self) -> bool:
        """Whether a worker is still to look for them."""
        return self.state is LookState.WAITING

    @property
    def sentence(self) -> str:
        """All that, for the author and the approver."""
        if self.at is None:
            return self._found
        more, parts = self.places - self.blurred, []
        if self.blurred:
            parts.append(f"{'all' if self.found == self.blurred else self.blurred} of them")
        if more > 0:
            parts.append(f"{more} {'other ' * bool(parts)}{'place' if more == 1 else 'places'}")
        return f"{self._found} Blurred: {' and '.join(parts)}, as {self.by} chose ({say(self.at)})."

    @property
    def _found(self) -> str:
        if self.state is LookState.WAITING:
            return "Schoolgate is looking for faces in it."
        if self.state is not LookState.DONE:
            return "It was not looked at for faces."
        if self.found:
            return f"{counted(self.found)} found in it."
        # The places that somebody chose by hand may well be faces.
        return "No further face was found in it." if self.places else "No face was found in it."


def of(session: Session, media_ids: Sequence[UUID]) -> dict[UUID, Faces]:
    """What is known of the faces in each of these pictures of drafts."""
    rows = session.scalars(sa.select(BlurChoice).where(BlurChoice.media_id.in_(set(media_ids))))
    made = {row.media_id: row for row in rows}
    uploaded = {one: made[one].source_id if one in made else one for one in media_ids}
    found = looks.of(session, [one for one in uploaded.values() if one is not None])
    return {
        media_id: _faces(session, made.get(media_id), found.get(source) if source else None)
        for media_id, source in uploaded.items()
    }


def _faces(session: Session, choice: BlurChoice | None, look: PictureLook | None) -> Faces:
    faces = look.faces if look else []
    if choice is None:
        return Faces(look.state if look else None, len(faces))
    places = [Place(*place) for place in choice.places]
    gone = choice.source_id is None
    return Faces(
        (LookState.DONE if choice.faces_known else None) if gone else look.state if look else None,
        choice.faces_found if gone else len(faces),
        choice.faces_blurred if gone else blurred(faces, places),
        len(places),
        session.get_one(Person, choice.chosen_by_id).name,
        choice.chosen_at,
    )


def keep_counts(session: Session, source_ids: Sequence[UUID]) -> None:
    """Keep with the blurred copies of these pictures what is known of their faces, before they are erased.

    Not when a place is chosen: the worker may not have looked yet, and “no face” would stand for good.
    """
    found = looks.of(session, source_ids)
    for choice in session.scalars(sa.select(BlurChoice).where(BlurChoice.source_id.in_(source_ids))):
        look = found.get(choice.source_id) if choice.source_id is not None else None
        if look is not None and look.state is LookState.DONE:
            choice.faces_known, choice.faces_found = True, len(look.faces)
            choice.faces_blurred = blurred(look.faces, [Place(*place) for place in choice.places])
    session.flush()


def blurred(faces: Sequence[Sequence[int]], places: Sequence[Place]) -> int:
    """How many of these faces the places cover."""
    return sum(Place(*face[:4]).part_in(places) >= COVERED for face in faces)


def warnings(session: Session, revision: DraftRevision) -> list[str]:
    """What to look at in the pictures before handing in or approving; stops nothing (P26, P28)."""
    known = of(session, [picture.media_id for picture in revision.pictures])
    # Whose work is shown or who is only named isn't to be seen.
    marked = len(revision.pupils) if revision.pupils_appear is None else 0
    as_seen = " as seen" if revision.pupils and not marked else ""
    said: list[str] = []
    for picture in revision.pictures:
        faces, name = known[picture.media_id], f"“{picture.media.filename}”"
        if faces.state is LookState.WAITING:
            continue
        if faces.state is not LookState.DONE:
            said.append(f"{name} was not looked at for faces: see for yourself who is in it.")
        elif faces.visible > marked:
            said.append(f"In {name} {_seen(faces.visible)} {_asked(faces.visible, marked, as_seen)}")
    return said


def unfinished(session: Session, revision: DraftRevision) -> list[str]:
    """The pictures in which faces are still being looked for: nothing is wrong with them yet."""
    known = of(session, [picture.media_id for picture in revision.pictures])
    return [
        f"“{picture.media.filename}” is still being looked at for faces."
        for picture in revision.pictures
        if known[picture.media_id].state is LookState.WAITING
    ]


def counted(number: int) -> str:
    """Faces that were found, at the beginning of a sentence: "1 face was", "4 faces were"."""
    return "1 face was" if number == 1 else f"{number} faces were"


def _seen(number: int) -> str:
    return "1 face can be seen" if number == 1 else f"{number} faces can be seen"


def _asked(visible: int, marked: int, as_seen: str) -> str:
    if not marked:
        return f"and no pupil is marked{as_seen}: who {'is it' if visible == 1 else 'are they'}?"
    pupils = "1 pupil is" if marked == 1 else f"{marked} pupils are"
    return f"and {pupils} marked: who {'is the other' if visible - marked == 1 else 'are the others'}?"
