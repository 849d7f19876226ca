"""Words that come with a picture, typed by nobody: its file's name, the text inside it (P27)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from approvals import looks
from approvals.models import DraftRevision, LookState

INSIDE = "the text inside"
"""How such a place begins."""


def found(session: Session, revision: DraftRevision) -> list[tuple[str, str]]:
    """Each such text, with the place where it is in words."""
    read = looks.words_of(session, [picture.media_id for picture in revision.pictures])
    said: list[tuple[str, str]] = []
    for picture in revision.pictures:
        name = picture.media.filename
        said.append((f"the name of the file “{name}”", name))
        if (words := read.get(picture.media_id)) and words.state is LookState.DONE:
            # A name may stand over two lines.
            said.append((f"{INSIDE} “{name}”, where it can be read,", " ".join(words.lines)))
    return said


def warnings(session: Session, revision: DraftRevision) -> list[str]:
    """The pictures whose text is not known: names in it would not be noticed."""
    read = looks.words_of(session, [picture.media_id for picture in revision.pictures])
    said = []
    for picture in revision.pictures:
        words, name = read.get(picture.media_id), f"“{picture.media.filename}”"
        if words is not None and words.state is LookState.WAITING:
            said.append(f"The text inside {name} is still being read for names.")
        elif words is not None and words.state is LookState.FAILED:
            said.append(f"The text inside {name} could not be read: look for names yourself.")
    return said
