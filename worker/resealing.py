"""Encrypting everything anew, and going on without a lost key: row by row, while the product runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

import structlog

# Whose columns are encrypted must be known, whichever room they belong to.
import approvals.models  # noqa: F401
import moderation.models  # noqa: F401
from approvals import pictures, videos
from approvals.models import MediaFile, VideoFile, VideoPiece
from school import keys, secrets
from school.db import now, reading, transaction
from school.models import Account

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Pass:
    """What one walk through everything encrypted came to."""

    done: Counter[str] = field(default_factory=Counter)
    """Encrypted anew, by place (`accounts.credentials`)."""
    already: int = 0
    lost: dict[str, list[UUID]] = field(default_factory=dict)
    """What no key at hand opens, by place."""

    def lost_of(self, table: str) -> list[UUID]:
        """Ids of the lost rows of one table."""
        return [row for place, rows in self.lost.items() if place.startswith(f"{table}.") for row in rows]


def walk(*, change: bool) -> Pass:
    """Look at everything encrypted; with `change`, seal with the newest key what isn't.

    Each row by itself: nobody has to wait, and being killed between two of them does no harm.
    """
    found = Pass()
    for place in keys.places():
        with reading() as session:
            rows = keys.rows(session, place)
        for row in rows:
            with reading() as session:
                old = keys.value(session, place, row)
            if old is None:
                continue
            try:
                new = secrets.resealed(old)
            except secrets.KeyMissing:
                found.lost.setdefault(str(place), []).append(row)
                continue
            if new is None:
                found.already += 1
            elif change:
                with transaction() as session:
                    # Changed by somebody meanwhile, it is sealed with the newest key already.
                    keys.replace(session, place, row, old, new)
                found.done[str(place)] += 1
    return found


def mark_lost_pictures(found: Pass) -> int:
    """Note which pictures' originals can't be read, and which can again; how many can't."""
    with transaction() as session:
        return pictures.mark_lost(session, found.lost_of(MediaFile.__tablename__), now=now())


def start_anew() -> tuple[list[Account], int]:
    """Go on with the key at hand: the accounts to connect anew, and how many pictures' originals are lost.

    Where no usable key is kept, one is made. All that isn't encrypted stays as it is.
    """
    secrets.set_aside_unusable_key()
    made = secrets.make_key_if_none()
    found = walk(change=False)
    with transaction() as session:
        lost = keys.start_anew(session, found.lost_of(Account.__tablename__), now=now())
        pictures_lost = pictures.mark_lost(session, found.lost_of(MediaFile.__tablename__), now=now())
        videos.mark_lost(
            session,
            [*found.lost_of(VideoFile.__tablename__), *found.lost_of(VideoPiece.__tablename__)],
            now=now(),
        )
        keys.note(
            session,
            "keys_started_anew",
            {"accounts": [str(account.id) for account in lost], "pictures": pictures_lost, "key_made": made},
            now=now(),
        )
    log.warning("keys_started_anew", accounts=len(lost), pictures=pictures_lost, key_made=made)
    return lost, pictures_lost
