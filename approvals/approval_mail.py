"""The mails of this room: asking for a decision, and telling people what became of a draft."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy.orm import Session

from approvals import differences, pictures, videos
from approvals.mail_subjects import known_by, short_time, subject_words
from approvals.models import ApprovalRequest, Draft, DraftRevision, RenditionUse
from approvals.previews import DraftPreview
from approvals.states import DraftState
from school import mail
from school.mail import InlineImage
from school.models import OutboxEmail, Person
from school.settings import settings
from school.times import in_minutes, say

REQUEST = "approval_request"
"""What a mail is for that asks for a decision; the only kind with pictures."""
SEVERAL = "approval_requests"
"""Purpose of a mail that asks about several posts."""

_templates = Environment(
    loader=PackageLoader("approvals", "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["say"] = say


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
    revision: DraftRevision,
    *,
    to: Person,
    token: str,
    until: datetime,
    waits: bool,
    why_asked: str = "",
    now: datetime,
) -> OutboxEmail:
    """Queue the mail with everything that one approver needs to decide, and their own link.

    `waits`: nobody decided when it was asked about before. `why_asked`: for whom they stand in, or why
    they are asked though they are away.
    """
    # Later than its planned time nobody can approve it.
    last = min(until, revision.planned_at or until)
    soon = in_minutes(last, now)
    values = {
        "draft": shown,
        "approver": to,
        "address": _link(token),
        "until": say(last),
        "soon": soon,
        "needs_pin": settings().approval_needs == "pin",
        "waits": waits,
        "why_asked": why_asked,
    }
    asks = "Still waits" if waits else "Urgent, decide" if shown.urgent else "Decide"
    # Also after an approval that ended: whoever gave it would think of the same mail once more.
    if differences.decided_before(session, revision) and not waits:
        asks += " again"
    if soon:
        asks += soon.replace("in ", ", planned for in " if waits else " within ", 1)
    return mail.queue(
        session,
        to=to,
        subject=f"{asks}: {known_by(session, revision)}",
        text=_templates.get_template("request.txt").render(values),
        html=_templates.get_template("request.html").render(values),
        images=inline_pictures(session, revision),
        purpose=REQUEST,
        about=shown.draft_id,
        now=now,
    )


def ask_for_several(
    session: Session,
    shown: Sequence[tuple[DraftPreview, str]],
    *,
    to: Person,
    why_asked: str = "",
    now: datetime,
) -> OutboxEmail:
    """Queue one mail about several posts, the soonest first: pairs of a post and the token of its link.

    `why_asked`: for whom they stand in.
    """
    posts = [
        (one, subject_words(session, session.get_one(DraftRevision, one.revision_id)), _link(token))
        for one, token in sorted(shown, key=lambda pair: (pair[0].planned_at is None, pair[0].planned_at))
    ]
    values = {
        "posts": posts,
        "approver": to,
        "why_asked": why_asked,
        "until": say(now + settings().approval_link_lifetime),
        "needs_pin": settings().approval_needs == "pin",
    }
    first, words, _address = posts[0]
    asks = "Urgent, decide" if any(one.urgent for one, _token in shown) else "Decide"
    return mail.queue(
        session,
        to=to,
        subject=f"{asks} on {len(posts)} posts: {short_time(first.planned_at)}, {words} and more",
        text=_templates.get_template("several.txt").render(values),
        html=_templates.get_template("several.html").render(values),
        purpose=SEVERAL,
        count=len(posts),
        now=now,
    )


def tell_author_of_waiting(
    session: Session,
    draft: Draft,
    revision: DraftRevision,
    asked: Sequence[Person],
    others: Sequence[Person],
    *,
    now: datetime,
) -> None:
    """Tell a draft's author that its time comes and nobody has decided, while somebody can still be rung."""
    assert revision.planned_at is not None
    were = "was asked and has" if len(asked) == 1 else "were asked and have"
    sentences = [
        f"{' and '.join(one.name for one in asked)} {were} not decided yet. It is planned for "
        f"{say(revision.planned_at)}; what nobody approves by then is not published.",
    ]
    if others:
        sentences.append(
            f"Now {' and '.join(one.name for one in others)} can decide too and "
            f"{'was' if len(others) == 1 else 'were'} asked just now."
        )
    sentences.append("If it matters, ring one of them. They can decide on their telephone.")
    tell(
        session,
        [draft.author],
        draft_id=draft.id,
        subject=f"Nobody has decided yet: {known_by(session, revision)}",
        sentences=sentences,
        purpose="approval_waits",
        now=now,
    )


def _link(token: str) -> str:
    return f"{settings().effective_public_url}/approve/{token}"


def tell_author_of_failed(session: Session, failed: OutboxEmail, *, now: datetime) -> None:
    """Tell a draft's author that the mail which asks for its approval could not be delivered."""
    asked = session.get(Person, failed.to_id) if failed.to_id is not None else None
    if asked is None:
        return
    for draft in _drafts_of(session, failed, asked):
        _tell_of_failed(session, draft, asked, failed, now=now)


def _drafts_of(session: Session, failed: OutboxEmail, asked: Person) -> list[Draft]:
    """The drafts that still wait for the decision which a mail asked for."""
    query = sa.select(Draft).where(Draft.state == DraftState.SUBMITTED)
    if failed.purpose == REQUEST and failed.about_id is not None:
        return list(session.scalars(query.where(Draft.id == failed.about_id)))
    if failed.purpose == SEVERAL:
        theirs = sa.select(ApprovalRequest.draft_id).where(
            ApprovalRequest.approver_id == asked.id,
            ApprovalRequest.voided_at.is_(None),
            ApprovalRequest.created_at <= failed.created_at,
        )
        return list(session.scalars(query.where(Draft.id.in_(theirs))))
    return []


def _tell_of_failed(
    session: Session, draft: Draft, asked: Person, failed: OutboxEmail, *, now: datetime
) -> None:
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
    heading: str = "",
) -> None:
    """Queue a short mail about a draft to each of these people, once each.

    `heading`: where its first sentence says what the subject says; empty: the subject.
    """
    for person in {person.id: person for person in to if person.active}.values():
        values = {
            "person": person,
            "heading": heading or subject,
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
            about=draft_id,
            now=now,
        )
