"""What a draft says: as it is typed in, as it is posted, and the hash that an approval names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import partial
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import video_digest
from approvals.models import (
    Criterion,
    DraftRevision,
    MediaRendition,
    Objective,
    PupilsAppear,
    RenditionUse,
)
from approvals.models.media import opened
from connectors.base import Picture, Platform, PostContent, Video
from connectors.limits import shown_text
from school import keys, secrets
from school.db import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureChoice:
    """One picture of a draft: which file, and what the author says of it."""

    media_id: UUID
    alt_text: str = ""
    source: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoChoice:
    """The video of a draft: which one, and what the author says of it."""

    video_id: UUID
    alt_text: str = ""
    source: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftContent:
    """A draft as its author typed it; `approvals.drafts.save` judges it."""

    text: str = ""
    account_ids: tuple[UUID, ...] = ()
    own_texts: Mapping[UUID, str] = field(default_factory=dict)
    """Own wording by account; an account that isn't in it gets `text`."""
    pictures: tuple[PictureChoice, ...] = ()
    video: VideoChoice | None = None
    link: str = ""
    planned_date: str = ""
    planned_time: str = ""
    """School time as typed: 2027-06-03 and 09:40; both empty while not yet known."""
    objective: Objective | None = None
    checklist: frozenset[Criterion] = frozenset()
    pupil_ids: tuple[UUID, ...] = ()
    pupils_appear: PupilsAppear = PupilsAppear.SEEN
    not_seen: tuple[UUID, ...] = ()
    """Pupils of whom the author says that they can't be seen in a file in which they were marked before."""
    none_shown: bool = False
    urgent: bool = False
    device: str = ""
    based_on: int = 0
    """Number of the revision that the author saw when they began to type; 0 for a new draft."""


def tidy(text: str) -> str:
    """Text as every database and platform can hold it: line ends as \\n, no NUL, no lone surrogates."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return storable(plain).strip()


def of_revision(revision: DraftRevision) -> DraftContent:
    """All that a version says, as somebody would type it; based on no version."""
    day, _, clock = (revision.planned_local or "").partition("T")
    return DraftContent(
        text=revision.text,
        account_ids=tuple(entry.account_id for entry in revision.accounts),
        own_texts={
            entry.account_id: entry.own_text for entry in revision.accounts if entry.own_text is not None
        },
        pictures=tuple(
            PictureChoice(
                media_id=picture.media_id,
                alt_text=picture.alt_text,
                source=picture.source,
                licence=picture.licence,
            )
            for picture in revision.pictures
        ),
        video=VideoChoice(
            video_id=revision.video.video_id,
            alt_text=revision.video.alt_text,
            source=revision.video.source,
            licence=revision.video.licence,
        )
        if revision.video is not None
        else None,
        link=revision.link,
        planned_date=day,
        planned_time=clock,
        objective=revision.objective,
        checklist=frozenset(Criterion(value) for value in revision.checklist),
        pupil_ids=tuple(entry.pupil_id for entry in revision.pupils),
        pupils_appear=PupilsAppear(revision.pupils_appear or PupilsAppear.SEEN),
        not_seen=tuple(UUID(one) for one in revision.not_seen or ()),
        none_shown=revision.none_shown,
        urgent=revision.urgent,
        device=revision.device,
    )


def in_one_order(said: DraftContent) -> DraftContent:
    """The same content, with accounts and pupils in an order that says nothing: to be compared."""
    return replace(
        said,
        account_ids=tuple(sorted(said.account_ids)),
        pupil_ids=tuple(sorted(said.pupil_ids)),
        not_seen=tuple(sorted(said.not_seen)),
    )


def use_for(platform: Platform) -> RenditionUse:
    """Which copy of a picture goes to a platform."""
    return RenditionUse(platform.value)


def post_content(
    revision: DraftRevision, account_id: UUID, pictures: Sequence[Picture], video: Video | None = None
) -> PostContent:
    """What is handed to the account's connector."""
    return PostContent(
        text=revision.text_for(account_id), pictures=tuple(pictures), link=revision.link, video=video
    )


def shown_on(revision: DraftRevision, account_id: UUID, platform: Platform) -> str:
    """The text as the public will see it on that account, with the link where it is text there."""
    # Only whether it shows something matters to the text, not what that is.
    some = [Picture(data=b"", mime_type="image/jpeg", alt_text="")] * revision.media_count
    return shown_text(platform, post_content(revision, account_id, some))


def _sha256(sealed: bytes) -> str:
    return hashlib.sha256(opened(sealed)).hexdigest()


def _or_lost(session: Session, digest: Callable[[], str]) -> str:
    """The SHA-256 of something encrypted, hexadecimal; no such thing where it is lost with its key.

    Raises KeyMissing where the key is merely not at hand: what was approved may still be whole.
    """
    try:
        return digest()
    except secrets.KeyMissing:
        keys.check(session)
        return "lost"


def revision_hash(session: Session, revision: DraftRevision) -> str:
    """SHA-256, hexadecimal, over what an approval covers, read from what is stored now (P12).

    Covered: the text of each account, each picture's bytes as they will be sent and its alt
    text, the video's bytes and its description, the link, the accounts, the planned time on the
    wall and in UTC, and the pupils shown and how.
    Canonical JSON (sorted keys, ASCII only), so that no two contents have one form.
    """
    uses = [RenditionUse.PREVIEW, *(use_for(Platform(entry.account.platform)) for entry in revision.accounts)]
    digests: dict[UUID, dict[str, str]] = {}
    for row in session.execute(
        sa.select(
            MediaRendition.media_id, MediaRendition.use, MediaRendition.mime_type, MediaRendition.sealed
        ).where(
            MediaRendition.media_id.in_({picture.media_id for picture in revision.pictures}),
            MediaRendition.use.in_(set(uses)),
        )
    ):
        found = digests.setdefault(row.media_id, {})
        digest = _or_lost(session, partial(_sha256, row.sealed))
        found[row.use.value] = f"{row.mime_type} {digest}"
    covered: dict[str, object] = {
        "form": 1,
        "accounts": {
            str(entry.account_id): revision.text_for(entry.account_id) for entry in revision.accounts
        },
        "link": revision.link,
        "planned_local": revision.planned_local,
        "planned_utc": revision.planned_at.astimezone(UTC).isoformat() if revision.planned_at else None,
        "pupils": sorted(str(entry.pupil_id) for entry in revision.pupils),
        "none_shown": revision.none_shown,
        "pictures": [
            {"alt": picture.alt_text, "files": digests.get(picture.media_id, {})}
            for picture in revision.pictures
        ],
    }
    if revision.pupils_appear is not None:
        covered["pupils_appear"] = revision.pupils_appear
    if revision.not_seen:
        covered["not_seen"] = sorted(revision.not_seen)
    if revision.video is not None:
        covered["video"] = {
            "description": revision.video.alt_text,
            "file": _or_lost(session, partial(video_digest.digest, session, revision.video.video_id)),
        }
    canonical = json.dumps(covered, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
