"""The mails of this room: asking for a decision, and telling people what became of a draft."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy.orm import Session

from approvals import pictures, videos
from approvals.models import Draft, DraftRevision, RenditionUse
from approvals.previews import DraftPreview
from approvals.states import DraftState
from school import mail
from school.mail import InlineImage
from school.models import OutboxEmail, Person
from school.settings import settings
from school.times import say

REQUEST = "approval_request"
"""What a mail is for that asks for a decision; the only kind with pictures."""

_templates = Environment(
    loader=PackageLoader("approvals", "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def inline_pictures(session: Session, revision: DraftRevision) -> list[InlineImage]:
    """The small copies of a revision's pictures and the video's still, named as the HTML names them."""
    still = (
        [InlineImage("video", videos.poster(session, revision.video.video_id), "image/jpeg")]
        if revision.video is not None
        else []
    )
    return still + [
        InlineImage(f"picture{place}", copy.data, copy.mime_type)
        for place, copy in enumerate(
            (
                pictures.rendition(session, picture.media_id, RenditionUse.PREVIEW)
                for picture in revision.pictures
            ),
            start=1,
        )
    ]


def ask_for_decision(
    session: Session,
    shown: DraftPreview,
    *,
    to: Person,
    token: str,
    until: datetime,
    images: Sequence[InlineImage],
    now: datetime,
) -> OutboxEmail:
    """Queue the mail with everything that one approver needs to decide, and their own link."""
    values = {
        "draft": shown,
        "approver": to,
        "address": f"{settings().effective_public_url}/approve/{token}",
        "until": say(until),
        "needs_pin": settings().approval_needs == "pin",
    }
    where = ", ".join(account.name for account in shown.accounts)
    subject = f"{'Urgent: p' if shown.urgent else 'P'}lease decide: post for {where}, {shown.planned}"
    return mail.queue(
        session,
        to=to,
        subject=subject,
        text=_templates.get_template("request.txt").render(values),
        html=_templates.get_template("request.html").render(values),
        images=images,
        purpose=REQUEST,
        about=shown.draft_id,
        now=now,
    )


def tell_author_of_failed(session: Session, failed: OutboxEmail, *, now: datetime) -> None:
    """Tell a draft's author that the mail which asks for its approval could not be delivered."""
    if failed.purpose != REQUEST or failed.about_id is None:
        return
    draft = session.get(Draft, failed.about_id)
    asked = session.get(Person, failed.to_id) if failed.to_id is not None else None
    if draft is None or asked is None or draft.state is not DraftState.SUBMITTED:
        return
    tell(
        session,
        [draft.author],
        draft_id=draft.id,
        subject=f"{asked.name} was not reached by e-mail about your post",
        sentences=[
            f"The e-mail that asks {asked.name} to approve it could not be delivered: {failed.problem}.",
            f"{asked.name} can still decide after signing in. Tell them, or ask the headteacher to put the "
            "address right under People; then send the e-mail again from the draft's page.",
        ],
        purpose="approval_request_failed",
        now=now,
    )


def tell(
    session: Session,
    to: Iterable[Person],
    *,
    draft_id: UUID,
    subject: str,
    sentences: Sequence[str],
    purpose: str,
    now: datetime,
) -> None:
    """Queue a short mail about a draft to each of these people, once each."""
    for person in {person.id: person for person in to if person.active}.values():
        values = {
            "person": person,
            "heading": subject,
            "sentences": sentences,
            "address": f"{settings().effective_public_url}/drafts/{draft_id}",
        }
        mail.queue(
            session,
            to=person,
            subject=subject,
            text=_templates.get_template("notice.txt").render(values),
            html=_templates.get_template("notice.html").render(values),
            purpose=purpose,
            now=now,
        )
