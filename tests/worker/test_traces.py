"""One id leads through the log: a comment's from fetching to its entry, a draft's to its post."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy.orm import Session

from moderation.models import ActKind, LogEntry
from school import db, logs
from school.models import Account, Person, Role
from tests.approvals import scenes as drafting
from tests.approvals.scenes import Board
from tests.moderation import scenes as moderating
from tests.moderation.platform import ScriptedPlatform, comment
from worker import rounds
from worker.tasks.running import at_most

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the log holds, a line each."""
    file = tmp_path / "product.log"
    logs.configure(log_format="json", file=file, stderr_level=None)
    yield lambda: [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    logs.configure(stderr_level=None)


def test_a_comments_id_leads_from_the_platform_to_the_entry_and_what_was_done(
    session: Session,
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
    written: Callable[[], list[dict[str, Any]]],
) -> None:
    account_id, platform, clock = make_account("facebook").id, ScriptedPlatform(), moderating.Clock()
    session.commit()
    abuse, praise = comment(1, "You idiot"), comment(2, "A lovely assembly")
    moderating.flagged(account_id, platform, clock, abuse, praise)
    with db.reading() as look:
        [entry] = look.query(LogEntry).all()
    moderating.decide(entry.id, moderating.Outcome.HIDE, by=school_people[Role.HEADTEACHER], clock=clock)
    moderating.act(platform, clock)
    about = [line["event"] for line in written() if str(entry.comment_id) in json.dumps(line)]
    assert about == ["comments_fetched", "comments_scored", "entry_made", "act_moved", "act_moved"]
    [made] = [line for line in written() if line["event"] == "entry_made"]
    assert made["entry_id"] == str(entry.id)
    assert {line["kind"] for line in written() if line["event"] == "act_moved"} == {ActKind.HIDE.value}
    assert not any("idiot" in json.dumps(line) for line in written())


def test_a_drafts_id_leads_from_the_hand_in_to_the_post(
    session: Session,
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
    written: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, board = db.now(), Board()
    account = make_account("x")
    draft, [publication] = drafting.approved(
        session,
        school_people[Role.STAFF],
        school_people[Role.HEADTEACHER],
        now - timedelta(minutes=30),
        account,
        at=now - timedelta(minutes=1),
    )
    session.commit()
    board.calls = list  # type: ignore[attr-defined]
    monkeypatch.setattr(rounds, "connector_of", lambda _account: (account, board))
    rounds.publish(publication.id)
    structlog.contextvars.clear_contextvars()
    lines = [line for line in written() if line.get("draft_id") == str(draft.id)]
    assert [(line["event"], line.get("new")) for line in lines if line["event"].endswith("_moved")] == [
        ("draft_moved", "draft"),
        ("draft_moved", "submitted"),
        ("draft_moved", "approved"),
        ("publication_moved", "scheduled"),
        ("publication_moved", "publishing"),
        ("publication_moved", "published"),
    ]
    assert lines[-1]["event"] == "published_or_not"
    [posted] = [line for line in lines if line.get("new") == "published"]
    assert posted["post"] == board.posts[0].platform_id
    assert not any("summer fair" in json.dumps(line) for line in written())


def test_the_lines_of_one_run_of_work_carry_its_id(
    written: Callable[[], list[dict[str, Any]]], database: str
) -> None:
    @at_most(1)
    def something() -> None:
        structlog.get_logger("test").info("first")
        structlog.get_logger("test").info("second")

    something()
    something()
    runs = [line["run"] for line in written()]
    assert runs[0] == runs[1] != runs[2] == runs[3]
    assert {line["work"] for line in written()} == {"something"}
