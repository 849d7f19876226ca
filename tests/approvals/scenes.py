"""What the tests of this room set up again and again, and a small connector of their own."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pillow_heif
import sqlalchemy as sa
from PIL import Image
from sqlalchemy.orm import Session

from approvals import decisions, drafts, findings, pictures, submissions
from approvals.content import DraftContent, PictureChoice
from approvals.models import (
    ApprovalDecision,
    Criterion,
    DecisionKind,
    Draft,
    MediaFile,
    Objective,
    Publication,
    Submission,
)
from connectors.base import Platform, PostContent, RemotePost, StepStore
from connectors.errors import ConnectorError
from connectors.limits import LIMITS, shown_text, text_length
from connectors.practice.servers import PracticePlatforms
from school import consent, mail
from school.models import Account, ConsentKind, OutboxEmail, Person, Pupil
from school.setup import PRACTICE_PIN
from school.times import LONDON


def connected(
    platform: Platform, platforms: PracticePlatforms, make_account: Callable[..., Account]
) -> Account:
    """The school's account on a practice platform, with the keys that it knows."""
    return make_account(
        platform.value,
        identity_id=platforms.world.school(platform).id,
        credentials=platforms.credentials(platform),
    )


def picture_bytes(
    width: int = 640, height: int = 480, *, kind: str = "JPEG", mode: str = "RGB", **save: Any
) -> bytes:
    """A picture of stripes, encoded."""
    image = Image.new("RGB", (width, height), (30, 90, 160))
    image.paste((240, 200, 40), (0, 0, width, height // 2))
    out = BytesIO()
    if kind == "HEIF":
        exif = save.pop("exif", Image.Exif())
        pillow_heif.from_pillow(image).save(out, exif=exif.tobytes(), **save)
    else:
        image.convert(mode).save(out, kind, **save)
    return out.getvalue()


def bomb_png(width: int, height: int) -> bytes:
    """A small file that says it is a huge picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(name + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + name + body + crc

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def make_pupil(session: Session, officer: Person, name: str, *, consented: bool, now: datetime) -> Pupil:
    """A pupil, with consent for pictures around now or without any."""
    pupil = consent.add_pupil(session, name=name, class_name="Year 5 Kites", by=officer, now=now)
    if consented:
        consent.record_consent(
            session,
            pupil,
            kind=ConsentKind.IMAGE,
            given_by="A parent",
            first_day=now.date() - timedelta(days=30),
            last_day=now.date() + timedelta(days=300),
            by=officer,
            now=now,
        )
    session.commit()
    return pupil


def planned(at: datetime) -> dict[str, str]:
    """The date and time of a moment as somebody types them into the form."""
    local = at.astimezone(LONDON)
    return {"planned_date": f"{local:%Y-%m-%d}", "planned_time": f"{local:%H:%M}"}


def content(
    *accounts: Account, at: datetime, text: str = "The summer fair is on Saturday at noon.", **more: Any
) -> DraftContent:
    """A draft with everything that a submission needs."""
    values: dict[str, Any] = {
        "text": text,
        "account_ids": tuple(account.id for account in accounts),
        "objective": Objective.REMINDER,
        "checklist": frozenset(Criterion),
        "none_shown": True,
        "device": "School tablet 4",
        **planned(at),
        **more,
    }
    return DraftContent(**values)


def add_picture(session: Session, by: Person, now: datetime, data: bytes | None = None) -> MediaFile:
    media = pictures.add_picture(
        session,
        data=data or picture_bytes(),
        filename="fair.jpg",
        alt_text="",
        source="",
        licence="",
        by=by,
        now=now,
    )
    session.commit()
    return media


def choice(media: MediaFile, **more: str) -> PictureChoice:
    """A picture described in full."""
    words = {
        "alt_text": "Stalls on the school field",
        "source": "Taken by the office",
        "licence": "Owned by the school",
    }
    return PictureChoice(media_id=media.id, **{**words, **more})


def submit(session: Session, draft: Draft, by: Person, now: datetime) -> Submission:
    made = submissions.submit(
        session,
        draft.id,
        revision_number=draft.revision_number,
        findings=findings.findings(["The summer fair"]),
        by=by,
        now=now,
    )
    session.commit()
    return made


def approve(session: Session, draft: Draft, by: Person, now: datetime) -> ApprovalDecision:
    proof = decisions.prove_signed_in(session, draft.id, by=by, revision_number=draft.revision_number)
    made = decisions.decide(session, proof, decision=DecisionKind.APPROVE, reason="", now=now)
    session.commit()
    return made


def approved(
    session: Session, author: Person, approver: Person, now: datetime, *accounts: Account, **more: Any
) -> tuple[Draft, list[Publication]]:
    """A draft written, handed in and approved for an hour from now, and its publications."""
    more.setdefault("at", now + timedelta(hours=1))
    draft = drafts.save(session, None, content(*accounts, **more), by=author, now=now)
    session.commit()
    submit(session, draft, author, now)
    approve(session, draft, approver, now)
    found = list(session.scalars(sa.select(Publication).where(Publication.draft_id == draft.id)))
    return draft, found


def mails(session: Session, purpose: str, to: Person | None = None) -> list[EmailMessage]:
    """The queued mails of a purpose, oldest first, parsed."""
    query = sa.select(OutboxEmail).where(OutboxEmail.purpose == purpose)
    if to is not None:
        query = query.where(OutboxEmail.to_id == to.id)
    rows = session.scalars(query.order_by(OutboxEmail.id))
    return [message_from_bytes(mail.whole(row), policy=default) for row in rows]  # type: ignore[arg-type]


def token_in(mail: EmailMessage) -> str:
    """The token of the link in a mail's text part."""
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"/approve/([\w-]+)", body.get_content())
    assert found is not None
    return found[1]


def approve_by_link(
    session: Session,
    token: str,
    now: datetime,
    *,
    pin: str = PRACTICE_PIN,
    kind: DecisionKind = DecisionKind.APPROVE,
    reason: str = "",
) -> ApprovalDecision:
    proof = decisions.prove(session, token, pin=pin, signed_in=None, now=now)
    assert proof is not None
    made = decisions.decide(session, proof, decision=kind, reason=reason, now=now)
    session.commit()
    return made


@dataclass
class Board:
    """A platform in memory, for what needs no network: its posts, and how it misbehaves.

    `before` raises before a post is taken, `after` when it has been taken already.
    """

    platform: Platform = Platform.X
    posts: list[RemotePost] = field(default_factory=list)
    before: ConnectorError | None = None
    after: Exception | None = None
    unreadable: ConnectorError | None = None
    on_publish: Callable[[], None] | None = None

    def publish(self, post: PostContent, *, steps: StepStore) -> RemotePost:
        if self.on_publish is not None:
            self.on_publish()
        if self.before is not None:
            raise self.before
        made = RemotePost(
            platform_id=str(uuid4().int),
            text=shown_text(self.platform, post),
            created_at=datetime.now(UTC),
            url=f"https://example.test/{len(self.posts)}",
            picture_count=len(post.pictures),
        )
        self.posts.append(made)
        if self.after is not None:
            raise self.after
        return made

    def recent_posts(self, *, since: datetime) -> list[RemotePost]:
        if self.unreadable is not None:
            raise self.unreadable
        return [post for post in self.posts if post.created_at >= since]

    def never_posted(self, *, steps: StepStore) -> bool:
        return False

    def shown_text(self, post: PostContent) -> str:
        return shown_text(self.platform, post)

    def text_length(self, text: str) -> int:
        return text_length(self.platform, text)

    @property
    def limits(self) -> Any:
        return LIMITS[self.platform]


class Memory:
    """Steps that need not outlive the test."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self.kept.get(key)

    def put(self, key: str, value: str) -> None:
        self.kept[key] = value


def states(session: Session, ids: Sequence[UUID]) -> list[str]:
    return [session.get_one(Publication, each, populate_existing=True).state.value for each in ids]
