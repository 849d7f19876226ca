"""Vetting followers and follow requests (P19)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from moderation import actions, followers, hand_tasks, not_yet, review
from moderation import words as moderation_words
from moderation.followers import OUTCOMES, FollowerOutcome, VettingItem
from moderation.models import ActKind, Follower, FollowerState
from moderation.words import FOLLOWER_DONE
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import Account
from school.permissions import Action
from web import left_to_people
from web.access import allowed, current_person, needs
from web.forms import Typed, hidden_number

pages = Blueprint("followers", __name__)

STATES: dict[FollowerState, str] = {
    FollowerState.WAITING: "Waiting",
    FollowerState.APPROVED: "Approved",
    FollowerState.DECLINED: "Declined",
    FollowerState.REMOVED: "Being removed",
    FollowerState.EARLIER: "From before",
    FollowerState.LEFT: "No longer there",
}

CHOICES: dict[FollowerOutcome, tuple[str, str]] = {
    FollowerOutcome.APPROVE: ("Approve", "primary"),
    FollowerOutcome.DECLINE: ("Decline", "outline-secondary"),
    FollowerOutcome.REMOVE: ("Remove", "outline-secondary"),
    FollowerOutcome.MUTE: ("Approve but mute", "outline-secondary"),
    FollowerOutcome.BLOCK: ("Block", "outline-danger"),
}


@pages.context_processor
def _words() -> dict[str, object]:
    return {"said": moderation_words, "state_words": STATES}


def choices(item: VettingItem, offered: frozenset[ActKind] | None) -> list[tuple[str, str, str, bool]]:
    """The buttons for one follower: value, words, colour, and whether it will be a task for a person."""
    open_states = {FollowerState.WAITING, FollowerState.EARLIER, FollowerState.APPROVED}
    if item.follower.state not in open_states:
        return []
    found = []
    for outcome, (words, colour) in CHOICES.items():
        leads = OUTCOMES.get((item.follower.kind, outcome))
        if leads is None or leads[0] is item.follower.state:
            continue
        by_hand = leads[1] is not None and offered is not None and leads[1] not in offered
        found.append((outcome.value, words, colour, by_hand))
    return found


@pages.get("/followers")
@needs(Action.VET_FOLLOWERS)
def queue() -> ResponseReturnValue:
    """Who waits to be vetted, the most worrying first; or another state."""
    wanted = request.args.get("state", "") or FollowerState.WAITING.value
    if wanted not in set(FollowerState):
        raise BadInput("There is no such list of followers.", field="state")
    state = FollowerState(wanted)
    with reading() as session:
        page = followers.queue(
            session,
            viewer=current_person(session),
            state=state,
            platform=request.args.get("platform", ""),
            after=request.args.get("after", ""),
        )
        offered = {item.account.id: actions.offered(session, item.account.id) for item in page.items}
        return render_template(
            "followers/queue.html",
            page=page,
            state=state,
            items=[(item, choices(item, offered[item.account.id])) for item in page.items],
            tasks=(on_followers := hand_tasks.follower_tasks(session)),
            whom=review.whom(session, on_followers),
        )


@pages.get("/followers/<uuid:follower_id>")
@needs(Action.VET_FOLLOWERS)
def one(follower_id: UUID) -> ResponseReturnValue:
    """Everything that is known of one follower, and what was decided."""
    return _one(follower_id, Typed())


def _one(follower_id: UUID, typed: Typed) -> str:
    with reading() as session:
        item = followers.get(session, follower_id, viewer=current_person(session))
        return render_template(
            "followers/one.html",
            item=item,
            choices=choices(item, actions.offered(session, item.account.id)),
            moves=followers.moves(session, follower_id),
            why_waiting=not_yet.why(session, item.acts, now=now()),
            typed=typed,
        )


def _task(session: Session, decided: Follower, outcome: FollowerOutcome) -> Markup | str:
    """That a person has to do it, where the platform lets no program; empty where it is done."""
    _, kind = OUTCOMES[(decided.kind, outcome)]
    account = session.get_one(Account, decided.account_id)
    offered = actions.offered(session, account.id)
    if kind is None or offered is None or kind in offered:
        return ""
    name = moderation_words.platform(account.platform)
    told = (
        f"{name} lets no program do this, so nothing has changed there yet: do it on {name} yourself, or "
        "leave it to whoever comes first."
    )
    # Who vets followers alone finds the task beside them.
    if not allowed(Action.MODERATE):
        return f" {told} It stands under To do by hand."
    return Markup(" {}").format(left_to_people.linked(told))


@pages.post("/followers/<uuid:follower_id>")
@needs(Action.VET_FOLLOWERS)
def decide(follower_id: UUID) -> ResponseReturnValue:
    """Decide; what the platform lets a program do is done, the rest becomes a task."""
    typed = Typed(request.form)
    try:
        if typed["outcome"] not in set(FollowerOutcome):
            raise BadInput("Choose what is to be done.", field="")
        with transaction() as session:
            decided = followers.decide_follower(
                session,
                follower_id,
                FollowerOutcome(typed["outcome"]),
                seen=hidden_number(typed["seen"]),
                by=current_person(session),
                reason=typed["reason"],
                now=now(),
            )
            task = _task(session, decided, FollowerOutcome(typed["outcome"]))
    except BadInput as error:
        return _one(follower_id, typed.refuse(error)), 400
    done = FOLLOWER_DONE[FollowerOutcome(typed["outcome"])]
    flash(Markup("Recorded: {}.{}").format(done, task), "warning" if task else "success")
    if typed["back"] == "queue":
        return redirect(url_for("followers.queue"))
    return redirect(url_for("followers.one", follower_id=follower_id))
