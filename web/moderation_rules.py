"""Thresholds, the school's words and words to let pass: looked at first, then saved, by version.

And scoring recent comments again by them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation import rescoring, rules_preview, thresholds
from moderation import words as moderation_words
from moderation.classifier.flags import DEFAULT_THRESHOLDS
from moderation.models import FlaggingRules, RescoreJob
from moderation.thresholds import Proposal
from school.db import now, reading, transaction
from school.errors import BadInput, MoveNotAllowed
from school.models import Person
from school.permissions import Action, may
from school.settings import settings
from web import keeping
from web.access import current_person, needs
from web.forms import Typed, hidden_number, whole_number

pages = Blueprint("rules", __name__)

USUAL_DAYS = 30
"""So far back comments are scored again unless somebody says otherwise."""

ABUSE: Mapping[str, tuple[str, str]] = {
    "toxicity": ("Rude or hurtful", "What most people would find rude, hurtful or disrespectful. "),
    "severe_toxicity": ("Very hateful", "The worst of it: full of hate, or meant to drive people away. "),
    "obscene": ("Swearing", "Swear words and dirty talk. "),
    "threat": ("Threats", "Says that somebody will be hurt. "),
    "insult": ("Insults", "Calls a person names. "),
    "identity_attack": (
        "Attacks on a group",
        "Goes for people for their race, religion, sex, disability or whom they love. ",
    ),
}
"""Kinds of abuse that comments are scored for, by the classifier's names: words for people, and a hint."""


@pages.context_processor
def _words() -> dict[str, object]:
    return {"said": moderation_words}


@pages.get("/moderation/rules")
@needs(Action.MODERATE)
def show() -> ResponseReturnValue:
    """What makes a comment flagged, and who changed it when; `version` fills in an earlier one."""
    wanted = request.args.get("version", "")
    with reading() as session:
        if not wanted or not may(current_person(session), Action.SET_THRESHOLDS):
            return _page(session, Typed())
        number = whole_number(wanted)
        if number is None:
            raise BadInput(f"“{wanted[:20]}” is no number of a version: choose one from the list.")
        earlier = thresholds.version(session, number)
        filled = Typed(_fields(earlier) | {"reason": f"Version {earlier.version} is brought back."})
        return _page(session, filled, look=True, bringing=earlier.version)


@pages.post("/moderation/rules")
@keeping.restores
@needs(Action.SET_THRESHOLDS)
def change() -> ResponseReturnValue:
    """Show what a change would have done, or save it once that was looked at."""
    typed = Typed(request.form)
    if typed["do"] != "save":
        return _look(typed)
    try:
        with reading() as session:
            _all_seen(session, typed)
        with transaction() as session:
            proposed = _proposal(session, typed)
            if typed["looked_at"] != _digest(proposed):
                raise BadInput(
                    "This isn't saved yet: it differs from what you looked at. See what it would have done, "
                    "then save."
                )
            made = thresholds.save(
                session,
                proposed,
                based_on=hidden_number(typed["based_on"]),
                by=current_person(session),
                reason=typed["reason"],
                url=settings().effective_public_url,
                now=now(),
            )
    except (BadInput, MoveNotAllowed) as error:
        return _look(typed, error)
    flash(
        f"Version {made.version} is saved. Comments that arrive from now on are judged by it; "
        "earlier ones once you have them scored again.",
        "success",
    )
    return redirect(url_for("rules.show"))


@pages.post("/moderation/rules/again")
@needs(Action.SET_THRESHOLDS)
def again() -> ResponseReturnValue:
    """Have recent comments scored again; the workers do it, after what is new."""
    typed = Typed(request.form)
    days = whole_number(typed["days"])
    try:
        if days is None:
            raise BadInput(
                f"“{typed['days'][:20]}” is no number of days: write one such as 30.", field="days"
            )
        with transaction() as session:
            job = rescoring.ask(
                session,
                days,
                by=current_person(session),
                url=settings().effective_public_url,
                now=now(),
            )
    except BadInput as error:
        with reading() as session:
            return _page(session, typed.refuse(error)), 400
    flash(f"{job.total} comments are being scored again.", "success")
    return redirect(url_for("rules.show", _anchor="again"))


@pages.post("/moderation/rules/again/<uuid:job_id>/stop")
@needs(Action.SET_THRESHOLDS)
def stop(job_id: UUID) -> ResponseReturnValue:
    """Stop scoring again; what came into the log stays there."""
    with transaction() as session:
        rescoring.stop(
            session, job_id, by=current_person(session), url=settings().effective_public_url, now=now()
        )
    flash("Scoring again is stopped. What it found stays in the log.", "success")
    return redirect(url_for("rules.show", _anchor="again"))


@pages.get("/moderation/rules/news")
@needs(Action.MODERATE)
def news() -> ResponseReturnValue:
    """What the page compares, to show how far scoring again has come."""
    with reading() as session:
        return jsonify(mark=_mark(rescoring.newest(session)))


def _mark(job: RescoreJob | None) -> str:
    return f"{job.id}/{job.state}/{job.done}" if job else ""


def _look(typed: Typed, error: BadInput | MoveNotAllowed | None = None) -> ResponseReturnValue:
    """The form as it was typed, with what it would have done; nothing typed is lost."""
    status, told = 200, False
    if isinstance(error, MoveNotAllowed):
        typed.errors[""] = f"{error} Below is what you typed: compare it with what is in force now."
        status, told = 409, True
    elif error is not None:
        typed.refuse(error)
        status = 400
    with reading() as session:
        try:
            _proposal(session, typed)
        except BadInput as problem:
            return _page(session, typed.refuse(problem)), 400
        return _page(session, typed, look=True, told=told), status


def _all_seen(session: Session, typed: Typed) -> None:
    """Raises BadInput unless the person says what it loses: flagged comments, and mails at once."""
    proposed = _proposal(session, typed)
    if typed["looked_at"] != _digest(proposed):
        # Said by whoever saves, with what to do.
        return
    effect = _effect(session, proposed, thresholds.current(session))
    lost, calmed = effect.lost, calmer(effect)
    if calmed and typed["seen_urgent"] != calmed[0]:
        raise BadInput(
            f"{calmed[1]}. Look above, and tick here that you have seen it, or put “Threats” back.",
            field="seen_urgent",
        )
    if lost and typed["seen_lost"] != str(lost):
        raise BadInput(
            f"{lost} flagged {'comment' if lost == 1 else 'comments'} would no longer be flagged: look at "
            "them above, and tick here that you have.",
            field="seen_lost",
        )


def calmer(effect: rules_preview.Effect) -> tuple[str, str] | None:
    """What the tick says that somebody saw before threats come without a mail at once, and its words.

    Seen of another number of comments, it is asked again. None: nothing is lost.
    """
    count, over = effect.calmed.count, effect.threats_over
    if not count and over is None:
        return None
    said = []
    if count:
        many = "1 urgent comment" if count == 1 else f"{count} urgent comments"
        said.append(f"{many} would come without a mail at once")
    if over is not None:
        scored = f"a comment whose score for “{ABUSE['threat'][0]}” is under {over:g}"
        said.append(f"{scored} would come without a mail at once" if not said else f"so would {scored}")
    words = "; ".join(said)
    return f"{count}/{over}", words[0].upper() + words[1:]


def _effect(session: Session, proposed: Proposal, current: FlaggingRules) -> rules_preview.Effect:
    in_force = thresholds.proposal_of(current)
    return rules_preview.effect(session, proposed, in_force, viewer=current_person(session), now=now())


def _page(
    session: Session, typed: Typed, *, look: bool = False, told: bool = False, bringing: int = 0
) -> str:
    """`told`: the person was told of a newer version, so the next saving stands on that one.

    `bringing`: the earlier version that fills the form.
    """
    current = thresholds.current(session)
    history = thresholds.history(session)
    job = rescoring.newest(session)
    wanted = {row.made_by_id for row in history} | {job.asked_by_id if job else None}
    named = sa.select(Person.id, Person.name).where(Person.id.in_(one for one in wanted if one))
    names = {row.id: row.name for row in session.execute(named)}
    effect = digest = None
    if look:
        proposed = _proposal(session, typed)
        effect = _effect(session, proposed, current)
        digest = _digest(proposed)
    return render_template(
        "moderation/rules.html",
        current=current,
        based_on=current.version if told or not typed["based_on"] else typed["based_on"],
        in_force=_fields(current),
        shipped=DEFAULT_THRESHOLDS,
        abuse=ABUSE,
        history=[(row, names.get(row.made_by_id, "") if row.made_by_id else "") for row in history],
        job=job,
        job_by=names.get(job.asked_by_id, "") if job else "",
        mark=_mark(job),
        outdated=rescoring.outdated(session, since=now() - timedelta(days=USUAL_DAYS)),
        usual_days=USUAL_DAYS,
        effect=effect,
        calmer=calmer(effect) if effect else None,
        digest=digest,
        bringing=bringing,
        typed=typed,
    )


def _fields(rules: FlaggingRules) -> dict[str, str]:
    """A version as the form's fields."""
    numbers = {f"threshold-{label}": f"{value:g}" for label, value in rules.thresholds.items()}
    return {
        **numbers,
        "words": "\n".join(rules.words),
        "passes": "\n".join(rules.passes),
        "other_languages": "ask" if rules.other_languages else "count",
    }


def _proposal(session: Session, typed: Typed) -> Proposal:
    current = thresholds.current(session)
    numbers = {label: typed[f"threshold-{label}"] for label in current.thresholds}
    called = {label: words for label, (words, _hint) in ABUSE.items()}
    return thresholds.parse(
        current,
        numbers,
        words=typed.raw("words"),
        passes=typed.raw("passes"),
        other_languages=typed["other_languages"],
        called=called,
    )


def _digest(proposed: Proposal) -> str:
    """Says which proposal somebody looked at."""
    body = json.dumps(
        [
            sorted(proposed.thresholds.items()),
            proposed.words,
            proposed.passes,
            proposed.other_languages,
        ]
    )
    return hashlib.sha256(body.encode()).hexdigest()[:32]
