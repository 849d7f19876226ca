"""The moderation queue and everything that is decided there (P2, P3, P17, P18, P20 to P23)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation import (
    actions,
    assigning,
    carrying_words,
    claims,
    coverage,
    decisions,
    habits,
    hand_tasks,
    not_yet,
    referrals,
    referring,
    review,
    speed,
    undoing,
)
from moderation import words as moderation_words
from moderation.claimed import HeldByColleague
from moderation.decisions import Outcome
from moderation.models import (
    ActKind,
    Author,
    CaseState,
    LogEntry,
    PlatformAct,
)
from moderation.review import QueueFilters
from moderation.sight import is_kept_from
from school import accounts, pauses
from school.db import now, reading, transaction
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models import Person
from school.permissions import Action, may, require
from school.settings import settings
from web import keeping, left_to_people, moderation_decision, moderation_entry
from web.access import current_person, needs
from web.forms import Typed, hidden_number, identifier
from web.moderation_entry import entry_with, leave_a_line
from web.moderation_live import shared

pages = Blueprint("moderation", __name__)

ON_A_PAGE = 40
"""So many entries with their forms stay well under 150 kB, long comments included."""


@pages.context_processor
def _words() -> dict[str, object]:
    return {"said": moderation_words}


# The queue


@pages.get("/moderation")
@needs(Action.MODERATE)
def queue() -> ResponseReturnValue:
    """The open entries, the worst first."""
    filters = _filters()
    by_post = request.args.get("by", "") == "post"
    with reading() as session:
        person = current_person(session)
        page = review.queue(
            session,
            viewer=person,
            filters=filters,
            after=request.args.get("after", ""),
            limit=ON_A_PAGE,
            now=now(),
        )
        moment = now()
        groups = page.by_post() if by_post else page.by_author()
        order = [item.entry.id for group in groups for item in group]
        return render_template(
            "moderation/queue.html",
            page=page,
            by="post" if by_post else "author",
            groups=groups,
            following=dict(pairwise(order)),
            person=person,
            moment=moment,
            is_held=claims.is_held,
            habits=habits.of(session, person, now=moment),
            colleagues=assigning.colleagues(session, None, besides=person),
            own=assigning.own(session, person, now=moment),
            undoable=undoing.last(session, person, now=moment),
            speeds=speed.figures(session, viewer=person, waiting=page.open, now=moment),
            length=speed.said,
            filters=filters,
            filtered=filters != QueueFilters(),
            pauses=_pauses(session, person),
            coverages=[coverage.coverage(session, one, now=moment) for one in accounts.everything(session)],
            tasks=len(review.tasks(session, viewer=person)),
            maybe_head=moderation_entry.maybe_head(session, person, [item.entry for item in page.items]),
            by_hand=_by_hand(session, page.items),
            back_soon=not_yet.back_soon(
                session,
                [one.comment.id for one in page.items if one.comment and one.comment.hidden],
                now=moment,
            ),
            referred_here=sum(referrals.count_waiting(session, person)),
            to_deal_with=referrals.to_deal_with(
                session, [(item.case, item.entry) for item in page.items], person
            ),
            of_author=session.get(Author, filters.author_id) if filters.author_id else None,
            mark=shared().of(session, person, anew=True).mark,
        )


def _by_hand(session: Session, items: Sequence[review.QueueItem]) -> dict[UUID, frozenset[ActKind]]:
    """What a person has to do on the platform of each of these accounts, since no program can."""
    found = {}
    for account_id in {item.entry.account_id for item in items if item.entry.account_id}:
        offered = actions.offered(session, account_id)
        found[account_id] = frozenset() if offered is None else frozenset(ActKind) - offered
    return found


def _pauses(session: Session, person: Person) -> dict[UUID, str]:
    """By account, who paused it, when and why: for those who may see the accounts."""
    if not may(person, Action.SEE_ACCOUNTS):
        return {}
    found = ((one.id, pauses.of(session, one)) for one in accounts.everything(session))
    return {account_id: pause.said for account_id, pause in found if pause is not None}


def _filters() -> QueueFilters:
    author = request.args.get("author", "")
    return QueueFilters(
        platform=request.args.get("platform", ""),
        kind=request.args.get("kind", ""),
        author_id=identifier(author) if author else None,
        post_platform_id=request.args.get("post", ""),
        referred=request.args.get("referred", "") == "yes",
        mine=request.args.get("mine", "") == "yes",
        taken=request.args.get("taken", "") == "yes",
    )


# One entry


@pages.get("/moderation/<uuid:entry_id>")
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def entry(entry_id: UUID) -> ResponseReturnValue:
    """Everything about one entry, and the decisions that are possible. Who reads a referral leaves a line."""
    leave_a_line(entry_id, "page")
    return entry_with(entry_id, Typed())


@pages.get("/moderation/<uuid:entry_id>/news")
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def entry_news(entry_id: UUID) -> ResponseReturnValue:
    """What an entry's page compares, to say that somebody or the platform did something."""
    with reading() as session:
        case = review.get_case(session, entry_id, viewer=current_person(session))
        words = carrying_words.asked(session, session.get_one(LogEntry, entry_id))
        return jsonify(mark=moderation_entry.mark(case, review.acts_of(session, entry_id), words))


@pages.post("/moderation/<uuid:entry_id>/words")
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def ask_words(entry_id: UUID) -> ResponseReturnValue:
    """Have a worker find out which words carried the score; the page shows them when it knows."""
    with transaction() as session:
        carrying_words.ask(session, entry_id, by=current_person(session), now=now())
    return redirect(url_for("moderation.entry", entry_id=entry_id, _anchor="evidence"))


@pages.post("/moderation/<uuid:entry_id>/claim")
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def claim(entry_id: UUID) -> ResponseReturnValue:
    """Keep the others from deciding this entry for some minutes."""
    with transaction() as session:
        person = current_person(session)
        claims.claim(session, entry_id, by=person, lifetime=settings().claim_lifetime, now=now())
    if request.form.get("back") == "queue":
        return redirect(_queue(request.form.get("kept", ""), entry_id))
    return redirect(url_for("moderation.entry", entry_id=entry_id))


@pages.post("/moderation/<uuid:entry_id>/take-over")
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def take_over(entry_id: UUID) -> ResponseReturnValue:
    """Take an urgent entry over from the colleague who is deciding it; what was typed meanwhile is kept."""
    typed = Typed(request.form)
    with transaction() as session:
        claims.take_over(
            session,
            entry_id,
            holder_id=typed.identifier("holder"),
            by=current_person(session),
            lifetime=settings().claim_lifetime,
            now=now(),
        )
    flash("It is yours to decide now.", "success")
    if typed["seen"]:
        # It stands beside a decision that was refused, with all that this said.
        leave_a_line(entry_id, "page")
        values = typed.values.copy()
        values.poplist("holder")
        return entry_with(entry_id, Typed(values))
    return redirect(url_for("moderation.entry", entry_id=entry_id))


@pages.post("/moderation/<uuid:entry_id>/release")
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def release(entry_id: UUID) -> ResponseReturnValue:
    """Let others decide it."""
    with transaction() as session:
        claims.release(session, entry_id, by=current_person(session))
    return redirect(_queue(request.form.get("kept", ""), entry_id))


def _undo_one(session: Session, entry_id: UUID, *, seen: int, by: Person, url: str, now: datetime) -> int:
    undoing.undo(session, entry_id, seen=seen, by=by, url=url, now=now)
    return 1


@pages.post("/moderation/<uuid:entry_id>/undo")
@needs(Action.MODERATE)
def undo(entry_id: UUID) -> ResponseReturnValue:
    """Take one's own last decision back."""
    typed = Typed(request.form)
    with transaction() as session:
        together = typed["all"] == "yes"
        count = (undoing.undo_together if together else _undo_one)(
            session,
            entry_id,
            seen=hidden_number(typed["seen"]),
            by=current_person(session),
            url=settings().effective_public_url,
            now=now(),
        )
        still = undoing.block_stands(session, entry_id)
    opened = "the entry is" if count == 1 else f"{count} entries are"
    blocked = " Whoever wrote it stays blocked: another decision says so, too." if still else ""
    flash(f"Taken back: {opened} open again.{blocked}", "success")
    if typed["back"] == "entry":
        return redirect(url_for("moderation.entry", entry_id=entry_id))
    return redirect(_queue(typed["kept"], entry_id))


def _queue(kept: str, entry_id: UUID | None) -> str:
    """The queue's address with what it was filtered and grouped by, at this entry."""
    known = {"platform", "kind", "author", "post", "referred", "mine", "taken", "by", "after"}
    wanted: dict[str, str] = {name: value for name, value in parse_qsl(kept) if name in known}
    return url_for("moderation.queue", **wanted, _anchor=f"entry-{entry_id}" if entry_id else None)  # type: ignore[arg-type]


@pages.post("/moderation/<uuid:entry_id>")
@keeping.restores
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def decide(entry_id: UUID) -> ResponseReturnValue:
    """Decide; the workers carry it out on the platform."""
    typed = Typed(request.form)
    if typed["do"] == keeping.RESTORE:
        return moderation_entry.as_typed(entry_id, typed)
    if typed["insert"]:
        return moderation_entry.with_reply(entry_id, typed)
    try:
        decision = moderation_decision.taken(typed)
        if moderation_decision.to_be_asked_again(entry_id, decision, typed):
            return entry_with(entry_id, typed, ask_again=True)
        back_at = typed.identifier("next") if typed["next"] else None
        with transaction() as session:
            person, moment = current_person(session), now()
            spared = Outcome.UNBLOCK in decision.outcomes and not_yet.nobody_blocked(session, entry_id)
            given = assigning.in_force(session, [entry_id]).get(entry_id)
            case = decisions.decide(
                session,
                entry_id,
                decision,
                seen=hidden_number(typed["seen"]),
                by=person,
                url=settings().effective_public_url,
                now=moment,
            )
            as_well = referring.came_by_itself(session, [entry_id], at=moment)
            to_the_lead = referring.said_by_itself(session, as_well, many=False)
            gone = is_kept_from(person, about_headteacher=case.about_headteacher)
            public = not decision.outcomes & referring.TAKES_AWAY and moderation_decision.still_visible(
                session, case
            )
            waiting, stopped = not_yet.stopped(session, [entry_id])
            by_hand = not_yet.by_hand(session, not_yet.acts_about(session, [entry_id]))
            platform = case.platform
    except BadInput as error:
        return entry_with(entry_id, typed.refuse(error)), 400
    except MoveNotAllowed as error:
        # Beside how things stand now, with what was typed; gone where it may no longer be seen.
        typed.errors[""] = f"Nothing is recorded. {error}"
        return entry_with(entry_id, typed, held=isinstance(error, HeldByColleague)), 409
    words = moderation_words.decided(decision.outcomes, waiting, by_hand, to=decision.refer_to)
    if spared and ActKind.UNBLOCK not in {*waiting, *by_hand}:
        words = words.replace(moderation_words.OUTCOMES[Outcome.UNBLOCK], "not blocked after all")
    after = f"{to_the_lead}{moderation_words.afterwards(decision)}"
    if given and given[0] != person.id and case.state is CaseState.DECIDED:
        after += f" It had been given to {given[1]}: tell them that it is decided."
    task = left_to_people.task(decision.outcomes, by_hand, platform, waiting=waiting)
    to_the_queue = gone or typed["back"] == "queue"
    # On the entry's page it stands beneath, with the way to hide it.
    hides_nothing = moderation_words.hides_nothing(decision) if public and to_the_queue else ""
    said = moderation_decision.recorded(
        f"Recorded: {words}.", after, stopped=stopped, platform=case.platform, hides_nothing=hides_nothing
    )
    if not to_the_queue:
        said = said.replace("on its page", "below")
    elif not gone:
        said = moderation_decision.linked(said, entry_id)
    flash(said, "warning" if stopped or hides_nothing or task else "success")
    if task:
        flash(task, "warning")
    if to_the_queue:
        if came := moderation_decision.came_urgent(typed["since"]):
            flash("Something urgent has come in meanwhile: it stands here now.", "warning")
            return redirect(url_for("moderation.queue", _anchor=f"entry-{came}"))
        # Where the person was: at the entry after this one.
        return redirect(_queue(typed["kept"], back_at))
    return redirect(url_for("moderation.entry", entry_id=entry_id))


@pages.get("/moderation/<uuid:entry_id>/picture")
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def picture(entry_id: UUID) -> ResponseReturnValue:
    """The picture of an entry made by hand."""
    leave_a_line(entry_id, "picture")
    with reading() as session:
        data, kind = review.picture(session, entry_id, viewer=current_person(session))
    answer = Response(data, mimetype=kind)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Disposition"] = "inline; filename=evidence"
    return answer


# What a person has to do on the platform


@pages.get("/moderation/tasks")
@needs(Action.MODERATE)
def tasks() -> ResponseReturnValue:
    """What the platforms let no program do, and what failed."""
    with reading() as session:
        shown = review.tasks(session, viewer=current_person(session))
        gone = review.tasks_under_gone_posts(session, shown)
        calls = referrals.to_ring(session, viewer=current_person(session))
        vets = may(current_person(session), Action.VET_FOLLOWERS)
        on_followers = hand_tasks.follower_tasks(session) if vets else []
        return render_template(
            "moderation/tasks.html",
            acts=shown,
            gone=gone,
            whom=review.whom(session, [*shown, *on_followers]),
            calls=calls,
            on_followers=on_followers,
        )


@pages.post("/moderation/acts/<uuid:act_id>/<any(tick, again):what>")
@needs(Action.MODERATE, Action.VET_FOLLOWERS)
def act(act_id: UUID, what: str) -> ResponseReturnValue:
    """Tick a hand task off, or try a failed act again."""
    with transaction() as session:
        person = current_person(session)
        found = session.get(PlatformAct, act_id)
        if found is None:
            raise NotFound("There is no such task.")
        if found.entry_id is not None:
            require(person, Action.MODERATE)
            try:
                review.get_case(session, found.entry_id, viewer=person)
            except NotFound:
                # In the words of a task that isn't there (P3).
                raise NotFound("There is no such task.") from None
        else:
            require(person, Action.VET_FOLLOWERS)
        if what == "tick":
            hand_tasks.tick_off(session, act_id, by=person, now=now())
        else:
            hand_tasks.try_again(session, act_id, by=person, now=now())
    flash("Ticked off." if what == "tick" else "It is tried again now.", "success")
    if request.form.get("back") == "tasks":
        return redirect(url_for("moderation.tasks"))
    if found.entry_id is not None:
        return redirect(url_for("moderation.entry", entry_id=found.entry_id))
    return redirect(url_for("followers.one", follower_id=found.follower_id))
