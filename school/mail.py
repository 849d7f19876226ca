"""Mail: a row first, then one attempt at a time, for days if need be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from html import escape
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, undefer
from sqlalchemy.sql.dml import Update

from school import audit, composing, notices, push, secrets
from school.composing import InlineImage
from school.db import new_id
from school.delivery import ClaimedMail, Delivery, Outcome, deliver
from school.errors import MoveNotAllowed, NotFound
from school.models.mail import MailState, OutboxEmail
from school.models.people import Person, Role
from school.models.school import School
from school.permissions import Action, require
from school.settings import settings

__all__ = ["ClaimedMail", "Delivery", "InlineImage", "Outcome", "deliver"]

log = structlog.get_logger(__name__)

GIVE_UP_AFTER = timedelta(days=5)
"""As long as mail servers themselves try (RFC 5321, 4.5.4.1: at least 4 to 5 days)."""
GIVE_UP_ON_SERVER_AFTER = timedelta(days=14)
"""While the server takes nothing at all, for as long as a school's holidays: no mail is to blame."""
LONGEST_WAIT = timedelta(hours=1)
LONGEST_WAIT_FOR_SERVER = timedelta(minutes=5)
"""Between two attempts while the server is away: only one mail asks, so it may be often."""
SHOWN = 200
FORM = "form"
"""`OutboxEmail.purpose` of what tells of a form of the policy."""
IN_CONFIDENCE = {
    "mail_failed": "confidential_mail_failed",
    "mail_put_away": "confidential_mail_put_away",
    "mail_tried_again": "confidential_mail_tried_again",
}
"""What the trail calls it where the headteacher must not know of the mail, also once it is erased (P3)."""
_MESSAGE = (undefer(OutboxEmail.raw), undefer(OutboxEmail.sealed))


def queue(
    session: Session,
    *,
    to: Person,
    subject: str,
    text: str,
    html: str,
    images: Sequence[InlineImage] = (),
    purpose: str,
    about: UUID | None = None,
    count: int = 1,
    confidential: bool = False,
    now: datetime,
) -> OutboxEmail:
    """Put a mail to a person into the outbox; it is sent after the commit, by a worker.

    `about`: the draft that it is about, so that a failure is told to whoever waits for the answer.
    `count`: of how many things it tells, as notices in browsers say.
    `confidential`: the headteacher must not know that there is such a mail (P3).

    Where the person wants this kind of mail in a digest, or not at all (`school.notices`), the row that
    comes back is in no outbox.

    The Message-ID is fixed here, so that a mail sent twice after a crash is recognised as one. Pictures,
    and links that let whoever has them act as the person, are kept encrypted.
    """
    school = session.scalar(sa.select(School))
    domain = school.domain if school else "schoolgate.invalid"
    mail_id = new_id()
    message_id = f"<{mail_id}@{domain}>"
    compose = partial(
        composing.composed,
        sender=(school.name if school else "Schoolgate", sender(domain)),
        to=(to.name, to.email),
        subject=subject,
        message_id=message_id,
        date=now,
        # The built-in mailbox keeps to it.
        private=confidential,
    )
    whole = compose(text=text, html=html, images=images)
    bare, bare_html = secrets.without_tokens(text), secrets.without_tokens(html)
    has_secrets = bool(images) or (bare, bare_html) != (text, html)
    kind = notices.PURPOSES.get(purpose)
    how = notices.in_force(session, to, kind) if kind else notices.How.AT_ONCE
    row = OutboxEmail(
        id=mail_id,
        to_id=to.id,
        to_address=to.email,
        subject=composing.one_line(subject),
        purpose=purpose,
        about_id=about,
        confidential=confidential,
        message_id=message_id,
        raw=compose(text=bare, html=bare_html, images=()) if has_secrets else whole,
        sealed=secrets.encrypt(whole) if has_secrets else None,
        state=MailState.QUEUED,
        created_at=now,
        next_try_at=notices.not_before(session, to, kind, now=now) if kind else now,
        attempts=0,
    )
    # Beside the mail, however that is wanted.
    push.queue(session, to, purpose, count=count, now=now)
    if how is notices.How.AT_ONCE:
        session.add(row)
    elif how is notices.How.DIGEST and kind:
        notices.hold(
            session,
            to,
            kind,
            purpose=purpose,
            subject=row.subject,
            text=text,
            confidential=confidential,
            now=now,
        )
    return row


def queue_plain(
    session: Session,
    *,
    to: Person,
    subject: str,
    lines: Sequence[str],
    link: str,
    purpose: str,
    about: UUID | None = None,
    confidential: bool = False,
    now: datetime,
) -> OutboxEmail:
    """Put a short mail into the outbox: a greeting, a paragraph for each of `lines`, and one link."""
    paragraphs = [f"Dear {to.name},", *lines]
    text = "\n\n".join([*paragraphs, link]) + "\n"
    body = "".join(f"<p>{escape(line)}</p>" for line in paragraphs)
    html = (
        '<html lang="en-GB"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        "<style>:root { color-scheme: light dark; }</style></head>"
        '<body style="font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:24px">'
        f'{body}<p><a href="{escape(link)}">{escape(link)}</a></p></body></html>'
    )
    return queue(
        session,
        to=to,
        subject=subject,
        text=text,
        html=html,
        purpose=purpose,
        about=about,
        confidential=confidential,
        now=now,
    )


def sender(domain: str) -> str:
    """The address that mail comes from."""
    return settings().mail_from or f"schoolgate@{domain}"


def claim(session: Session, *, now: datetime) -> ClaimedMail | None:
    """The next mail that is due, for this worker alone until its lease ends; None when none is.

    What waited for somebody who was shut out meanwhile is not sent any more.

    A mail whose worker died comes again when the lease is over: the same message with the same
    Message-ID, the one act that is better done twice than not at all.
    """
    due = sa.or_(
        sa.and_(OutboxEmail.state == MailState.QUEUED, OutboxEmail.next_try_at <= now),
        sa.and_(OutboxEmail.state == MailState.SENDING, OutboxEmail.lease_until <= now),
    )
    query = (
        sa.select(OutboxEmail)
        .options(*_MESSAGE)
        .where(due)
        .order_by(OutboxEmail.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    while (found := session.scalar(query)) is not None:
        to = session.get(Person, found.to_id) if found.to_id is not None else None
        if to is None or to.active:
            break
        found.problem, found.put_away_at = "They were shut out before it could be sent.", now
        _fail(session, found, now=now)
        # The next look must not find it again.
        session.flush()
    if found is None:
        return None
    found.state, found.attempts = MailState.SENDING, found.attempts + 1
    found.lease_until = now + settings().lease
    school = session.scalar(sa.select(School))
    return ClaimedMail(
        found.id,
        whole(found),
        sender(school.domain if school else "schoolgate.invalid"),
        found.to_address,
        found.attempts,
    )


def whole(row: OutboxEmail) -> bytes:
    """The message as it is sent. Without pictures and link where the key that sealed them is lost."""
    if row.sealed is None:
        return row.raw
    try:
        return secrets.decrypt(row.sealed)
    except secrets.KeyMissing:
        # What it asks for stands in its words; whoever is asked to decide finds it signed in, too.
        log.warning("mail_without_what_was_sealed", mail_id=str(row.id))
        return row.raw


def seal_some(session: Session, purpose: str, after: UUID | None, *, most: int) -> tuple[UUID | None, int]:
    """Encrypt the pictures of mails that a former version kept as they are, by id from `after` on.

    Returns the last mail that was looked at, None where there is no more, and how many had pictures. What is
    just being sent is left alone.
    """
    query = (
        sa.select(OutboxEmail)
        .options(*_MESSAGE)
        .where(
            OutboxEmail.purpose == purpose,
            OutboxEmail.sealed.is_(None),
            OutboxEmail.state != MailState.SENDING,
        )
        .order_by(OutboxEmail.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(query.where(OutboxEmail.id > after) if after else query).all()
    done = 0
    for row in rows:
        if plain := composing.without_pictures(row.raw, row.to_address):
            row.raw, row.sealed = plain, secrets.encrypt(row.raw)
            done += 1
    return (rows[-1].id if rows else None), done


def record(session: Session, claimed: ClaimedMail, delivery: Delivery, *, now: datetime) -> OutboxEmail:
    """Note how the attempt ended; what could not be sent is tried again, at longer and longer gaps.

    While the server itself is away, one mail asks for all: the others wait with it, and go as soon
    as it went.
    """
    row = session.get_one(OutboxEmail, claimed.id, with_for_update=True)
    sent = delivery.outcome is Outcome.SENT
    if row.state is not MailState.SENDING or (row.attempts != claimed.attempt and not sent):
        # Its lease was over and another worker has it.
        return row
    row.lease_until, row.problem = None, delivery.problem or None
    if sent:
        row.state, row.sent_at = MailState.SENT, now
        session.execute(_waiting_for_server().values(next_try_at=now, waits_for_server=False))
    elif delivery.outcome is Outcome.REFUSED or now - row.created_at > (
        GIVE_UP_ON_SERVER_AFTER if delivery.all_alike else GIVE_UP_AFTER
    ):
        _fail(session, row, now=now)
    else:
        row.state, row.waits_for_server = MailState.QUEUED, delivery.all_alike
        longest = LONGEST_WAIT_FOR_SERVER if delivery.all_alike else LONGEST_WAIT
        row.next_try_at = now + min(longest, timedelta(seconds=10 * 2 ** min(row.attempts, 10)))
        if delivery.all_alike:
            session.execute(
                sa.update(OutboxEmail)
                .where(
                    OutboxEmail.state == MailState.QUEUED,
                    OutboxEmail.id != row.id,
                    OutboxEmail.next_try_at <= row.next_try_at,
                )
                # A moment later, so that one asks and not all.
                .values(next_try_at=row.next_try_at + timedelta(seconds=5), waits_for_server=True)
            )
    return row


def came_back(session: Session, row: OutboxEmail, problem: str, *, now: datetime) -> None:
    """A server had taken this mail and then reported that it can't be delivered: `problem` says why."""
    row.problem, row.returned_at = problem, now
    _fail(session, row, now=now)


def try_again(session: Session, mail_id: UUID, *, by: Person, now: datetime) -> OutboxEmail:
    """Send a mail that failed once more, to the address that the person has now.

    Raises NotPermitted, NotFound, MoveNotAllowed where it didn't fail.
    """
    row = _failed(session, mail_id, by=by)
    to = session.get(Person, row.to_id) if row.to_id is not None else None
    if to is not None and to.email != row.to_address:
        if row.sealed is not None:
            row.sealed = secrets.encrypt(composing.readdressed(whole(row), to.name, to.email))
        row.raw, row.to_address = composing.readdressed(row.raw, to.name, to.email), to.email
    row.state, row.next_try_at, row.attempts = MailState.QUEUED, now, 0
    row.created_at, row.problem, row.waits_for_server = now, None, False
    row.returned_at = None
    _note(session, "mail_tried_again", row, by=by, now=now)
    return row


def put_away(session: Session, mail_id: UUID, *, by: Person, now: datetime) -> OutboxEmail:
    """Give a mail that failed up: it is no longer shown. Raises NotPermitted, NotFound, MoveNotAllowed."""
    row = _failed(session, mail_id, by=by)
    row.put_away_at = now
    _note(session, "mail_put_away", row, by=by, now=now)
    return row


def _known_to(viewer: Person | None) -> sa.ColumnElement[bool]:
    if viewer is not None and Role.HEADTEACHER in viewer.roles:
        return OutboxEmail.confidential.is_(False)
    # Of a report about the headteacher its readers know, and see on its page what wasn't delivered (P3).
    return sa.or_(OutboxEmail.confidential.is_(False), OutboxEmail.purpose != FORM)


def failed(session: Session, *, viewer: Person | None = None) -> list[OutboxEmail]:
    """The mails that could not be delivered and that nobody has put away, newest first.

    `viewer` None: a command on the server, which tells no more than the network manager's pages.
    """
    query = (
        sa.select(OutboxEmail)
        .where(OutboxEmail.state == MailState.FAILED, OutboxEmail.put_away_at.is_(None), _known_to(viewer))
        .order_by(OutboxEmail.created_at.desc())
        .limit(SHOWN)
    )
    return list(session.scalars(query))


def undelivered_to(session: Session, person: Person, *, viewer: Person) -> OutboxEmail | None:
    """The newest mail to a person's present address, where it wasn't delivered and nobody put it away."""
    row = session.scalar(
        sa.select(OutboxEmail)
        .where(
            OutboxEmail.to_id == person.id,
            OutboxEmail.to_address == person.email,
            OutboxEmail.state.in_((MailState.SENT, MailState.FAILED)),
            OutboxEmail.put_away_at.is_(None),
            _known_to(viewer),
        )
        .order_by(OutboxEmail.created_at.desc(), OutboxEmail.id.desc())
        .limit(1)
    )
    return row if row is not None and row.state is MailState.FAILED else None


def delayed(session: Session, *, viewer: Person | None = None) -> list[OutboxEmail]:
    """The mails that were tried and wait to be tried again, oldest first.

    `viewer` None: the product itself, which must see that none goes out.
    """
    known = sa.true() if viewer is None else _known_to(viewer)
    query = (
        sa.select(OutboxEmail)
        .where(OutboxEmail.state == MailState.QUEUED, OutboxEmail.problem.is_not(None), known)
        .order_by(OutboxEmail.created_at)
        .limit(SHOWN)
    )
    return list(session.scalars(query))


def undelivered_about(
    session: Session, about: Collection[UUID] | sa.Select[UUID], purpose: str
) -> dict[UUID, list[OutboxEmail]]:
    """By draft, the failed mails of a purpose about it that no later one to the same person followed."""
    rows = session.scalars(
        sa.select(OutboxEmail)
        .where(
            OutboxEmail.about_id.in_(about),
            OutboxEmail.purpose == purpose,
            OutboxEmail.put_away_at.is_(None),
        )
        .order_by(OutboxEmail.created_at, OutboxEmail.id)
    )
    newest = {(row.about_id, row.to_id): row for row in rows}
    found: dict[UUID, list[OutboxEmail]] = {}
    for row in newest.values():
        if row.state is MailState.FAILED and row.about_id is not None:
            found.setdefault(row.about_id, []).append(row)
    return found


def _fail(session: Session, row: OutboxEmail, *, now: datetime) -> None:
    row.state, row.waits_for_server = MailState.FAILED, False
    _note(session, "mail_failed", row, by=None, now=now)


def _waiting_for_server() -> Update:
    """The mails that wait for the server alone: it is there again."""
    return sa.update(OutboxEmail).where(
        OutboxEmail.state == MailState.QUEUED, OutboxEmail.waits_for_server.is_(True)
    )


def _failed(session: Session, mail_id: UUID, *, by: Person) -> OutboxEmail:
    require(by, Action.SEE_HEALTH)
    known = sa.select(OutboxEmail).where(OutboxEmail.id == mail_id, _known_to(by))
    row = session.scalar(known.with_for_update().options(*_MESSAGE))
    if row is None:
        raise NotFound("There is no such e-mail.")
    if row.state is not MailState.FAILED or row.put_away_at is not None:
        raise MoveNotAllowed("This e-mail isn't among those that failed any more.")
    return row


def _note(session: Session, action: str, row: OutboxEmail, *, by: Person | None, now: datetime) -> None:
    audit.record(
        session,
        by=by,
        # The headteacher reads the trail; by these words such lines are left out for them (P3).
        action=IN_CONFIDENCE[action] if row.confidential else action,
        object_kind="mail",
        object_id=row.id,
        detail={"purpose": row.purpose, "problem": row.problem, "to": str(row.to_id)},
        now=now,
    )
