"""`schoolgate poll`: read the accounts once, now, and say what came."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
import typer

from moderation.models import Comment, CommentState
from moderation.polling import PollReport
from school import accounts, keys, setup
from school.db import now, reading
from school.errors import BadInput
from school.models import Account, AccountState
from worker import judging, rounds
from worker.commands.networks import account_called
from worker.practice import at_hand_if_practice
from worker.terminal import FAILURE, AsJson, Failure, answer, table

PATIENCE = 60.0
"""Seconds to wait for another process that is just polling the account, or scoring what came."""


def poll(
    account: Annotated[
        str | None, typer.Option(help="Only this account: HANDLE or PLATFORM:HANDLE. None: all of them.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Read the accounts once now, score what came, and print what there was."""
    with reading() as session:
        if setup.current_school(session) is None:
            raise BadInput(
                "There is no school yet: run `schoolgate setup` or `schoolgate run` first.", field="school"
            )
        keys.check(session)
        wanted = [account_called(session, account)] if account else accounts.everything(session)
    if not wanted:
        raise Failure("No account is connected: connect one with `schoolgate accounts adopt`.")
    with at_hand_if_practice():
        told = [_poll(one) for one in wanted]
    judging.score_waiting()
    judging.score_profiles()
    for one in told:
        _count_flagged(one)
    shown = table("Account", "New", "Changed", "Gone", "Flagged", "Followers", "Notes")
    for one in told:
        row = one.row()
        shown.add_row(
            f"{row['platform']}:{row['handle']}",
            *(str(row[name]) for name in ("new", "changed", "gone", "flagged", "followers")),
            " ".join(row["problems"])
            or ("everything read" if row["complete"] else "not everything was read"),
        )
    rows = [one.row() for one in told]
    answer({"accounts": rows}, shown, as_json=as_json)
    return 0 if all(row["complete"] for row in rows) else FAILURE


@dataclass(slots=True)
class _Polled:
    """What reading one account came to."""

    account: Account
    began_at: datetime
    report: PollReport | None
    problem: str = ""
    flagged: int = 0

    def row(self) -> dict[str, Any]:
        report = self.report
        return {
            "platform": self.account.platform,
            "handle": self.account.handle,
            "new": report.new if report else 0,
            "changed": report.edited if report else 0,
            "gone": report.gone if report else 0,
            "flagged": self.flagged,
            "followers": report.followers if report else 0,
            "posts": report.posts if report else 0,
            "complete": bool(report and report.complete),
            "problems": [self.problem]
            if self.problem
            else list(dict.fromkeys(report.problems))
            if report
            else [],
        }


def _poll(account: Account) -> _Polled:
    began = now()
    until = time.monotonic() + PATIENCE
    while True:
        report = rounds.poll(account.id)
        if report is not None:
            return _Polled(account, began, report)
        with reading() as session:
            current = accounts.get(session, account.id)
        if current.state is not AccountState.ACTIVE:
            said = current.problem or f"It is {current.state.value.replace('_', ' ')}."
            return _Polled(account, began, None, said)
        if current.poll_lease_until is None and current.problem:
            return _Polled(account, began, None, current.problem)
        if time.monotonic() > until:
            return _Polled(account, began, None, "Another process is reading it; try again later.")
        time.sleep(0.5)


def _count_flagged(polled: _Polled) -> None:
    """How many of the comments that this poll brought were flagged, by us or a worker beside us."""
    until = time.monotonic() + PATIENCE
    while True:
        with reading() as session:
            query = (
                sa.select(Comment.state, sa.func.count())
                .where(Comment.account_id == polled.account.id, Comment.fetched_at >= polled.began_at)
                .group_by(Comment.state)
            )
            counts = dict(list(session.execute(query)))
        if not counts.get(CommentState.FETCHED) or time.monotonic() > until:
            break
        time.sleep(0.2)
    polled.flagged = counts.get(CommentState.FLAGGED, 0)
