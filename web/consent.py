"""The consent register: the DPO keeps it, others read what they need (P4, P24, P25)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from approvals import lost_consent, schedule, takedowns
from approvals.checks import account_name
from approvals.states import IN_WORDS
from school import consent, consent_export, consent_record, pupil_names
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import ConsentKind, Pupil
from school.permissions import Action
from school.times import today
from web.access import current_person, needs
from web.documents import pdf
from web.forms import Typed
from web.people import day

pages = Blueprint("consent", __name__)

EVERYWHERE = ("", "Every platform")


def _may_show(pupil: Pupil, on: date) -> list[str]:
    """What may be shown today, in words: "Pictures", or "Pictures on X and Facebook"."""
    found = []
    for kind, words in consent.KINDS.items():
        held = [one for one in pupil.consents if one.kind is kind and consent.in_force(one, on=on)]
        if any(one.platform is None for one in held):
            found.append(words)
        elif held:
            found.append(f"{words} on {' and '.join(sorted({consent.where(one) for one in held}))}")
    return found


def _list(typed: Typed) -> str:
    on = today(now())
    with reading() as session:
        rows = [
            {
                "pupil": pupil,
                "may_show": _may_show(pupil, on),
            }
            for pupil in consent.pupils(session)
        ]
        return render_template(
            "consent/list.html",
            rows=rows,
            leavers=consent.leavers(session),
            classes=pupil_names.classes(session),
            as_typed=_as_typed(typed),
            typed=typed,
        )


def _as_typed(typed: Typed) -> str:
    """What "it is right" is said of: another name or class is asked about anew."""
    return f"{typed['name']}, {typed['class_name']}"


def _ask_if_odd(session: Session, typed: Typed, *, but: UUID | None = None) -> None:
    """Raise BadInput for what may be a slip, until somebody has ticked that it is right as they typed it."""
    asked = pupil_names.doubts(session, name=typed["name"], class_name=typed["class_name"], but=but)
    if asked and typed["right"] != _as_typed(typed):
        raise BadInput(" ".join(asked), field="right")


def _one(pupil_id: UUID, typed: Typed, *, ending: UUID | str = "") -> str:
    """The page of one pupil. `ending`: the consent whose form `typed` is, "all" (several) or "name"."""
    moment = now()
    on = today(moment)
    with reading() as session:
        pupil = consent.get(session, pupil_id)
        standing = [one for one in pupil.consents if one.withdrawn_at is None]
        touched = takedowns.showing(session, pupil_id)
        return render_template(
            "consent/pupil.html",
            pupil=pupil,
            touched=[(*one, lost_consent.keeps_back(session, pupil_id, *one, now=moment)) for one in touched],
            takedowns=takedowns.of_publications(
                session, [publication.id for _draft, _revision, publication in touched if publication]
            ),
            takedown_words=takedowns.IN_WORDS,
            in_words=IN_WORDS,
            account_name=account_name,
            summary=schedule.summary,
            consents=[
                (one, f"{consent.KINDS[one.kind]}, {consent.where(one)}", consent.in_force(one, on=on))
                for one in sorted(pupil.consents, key=lambda one: one.recorded_at, reverse=True)
            ],
            kinds=[(kind.value, words) for kind, words in consent.KINDS.items()],
            several=len(standing) > 1,
            standing=[
                ("", "Everything"),
                *(
                    (kind.value, words)
                    for kind, words in consent.KINDS.items()
                    if any(one.kind is kind for one in standing)
                ),
            ],
            back=consent.BACK.items(),
            ending=ending,
            platforms=[EVERYWHERE, *consent.PLATFORMS.items()],
            first_day=on.isoformat(),
            last_day=date(on.year + (on.month >= 9), 8, 31).isoformat(),
            classes=pupil_names.classes(session),
            as_typed=_as_typed(typed),
            typed=typed,
        )


@pages.get("/consent")
@needs(Action.SEE_CONSENT, Action.EDIT_CONSENT)
def show() -> ResponseReturnValue:
    """Every pupil with what may be shown today."""
    return _list(Typed())


@pages.post("/consent")
@needs(Action.EDIT_CONSENT)
def add_pupil() -> ResponseReturnValue:
    """Enter a pupil."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            _ask_if_odd(session, typed)
            pupil = consent.add_pupil(
                session,
                name=typed["name"],
                class_name=pupil_names.as_known(session, typed["class_name"]),
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _list(typed.refuse(error)), 400
    flash("The pupil is in the register. Enter the consents now.", "success")
    return redirect(url_for("consent.pupil", pupil_id=pupil.id))


@pages.post("/consent/export")
@needs(Action.EDIT_CONSENT)
def export() -> ResponseReturnValue:
    """The whole register as a file. A POST, since it leaves a line in the trail."""
    typed, moment = Typed(request.form), now()
    try:
        with reading() as session:
            data = consent_export.make(session, typed["format"], by=current_person(session), now=moment)
        with transaction() as session:
            consent_export.note(session, typed["format"], by=current_person(session), now=moment)
    except BadInput as error:
        return _list(typed.refuse(error)), 400
    answer = Response(data, content_type=consent_export.FORMATS[typed["format"]])
    name = f"schoolgate-consent-{today(moment)}.{typed['format']}"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.get("/consent/<uuid:pupil_id>")
@needs(Action.SEE_CONSENT, Action.EDIT_CONSENT)
def pupil(pupil_id: UUID) -> ResponseReturnValue:
    """One pupil's consents, also those that ended."""
    return _one(pupil_id, Typed())


@pages.post("/consent/<uuid:pupil_id>")
@needs(Action.EDIT_CONSENT)
def add(pupil_id: UUID) -> ResponseReturnValue:
    """Enter a consent."""
    typed = Typed(request.form)
    try:
        if typed["kind"] not in set(ConsentKind):
            raise BadInput("Choose what the consent is for.", field="kind")
        first, last = day(typed, "first_day", "the first day"), day(typed, "last_day", "the last day")
        with transaction() as session:
            consent.record_consent(
                session,
                consent.get(session, pupil_id),
                kind=ConsentKind(typed["kind"]),
                given_by=typed["given_by"],
                first_day=first,
                last_day=last,
                platform=typed["platform"] or None,
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _one(pupil_id, typed.refuse(error)), 400
    flash("The consent is recorded.", "success")
    return redirect(url_for("consent.pupil", pupil_id=pupil_id))


@pages.post("/consent/<uuid:pupil_id>/record")
@needs(Action.EDIT_CONSENT)
def record(pupil_id: UUID) -> ResponseReturnValue:
    """What was agreed to, as a PDF for the parent; that it was made is recorded."""
    moment = now()
    with reading() as session:
        data = consent_record.draw(session, pupil_id, by=current_person(session), now=moment)
    with transaction() as session:
        consent_record.keep(session, pupil_id, data, by=current_person(session), now=moment)
    return pdf(data, f"consent-record-{today(moment)}")


@pages.post("/consent/<uuid:pupil_id>/name")
@needs(Action.EDIT_CONSENT)
def correct(pupil_id: UUID) -> ResponseReturnValue:
    """Put right what a pupil or their class is called."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            _ask_if_odd(session, typed, but=pupil_id)
            pupil = pupil_names.correct(
                session,
                pupil_id,
                name=typed["name"],
                class_name=typed["class_name"],
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _one(pupil_id, typed.refuse(error), ending="name"), 400
    flash(f"The register has {pupil.name} in {pupil.class_name} now.", "success")
    return redirect(url_for("consent.pupil", pupil_id=pupil_id))


@pages.post("/consent/<uuid:pupil_id>/left")
@needs(Action.EDIT_CONSENT)
def mark_left(pupil_id: UUID) -> ResponseReturnValue:
    """Enter that a pupil has left."""
    with transaction() as session:
        pupil = consent.mark_left(session, pupil_id, by=current_person(session), now=now())
        lost_consent.tell(session, [pupil_id], now=now())
    flash(f"{pupil.name} has left. No draft can show the pupil any more.", "success")
    return redirect(url_for("consent.show"))


@pages.post("/consent/<uuid:pupil_id>/back")
@needs(Action.EDIT_CONSENT)
def bring_back(pupil_id: UUID) -> ResponseReturnValue:
    """Take back that a pupil has left."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            pupil = consent.bring_back(
                session, pupil_id, reason=typed["reason"], by=current_person(session), now=now()
            )
    except BadInput as error:
        return _one(pupil_id, typed.refuse(error)), 400
    flash(
        f"{pupil.name} is at the school again. The consents below count again to their last day.", "success"
    )
    return redirect(url_for("consent.pupil", pupil_id=pupil_id))


@pages.post("/consent/<uuid:pupil_id>/<uuid:consent_id>/withdraw")
@needs(Action.EDIT_CONSENT)
def withdraw(pupil_id: UUID, consent_id: UUID) -> ResponseReturnValue:
    """End a consent at once (P25)."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            lost_consent.lock_posts(session, [pupil_id])
            consent.withdraw(
                session,
                consent_id,
                reason=typed["reason"],
                platform=typed["platform"] or None,
                by=current_person(session),
                now=now(),
            )
            follows = lost_consent.withdrawn(session, [pupil_id], now=now())
    except BadInput as error:
        return _one(pupil_id, typed.refuse(error), ending=consent_id), 400
    place = consent.PLATFORMS.get(typed["platform"], "all that it was for")
    _say_withdrawn(f"The consent is withdrawn for {place}.", *follows)
    return redirect(url_for("consent.pupil", pupil_id=pupil_id))


@pages.post("/consent/<uuid:pupil_id>/withdraw")
@needs(Action.EDIT_CONSENT)
def withdraw_all(pupil_id: UUID) -> ResponseReturnValue:
    """End all consents of a kind, or all of them, at once (P25)."""
    typed = Typed(request.form)
    try:
        if typed["kind"] not in {"", *ConsentKind}:
            raise BadInput("Choose what is withdrawn, or everything.", field="kind")
        with transaction() as session:
            lost_consent.lock_posts(session, [pupil_id])
            ended = consent.withdraw_all(
                session,
                pupil_id,
                kind=ConsentKind(typed["kind"]) if typed["kind"] else None,
                reason=typed["reason"],
                platform=typed["platform"] or None,
                by=current_person(session),
                now=now(),
            )
            follows = lost_consent.withdrawn(session, [pupil_id], now=now())
    except BadInput as error:
        return _one(pupil_id, typed.refuse(error), ending="all"), 400
    place = f" on {consent.PLATFORMS[typed['platform']]}" if typed["platform"] else ""
    many = "1 consent is" if len(ended) == 1 else f"{len(ended)} consents are"
    _say_withdrawn(f"{many} withdrawn{place}.", *follows)
    return redirect(url_for("consent.pupil", pupil_id=pupil_id))


def _say_withdrawn(what: str, opened: int, told: int) -> None:
    waiting = (
        f" {told} {'post that waits' if told == 1 else 'posts that wait'} can’t go out as "
        f"{'it is: its author is' if told == 1 else 'they are: their authors are'} told."
    )
    going = f" {opened} published {'post is' if opened == 1 else 'posts are'} being taken down."
    flash(
        f"{what} No post that needs it can go out any more."
        + (waiting if told else "")
        + (going if opened else ""),
        "success",
    )
