"""How what is stored about comments, followers and the log is said to people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from connectors.base import CommentKind
from moderation import not_yet, referrals, undoing, unread
from moderation.authors import AuthorRecord
from moderation.chain import unlisted
from moderation.decisions import Decision
from moderation.followers import FollowerOutcome
from moderation.models import (
    ActKind,
    ActState,
    CaseState,
    Comment,
    EventKind,
    LogCase,
    LogEntry,
    LogEvent,
    PlatformAct,
    ReferTo,
)
from moderation.outcomes import OUTCOMES as OUTCOMES
from moderation.outcomes import UNDOABLE, Outcome, in_words
from school.times import say, say_date, say_full_date

PLATFORMS: Mapping[str, str] = {"x": "X", "facebook": "Facebook", "instagram": "Instagram"}
FOLLOWER_DONE: Mapping[FollowerOutcome, str] = {
    FollowerOutcome.APPROVE: "approved, they may go on following",
    FollowerOutcome.DECLINE: "declined, they may not follow",
    FollowerOutcome.REMOVE: "to be removed from the followers",
    FollowerOutcome.MUTE: "approved but muted",
    FollowerOutcome.BLOCK: "blocked",
}
"""What was done, for whoever decided about a follower."""

KINDS: Mapping[str, str] = {
    "threat": "threat",
    "safeguarding": "worry about a child",
    "toxicity": "abuse",
    "personal_data": "personal data",
    "word": "a word of ours",
    "spam": "spam",
    "length": "read it yourself",
    "reported": "reported",
    "language": "in another language",
    "rescored": "scored again",
}
"""Kinds of reasons, worst first."""

PLACES: Mapping[str, str] = {
    CommentKind.MENTION: "mention elsewhere",
    CommentKind.VISITOR_POST: "visitor’s own post",
    CommentKind.TAG: "tags the school",
}
"""Where something was written that is no comment under a post of ours."""

KIND_COLOURS: Mapping[str, str] = {"threat": "danger", "safeguarding": "danger", "personal_data": "warning"}

URGENT = "threats, worries about a child, a child’s address or number"
"""What is urgent, where several are counted: see `thresholds.is_urgent`."""

_SHOWN_OF_A_KIND = 4
_BEGUN = 60

ACTS: Mapping[ActKind, str] = {
    ActKind.HIDE: "Hide the comment",
    ActKind.UNHIDE: "Show the comment again",
    ActKind.DELETE: "Delete the comment",
    ActKind.REPLY: "Answer publicly",
    ActKind.BLOCK: "Block the person",
    ActKind.UNBLOCK: "Unblock the person",
    ActKind.MUTE: "Mute the person",
    ActKind.UNMUTE: "Unmute the person",
    ActKind.ACCEPT_REQUEST: "Accept the request",
    ActKind.DECLINE_REQUEST: "Decline the request",
    ActKind.REMOVE_FOLLOWER: "Remove the follower",
}

ACT_STATES: Mapping[ActState, tuple[str, str]] = {
    ActState.REQUESTED: ("waiting", "info"),
    ActState.DOING: ("being done", "info"),
    ActState.DONE: ("done", "success"),
    ActState.FAILED: ("failed", "danger"),
    ActState.BY_HAND: ("to do by hand", "warning"),
    ActState.WITHDRAWN: ("taken back before it was done", "secondary"),
}

_TO_BE: Mapping[Outcome, tuple[ActKind, str]] = {
    Outcome.HIDE: (ActKind.HIDE, "to be hidden"),
    Outcome.UNHIDE: (ActKind.UNHIDE, "to be shown again"),
    Outcome.DELETE: (ActKind.DELETE, "to be deleted"),
    Outcome.REPLY: (ActKind.REPLY, "to be answered"),
    Outcome.WARN: (ActKind.REPLY, "to be warned"),
    Outcome.BLOCK: (ActKind.BLOCK, "to be blocked"),
    Outcome.UNBLOCK: (ActKind.UNBLOCK, "to be unblocked"),
    Outcome.MUTE: (ActKind.MUTE, "to be muted"),
    Outcome.UNMUTE: (ActKind.UNMUTE, "to be unmuted"),
}
"""What an outcome is called while the platform has not been asked for it."""

_WANTED: Mapping[ActKind, str] = {
    ActKind.HIDE: "to be hidden",
    ActKind.UNHIDE: "to be shown again",
    ActKind.DELETE: "to be deleted",
}

_VERBS: Mapping[ActKind, str] = {
    ActKind.HIDE: "hide a comment",
    ActKind.UNHIDE: "show a comment again",
    ActKind.DELETE: "delete a comment",
    ActKind.REPLY: "answer",
    ActKind.BLOCK: "block anybody",
    ActKind.UNBLOCK: "unblock anybody",
    ActKind.MUTE: "mute anybody",
    ActKind.UNMUTE: "unmute anybody",
}

REFER_TO: Mapping[ReferTo, str] = {
    ReferTo.DSL: "the designated safeguarding lead",
    ReferTo.CHAIR: "the chair of governors",
    ReferTo.POLICE: "the police",
}

ISSUED: Mapping[str, str] = {
    "evidence": "Evidence pack made",
    "letter": "Letter issued",
    "picture": "Picture that came with it kept",
}

STATES: Mapping[CaseState, tuple[str, str]] = {
    CaseState.OPEN: ("open", "warning"),
    CaseState.DECIDED: ("decided", "success"),
}


def state(case: LogCase) -> tuple[str, str]:
    """Where an entry stands, and its badge's colour: what was only passed on is decided by nobody yet."""
    if case.state is CaseState.DECIDED and unlisted(case.outcomes) == [Outcome.REFER.value]:
        return "referred", "warning"
    return STATES[case.state]


def kind(name: str, entry: LogEntry) -> str:
    """A kind of reasons as a badge says it; of what a person marked as urgent nobody said which it is."""
    if name == "safeguarding" and entry.marked_urgent:
        return "threat or worry about a child"
    return KINDS.get(name, name)


def platform(value: str) -> str:
    """A platform as people call it; what a manual entry names stays as it is."""
    return PLATFORMS.get(value, value)


def seen_on(entry: LogEntry) -> date | None:
    """The day on which somebody saw it elsewhere, where they gave no time of day with it."""
    days = (reason.get("seen_on") for reason in entry.reasons)
    return next((date.fromisoformat(str(day)) for day in days if day), None)


def written(entry: LogEntry) -> str:
    """When it was written or seen, as far as anybody knows: no hour is made up, since it is evidence."""
    if entry.posted_at is not None:
        return say(entry.posted_at)
    day = seen_on(entry)
    return f"{say_full_date(day)}, time not known" if day else "time not known"


def shortly(reasons: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why an entry is in the queue, a sentence or more for each of its badges, worst first.

    Without what was found in the text: that stays covered until somebody asks for it.
    """
    said: dict[str, list[str]] = {}
    for reason in reasons:
        kind, detail = str(reason.get("kind", "")), str(reason.get("detail", ""))
        words = detail.split(": “")[0]
        if kind == "safeguarding" and reason.get("label") != "manual":
            words = f"likely a worry about a child: {words}"
        elif kind == "personal_data":
            words = detail.split(": ")[0]
        elif kind == "word":
            words = "has a word that your school added"
        elif kind != "threat" and "“" in detail:
            continue
        known = said.setdefault(kind, [])
        if words not in known and len(known) < _SHOWN_OF_A_KIND:
            known.append(words)
    return [words for known in said.values() for words in known]


def begun(text: str) -> str:
    """The first words of a text in quotation marks, by which a comment or a post is known again."""
    line = " ".join(text.split())
    return f"“{line[:_BEGUN]}{'…' if len(line) > _BEGUN else ''}”" if line else "without words"


def still_visible(case: LogCase, comment: Comment | None) -> str:
    """That a comment can still be read by everybody though something was done: none of it takes it down."""
    done = unlisted(case.outcomes)
    if comment is None or comment.hidden or comment.gone_at is not None:
        return ""
    if Outcome.DEALT in done:
        return f"still visible on {platform(case.platform)}"
    answered = Outcome.REPLY in done and not unread.only(case)
    referred, warned = Outcome.REFER in done, Outcome.WARN in done
    for so, what in ((referred, "referred"), (warned, "warned"), (answered, "answered")):
        if so:
            return f"{what}; still visible on {platform(case.platform)}"
    return ""


def answered(case: LogCase) -> bool:
    """Whether the school answered or warned publicly, and the answer may stand beneath the comment."""
    return bool({Outcome.REPLY, Outcome.WARN} & set(unlisted(case.outcomes)))


HIDE_TOO: Mapping[str, str] = {
    "referred": "It was referred and need not be read meanwhile.",
    "warned": "Its author was warned, and nobody need read it.",
    "answered": "It was answered, and nobody need read it.",
    "still visible on": "It was dealt with, and nobody need read it.",
}
"""A reason to hide what is still visible, by how `still_visible` begins."""


def hide_too(visible: str) -> str:
    """The reason that is filled in where hiding is offered beside what was done."""
    return next(reason for begins, reason in HIDE_TOO.items() if visible.startswith(begins))


def decided(
    chosen: Collection[Outcome],
    waiting: Collection[ActKind] = (),
    by_hand: Collection[ActKind] = (),
    *,
    to: ReferTo | None = None,
) -> str:
    """Outcomes as words: "hidden, blocked". `waiting`: what nobody has asked the platform for yet.

    `by_hand`: what no program does there and no person has done yet. `to`: to whom it was referred.
    """
    return ", ".join(_outcome(one, waiting, by_hand, to) for one in sorted(chosen))


def _outcome(
    one: Outcome, waiting: Collection[ActKind], by_hand: Collection[ActKind], to: ReferTo | None = None
) -> str:
    if one is Outcome.REFER and to is not None:
        return f"referred to {REFER_TO[to]}"
    kind, to_be = _TO_BE.get(one, (None, ""))
    if kind in waiting:
        return to_be
    return f"{to_be} by hand" if kind in by_hand else OUTCOMES[one]


def acts_of(outcomes: Collection[Outcome]) -> set[ActKind]:
    """What is to be done on a platform for these outcomes."""
    return {_TO_BE[one][0] for one in outcomes if one in _TO_BE}


def left_to_people(platform_: str, by_hand: Collection[ActKind]) -> str:
    """That a person has to do these on a platform, which lets no program do them; empty without any."""
    verbs = [_VERBS[kind] for kind in sorted(by_hand) if kind in _VERBS]
    if not verbs:
        return ""
    name = platform(platform_)
    return (
        f"{name} lets no program {' or '.join(verbs)}, so nothing of that has changed there yet: do it on "
        f"{name} yourself, or leave it to whoever comes first."
    )


def on_platform(comment: Comment | None, acts: Sequence[PlatformAct]) -> str:
    """Whether everybody can read the comment, and that it is to go where that isn't done yet."""
    if comment is None:
        return "entered by hand"
    if comment.gone_at is not None:
        return f"gone since {say(comment.gone_at)}"
    act = not_yet.to_come_back(acts) if comment.hidden else not_yet.to_go(acts)
    stands = "hidden" if comment.hidden else "visible" if act is None else "still visible"
    if act is None:
        return stands
    how = {ActState.BY_HAND: ", by hand", ActState.FAILED: ", which failed"}.get(act.state, "")
    return f"{stands}; {_WANTED[act.kind]}{how}"


def urgency(case: LogCase) -> tuple[str, str]:
    """The badge of an urgent entry and its colour: red until somebody has decided and nobody waits for it."""
    if not case.urgent:
        return "", ""
    done = unlisted(case.outcomes)
    waits = Outcome.REFER in done and Outcome.DEALT not in done
    if case.state is CaseState.OPEN or waits:
        return "urgent", "danger"
    return "was urgent", "secondary"


def often(author: AuthorRecord) -> str:
    """How often somebody was flagged, of how many comments: nobody is accused for the language they write."""
    read = author.unread
    comments = f"{author.comments} comment{'' if author.comments == 1 else 's'} in all"
    if not author.flagged and read:
        to_read = f"{read} to be read" if author.open_unread == read else f"{read} in another language"
        return f"{to_read}, none flagged as abuse · {comments}"
    return f"{comments}, {author.flagged or 'none'} flagged"


def afterwards(decision: Decision, *, many: bool = False, rest: bool = False) -> str:
    """What whoever decided should know next: that they ring the police, and what can't be undone and why.

    `rest`: of some it was said already that they can't be undone.
    """
    said = ""
    if Outcome.REFER in decision.outcomes and decision.refer_to is ReferTo.POLICE:
        said += " Schoolgate rings nobody: ring 101 yourself, or 999 where somebody is in danger now."
        if not decision.reference.strip():
            said += " Add their reference number when you have it: until then it stands under To do by hand."
    entry = "each entry’s page" if many else "its page"
    if Outcome.REFER in decision.outcomes:
        told = "" if decision.refer_to is ReferTo.POLICE else ": who it went to has been told"
        said += f" A referral can’t be undone{told}."
    elif Outcome.DELETE in decision.outcomes:
        said += " Deleting can’t be undone."
    elif decision.outcomes & {Outcome.REPLY, Outcome.WARN}:
        said += " What was answered is public: it can’t be undone here, only deleted on the platform."
    elif many and decision.outcomes <= UNDOABLE:
        which = "the others" if rest else "all of them"
        said += f" You can undo it for ten minutes, for {which} or for the last one."
    elif Outcome.DEALT in decision.outcomes:
        said += f" There is no Undo for it: it can be opened again on {entry}."
    elif decision.outcomes & {Outcome.MUTE, Outcome.MEETING}:
        said += f" There is no Undo for it: do more on {entry}."
    return said


def hides_nothing(decision: Decision) -> str:
    """Of a decision after which people may believe that the comment went: what it doesn't do."""
    if Outcome.REFER in decision.outcomes:
        return "passing it on hides nothing."
    if Outcome.DEALT in decision.outcomes:
        return "saying so hides nothing. Hide it as well on its page, if nobody should read it."
    if decision.outcomes & {Outcome.REPLY, Outcome.WARN}:
        return "an answer hides nothing. Hide it as well on its page, if nobody should read it."
    return ""


def no_hiding(comment: Comment | None, claimed_by: str, *, back: bool = False) -> str:
    """Why a comment can't be hidden, for who presses the key for it; empty where it can.

    `back`: it is hidden, and shown again in a moment.
    """
    if comment is None:
        return "it was entered by hand, so hide it where it was seen"
    if comment.gone_at is not None:
        return "the comment is gone from the platform"
    if comment.hidden:
        return "the comment is being shown again" if back else "the comment is hidden already"
    return f"{claimed_by} is deciding it" if claimed_by else ""


def outcomes(column: str, acts: Sequence[PlatformAct] = (), by_hand: Collection[ActKind] = ()) -> str:
    """The outcomes of a case, as words: "hidden, blocked".

    Of what a person has still to do on the platform: "to be blocked by hand".
    """
    tasks = {*by_hand, *(act.kind for act in acts if act.state is ActState.BY_HAND)}
    chosen = unlisted(column)
    if not tasks or not set(chosen) <= set(Outcome):
        return in_words(chosen)
    return ", ".join(_outcome(Outcome(one), (), tasks) for one in chosen)


def told(events: Iterable[LogEvent]) -> dict[int, str]:
    """What happened, by the events' places in the chain: a decision to refer says to whom in one line.

    The referral that followed from it is left out.
    """
    listed = list(events)
    followed = {
        (one.entry_id, one.at, one.by_id): one
        for one in listed
        if one.kind is EventKind.REFERRED and not one.detail.get("taken") and not one.detail.get("by_itself")
    }
    said: dict[int, str] = {}
    left_out = set()
    for event in listed:
        referral = followed.get((event.entry_id, event.at, event.by_id))
        outcomes = event.detail.get("outcomes", []) if event.kind is EventKind.DECIDED else []
        if referral is None or Outcome.REFER.value not in outcomes:
            said[event.seq] = happened(event)
            continue
        left_out.add(referral.seq)
        to_whom = happened(referral)
        if outcomes != [Outcome.REFER.value]:
            to_whom = happened(event).replace(OUTCOMES[Outcome.REFER], to_whom[0].lower() + to_whom[1:])
        said[event.seq] = to_whom
    return {seq: words for seq, words in said.items() if seq not in left_out}


def happened(event: LogEvent) -> str:
    """What an event was, in a few words."""
    detail = event.detail
    match event.kind:
        case EventKind.RECORDED:
            return "Put into the log, with the evidence as first seen"
        case EventKind.HIDDEN_AT_ONCE:
            return f"Hidden at once by the rule (score {detail.get('score', '?')})"
        case EventKind.DECIDED:
            hand = {_TO_BE[Outcome(one)][0] for one in detail.get("by_hand", ()) if one in _TO_BE}
            names = [
                _outcome(Outcome(value), (), hand)
                for value in detail.get("outcomes", [])
                if value in set(Outcome)
            ]
            said = ", ".join(names)
            # What was done about a referral is no second decision on the comment; an undo is none at all.
            undone = str(detail.get("reason", "")).startswith(undoing.TAKEN_BACK)
            return said.capitalize() if undone or names == ["dealt with"] else f"Decided: {said}"
        case EventKind.NOTE:
            return "Call to the police" if referrals.is_call(event) else "Note"
        case EventKind.REFERRED:
            to = detail.get("to", "")
            if detail.get("taken"):
                return "Taken up by the designated safeguarding lead"
            if detail.get("by_itself"):
                return "Also referred to the safeguarding lead: a worry about a child is theirs to judge"
            number = f", reference {detail['reference']}" if detail.get("reference") else ""
            return f"Referred to {REFER_TO[ReferTo(to)] if to in set(ReferTo) else to}{number}"
        case EventKind.REOPENED:
            return "Opened again"
        case EventKind.EDITED:
            return "The author changed the text"
        case EventKind.SCORED_AGAIN:
            return f"Scored again: version {detail.get('rules_version', '?')} of the rules finds more in it"
        case EventKind.GONE:
            return {
                "post": "Our post is no longer on the platform; the comment still is",
                "post_and_comment": "Our post is no longer on the platform, and the comment went with it",
            }.get(str(detail.get("what", "")), "The platform no longer has the comment")
        case EventKind.ERASED:
            return "What it said was erased: it is no longer kept"
        case EventKind.ACT:
            kind, state = detail.get("kind", ""), detail.get("state", "")
            words = ACTS[ActKind(kind)] if kind in set(ActKind) else str(kind)
            return f"{words}: {ACT_STATES[ActState(state)][0] if state in set(ActState) else state}"
        case EventKind.ISSUED:
            return ISSUED.get(str(detail.get("kind", "")), "A file was made")
    return str(event.kind)


def more(event: LogEvent) -> str:
    """The reason, note, answer or date that goes with an event; empty where there is none."""
    detail = event.detail
    parts = [str(detail[name]) for name in ("reason", "note", "why", "answer") if detail.get(name)]
    if detail.get("reply"):
        parts.append(f"Answer: “{detail['reply']}”")
    if detail.get("sha256"):
        parts.append(f"SHA-256 {detail['sha256']}")
    if detail.get("meeting_on"):
        parts.append(f"Meeting on {say_date(date.fromisoformat(str(detail['meeting_on'])))}")
    return " · ".join(parts)
