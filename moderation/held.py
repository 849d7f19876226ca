"""What the log, comments and followers hold on one person, for a subject access request (P34; article 15)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import held_back, sight
from moderation.models import (
    Assignment,
    Author,
    BlockedAuthor,
    CameWith,
    CameWithState,
    CaseState,
    Comment,
    CommentScore,
    CommentVersion,
    EventKind,
    Follower,
    FollowerMove,
    Habit,
    Letter,
    LogCase,
    LogEntry,
    LogEvent,
    PlatformAct,
)
from moderation.words import PLATFORMS
from school.held import Section
from school.models import Account, HoldOn
from school.retention import Condition, Subject

MOST = 20_000
"""Comments of one person in one file: nobody has more, and a machine's memory has an end."""


def still_open(session: Session, subject: Subject, *, seen: Condition | None) -> int:
    """Entries of the log about what somebody wrote that nobody has decided: they are in the file for them.

    `seen`: which of them whoever looks may see; None: all.
    """
    if subject.kind is not HoldOn.AUTHOR:
        return 0
    query = (
        sa.select(sa.func.count())
        .select_from(LogEntry)
        .join(LogCase, LogCase.entry_id == LogEntry.id)
        .where(LogEntry.author_id == subject.id, LogCase.state == CaseState.OPEN)
    )
    return session.scalar(query if seen is None else query.where(seen)) or 0


def sections(
    session: Session, subject: Subject, *, past_head: bool, back: Collection[UUID] = ()
) -> list[Section]:
    """What somebody wrote on a platform and what was done about it; where a name is written.

    `past_head`: the file goes to a headteacher, so what concerns the headteacher is left out (P3).
    `back`: entries of which nothing may tell: what was referred and is held back (`held_back`), and for a
    headteacher what concerns one.
    """
    if subject.kind is HoldOn.AUTHOR:
        return _of_author(session, session.get_one(Author, subject.id), past_head=past_head, back=back)
    found = [_named(session, subject.name, past_head=past_head, back=back)]
    if subject.kind is HoldOn.PERSON:
        found += [
            _done_by(session, subject, past_head=past_head, back=back),
            _given(session, subject, past_head=past_head, back=back),
            _habit(session, subject),
        ]
    return found


def _seen(past_head: bool) -> sa.ColumnElement[bool]:
    return LogCase.about_headteacher.is_(False) if past_head else sa.true()


def _of_author(session: Session, author: Author, *, past_head: bool, back: Collection[UUID]) -> list[Section]:
    comments = session.scalars(
        sa.select(Comment)
        .where(
            Comment.author_id == author.id,
            sight.comment_not_about_headteacher() if past_head else sa.true(),
        )
        .order_by(Comment.created_at)
        .limit(MOST)
    ).all()
    ids = [one.id for one in comments]
    versions: dict[Any, list[dict[str, Any]]] = {}
    scores: dict[Any, dict[str, Any]] = {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        for old in session.scalars(sa.select(CommentVersion).where(CommentVersion.comment_id.in_(part))):
            versions.setdefault(old.comment_id, []).append({"text": old.text, "replaced": old.replaced_at})
        query = sa.select(CommentScore).where(CommentScore.comment_id.in_(part))
        for score in session.scalars(query.order_by(CommentScore.scored_at)):
            scores[score.comment_id] = {"flagged": score.flagged, **score.scores}
    followers = session.execute(
        sa.select(Follower, Account)
        .join(Account, Account.id == Follower.account_id)
        .where(Follower.author_id == author.id)
    ).all()
    moves = session.scalars(
        sa.select(FollowerMove)
        .join(Follower, Follower.id == FollowerMove.follower_id)
        .where(Follower.author_id == author.id)
        .order_by(FollowerMove.at)
    )
    unsaid = held_back.reasons(session, back)
    blocks = session.scalars(sa.select(BlockedAuthor).where(BlockedAuthor.author_id == author.id))
    return [
        Section(
            "Their profile as last seen",
            [
                {
                    "platform": author.platform,
                    "handle": author.handle,
                    "name": author.display_name,
                    "about": author.bio,
                    "address": author.url,
                    "followers": author.followers,
                    "follows": author.following,
                    "account since": author.opened_at,
                    "first seen": author.first_seen_at,
                }
            ],
        ),
        Section(
            "Comments they wrote",
            [
                {
                    "written": one.created_at,
                    "text": one.text,
                    "earlier": versions.get(one.id, []),
                    "address": one.url,
                    "state": one.state,
                    "scores": scores.get(one.id, {}),
                }
                for one in comments
            ],
        ),
        _entries(
            session,
            LogEntry.author_id == author.id,
            "Entries of the log",
            own=True,
            past_head=past_head,
            back=back,
        ),
        Section(
            "Accounts they follow or followed",
            [
                {
                    "account": f"{account.display_name} on {PLATFORMS[account.platform]}",
                    "state": one.state,
                    "first seen": one.first_seen_at,
                    "last seen": one.last_seen_at,
                    "name when vetted": one.name_vetted,
                    "about when vetted": one.bio_vetted,
                    "scores": one.scores,
                }
                for one, account in followers
            ],
        ),
        Section(
            "Decisions on them as followers",
            [{"at": one.at, "became": one.new, "reason": one.reason} for one in moves],
        ),
        Section(
            "Blocks",
            [
                {
                    "from": one.blocked_at,
                    "reason": "" if one.reason in unsaid else one.reason,
                    "lifted": one.lifted_at or "",
                }
                for one in blocks
            ],
        ),
    ]


def _named(session: Session, name: str, *, past_head: bool, back: Collection[UUID]) -> Section:
    return _entries(
        session,
        held_back.says(name),
        "Entries of the log that say their name",
        past_head=past_head,
        back=back,
    )


def _entries(
    session: Session,
    condition: sa.ColumnElement[bool],
    title: str,
    *,
    own: bool = False,
    past_head: bool,
    back: Collection[UUID],
) -> Section:
    theirs = held_back.own_letters(session)
    entries = session.scalars(
        sa.select(LogEntry)
        .join(LogCase, LogCase.entry_id == LogEntry.id)
        .where(condition, _seen(past_head))
        .order_by(LogEntry.recorded_at, LogEntry.id)
        .limit(MOST)
    ).all()
    rows = []
    for entry in entries:
        kept_back = entry.id in back
        if kept_back and not own:
            # What others wrote of them and the school passed on: no less than all of it tells of that.
            continue
        events = session.scalars(
            sa.select(LogEvent)
            .where(LogEvent.entry_id == entry.id, LogEvent.kind != EventKind.ERASED)
            .order_by(LogEvent.seq)
        )
        letters = session.scalars(sa.select(Letter).where(Letter.entry_id == entry.id))
        acts = session.scalars(sa.select(PlatformAct).where(PlatformAct.entry_id == entry.id))
        addresses = dict(enumerate(entry.attachment_urls, start=1))
        pictures = session.scalars(
            sa.select(CameWith)
            .where(CameWith.entry_id == entry.id, CameWith.state == CameWithState.KEPT)
            .order_by(CameWith.place)
        )
        rows.append(
            {
                "no.": entry.number,
                "recorded": entry.recorded_at,
                "platform": entry.platform,
                # Who wrote about somebody is another person's data.
                **({"written by": entry.author_name, "address": entry.url} if own else {}),
                "text": entry.text,
                "why flagged": [
                    str(reason.get("detail", ""))
                    for reason in entry.reasons
                    if not (kept_back and reason.get("kind") == "safeguarding")
                ],
                "scores": entry.scores,
                "what happened": [
                    {"at": event.at, "what": event.kind, **said}
                    for event in events
                    if (said := held_back.told(event) if kept_back else _said(event)) is not None
                ],
                "done on the platform": [
                    {"what": act.kind, "state": act.state, "words": act.text} for act in acts
                ],
                "pictures kept as evidence": [
                    {
                        "kept": one.finished_at or "",
                        # Whose picture it is, is told to nobody but whoever sent it.
                        **({"address": addresses.get(one.place, "")} if own else {}),
                    }
                    for one in pictures
                    if not kept_back
                ],
                "letters": [
                    {"at": letter.issued_at, "kind": letter.template, **_letter(letter, own)}
                    for letter in letters
                    if not kept_back or letter.template in theirs
                ],
            }
        )
    return Section(title, rows)


def _letter(letter: Letter, own: bool) -> dict[str, Any]:
    return {"to": letter.addressed_to, "postal address": letter.address, "text": letter.body} if own else {}


_TOLD = ("outcomes", "reason", "note", "why", "reply", "meeting_on", "to", "text")


def _said(event: LogEvent) -> dict[str, Any]:
    return {name: event.detail[name] for name in _TOLD if event.detail.get(name)}


def _done_by(session: Session, subject: Subject, *, past_head: bool, back: Collection[UUID]) -> Section:
    events = session.execute(
        sa.select(LogEvent, LogEntry.number)
        .join(LogEntry, LogEntry.id == LogEvent.entry_id)
        .join(LogCase, LogCase.entry_id == LogEvent.entry_id)
        .where(LogEvent.by_id == subject.id, _seen(past_head))
        .order_by(LogEvent.seq)
    )
    return Section(
        "What they did in the log",
        [
            {"entry": number, "at": event.at, "what": event.kind, **_said(event)}
            for event, number in events
            if event.entry_id not in back
        ],
    )


def _given(session: Session, subject: Subject, *, past_head: bool, back: Collection[UUID]) -> Section:
    given = session.execute(
        sa.select(Assignment, LogEntry.number)
        .join(LogEntry, LogEntry.id == Assignment.entry_id)
        .join(LogCase, LogCase.entry_id == Assignment.entry_id)
        .where(Assignment.to_id == subject.id, _seen(past_head))
        .order_by(Assignment.given_at)
    )
    return Section(
        "Entries of the log that were given to them",
        [
            {"entry": number, "at": one.given_at, "ended": one.ended_at or ""}
            for one, number in given
            if one.entry_id not in back
        ],
    )


def _habit(session: Session, subject: Subject) -> Section:
    habit = session.get(Habit, subject.id)
    return Section(
        "How they work in the queue",
        [
            {
                "keys": "act" if habit.single_keys else "do nothing",
                "break after": habit.pause_after or "",
                "texts uncovered in the last half hour of work": habit.shown,
                "counted since": habit.shown_since or "",
            }
        ]
        if habit
        else [],
    )
