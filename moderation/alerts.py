"""Mails that can't wait for somebody to open the queue (P3, P23). No comment's text is ever in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import SMTPUTF8
from html import escape
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from connectors.posting import platform_name
from moderation import decided_news, past_head, referrals
from moderation.chain import unlisted
from moderation.models import CaseState, LogCase, LogEntry, LogOrigin, ReferTo, UrgentNotice, UrgentPause
from moderation.sight import is_kept_from
from school import clocks, digests, mail, notices, people, push
from school.db import insert_if_missing
from school.models import MailState, OutboxEmail, Person, Role
from school.push import Told

GATHERED_FOR = timedelta(seconds=30)
"""After a mail about something urgent: half of the minute within which P23 wants people told."""
LISTED_MOST = 100
"""Entries that one mail names, each with its link."""
_ENTRY = re.compile(r"/moderation/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
CALLED = (Role.HEADTEACHER, Role.SLT, Role.DSL)
"""Who is called about what is urgent (P23)."""
NEWS_AFTER = timedelta(minutes=1)
"""After a decision about something urgent: long enough that one made by mistake is taken back untold."""

_STILL_PUBLIC = [("Everybody can still read the comment there: passing it on to you has hidden nothing.", "")]

MARKED = "a threat or a worry about a child"
"""What a person marked as urgent: the form asks for no more than that it is one of the two."""
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
    """SLT and DSL must know of threats and safeguarding matters at once (P23).

    Whoever was mailed a moment ago gets these with the next mail: see `send_gathered`.
    """
    if not found:
        return
    for entry, _case, person in _called(session, found):
        session.add(UrgentNotice(person_id=person.id, entry_id=entry.id))
    send_gathered(session, url=url, now=now)


def _called(
    session: Session, found: Sequence[tuple[LogEntry, LogCase]]
) -> Iterator[tuple[LogEntry, LogCase, Person]]:
    """Each of these entries with each person who is called about it.

    Of what may be about the headteacher's own conduct, the others are (P3): see `past_head`.
    """
    everybody = people.holders(session, *CALLED)
    suspects = past_head.may_be_about(session, [entry for entry, _ in found])
    for entry, case in found:
        may_know = [
            one for one in everybody if not is_kept_from(one, about_headteacher=case.about_headteacher)
        ]
        for person in past_head.first_called(entry.id, may_know, suspects):
            yield entry, case, person


def decided(
    session: Session, entry: LogEntry, case: LogCase, *, besides: Collection[Role], now: datetime
) -> None:
    """Have those who were called about something urgent told how it was decided, by whoever decided it.

    `besides`: roles whose holders are told otherwise, since it was referred to them.
    """
    for _entry, _case, person in _called(session, [(entry, case)]):
        if person.id == case.decided_by_id or person.roles & set(besides):
            continue
        session.execute(
            sa.delete(UrgentNotice)
            .where(
                UrgentNotice.person_id == person.id,
                UrgentNotice.entry_id == entry.id,
                UrgentNotice.tell_from.is_not(None),
            )
            .execution_options(synchronize_session=False)
        )
        session.add(UrgentNotice(person_id=person.id, entry_id=entry.id, tell_from=now + NEWS_AFTER))


def no_news(session: Session, entry_id: UUID) -> None:
    """Have nobody told how an entry was decided: whoever is called learns that with the call."""
    session.flush()
    session.execute(
        sa.delete(UrgentNotice)
        .where(UrgentNotice.entry_id == entry_id, UrgentNotice.tell_from.is_not(None))
        .execution_options(synchronize_session=False)
    )


def waiting(session: Session) -> bool:
    """Whether somebody must still be told of something urgent."""
    return session.scalar(sa.select(UrgentNotice.id).limit(1)) is not None


def send_gathered(session: Session, *, url: str, now: datetime) -> int:
    """Queue one mail for each person who must be told of something and wasn't mailed a moment ago.

    The first matter is told at once; what follows is gathered for `GATHERED_FOR`, since whoever is shouted
    at by a crowd needs a few mails with all of it, not a hundred. The notices go in the transaction in which
    the mail comes, so none is lost; the pause is moved on by one worker alone, so none is told twice.
    Returns how many were queued.
    """
    # What this session has noted must be there to be found.
    session.flush()
    queued = _send_news(session, url=url, now=now)
    # In a rush nearly everybody was mailed a moment ago: they cost nothing more than to be left out here.
    due = session.scalars(
        sa.select(UrgentNotice.person_id)
        .outerjoin(UrgentPause, UrgentPause.person_id == UrgentNotice.person_id)
        .where(UrgentNotice.tell_from.is_(None), sa.or_(UrgentPause.until.is_(None), _over(now)))
        .distinct()
        .order_by(UrgentNotice.person_id)
    ).all()
    told = {person.id: person for person in people.holders(session, *CALLED)} if due else {}
    for person_id in due:
        if not _pause_over(session, person_id, now):
            continue
        entries = set(
            session.scalars(
                sa.delete(UrgentNotice)
                .where(UrgentNotice.person_id == person_id, UrgentNotice.tell_from.is_(None))
                .returning(UrgentNotice.entry_id)
                .execution_options(synchronize_session=False)
            )
        )
        # Their role may have ended meanwhile, or it turned out that it concerns the headteacher.
        person = told.get(person_id)
        if person is not None and (theirs := _known_to(session, person, entries)):
            _mail(session, person, theirs, url=url, now=now)
            queued += 1
    return queued


def _send_news(session: Session, *, url: str, now: datetime) -> int:
    """Queue one mail for each person with all that was decided of late; how many were queued."""
    theirs: dict[UUID, set[UUID]] = {}
    rows = session.execute(
        sa.delete(UrgentNotice)
        .where(
            sa.or_(UrgentNotice.tell_from <= now, UrgentNotice.tell_from > now + NEWS_AFTER + clocks.NOTICED)
        )
        .returning(UrgentNotice.person_id, UrgentNotice.entry_id)
        .execution_options(synchronize_session=False)
    )
    for person_id, entry_id in rows:
        theirs.setdefault(person_id, set()).add(entry_id)
    queued = 0
    for person in people.holders(session, *CALLED) if theirs else ():
        queued += _mail_news(session, person, theirs.get(person.id, set()), url=url, now=now)
    return queued


def _mail_news(session: Session, person: Person, entries: set[UUID], *, url: str, now: datetime) -> int:
    # What was opened again meanwhile is not decided; what they decided themselves they know, and of what was
    # referred to them another mail told them.
    known = _known_to(session, person, entries)
    waits = decided_news.waits_with(session, [entry.id for entry, _ in known])
    theirs = referrals.received_by(person)
    found = [
        (entry, case)
        for entry, case in known
        if case.state is CaseState.DECIDED
        and case.decided_by_id != person.id
        and theirs.isdisjoint(waits.get(entry.id, ()))
    ]
    if not found:
        return 0
    # What is left out of the mail says nothing of what stands in it.
    waits = {entry.id: waits[entry.id] for entry, _ in found if entry.id in waits}
    more = len(found) - LISTED_MOST
    first = waits.get(found[0][0].id, ())
    tell(
        session,
        person,
        subject=decided_news.subject([entry for entry, _ in found], waits, first),
        paragraphs=[
            *(
                (
                    f"Log entry {entry.number}: {decided_news.how(session, case, waits.get(entry.id, ()))}",
                    f"{url}/moderation/{entry.id}",
                )
                for entry, case in found[:LISTED_MOST]
            ),
            *([(f"And {more} more, in the log behind this link.", f"{url}/log")] if more > 0 else []),
            ("The reason is on the page behind the link. If you see it otherwise, open it again there.", ""),
        ],
        purpose="urgent_decided",
        count=len(found),
        confidential=any(case.about_headteacher for _, case in found),
        now=now,
    )
    return 1


def _over(now: datetime) -> sa.ColumnElement[bool]:
    # One that ends later than any can was begun before the clock was set back.
    return sa.or_(UrgentPause.until <= now, UrgentPause.until > now + GATHERED_FOR + clocks.NOTICED)


def _pause_over(session: Session, person_id: UUID, now: datetime) -> bool:
    """Whether this worker, and no other, may mail this person now; the next pause then begins."""
    until = now + GATHERED_FOR
    insert_if_missing(session, UrgentPause, person_id=person_id, until=now)
    moved = session.execute(
        sa.update(UrgentPause)
        .where(UrgentPause.person_id == person_id, _over(now))
        .values(until=until)
        .returning(UrgentPause.person_id)
        .execution_options(synchronize_session=False)
    ).first()
    return moved is not None


def _known_to(session: Session, person: Person, entries: set[UUID]) -> list[tuple[LogEntry, LogCase]]:
    rows = session.execute(
        sa.select(LogEntry, LogCase)
        .join(LogCase, LogCase.entry_id == LogEntry.id)
        .where(LogEntry.id.in_(entries))
        .order_by(LogEntry.recorded_at, LogEntry.id)
    )
    return [
        (entry, case)
        for entry, case in rows
        if not is_kept_from(person, about_headteacher=case.about_headteacher)
    ]


def _mail(
    session: Session, person: Person, found: Sequence[tuple[LogEntry, LogCase]], *, url: str, now: datetime
) -> None:
    more = len(found) - LISTED_MOST
    paragraphs = [part for entry, case in found[:LISTED_MOST] for part in _urgent(entry, case.kinds, url)]
    if more > 0:
        paragraphs.append((f"And {more} more, on top of the queue behind this link.", f"{url}/moderation"))
    tell(
        session,
        person,
        subject=_look_at([entry.number for entry, _ in found]),
        paragraphs=[*paragraphs, ("The text is on the page behind the link, not in this mail.", "")],
        purpose="urgent_comment",
        count=len(found),
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
    said = ", ".join(
        MARKED if kind == "safeguarding" and entry.marked_urgent else _SAID.get(kind, kind)
        for kind in unlisted(kinds)
    )
    return [
        (f"A comment on {platform_name(entry.platform)} may be urgent: {said}. {_written_by(entry)}", ""),
        (f"Log entry {entry.number}:", f"{url}/moderation/{entry.id}"),
    ]


def referred(
    session: Session,
    entry: LogEntry,
    to: ReferTo,
    *,
    about_headteacher: bool,
    public: bool,
    by: Person,
    url: str,
    now: datetime,
) -> int:
    """Tell the DSL, or the chair of governors, that something was referred to them; how many were told.

    `public`: the comment is to be seen, and nobody has asked for it to go.
    """
    if to is ReferTo.POLICE:
        return 0
    role = Role.DSL if to is ReferTo.DSL else Role.CHAIR
    worry = "a worry about a child" if entry.worrying else "a threat" if entry.threatening else ""
    worry = MARKED if entry.marked_urgent else worry
    told = [
        person
        for person in people.holders(session, role)
        if not is_kept_from(person, about_headteacher=about_headteacher)
    ]
    for person in told:
        tell(
            session,
            person,
            subject=f"Urgent: {worry} was referred to you"
            if worry
            else f"Log entry {entry.number} was referred to you",
            paragraphs=[
                (
                    f"{by.name} referred log entry {entry.number}, a comment on "
                    f"{platform_name(entry.platform)}, to you.",
                    "",
                ),
                *_STILL_PUBLIC[: int(public)],
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


def handed_over(
    session: Session,
    entries: Sequence[LogEntry],
    *,
    to: Person,
    by: Person,
    confidential: bool,
    url: str,
    now: datetime,
) -> None:
    """Tell somebody which entries a colleague gave to them: one mail for all."""
    shown = entries[:20]
    many = f"{len(entries)} log entries" if len(entries) > 1 else f"log entry {entries[0].number}"
    tell(
        session,
        to,
        subject=f"{by.name} gave you {many}",
        paragraphs=[
            (f"{by.name} gave you {many} to decide on.", ""),
            *((f"Log entry {entry.number}:", f"{url}/moderation/{entry.id}") for entry in shown),
            ("All that is given to you:", f"{url}/moderation?mine=yes"),
        ],
        purpose="handed_over",
        count=len(entries),
        confidential=confidential,
        now=now,
    )


def opened_again(
    session: Session,
    entry: LogEntry,
    case: LogCase,
    told: Sequence[Person],
    *,
    by: Person,
    url: str,
    now: datetime,
) -> None:
    """Tell these people, who decided an entry, that a colleague opened it again."""
    for person in told:
        if is_kept_from(person, about_headteacher=case.about_headteacher):
            continue
        tell(
            session,
            person,
            subject=f"Opened again: log entry {entry.number}, which you decided",
            paragraphs=[
                (f"{by.name} opened log entry {entry.number} again, which you had decided.", ""),
                (
                    "It is in the queue. The reason is on the page behind the link.",
                    f"{url}/moderation/{entry.id}",
                ),
            ],
            purpose="opened_again",
            confidential=case.about_headteacher,
            now=now,
        )


def recall(session: Session, entry_id: UUID, told: Sequence[Person], *, url: str, now: datetime) -> None:
    """Leave an entry out of all that these people are still to be told: they may no longer know of it (P3).

    Their next digest, and e-mails that wait for the end of quiet hours or for the mail server, or failed and
    could be sent once more. One that tells of other things as well is made anew without this one. What waits
    for their browsers goes, too.
    """
    push.forget(session, told, (Told.THREATS, Told.REFERRALS, Told.HANDED_OVER))
    persons = {person.id: person for person in told}
    waiting = session.scalars(
        sa.select(OutboxEmail)
        .options(undefer(OutboxEmail.raw))
        .where(
            OutboxEmail.to_id.in_(persons),
            OutboxEmail.state != MailState.SENT,
            OutboxEmail.put_away_at.is_(None),
        )
        .with_for_update()
    ).all()
    for row in waiting:
        linked = _linked(row.raw)
        if row.to_id is None or entry_id not in linked:
            continue
        if row.purpose == digests.PURPOSE:
            digests.hold_again(session, row, now=now)
        else:
            _tell_rest(session, row, persons[row.to_id], linked - {entry_id}, url=url, now=now)
        if row.state is MailState.SENDING:
            # Whoever has it just now may get rid of it yet; nobody tries it again.
            row.state, row.lease_until, row.put_away_at = MailState.FAILED, None, now
        else:
            session.delete(row)
    notices.forget(session, told, str(entry_id))


def _tell_rest(
    session: Session, row: OutboxEmail, to: Person, entries: set[UUID], *, url: str, now: datetime
) -> None:
    rest = _known_to(session, to, entries)
    if rest and row.purpose == "urgent_comment":
        _mail(session, to, rest, url=url, now=now)
    elif rest and row.purpose == "urgent_decided":
        _mail_news(session, to, {entry.id for entry, _ in rest}, url=url, now=now)
    elif rest:
        tell(
            session,
            to,
            subject=f"{'Log entries were' if len(rest) > 1 else 'A log entry was'} "
            f"{'opened again' if row.purpose == 'opened_again' else 'given to you'}",
            paragraphs=[
                (f"Log entry {entry.number}:", f"{url}/moderation/{entry.id}") for entry, _case in rest
            ],
            purpose=row.purpose,
            count=len(rest),
            now=now,
        )


def _linked(message: bytes) -> set[UUID]:
    """The entries that a mail leads to."""
    body = message_from_bytes(message, policy=SMTPUTF8).get_body(("plain",))
    return {UUID(found) for found in _ENTRY.findall(body.get_content())} if body is not None else set()


def _written_by(entry: LogEntry) -> str:
    names = [
        name for name in (entry.author_name, f"@{entry.author_handle}" if entry.author_handle else "") if name
    ]
    if names:
        return f"It was written by {' '.join(names)}."
    if entry.origin is LogOrigin.MANUAL:
        return "Nobody has said who wrote it."
    return "The platform does not name who wrote it."


def tell(
    session: Session,
    to: Person,
    *,
    subject: str,
    paragraphs: list[tuple[str, str]],
    purpose: str,
    count: int = 1,
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
        count=count,
        confidential=confidential,
        now=now,
    )
