"""Cutting a part out of a draft's picture: a box to move and size, by mouse, keys or numbers."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from approvals import blurring, cropping, drafts, pictures, unsaved
from approvals.cropping import RATIOS, Whole
from approvals.models import Draft, RenditionUse
from approvals.painting import Place
from school.db import new_id, now, reading, transaction
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.permissions import Action
from web.access import current_person, needs
from web.faces import came_from
from web.forms import Typed, whole_number
from web.media import picture_response

pages = Blueprint("crops", __name__)

SIDES = ("left", "top", "width", "height")


@pages.get("/drafts/<uuid:draft_id>/pictures/<uuid:media_id>/crop")
@needs(Action.WRITE_DRAFTS)
def show(draft_id: UUID, media_id: UUID) -> ResponseReturnValue:
    """The whole picture with the part that is shown of it."""
    with reading() as session:
        draft, whole = _open(session, draft_id, media_id)
    values = _values(whole.place) | {"becomes": str(new_id()), "based_on": str(draft.revision_number)}
    return _page(draft, media_id, whole, Typed(MultiDict(values)))


@pages.post("/drafts/<uuid:draft_id>/pictures/<uuid:media_id>/crop")
@needs(Action.WRITE_DRAFTS)
def change(draft_id: UUID, media_id: UUID) -> ResponseReturnValue:
    """Shape the part as a platform shows pictures, show what it comes to, or keep it."""
    typed = Typed(MultiDict(request.form))
    becomes, wanted = typed.identifier("becomes"), typed["do"]
    with reading() as session:
        try:
            draft, whole = _open(session, draft_id, media_id)
        except NotFound:
            # Sent twice: the part took the picture's place already.
            draft, _whole = _open(session, draft_id, becomes)
            return _kept(draft)
    width, height = whole.uploaded.width, whole.uploaded.height
    try:
        if wanted == "whole":
            _put(typed, Place(0, 0, width, height))
        elif wanted in RATIOS:
            shaped = cropping.of_ratio(RATIOS[wanted][1], _place(typed), width, height)
            _put(typed, shaped)
        place = cropping.checked(_place(typed), width, height)
        if wanted == "save":
            return _kept(_save(draft, media_id, whole, place, typed, becomes))
    except MoveNotAllowed as error:
        return _page(draft, media_id, whole, typed.refuse(BadInput(str(error)))), 409
    except BadInput as error:
        named = error.field if error.field in SIDES else ""
        return _page(draft, media_id, whole, typed.refuse(BadInput(str(error), field=named))), 400
    return _page(draft, media_id, whole, typed)


@pages.get("/drafts/<uuid:draft_id>/pictures/<uuid:media_id>/crop/large")
@needs(Action.WRITE_DRAFTS)
def large(draft_id: UUID, media_id: UUID) -> Response:
    """The whole picture as it was uploaded, for its author."""
    with reading() as session:
        _draft, whole = _open(session, draft_id, media_id)
        copy = pictures.rendition(session, whole.uploaded.id, RenditionUse.FACEBOOK)
        answer = picture_response(copy.mime_type, copy.data)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _open(session: Session, draft_id: UUID, media_id: UUID) -> tuple[Draft, Whole]:
    """The picture in the newest version of the person's own draft, where that can be changed."""
    person = current_person(session)
    draft = drafts.find(session, draft_id, by=person, now=now())
    if draft.author_id != person.id:
        raise NotPermitted("Only the author of a draft cuts its pictures.")
    revision = drafts.current_revision(session, draft)
    if media_id not in {picture.media_id for picture in revision.pictures}:
        raise NotFound("This picture isn't in the draft any more. Open the draft again.")
    drafts.check_editable(session, draft)
    return draft, cropping.whole(session, media_id)


def _page(draft: Draft, media_id: UUID, whole: Whole, typed: Typed) -> str:
    width, height = whole.uploaded.width, whole.uploaded.height
    try:
        drawn = cropping.checked(_place(typed), width, height)
    except BadInput:
        drawn = whole.place
    return render_template(
        "drafts/crop.html",
        draft=draft,
        media_id=media_id,
        uploaded=whole.uploaded,
        blurred=whole.blurred,
        drawn=drawn,
        ratios=[(key, words) for key, (words, _ratio) in RATIOS.items()],
        least=min(cropping.SIDE_MIN, width, height),
        fits_instagram=pictures.fits_instagram(drawn.width, drawn.height),
        typed=typed,
    )


def _values(place: Place) -> dict[str, str]:
    return {side: str(getattr(place, side)) for side in SIDES}


def _put(typed: Typed, place: Place) -> None:
    for side, pixels in _values(place).items():
        typed.values[side] = pixels


def _place(typed: Typed) -> Place:
    found: dict[str, int] = {}
    for side in SIDES:
        try:
            found[side] = round(float(typed[side]))
        except (ValueError, OverflowError):
            raise BadInput(
                f"“{typed[side][:12]}” is no number of pixels: give a whole number.", field=side
            ) from None
    return Place(**found)


def _save(draft: Draft, media_id: UUID, whole: Whole, place: Place, typed: Typed, becomes: UUID) -> Draft:
    if place == whole.place:
        raise BadInput("The part is as it was: move or size the box first.")
    with reading() as session:
        given = blurring.source(session, whole.uploaded.id)
    # It takes seconds: no transaction is open here.
    made = cropping.make(given, place, whole.blurred)
    based_on = whole_number(typed["based_on"]) or 0
    with transaction() as session:
        person = current_person(session)
        saved = cropping.choose(
            session,
            draft.id,
            media_id,
            place,
            made,
            becomes=becomes,
            based_on=based_on,
            by=person,
            now=now(),
        )
        # What was kept of the form while it was written has the picture as it was.
        unsaved.drop(session, draft.id, by=person)
    return saved


def _kept(draft: Draft) -> ResponseReturnValue:
    flash("The picture is cut, in a new version of the draft. Look at it below.", "success")
    return redirect(came_from(draft))
