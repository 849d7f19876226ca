"""How long what came from the platforms is kept (P34). Periods are defaults: the DPO sets them."""

from __future__ import annotations

import sqlalchemy as sa

from moderation import erasing, erasing_listed
from moderation.models import (
    Author,
    BlockedAuthor,
    CaseState,
    Comment,
    CommentGap,
    CommentState,
    Follower,
    LogCase,
    LogEntry,
    RescoreJob,
    RescoreState,
)
from school import holds
from school.models import HoldOn
from school.retention import YEAR, Rule

PUBLIC = "parents, pupils and others who write to the school or follow it on a platform"

RULES = (
    Rule(
        key="comments",
        title="Comments that were not flagged",
        why="Read and judged so that no abuse goes unseen; afterwards only a conversation around a later "
        "comment needs them.",
        counted_from="from when it was written",
        days=YEAR,
        least=30,
        most=3 * YEAR,
        tables=("comments", "comment_versions", "comment_scores"),
        column=Comment.id,
        over=erasing.comments_over,
        held=erasing.comment_held,
        erase=erasing.empty_comments,
        listed=erasing_listed.comments,
        of=lambda subject: (
            sa.and_(
                Comment.author_id == subject.id,
                Comment.erased_at.is_(None),
                Comment.state.in_((CommentState.CLEAR, CommentState.OURS)),
                sa.not_(erasing.IN_LOG),
                sa.not_(erasing.ACTED_ON),
            )
            if subject.kind is HoldOn.AUTHOR
            else None
        ),
        people=PUBLIC,
        data="what they wrote in public, earlier versions, addresses of attachments, the classifier's scores",
    ),
    Rule(
        key="log",
        title="Entries of the log that were decided",
        why="Evidence of abuse and of what the school did, for repeat cases, complaints and claims: "
        "six years is the limit for most claims (Limitation Act 1980).",
        counted_from="from the decision",
        days=6 * YEAR,
        least=YEAR,
        most=25 * YEAR,
        tables=(
            "log_entries",
            "log_events",
            "log_cases",
            "log_assignments",
            "words_asked",
            "platform_acts",
            "letters",
            "came_with",
        ),
        column=LogEntry.id,
        over=lambda begins: erasing.entries_over(begins, referred=False),
        held=erasing.entry_held,
        erase=erasing.erase_entries,
        listed=erasing_listed.entries,
        of=lambda subject: (
            sa.and_(
                LogEntry.author_id == subject.id,
                erasing.case_of_entry(LogCase.state == CaseState.DECIDED, LogCase.referred.is_(False)),
                erasing.something_left(),
                sa.not_(erasing.acts_under_way()),
            )
            if subject.kind is HoldOn.AUTHOR
            else None
        ),
        people=PUBLIC + "; staff who are written about",
        data="what they wrote, name and handle as seen, pictures, scores, decisions, notes, "
        "answers, meetings",
    ),
    Rule(
        key="referrals",
        title="Entries of the log that were referred",
        why="Safeguarding concerns are kept until a child in Reception would be 29 or so, as other child "
        "protection records are (Keeping Children Safe in Education; IRMS toolkit).",
        counted_from="from the decision",
        days=25 * YEAR,
        least=6 * YEAR,
        most=35 * YEAR,
        tables=("log_entries", "referrals", "meetings", "platform_act_moves"),
        column=LogEntry.id,
        over=lambda begins: erasing.entries_over(begins, referred=True),
        held=erasing.entry_held,
        erase=erasing.erase_entries,
        listed=erasing_listed.entries,
        of=lambda subject: (
            sa.and_(
                LogEntry.author_id == subject.id,
                erasing.case_of_entry(LogCase.state == CaseState.DECIDED, LogCase.referred.is_(True)),
                erasing.something_left(),
                sa.not_(erasing.acts_under_way()),
            )
            if subject.kind is HoldOn.AUTHOR
            else None
        ),
        people=PUBLIC + "; pupils and staff whom the concern is about",
        data="the entry with its evidence, to whom it was referred, reference number, reason",
    ),
    Rule(
        key="followers",
        title="Followers who left, were declined or removed",
        called="Accounts of the school that they follow or followed",
        why="So that somebody who was turned down is known when they ask again.",
        counted_from="from when they were last seen as a follower",
        days=2 * YEAR,
        least=30,
        most=6 * YEAR,
        tables=("followers", "follower_moves"),
        column=Follower.id,
        over=erasing.followers_over,
        held=lambda: holds.held(HoldOn.AUTHOR, Follower.author_id),
        erase=erasing.erase_followers,
        of=lambda subject: (
            sa.and_(Follower.author_id == subject.id, sa.not_(erasing.acts_on_follower()))
            if subject.kind is HoldOn.AUTHOR
            else None
        ),
        people=PUBLIC,
        data="that they follow an account, name and bio when vetted, scores, the decision and its reason",
    ),
    Rule(
        key="blocks",
        title="Blocks that were lifted",
        why="To know of a person who was blocked before when they break the rules again.",
        counted_from="from when the block was lifted",
        days=3 * YEAR,
        least=30,
        most=6 * YEAR,
        tables=("blocked_authors",),
        column=BlockedAuthor.id,
        over=lambda begins: (BlockedAuthor.lifted_at < begins,),
        held=lambda: holds.held(HoldOn.AUTHOR, BlockedAuthor.author_id),
        erase=erasing.erase_blocks,
        of=lambda subject: (
            sa.and_(BlockedAuthor.author_id == subject.id, BlockedAuthor.lifted_at.is_not(None))
            if subject.kind is HoldOn.AUTHOR
            else None
        ),
        people=PUBLIC,
        data="that they were blocked, when, why",
    ),
    Rule(
        key="authors",
        title="Profiles on the platforms that nothing needs any more",
        called="Their profile",
        why="A profile is needed only with a comment, an entry, a follower or a block of that person.",
        counted_from="from when the profile was last seen to change",
        days=30,
        least=1,
        most=YEAR,
        tables=("authors",),
        column=Author.id,
        over=erasing.authors_over,
        held=lambda: holds.held(HoldOn.AUTHOR, Author.id),
        erase=erasing.erase_authors,
        of=lambda subject: Author.id == subject.id if subject.kind is HoldOn.AUTHOR else None,
        people=PUBLIC,
        data="name, handle, bio, address of the profile, number of followers, age of the account",
    ),
    Rule(
        key="gaps",
        title="Gaps in what could be read",
        why="To say of which hours not every comment was seen.",
        counted_from="from the end of the gap",
        days=3 * YEAR,
        least=90,
        most=6 * YEAR,
        tables=("comment_gaps",),
        column=CommentGap.id,
        over=lambda begins: (CommentGap.until < begins,),
        held=sa.false,
        erase=erasing.erase_gaps,
    ),
    Rule(
        key="rescoring",
        title="Requests to score comments again",
        why="To see what a change of the rules brought up.",
        counted_from="from when it ended",
        days=3 * YEAR,
        least=30,
        most=6 * YEAR,
        tables=("rescore_jobs",),
        column=RescoreJob.id,
        over=lambda begins: (RescoreJob.finished_at < begins, RescoreJob.state != RescoreState.RUNNING),
        held=sa.false,
        erase=erasing.erase_jobs,
    ),
)

KEPT = {
    "flagging_rules": "Versions of thresholds and words: every flag names the version that made it.",
    "watched_posts": "The school's own posts whose comments are read: public words of the school.",
    "moderation_habits": "How somebody works in the queue: one row for each person, without a history.",
    "saved_replies": "The school's own words; every version, since answers were made from them.",
    "letter_templates": "The school's own words; one row for each letter.",
    "comment_streams": "How far each post has been read: one row for each, no personal data.",
    "poll_records": "One row for each account.",
    "urgent_notices": "Ids alone, for a minute at most: whom the next mail about something urgent goes to.",
    "urgent_pauses": "One row for each person who is told of what is urgent: when they may be mailed next.",
}
