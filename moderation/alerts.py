"""Mails that can't wait for somebody to open the queue (P3, P23). No comment's text is ever in them."""

from __future__ import annotations

from datetime import datetime
from html import escape

from sqlalchemy.orm import Session

from moderation.chain import unlisted
from moderation.models import LogCase, LogEntry, ReferTo
from school import mail, people
from school.models import Person, Role

_SAID = {
    "threat": "a threat",
    "safeguarding": "a safeguarding matter",
    "toxicity": "abuse",
    "personal_data": "personal data",
    "word": "a word that the school added",
    "spam": "spam",
    "rescored": "found when it was scored again",
    "length": "a text that a person must read",
}


def urgent(session: Session, entry: LogEntry, case: LogCase, *, url: str, now: datetime) -> None:
    """Tell SLT and DSL at once of a threat or a safeguarding matter (P23)."""
    kinds = ", ".join(_SAID.get(kind, kind) for kind in unlisted(case.kinds))
    told = people.holders(session, Role.HEADTEACHER, Role.SLT, Role.DSL)
    for person in told:
        if case.about_headteacher and Role.HEADTEACHER in person.roles:
            continue
        _send(
            session,
            person,
            subject=f"Urgent: look at log entry {entry.number} now",
            lines=[
                f"A comment on {entry.platform} may be urgent: {kinds}.",
                f"It was written by {_author(entry)}.",
                "Its text is on the page behind the link, not in this mail.",
            ],
            link=f"{url}/moderation/{entry.id}",
            purpose="urgent_comment",
            now=now,
        )


def referred(
    session: Session,
    entry: LogEntry,
    to: ReferTo,
    *,
    about_headteacher: bool,
    by: Person,
    url: str,
    now: datetime,
) -> int:
    """Tell the DSL, or the chair of governors, that something was referred to them; how many were told."""
    if to is ReferTo.POLICE:
        return 0
    role = Role.DSL if to is ReferTo.DSL else Role.CHAIR
    told = [
        person
        for person in people.holders(session, role)
        if not (about_headteacher and Role.HEADTEACHER in person.roles)
    ]
    for person in told:
        _send(
            session,
            person,
            subject=f"Log entry {entry.number} was referred to you",
            lines=[
                f"{by.name} referred a comment on {entry.platform} to you.",
                "The text and the reason are on the page behind the link, not in this mail.",
            ],
            link=f"{url}/moderation/{entry.id}",
            purpose="referral",
            now=now,
        )
    return len(told)


def scored_again(session: Session, more: int, *, url: str, now: datetime) -> None:
    """Tell SLT and DSL that scoring again brought up more urgent entries than were mailed one by one."""
    for person in people.holders(session, Role.HEADTEACHER, Role.SLT, Role.DSL):
        _send(
            session,
            person,
            subject=f"Urgent: scoring again found {more} more",
            lines=[
                f"Comments were scored again: {more} more may be threats or worries about a child.",
                "They are on top of the queue behind the link.",
            ],
            link=f"{url}/moderation",
            purpose="urgent_comment",
            now=now,
        )


def _author(entry: LogEntry) -> str:
    names = [
        name for name in (entry.author_name, f"@{entry.author_handle}" if entry.author_handle else "") if name
    ]
    return " ".join(names) or "somebody whom the platform does not name"


def _send(
    session: Session, to: Person, *, subject: str, lines: list[str], link: str, purpose: str, now: datetime
) -> None:
    text = "\n".join([f"Dear {to.name},", "", *lines, "", link, ""])
    body = "".join(f"<p>{escape(line)}</p>" for line in [f"Dear {to.name},", *lines])
    html = f'<html lang="en-GB"><body>{body}<p><a href="{escape(link)}">{escape(link)}</a></p></body></html>'
    mail.queue(session, to=to, subject=subject, text=text, html=html, purpose=purpose, now=now)
