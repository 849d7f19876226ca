"""One person's data: what is held where, the file for them, a hold, and erasure on request (P34)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.utils import secure_filename

from moderation import authors, held
from moderation.models import Author
from moderation.words import REFER_TO
from school import exports, holds, people, pins, requests, retention
from school.db import now, reading, transaction
from school.errors import BadInput, NotFound
from school.models import DataExport, ExportOf, HoldOn
from school.permissions import Action
from school.retention import Rule, Subject
from school.times import today
from school.wording import and_last
from web import disclosure, record_holds
from web.access import current_person, needs
from web.forms import Typed
from web.naming import platform_name
from web.retained import BY_KEY, RULES, seen_by

pages = Blueprint("subjects", __name__)

SHOWN_MAX = 20
BEING_MADE = "The file is being made. You get an e-mail when it can be fetched, usually within a minute."


@pages.get("/data-protection/people")
@needs(Action.SEE_PROTECTION)
def search() -> ResponseReturnValue:
    """Find a person: staff, pupils, and people on the platforms."""
    typed = Typed(request.args)
    words = typed["q"][:100]
    found: list[Subject] = []
    handles: dict[UUID, str] = {}
    givers: list[requests.Giver] = []
    if words:
        with reading() as session:
            found = requests.people_named(session, words, most=SHOWN_MAX)
            givers = requests.givers_named(session, words, most=SHOWN_MAX)
            for one in authors.named(session, words, most=SHOWN_MAX):
                found.append(Subject(HoldOn.AUTHOR, one.id, one.display_name or one.handle))
                place = platform_name(one.platform)
                handles[one.id] = f"@{one.handle} on {place}" if one.handle else place
    return render_template(
        "protection/people.html",
        typed=typed,
        found=found,
        handles=handles,
        givers=givers,
        kinds=record_holds.WORDS,
    )


def _one(kind: str, subject_id: UUID, typed: Typed, status: int = 200) -> ResponseReturnValue:
    with reading() as session:
        seen = seen_by(current_person(session))
        subject = disclosure.subject_of(session, kind, subject_id)
        page = render_template(
            "protection/person.html",
            subject=subject,
            kind=record_holds.WORDS[subject.kind],
            holdings=requests.holdings(session, RULES, subject, seen=seen),
            still_open=held.still_open(session, subject, seen=seen.get("log")),
            counted=BY_KEY.keys() - seen.keys(),
            hold=holds.of(session, subject.kind, subject.id),
            decisions=requests.decisions(session, subject),
            rules=BY_KEY,
            active=subject.kind is HoldOn.PERSON and people.get(session, subject.id).active,
            names={one.id: one.name for one in people.everybody(session)},
            typed=typed,
        )
    return page, status


@pages.get("/data-protection/people/<kind>/<uuid:subject_id>")
@needs(Action.SEE_PROTECTION)
def one(kind: str, subject_id: UUID) -> ResponseReturnValue:
    """What is held on one person, and where."""
    return _one(kind, subject_id, Typed())


@pages.get("/data-protection/people/<kind>/<uuid:subject_id>/file")
@needs(Action.PROTECT_DATA)
def prepare(kind: str, subject_id: UUID) -> ResponseReturnValue:
    """What is held back from their file and what is blacked out in it, to be decided before it is made."""
    return _prepare(kind, subject_id, Typed())


def _prepare(kind: str, subject_id: UUID, typed: Typed, status: int = 200) -> ResponseReturnValue:
    with reading() as session:
        subject = disclosure.subject_of(session, kind, subject_id)
        by = current_person(session)
        page = render_template(
            "protection/file.html",
            subject=subject,
            referred=[
                (one, "To " + and_last([REFER_TO[to] for to in one.to]) if one.to else "By a letter")
                for one in disclosure.referred(session, subject, asked_by_id=by.id)
            ],
            reports=disclosure.reports(session, subject, asked_by_id=by.id),
            found=disclosure.found_others(session, subject, asked_by_id=by.id),
            most=disclosure.LOOKED_AT_MOST,
            typed=typed,
        )
    return page, status


@pages.post("/data-protection/people/<kind>/<uuid:subject_id>/file")
@needs(Action.PROTECT_DATA)
def ask(kind: str, subject_id: UUID) -> ResponseReturnValue:
    """Have a file made of what is held on them."""
    typed = Typed(request.form)
    try:
        choices = _choices(typed)
        with transaction() as session:
            subject = disclosure.subject_of(session, kind, subject_id)
            disclosure.ask(
                session,
                subject,
                choices,
                reason=typed["let_in_reason"],
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _prepare(kind, subject_id, typed.refuse(error), 400)
    flash(BEING_MADE, "success")
    return redirect(url_for("subjects.files"))


def _choices(typed: Typed) -> disclosure.Choices:
    """What the form says. Raises BadInput."""
    black = tuple(dict.fromkeys(one for line in typed["black"].splitlines() if (one := line.strip())))
    if len(black) > disclosure.BLACK_MOST or any(not 2 <= len(one) <= 200 for one in black):
        raise BadInput(
            f"Write one name a line, each of 2 to 200 characters, at most {disclosure.BLACK_MOST} of them.",
            field="black",
        )
    try:
        let_in = frozenset(UUID(one) for one in typed.all("let_in"))
    except ValueError:
        raise BadInput("Tick what may go in from the list.", field="let_in") from None
    return disclosure.Choices(let_in, tuple(typed.all("keep")), black)


@pages.post("/data-protection/people/<kind>/<uuid:subject_id>/hold")
@needs(Action.PROTECT_DATA)
def hold(kind: str, subject_id: UUID) -> ResponseReturnValue:
    """Hold everything of theirs back from erasure."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            subject = disclosure.subject_of(session, kind, subject_id)
            holds.place(
                session,
                subject.kind,
                subject.id,
                reason=typed["hold_reason"],
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _one(kind, subject_id, typed.refuse(BadInput(str(error), field="hold_reason")), 400)
    flash("They are on hold: nothing of theirs is erased until the hold is lifted.", "success")
    return redirect(url_for("subjects.one", kind=kind, subject_id=subject_id))


@pages.post("/data-protection/people/<kind>/<uuid:subject_id>/erase")
@needs(Action.PROTECT_DATA)
def erase(kind: str, subject_id: UUID) -> ResponseReturnValue:
    """Erase one kind of record of theirs, or refuse to.

    What goes is shown first; the second form, signed with the PIN, erases what is ticked there.
    """
    typed = Typed(request.form)
    rule = BY_KEY.get(typed["key"])
    if rule is None:
        raise NotFound("There is no such kind of record.")
    grant, looked, moment = typed["do"] == "erase", typed["looked"] == "yes", now()
    try:
        if typed["do"] not in {"erase", "refuse"}:
            raise BadInput("Choose whether to erase it or to refuse.", field="reason")
        people.reason_text(typed["reason"])
        if grant and not looked:
            return _going(kind, subject_id, rule, typed)
        with transaction() as session:
            by = current_person(session)
            subject = disclosure.subject_of(session, kind, subject_id)
            signed = not grant or pins.check(session, by, typed["pin"], now=moment)
            if signed:
                made = requests.decide(
                    session,
                    rule,
                    subject,
                    grant=grant,
                    seen=seen_by(by),
                    chosen=_chosen(rule, typed) if grant else None,
                    reason=typed["reason"],
                    by=by,
                    now=moment,
                )
        # A wrong PIN counts, so the transaction above was committed all the same.
        if not signed:
            raise pins.refusal(by, now=moment)
    except BadInput as error:
        if grant and looked and error.field != "reason":
            return _going(kind, subject_id, rule, typed.refuse(error), 400)
        return _one(kind, subject_id, typed.refuse(error), 400)
    if not made.granted:
        flash("The refusal is recorded with its reason.", "success")
    else:
        are = "is on hold and stays" if made.held_back == 1 else "are on hold and stay"
        kept = f" {made.held_back} {are}." if made.held_back else ""
        flash(
            f"{made.erased:,} {'record was' if made.erased == 1 else 'records were'} erased.{kept}", "success"
        )
    with reading() as session:
        try:
            disclosure.subject_of(session, kind, subject_id)
        except NotFound:
            # Nothing is left that names them.
            return redirect(url_for("subjects.search"))
    return redirect(url_for("subjects.one", kind=kind, subject_id=subject_id))


def _going(kind: str, subject_id: UUID, rule: Rule, typed: Typed, status: int = 200) -> ResponseReturnValue:
    """What would be erased, to be ticked and signed."""
    with reading() as session:
        subject = disclosure.subject_of(session, kind, subject_id)
        seen = seen_by(current_person(session))
        going = requests.going(session, rule, subject, seen=seen, now=now())
        days = timedelta(days=retention.period(session, BY_KEY["exports"]))
        files = [
            (exports.number_of(made.id), today(made.asked_at + days))
            for made in exports.ready_on(session, subject)
        ]
        author = session.get(Author, subject.id) if subject.kind is HoldOn.AUTHOR else None
        place = platform_name(author.platform) if author is not None else ""
    return (
        render_template(
            "protection/erase.html", subject=subject, going=going, files=files, place=place, typed=typed
        ),
        status,
    )


def _chosen(rule: Rule, typed: Typed) -> set[UUID] | None:
    """The records that are ticked; None is all of a kind that goes all together."""
    ticked = typed.all("chosen")
    if rule.listed is None and ticked:
        return None
    try:
        return {UUID(one) for one in ticked}
    except ValueError:
        raise BadInput("Tick what is to be erased in the list.", field="chosen") from None


@pages.get("/data-protection/files")
@needs(Action.SEE_PROTECTION)
def files() -> ResponseReturnValue:
    """The files that were asked for, and those that can be fetched."""
    with reading() as session:
        asked = exports.every(session)
        return render_template(
            "protection/files.html",
            files=asked,
            number_of=exports.number_of,
            subjects={one.id: _name_of(session, one) for one in asked if one.subject_id},
            me=current_person(session).id,
            names={one.id: one.name for one in people.everybody(session)},
        )


def _name_of(session: Session, made: DataExport) -> str:
    """Whose data a file holds; empty where nothing that names them is kept any more."""
    try:
        return (
            disclosure.subject_of(session, made.subject_kind, made.subject_id).name if made.subject_id else ""
        )
    except NotFound:
        return ""


@pages.post("/data-protection/files/<uuid:export_id>")
@needs(Action.PROTECT_DATA)
def fetch(export_id: UUID) -> Response:
    """The file itself, for whoever asked for it. A POST, since it leaves a line in the trail."""
    with transaction() as session:
        data = exports.fetch(session, export_id, by=current_person(session), now=now())
        name = _file_name(session, session.get_one(DataExport, export_id))
    answer = make_response(data)
    answer.headers["Content-Type"] = "application/zip"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


def _file_name(session: Session, made: DataExport) -> str:
    """Different for each file, so that nobody is sent another's by mistake.

    The number is the one on the page. Somebody on a platform is named by their handle, which is public; a
    pupil or somebody of the staff isn't, since names of files are seen by passers-by and kept in lists.
    """
    kind = "foi" if made.of is ExportOf.FOI else "data"
    author = session.get(Author, made.subject_id) if made.subject_kind == HoldOn.AUTHOR else None
    handle = secure_filename(author.handle)[:40] if author is not None else ""
    parts = ["schoolgate", kind, str(today(now())), handle, exports.number_of(made.id)]
    return "-".join(part for part in parts if part) + ".zip"
