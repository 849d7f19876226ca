"""What of the records from the platforms can be erased, what a hold keeps, and the erasing itself (P34)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import chain, fingerprints
from moderation.models import (
    ActState,
    Assignment,
    Author,
    BlockedAuthor,
    CameWith,
    CameWithState,
    CaseState,
    Comment,
    CommentGap,
    CommentScore,
    CommentState,
    CommentVersion,
    EventKind,
    Follower,
    FollowerMove,
    FollowerState,
    Letter,
    LogCase,
    LogEntry,
    LogEvent,
    Meeting,
    PlatformAct,
    PlatformActMove,
    Referral,
    RescoreJob,
    WatchedPost,
    WordsAsked,
)
from school import holds
from school.erasing import kept_with_account
from school.models import HoldOn
from school.retention import Condition, delete

_FINISHED = (ActState.DONE, ActState.FAILED, ActState.WITHDRAWN)
IN_LOG = sa.select(LogEntry.id).where(LogEntry.comment_id == Comment.id).exists()
ACTED_ON = sa.select(PlatformAct.id).where(PlatformAct.comment_id == Comment.id).exists()


def _thread_of_comment() -> Condition:
    return sa.tuple_(Comment.account_id, Comment.post_platform_id).in_(
        sa.select(WatchedPost.account_id, WatchedPost.platform_id).where(
            WatchedPost.id.in_(holds.ids(HoldOn.THREAD))
        )
    )


def comment_held() -> Condition:
    """Comments of somebody, or under a post, on hold."""
    return sa.or_(
        sa.and_(Comment.author_id.is_not(None), holds.held(HoldOn.AUTHOR, Comment.author_id)),
        _thread_of_comment(),
    )


def comments_over(begins: datetime) -> Sequence[Condition]:
    """Clear comments from before a moment that no entry of the log rests on."""
    return (
        Comment.created_at < begins,
        Comment.fetched_at < begins,
        Comment.erased_at.is_(None),
        Comment.state.in_((CommentState.CLEAR, CommentState.OURS)),
        sa.not_(IN_LOG),
        sa.not_(ACTED_ON),
        sa.not_(kept_with_account(Comment.account_id)),
    )


def empty_comments(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Take text, author and scores from comments; the platform's id stays, so that none comes as new."""
    session.execute(delete(CommentScore, CommentScore.comment_id, ids))
    session.execute(
        sa.update(CommentVersion)
        .where(CommentVersion.comment_id.in_(ids))
        .values(text=fingerprints.ERASED)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(Comment)
        .where(Comment.id.in_(ids))
        .values(text=fingerprints.ERASED, author_id=None, url="", attachment_urls=[], erased_at=now)
        .execution_options(synchronize_session=False)
    )


def case_of_entry(*conditions: Condition) -> Condition:
    """Entries whose case is so."""
    return sa.select(LogCase.entry_id).where(LogCase.entry_id == LogEntry.id, *conditions).exists()


def something_left() -> Condition:
    """Entries that have content which was not erased yet."""
    return (
        sa.select(LogEvent.seq)
        .where(
            LogEvent.entry_id == LogEntry.id, LogEvent.erased_at.is_(None), LogEvent.kind != EventKind.ERASED
        )
        .exists()
    )


def acts_under_way() -> Condition:
    """Entries for which something is still being done on a platform, or fetched from it."""
    act = sa.select(PlatformAct.id).where(
        PlatformAct.entry_id == LogEntry.id, PlatformAct.state.not_in(_FINISHED)
    )
    picture = sa.select(CameWith.id).where(
        CameWith.entry_id == LogEntry.id, CameWith.state == CameWithState.REQUESTED
    )
    return sa.or_(act.exists(), picture.exists())


def entries_over(begins: datetime, *, referred: bool) -> Sequence[Condition]:
    """Entries decided before a moment; an open one is never over."""
    return (
        LogEntry.recorded_at < begins,
        case_of_entry(
            LogCase.state == CaseState.DECIDED, LogCase.decided_at < begins, LogCase.referred.is_(referred)
        ),
        something_left(),
        sa.not_(acts_under_way()),
    )


def entry_held() -> Condition:
    """Entries on hold by themselves, by their author, or by the post they stand under."""
    return sa.or_(
        holds.held(HoldOn.ENTRY, LogEntry.id),
        sa.and_(LogEntry.author_id.is_not(None), holds.held(HoldOn.AUTHOR, LogEntry.author_id)),
        sa.tuple_(LogEntry.account_id, LogEntry.post_platform_id).in_(
            sa.select(WatchedPost.account_id, WatchedPost.platform_id).where(
                WatchedPost.id.in_(holds.ids(HoldOn.THREAD))
            )
        ),
    )


def erase_entries(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Erase what entries of the log say, with their comments, acts, letters, referrals and meetings.

    Their numbers, times and who decided stay, and the chain goes on holding.
    """
    chain.lock(session)
    comments = list(
        session.scalars(
            sa.select(LogEntry.comment_id).where(LogEntry.id.in_(ids), LogEntry.comment_id.is_not(None))
        )
    )
    for entry_id in ids:
        chain.erase(session, entry_id, by=None, now=now)
    empty_comments(session, [comment for comment in comments if comment is not None], now)
    session.execute(delete(WordsAsked, WordsAsked.entry_id, ids))
    session.execute(delete(Letter, Letter.entry_id, ids))
    session.execute(delete(CameWith, CameWith.entry_id, ids))
    session.execute(delete(Assignment, Assignment.entry_id, ids))
    acts = sa.select(PlatformAct.id).where(PlatformAct.entry_id.in_(ids))
    session.execute(
        sa.update(PlatformActMove)
        .where(PlatformActMove.act_id.in_(acts))
        .values(answer="")
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(PlatformAct)
        .where(PlatformAct.entry_id.in_(ids))
        .values(text="", answer="", target_platform_id="", target_url="", result_platform_id="")
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(Referral)
        .where(Referral.entry_id.in_(ids))
        .values(reference="", reason=fingerprints.ERASED, author_is_pupil=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(Meeting)
        .where(Meeting.entry_id.in_(ids))
        .values(reason=fingerprints.ERASED)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(LogCase)
        .where(LogCase.entry_id.in_(ids))
        .values(author_id=None, post_platform_id="")
        .execution_options(synchronize_session=False)
    )


def followers_over(begins: datetime) -> Sequence[Condition]:
    """Those who have not followed since a moment. Whoever follows is kept."""
    return (
        Follower.last_seen_at < begins,
        Follower.state.in_((FollowerState.LEFT, FollowerState.DECLINED, FollowerState.REMOVED)),
        sa.not_(acts_on_follower()),
    )


def acts_on_follower() -> Condition:
    """Followers about whom something is still being done on a platform."""
    return (
        sa.select(PlatformAct.id)
        .where(PlatformAct.follower_id == Follower.id, PlatformAct.state.not_in(_FINISHED))
        .exists()
    )


def erase_followers(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget that somebody followed, asked to follow, and what was decided of it."""
    acts = sa.select(PlatformAct.id).where(PlatformAct.follower_id.in_(ids))
    session.execute(delete(PlatformActMove, PlatformActMove.act_id, acts))
    session.execute(delete(PlatformAct, PlatformAct.follower_id, ids))
    session.execute(delete(FollowerMove, FollowerMove.follower_id, ids))
    session.execute(delete(Follower, Follower.id, ids))


_USES = tuple(
    sa.select(column).where(column == Author.id).exists()
    for column in (
        Comment.author_id,
        LogEntry.author_id,
        LogCase.author_id,
        Follower.author_id,
        BlockedAuthor.author_id,
    )
)


def authors_over(begins: datetime) -> Sequence[Condition]:
    """Profiles that nothing points at."""
    return (
        Author.first_seen_at < begins,
        Author.profile_changed_at < begins,
        *(sa.not_(use) for use in _USES),
    )


def erase_authors(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget a profile; where something that is kept still points at it, only its words are erased."""
    used = set(session.scalars(sa.select(Author.id).where(Author.id.in_(ids), sa.or_(*_USES))))
    session.execute(delete(Author, Author.id, [one for one in ids if one not in used]))
    for one in used:
        session.execute(
            sa.update(Author)
            .where(Author.id == one)
            .values(
                key=f"erased:{one}",
                platform_id="",
                handle="",
                display_name=fingerprints.ERASED,
                bio="",
                url="",
                opened_at=None,
                followers=None,
                following=None,
            )
            .execution_options(synchronize_session=False)
        )


def erase_blocks(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget blocks that were lifted."""
    session.execute(delete(BlockedAuthor, BlockedAuthor.id, ids))


def erase_gaps(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget gaps."""
    session.execute(delete(CommentGap, CommentGap.id, ids))


def erase_jobs(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Forget requests to score again."""
    session.execute(delete(RescoreJob, RescoreJob.id, ids))
