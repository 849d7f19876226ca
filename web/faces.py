"""Faces in a draft's picture: boxes to tick, move and add; the blurred copy takes its place (P28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from approvals import blurring, checks, drafts, first_names, late_names, looks, pictures, unsaved
from approvals.models import Draft, LookState, MediaFile, PictureLook, RenditionUse
from approvals.painting import Place
from school.db import new_id, now, reading, transaction
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.permissions import Action
from web.access import current_person, needs
from web.forms import Typed, whole_number
from web.media import picture_response

pages = Blueprint("faces", __name__)

SIDES = ("left", "top", "width", "height")
ADDED_PART = 6
"""A box that is added is a sixth of the picture's smaller side, in its middle."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture of a draft that its author may blur."""

    draft: Draft
    media_id: UUID
    """The picture that the draft has now."""
    uploaded: MediaFile
    look: PictureLook | None


@dataclass(frozen=True, slots=True)
class Row:
    """One box of the page. Its numbers are as somebody typed them."""

    key: str
    """"face3" for one that was found, "added1" for one that somebody added."""
    left: str
    top: str
    width: str
    height: str
    ticked: bool

    @property
    def face(self) -> int:
        """Number of the face; 0 for an added box."""
        return int(self.key.removeprefix("face")) if self.key.startswith("face") else 0


@pages.get("/drafts/<uuid:draft_id>/pictures/<uuid:media_id>/faces")
@needs(Action.WRITE_DRAFTS)
def show(draft_id: UUID, media_id: UUID) -> ResponseReturnValue:
    """The picture with its boxes."""
    with reading() as session:
        opened = _open(session, draft_id, media_id)
        places = blurring.chosen(session, media_id)
    return _page(opened, _rows_of(opened, places), Typed(), becomes=new_id())


@pages.post("/drafts/<uuid:draft_id>/pictures/<uuid:media_id>/faces")
@needs(Action.WRITE_DRAFTS)
def change(draft_id: UUID, media_id: UUID) -> ResponseReturnValue:
    """Add a box, tick all or none, show what it comes to, look once more, or keep the blurred copy."""
    typed = Typed(MultiDict(request.form))
    wanted, becomes = typed["do"], typed.identifier("becomes")
    with reading() as session:
        try:
            opened = _open(session, draft_id, media_id)
        except NotFound:
            # Sent twice: the copy took the picture's place already.
            opened = _open(session, draft_id, becomes)
            return _kept(opened.draft)
    rows = _rows_typed(typed)
    if typed["looked"] != _mark(opened.look):
        # The faces were found while somebody was at the page.
        known = {row.key for row in rows}
        rows = [row for row in _rows_of(opened, ()) if row.key not in known] + rows
    if wanted == "look":
        with transaction() as session:
            looks.ask(session, opened.uploaded.id, now=now())
        back = request.args.get("back")
        return redirect(url_for("faces.show", draft_id=draft_id, media_id=media_id, back=back))
    if wanted == "add":
        rows.append(_added(opened, rows))
    if wanted in {"all", "none"}:
        rows = [_ticked(row, wanted == "all") for row in rows]
    if wanted == "save":
        try:
            return _kept(_save(opened, _places(opened, rows, typed), typed, becomes))
        except MoveNotAllowed as error:
            return _page(opened, rows, typed.refuse(BadInput(str(error))), becomes=becomes), 409
        except BadInput as error:
            # What is wrong with a box is said beside it; what is wrong with the draft, above.
            if not typed.errors:
                typed.refuse(BadInput(str(error)))
            return _page(opened, rows, typed, becomes=becomes), 400
    return _page(opened, rows, typed, becomes=becomes)


@pages.get("/drafts/<uuid:draft_id>/pictures/<uuid:media_id>/faces/large")
@needs(Action.WRITE_DRAFTS)
def large(draft_id: UUID, media_id: UUID) -> Response:
    """The large copy of the picture as it was uploaded, for its author to see whom it shows."""
    with reading() as session:
        opened = _open(session, draft_id, media_id)
        copy = pictures.rendition(session, opened.uploaded.id, RenditionUse.FACEBOOK)
        return _private(picture_response(copy.mime_type, copy.data))


@pages.get("/drafts/<uuid:draft_id>/pictures/<uuid:media_id>/faces/blurred")
@needs(Action.WRITE_DRAFTS)
def blurred(draft_id: UUID, media_id: UUID) -> Response:
    """A small copy with the places of the address blurred, each "left-top-width-height" in pixels."""
    with reading() as session:
        opened = _open(session, draft_id, media_id)
        copy = pictures.rendition(session, opened.uploaded.id, RenditionUse.PREVIEW).data
    size = (opened.uploaded.width, opened.uploaded.height)
    places = blurring.checked([_place(words) for words in request.args.getlist("place")], *size)
    return _private(picture_response("image/jpeg", blurring.sample(copy, size, places)))


@pages.get("/drafts/<uuid:draft_id>/pictures/<uuid:media_id>/faces/news")
@needs(Action.WRITE_DRAFTS)
def news(draft_id: UUID, media_id: UUID) -> Response:
    """How far the looking has come, for a page that waits for it."""
    with reading() as session:
        return jsonify(mark=_mark(_open(session, draft_id, media_id).look))


def _open(session: Session, draft_id: UUID, media_id: UUID) -> Opened:
    """The picture in the newest version of the person's own draft, where that can be changed."""
    person = current_person(session)
    draft = drafts.find(session, draft_id, by=person, now=now())
    if draft.author_id != person.id:
        raise NotPermitted("Only the author of a draft chooses what is blurred in it.")
    revision = drafts.current_revision(session, draft)
    if media_id not in {picture.media_id for picture in revision.pictures}:
        raise NotFound("This picture isn't in the draft any more. Open the draft again.")
    drafts.check_editable(session, draft)
    uploaded = pictures.find(session, blurring.source_id(session, media_id))
    return Opened(draft, media_id, uploaded, looks.of(session, [uploaded.id]).get(uploaded.id))


def _names_inside(opened: Opened) -> list[str]:
    """A sentence for each name that was read inside the picture as the draft has it, blurred or not."""
    with reading() as session:
        draft = session.get_one(Draft, opened.draft.id)
        revision = drafts.current_revision(session, draft)
        moment = now()
        day = checks.day_out(revision, now=moment)
        perhaps = first_names.perhaps_inside(session, revision, opened.media_id, on=day)
        return [
            *late_names.inside(session, revision, media_id=opened.media_id, now=moment),
            *(
                f"“{first}” was read inside it. This may be a pupil who may not be named."
                for first in perhaps
            ),
        ]


def _page(opened: Opened, rows: Sequence[Row], typed: Typed, *, becomes: UUID) -> str:
    uploaded = opened.uploaded
    shown = [
        (row, place) for row in rows if (place := _drawable(row, uploaded.width, uploaded.height)) is not None
    ]
    return render_template(
        "drafts/faces.html",
        draft=opened.draft,
        media_id=opened.media_id,
        uploaded=uploaded,
        names=_names_inside(opened),
        was_blurred=opened.media_id != uploaded.id,
        found=len(opened.look.faces) if opened.look else 0,
        state=_mark(opened.look),
        rows=rows,
        drawn={row.key: place for row, place in shown},
        ticked=[_words(place) for row, place in shown if row.ticked],
        sides=SIDES,
        typed=typed,
        becomes=becomes,
        based_on=typed["based_on"] or opened.draft.revision_number,
        least=blurring.SIDE_MIN,
    )


def _rows_of(opened: Opened, places: Sequence[Place]) -> list[Row]:
    """The faces that were found, and the boxes that were chosen before."""
    found = opened.look.faces if opened.look and opened.look.state is LookState.DONE else []
    at = {place.face: place for place in places if place.face}
    rows = []
    for number, face in enumerate(found, start=1):
        place = at.pop(number, None)
        rows.append(_row(f"face{number}", place or Place(*face[:4]), ticked=place is not None))
    rest = [*at.values(), *(place for place in places if not place.face)]
    return rows + [_row(f"added{number}", place, ticked=True) for number, place in enumerate(rest, start=1)]


def _rows_typed(typed: Typed) -> list[Row]:
    """The boxes as the form brought them, without those that were taken away."""
    ticked, gone = set(typed.all("blur")), set(typed.all("gone"))
    return [
        Row(
            key,
            left=typed[f"left_{key}"][:12],
            top=typed[f"top_{key}"][:12],
            width=typed[f"width_{key}"][:12],
            height=typed[f"height_{key}"][:12],
            ticked=key in ticked,
        )
        for key in dict.fromkeys(typed.all("row"))
        if key not in gone and _is_key(key)
    ][: blurring.PLACES_MAX]


def _is_key(key: str) -> bool:
    number = key.removeprefix("face").removeprefix("added")
    return number != key and number.isascii() and number.isdigit() and len(number) < 4


def _row(key: str, place: Place, *, ticked: bool) -> Row:
    return Row(key, str(place.left), str(place.top), str(place.width), str(place.height), ticked)


def _ticked(row: Row, ticked: bool) -> Row:
    return replace(row, ticked=ticked)


def _added(opened: Opened, rows: Sequence[Row]) -> Row:
    width, height = opened.uploaded.width, opened.uploaded.height
    side = max(min(width, height) // ADDED_PART, blurring.SIDE_MIN)
    taken = {row.key for row in rows}
    number = next(one for one in range(1, 1000) if f"added{one}" not in taken)
    return _row(f"added{number}", Place((width - side) // 2, (height - side) // 2, side, side), ticked=True)


def _places(opened: Opened, rows: Sequence[Row], typed: Typed) -> tuple[Place, ...]:
    """The ticked boxes. Raises BadInput with what is wrong, beside each field too."""
    width, height = opened.uploaded.width, opened.uploaded.height
    found: list[Place] = []
    wrong: list[str] = []
    for number, row in enumerate(rows, start=1):
        if not row.ticked:
            continue
        try:
            found += blurring.checked([_parsed(row)], width, height)
        except BadInput as error:
            sentence = f"Box {number}: {error}"
            typed.errors[f"{error.field or 'left'}_{row.key}"] = sentence
            wrong.append(sentence)
    if wrong:
        raise BadInput(" ".join(wrong))
    return blurring.checked(found, width, height)


def _parsed(row: Row) -> Place:
    left, top, width, height = (_pixels(getattr(row, side), side) for side in SIDES)
    return Place(left, top, width, height, row.face)


def _pixels(text: str, side: str) -> int:
    try:
        return round(float(text))
    except (ValueError, OverflowError):
        raise BadInput(f"“{text}” is no number of pixels: give a whole number.", field=side) from None


def _drawable(row: Row, width: int, height: int) -> Place | None:
    try:
        [place] = blurring.checked([_parsed(row)], width, height)
    except BadInput:
        return None
    return place


def _place(words: str) -> Place:
    try:
        left, top, width, height = (int(number) for number in words.split("-", 3))
    except ValueError:
        raise BadInput(f"“{words[:40]}” is no place: give left-top-width-height.", field="place") from None
    return Place(left, top, width, height)


def _words(place: Place) -> str:
    return f"{place.left}-{place.top}-{place.width}-{place.height}"


def _save(opened: Opened, places: Sequence[Place], typed: Typed, becomes: UUID) -> Draft:
    if not places and opened.media_id == opened.uploaded.id:
        raise BadInput("Nothing is ticked, so nothing would be blurred: tick a face, or add a box.")
    with reading() as session:
        given = blurring.source(session, opened.uploaded.id) if places else None
    # It takes seconds: no transaction is open here.
    made = blurring.make(given, places) if given else None
    based_on = whole_number(typed["based_on"]) or 0
    with transaction() as session:
        person = current_person(session)
        draft = blurring.choose(
            session,
            opened.draft.id,
            opened.media_id,
            made,
            places,
            becomes=becomes,
            based_on=based_on,
            by=person,
            now=now(),
        )
        # What was kept of the form while it was written has the picture as it was.
        unsaved.drop(session, draft.id, by=person)
    return draft


def _kept(draft: Draft) -> ResponseReturnValue:
    flash("The blurring is changed, in a new version of the draft. Look at it.", "success")
    return redirect(came_from(draft))


def came_from(draft: Draft) -> str:
    """Where whoever changed a picture goes on: in the form, if they came from there."""
    if request.args.get("back") == "form":
        return url_for("drafts.edit", draft_id=draft.id, _anchor="pictures-heading")
    return url_for("drafts.one", draft_id=draft.id)


def _mark(look: PictureLook | None) -> str:
    return look.state.value if look else ""


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
