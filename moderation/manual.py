"""Entries made by hand: abuse that was seen elsewhere, or that no connector shows (P17)."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date, datetime

from PIL import Image
from sqlalchemy.orm import Session

from moderation import alerts, chain, decisions
from moderation.decisions import Decision, Outcome
from moderation.models import LogEntry, LogOrigin, ReferTo
from school import audit
from school.db import storable
from school.errors import BadInput
from school.models import Person, Role
from school.permissions import Action, require
from school.times import today

TEXT_MAX = 20_000
PICTURE_BYTES_MAX = 10 * 1024 * 1024
PICTURE_PIXELS_MAX = 50_000_000
_PICTURE_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_SEVERITY = {True: 0.95, False: 0.5}


@dataclass(frozen=True, slots=True)
class ManualEntry:
    """What somebody saw. A text or a picture is needed, and where it was."""

    platform: str
    text: str = field(repr=False)
    url: str = ""
    author: str = field(default="", repr=False)
    seen_at: datetime | None = None
    seen_on: date | None = None
    """The day alone, where nobody knows the hour."""
    urgent: bool = False
    """A threat or a safeguarding matter."""
    about_headteacher: bool = False
    """Goes to the chair of governors at once, and the headteacher never sees it (P3)."""
    picture: bytes | None = field(default=None, repr=False)


def record(session: Session, found: ManualEntry, *, by: Person, url: str, now: datetime) -> LogEntry:
    """Put what somebody saw into the log, open. Raises BadInput, NotPermitted.

    `url`: the product's address, for the mail that an urgent entry sends.
    """
    require(by, Action.MODERATE)
    if found.about_headteacher and Role.HEADTEACHER in by.roles:
        raise BadInput(
            "You are the headteacher: what concerns you is entered by somebody else.",
            field="about_headteacher",
        )
    platform, text, link = found.platform.strip(), storable(found.text.strip()), found.url.strip()
    if not platform or len(platform) > 40:
        raise BadInput(
            "Say where it was seen, in at most 40 characters, such as “WhatsApp”.", field="platform"
        )
    if not text and not found.picture:
        raise BadInput("Give the text, or a picture of it.", field="text")
    if len(text) > TEXT_MAX:
        raise BadInput(f"The text has {len(text):,} characters: at most {TEXT_MAX:,} fit.", field="text")
    if link and not link.lower().startswith(("http://", "https://")):
        raise BadInput("The link must begin with https:// or http://.", field="url")
    if len(link) > 2000:
        raise BadInput("The link is too long: at most 2,000 characters fit.", field="url")
    if len(found.author) > 200:
        raise BadInput("The name is too long: at most 200 characters fit.", field="author")
    if found.seen_at is not None and found.seen_at > now:
        raise BadInput("The time is in the future: say when it was seen.", field="seen_at")
    if found.seen_on is not None and found.seen_on > today(now):
        raise BadInput("The day is in the future: say when it was seen.", field="seen_at")
    entry = LogEntry(
        origin=LogOrigin.MANUAL,
        comment_platform_id="",
        platform=storable(platform),
        author_platform_id="",
        author_handle="",
        author_name=storable(found.author.strip()),
        author_url="",
        text=text,
        url=storable(link),
        attachment_urls=[],
        post_platform_id="",
        post_text="",
        posted_at=found.seen_at,
        model_name="",
        scores={},
        reasons=[
            {
                "kind": "safeguarding" if found.urgent else "reported",
                "label": "manual",
                "score": 1.0,
                "detail": "marked as urgent by a person" if found.urgent else "reported by a person",
                # A day as a moment would say an hour that nobody gave.
                **({"seen_on": found.seen_on.isoformat()} if found.seen_on else {}),
            }
        ],
        severity=severity_of(urgent=found.urgent),
        picture=found.picture or None,
        picture_type=_picture_type(found.picture) if found.picture else "",
    )
    case = chain.record(session, entry, urgent=found.urgent, by=by, now=now)
    audit.record(
        session,
        by=by,
        action="abuse_recorded",
        object_kind="log_entry",
        object_id=entry.id,
        detail={"number": entry.number},
        now=now,
    )
    if found.about_headteacher:
        decision = Decision(
            frozenset({Outcome.REFER}),
            reason="Entered as something that concerns the headteacher.",
            refer_to=ReferTo.CHAIR,
            about_headteacher=True,
        )
        decisions.decide(session, entry.id, decision, seen=case.version, by=by, url=url, now=now)
        alerts.no_news(session, entry.id)
    if found.urgent:
        alerts.urgent(session, [(entry, case)], url=url, now=now)
    return entry


def severity_of(*, urgent: bool) -> float:
    """How bad what a person put into the log is taken to be: between 0 and 1."""
    return _SEVERITY[urgent]


def _picture_type(data: bytes) -> str:
    """The MIME type of a picture. Raises BadInput for anything that isn't one, or too big a one."""
    if len(data) > PICTURE_BYTES_MAX:
        raise BadInput(f"The picture has {len(data) / 1_048_576:.0f} MB: at most 10 MB fit.", field="picture")
    try:
        with Image.open(io.BytesIO(data), formats=tuple(_PICTURE_TYPES)) as opened:
            kind, pixels = opened.format or "", opened.width * opened.height
            if pixels > PICTURE_PIXELS_MAX:
                raise BadInput("The picture has too many pixels: make a smaller screenshot.", field="picture")
            opened.verify()
    except BadInput:
        raise
    except Exception as error:  # Pillow raises dozens of kinds for broken files
        raise BadInput(
            "The picture can't be read: give a PNG, JPEG or WebP file.", field="picture"
        ) from error
    return _PICTURE_TYPES[kind]
