"""The part of a poll that reads who follows the account and who asks to."""

from __future__ import annotations

from uuid import UUID

from connectors.base import Capability
from connectors.errors import ConnectorRefused, CredentialsDead, OutOfCredit
from moderation import follower_lists, ingest
from moderation.models import PollRecord
from moderation.poll_plan import Round, StreamPlace

_FOLLOWERS, _REQUESTS = "!followers", "!requests"


def read_people(work: Round) -> None:
    """Follow requests and followers, where the platform shows them."""
    account_id, capabilities = work.plan.account_id, work.connector.capabilities
    for name, capability, read in (
        (_REQUESTS, Capability.LIST_FOLLOW_REQUESTS, _requests),
        (_FOLLOWERS, Capability.LIST_FOLLOWERS, _followers),
    ):
        if capability not in capabilities:
            continue
        try:
            read(work)
        except (CredentialsDead, OutOfCredit):
            raise
        except ConnectorRefused as error:
            # The tier doesn't cover it, or nobody can ask: comments are read all the same.
            work.remark(name, error)
    with work.keeping() as session:
        session.get_one(PollRecord, account_id).followers_read_at = work.plan.began_at


def _requests(work: Round) -> None:
    seen: set[UUID] = set()
    cursors: set[str] = set()
    cursor: str | None = None
    while True:
        people, following = work.connector.follow_requests(cursor=cursor)
        with work.keeping() as session:
            noted = follower_lists.note_requests(
                session, work.plan.account_id, work.plan.platform, people, now=work.clock()
            )
        seen |= noted.ids
        work.report.followers += noted.new
        if following is None:
            break
        if following in cursors:
            # Led round in a circle: whom it didn't show may still be asking.
            return
        cursors.add(following)
        cursor = following
    with work.keeping() as session:
        follower_lists.note_withdrawn_requests(
            session, work.plan.account_id, seen, before=work.plan.began_at, now=work.clock()
        )


def _followers(work: Round) -> None:
    """The first reading takes down who is there already; later ones stop where all are known."""
    counting = work.plan.followers_count_due or not work.plan.followers_known
    place = work.plan.streams.get(_FOLLOWERS, StreamPlace())
    # Only the first reading resumes: it alone may be long and has nobody to miss.
    cursor = place.cursor if not work.plan.followers_known else None
    seen: set[UUID] = set()
    cursors = {cursor}
    whole = cursor is None
    while True:
        people, following = work.connector.followers(cursor=cursor)
        if following in cursors and following is not None:
            following, whole = None, False
        cursors.add(following)
        with work.keeping() as session:
            noted = follower_lists.note_followers(
                session,
                work.plan.account_id,
                work.plan.platform,
                people,
                baseline=not work.plan.followers_known,
                now=work.clock(),
            )
            row = ingest.stream_row(session, work.plan.account_id, _FOLLOWERS)
            # A later reading stops early on purpose: the next one begins at the top again.
            row.cursor = following if not work.plan.followers_known else None
            row.problem, row.problem_since = None, None
        seen |= noted.ids
        work.report.followers += noted.new
        if following is None or (not counting and noted.new == 0):
            break
        cursor = following
    with work.keeping() as session:
        record = session.get_one(PollRecord, work.plan.account_id)
        record.followers_known = True
        if counting:
            record.followers_counted_at = work.plan.began_at
            # After a circle or in the middle of the list, whom it didn't show may be there.
            if whole:
                follower_lists.note_left(
                    session, work.plan.account_id, seen, before=work.plan.began_at, now=work.clock()
                )
