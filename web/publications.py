"""What people decide about a post once it is approved: publish, cancel, look again, take down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from approvals import drafts, holding, holding_together, stopped_posts, takedown_asking, takedowns
from approvals.checks import account_name
from approvals.models import Draft, Publication
from school.db import now, transaction
from school.errors import BadInput, NotFound
from school.models import Person
from school.permissions import Action
from school.wording import and_last
from web import draft_page
from web.access import current_person, needs, signed_in
from web.forms import Typed, hidden_number, identifier, whole_number
from web.keeping import RESTORE, restores

pages = Blueprint("publications", __name__)

_FOR_ALL: Mapping[str, Literal["publish", "cancel"]] = {"publish": "publish", "cancel": "cancel"}
TOGETHER = "together"
"""In place of a publication: the form that is about all that are held."""


@pages.post("/drafts/<uuid:draft_id>/publications/<uuid:publication_id>")
@needs(Action.HOLD_PUBLICATIONS)
def settle(draft_id: UUID, publication_id: UUID) -> ResponseReturnValue:
    """What a person decides about a publication that is held, failed or scheduled."""
    typed = Typed(request.form)
    reason = typed.raw("reason")
    try:
        with transaction() as session:
            person, missed = current_person(session), ""
            drafts.find(session, draft_id, by=person, now=now())
            _check_of(session, draft_id, publication_id)
            # A page that doesn't say what it showed is older than any look that counts.
            seen_then = hidden_number(typed["seen"]) if typed["seen"] else 0
            match typed["do"]:
                case "publish":
                    done = holding.publish_now(
                        session,
                        publication_id,
                        looked=bool(typed["looked"]),
                        reason=reason,
                        by=person,
                        now=now(),
                        seen_then=seen_then,
                    )
                    said = f"It goes out now on {account_name(done.account)}."
                case "cancel":
                    stopped = stopped_posts.stop(
                        session,
                        publication_id,
                        everywhere=bool(typed["everywhere"]),
                        series=bool(typed["series"]),
                        looked=bool(typed["looked"]),
                        seen_then=seen_then,
                        reason=reason,
                        by=person,
                        now=now(),
                    )
                    said = _stopped(session, stopped, by=person)
                    missed = _not_stopped(stopped, listed=whole_number(typed["series"]) or 0)
                case "look":
                    holding.look_again(session, publication_id, by=person, now=now())
                    said = "It is looked for on the platform now: load this page again in a moment."
                case "by-hand":
                    done = holding.published_by_hand(
                        session, publication_id, url=typed["url"], reason=reason, by=person, now=now()
                    )
                    said = f"It is noted as published on {account_name(done.account)}."
                case _:
                    raise BadInput("Choose what is to be done.", field="do")
    except BadInput as error:
        return _refused(draft_id, publication_id, error)
    flash(said, "success")
    if missed:
        flash(missed, "warning")
    return redirect(url_for("drafts.one", draft_id=draft_id))


def _stopped(session: Session, stopped: Sequence[Publication], *, by: Person) -> str:
    """What was stopped just now, and who is told."""
    where = and_last(sorted({account_name(one.account) for one in stopped}))
    posts = len({one.draft_id for one in stopped})
    what = "It is stopped" if posts == 1 else f"It and {posts - 1} more of its series are stopped"
    return f"{what} on {where}.{_told(session, stopped[0].draft_id, by=by)}"


def _told(session: Session, draft_id: UUID, *, by: Person) -> str:
    """That whoever wrote a stopped post is told: not who stopped it themselves, nor who is shut out."""
    author = session.get_one(Draft, draft_id).author
    return " Its author gets your reason by e-mail." if author.id != by.id and author.active else ""


def _not_stopped(stopped: Sequence[Publication], *, listed: int) -> str:
    """What to say where fewer of the other posts were stopped than the page had `listed`; else empty."""
    left = listed + 1 - len({one.draft_id for one in stopped})
    if left < 1:
        return ""
    what = "Another post of its series was" if left == 1 else f"{left} other posts of its series were"
    return f"{what} not stopped: look below how each of them stands now."


@pages.post("/drafts/<uuid:draft_id>/held")
@needs(Action.HOLD_PUBLICATIONS)
def settle_held(draft_id: UUID) -> ResponseReturnValue:
    """What a person decides about a post on all accounts at once on which it is held."""
    typed = Typed(request.form)
    try:
        to = _FOR_ALL.get(typed["do"])
        if to is None:
            raise BadInput("Choose what is to be done.", field="do")
        with transaction() as session:
            person = current_person(session)
            drafts.find(session, draft_id, by=person, now=now())
            done = holding_together.settle(
                session,
                draft_id,
                _seen(typed),
                to=to,
                looked=bool(typed["looked"]),
                reason=typed.raw("reason"),
                by=person,
                now=now(),
            )
            settled = [account_name(one.account) for one in done.settled]
            told = _told(session, draft_id, by=person) if to == "cancel" else ""
    except BadInput as error:
        return _refused(draft_id, TOGETHER, error)
    why: dict[str, list[str]] = {}
    for one in done.left:
        why.setdefault(one.sentence, []).append(one.account)
    left = [f"{', '.join(accounts)}: {sentence}" for sentence, accounts in why.items()]
    if not settled:
        return _refused(draft_id, TOGETHER, BadInput(" ".join(left)))
    what = "It goes out now" if to == "publish" else "It is stopped"
    flash(f"{what} on {and_last(settled)}.{told}", "success")
    for sentence in left:
        flash(f"Not done on {sentence}", "warning")
    return redirect(url_for("drafts.one", draft_id=draft_id))


def _seen(typed: Typed) -> dict[UUID, int]:
    """Which publications the form was about, and how often each had moved when its page was made."""
    found: dict[UUID, int] = {}
    for value in typed.all("held"):
        publication_id, _, moves = value.partition(" ")
        found[identifier(publication_id)] = hidden_number(moves)
    return found


@pages.post("/drafts/<uuid:draft_id>/publications/<uuid:publication_id>/takedown")
@needs(Action.HOLD_PUBLICATIONS)
def take_down(draft_id: UUID, publication_id: UUID) -> ResponseReturnValue:
    """Have a published post removed from its platform, or from all on which it is."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            person = current_person(session)
            _check_of(session, draft_id, publication_id)
            reason = typed.raw("reason")
            if typed["do"] == "everywhere":
                takedowns.request_everywhere(session, draft_id, reason=reason, by=person, now=now())
            else:
                takedowns.request(session, publication_id, reason=reason, by=person, now=now())
    except BadInput as error:
        return _refused(draft_id, publication_id, error)
    flash(
        "It is being taken down. Load this page again in a moment: what the platform answers is shown below.",
        "success",
    )
    return redirect(url_for("drafts.one", draft_id=draft_id))


@pages.post("/drafts/<uuid:draft_id>/takedown-asked")
@signed_in
@restores
def ask_to_take_down(draft_id: UUID) -> ResponseReturnValue:
    """Ask those who may for a post to be taken down; whether the person may ask is checked with it."""
    said = "It is asked for. Until it is taken down or answered, those who decide see it on Today."
    return _with_reason(draft_id, takedown_asking.ask, said)


@pages.post("/drafts/<uuid:draft_id>/stays")
@needs(Action.HOLD_PUBLICATIONS)
@restores
def stays(draft_id: UUID) -> ResponseReturnValue:
    """Answer whoever asked for a post to be taken down that it stays."""
    return _with_reason(
        draft_id, takedown_asking.stays, "It is answered: who asked gets your reason by e-mail."
    )


def _with_reason(draft_id: UUID, act: Callable[..., object], said: str) -> ResponseReturnValue:
    """Do it with the reason of the form, and say so on the draft's page."""
    typed = Typed(request.form)
    if typed["do"] == RESTORE:
        return draft_page.page(draft_id, typed)
    try:
        with transaction() as session:
            act(session, draft_id, reason=typed.raw("why"), by=current_person(session), now=now())
    except BadInput as error:
        return draft_page.page(draft_id, typed.refuse(error)), 400
    flash(said, "success")
    return redirect(url_for("drafts.one", draft_id=draft_id))


@pages.post("/drafts/<uuid:draft_id>/takedowns/<uuid:takedown_id>/done")
@needs(Action.HOLD_PUBLICATIONS, Action.EDIT_CONSENT)
def taken_down(draft_id: UUID, takedown_id: UUID) -> ResponseReturnValue:
    """Tick off a post that somebody removed by hand."""
    with transaction() as session:
        takedowns.done_by_hand(session, takedown_id, by=current_person(session), now=now())
    flash("Ticked off: the post is down.", "success")
    return redirect(url_for("drafts.one", draft_id=draft_id))


def _refused(draft_id: UUID, publication_id: UUID | str, error: BadInput) -> ResponseReturnValue:
    """The draft's page, which has such a form for each account, with what was typed in the one."""
    typed = Typed(MultiDict(request.form))
    typed.values["publication"] = str(publication_id)
    # The page shows how it stands now: that somebody looked is for them to say anew.
    typed.values.poplist("looked")
    return draft_page.page(draft_id, typed.refuse(BadInput(str(error)))), 400


def _check_of(session: Session, draft_id: UUID, publication_id: UUID) -> None:
    """Raise NotFound unless the publication is that draft's, as the address says."""
    publication = session.get(Publication, publication_id)
    if publication is None or publication.draft_id != draft_id:
        raise NotFound("There is no such post.")
