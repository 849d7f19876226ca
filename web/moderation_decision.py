"""A decision as a form of the moderation pages sends it, and what is said once it is recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import url_for
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from moderation import review
from moderation import words as moderation_words
from moderation.decisions import Decision, Outcome
from moderation.models import CaseState, Comment, LogCase, LogEntry, ReferTo
from moderation.outcomes import is_nothing_done
from school.db import reading
from school.errors import BadInput
from school.times import parse_day
from web.access import current_person
from web.forms import Typed, hidden_number

PASSED_ON_TO = {
    "social-care": "children’s social care",
    "lado": "the local authority’s designated officer (LADO)",
}
"""Whom the safeguarding lead rings outside; what was said is noted with it."""


def taken(typed: Typed) -> Decision:
    """The decision that a form asks for. Raises BadInput for what is in none of its lists."""
    chosen = set()
    for value in typed.all("outcomes"):
        # A button may stand for two outcomes that often go together.
        for part in value.split("+"):
            if part not in set(Outcome):
                raise BadInput("Choose from the list what is to be done.", field="outcomes")
            chosen.add(Outcome(part))
    to = typed["refer_to"]
    if to and to not in set(ReferTo):
        raise BadInput("Choose from the list to whom it is referred.", field="refer_to")
    about_headteacher = typed["about_headteacher"] == "yes"
    if about_headteacher and not to:
        # The page says that it then goes to the chair, so the tick alone is enough (P3).
        to = ReferTo.CHAIR.value
    reason = typed["reason"]
    told = [words for key, words in PASSED_ON_TO.items() if key in typed.all("passed_on")]
    if chosen == {Outcome.DEALT} and told and reason:
        reason = f"Passed on to {' and '.join(told)}. {reason}"
    return Decision(
        outcomes=frozenset(chosen),
        reason=reason,
        reply=typed.raw("reply"),
        refer_to=ReferTo(to) if to else None,
        reference=typed["reference"],
        about_headteacher=about_headteacher,
        author_is_pupil={"yes": True, "no": False}.get(typed["author_is_pupil"]),
        meeting_on=parse_day(typed["meeting_on"], "a day", field="meeting_on")
        if typed["meeting_on"]
        else None,
    )


def to_be_asked_again(entry_id: UUID, decision: Decision, typed: Typed) -> bool:
    """Whether something urgent is about to be left as it is in one press: that takes a second one."""
    if typed["sure"] == "yes" or not is_nothing_done(decision.outcomes) or not decision.reason.strip():
        return False
    with reading() as session:
        case = review.get_case(session, entry_id, viewer=current_person(session))
        return case.urgent and case.state is CaseState.OPEN and case.version == hidden_number(typed["seen"])


def came_urgent(since: str) -> UUID | None:
    """What came into the queue since the page was made at this moment and is more urgent than the rest."""
    try:
        moment = datetime.fromisoformat(since)
        if moment.tzinfo is None:
            return None
        # At the ends of time another zone's moment has none in UTC.
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    with reading() as session:
        return review.came_urgent(session, since=moment, viewer=current_person(session))


def recorded(words: str, after: str, *, stopped: str, platform: str, hides_nothing: str) -> str:
    """What is said of a decision: what was recorded, then what keeps it from taking effect.

    `hides_nothing`: why the comment can be read still, where nothing was asked that takes it away.
    """
    if stopped:
        return f"{words} {stopped}{after}"
    if hides_nothing:
        where = moderation_words.platform(platform)
        return f"{words} The comment is still visible on {where}: {hides_nothing}{after}"
    return f"{words}{after}"


def linked(said: str, entry_id: UUID) -> Markup:
    """What was decided, with the way to the page that it names: the entry has left the queue."""
    link = Markup('<a href="{}">its page</a>').format(url_for("moderation.entry", entry_id=entry_id))
    return escape(said).replace("its page", link)


def still_visible(session: Session, case: LogCase) -> bool:
    """Whether everybody can still read the comment of this entry on its platform."""
    comment_id = session.get_one(LogEntry, case.entry_id).comment_id
    comment = session.get(Comment, comment_id) if comment_id else None
    return bool(moderation_words.still_visible(case, comment))
