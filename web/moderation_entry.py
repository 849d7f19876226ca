"""The page of one entry of the log: what stands on it, and what was typed there before it was refused."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import render_template, request
from sqlalchemy.orm import Session

from moderation import (
    actions,
    assigning,
    came_with,
    carrying_words,
    claims,
    decisions,
    habits,
    letters,
    not_yet,
    past_head,
    referrals,
    replies,
    review,
    undoing,
    unread,
    views,
)
from moderation.decisions import Outcome
from moderation.models import (
    ActKind,
    ActState,
    LogCase,
    LogEntry,
    PlatformAct,
    WordsAsked,
)
from school import requests
from school.db import now, reading, transaction
from school.models import Person, Role
from school.permissions import Action, may
from web import keeping, moderation_decision
from web.access import current_person
from web.forms import Typed

_NOT_AFTER_ALL = "Don’t block them after all"


def leave_a_line(entry_id: UUID, what: str) -> None:
    """Note that the person signed in looks at this of an entry, where it was referred. Raises NotFound."""
    with reading() as session:
        referred = review.get_case(session, entry_id, viewer=current_person(session)).referred
    if referred:
        with transaction() as session:
            person = current_person(session)
            case = review.get_case(session, entry_id, viewer=person)
            views.of_entry(session, case, what=what, by=person, now=now())


def entry_with(entry_id: UUID, typed: Typed, *, ask_again: bool = False, held: bool = False) -> str:
    """The page of an entry with what was typed on it. `ask_again`: whether no action is right after all.

    `held`: what was typed was refused since a colleague is deciding the entry.
    """
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
            maybe_head=maybe_head(session, person, [page.item.entry]),
            ask_again=ask_again,
            refused_as_held=held,
            to_ring=referrals.to_ring(session, viewer=person, entry_id=entry_id)
            if may(person, Action.REFER)
            else [],
            people=review.referred_by(session, page.referrals),
            received=referrals.received_by(person),
            passed_on_to=moderation_decision.PASSED_ON_TO,
            mark=mark(page.item.case, page.acts, words),
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


def as_typed(entry_id: UUID, typed: Typed) -> str:
    """The page of an entry with words typed elsewhere: in the queue's row, or before a session ended."""
    leave_a_line(entry_id, "page")
    values = typed.values.copy()
    wish = request.args.get("do", "")
    if wish:
        # The row's own buttons stand for choices that nobody made.
        values.setlist("outcomes", [Outcome.REFER] if wish == Outcome.REFER else [])
        values.poplist("refer_to")
    return entry_with(entry_id, Typed(values))


def with_reply(entry_id: UUID, typed: Typed) -> str:
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


def maybe_head(session: Session, person: Person, entries: Sequence[LogEntry]) -> frozenset[UUID]:
    """The entries of which everybody but the headteacher is asked whether they are about the headteacher."""
    if Role.HEADTEACHER in person.roles or not may(person, Action.REFER):
        return frozenset()
    return past_head.may_be_about(session, entries)


def mark(case: LogCase, acts: Sequence[PlatformAct], words: WordsAsked | None) -> str:
    """What differs as soon as somebody or the platform did something with an entry."""
    states = "".join(sorted(f"{act.id}{act.state}{act.attempts}" for act in acts))
    return f"{case.version}/{case.claimed_by_id}/{states}/{words.state if words else ''}"
