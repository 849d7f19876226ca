"""Pictures of drafts: small copies for people signed in, and the address from which Instagram fetches one."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response

from approvals import claims, link_looks, pictures
from approvals.models import RenditionUse
from approvals.sight import may_see_picture
from school.db import now, reading
from school.errors import NotFound
from web.access import current_person, public, signed_in

pages = Blueprint("media", __name__)


@pages.get("/drafts/media/<uuid:media_id>")
@signed_in
def preview(media_id: UUID) -> Response:
    """A picture's small copy, for its uploader and whoever may see a draft that has it."""
    with reading() as session:
        media = pictures.find(session, media_id)
        if not may_see_picture(session, media, by=current_person(session), now=now()):
            raise NotFound("There is no such picture.")
        copy = pictures.rendition(session, media_id, RenditionUse.PREVIEW)
        answer = picture_response(copy.mime_type, copy.data)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@pages.get("/drafts/links/<uuid:look_id>")
@signed_in
def link_picture(look_id: UUID) -> Response:
    """The picture that a page on the public web gives itself, small. It says nothing of who links to it."""
    with reading() as session:
        answer = picture_response("image/jpeg", link_looks.picture(session, look_id))
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@pages.get("/media/<token>.jpg")
@public
def fetch(token: str) -> Response:
    """The picture that a platform fetches, while its post is being published and at no other time."""
    with reading() as session:
        mime_type, data = claims.public_picture(session, token)
    answer = picture_response(mime_type, data)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def picture_response(mime_type: str, data: bytes) -> Response:
    """A picture as an answer that no browser takes for anything else."""
    answer = make_response(data)
    answer.headers["Content-Type"] = mime_type
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
