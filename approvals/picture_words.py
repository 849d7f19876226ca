"""Words with a picture or video that nobody typed: its file's name, the text inside it (P26, P27)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

from sqlalchemy.orm import Session

from approvals import looks
from approvals.models import DraftRevision, LookState, MediaFile


class Place(Enum):
    """Where words stand that nobody typed; the value is what to do about a name there."""

    FILE = "rename the file and add it again"
    INSIDE = "blur that place or choose another picture"


@dataclass(frozen=True, slots=True)
class Said:
    """A text of a post, and where it stands."""

    form_field: str
    where: str
    """The place in words."""
    text: str = field(repr=False)
    place: Place | None = None
    """None: somebody typed it."""
    picture: MediaFile | None = None
    """The picture inside which it was read."""

    @property
    def inside(self) -> UUID | None:
        """Which picture that is: two may have files of one name."""
        return self.picture.id if self.picture else None

    @property
    def read_at(self) -> str:
        """Where somebody finds the words, to go on from "It was read "."""
        return f"inside the picture “{self.picture.filename}”" if self.picture else f"in {self.where}"

    @property
    def instead(self) -> str:
        """What to do about a name there, to go on from "If it is that child, "."""
        return "take the name out" if self.place is None else self.place.value


def found(session: Session, revision: DraftRevision) -> Iterator[Said]:
    """All such words of a revision, as far as they are known by now."""
    read = looks.words_of(session, [picture.media_id for picture in revision.pictures])
    for picture in revision.pictures:
        name = picture.media.filename
        yield Said("pictures", f"the name of the file “{name}”", name, Place.FILE)
        if (words := read.get(picture.media_id)) and words.state is LookState.DONE:
            # A name may stand over two lines.
            text = "\n".join(words.lines)
            yield Said("pictures", f"the text inside “{name}”", text, Place.INSIDE, picture.media)
    if revision.video is not None:
        name = revision.video.video.filename
        yield Said("video", f"the name of the file “{name}”", name, Place.FILE)


def warnings(session: Session, revision: DraftRevision) -> list[str]:
    """The pictures whose text could not be read: names in it would not be noticed."""
    read = looks.words_of(session, [picture.media_id for picture in revision.pictures])
    said = []
    for picture in revision.pictures:
        words, name = read.get(picture.media_id), f"“{picture.media.filename}”"
        if words is not None and words.state is LookState.FAILED:
            said.append(f"The text inside {name} could not be read: look for names yourself.")
    return said


def unfinished(session: Session, revision: DraftRevision) -> list[str]:
    """The pictures whose text is still being read."""
    read = looks.words_of(session, [picture.media_id for picture in revision.pictures])
    return [
        f"The text inside “{picture.media.filename}” is still being read for names."
        for picture in revision.pictures
        if (words := read.get(picture.media_id)) is not None and words.state is LookState.WAITING
    ]
