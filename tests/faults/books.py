"""Checking the books at the end: nothing lost, nothing doubled, nothing claimed that isn't so."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa

from approvals.models import DraftRevision, Publication
from approvals.states import PublicationState
from connectors.base import Platform
from moderation import chain
from moderation.models import ActState, Comment, CommentState, LogEntry, PlatformAct
from school import audit, db
from school.models import MailState, OutboxEmail
from tests.faults.system import System
from tests.faults.traffic import ABUSE_MARK

_OPEN = (PublicationState.SCHEDULED, PublicationState.PUBLISHING, PublicationState.UNKNOWN)


@dataclass
class Books:
    """What the product's database says, against what the platforms and the mail server saw."""

    publications: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """What people are told of posts that were not published."""
    comments: int = 0
    abusive: int = 0
    entries: int = 0
    mails: int = 0
    mails_twice: int = 0
    wrong: list[str] = field(default_factory=list)


def waiting(made: System) -> dict[str, int]:
    """What is still under way; all zero when the system is quiet."""
    with db.reading() as session:
        count = sa.select(sa.func.count())
        stored = set(session.scalars(sa.select(Comment.platform_id)))
        return {
            "publications": session.scalar(count.where(Publication.state.in_(_OPEN))) or 0,
            "comments to fetch": sum(
                len(comments_on(made, platform).keys() - stored) for platform in made.account_ids
            ),
            "comments to score": session.scalar(count.where(Comment.state == CommentState.FETCHED)) or 0,
            "mails": session.scalar(count.where(OutboxEmail.state.in_((MailState.QUEUED, MailState.SENDING))))
            or 0,
            "acts": session.scalar(count.where(PlatformAct.state.in_((ActState.REQUESTED, ActState.DOING))))
            or 0,
        }


def comments_on(made: System, platform: Platform) -> dict[str, str]:
    """What people said on a platform: id to text. What was changed on X has a new id from then on."""
    with made.platforms.world.store.reading() as store:
        rows = store.execute(
            "select id, text from comments where platform = ? and deleted_at is null and replaced_by = ''",
            (platform,),
        ).fetchall()
    return {row["id"]: row["text"] for row in rows}


def ever_on(made: System, platform: Platform) -> set[str]:
    """Whatever others wrote there: comments, those that were taken back too, and posts of their own."""
    with made.platforms.world.store.reading() as store:
        rows = store.execute(
            "select id from comments where platform = :p union select id from elsewhere where platform = :p",
            {"p": platform},
        ).fetchall()
    return {row["id"] for row in rows}


def posts_on(made: System, platform: Platform) -> dict[str, str]:
    """The school's posts on a platform: id to text."""
    with made.platforms.world.store.reading() as store:
        rows = store.execute("select id, text from posts where platform = ?", (platform,)).fetchall()
    return {row["id"]: row["text"] for row in rows}


def check(made: System) -> Books:
    """Everything that must be so once the system is quiet."""
    books = Books()
    for platform, account_id in made.account_ids.items():
        _publications(books, made, platform, account_id)
        _comments(books, made, platform, account_id)
    _mails(books, made)
    with db.reading() as session:
        for what, broken in (("audit trail", audit.verify(session)), ("SLT log", chain.verify(session))):
            if broken is not None:
                books.wrong.append(f"the chain of the {what} breaks at {broken}")
    return books


def _publications(books: Books, made: System, platform: Platform, account_id: UUID) -> None:
    posts = posts_on(made, platform)
    by_text: dict[str, list[str]] = {}
    for post_id, text in posts.items():
        by_text.setdefault(_number(text), []).append(post_id)
    with db.reading() as session:
        rows = session.execute(
            sa.select(Publication, DraftRevision.text)
            .join(DraftRevision, DraftRevision.id == Publication.revision_id)
            .where(Publication.account_id == account_id)
        ).all()
    for publication, text in rows:
        state, there = publication.state, by_text.get(_number(text), [])
        books.publications[state.value] += 1
        said = f"{platform.value} {_number(text)} ({state.value}, {publication.problem})"
        if len(there) > 1:
            books.wrong.append(f"{said} is on the platform {len(there)} times")
        if state is PublicationState.PUBLISHED:
            if not there:
                books.wrong.append(f"{said} is not on the platform")
            elif publication.post_platform_id not in there and not _same(publication, there):
                books.wrong.append(f"{said} has the id {publication.post_platform_id}, not {there}")
        elif state is PublicationState.FAILED and there:
            books.wrong.append(f"{said} is on the platform although it is said not to be")
        elif state in _OPEN:
            books.wrong.append(f"{said} is still under way")
        elif not publication.problem:
            books.wrong.append(f"{said} gives no reason")
        else:
            books.reasons[f"{platform.value} {state.value}: {publication.problem}"] += 1


def _same(publication: Publication, there: list[str]) -> bool:
    # Graph names a post PAGE_POST in one answer and POST in another.
    return any(
        (publication.post_platform_id or "?").endswith(post_id.rpartition("_")[2]) for post_id in there
    )


def _number(text: str) -> str:
    """The part of a draft's text that no other has."""
    return text.partition(":")[0]


def _comments(books: Books, made: System, platform: Platform, account_id: UUID) -> None:
    said = comments_on(made, platform)
    with db.reading() as session:
        stored = Counter(
            session.scalars(sa.select(Comment.platform_id).where(Comment.account_id == account_id))
        )
        logged = Counter(
            session.scalars(sa.select(LogEntry.comment_platform_id).where(LogEntry.account_id == account_id))
        )
    abusive = {comment_id for comment_id, text in said.items() if ABUSE_MARK in text}
    books.comments += len(said)
    books.abusive += len(abusive)
    books.entries += sum(logged.values())
    for what, found in (
        ("comments not in the database", set(said) - set(stored)),
        ("comments in the database that nobody wrote", set(stored) - ever_on(made, platform)),
        ("comments in the database twice", {one for one, times in stored.items() if times > 1}),
        ("abusive comments not in the log", abusive - set(logged)),
        ("comments in the log twice", {one for one, times in logged.items() if times > 1}),
    ):
        if found:
            books.wrong.append(f"{platform.value}: {len(found)} {what}, such as {sorted(found)[:3]}")


def _mails(books: Books, made: System) -> None:
    with db.reading() as session:
        rows = session.execute(sa.select(OutboxEmail.message_id, OutboxEmail.state)).all()
    ours = {row.message_id for row in rows}
    taken = made.mail.taken
    books.mails, books.mails_twice = len(rows), sum(times > 1 for times in taken.values())
    if unsent := [row.message_id for row in rows if row.state is not MailState.SENT]:
        books.wrong.append(f"{len(unsent)} mails were not sent")
    if lost := ours - set(taken):
        books.wrong.append(f"{len(lost)} mails never reached the mail server")
    if foreign := set(taken) - ours:
        books.wrong.append(f"{len(foreign)} mails reached the mail server under another Message-ID")
