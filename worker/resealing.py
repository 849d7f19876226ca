"""Encrypting everything anew, and going on without a lost key: row by row, while the product runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

# Whose columns are encrypted must be known, whichever room they belong to.
import approvals.models  # noqa: F401
import moderation.models  # noqa: F401
from approvals import approval_mail, pictures, videos
from approvals.models import MediaFile, MediaRendition, VideoFile, VideoPiece
from school import keys, mail, push_browsers, second_factor, secrets
from school.db import now, reading, transaction
from school.models import Account, Authenticator, PushKey, PushSubscription

log = structlog.get_logger(__name__)

SEALED_AT_ONCE = 20
"""Clean copies of pictures, or mails; some megabytes in all: nobody waits for long."""


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
            if not old:
                continue
            try:
                # A former version kept the clean copies of pictures as they are.
                new = secrets.resealed(old) if secrets.is_sealed(old) else secrets.encrypt(old)
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
    """Note which pictures can't be read, and which can again; how many can't."""
    with transaction() as session:
        return _mark_lost_pictures(session, found)


def _mark_lost_pictures(session: Session, found: Pass) -> int:
    files, copies = (found.lost_of(model.__tablename__) for model in (MediaFile, MediaRendition))
    return pictures.mark_lost(session, files, copies, now=now())


def seal_pictures(stopping: Callable[[], bool]) -> int:
    """Encrypt the pictures, in the store and in mails, that a former version kept as they are; how many."""
    done = 0
    while not stopping():
        with transaction() as session:
            some = pictures.seal_some(session, most=SEALED_AT_ONCE)
        if not some:
            break
        done += some
    mails = _seal_mails(stopping)
    if done or mails:
        log.info("pictures_sealed", copies=done, mails=mails)
    return done + mails


def _seal_mails(stopping: Callable[[], bool]) -> int:
    done, last = 0, None
    while not stopping():
        with transaction() as session:
            last, some = mail.seal_some(session, approval_mail.REQUEST, last, most=SEALED_AT_ONCE)
        done += some
        if last is None:
            break
    return done


def start_anew() -> tuple[list[Account], int]:
    """Go on with the key at hand: the accounts to connect anew, and how many pictures are lost.

    Where no usable key is kept, one is made. All that isn't encrypted stays as it is.
    """
    secrets.set_aside_unusable_key()
    made = secrets.make_key_if_none()
    found = walk(change=False)
    with transaction() as session:
        lost = keys.start_anew(session, found.lost_of(Account.__tablename__), now=now())
        pictures_lost = _mark_lost_pictures(session, found)
        videos.mark_lost(
            session,
            [*found.lost_of(VideoFile.__tablename__), *found.lost_of(VideoPiece.__tablename__)],
            now=now(),
        )
        sealed_for_browsers = (PushKey.__tablename__, PushSubscription.__tablename__)
        browsers_lost = (
            push_browsers.drop_lost(session) if any(map(found.lost_of, sealed_for_browsers)) else 0
        )
        apps_lost = found.lost_of(Authenticator.__tablename__)
        second_factor.drop_lost(session, apps_lost)
        keys.note(
            session,
            "keys_started_anew",
            {
                "accounts": [str(account.id) for account in lost],
                "pictures": pictures_lost,
                "authenticators": len(apps_lost),
                "browsers": browsers_lost,
                "key_made": made,
            },
            now=now(),
        )
    log.warning("keys_started_anew", accounts=len(lost), pictures=pictures_lost, key_made=made)
    return lost, pictures_lost
