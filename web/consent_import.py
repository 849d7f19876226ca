"""The office's list into the consent register: choose a file, see what it would do, apply it (P24)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from approvals import lost_consent
from school import consent, consent_import, consent_lists, consent_plan, retention
from school.consent_lists import LineProblem, ListedPupil, PupilList
from school.db import now, reading, transaction
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models.consent import ConsentKind
from school.permissions import Action
from school.setup import PRACTICE_LIST, current_school
from web.access import current_person, needs
from web.forms import Typed, whole_number
from web.retained import BY_KEY

pages = Blueprint("consent_import", __name__)

SHOWN_MAX = 200
"""Lines of each kind shown; the rest is counted."""


MANY = 3
"""So many lines with the same mistake are told together: it is mostly one column's."""


def _together(problems: Sequence[LineProblem]) -> list[tuple[str, str]]:
    """What is wrong, each with where: a mistake that many lines have, once and last."""
    lines: dict[str, list[LineProblem]] = {}
    for one in problems:
        lines.setdefault(one.sentence, []).append(one)
    single = [(one.place, one.sentence) for one in problems if len(lines[one.sentence]) < MANY]
    many = [
        (
            f"{len(ones)} lines ({', '.join(str(one.line) for one in ones[:8])}{', …' * (len(ones) > 8)})",
            said,
        )
        for said, ones in lines.items()
        if len(ones) >= MANY
    ]
    return single + many


def _form(typed: Typed, listed: PupilList | None = None) -> str:
    with reading() as session:
        waiting = consent_import.waiting(session, by=current_person(session))
        days = retention.period(session, BY_KEY["imports"])
    return render_template(
        "consent/import.html",
        waiting=waiting,
        days=days,
        typed=typed,
        listed=listed,
        problems=_together(listed.problems) if listed else [],
        shown_max=SHOWN_MAX,
    )


@pages.get("/consent/import")
@needs(Action.EDIT_CONSENT)
def show() -> ResponseReturnValue:
    """Choose a file."""
    return _form(Typed())


@pages.post("/consent/import")
@needs(Action.EDIT_CONSENT)
def upload() -> ResponseReturnValue:
    """Read a file; with bad lines, name them all, else show what it would do."""
    typed = Typed(request.form)
    file = request.files.get("file")
    listed: PupilList | None = None
    try:
        if file is None or not file.filename:
            raise BadInput("No file is chosen: choose the list from the office.", field="file")
        with reading() as session:
            register = consent_plan.Register(session)
        listed = consent_lists.read(file.stream.read(), file.filename, has_class=register.has_class)
        with transaction() as session:
            kept = consent_import.keep(
                session,
                listed,
                filename=file.filename,
                whole_school=bool(typed["whole_school"]),
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        # Bad lines are told one by one, which says all of it.
        return _form(typed if listed and listed.problems else typed.refuse(error), listed), 400
    if listed.columns_left_out:
        flash(
            "These columns mean nothing here and were not read: "
            f"{', '.join(f'“{one}”' for one in listed.columns_left_out[:20])}. If one of them is about "
            "consent, give it one of the headings below “What the list needs” and choose the file again.",
            "warning",
        )
    if not listed.kinds_asked:
        flash("No column says what the parents allow: the list changes no consent.", "warning")
    return redirect(url_for("consent_import.preview", import_id=kept.id))


@pages.get("/consent/import/example")
@needs(Action.EDIT_CONSENT)
def example() -> ResponseReturnValue:
    """In a practice school, a list as the office might write it, to try the page with."""
    with reading() as session:
        school = current_school(session)
    if school is None or not school.practice:
        raise NotFound("There is nothing at this address.")
    answer = Response(PRACTICE_LIST.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = "attachment; filename=practice-list.csv"
    return answer


def _by_pupil(
    consents: Sequence[tuple[ListedPupil, ConsentKind, str | None]],
) -> list[tuple[ListedPupil, list[tuple[str | None, list[ConsentKind]]]]]:
    """The consents to be entered, a line for each pupil: where, and which kinds there."""
    pupils: dict[int, tuple[ListedPupil, dict[str | None, list[ConsentKind]]]] = {}
    for entry, kind, platform in consents:
        pupils.setdefault(entry.line, (entry, {}))[1].setdefault(platform, []).append(kind)
    return [(entry, list(places.items())) for entry, places in pupils.values()]


def _preview(import_id: UUID, typed: Typed) -> str:
    with transaction() as session:
        kept = consent_import.get(session, import_id, by=current_person(session))
        return render_template(
            "consent/preview.html",
            kept=kept,
            plan=(plan := consent_plan.plan(session, kept, now=now())),
            by_pupil=_by_pupil(plan.consents),
            kinds=consent.KINDS,
            platforms=consent.PLATFORMS,
            shown_max=SHOWN_MAX,
            typed=typed,
        )


@pages.get("/consent/import/<uuid:import_id>")
@needs(Action.EDIT_CONSENT)
def preview(import_id: UUID) -> ResponseReturnValue:
    """What a list would do; what was dealt with is told, for whoever goes back to it."""
    try:
        return _preview(import_id, Typed())
    except MoveNotAllowed as error:
        flash(str(error), "info")
        return redirect(url_for("consent.show"))


@pages.post("/consent/import/<uuid:import_id>")
@needs(Action.EDIT_CONSENT)
def apply(import_id: UUID) -> ResponseReturnValue:
    """Apply it, or throw it away."""
    typed = Typed(request.form)
    if typed["do"] == "discard":
        with transaction() as session:
            consent_import.discard(session, import_id, by=current_person(session), now=now())
        flash("The list is thrown away. Nothing was changed.", "success")
        return redirect(url_for("consent_import.show"))
    try:
        with transaction() as session:
            kept = consent_import.get(session, import_id, by=current_person(session))
            lost_consent.lock_posts(session, consent_plan.plan(session, kept, now=now()).ending)
            done = consent_import.apply(
                session,
                import_id,
                give_again=typed.all("give_again"),
                meant=typed.all("meant"),
                seen_leaving=whole_number(typed["seen_leaving"]) or 0,
                by=current_person(session),
                now=now(),
            )
            going, _told = lost_consent.withdrawn(session, done.ending, now=now())
    except BadInput as error:
        field = error.field if error.field == "seen_leaving" else ""
        return _preview(import_id, typed.refuse(BadInput(str(error), field=field))), 400
    flash(
        f"The list is applied: {len(done.new)} new {'pupil' if len(done.new) == 1 else 'pupils'}, "
        f"{len(done.moved)} changed, "
        f"{len(done.consents)} {'consent' if len(done.consents) == 1 else 'consents'} entered, "
        f"{len(done.withdrawals)} ended, {len(done.left)} left."
        + (f" Left out, since withdrawn before: {len(done.given_again)}." if done.given_again else "")
        + (f" Published posts being taken down: {going}." if going else ""),
        "success",
    )
    return redirect(url_for("consent.show"))
