"""Guards on the wiring: every look exists, every queue has its worker, a stuck task leaves room."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

import worker.tasks
from school.settings import Settings
from worker import failures
from worker.app import QUEUES, app
from worker.schedule import LOOKS, beat_schedule
from worker.tasks.running import at_most

OURS = sorted(name for name in app.tasks if not name.startswith("celery."))


@pytest.mark.parametrize("name", sorted(LOOKS))
def test_every_look_of_the_schedule_is_a_task(name: str) -> None:
    assert name in app.tasks


@pytest.mark.parametrize("name", OURS)
def test_every_task_goes_to_a_queue_that_workers_take(name: str) -> None:
    route = app.amqp.router.route({}, name)
    assert route["queue"].name in QUEUES
    assert app.tasks[name].acks_late


def test_every_queue_has_a_look() -> None:
    assert {name.partition(".")[0] for name in LOOKS} == set(QUEUES)


def test_no_message_is_dropped_by_the_clock_of_the_machine_that_takes_it() -> None:
    entries = beat_schedule(Settings()).values()
    assert not [entry for entry in entries if "expires" in entry.get("options", {})]
    sources = sorted(Path(worker.tasks.__file__).parent.glob("*.py"))
    assert len(sources) > len(QUEUES)
    assert not [path.name for path in sources if "expires" in path.read_text(encoding="utf-8")]


def test_a_stuck_task_keeps_its_place_and_a_failing_one_gives_it_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    inside, leave, ran = threading.Event(), threading.Event(), []

    @at_most(1)
    def work(what: str) -> None:
        if what == "stuck":
            inside.set()
            leave.wait(10)
        if what == "failing":
            raise ValueError(what)
        ran.append(what)

    thread = threading.Thread(target=work, args=("stuck",))
    thread.start()
    assert inside.wait(10)
    work("beside")
    assert ran == []
    leave.set()
    thread.join(10)
    with caplog.at_level(logging.ERROR):
        work("failing")
    work("after")
    assert ran == ["stuck", "after"]


def test_a_failure_is_logged_once_and_then_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[dict[str, object]] = []

    class Log:
        def error(self, _event: str, **values: object) -> None:
            said.append(values)

    monkeypatch.setattr(failures, "log", Log())
    monkeypatch.setattr(failures, "_noted", {})
    for _ in range(3):
        failures.note("look", ValueError("x"))
    failures.note("look", KeyError("x"))
    assert [values["error"] for values in said] == ["ValueError", "KeyError"]
    monkeypatch.setattr(failures, "QUIET_FOR", 0.0)
    failures.note("look", ValueError("x"))
    assert said[-1]["not_logged_before"] == 2
