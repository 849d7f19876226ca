"""Mails that can't wait for somebody to open the queue (P3, P23). No comment's text is ever in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from sqlalchemy.orm import Session

from connectors.base import Platform
from connectors.posting import NAMES
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


def urgent(session: Session, found: Sequence[tuple[LogEntry, LogCase]], *, url: str, now: datetime) -> None:
    """Tell SLT and DSL at once of threats and safeguarding matters (P23): each person in one mail.

    Whoever is shouted at by a crowd needs one mail with all of it, not a hundred.
    """
    if not found:
        return
    kinds = {entry.id: case.kinds for entry, case in found}
    for person in people.holders(session, Role.HEADTEACHER, Role.SLT, Role.DSL):
        theirs = [
            entry
            for entry, case in found
            if not (case.about_headteacher and Role.HEADTEACHER in person.roles)
        ]
        if theirs:
            _send(
                session,
                person,
                subject=_look_at([entry.number for entry in theirs]),
                paragraphs=[part for entry in theirs for part in _urgent(entry, kinds[entry.id], url)]
                + [("The text is on the page behind the link, not in this mail.", "")],
                purpose="urgent_comment",
                confidential=any(case.about_headteacher for _, case in found),
                now=now,
            )


def _look_at(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"Urgent: look at log entry {numbers[0]} now"
    shown = ", ".join(str(number) for number in numbers[:5])
    more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return f"Urgent: look at log entries {shown}{more} now"


def _urgent(entry: LogEntry, kinds: str, url: str) -> list[tuple[str, str]]:
    said = ", ".join(_SAID.get(kind, kind) for kind in unlisted(kinds))
    # An entry by hand may name a place that is none of the platforms.
    where = NAMES[Platform(entry.platform)] if entry.platform in set(Platform) else entry.platform
    return [
        (f"A comment on {where} may be urgent: {said}. It was written by {_author(entry)}.", ""),
        (f"Log entry {entry.number}:", f"{url}/moderation/{entry.id}"),
    ]


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
            paragraphs=[
                (f"{by.name} referred a comment on {entry.platform} to you.", ""),
                (
                    "The text and the reason are on the page behind the link, not in this mail.",
                    f"{url}/moderation/{entry.id}",
                ),
            ],
            purpose="referral",
            confidential=about_headteacher,
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
            paragraphs=[
                (f"Comments were scored again: {more} more may be threats or worries about a child.", ""),
                ("They are on top of the queue behind the link.", f"{url}/moderation"),
            ],
            purpose="urgent_comment",
            now=now,
        )


def _author(entry: LogEntry) -> str:
    names = [
        name for name in (entry.author_name, f"@{entry.author_handle}" if entry.author_handle else "") if name
    ]
    return " ".join(names) or "somebody whom the platform does not name"


def _send(
    session: Session,
    to: Person,
    *,
    subject: str,
    paragraphs: list[tuple[str, str]],
    purpose: str,
    confidential: bool = False,
    now: datetime,
) -> None:
    """A mail of paragraphs, each with a link after it or none."""
    text, body = [f"Dear {to.name},", ""], f"<p>{escape(f'Dear {to.name},')}</p>"
    for said, link in paragraphs:
        text += [said, *([link] if link else []), ""]
        after = f'<br><a href="{escape(link)}">{escape(link)}</a>' if link else ""
        body += f"<p>{escape(said)}{after}</p>"
    mail.queue(
        session,
        to=to,
        subject=subject,
        text="\n".join(text),
        html=f'<html lang="en-GB"><body>{body}</body></html>',
        purpose=purpose,
        confidential=confidential,
        now=now,
    )
