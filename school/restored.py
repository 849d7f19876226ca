"""What must be set right in a database that comes from a backup: the time since then is unknown to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, mail, people, sign_ins
from school.models import Account, Heartbeat, MailState, OutboxEmail, Recovery, Role, School
from school.times import say


def settle(
    session: Session, *, made_at: datetime, digest: str, sentences: Sequence[str], now: datetime
) -> dict[str, int]:
    """Note the restore, end every sign-in, and tell headteacher, SLT and network manager by mail.

    `sentences`: what the rooms above have found, for that mail. The mails that were waiting stay as
    they are: one that went out since goes out again, as the same message with the same Message-ID.
    """
    school = session.scalars(sa.select(School)).one()
    school.restored_from, school.restored_at = made_at, now
    session.execute(sa.delete(Heartbeat))
    session.execute(sa.update(Account).values(poll_lease_until=None, next_poll_at=None))
    # Whoever was shut out since the backup must not come back in by a browser that is still open.
    sign_ins.end_everybodys(session, why=sign_ins.Ended.RESTORED, now=now)
    # A link that let somebody in again since the backup would work once more.
    session.execute(sa.update(Recovery).where(Recovery.expires_at > now).values(expires_at=now))
    session.execute(
        sa.update(OutboxEmail)
        .where(OutboxEmail.state == MailState.SENDING)
        .values(state=MailState.QUEUED, lease_until=None)
    )
    waiting = session.scalar(
        sa.select(sa.func.count()).select_from(OutboxEmail).where(OutboxEmail.state == MailState.QUEUED)
    )
    audit.record(
        session,
        by=None,
        action="restored_from_backup",
        object_kind="school",
        object_id=school.id,
        detail={"backup_made_at": made_at, "sha256": digest},
        now=now,
    )
    lines = [
        f"Schoolgate was restored from a backup of {say(made_at)}. What was done here after that is lost: "
        "look at People, Consent and the accounts, and do again what is missing (a role or a consent that "
        "was withdrawn since then counts again).",
        *sentences,
        "Everybody signs in again. Comments written since then are fetched again by themselves.",
    ]
    for person in people.holders(session, Role.HEADTEACHER, Role.SLT, Role.NETWORK_MANAGER):
        mail.queue(
            session,
            to=person,
            subject=f"Restored from a backup of {say(made_at)}",
            text="\n\n".join(lines),
            html="".join(f"<p>{escape(line)}</p>" for line in lines),
            purpose="restored",
            now=now,
        )
    return {"mails_waiting": waiting or 0}
