"""`schoolgate classify` and `evaluate`, as a user types them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import threading
from pathlib import Path

import sqlalchemy as sa

from moderation import decisions, manual
from moderation.decisions import Decision, Outcome
from school.db import now, transaction
from school.models import Person
from tests.worker.conftest import SCHOOLGATE, Done, environment
from tests.worker.test_cli import Here, refused

ROWS = [
    *({"text": f"lovely day {n}", "toxicity": 0, "source": "kind"} for n in range(5)),
    *({"text": f"you disgusting idiot {n}", "toxicity": 1, "source": "rude"} for n in range(5)),
]


def written(file: Path, rows: list[dict[str, object]] = ROWS) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_explain_adds_the_words_and_json_is_one_document(here: Here, home: Path) -> None:
    text = b"Thank you for a lovely assembly!\nyou disgusting idiots\n"
    plain = [json.loads(line) for line in here("classify", stdin=text).stdout.splitlines()]
    assert all(set(result) == {"id", "scores", "flagged", "reasons"} for result in plain)
    done = here("classify", "--explain", "--json", stdin=text + b"\xff\n")
    document = json.loads(done.stdout)
    assert done.returncode == 1 and document["bad"] == 1
    assert [bad["line"] for bad in document["bad_lines"]] == [3]
    words = [result.pop("words") for result in document["results"]]
    assert document["results"] == plain
    assert words[0] == [] and {word["word"] for word in words[1]} & {"disgusting", "idiots"}
    assert json.loads(here("classify", "--json", stdin=b"").stdout)["results"] == []


def test_evaluate_shows_a_table_and_draws(here: Here, home: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "rows.jsonl")
    done = here("evaluate", str(file), "--plot", str(tmp_path / "plot.svg"))
    assert done.returncode == 0, done.stderr.decode()
    table = done.stdout.decode()
    for word in ("Av. precision", "from rude", "in en", "any", "toxicity"):
        assert word in table
    assert (tmp_path / "plot.svg").read_bytes().startswith(b"<?xml")


def test_what_evaluate_can_not_use_is_refused_before_anything_is_scored(here: Here, tmp_path: Path) -> None:
    file = str(written(tmp_path / "rows.jsonl"))
    refused(here("evaluate", file, "--plot", str(tmp_path / "plot.gif")), "plot.gif", ".svg")
    refused(here("evaluate", file, "--plot", "/does/not/exist/plot.svg"), "/does/not/exist")
    refused(here("evaluate"), "Give a file", "--decisions")
    refused(here("evaluate", file, "--decisions"), "Give a file", "--decisions")
    (tmp_path / "empty.jsonl").write_bytes(b"")
    refused(here("evaluate", str(tmp_path / "empty.jsonl")), "No row")


def decided(text: str, outcome: Outcome) -> None:
    with transaction() as session:
        head = session.scalars(sa.select(Person)).one()
        seen = manual.ManualEntry(platform="WhatsApp", text=text)
        entry = manual.record(session, seen, by=head, url="http://localhost", now=now())
        day = now().date() if outcome is Outcome.MEETING else None
        choice = Decision(frozenset({outcome}), "As we agreed.", meeting_on=day)
        decisions.decide(
            session, entry.id, choice, seen=1, by=head,
            url="http://localhost", now=now(),
        )  # fmt: skip


def test_evaluate_measures_on_the_schools_own_decisions(here: Here, school: Path) -> None:
    refused(here("evaluate", "--decisions"), "Nobody has decided yet")
    for n in range(3):
        decided(f"You disgusting idiot {n}", Outcome.MEETING)
    decided("Thank you for a lovely day", Outcome.DISMISS)
    done = here("evaluate", "--decisions", "--json")
    assert done.returncode == 0, done.stderr.decode()
    document = json.loads(done.stdout)
    (overall,) = [m for m in document["measures"] if m["by"] == "all" and m["label"] == "toxicity"]
    assert (overall["rows"], overall["positive"], overall["auc"]) == (4, 3, 1.0)
    assert {m["group"] for m in document["measures"] if m["by"] == "source"} == {"reported"}
    told = here("evaluate", "--decisions").stdout.decode()
    assert "4 comments that people decided" in told and "nobody saw" in told


def test_decisions_need_a_school(here: Here, home: Path) -> None:
    done = here("evaluate", "--decisions")
    assert done.returncode in (1, 2) and len(done.stderr.splitlines()) == 1
    assert b"schoolgate setup" in done.stderr


def on_a_terminal(home: Path, *arguments: str, stdout: int | None) -> Done:
    """Run a command whose standard error is a terminal, and its standard output too where none is given."""
    ours, theirs = pty.openpty()
    home.parent.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [SCHOOLGATE, *arguments], stdin=subprocess.DEVNULL, stdout=theirs if stdout is None else stdout,
        stderr=theirs, env=environment(home, TERM="xterm"), cwd=home.parent,
    )  # fmt: skip
    os.close(theirs)
    seen: list[bytes] = []

    def read() -> None:
        # The terminal's other end answers with an error once nobody holds it any more.
        try:
            while part := os.read(ours, 65_536):
                seen.append(part)
        except OSError:
            return

    reader = threading.Thread(target=read)
    reader.start()
    status = process.wait(120)
    reader.join(30)
    os.close(ours)
    return Done(status, b"", b"".join(seen))


def test_a_bar_shows_on_a_terminal_and_never_amid_results(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "comments.txt"
    file.write_bytes(b"hello\n" * 400 + b"\xff\n")
    with (tmp_path / "out.jsonl").open("wb") as out:
        done = on_a_terminal(home, "classify", str(file), stdout=out.fileno())
    assert done.returncode == 1
    assert "Judging" in done.stderr.decode() and "Line 401 was left out" in done.stderr.decode()
    results = [json.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    assert [result["id"] for result in results] == list(range(1, 401))
    both = on_a_terminal(home, "classify", str(file), stdout=None).stderr.decode()
    assert "Judging" not in both and both.count('"flagged"') == 400
