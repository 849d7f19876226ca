"""After a restore: an answer that may have been sent since the backup is looked for, never sent again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import ActKind, ActState, PlatformAct


def settle(session: Session, *, made_at: datetime) -> dict[str, int]:
    """Have the replies that waited looked for on the platform first.

    Hiding, deleting, blocking and their opposites do no harm twice and are simply done again.
    """
    waiting = (ActState.REQUESTED, ActState.DOING)
    replies = session.scalars(
        sa.select(PlatformAct).where(PlatformAct.kind == ActKind.REPLY, PlatformAct.state.in_(waiting))
    ).all()
    for reply in replies:
        reply.sent_at = reply.sent_at or reply.requested_at
    session.execute(
        sa.update(PlatformAct).where(PlatformAct.state == ActState.DOING).values(lease_until=made_at)
    )
    repeated = session.scalar(
        sa.select(sa.func.count())
        .select_from(PlatformAct)
        .where(PlatformAct.kind != ActKind.REPLY, PlatformAct.state.in_(waiting))
    )
    return {"replies_to_look_for": len(replies), "acts_done_again": repeated or 0}
