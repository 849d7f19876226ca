"""The digest: one mail a day with what somebody wants to be told of together."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes
from email.policy import SMTPUTF8
from html import escape
from itertools import pairwise
from uuid import UUID

from sqlalchemy.orm import Session

from school import mail, notices
from school.models.mail import OutboxEmail
from school.models.notices import HeldNotice, NoticeTimes
from school.models.people import Person
from school.notices import ABOUT, Kind

PURPOSE = "digest"
"""`OutboxEmail.purpose` of a digest."""
MOST = 100
"""Lines of each kind in one digest; with more in all, it says how many."""


def send(session: Session, person_id: UUID, *, url: str, now: datetime) -> bool:
    """Put a person's digest into the outbox, if it is due and they are still here; whether it was.

    Only of what they may be told with the roles that they have now.
    """
    held = notices.take(session, person_id, now=now)
    person = session.get(Person, person_id)
    if person is None or not person.active:
        return False
    # What was held while they had a role that they have no more isn't told.
    kinds = {kind.value for kind in notices.kinds_of(person)}
    held = [row for row in held if row.kind in kinds]
    if not held:
        return False
    text, body = [f"Dear {person.name},", ""], [f"<p>{escape(f'Dear {person.name},')}</p>"]
    for kind in Kind:
        theirs = [row for row in held if row.kind == kind.value][:MOST]
        if not theirs:
            continue
        text += [f"{ABOUT[kind].words}:", ""]
        body.append(f"<h2>{escape(ABOUT[kind].words)}</h2><ul>")
        for row in theirs:
            text += [f"- {row.words}", *([f"  {row.link}"] if row.link else [])]
            link = f'<br><a href="{escape(row.link)}">{escape(row.link)}</a>' if row.link else ""
            body.append(f"<li>{escape(row.words)}{link}</li>")
        text.append("")
        body.append("</ul>")
    if len(held) > MOST:
        text += [f"{len(held)} things in all.", ""]
        body.append(f"<p>{len(held)} things in all.</p>")
    page = f"{url}/me/notifications"
    text += ["How you are told of what, you choose here:", page]
    link = f'<a href="{escape(page)}">{escape(page)}</a>'
    body.append(f"<p>How you are told of what, you choose here: {link}</p>")
    mail.queue(
        session,
        to=person,
        subject=f"Your digest: {len(held)} {'thing' if len(held) == 1 else 'things'}",
        text="\n".join(text) + "\n",
        html=f'<html lang="en-GB"><body>{"".join(body)}</body></html>',
        purpose=PURPOSE,
        confidential=any(row.confidential for row in held),
        now=now,
    )
    return True


def hold_again(session: Session, digest: OutboxEmail, *, now: datetime) -> None:
    """Hold what an unsent digest says once more, for one that is made anew at once. Its row stays."""
    times = session.get(NoticeTimes, digest.to_id)
    body = message_from_bytes(mail.whole(digest), policy=SMTPUTF8).get_body(("plain",))
    if times is None or body is None:
        return
    headings, kind = {f"{about.words}:": kind for kind, about in ABOUT.items()}, None
    for line, below in pairwise([*body.get_content().splitlines(), ""]):
        kind = headings.get(line, kind)
        if kind is not None and line.startswith("- "):
            session.add(
                HeldNotice(
                    person_id=times.person_id,
                    kind=kind.value,
                    words=line.removeprefix("- "),
                    link=below.strip() if below.startswith("  ") else "",
                    confidential=digest.confidential,
                    held_at=now,
                )
            )
    times.next_digest_at = now
    session.flush()
