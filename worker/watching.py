"""What is wrong at this moment, over all rooms: for the mails about what stays so, and for `doctor`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import Publication
from approvals.states import PublicationState
from moderation.models import Comment, CommentState
from school import accounts, bounce_mailbox, bounces, clocks, heartbeats, mail, retention
from school.incidents import Trouble
from school.models import Account, AccountState, RetentionRound, Role, School
from school.settings import settings
from school.times import say
from web.retained import BY_KEY

DISK_LOW = 1024**3
"""Bytes."""
ACCOUNT_PATIENCE = timedelta(minutes=30)
UNREAD_PATIENCE = timedelta(hours=6)
CLASSIFIER_PATIENCE = timedelta(minutes=15)
PUBLISHING_PATIENCE = timedelta(minutes=10)
WORK_PATIENCE = timedelta(minutes=10)
MAIL_PATIENCE = timedelta(minutes=30)
ERASING_PATIENCE = timedelta(days=2)

CLOCK_ADVICE = (
    "Have both machines set their clocks by themselves (`timedatectl set-ntp true`). Posts go out and work "
    "is taken by the database's clock; other times are this machine's own."
)
_TECHNICAL = frozenset({Role.HEADTEACHER, Role.NETWORK_MANAGER})
_URGENT = _TECHNICAL | {Role.SLT}
_WORK = {
    "publish": "posts are not being published",
    "actions": "what people decided is not being carried out on the platforms",
    "poll": "comments are not being read",
    "classify": "comments are not being judged",
    "mail": "e-mails are not being sent",
}
_RESTART = (
    "On the server run `schoolgate doctor`, then start the product again (or its worker and scheduler)."
)


def troubles(session: Session, *, now: datetime) -> list[Trouble]:
    """Everything that is wrong now, however short."""
    return [*_accounts(session), *_comments(session), *_posts(session, now), *_work(session, now),
            *_disk(now), *_clocks(session, now), *_mail(session), *_erasing(session, now)]  # fmt: skip


def _accounts(session: Session) -> Iterator[Trouble]:
    for account in accounts.everything(session):
        if account.problem and account.problem_since and account.state is not AccountState.PAUSED:
            name = f"{account.platform.capitalize()} @{account.handle}"
            yield Trouble(
                key=f"account:{account.id}",
                sentence=f"{name} can't be used.",
                advice=account.problem,
                since=account.problem_since,
                tell=_TECHNICAL,
                patience=ACCOUNT_PATIENCE,
            )
        elif account.state is AccountState.ACTIVE and account.next_poll_at is not None:
            # Tried again and again, never to the end: a limit of minutes is no problem while it passes.
            read_to = account.last_polled_at or account.adopted_at
            if account.next_poll_at - read_to > UNREAD_PATIENCE:
                name = f"{account.platform.capitalize()} @{account.handle}"
                yield Trouble(
                    key=f"unread:{account.id}",
                    sentence=f"Comments of {name} haven't been read to the end since {say(read_to)}.",
                    advice=account.pace_note or "Accounts says what is missing; press “Read now” there.",
                    since=read_to,
                    tell=_TECHNICAL,
                    patience=UNREAD_PATIENCE,
                )


def _comments(session: Session) -> Iterator[Trouble]:
    # Counted with it: for min() alone, SQLite reads every comment that there is.
    waiting = sa.select(sa.func.min(Comment.fetched_at), sa.func.count())
    oldest, _ = session.execute(waiting.where(Comment.state == CommentState.FETCHED)).one()
    if oldest is not None:
        yield Trouble(
            key="classifier",
            sentence="Comments wait for the classifier.",
            advice=f"Abuse among them isn't seen until they are judged; look at the accounts. {_RESTART}",
            since=oldest,
            tell=_URGENT,
            patience=CLASSIFIER_PATIENCE,
        )


def _posts(session: Session, now: datetime) -> Iterator[Trouble]:
    if session.scalar(sa.select(School.publishing_stopped_at)) is not None:
        return
    oldest = session.scalar(
        sa.select(sa.func.min(Publication.next_try_at))
        .join(Account, Account.id == Publication.account_id)
        .where(
            Publication.state == PublicationState.SCHEDULED,
            Publication.next_try_at <= now,
            Account.state == AccountState.ACTIVE,
        )
    )
    if oldest is not None:
        yield Trouble(
            key="publishing",
            sentence="Posts that are due are not going out.",
            advice=_RESTART,
            since=oldest,
            tell=_URGENT,
            patience=PUBLISHING_PATIENCE,
        )


def _work(session: Session, now: datetime) -> Iterator[Trouble]:
    seen = heartbeats.latest(session)
    for name in heartbeats.missing(session, now=now):
        if name in seen and name in _WORK:
            yield Trouble(
                key=f"work:{name}",
                sentence=f"The background work has stopped: {_WORK[name]}.",
                advice=_RESTART,
                since=seen[name].at,
                tell=_URGENT,
                patience=WORK_PATIENCE,
            )


def _disk(now: datetime) -> Iterator[Trouble]:
    home = settings().home
    if home.exists() and (free := shutil.disk_usage(home).free) < DISK_LOW:
        yield Trouble(
            key="disk",
            sentence="The server's disk is nearly full.",
            advice=f"{free / 1e6:.0f} MB are free under {home}. Delete old backups or other programs' files.",
            since=now,
            tell=_TECHNICAL,
            patience=timedelta(0),
        )


def _clocks(session: Session, now: datetime) -> Iterator[Trouble]:
    for clock in clocks.lately(session, now=now):
        if clock.wrong:
            yield Trouble(
                key=f"clock:{clock.machine}",
                sentence=clock.sentence,
                advice=CLOCK_ADVICE,
                since=now,
                tell=_TECHNICAL,
                patience=timedelta(0),
            )


def _mail(session: Session) -> Iterator[Trouble]:
    waiting = [row for row in mail.delayed(session) if row.waits_for_server]
    if waiting:
        yield Trouble(
            key="mail",
            sentence="E-mails can't be sent.",
            advice=f"Since {say(waiting[0].created_at)}, {waiting[0].problem}. They are kept and sent later.",
            since=waiting[0].created_at,
            tell=_TECHNICAL,
            patience=MAIL_PATIENCE,
            # It could not be sent either: Today says it.
            by_mail=False,
        )
    url = settings().bounces_url
    place = bounces.standing(session, bounce_mailbox.key_of(url)) if url else None
    if place is not None and place.problem and place.problem_since:
        yield Trouble(
            key="returned_mail",
            sentence="Mail that came back can't be read, so nobody is told of it.",
            advice=f"{place.problem[:1].upper()}{place.problem[1:]}.",
            since=place.problem_since,
            tell=_TECHNICAL,
            patience=MAIL_PATIENCE,
        )


def _erasing(session: Session, now: datetime) -> Iterator[Trouble]:
    oldest = session.scalar(
        sa.select(sa.func.min(RetentionRound.ended_at)).where(RetentionRound.key.in_(list(BY_KEY)))
    )
    if oldest is not None and now - oldest > retention.EVERY:
        yield Trouble(
            key="erasing",
            sentence="Records whose time is over are not being erased.",
            advice=f"Data protection, Retention says which were gone through when. {_RESTART}",
            since=oldest + retention.EVERY,
            tell=_TECHNICAL | {Role.DPO},
            patience=ERASING_PATIENCE,
        )
