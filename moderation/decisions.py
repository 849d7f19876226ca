"""What people decide about an entry of the SLT log (P18, P20, P22), and what follows from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import Platform
from connectors.limits import LIMITS, text_length
from moderation import (
    actions,
    alerts,
    authors,
    chain,
    claimed,
    not_yet,
    opened_again,
    referrals,
    replies,
    unread,
)
from moderation.models import (
    ActKind,
    Assignment,
    Author,
    CaseState,
    Comment,
    EventKind,
    LogCase,
    LogEntry,
    LogEvent,
    Meeting,
    PlatformAct,
    ReferTo,
)
from moderation.moves import CASE_MOVES, check, open_again
from moderation.outcomes import Outcome as Outcome
from moderation.referring import TAKES_AWAY, PassedOn, pass_on, to_the_lead_as_well
from moderation.sight import visible_to
from school import audit
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models import Account, AccountState, Person, Role
from school.people import reason_text
from school.permissions import Action, may, require
from school.times import say, today

_CLOSING = {CaseState.OPEN: CaseState.DECIDED, CaseState.DECIDED: CaseState.DECIDED}
_STAYING = {CaseState.OPEN: CaseState.OPEN, CaseState.DECIDED: CaseState.DECIDED}

OUTCOME_MOVES: Mapping[Outcome, Mapping[CaseState, CaseState]] = {
    Outcome.HIDE: _CLOSING,
    Outcome.DELETE: _CLOSING,
    Outcome.REPLY: _CLOSING,
    Outcome.WARN: _CLOSING,
    Outcome.BLOCK: _CLOSING,
    Outcome.MUTE: _CLOSING,
    Outcome.REFER: _CLOSING,
    Outcome.MEETING: _CLOSING,
    Outcome.DEALT: _CLOSING,
    Outcome.READ: {CaseState.OPEN: CaseState.DECIDED},
    Outcome.DISMISS: {CaseState.OPEN: CaseState.DECIDED},
    Outcome.UNHIDE: _STAYING,
    Outcome.UNBLOCK: _STAYING,
    Outcome.UNMUTE: _STAYING,
    Outcome.NOTE: _STAYING,
    Outcome.REOPEN: {CaseState.DECIDED: CaseState.OPEN},
}
"""From which state an outcome can be decided, and where the entry is then."""

ASKED: Mapping[Outcome, str] = {
    Outcome.HIDE: "Hide it",
    Outcome.UNHIDE: "Show it again",
    Outcome.DELETE: "Delete it for good",
    Outcome.REPLY: "Answer publicly",
    Outcome.WARN: "Warn the author publicly",
    Outcome.BLOCK: "Block them on every account of ours on this platform",
    Outcome.UNBLOCK: "Lift the block",
    Outcome.MUTE: "Mute them",
    Outcome.UNMUTE: "Stop muting them",
    Outcome.REFER: "Refer it",
    Outcome.MEETING: "Ask them to a meeting",
    Outcome.NOTE: "Only add a note",
    Outcome.DEALT: "Dealt with",
    Outcome.READ: "Read it: nothing wrong",
    Outcome.DISMISS: "No action is needed",
    Outcome.REOPEN: "Open it again",
}
"""Each outcome as the form asks for it: sentences about it say the same."""

FOR_REFERRED = frozenset(
    {
        Outcome.NOTE,
        Outcome.DEALT,
        Outcome.READ,
        Outcome.DISMISS,
        Outcome.REFER,
        Outcome.MEETING,
        Outcome.REOPEN,
    }
)
"""What somebody may decide who sees an entry only because it was referred to them: the chair (P3)."""

_ALONE = frozenset({Outcome.DEALT, Outcome.READ, Outcome.DISMISS, Outcome.REOPEN})
_OPPOSED = (
    (Outcome.HIDE, Outcome.UNHIDE),
    (Outcome.HIDE, Outcome.DELETE),
    (Outcome.DELETE, Outcome.UNHIDE),
    (Outcome.BLOCK, Outcome.UNBLOCK),
    (Outcome.MUTE, Outcome.UNMUTE),
    (Outcome.BLOCK, Outcome.MUTE),
    (Outcome.REPLY, Outcome.WARN),
    (Outcome.REPLY, Outcome.DELETE),
    (Outcome.WARN, Outcome.DELETE),
    (Outcome.REPLY, Outcome.HIDE),
    (Outcome.WARN, Outcome.HIDE),
)
_ANSWERS = frozenset({Outcome.REPLY, Outcome.WARN})
_ON_COMMENT = {
    Outcome.HIDE: ActKind.HIDE,
    Outcome.UNHIDE: ActKind.UNHIDE,
    Outcome.DELETE: ActKind.DELETE,
    Outcome.REPLY: ActKind.REPLY,
    Outcome.WARN: ActKind.REPLY,
}
_TOLD_OF_REFERRAL: Mapping[ReferTo | None, Collection[Role]] = {
    ReferTo.DSL: (Role.DSL,),
    ReferTo.CHAIR: (Role.CHAIR,),
}
_ON_AUTHOR = {
    Outcome.BLOCK: ActKind.BLOCK,
    Outcome.UNBLOCK: ActKind.UNBLOCK,
    Outcome.MUTE: ActKind.MUTE,
    Outcome.UNMUTE: ActKind.UNMUTE,
}


_MAKES_OLD: Mapping[EventKind, str] = {
    EventKind.DECIDED: "decided it",
    EventKind.NOTE: "noted something on it",
    EventKind.REOPENED: "opened it again",
    EventKind.EDITED: "changed it",
    EventKind.SCORED_AGAIN: "had it scored again",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided. `reason` is the note itself where only a note is made."""

    outcomes: frozenset[Outcome]
    reason: str = field(repr=False)
    reply: str = field(default="", repr=False)
    """What to answer publicly, for REPLY and WARN."""
    refer_to: ReferTo | None = None
    reference: str = ""
    """The police's number, say."""
    author_is_pupil: bool | None = None
    """To be said of what goes to the police: then the DSL alone decides (P22)."""
    about_headteacher: bool = False
    """Goes to the chair, and the headteacher no longer sees the entry (P3)."""
    meeting_on: date | None = None
    taken_back: bool = False
    """Undoes a decision of one's own, made by mistake a moment ago: who undoes it puts it in the trail."""


def decide(
    session: Session,
    entry_id: UUID,
    decision: Decision,
    *,
    seen: int,
    by: Person,
    url: str,
    now: datetime,
) -> LogCase:
    """Decide on an entry; what is to happen on the platform becomes rows that a worker carries out.

    `seen`: the version of the entry that the person was shown. Raises NotFound where they may not
    see it, MoveNotAllowed when somebody was faster or has claimed it, BadInput for outcomes that
    don't fit, NotPermitted.
    """
    case = get_locked(session, entry_id, by=by)
    entry = session.get_one(LogEntry, entry_id)
    _check_person(by, decision.outcomes)
    _check_state(session, case, decision.outcomes, seen=seen, by=by, now=now)
    if Outcome.READ in decision.outcomes and not unread.among(case):
        raise BadInput(
            f"This entry is not in another language: choose “{ASKED[Outcome.DISMISS]}”.", field="outcomes"
        )
    taken = Outcome.DEALT in decision.outcomes and not referrals.waits_for(session, entry_id, by)
    if taken and not referrals.may_take(case, entry, by):
        raise MoveNotAllowed("This entry doesn't wait for you: it wasn't referred to you, or is dealt with.")
    comment = session.get(Comment, entry.comment_id) if entry.comment_id else None
    _check_fit(entry, comment, decision, by=by, now=now)
    _check_seen(session, comment, decision.outcomes)
    reason = reason_text(decision.reason)
    if taken:
        referrals.take(session, case, by=by, now=now)
    acts = _acts(session, entry, comment, decision, by=by, reason=reason, now=now)
    if Outcome.REOPEN in decision.outcomes:
        opened_again.tell(session, entry, case, by=by, url=url, now=now)
    _follow(session, entry, case, decision, acts, by=by, reason=reason, url=url, now=now)
    was_open = case.state is CaseState.OPEN
    _close(session, case, decision.outcomes, by=by, now=now)
    if was_open and case.state is CaseState.DECIDED:
        # The form may name somebody without a referral being chosen: then nobody was told.
        to = decision.refer_to if Outcome.REFER in decision.outcomes else None
        told = {*_TOLD_OF_REFERRAL.get(to, ())}
        if to_the_lead_as_well(
            session, entry, case, decision.outcomes, by=by, reason=reason, url=url, now=now
        ):
            told.add(Role.DSL)
        if case.urgent:
            alerts.decided(session, entry, case, besides=told, now=now)
    if not decision.taken_back:
        # What concerns the headteacher, too: of the trail's lines they read none about such an entry (P3).
        note_in_trail(session, entry, decision.outcomes, by=by, now=now)
    return case


def note_in_trail(
    session: Session,
    entry: LogEntry,
    outcomes: Collection[Outcome],
    *,
    by: Person,
    taken_back: bool = False,
    now: datetime,
) -> None:
    """One line of the trail for what somebody did to an entry at once. `taken_back`: undid a decision."""
    audit.record(
        session,
        by=by,
        action="comment_decided",
        object_kind="log_entry",
        object_id=entry.id,
        detail={
            "number": entry.number,
            "outcomes": sorted(outcomes),
            **({"taken_back": True} if taken_back else {}),
        },
        now=now,
    )


def get_locked(session: Session, entry_id: UUID, *, by: Person) -> LogCase:
    """The case as it is now, kept from others until the end of the transaction. Raises NotFound."""
    chain.lock(session)
    case = session.scalar(
        sa.select(LogCase)
        .where(LogCase.entry_id == entry_id, visible_to(by))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if case is None:
        raise NotFound("There is no such entry, or none that you may see.")
    return case


def _check_person(by: Person, outcomes: frozenset[Outcome]) -> None:
    if not may(by, Action.MODERATE):
        require(by, Action.SEE_REFERRALS)
        if not outcomes <= FOR_REFERRED:
            raise NotPermitted(
                "You may note, refer, ask to a meeting or close what was referred to you; no more."
            )
    elif Outcome.REFER in outcomes:
        require(by, Action.REFER)


def _check_state(
    session: Session, case: LogCase, outcomes: frozenset[Outcome], *, seen: int, by: Person, now: datetime
) -> None:
    if not outcomes:
        raise BadInput("Nothing is chosen: tick what is to be done.", field="outcomes")
    if case.version != seen:
        done = _done_last(session, case.entry_id, by=by)
        raise MoveNotAllowed(f"You saw an older state of this entry: {done}. Look at it again.")
    if claimed.held_by_another(case, by, now=now):
        raise claimed.held(session, case)
    for outcome in sorted(outcomes):
        if case.state not in OUTCOME_MOVES[outcome]:
            raise MoveNotAllowed(f"“{ASKED[outcome]}” isn't possible: this entry is {case.state}.")
    if len(outcomes) > 1 and outcomes & _ALONE:
        raise BadInput(f"“{ASKED[min(outcomes & _ALONE)]}” can't go with anything else.", field="outcomes")
    for one, other in _OPPOSED:
        if {one, other} <= outcomes:
            # Instagram puts an answer under the comment that begins the thread, and Facebook under the one
            # above: whoever else wrote that seems to be answered once this one is away. Instagram refuses an
            # answer to what is hidden (developers.facebook.com, IG Comment Replies).
            why = ""
            if one in _ANSWERS and other in TAKES_AWAY:
                why = "; what is answered publicly stays, and nobody could see what it answers"
            raise BadInput(
                f"“{ASKED[one]}” and “{ASKED[other]}” don't go together: choose one{why}.", field="outcomes"
            )


def _done_last(session: Session, entry_id: UUID, *, by: Person) -> str:
    """The last thing that made pages with an earlier state too old: who did what, and when."""
    row = session.execute(
        sa.select(LogEvent, Person)
        .outerjoin(Person, Person.id == LogEvent.by_id)
        .where(LogEvent.entry_id == entry_id, LogEvent.kind.in_(_MAKES_OLD))
        .order_by(LogEvent.seq.desc())
        .limit(1)
    ).first()
    if row is None:
        return "it changed"
    event, who = row
    what = _MAKES_OLD[event.kind]
    if event.kind is EventKind.DECIDED and event.detail.get("outcomes") == [Outcome.DEALT.value]:
        what = "dealt with it"
    name = "" if who is None else "You" if who.id == by.id else who.name
    return f"{name} {what} on {say(event.at)}" if name else f"it changed on {say(event.at)}"


def _check_fit(
    entry: LogEntry, comment: Comment | None, decision: Decision, *, by: Person, now: datetime
) -> None:
    outcomes = decision.outcomes
    # A warning about something seen elsewhere is given outside the product and only recorded here.
    on_comment = outcomes & _ON_COMMENT.keys() - ({Outcome.WARN} if entry.account_id is None else set())
    if on_comment and comment is None:
        raise BadInput(
            f"This entry was made by hand, so “{ASKED[min(on_comment)]}” is not possible here: "
            "act where it was seen, "
            "and note it here.",
            field="outcomes",
        )
    if outcomes & _ON_AUTHOR.keys() and entry.author_id is None:
        raise BadInput(
            "The platform doesn't say who wrote this, so nobody can be blocked or muted.", field="outcomes"
        )
    if outcomes & _ANSWERS and comment is not None:
        _check_reply(Platform(entry.platform), decision.reply)
    if Outcome.REFER in outcomes:
        if decision.refer_to is None:
            raise BadInput("Choose to whom it is referred.", field="refer_to")
        if decision.about_headteacher and decision.refer_to is not ReferTo.CHAIR:
            raise BadInput(
                "What concerns the headteacher goes to the chair of governors: choose the chair.",
                field="refer_to",
            )
        if decision.refer_to is ReferTo.POLICE:
            _check_police(decision, by=by)
        if len(decision.reference) > 200:
            raise BadInput("The reference is too long: at most 200 characters fit.", field="reference")
    elif decision.about_headteacher:
        raise BadInput(
            "To keep this from the headteacher, refer it to the chair of governors.", field="outcomes"
        )
    if Outcome.MEETING in outcomes:
        if decision.meeting_on is None:
            raise BadInput("Say on which day the meeting is.", field="meeting_on")
        if decision.meeting_on < today(now):
            raise BadInput(
                f"The meeting's day ({decision.meeting_on:%Y-%m-%d}) is over: choose a later one.",
                field="meeting_on",
            )


def _check_seen(session: Session, comment: Comment | None, outcomes: frozenset[Outcome]) -> None:
    """Nobody is answered in public whose words nobody can see: the answer would stand under another's."""
    if comment is None or not outcomes & _ANSWERS:
        return
    acts = session.scalars(
        sa.select(PlatformAct).where(PlatformAct.comment_id == comment.id).order_by(PlatformAct.id)
    )
    going = "" if comment.hidden else not_yet.going(acts)
    if comment.hidden or going:
        raise BadInput(
            f"“{ASKED[min(outcomes & _ANSWERS)]}” isn't possible while the comment is {going or 'hidden'}: "
            "nobody could see what it answers."
            + (f" First choose “{ASKED[Outcome.UNHIDE]}” alone." if going != not_yet.DELETING else ""),
            field="outcomes",
        )


def _check_police(decision: Decision, *, by: Person) -> None:
    """Pupils aren't criminalised needlessly: of a pupil, the DSL decides whether the police hear (P22)."""
    if decision.author_is_pupil is None:
        raise BadInput(
            "Say whether the author may be a pupil: then the safeguarding lead decides whether it goes to "
            "the police.",
            field="author_is_pupil",
        )
    if decision.author_is_pupil and Role.DSL not in by.roles:
        raise BadInput(
            "The author may be a pupil, so the designated safeguarding lead decides whether the police are "
            "told: refer it to the safeguarding lead.",
            field="refer_to",
        )


def _check_reply(platform: Platform, text: str) -> None:
    length, most = text_length(platform, text), LIMITS[platform].text_max
    if not text.strip():
        raise BadInput("The answer is empty: write what everybody will read.", field="reply")
    if gaps := replies.left_open(text):
        raise BadInput(f"Write something in place of {', '.join(gaps)} in the answer.", field="reply")
    if length > most:
        raise BadInput(f"The answer counts {length:,} characters: at most {most:,} fit.", field="reply")


def _acts(
    session: Session,
    entry: LogEntry,
    comment: Comment | None,
    decision: Decision,
    *,
    by: Person,
    reason: str,
    now: datetime,
) -> list[PlatformAct]:
    acts: list[PlatformAct] = []
    for outcome in sorted(decision.outcomes):
        if outcome in _ON_COMMENT and comment is not None:
            text = decision.reply.strip() if outcome in _ANSWERS else ""
            kind = _ON_COMMENT[outcome]
            asked = actions.request_on_comment(session, kind, entry, comment, by=by, text=text, now=now)
            acts += [asked] if asked else []
        elif outcome in _ON_AUTHOR:
            author = session.get_one(Author, entry.author_id)
            if outcome is Outcome.BLOCK:
                authors.block(session, author.id, by=by, reason=reason, now=now)
            elif outcome is Outcome.UNBLOCK:
                authors.unblock(session, author.id, by=by, reason=reason, now=now)
            # The block list applies to every account on the platform (P20).
            for account_id in _accounts_on(session, entry.platform):
                asked = actions.request_on_author(
                    session, _ON_AUTHOR[outcome], account_id, author, entry_id=entry.id, by=by, now=now
                )
                acts += [asked] if asked else []
    return acts


def take_back(
    session: Session,
    entry: LogEntry,
    outcomes: Collection[Outcome],
    *,
    by: Person,
    reason: str,
    now: datetime,
) -> frozenset[Outcome]:
    """Undo on the platform what was decided a moment ago; those of `outcomes` that something is done for.

    A task that nobody had done is withdrawn instead, and the log then doesn't say that it was undone.
    """
    comment = session.get(Comment, entry.comment_id) if entry.comment_id else None
    found: dict[Outcome, list[PlatformAct]] = {}
    for outcome in sorted(outcomes):
        only = Decision(frozenset({outcome}), reason)
        if acts := _acts(session, entry, comment, only, by=by, reason=reason, now=now):
            found[outcome] = acts
    if found:
        asked = [act.id for acts in found.values() for act in acts]
        detail = {"outcomes": list(found), "reason": reason, "acts": asked}
        detail |= _left_to_people(session, found, [act for acts in found.values() for act in acts])
        chain.append(session, entry.id, EventKind.DECIDED, by=by, detail=detail, now=now)
    return frozenset(found)


def _accounts_on(session: Session, platform: str) -> list[UUID]:
    query = sa.select(Account.id).where(Account.platform == platform, Account.state != AccountState.CLOSED)
    return list(session.scalars(query.order_by(Account.id)))


def _follow(
    session: Session,
    entry: LogEntry,
    case: LogCase,
    decision: Decision,
    acts: list[PlatformAct],
    *,
    by: Person,
    reason: str,
    url: str,
    now: datetime,
) -> None:
    """Rows and chain events of the decision."""
    outcomes = decision.outcomes
    if outcomes == {Outcome.NOTE}:
        chain.append(session, entry.id, EventKind.NOTE, by=by, detail={"note": reason}, now=now)
        return
    if outcomes == {Outcome.REOPEN}:
        chain.append(session, entry.id, EventKind.REOPENED, by=by, detail={"why": reason}, now=now)
        return
    detail: dict[str, Any] = {
        "outcomes": sorted(outcomes),
        "reason": reason,
        "acts": [act.id for act in acts],
    }
    detail |= _left_to_people(session, outcomes, acts)
    if outcomes & _ANSWERS:
        detail["reply"] = decision.reply.strip()
    if decision.meeting_on is not None and Outcome.MEETING in outcomes:
        detail["meeting_on"] = decision.meeting_on
        session.add(
            Meeting(entry_id=entry.id, on=decision.meeting_on, reason=reason, asked_at=now, asked_by_id=by.id)
        )
    chain.append(session, entry.id, EventKind.DECIDED, by=by, detail=detail, now=now)
    if Outcome.REFER in outcomes and decision.refer_to is not None:
        _refer(session, entry, case, decision, decision.refer_to, by=by, reason=reason, url=url, now=now)


def _left_to_people(
    session: Session, outcomes: Collection[Outcome], acts: Collection[PlatformAct]
) -> dict[str, Any]:
    """For the log, which is never changed: what of a decision no program does.

    It must not say for ever that somebody was blocked whom nobody blocks.
    """
    by_hand = not_yet.by_hand(session, acts)
    kinds = _ON_COMMENT | _ON_AUTHOR
    return {"by_hand": sorted(one for one in outcomes if kinds.get(one) in by_hand)} if by_hand else {}


def _refer(
    session: Session,
    entry: LogEntry,
    case: LogCase,
    decision: Decision,
    to: ReferTo,
    *,
    by: Person,
    reason: str,
    url: str,
    now: datetime,
) -> None:
    passed = PassedOn(
        to, reason, decision.reference.strip(), decision.about_headteacher, decision.author_is_pupil
    )
    told = pass_on(session, entry, case, passed, outcomes=decision.outcomes, by=by, url=url, now=now)
    if told == 0 and to is not ReferTo.POLICE:
        raise BadInput(
            f"Nobody holds the role “{to.value.upper() if to is ReferTo.DSL else 'chair of governors'}”: "
            "ask the headteacher to name somebody first.",
            field="refer_to",
        )


def _close(
    session: Session, case: LogCase, outcomes: frozenset[Outcome], *, by: Person, now: datetime
) -> None:
    """Move the entry on; every decision makes pages that show the earlier state too old to decide from."""
    after = {OUTCOME_MOVES[outcome][case.state] for outcome in outcomes}
    to = CaseState.DECIDED if CaseState.DECIDED in after else CaseState.OPEN
    if to is CaseState.OPEN and case.state is not to:
        open_again(case)
    elif to is not case.state:
        check(CASE_MOVES, case.state, to, "entry")
        case.state, case.decided_at, case.decided_by_id = to, now, by.id
        # An edit opened entries again without this before: what was decided then is over.
        case.outcomes = ""
    if to is CaseState.DECIDED:
        kept = [*chain.unlisted(case.outcomes), *(o.value for o in sorted(outcomes) if o is not Outcome.NOTE)]
        case.outcomes = chain.listed(list(dict.fromkeys(kept)))
        session.execute(
            sa.update(Assignment)
            .where(Assignment.entry_id == case.entry_id, Assignment.ended_at.is_(None))
            .values(ended_at=now)
        )
    case.version += 1
    case.claimed_by_id, case.claimed_until = None, None
    # The next query of this transaction searches by these columns.
    session.flush()
