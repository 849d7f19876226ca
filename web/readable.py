# ruff: noqa: E501 - sentences are easier to check unbroken
"""What a file of somebody's data says to whoever gets it: a sentence for each record (P34; article 12(1))."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

from markupsafe import Markup, escape

from moderation.decisions import Outcome
from moderation.models import ActKind, ActState, CaseState, CommentState, EventKind, FollowerState, ReferTo
from moderation.words import ACT_STATES, ACTS, OUTCOMES, REFER_TO
from school.consent import KINDS_IN_FULL, PLATFORMS
from school.held import Row, Section
from school.models import ConsentKind, FormState, MailState, Role
from school.notices import How
from school.redaction import SOMEBODY
from school.times import say, say_date
from web.naming import ROLE_NAMES, act_words
from web.trail_words import PHRASES, THINGS

SENTENCES: Mapping[str, str] = {
    # The school's own records.
    "In the consent register": "{name} is in the school’s consent register, in the class {class}.",
    "Consents": "{given by} agreed to “{kind}” on {where}, from {from} to {to}.[ This was taken back on {withdrawn}: {why withdrawn}]",
    "Lists of the office that wait": "The office’s list “{file}”, uploaded on {uploaded} and not applied yet, names {name}, {class}, in line {line}.",
    "Who they are here": "{name} ({e-mail address}) has been known to Schoolgate since {added}.",
    "Where they signed in": "They signed in on {from} by {by} ({browser}), and were last seen there on {last seen}.[ That sign-in ended on {ended}.]",
    "Passkeys": "They have the passkey “{name}”, made on {made}[ and last used on {used}].",
    "Which e-mails they want": "How they chose to be told of “{about}”: {how}.",
    "When they want e-mails": "Their daily digest comes at {digest}.[ They want no e-mails from {quiet} to {until}.]",
    "Browsers that get notices": "Notices from Schoolgate are shown by {browser}, since {added}[, last on {last used}].",
    "Their account for single sign-on": "Since {since} they can sign in with the account {address} that they have at {provider}. It was used last on {used last}.",
    "How they were let in again": "On {asked} the school was asked to let them in again with a new password. The reason given was: {reason}[ The link for it was used on {used}.]",
    "Roles": "They had the role “{role}” from {from}[ to {until}]. The reason given was: {reason}",
    "Accounts they may write for": "They may write for {account} since {from}[, and that ended on {until}]. The reason given was: {reason}",
    "Accounts they administer": "They look after {account} since {from}[, and that ended on {until}]. The reason given was: {reason}",
    "Stood in for the headteacher": "They stood in for the headteacher from {from} to {to}.",
    "Training": "They were trained on {held} ({about}). The training counts until {counts until}.",
    "Terms of use": "They accepted version {version} of the school’s rules for social media on {accepted}.",
    "E-mails sent to them": "Schoolgate wrote the e-mail “{subject}” to {to} on {at}.",
    "Forms that name them": "The form “{form}” was handed in on {filed}.",
    "Forms they filed": "They handed in the form “{form}” on {filed}.",
    "Forms they answered": "They answered the form “{form}” on {at}: it became “{answer}”.",
    "In the trail": "On {at} {in words}.[ The reason given was: {reason}]",
    "Holds": "Since {since} nothing about them is erased.[ The reason given was: {reason}][ This ended on {lifted}.]",
    # Posts.
    "Posts that show or name them": "A post was begun on {begun}. It is now: {state}.",
    "Drafts and posts they wrote": "They began a post on {begun}. It is now: {state}.",
    "Their calendar": "Since {made} their own calendar can read the school’s plan of posts.",
    "What they were writing and did not save": "They were writing this on {kept} and had not saved it.",
    "Decisions they made on posts": "On {at} they looked at a post and {decision}.[ They wrote: {reason}]",
    "What they said about drafts": "On {at} they said about a post: “{remark}”",
    "Posts that they asked to have taken down": "On {at} they asked for a post to be taken down: “{reason}”",
    "Posts of which they answered that they stay": "On {at} they answered that a post stays: “{reason}”",
    "Posts of theirs that somebody asked to have taken down": "On {at} somebody asked for a post of theirs to be taken down: “{reason}”",
    "Posts of theirs of which somebody answered that they stay": "On {at} it was answered that a post of theirs stays: “{reason}”",
    "Posts that they had taken down": "On {at} they had a post taken down from {on}. The reason given was: {reason}",
    "Posts that they took down by hand": "On {at} they said that they had taken a post down from {on} by hand.",
    "What they did with drafts": "On {at} they made a post “{made it}”.[ They wrote: {reason}]",
    "Videos they uploaded": "They added the video “{file}” on {at}.",
    "Pictures they uploaded": "They added the picture “{file}” on {at}.",
    "Posts, approvals and decisions": "{written by} began a post on {begun}. It is now: {state}.",
    "Posts that were not made in Schoolgate": "On {at} the school wrote on {on}, outside Schoolgate: “{text}”",
    # Comments, the log and followers.
    "Their profile as last seen": "Schoolgate first saw {name} on {platform} on {first seen}.",
    "Comments they wrote": "They wrote on {written}: “{text}”",
    "Entries of the log": "On {recorded} the school put this into its log of comments, as number {no.}: “{text}”",
    "Entries of the log that say their name": "On {recorded} the school put this into its log of comments, as number {no.}: “{text}”",
    "Accounts they follow or followed": "They were first seen as a follower of {account} on {first seen}, and last on {last seen}.",
    "Decisions on them as followers": "On {at} the school’s answer to them as a follower became “{became}”.[ The reason given was: {reason}]",
    "Blocks": "They were blocked on {from}.[ The reason given was: {reason}][ The block ended on {lifted}.]",
    "Entries of the log that were given to them": "On {at} a colleague gave them number {entry} of the log to decide on.[ That ended on {ended}.]",
    "How they work in the queue": "Single keys {keys} for them.[ A break is offered after {break after} abusive texts.]",
    "What they did in the log": "On {at} they worked on number {entry} of the log: {what}.",
}
"""By the section's name. What stands in [ ] is left out where the first thing in it is not known."""

_INSIDE: Mapping[str, tuple[str, ...]] = {
    "versions": ("From {at} it read: “{text}”",),
    "earlier": ("Until {replaced} it read: “{text}”",),
    "published": ("{on}: {state}[, on {at}]",),
    "decisions": ("On {at} {by} looked at it and {decision}.[ The reason given was: {reason}]",),
    "what happened": (
        "{at}: {what}[, to {to}][. The reason given was: {reason}]",
        "{at}: {became}[ ({reason})]",
    ),
    "done on the platform": ("{what}: {state}",),
    "pictures kept as evidence": ("A copy of a picture was kept on {kept}",),
    "letters": ("The letter “{kind}” was written on {at}.",),
}
"""The same for records inside others, by what the outer one calls them: the first that fits."""

LABELS: Mapping[str, str] = {
    "at": "When",
    "on": "Where",
    "by": "How they showed who they are",
    "no.": "Number",
    "to": "To",
    "no longer counts": "Why it no longer counts",
    "address": "Web address",
    "earlier": "How it read before it was changed",
    "replaced": "Changed on",
    "scores": "The computer program’s score out of 100 for each kind of abuse",
    "why flagged": "Why a person was asked to look at it",
    "what happened": "What happened then",
    "done on the platform": "What was done about it on the platform",
    "what": "What",
    "words": "The words",
    "versions": "How it read each time it was changed",
    "planned": "Planned for",
    "pupils shown": "How many pupils it shows",
    "published": "Where it was published",
    "done by them": "They did it themselves",
    "second factor set up": "Something besides the password is needed",
    "times signed in": "How often they signed in",
    "outcomes": "What was decided",
    "why ended": "Why it ended",
    "meeting_on": "Asked to a meeting on",
    "reply": "Answered",
    "licence": "Why the school may use it",
    "source": "Whose it is",
    "other wordings": "Other wordings, for single platforms",
}
"""What a name in the data is called where its first letter as a capital is not enough."""

_STATES: Mapping[type[Enum], Mapping[Any, str]] = {
    ConsentKind: KINDS_IN_FULL,
    How: {How.AT_ONCE: "at once", How.DIGEST: "in a daily digest", How.NONE: "not by e-mail"},
    Role: ROLE_NAMES,
    MailState: {
        MailState.QUEUED: "waiting to be sent",
        MailState.SENDING: "being sent",
        MailState.SENT: "sent",
        MailState.FAILED: "it could not be sent",
    },
    FormState: {
        FormState.FILED: "waiting",
        FormState.SIGNED: "signed by the marketing officer",
        FormState.APPROVED: "approved",
        FormState.DECLINED: "declined",
        FormState.DONE: "done",
    },
    CommentState: {
        CommentState.FETCHED: "not looked at yet",
        CommentState.SCORED: "being looked at",
        CommentState.CLEAR: "looked at, not flagged",
        CommentState.FLAGGED: "a person was asked to look at it",
        CommentState.OURS: "written by the school",
    },
    CaseState: {CaseState.OPEN: "nobody has decided yet", CaseState.DECIDED: "decided"},
    FollowerState: {
        FollowerState.EARLIER: "followed before Schoolgate came",
        FollowerState.WAITING: "waiting for an answer",
        FollowerState.APPROVED: "approved",
        FollowerState.DECLINED: "declined",
        FollowerState.REMOVED: "removed",
        FollowerState.LEFT: "no longer follows",
    },
    EventKind: {
        EventKind.RECORDED: "it was put into the log",
        EventKind.HIDDEN_AT_ONCE: "it was hidden at once, by a rule",
        EventKind.DECIDED: "somebody decided on it",
        EventKind.NOTE: "a note was added",
        EventKind.REFERRED: "it was passed on",
        EventKind.REOPENED: "it was opened again",
        EventKind.EDITED: "the text was changed by whoever wrote it",
        EventKind.GONE: "the platform no longer has it",
        EventKind.SCORED_AGAIN: "the computer program looked at it again",
        EventKind.ACT: "something was done on the platform, see below",
        EventKind.ISSUED: "a letter or file was made",
    },
    ActKind: ACTS,
    ActState: {state: said for state, (said, _colour) in ACT_STATES.items()},
}
_SCORES: Mapping[str, str] = {
    "toxicity": "abuse",
    "severe_toxicity": "severe abuse",
    "obscene": "obscene words",
    "threat": "a threat",
    "insult": "an insult",
    "identity_attack": "an attack on who somebody is",
}
"""For what a score is. None is called likely here: most are far below what makes anybody look."""
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PART = re.compile(r"\[([^\]]*)\]")
_NAME = re.compile(r"\{([^}]+)\}")


def page(title: str, school: str, sections: Sequence[Section], *, note: str = "", made: datetime) -> str:
    """The data as a page that prints well and asks nobody for anything. `note`: a paragraph on top."""
    parts = [
        Markup(
            '<!doctype html><html lang="en-GB"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="color-scheme" content="light dark"><title>{0}</title><style>{1}</style><main>'
            "<h1>{0}</h1><p>From {2}, made on {3}.</p>"
            "<p>“They” and “them” mean the person whose data this is. Where something about anybody else stood, "
            "it says “{4}”. The file data.json beside this page holds the same for a computer.</p>"
        ).format(title, _STYLE, school, say(made), SOMEBODY)
    ]
    if note:
        parts.append(Markup("<p>{}</p>").format(note))
    if not sections:
        parts.append(Markup("<p>Nothing is held.</p>"))
    elif len(sections) > 1:
        parts.append(Markup("<h2>What is in it</h2><ul>{}</ul>").format(_all(_contents(sections))))
    for number, one in enumerate(sections):
        rows = [_trail_line(row) for row in one.rows] if one.title == "In the trail" else one.rows
        records = _all(Markup("<li>{}</li>").format(_record(row, (SENTENCES[one.title],))) for row in rows)
        parts.append(Markup('<h2 id="s{}">{}</h2><ol>{}</ol>').format(number, one.title, records))
    return str(_all([*parts, Markup("</main></html>")]))


_STYLE = Markup(
    ":root{color-scheme:light dark}body{font:1.05rem/1.55 system-ui,sans-serif;margin:0}"
    "main{max-width:46rem;margin:0 auto;padding:1rem}h1,h2{line-height:1.25}h2{margin-top:2rem}"
    "li{margin-bottom:.75rem;overflow-wrap:anywhere}p,dd{margin:0 0 .25rem;white-space:pre-wrap}"
    "dl{margin:.25rem 0 0}dt{font-weight:600}dd{margin-left:1rem}dd ul,dd ol{padding-left:1.2rem;margin:0}"
    "@media print{li{break-inside:avoid}}"
)


def _contents(sections: Sequence[Section]) -> Iterator[Markup]:
    for number, one in enumerate(sections):
        yield Markup('<li><a href="#s{}">{}</a>: {}</li>').format(number, one.title, len(one.rows))


def _all(parts: Iterator[Markup] | Sequence[Markup]) -> Markup:
    return Markup("").join(parts)


def _trail_line(row: Row) -> Row:
    """A line of the trail in words: who did what to what."""
    said = PHRASES.get(str(row["what"]), f"{act_words(str(row['what']))}: {{}}")
    about = "this person" if row["about"] == "them" else THINGS.get(str(row["about"]), "")
    who = "they" if row["done by them"] else "somebody else"
    words = f"{who} {said.replace('{}', about or 'something')}".strip(" :")
    return {"at": row["at"], "in words": words, "reason": row["reason"]}


def _record(row: Row, sentences: Sequence[str]) -> Markup:
    """A sentence, and below it what the sentence doesn't say."""
    fitting = next((one for one in sentences if _needed(one) <= set(row)), "")
    said = set(_NAME.findall(fitting))
    sentence = Markup("<p>{}</p>").format(_sentence(fitting, row)) if fitting else Markup("")
    rest = [(name, shown) for name, one in row.items() if name not in said and (shown := _value(name, one))]
    listed = _all(Markup("<dt>{}</dt><dd>{}</dd>").format(_label(name), shown) for name, shown in rest)
    return sentence + (Markup("<dl>{}</dl>").format(listed) if rest else Markup(""))


def _needed(sentence: str) -> set[str]:
    return set(_NAME.findall(_PART.sub("", sentence)))


def _sentence(sentence: str, row: Row) -> Markup:
    def filled(text: str) -> Markup:
        pieces = _NAME.split(text)
        return _all(
            [
                (_value(piece, row.get(piece)) or Markup("(not given)")) if place % 2 else escape(piece)
                for place, piece in enumerate(pieces)
            ]
        )

    parts = _PART.split(sentence)
    return _all(
        [
            filled(part)
            for place, part in enumerate(parts)
            if place % 2 == 0 or _value(name := _NAME.findall(part)[0], row.get(name))
        ]
    )


def _label(name: str) -> str:
    bare = _ID.sub("", name).replace("_", " ").strip(" -")
    return LABELS.get(name, bare[:1].upper() + bare[1:])


def _scores(value: Mapping[str, Any]) -> str:
    shown = ", ".join(
        f"{_SCORES[label]} {score * 100:.0f}"
        for label, score in value.items()
        if label in _SCORES and score >= 0.005
    )
    # Of what is flagged the record says so itself, and why.
    return f"{shown}; not flagged" if shown and value.get("flagged") is False else shown


_BY_NAME: Mapping[str, Callable[[Any], str]] = {
    "scores": _scores,
    "platform": lambda value: PLATFORMS.get(value, value),
    "outcomes": lambda value: ", ".join(
        OUTCOMES[Outcome(one)] if one in set(Outcome) else str(one) for one in value
    ),
    "what": lambda value: act_words(str(value)),
}


def _value(name: str, value: Any) -> Markup:
    """A value as people say it; empty where there is nothing to say."""
    if value in (None, "", [], {}) or (isinstance(value, str) and _ID.fullmatch(value)):
        return Markup("")
    if isinstance(value, Enum) and type(value) in _STATES:
        return escape(_STATES[type(value)][value])
    if name == "to" and value in set(ReferTo):
        return escape(REFER_TO[ReferTo(value)])
    if name in _BY_NAME:
        return escape(_BY_NAME[name](value))
    if isinstance(value, bool):
        return escape("yes" if value else "no")
    if isinstance(value, datetime):
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), say(value))
    if isinstance(value, str):
        value = _day_in(value)
    if isinstance(value, date):
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), say_date(value))
    if isinstance(value, Mapping):
        return _record(dict(value), _INSIDE.get(name, ()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        shown = [one for one in (_value(name, one) for one in value) if one]
        if len(shown) == 1:
            return shown[0]
        return Markup("<ul>{}</ul>").format(_all(Markup("<li>{}</li>").format(one) for one in shown))
    return escape(str(value).replace("_", " ") if isinstance(value, Enum) else value)


def _day_in(text: str) -> date | str:
    """The day that a text is and nothing besides; any other text as it is, “2027-02-30” too."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else text
    except ValueError:
        return text
