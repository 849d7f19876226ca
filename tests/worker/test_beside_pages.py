"""Commands and background work against the table of who may do what (P1, P2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
import typer
from sqlalchemy.orm import Session

import worker.tasks  # noqa: F401 - so that the app knows them all
from school import db, exports, mail, people
from school.beside_pages import COMMANDS, TASKS
from school.models import Account, AuditEntry, DataExport, ExportState, HoldOn, MailState, Person, Role
from school.retention import Subject
from worker.app import app
from worker.cli import application
from worker.terminal import guarded

ROOT = Path(__file__).parents[2]
People = dict[Role, Person]
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def run(*arguments: str) -> int:
    words = list(arguments)
    return guarded(lambda: application(words)(words, standalone_mode=False, prog_name="schoolgate"))


def trail() -> list[str]:
    with db.reading() as session:
        return list(session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)))


def every_command() -> Iterator[tuple[str, set[str]]]:
    def walk(command: object, words: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
        inside = getattr(command, "commands", None)
        if inside is None:
            options = {one for given in command.params for one in given.opts}  # type: ignore[attr-defined]
            yield " ".join(words), options
            return
        for name, one in inside.items():
            yield from walk(one, (*words, name))

    yield from walk(typer.main.get_command(application([])), ())


def test_the_table_has_every_command_and_names_the_option_that_decides() -> None:
    found = dict(every_command())
    assert found.keys() == {one.command for one in COMMANDS}
    source = "\n".join(
        file.read_text("utf-8") for room in ("school", "worker") for file in (ROOT / room).rglob("*.py")
        if file.name != "beside_pages.py"
    )  # fmt: skip
    for one in COMMANDS:
        deciding = {option for option in found[one.command] if option in {"--by", "--adopted-by"}}
        assert deciding == ({one.named} if one.named else set()), one.command
        assert not one.trail or f'"{one.trail}"' in source, one.command


def test_the_table_has_every_task_and_what_asks_again_exists() -> None:
    assert {name for name in app.tasks if not name.startswith("celery.")} == {one.task for one in TASKS}
    for one in TASKS:
        module, _, name = one.asked_by.rpartition(".")
        assert callable(getattr(import_module(module), name)), one.task


@SQLITE
def test_p1_what_the_headteacher_decides_is_refused_in_anybody_elses_name(
    session: Session,
    school_people: People,
    make_account: Callable[..., Account],
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    other = school_people[Role.MODERATOR].email
    why = ("--reason", "Because")
    asked = {
        "people add": ("--name", "New Name", "--email", "new@larkfield.test"),
        "people grant": (other, "slt", *why),
        "people withdraw": (other, "moderator", *why),
        "people authorise": (other, "--account", make_account("x").handle, *why),
        "accounts adopt": (
            "--platform", "x", "--handle", "h", "--email", "o@larkfield.test", "--credentials", "-",
        ),
    }  # fmt: skip
    assert asked.keys() == {one.command for one in COMMANDS if one.named}
    head = school_people[Role.HEADTEACHER]
    shut_out, _ = people.add(
        session, name="Former Head", email="former@larkfield.test", roles={Role.HEADTEACHER}, by=head,
        reason="For a while", now=db.now(),
    )  # fmt: skip
    people.set_active(session, shut_out, False, by=head, reason="Left", now=db.now())
    names = [one.email for role, one in school_people.items() if role is not Role.HEADTEACHER]
    address = head.email
    session.commit()
    before = trail()
    for rule in COMMANDS:
        if not rule.named:
            continue
        for name in (*names, "former@larkfield.test"):
            assert run(*rule.command.split(), *asked[rule.command], rule.named, name) == 1, (rule, name)
            assert b"headteacher" in capfdbinary.readouterr().err, (rule, name)
        assert run(*rule.command.split(), *asked[rule.command], rule.named, "nobody@larkfield.test") == 2
    assert trail() == before
    for rule in COMMANDS:
        # What takes an account over asks the platform first; its own test has that.
        if rule.named and rule.command != "accounts adopt":
            assert run(*rule.command.split(), *asked[rule.command], rule.named, address) == 0, rule
            assert rule.trail in trail()[len(before) :], rule


@SQLITE
def test_what_the_server_does_leaves_its_line(
    session: Session, school_people: People, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    person = school_people[Role.MODERATOR].email
    session.commit()
    done = {
        "people recover": (person, "--reason", "Nobody else is left"),
        "log export": ("--format", "csv"),
        "backup": (str(tmp_path / "backup"),),
        "model use": ("shipped",),
    }
    expected = {one.command: one.trail for one in COMMANDS}
    for command, more in done.items():
        before = trail()
        assert run(*command.split(), *more) == 0, capfdbinary.readouterr().err
        assert expected[command] in trail()[len(before) :], command


@SQLITE
def test_what_somebody_asked_for_is_not_done_for_whoever_may_not_have_it_any_more(
    session: Session, school_people: People
) -> None:
    officer, head, now = school_people[Role.DPO], school_people[Role.HEADTEACHER], db.now()
    subject = Subject(HoldOn.PERSON, head.id, head.name)
    exports.ask_for_subject(session, subject, by=officer, now=now)
    waiting = mail.queue_plain(
        session, to=officer, subject="Soon", lines=["Words"], link="https://s.test", purpose="test", now=now
    )
    people.withdraw_role(session, officer, Role.DPO, by=head, reason="Left that post", now=now)
    session.commit()
    assert exports.claim(session, lease=timedelta(minutes=5), now=now) is None
    assert session.scalars(sa.select(DataExport.state)).all() == [ExportState.FAILED]
    people.set_active(session, officer, False, by=head, reason="Left the school", now=now)
    session.commit()
    while (claimed := mail.claim(session, now=now)) is not None:
        assert claimed.recipient != officer.email
    assert waiting.state is MailState.FAILED and waiting.put_away_at == now
