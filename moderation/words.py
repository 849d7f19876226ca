"""How what is stored about comments, followers and the log is said to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from connectors.base import CommentKind
from moderation.chain import unlisted
from moderation.decisions import Decision, Outcome
from moderation.models import (
    ActKind,
    ActState,
    CaseState,
    Comment,
    EventKind,
    LogCase,
    LogEntry,
    LogEvent,
    ReferTo,
)
from school.times import say, say_date, say_full_date

PLATFORMS: Mapping[str, str] = {"x": "X", "facebook": "Facebook", "instagram": "Instagram"}

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
    ActState.BY_HAND: ("for you to do", "warning"),
}

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.HIDE: "hidden",
    Outcome.UNHIDE: "shown again",
    Outcome.DELETE: "deleted",
    Outcome.REPLY: "answered",
    Outcome.WARN: "warned",
    Outcome.BLOCK: "blocked",
    Outcome.UNBLOCK: "unblocked",
    Outcome.MUTE: "muted",
    Outcome.UNMUTE: "unmuted",
    Outcome.REFER: "referred",
    Outcome.MEETING: "meeting requested",
    Outcome.NOTE: "noted",
    Outcome.DEALT: "dealt with",
    Outcome.READ: "read, nothing wrong",
    Outcome.DISMISS: "no action",
    Outcome.REOPEN: "opened again",
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
    """That a referred comment can still be read by everybody: passing it on takes nothing down."""
    if not case.referred or comment is None or comment.hidden or comment.gone_at is not None:
        return ""
    return f"referred; still visible on {platform(case.platform)}"


def afterwards(decision: Decision, *, many: bool = False) -> str:
    """What whoever decided should know next: that they ring the police, and what can't be undone and why."""
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
    elif many:
        said += (
            f" To take one back, open it again, or show it again, on {entry}. “Undo this one” takes back "
            "only the entry that it names, none of the others."
        )
    elif decision.outcomes & {Outcome.MUTE, Outcome.MEETING}:
        said += f" There is no Undo for it: do more on {entry}."
    return said


def no_hiding(comment: Comment | None, claimed_by: str) -> str:
    """Why a comment can't be hidden, for who presses the key for it; empty where it can."""
    if comment is None:
        return "it was entered by hand, so hide it where it was seen"
    if comment.gone_at is not None:
        return "the comment is gone from the platform"
    if comment.hidden:
        return "the comment is hidden already"
    return f"{claimed_by} is deciding it" if claimed_by else ""


def outcomes(column: str) -> str:
    """The outcomes of a case, as words: "hidden, blocked"."""
    return ", ".join(
        OUTCOMES[Outcome(value)] if value in set(Outcome) else value for value in unlisted(column)
    )


def happened(event: LogEvent) -> str:
    """What an event was, in a few words."""
    detail = event.detail
    match event.kind:
        case EventKind.RECORDED:
            return "Put into the log, with the evidence as first seen"
        case EventKind.HIDDEN_AT_ONCE:
            return f"Hidden at once by the rule (score {detail.get('score', '?')})"
        case EventKind.DECIDED:
            names = [
                OUTCOMES[Outcome(value)] for value in detail.get("outcomes", []) if value in set(Outcome)
            ]
            return f"Decided: {', '.join(names)}"
        case EventKind.NOTE:
            return "Note"
        case EventKind.REFERRED:
            to = detail.get("to", "")
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
