"""SHA-256 of a video as it is stored, made before the transaction that needs it.

Hashing hundreds of megabytes takes seconds, and on SQLite a transaction keeps all other writers waiting.
So what was hashed once is remembered by the seals of its pieces: Fernet ends each with an HMAC of all of
it, so that no byte can be another while the seals are the same. Inside the transaction the seals are read,
and the whole is hashed anew where they differ: nothing counts but what is stored at that moment (P12).
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import Draft, DraftRevision, Publication, RevisionVideo, VideoPart, VideoPiece
from approvals.videos import PIECE
from school import secrets

SEAL = 48
"""Letters of base64 at a token's end that hold all 32 bytes of its HMAC."""
REMEMBERED = 16

_made: OrderedDict[bytes, str] = OrderedDict()
_making = threading.Lock()


def digest(session: Session, video_id: UUID) -> str:
    """SHA-256, hexadecimal, of the clean copy as it is stored now; of nothing where there is none.

    Raises KeyMissing.
    """
    known = _recall(_fingerprint(_seals(session, video_id)))
    if known is not None:
        return known
    found, seals = hashlib.sha256(), []
    number, piece = 0, b" " * PIECE
    # Up to the first that isn't full: so far it is read, too.
    while len(piece) == PIECE and (sealed := _piece(session, video_id, number)) is not None:
        piece = secrets.decrypt(sealed)
        found.update(piece)
        seals.append((number, sealed[-SEAL:]))
        number += 1
    made = found.hexdigest()
    _remember(_fingerprint(seals), made)
    return made


def prepare(session: Session, video_id: UUID | None) -> None:
    """Hash a video now, so that the transaction to come needn't. Not for the session of that transaction.

    What is wrong with the video, the transaction finds out and says.
    """
    if video_id is None:
        return
    try:
        digest(session, video_id)
    except secrets.KeyMissing:
        return


def of_draft(session: Session, draft_id: UUID) -> UUID | None:
    """The video of a draft as it stands now, if it has one."""
    return session.scalar(
        sa.select(RevisionVideo.video_id)
        .join(DraftRevision, DraftRevision.id == RevisionVideo.revision_id)
        .join(Draft, Draft.id == DraftRevision.draft_id)
        .where(Draft.id == draft_id, DraftRevision.number == Draft.revision_number)
    )


def of_publication(session: Session, publication_id: UUID) -> UUID | None:
    """The video that a publication sends, if it does."""
    return session.scalar(
        sa.select(RevisionVideo.video_id)
        .join(Publication, Publication.revision_id == RevisionVideo.revision_id)
        .where(Publication.id == publication_id)
    )


def _seals(session: Session, video_id: UUID) -> Iterable[tuple[int, bytes]]:
    size = sa.func.length(VideoPiece.data)
    rows = session.execute(
        sa.select(VideoPiece.number, sa.func.substr(VideoPiece.data, size - (SEAL - 1), SEAL))
        .where(VideoPiece.video_id == video_id, VideoPiece.part == VideoPart.COPY)
        .order_by(VideoPiece.number)
    )
    return [(number, seal) for number, seal in rows]


def _piece(session: Session, video_id: UUID, number: int) -> bytes | None:
    return session.scalar(
        sa.select(VideoPiece.data).where(
            VideoPiece.video_id == video_id, VideoPiece.part == VideoPart.COPY, VideoPiece.number == number
        )
    )


def _fingerprint(seals: Iterable[tuple[int, bytes]]) -> bytes:
    found = hashlib.sha256()
    for number, seal in seals:
        found.update(b"%d %s\n" % (number, seal))
    return found.digest()


def _recall(fingerprint: bytes) -> str | None:
    with _making:
        return _made.get(fingerprint)


def _remember(fingerprint: bytes, made: str) -> None:
    with _making:
        _made[fingerprint] = made
        while len(_made) > REMEMBERED:
            _made.popitem(last=False)
