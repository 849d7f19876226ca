"""Pupils who were marked as seen in a picture and are no longer, though the picture is the same (P26, P28).

To take the tick off a name takes nobody out of a picture. So whoever has no consent and was marked once in a
file is asked about wherever that file is in a draft, be it a repetition or a copy: its author says in so
many words that the pupil can't be seen in it, and whoever decides reads that. A picture that was blurred or
cropped is another file.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.first_names import first_name
from approvals.models import DraftRevision, RevisionPicture, RevisionPupil, RevisionVideo
from school import consent
from school.models import ConsentKind, Pupil
from school.wording import and_last


@dataclass(frozen=True, slots=True)
class Unticked:
    """A pupil without consent who was marked as seen in files that are still in the draft."""

    pupil: Pupil
    files: tuple[str, ...]
    kind: ConsentKind
    platforms: tuple[str, ...]
    """Where there is no consent."""
    said: bool
    """Whether the author says that the pupil can't be seen there."""

    @property
    def where(self) -> str:
        """The files in words."""
        return and_last([f"“{one}”" for one in self.files])

    @property
    def question(self) -> str:
        """What the author ticks."""
        return f"{self.pupil.name} can’t be seen in {self.where}"

    @property
    def problem(self) -> str:
        """Why it can't be handed in without that tick."""
        use = "videos" if self.kind is ConsentKind.VIDEO else "pictures"
        return (
            f"{self.pupil.name} was marked as seen in {self.where} before and has no consent for {use} on "
            f"{consent.in_words(self.platforms)}: blur or crop the pupil, or use another file. "
            f"If {first_name(self.pupil.name)} can’t be seen in it, tick that below the list of pupils."
        )

    def told(self, author: str) -> str:
        """What whoever decides reads of it."""
        return (
            f"{author} says that {self.question}. {first_name(self.pupil.name)} was marked as seen in it "
            f"before and has no consent on {consent.in_words(self.platforms)}: look yourself."
        )


def of(
    session: Session, revision: DraftRevision, *, on: date, platforms: Collection[str] | None = None
) -> list[Unticked]:
    """The pupils to be asked about in a version of a draft, whether or not that was answered, by name.

    `platforms`: those that consent is needed for; None: those of the version's accounts.
    """
    needed = {entry.account.platform for entry in revision.accounts} if platforms is None else platforms
    found = _marked_before(session, revision)
    pupils = (
        session.scalars(sa.select(Pupil).where(Pupil.id.in_(found)).order_by(Pupil.name)).all()
        if found
        else []
    )
    said = set(revision.not_seen or ())
    asked: list[Unticked] = []
    for pupil in pupils:
        files = found[pupil.id]
        kind = ConsentKind.VIDEO if any(is_video for _name, is_video in files) else ConsentKind.IMAGE
        lacking = tuple(
            platform
            for platform in sorted(needed)
            if consent.missing_consent(session, [pupil.id], kind, on=on, platform=platform)
        )
        if lacking:
            names = tuple(sorted({name for name, _is_video in files}))
            asked.append(Unticked(pupil, names, kind, lacking, str(pupil.id) in said))
    return asked


def _marked_before(session: Session, revision: DraftRevision) -> dict[UUID, set[tuple[str, bool]]]:
    """By pupil the names of the files, each with whether it is a video."""
    files = {picture.media_id: (picture.media.filename, False) for picture in revision.pictures}
    if revision.video is not None:
        files[revision.video.video_id] = (revision.video.video.filename, True)
    if not files:
        return {}
    seen_now: Collection[UUID] = (
        {entry.pupil_id for entry in revision.pupils} if revision.pupils_appear is None else ()
    )
    found: dict[UUID, set[tuple[str, bool]]] = {}
    for shown, column in (
        (RevisionPicture, RevisionPicture.media_id),
        (RevisionVideo, RevisionVideo.video_id),
    ):
        query = (
            sa.select(RevisionPupil.pupil_id, column)
            .join(DraftRevision, DraftRevision.id == RevisionPupil.revision_id)
            .join(shown, shown.revision_id == DraftRevision.id)
            .where(DraftRevision.pupils_appear.is_(None), column.in_(files))
            .distinct()
        )
        for pupil_id, file_id in session.execute(query):
            if pupil_id not in seen_now:
                found.setdefault(pupil_id, set()).add(files[file_id])
    return found
