"""The page of an approval link: looking changes nothing, deciding takes a PIN or a sign-in (P12)."""

from __future__ import annotations

from contextlib import suppress

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from approvals import (
    asking,
    claims,
    decisions,
    pictures,
    remarks,
    same_words,
    series_together,
    video_digest,
)
from approvals.models import DecisionKind, Draft, RenditionUse
from school.db import now, reading, transaction
from school.errors import BadInput, LinkExpired, NotFound
from school.models import Person, Role
from school.permissions import Action, may
from school.pins import PinLocked
from school.settings import settings
from school.times import in_minutes
from web import videos, whole_series
from web.access import optional_person, public
from web.forms import Typed
from web.keeping import RESTORE, restores
from web.limits import limiter
from web.media import picture_response

pages = Blueprint("approve", __name__)

CHOOSE_ONE = "Choose one of the three: approve it, ask for changes, or reject it."
FOLLOWING = "approve_next"
"""Under what the browser keeps the link to the post that waits next."""
WITH_IT = "approved_with_it"
"""Under what it keeps what became of the rest of the series: of which link, what was done, what was not."""


@pages.get("/approve/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Exactly what will appear, and the form to decide with. Changes nothing, whoever opens it."""
    return _page(token, Typed())


@pages.get("/approve/<token>/picture/<int:place>")
@public
def picture(token: str, place: int) -> Response:
    """A picture of what a working link shows."""
    with reading() as session:
        media_id = decisions.picture_of(session, token, place, now=now())
        copy = pictures.rendition(session, media_id, RenditionUse.PREVIEW)
        answer = picture_response(copy.mime_type, copy.data)
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer


@pages.get("/approve/<token>/link-picture/<int:place>")
@public
def link_picture(token: str, place: int) -> Response:
    """The picture of the page behind a link of what a working link shows."""
    with reading() as session:
        answer = picture_response("image/jpeg", decisions.link_picture_of(session, token, place, now=now()))
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer


@pages.get("/approve/<token>/video")
@public
def video(token: str) -> Response:
    """The video that a working link shows: exactly the bytes that will be published."""
    with reading() as session:
        found = decisions.video_of(session, token, now=now())
    answer = videos.video_response(found)
    return answer


@pages.get("/approve/<token>/still")
@public
def still(token: str) -> Response:
    """A still of that video."""
    with reading() as session:
        return videos.still_response(session, decisions.video_of(session, token, now=now()).id)


@pages.post("/approve/<token>")
@public
@limiter.limit("60 per 15 minutes")
@restores
def decide(token: str) -> ResponseReturnValue:
    """Approve, ask for changes or reject."""
    typed = Typed(request.form)
    if typed["do"] == RESTORE:
        return _page(token, typed)
    visitor = optional_person()
    try:
        if typed["decision"] not in set(DecisionKind):
            raise BadInput(CHOOSE_ONE, field="decision")
        kind = DecisionKind(typed["decision"])
        if kind is not DecisionKind.APPROVE and not typed["reason"]:
            raise BadInput("The reason is empty: tell the author why in a few words.", field="reason")
        # By itself, so that a wrong PIN is counted even though nothing else happens.
        with transaction() as session:
            proof = decisions.prove(session, token, pin=typed["pin"], signed_in=visitor, now=now())
        if proof is None:
            with reading() as session:
                refusal = decisions.refusal_of(session, token, now=now())
            if not isinstance(refusal, PinLocked):
                return _page(token, typed.refuse(refusal), 403)
            raise refusal
        with reading() as session:
            video_digest.prepare(session, video_digest.of_draft(session, proof.draft_id))
            alike = whole_series.waiting(session, proof)
        with transaction() as session:
            decided = decisions.decide(session, proof, decision=kind, reason=typed.raw("reason"), now=now())
            whole_series.hold_back(session, decided, alike)
        together = whole_series.decide(proof, alike, kind, typed.raw("reason"))
        with transaction() as session:
            following = asking.next_link(session, session.get_one(Person, proof.approver_id), now=now())
    except PinLocked as error:
        instead = BadInput(f"{error} Or sign in instead: then no PIN is needed.", field="pin")
        answer = _page(token, typed.refuse(instead), 429)
        answer.headers["Retry-After"] = str(max(1, int(error.wait.total_seconds()) + 1))
        return answer
    except BadInput as error:
        return _page(token, typed.refuse(error), 400)
    browser[FOLLOWING] = following[0] if following is not None else None
    # A cookie holds some 4,000 characters.
    browser[WITH_IT] = [token, together.with_it, *(one[:300] for one in together.refused)]
    return _private(redirect(url_for("approve.done", token=token), 303))


@pages.get("/approve/<token>/done")
@public
def done(token: str) -> ResponseReturnValue:
    """What was decided by this link, and the way on."""
    next_token = browser.get(FOLLOWING)
    of, with_it, *refused = browser.get(WITH_IT) or ["", ""]
    with reading() as session:
        decision = decisions.by_link(session, token)
        following = None
        if next_token is not None:
            # It may be decided, taken back or too old by now.
            with suppress(NotFound, LinkExpired):
                following = decisions.look(session, next_token, now=now()).draft
        return _private(
            render_template(
                "approve/done.html",
                decision=decision,
                planned=decisions.planned_words(session, decision),
                stopped=claims.stopped(session),
                may_stop=may(decision.approver, Action.HOLD_PUBLICATIONS),
                kind=decision.kind,
                kinds=DecisionKind,
                following=following,
                next_token=next_token,
                with_it=with_it if of == token else "",
                refused=refused if of == token else [],
            )
        )


def _page(token: str, typed: Typed, status: int = 200) -> Response:
    with reading() as session:
        request_open = decisions.look(session, token, now=now())
        for_headteacher = Role.HEADTEACHER in request_open.approver.roles
        draft = session.get_one(Draft, request_open.draft.draft_id)
        said = remarks.conversation(session, draft)
        stopped = claims.stopped(session)
        series_too = whole_series.listed(series_together.waiting(session, draft))
        others = same_words.open_to(
            session, request_open.draft.same_words, by=request_open.approver, now=now()
        )
    visitor = optional_person()
    body = render_template(
        "approve/show.html",
        approver=request_open.approver,
        for_headteacher=for_headteacher,
        soon=in_minutes(planned, now()) if (planned := request_open.draft.planned_at) else "",
        shown=request_open.draft,
        same_words=others,
        picture_url=lambda place, picture: url_for("approve.picture", token=token, place=place),
        video_url=lambda _video: url_for("approve.video", token=token),
        still_url=lambda _video: url_for("approve.still", token=token),
        link_picture_url=lambda place, _link: url_for("approve.link_picture", token=token, place=place),
        remarks=said,
        obstacles=request_open.obstacles,
        series_too=series_too,
        stopped=stopped,
        typed=typed,
        token=token,
        kinds=DecisionKind,
        known=visitor is not None and visitor.id == request_open.approver.id,
        sign_in_only=settings().approval_needs == "sign-in",
    )
    answer = _private(body)
    answer.status_code = status
    return answer


def _private(body: str | BaseResponse) -> Response:
    answer = make_response(body)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
