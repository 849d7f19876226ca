"""The moderation queue and everything that is decided there (P2, P3, P17, P18, P20 to P23)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from moderation import (
    actions,
    assigning,
    came_with,
    carrying_words,
    claims,
    coverage,
    decisions,
    habits,
    hand_tasks,
    letters,
    not_yet,
    past_head,
    referrals,
    referring,
    replies,
    review,
    speed,
    undoing,
    unread,
    views,
)
from moderation import words as moderation_words
from moderation.decisions import Decision, Outcome
from moderation.models import (
    ActKind,
    ActState,
    Author,
    CaseState,
    Comment,
    LogCase,
    LogEntry,
    PlatformAct,
    ReferTo,
    WordsAsked,
)
from moderation.outcomes import is_nothing_done
from moderation.review import QueueFilters
from moderation.sight import is_kept_from
from school import accounts, pauses, requests
from school.db import now, reading, transaction
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models import Person, Role
from school.permissions import Action, may, require
from school.settings import settings
from school.times import parse_day
from web import keeping, left_to_people
from web.access import current_person, needs
from web.forms import Typed, hidden_number, identifier
from web.moderation_live import shared

pages = Blueprint("moderation", __name__)

ON_A_PAGE = 40
"""So many entries with their forms stay well under 150 kB, long comments included."""

PASSED_ON_TO = {
    "social-care": "children’s social care",
    "lado": "the local authority’s designated officer (LADO)",
}
"""Whom the safeguarding lead rings outside; what was said is noted with it."""

_NOT_AFTER_ALL = "Don’t block them after all"


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
            maybe_head=_maybe_head(session, person, [item.entry for item in page.items]),
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


def _maybe_head(session: Session, person: Person, entries: Sequence[LogEntry]) -> frozenset[UUID]:
    """The entries of which everybody but the headteacher is asked whether they are about the headteacher."""
    if Role.HEADTEACHER in person.roles or not may(person, Action.REFER):
        return frozenset()
    return past_head.may_be_about(session, entries)


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


def leave_a_line(entry_id: UUID, what: str) -> None:
    """Note that the person signed in looks at this of an entry, where it was referred. Raises NotFound."""
    with reading() as session:
        referred = review.get_case(session, entry_id, viewer=current_person(session)).referred
    if referred:
        with transaction() as session:
            person = current_person(session)
            case = review.get_case(session, entry_id, viewer=person)
            views.of_entry(session, case, what=what, by=person, now=now())


def entry_with(entry_id: UUID, typed: Typed, *, ask_again: bool = False) -> str:
    """The page of an entry with what was typed on it. `ask_again`: whether no action is right after all."""
    with reading() as session:
        person = current_person(session)
        page = review.entry_page(session, entry_id, viewer=person, now=now())
        account, comment = page.item.account, page.item.comment
        spares = not_yet.nobody_blocked(session, entry_id)
        words = carrying_words.asked(session, page.item.entry)
        text = comment.text if comment else page.item.entry.text
        return render_template(
            "moderation/entry.html",
            page=page,
            item=page.item,
            entry=page.item.entry,
            on_request=page.item.entry.erased_at is not None
            and requests.erased_on_request(session, page.item.entry.erased_at),
            case=page.item.case,
            offered=actions.offered(session, account.id) if account else None,
            outcomes=_possible(page, person),
            asked={**decisions.ASKED, Outcome.UNBLOCK: _NOT_AFTER_ALL} if spares else decisions.ASKED,
            spares=spares,
            going=not_yet.going(page.acts),
            going_now=not_yet.going_now(session, {entry_id: page.acts}, now=now()).get(entry_id, ""),
            # Whoever sees no more than what was referred to them opens it again, with a reason.
            undoable=undoing.of_entry(session, entry_id, person, now=now())
            if may(person, Action.MODERATE)
            else None,
            why_waiting=not_yet.why(session, page.acts, now=now()),
            stopped=not_yet.stopped(session, [entry_id], begins="Recorded; ")[1],
            waits=(waits := referrals.waits_for(session, entry_id, person)),
            takes=not waits and referrals.may_take(page.item.case, page.item.entry, person),
            maybe_head=_maybe_head(session, person, [page.item.entry]),
            ask_again=ask_again,
            to_ring=referrals.to_ring(session, viewer=person, entry_id=entry_id)
            if may(person, Action.REFER)
            else [],
            people=review.referred_by(session, page.referrals),
            received=referrals.received_by(person),
            passed_on_to=PASSED_ON_TO,
            mark=_entry_mark(page.item.case, page.acts, words),
            words=words,
            letters=letters.of_entry(session, entry_id),
            came_with=came_with.of_entry(session, page.item.entry),
            came_with_warning=came_with.WARNING,
            marked=carrying_words.pieces(text, words.places) if words and words.places else None,
            mine=claims.is_held(page.item.case, person, now=now()),
            following=review.following(session, page.item.case, viewer=person)
            if may(person, Action.MODERATE)
            else None,
            habits=habits.of(session, person, now=now()),
            chosen=request.args.get("do", ""),
            saved=replies.filled(session, page.item.entry),
            colleagues=assigning.colleagues(session, page.item.case, besides=person)
            if may(person, Action.MODERATE)
            else [],
            typed=typed,
            typed_fields=keeping.fields(typed.values),
        )


def _possible(page: review.EntryPage, person: Person) -> frozenset[str]:
    """The outcomes that the form offers: those that fit the entry's state and the person's role."""
    item = page.item
    possible = {outcome for outcome, moves in decisions.OUTCOME_MOVES.items() if item.case.state in moves}
    # It has a form of its own, for those for whom the entry waits.
    possible -= {Outcome.DEALT}
    # One way alone to say that nothing is wrong.
    possible -= {Outcome.DISMISS if unread.only(item.case) else Outcome.READ}
    if not may(person, Action.MODERATE):
        possible &= decisions.FOR_REFERRED
    if item.comment is None:
        possible -= {Outcome.HIDE, Outcome.UNHIDE, Outcome.DELETE, Outcome.REPLY}
    else:
        # Nobody could see what an answer to something hidden answers.
        going = not_yet.going(page.acts)
        hidden = {Outcome.HIDE, Outcome.REPLY, Outcome.WARN}
        possible -= hidden if item.comment.hidden or going else set()
        possible -= set() if item.comment.hidden or going == not_yet.HIDING else {Outcome.UNHIDE}
        if item.comment.gone_at is not None:
            possible -= {Outcome.HIDE, Outcome.UNHIDE, Outcome.DELETE, Outcome.REPLY, Outcome.WARN}
    if item.entry.author_id is None:
        possible -= {Outcome.BLOCK, Outcome.UNBLOCK, Outcome.MUTE, Outcome.UNMUTE}
    elif item.author is not None and item.author.blocked:
        possible -= {Outcome.BLOCK}
    else:
        possible -= {Outcome.UNBLOCK}
    if not any(act.kind is ActKind.MUTE and act.state is not ActState.WITHDRAWN for act in page.acts):
        possible -= {Outcome.UNMUTE}
    return frozenset(outcome.value for outcome in possible)


@pages.get("/moderation/<uuid:entry_id>/news")
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def entry_news(entry_id: UUID) -> ResponseReturnValue:
    """What an entry's page compares, to say that somebody or the platform did something."""
    with reading() as session:
        case = review.get_case(session, entry_id, viewer=current_person(session))
        words = carrying_words.asked(session, session.get_one(LogEntry, entry_id))
        return jsonify(mark=_entry_mark(case, review.acts_of(session, entry_id), words))


def _entry_mark(case: LogCase, acts: Sequence[PlatformAct], words: WordsAsked | None) -> str:
    states = "".join(sorted(f"{act.id}{act.state}{act.attempts}" for act in acts))
    return f"{case.version}/{case.claimed_by_id}/{states}/{words.state if words else ''}"


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
        return _as_typed(entry_id, typed)
    if typed["insert"]:
        return _with_reply(entry_id, typed)
    try:
        decision = _decision(typed)
        if _to_be_asked_again(entry_id, decision, typed):
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
            public = not decision.outcomes & referring.TAKES_AWAY and _still_visible(session, case)
            waiting, stopped = not_yet.stopped(session, [entry_id])
            by_hand = not_yet.by_hand(session, not_yet.acts_about(session, [entry_id]))
            platform = case.platform
    except BadInput as error:
        return entry_with(entry_id, typed.refuse(error)), 400
    except MoveNotAllowed as error:
        # Beside how things stand now, with what was typed; gone where it may no longer be seen.
        typed.errors[""] = f"Nothing is recorded. {error}"
        return entry_with(entry_id, typed), 409
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
    if stopped:
        said = f"Recorded: {words}. {stopped}{after}"
    elif hides_nothing:
        where = moderation_words.platform(case.platform)
        said = f"Recorded: {words}. The comment is still visible on {where}: {hides_nothing}{after}"
    else:
        said = f"Recorded: {words}.{after}"
    if not to_the_queue:
        said = said.replace("on its page", "below")
    elif not gone:
        said = _linked(said, entry_id)
    flash(said, "warning" if stopped or hides_nothing or task else "success")
    if task:
        flash(task, "warning")
    if to_the_queue:
        if came := _came_urgent(typed["since"]):
            flash("Something urgent has come in meanwhile: it stands here now.", "warning")
            return redirect(url_for("moderation.queue", _anchor=f"entry-{came}"))
        # Where the person was: at the entry after this one.
        return redirect(_queue(typed["kept"], back_at))
    return redirect(url_for("moderation.entry", entry_id=entry_id))


def _linked(said: str, entry_id: UUID) -> Markup:
    """What was decided, with the way to the page that it names: the entry has left the queue."""
    link = Markup('<a href="{}">its page</a>').format(url_for("moderation.entry", entry_id=entry_id))
    return escape(said).replace("its page", link)


def _to_be_asked_again(entry_id: UUID, decision: Decision, typed: Typed) -> bool:
    """Whether something urgent is about to be left as it is in one press: that takes a second one."""
    if typed["sure"] == "yes" or not is_nothing_done(decision.outcomes) or not decision.reason.strip():
        return False
    with reading() as session:
        case = review.get_case(session, entry_id, viewer=current_person(session))
        return case.urgent and case.state is CaseState.OPEN and case.version == hidden_number(typed["seen"])


def _came_urgent(since: str) -> UUID | None:
    """What came into the queue since the page was made at this moment and is more urgent than the rest."""
    try:
        moment = datetime.fromisoformat(since)
        if moment.tzinfo is None:
            return None
        # At the ends of time another zone's moment has none in UTC.
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    with reading() as session:
        return review.came_urgent(session, since=moment, viewer=current_person(session))


def _still_visible(session: Session, case: LogCase) -> bool:
    comment_id = session.get_one(LogEntry, case.entry_id).comment_id
    comment = session.get(Comment, comment_id) if comment_id else None
    return bool(moderation_words.still_visible(case, comment))


def _as_typed(entry_id: UUID, typed: Typed) -> str:
    """The page of an entry with words typed elsewhere: in the queue's row, or before a session ended."""
    leave_a_line(entry_id, "page")
    values = typed.values.copy()
    wish = request.args.get("do", "")
    if wish:
        # The row's own buttons stand for choices that nobody made.
        values.setlist("outcomes", [Outcome.REFER] if wish == Outcome.REFER else [])
        values.poplist("refer_to")
    return entry_with(entry_id, Typed(values))


def _with_reply(entry_id: UUID, typed: Typed) -> str:
    """The form again with a saved answer in it: it is for a person to read, change and send."""
    with reading() as session:
        review.get_case(session, entry_id, viewer=current_person(session))
        saved = replies.get(session, typed["insert"])
        texts = {one.key: text for one, text in replies.filled(session, session.get_one(LogEntry, entry_id))}
    before = typed.raw("reply").replace("\r\n", "\n").strip()
    values = typed.values.copy()
    text = texts[saved.key]
    values["reply"] = text if before in {"", *texts.values()} else f"{before}\n\n{text}"
    return entry_with(entry_id, Typed(values))


def _decision(typed: Typed) -> Decision:
    chosen = set()
    for value in typed.all("outcomes"):
        # A button may stand for two outcomes that often go together.
        for part in value.split("+"):
            if part not in set(Outcome):
                raise BadInput("Choose from the list what is to be done.", field="outcomes")
            chosen.add(Outcome(part))
    to = typed["refer_to"]
    if to and to not in set(ReferTo):
        raise BadInput("Choose from the list to whom it is referred.", field="refer_to")
    about_headteacher = typed["about_headteacher"] == "yes"
    if about_headteacher and not to:
        # The page says that it then goes to the chair, so the tick alone is enough (P3).
        to = ReferTo.CHAIR.value
    reason = typed["reason"]
    told = [words for key, words in PASSED_ON_TO.items() if key in typed.all("passed_on")]
    if chosen == {Outcome.DEALT} and told and reason:
        reason = f"Passed on to {' and '.join(told)}. {reason}"
    return Decision(
        outcomes=frozenset(chosen),
        reason=reason,
        reply=typed.raw("reply"),
        refer_to=ReferTo(to) if to else None,
        reference=typed["reference"],
        about_headteacher=about_headteacher,
        author_is_pupil={"yes": True, "no": False}.get(typed["author_is_pupil"]),
        meeting_on=parse_day(typed["meeting_on"], "a day", field="meeting_on")
        if typed["meeting_on"]
        else None,
    )


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
