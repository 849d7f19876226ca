"""One decision on many open entries: of one author, under one post, or in other languages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from moderation import not_yet, referring, review, together, unread
from moderation import words as moderation_words
from moderation.classifier.flags import LANGUAGE
from moderation.decisions import Decision, Outcome
from moderation.models import ActKind, PlatformAct, ReferTo
from moderation.outcomes import is_nothing_done
from moderation.review import QueueFilters
from school.db import now, reading, transaction
from school.errors import BadInput, NotFound
from school.models import Account, Person
from school.permissions import Action
from school.settings import settings
from web import left_to_people
from web.access import current_person, needs
from web.forms import Typed, hidden_number, identifier

pages = Blueprint("together", __name__)

CHOICES: dict[Outcome, str] = {
    Outcome.HIDE: "Hide them",
    Outcome.DELETE: "Delete them for good",
    Outcome.BLOCK: "Block who wrote them, on every account of ours on the platform",
    Outcome.MUTE: "Mute who wrote them",
    Outcome.REFER: "Refer them",
    Outcome.DISMISS: "No action is needed",
}

_READ = {Outcome.READ: "Somebody who knows the language has read them: nothing wrong"}


@pages.context_processor
def _words() -> dict[str, object]:
    return {"said": moderation_words}


@pages.get("/moderation/together")
@needs(Action.MODERATE)
def show() -> ResponseReturnValue:
    """The open entries of one author, under one post or in other languages, to be decided on at once."""
    return _page(Typed(request.args), first=True)


@pages.post("/moderation/together")
@needs(Action.MODERATE)
def decide() -> ResponseReturnValue:
    """Decide on those that are ticked; each is its own row in the log and its own act."""
    typed = Typed(request.form)
    try:
        decision, entries = _decision(typed), _entries(typed)
        if (urgent := _to_be_asked_again(decision, entries)) and typed["sure"] != str(urgent):
            return _page(typed, urgent=urgent)
        moment = now()
        with transaction() as session:
            done = together.decide(
                session,
                entries,
                decision,
                by=current_person(session),
                url=settings().effective_public_url,
                now=moment,
            )
            as_well = referring.came_by_itself(session, done.decided, at=moment)
            to_the_lead = referring.said_by_itself(session, as_well, many=len(done.decided) > 1)
            waiting, stopped = not_yet.stopped(session, done.decided, many=len(done.decided) > 1)
            acts = not_yet.acts_about(session, done.decided)
            by_hand = not_yet.by_hand(session, acts)
            tasks = _tasks(session, decision, acts, waiting)
    except BadInput as error:
        return _page(typed.refuse(error)), 400
    count = len(done.decided)
    if count:
        words = moderation_words.decided(decision.outcomes, waiting, by_hand, to=decision.refer_to)
        after = to_the_lead
        if as_well < count:
            after += moderation_words.afterwards(decision, many=count > 1, rest=bool(as_well))
        flash(
            f"Recorded for {count} {'entry' if count == 1 else 'entries'}: {words}."
            f"{' ' if stopped else ''}{stopped}{after}",
            "warning" if stopped else "success",
        )
        for task in tasks:
            flash(task, "warning")
    for one in done.left:
        name = f"Entry {one.number}" if one.number else "One entry"
        flash(f"{name} is left as it was: {one.why}", "warning")
    return redirect(url_for("moderation.queue"))


def _tasks(
    session: Session, decision: Decision, acts: Sequence[PlatformAct], waiting: Collection[ActKind]
) -> list[Markup]:
    """By platform, what is left to people of this decision."""
    platforms: dict[str, list[PlatformAct]] = {}
    for act in acts:
        platforms.setdefault(session.get_one(Account, act.account_id).platform, []).append(act)
    said = [
        left_to_people.task(decision.outcomes, not_yet.by_hand(session, theirs), name, waiting=waiting)
        for name, theirs in sorted(platforms.items())
    ]
    return [one for one in said if one]


def _to_be_asked_again(decision: Decision, entries: Sequence[tuple[UUID, int]]) -> int:
    """How many urgent entries are about to be left as they are: that takes a second press."""
    if not is_nothing_done(decision.outcomes) or not decision.reason.strip():
        return 0
    with reading() as session:
        return review.urgent_among(session, [one for one, _ in entries], viewer=current_person(session))


def _page(typed: Typed, *, first: bool = False, urgent: int = 0) -> str:
    author, post, account = typed["author"], typed["post"], typed["account"]
    kind = LANGUAGE if typed["kind"] == LANGUAGE else ""
    if [author, post, kind].count("") != 2:
        raise NotFound("Choose an author or a post in the queue first.")
    filters = QueueFilters(
        kind=kind,
        author_id=identifier(author) if author else None,
        post_platform_id=post,
        account_id=identifier(account) if account else None,
    )
    with reading() as session:
        page = review.queue(
            session, viewer=current_person(session), filters=filters, limit=together.MOST, now=now()
        )
        # What is urgent is ticked by a person alone, where it stands among other entries.
        only_urgent = all(item.case.urgent for item in page.items)
        shown = {str(item.entry.id) for item in page.items}
        return render_template(
            "moderation/together.html",
            only_urgent=only_urgent,
            left_out=[] if first else _left_out(session, typed, shown, viewer=current_person(session)),
            page=page,
            # At first everything is ticked that nobody else is deciding, though no threat among the thanks.
            ticked={
                str(item.entry.id)
                for item in page.items
                if not item.claimed_by
                and (not kind or item.case.kinds == unread.ALONE)
                and (only_urgent or not item.case.urgent)
            }
            if first
            else {value.partition(":")[0] for value in typed.all("entries")},
            choices=_READ | CHOICES if any(unread.among(item.case) for item in page.items) else CHOICES,
            author=author,
            post=post,
            account=account,
            kind=kind,
            urgent=urgent,
            typed=typed,
        )


def _left_out(session: Session, typed: Typed, shown: set[str], *, viewer: Person) -> list[tuple[UUID, str]]:
    """The entries that were ticked and are open no more, with who decided; none that is kept from them."""
    gone = []
    for one in typed.all("entries")[: together.MOST]:
        try:
            gone.append(UUID(one.partition(":")[0]))
        except ValueError:
            # No entry's: the form is refused for it already.
            continue
    return review.decided_of(session, [one for one in gone if str(one) not in shown], viewer=viewer)


def _decision(typed: Typed) -> Decision:
    chosen = typed.all("outcomes")
    if not set(chosen) <= {outcome.value for outcome in [*_READ, *CHOICES]}:
        raise BadInput("Choose from the list what is to be done.", field="outcomes")
    to = typed["refer_to"]
    if to and to not in set(ReferTo):
        raise BadInput("Choose from the list to whom they are referred.", field="refer_to")
    return Decision(
        outcomes=frozenset(Outcome(value) for value in chosen),
        reason=typed["reason"],
        refer_to=ReferTo(to) if to else None,
        reference=typed["reference"],
        author_is_pupil={"yes": True, "no": False}.get(typed["author_is_pupil"]),
    )


def _entries(typed: Typed) -> list[tuple[UUID, int]]:
    found = []
    for value in typed.all("entries"):
        entry, _, seen = value.partition(":")
        version = hidden_number(seen)
        found.append((identifier(entry), version))
    return found
