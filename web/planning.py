"""Planning pages: move a post to another time, repeat it, and each person's calendar feed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from approvals import calendar_feed, day_words, drafts, planning, schedule, series
from approvals.models import Draft
from approvals.planning import Rhythm
from approvals.states import DraftState
from school import school_year
from school.db import new_id, now, reading, transaction
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.permissions import Action
from school.settings import settings
from school.times import LONDON, parse_day, say, say_date
from school.wording import and_last
from web import draft_offers, draft_page, handing_in, whole_series
from web.access import current_person, needs, public, signed_in
from web.forms import Typed, hidden_number, whole_number
from web.limits import limiter

pages = Blueprint("planning", __name__)


@pages.get("/drafts/<uuid:draft_id>/move")
@needs(Action.WRITE_DRAFTS)
def ask_to_move(draft_id: UUID) -> ResponseReturnValue:
    """The form for another time; `?to=2027-06-03` is where it was dragged to. Changes nothing."""
    return _move_page(draft_id, Typed())


@pages.post("/drafts/<uuid:draft_id>/move")
@needs(Action.WRITE_DRAFTS)
def move(draft_id: UUID) -> ResponseReturnValue:
    """Plan it for another time, and hand it in again where that was asked."""
    typed = Typed(request.form)
    if _to_be_asked(draft_id, typed):
        return _move_page(draft_id, typed, asked=True)
    try:
        based_on = whole_number(typed["based_on"]) or 0
        with transaction() as session:
            draft = planning.move(
                session,
                draft_id,
                day=typed["planned_date"],
                clock=typed["planned_time"],
                based_on=based_on,
                by=current_person(session),
                now=now(),
            )
            number, state = draft.revision_number, draft.state
    except MoveNotAllowed as error:
        return _move_page(draft_id, typed.refuse(BadInput(str(error)))), 409
    except BadInput as error:
        # All that is wrong is said above; a time has its field here.
        named = error.field if error.field == "planned_time" else ""
        return _move_page(draft_id, typed.refuse(BadInput(str(error), field=named))), 400
    # A change would have taken it back.
    stands = state in handing_in.STANDS
    if number == based_on or (stands and typed["do"] != "submit"):
        so = f", so {handing_in.STANDS[state]}" if stands else ""
        flash(f"That is the time that it had: nothing was changed{so}.", "info")
    elif typed["do"] == "submit":
        try:
            handing_in.hand_in(draft_id, number)
        except BadInput as error:
            flash(f"It is moved, but not handed in yet. {error}", "warning")
        else:
            flash("It is moved and handed in again. You get an e-mail when it is decided.", "success")
    else:
        flash("It is moved. It is published only after it is handed in and approved.", "success")
    return redirect(url_for("drafts.one", draft_id=draft_id))


def _to_be_asked(draft_id: UUID, typed: Typed) -> bool:
    """Whether the new time is an odd one that the form did not say so of yet, as when it is dragged there."""
    day, clock = typed["planned_date"], typed["planned_time"]
    with reading() as session:
        revision = drafts.current_revision(session, _own(session, draft_id))
        new = f"{day}T{clock}" not in {typed["warned"], revision.planned_local}
        return new and bool(draft_offers.about_time(session, day, clock))


def _move_page(draft_id: UUID, typed: Typed, *, asked: bool = False) -> str:
    """`asked`: nothing is moved yet, since the new time is an odd one."""
    with reading() as session:
        draft = _own(session, draft_id)
        revision = drafts.current_revision(session, draft)
        drafts.check_editable(session, draft)
        day, _, clock = (revision.planned_local or "").partition("T")
        wanted = typed["planned_date"] or request.args.get("to", "") or day
        if not typed.values:
            typed = Typed(
                MultiDict({"planned_date": wanted, "planned_time": clock, "based_on": str(revision.number)})
            )
        return render_template(
            "calendar/move.html",
            draft=draft,
            summary=schedule.summary(revision.text) or "(no text)",
            planned=revision.planned_at,
            void=draft.state in {DraftState.SUBMITTED, DraftState.APPROVED},
            from_calendar="to" in request.args or request.args.get("from") == "calendar",
            warning=draft_offers.about_time(session, wanted, typed["planned_time"]),
            asked=asked,
            typed=typed,
        )


@pages.get("/drafts/<uuid:draft_id>/repeat")
@needs(Action.WRITE_DRAFTS)
def ask_to_repeat(draft_id: UUID) -> ResponseReturnValue:
    """The form for repeating a post."""
    return _repeat_page(draft_id, Typed(), begins=new_id())


@pages.post("/drafts/<uuid:draft_id>/repeat")
@needs(Action.WRITE_DRAFTS)
def repeat(draft_id: UUID) -> ResponseReturnValue:
    """Show on which days that would be, or begin a draft for each."""
    typed = Typed(request.form)
    begins = typed.identifier("series")
    try:
        if typed["rhythm"] not in set(Rhythm):
            raise BadInput("Choose from the list how often.", field="rhythm")
        until = parse_day(typed["until"], "the last day", field="until")
        if typed["do"] == "show":
            return _repeat_page(draft_id, typed, begins=begins, until=until)
        with transaction() as session:
            made = planning.repeat(
                session,
                draft_id,
                rhythm=Rhythm(typed["rhythm"]),
                until=until,
                series=begins,
                by=current_person(session),
                now=now(),
            )
            handed_in = session.get_one(Draft, draft_id).state in handing_in.STANDS
    except BadInput as error:
        named = error.field if error.field in {"rhythm", "until"} else ""
        return _repeat_page(draft_id, typed.refuse(BadInput(str(error), field=named)), begins=begins), 400
    flash(_begun(len(made), handed_in=handed_in), "success")
    where = "series-too" if handed_in else "series"
    return redirect(url_for("drafts.one", draft_id=draft_id, _anchor=where))


def _begun(many: int, *, handed_in: bool) -> str:
    """How many repetitions were begun, and how they are handed in: with one signature (P14)."""
    begun, them = ("1 draft is begun.", "it") if many == 1 else (f"{many} drafts are begun.", "them")
    if handed_in:
        return f"{begun} You can hand {them} in on this page, with the checklist that you signed for it."
    return f"{begun} Hand this post in: then one press hands {them} in, too, with the same signed checklist."


@pages.post("/drafts/<uuid:draft_id>/series/wording")
@needs(Action.WRITE_DRAFTS)
def reword_series(draft_id: UUID) -> ResponseReturnValue:
    """Give the other drafts of a series that are still being written the wording of this one."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            changed = series.reword(
                session,
                draft_id,
                seen=whole_number(typed["revision"]) or 0,
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return draft_page.page(draft_id, typed.refuse(BadInput(str(error)))), 400
    many = "1 draft" if len(changed) == 1 else f"{len(changed)} drafts"
    if not changed:
        flash("No other draft of this series says what this one said before, so nothing was changed.", "info")
    else:
        flash(
            f"The wording of {many} is changed. Sign each one’s checklist before you hand it in.", "success"
        )
    return redirect(url_for("drafts.one", draft_id=draft_id, _anchor="series"))


@pages.post("/drafts/<uuid:draft_id>/series/hand-in")
@needs(Action.WRITE_DRAFTS)
def hand_in_series(draft_id: UUID) -> ResponseReturnValue:
    """Hand in the other posts of a series that say the same, with the checklist that was signed for this."""
    typed = Typed(request.form)
    together = whole_series.hand_in(draft_id, hidden_number(typed["revision"]))
    if together.done:
        many = "1 more post is" if together.done == 1 else f"{together.done} more posts are"
        flash(f"{many} handed in. {together.asked} You get an e-mail for each decision.", "success")
    for sentence in together.refused:
        flash(f"Not handed in: {sentence}", "warning")
    return redirect(url_for("drafts.one", draft_id=draft_id, _anchor="series"))


def _repeat_page(draft_id: UUID, typed: Typed, *, begins: UUID, until: date | None = None) -> str:
    with reading() as session:
        draft = _own(session, draft_id)
        revision = drafts.current_revision(session, draft)
        year = school_year.load(session)
        planned = revision.planned_at
        first = planned.astimezone(LONDON).date() if planned is not None else None
        days: list[date] = []
        left_out: list[tuple[str, list[date]]] = []
        if until is not None and first is not None:
            rhythm = Rhythm(typed["rhythm"])
            days = planning.dates(first, rhythm, until=until, year=year)
            left_out = planning.left_out(first, rhythm, until=until, year=year)
        return render_template(
            "calendar/repeat.html",
            draft=draft,
            summary=schedule.summary(revision.text) or "(no text)",
            planned=planned,
            first=first,
            handed_in=draft.state in handing_in.STANDS,
            rhythms=[(one.value, one.in_words) for one in Rhythm],
            days=[(day, planning.why_not(year, day)) for day in days],
            left_out=[(why, _days(several)) for why, several in left_out],
            names_days=day_words.in_repeats(revision.words, first) if first is not None else [],
            terms_known=year.known,
            shown=until is not None,
            terms_missing="" if year.known else planning.no_term_dates(session, by=current_person(session)),
            series=begins,
            typed=typed,
        )


def _days(days: Sequence[date]) -> str:
    """Several days in a few words: "22 and 29 December 2026"."""
    said = []
    for _month, found in groupby(days, key=lambda day: (day.year, day.month)):
        several = list(found)
        said.append(and_last([*(str(day.day) for day in several[:-1]), say_date(several[-1])]))
    return "; ".join(said)


def _own(session: Session, draft_id: UUID) -> Draft:
    person = current_person(session)
    draft = drafts.find(session, draft_id, by=person, now=now())
    if draft.author_id != person.id:
        raise NotPermitted("Only the author can change a draft. Ask for changes instead.")
    return draft


@pages.get("/calendar/feed")
@signed_in
def feed() -> ResponseReturnValue:
    """What a feed is, and whether the person has one."""
    return _feed_page("")


@pages.post("/calendar/feed")
@signed_in
def renew_feed() -> ResponseReturnValue:
    """A new secret address, shown this once; the one before is dead."""
    with transaction() as session:
        token = calendar_feed.renew(session, by=current_person(session), now=now())
    return _feed_page(f"{settings().effective_public_url}/calendar/feed/{token}/posts.ics")


@pages.post("/calendar/feed/end")
@signed_in
def end_feed() -> ResponseReturnValue:
    """End the feed."""
    with transaction() as session:
        person = current_person(session)
        calendar_feed.end(session, of=person, by=person, now=now())
    flash("Your calendar address is ended: nobody can read it any more.", "success")
    return redirect(url_for("planning.feed"))


@pages.get("/calendar/feed/<token>/posts.ics")
@public
@limiter.limit("120 per hour")
def read_feed(token: str) -> Response:
    """The calendar of whoever's secret it is, for their calendar program."""
    with reading() as session:
        body = calendar_feed.of_token(session, token, now=now())
    answer = Response(body, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'inline; filename="school-posts.ics"'
    return answer


def _feed_page(address: str) -> str:
    with reading() as session:
        since = calendar_feed.made_at(session, current_person(session))
    return render_template("calendar/feed.html", address=address, since=since, say=say)
