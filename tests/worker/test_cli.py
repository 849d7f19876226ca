"""The commands, as a user types them: what they do, and one line for what they can't."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from tests.worker.conftest import HEAD, SETUP, Done
from worker.cli import COMMANDS

Here = Callable[..., Done]
NEW = "b@elmroad.sch.uk"


@pytest.fixture(scope="module")
def platforms() -> PracticePlatforms:
    """Servers that speak as X and Graph, without anybody about."""
    made = PracticePlatforms(None, pace=None)
    made.start()
    yield made  # type: ignore[misc]
    made.stop()


def refused(done: Done, *words: str, status: int = 2) -> str:
    """Check the one line of an error, and give it."""
    assert done.returncode == status, (done.stdout, done.stderr)
    [line] = done.stderr.decode().splitlines()
    assert "Traceback" not in line
    for word in words:
        assert word in line
    return str(line)


def test_setup_prints_a_sign_up_link_and_a_second_one_is_refused(here: Here, home: Path) -> None:
    done = here(*SETUP, "--json")
    assert done.returncode == 0, done.stderr.decode()
    document = json.loads(done.stdout)
    assert re.fullmatch(r"http://localhost:8000/join/[\w-]{40,}", document["sign_up_link"])
    refused(here(*SETUP), "already")
    people = json.loads(here("people", "list", "--json").stdout)["people"]
    assert [(person["email"], person["roles"]) for person in people] == [(HEAD, ["headteacher", "staff"])]


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("--domain", "not a domain", "domain"),
        ("--headteacher-email", "head@gmail.com", "elmroad.sch.uk"),
        ("--headteacher-email", "nonsense", "e-mail address"),
        ("--school", "   ", "empty"),
        ("--headteacher-name", "", "empty"),
    ],
)
def test_setup_names_what_is_wrong(here: Here, home: Path, option: str, value: str, word: str) -> None:
    arguments = list(SETUP)
    arguments[arguments.index(option) + 1] = value
    refused(here(*arguments), word)
    assert json.loads(here("people", "list", "--json").stdout)["people"] == []


def test_a_sign_up_link_says_what_it_begins_with(here: Here, school: Path) -> None:
    """The start may use another port or name than this command knows of."""
    add, said = ("people", "add", "--name", "Cara Dunn", "--by", HEAD), "SCHOOLGATE_PUBLIC_URL is not set"
    assert said in " ".join(here(*add, "--email", "cara@elmroad.sch.uk").stdout.decode().split())
    known = here(*add, "--email", "dunn@elmroad.sch.uk", SCHOOLGATE_PUBLIC_URL="https://social.elmroad.sch.uk")
    assert "https://social.elmroad.sch.uk/join/" in known.stdout.decode()
    assert said not in " ".join(known.stdout.decode().split())


def test_people_are_added_granted_withdrawn_by_the_headteacher_alone(here: Here, school: Path) -> None:
    done = here(
        "people", "add", "--name", "Ben Hart", "--email", "Ben@elmroad.sch.uk", "--role", "slt",
        "--by", HEAD, "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    document = json.loads(done.stdout)
    assert document["email"] == "ben@elmroad.sch.uk" and document["roles"] == ["slt", "staff"]
    assert "/join/" in document["sign_up_link"]
    by_head = ("--by", HEAD, "--reason", "Autumn term")
    assert here("people", "grant", "ben@elmroad.sch.uk", "network-manager", *by_head).returncode == 0
    assert here("people", "withdraw", "ben@elmroad.sch.uk", "slt", *by_head).returncode == 0
    people = json.loads(here("people", "list", "--json").stdout)["people"]
    assert {person["email"]: person["roles"] for person in people}["ben@elmroad.sch.uk"] == [
        "network_manager",
        "staff",
    ]
    by_ben = ("--by", "ben@elmroad.sch.uk", "--reason", "because")
    refused(here("people", "grant", "ben@elmroad.sch.uk", "slt", *by_ben), "headteacher", status=1)
    refused(here("people", "withdraw", HEAD, "headteacher", *by_head), "only headteacher")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("people", "add", "--name", "B", "--email", NEW, "--role", "king", "--by", HEAD), ("king",)),
        (("people", "add", "--name", "B", "--email", "bad", "--by", HEAD), ("bad", "e-mail")),
        (("people", "add", "--name", "B", "--email", HEAD, "--by", HEAD), (HEAD, "already")),
        (("people", "add", "--name", "B", "--email", NEW, "--by", "x@elmroad.sch.uk"), ("x@elm",)),
        (("people", "grant", "nobody@elmroad.sch.uk", "slt", "--by", HEAD, "--reason", "r"), ("nobody@elm",)),
        (("people", "grant", HEAD, "slt", "--by", HEAD, "--reason", " "), ("reason",)),
        (("people", "grant", HEAD, "slt", "--by", HEAD), ("--reason",)),
        (("people", "withdraw", HEAD, "--by", HEAD, "--reason", "r"), ("--account",)),
        (("people", "withdraw", HEAD, "dpo", "--by", HEAD, "--reason", "r"), ("dpo",)),
        (("people", "authorise", HEAD, "--account", "nix", "--by", HEAD, "--reason", "r"), ("nix",)),
        (("people",), ("--help",)),
        (("nonsense",), ("nonsense",)),
        (("poll",), ("accounts adopt",)),
        (("poll", "--account", "nix"), ("nix",)),
        (("log", "export", "--format", "pdf"), ("pdf", "csv")),
        (("log", "export", "--format", "csv", "--from", "yesterday"), ("yesterday", "2027-06-03")),
        (("log", "export", "--format", "csv", "--from", "2027-02-02", "--to", "2027-01-01"), ("2 February",)),
        (("log", "export", "--format", "csv", "--kind", "rude"), ("--kind", "rude", "personal_data")),
        (("log", "export", "--format", "csv", "--account", "nobody"), ("--account", "nobody")),
        (("classify", "/does/not/exist"), ("/does/not/exist",)),
        (("classify", "/"), ("/",)),
        (("evaluate", "/does/not/exist"), ("/does/not/exist",)),
        (("worker",), ("SCHOOLGATE_BROKER_URL",)),
        (("scheduler",), ("SCHOOLGATE_BROKER_URL",)),
        (("run", "--port", "70000"), ("70000",)),
        (("run", "--host", "no.such.host.invalid"), ("no.such.host.invalid",)),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_status_two(
    here: Here, school: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    refused(here(*arguments), *words, status=1 if arguments == ("poll",) else 2)


@pytest.mark.parametrize(
    "arguments", [("poll",), ("log", "export", "--format", "csv"), ("audit", "verify"), ("people", "list")]
)
def test_a_command_before_any_school_says_what_to_do(
    here: Here, home: Path, arguments: tuple[str, ...]
) -> None:
    done = here(*arguments)
    assert done.returncode in {1, 2}
    [line] = done.stderr.decode().splitlines()
    assert "schoolgate" in line


def test_a_setting_that_cant_be_used_is_named(here: Here, home: Path) -> None:
    refused(here("doctor", SCHOOLGATE_POLL_INTERVAL="-3"), "SCHOOLGATE_POLL_INTERVAL", "-3")
    secret = "canary-in-a-setting"
    for name, value in {
        "DATABASE_URL": f"mysql://own:{secret}@h/x", "DATABASE_OWNER_URL": f"postgresql://o:{secret}@h:9x9/x",
        "BOUNCES_URL": f"imapx://post:{secret}@h/INBOX", "SMTP_URL": f"post:{secret}@h",
        "BROKER_URL": f"redis//:{secret}@h", "X_URL": f"htp://{secret}@h",
    }.items():  # fmt: skip
        done = here("doctor", **{f"SCHOOLGATE_{name}": value})
        refused(done, f"SCHOOLGATE_{name}: give a URL such as")
        assert secret.encode() not in done.stderr
    nowhere = "postgresql://nobody:hush-hush-hush@127.0.0.1:9/x"
    refused(here(*SETUP, SCHOOLGATE_DATABASE_URL=nowhere), "reached", status=1)


def adopt(
    here: Here,
    platforms: PracticePlatforms,
    *more: str,
    credentials: object = None,
    source: str = "-",
    url: str = "",
) -> Done:
    """`accounts adopt` of the platforms' own X account, by a real school that is pointed at them."""
    values = platforms.x_credentials if credentials is None else credentials
    given = {
        "--platform": "x", "--handle": platforms.world.school(Platform.X).handle,
        "--email": "social@elmroad.sch.uk",
        "--adopted-by": HEAD, "--credentials": source,
    } | dict(zip(more[::2], more[1::2], strict=True))  # fmt: skip
    return here(
        "accounts", "adopt", *(part for pair in given.items() for part in pair),
        stdin=values if isinstance(values, bytes) else json.dumps(values).encode(),
        SCHOOLGATE_X_URL=url or platforms.x_url, SCHOOLGATE_GRAPH_URL=platforms.graph_url,
    )  # fmt: skip


def test_an_account_is_adopted_polled_and_listed_and_its_secrets_are_encrypted(
    here: Here, school: Path, platforms: PracticePlatforms
) -> None:
    done = adopt(here, platforms)
    assert done.returncode == 0, done.stderr.decode()
    secret = platforms.x_credentials["access_token_secret"]
    with sqlite3.connect(school / "schoolgate.db") as database:
        [(sealed, practice, platform_id)] = database.execute(
            "SELECT credentials, practice, platform_id FROM accounts"
        )
    assert secret.encode() not in sealed and not practice
    assert platform_id == platforms.world.school(Platform.X).id
    for file in school.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file
    post = platforms.world.public_posts(Platform.X, limit=1)[0].post
    platforms.world.say(
        Platform.X, post.id, "Angry Stranger", "You disgusting idiots, I will find you and kill you", None
    )
    polled = here(
        "poll", "--json", SCHOOLGATE_X_URL=platforms.x_url, SCHOOLGATE_GRAPH_URL=platforms.graph_url
    )
    assert polled.returncode == 0, polled.stderr.decode()
    [account] = json.loads(polled.stdout)["accounts"]
    assert account["new"] > 1 and account["flagged"] >= 1 and account["complete"]
    export = here("log", "export", "--format", "jsonl")
    entries = [json.loads(line) for line in export.stdout.decode().splitlines()]
    # X puts the names of those who are answered before the text.
    assert any(str(entry["text"]).endswith("I will find you and kill you") for entry in entries)
    table = here("log", "export", "--format", "csv").stdout.decode()
    assert table.startswith("number,recorded_at") and "disgusting idiots" in table
    assert here("log", "export", "--format", "csv", "--to", "2020-01-01").stdout.count(b"\n") == 1
    assert here("audit", "verify").returncode == 0
    [row] = json.loads(here("accounts", "list", "--json").stdout)["accounts"]
    assert row["state"] == "active" and row["last_polled_at"]
    by_head = ("--by", HEAD, "--reason", "Runs the page")
    assert here("people", "authorise", HEAD, "--account", account["handle"], *by_head).returncode == 0
    assert json.loads(here("people", "list", "--json").stdout)["people"][0]["may_write_for"]


def test_adopting_refuses_what_does_not_fit(here: Here, school: Path, platforms: PracticePlatforms) -> None:
    good = platforms.x_credentials
    secret = good["access_token_secret"]
    wrong = {**good, "access_token_secret": "w" * 44}
    missing = {name: value for name, value in good.items() if name != "consumer_key"}
    cases = [
        (adopt(here, platforms, "--platform", "myspace"), ("myspace", "facebook")),
        (adopt(here, platforms, "--email", "school@gmail.com"), ("must end in @elmroad.sch.uk",)),
        (adopt(here, platforms, "--adopted-by", "x@elmroad.sch.uk"), ("x@elmroad.sch.uk",)),
        (adopt(here, platforms, "--handle", "somebodyelse"), ("somebodyelse", "belong")),
        (adopt(here, platforms, "--handle", " "), ("handle",)),
        (adopt(here, platforms, credentials=missing), ("missing: consumer_key",)),
        (adopt(here, platforms, credentials={**good, "extra": "1"}), ("unknown: extra",)),
        (adopt(here, platforms, credentials=b"{not json"), ("JSON",)),
        (adopt(here, platforms, credentials=b"[1]"), ("object",)),
        (adopt(here, platforms, credentials=b"\xff\xfe\x00"), ("JSON",)),
        (adopt(here, platforms, source="/does/not/exist"), ("can't be read",)),
        (adopt(here, platforms, source=secret), ("can't be read",)),
    ]
    for done, words in cases:
        line = refused(done, *words)
        assert secret not in line
    assert secret not in refused(adopt(here, platforms, credentials=wrong), "refuses", status=1)
    refused(adopt(here, platforms, url="http://127.0.0.1:9"), "reached", status=1)
    assert json.loads(here("accounts", "list", "--json").stdout)["accounts"] == []


def test_classify_keeps_the_order_of_text_and_of_json_lines(here: Here, home: Path) -> None:
    text = "Thank you for a lovely assembly!\nyou are all disgusting idiots, rot in hell\n"
    done = here("classify", stdin=text.encode())
    assert done.returncode == 0, done.stderr.decode()
    results = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [result["id"] for result in results] == [1, 2]
    assert [result["flagged"] for result in results] == [False, True]
    assert set(results[0]) == {"id", "scores", "flagged", "reasons"}
    assert len(results[0]["scores"]) >= 6
    assert not (home / "schoolgate.db").exists()


def test_classify_leaves_out_bad_lines_names_each_and_ends_with_1(here: Here, home: Path) -> None:
    lines = [b'{"id": "b", "text": "hello"}', b"not json", b'{"id": "a", "text": "hi"}', b'{"id": 4}']
    lines += [b"\xff\xfe"] + [b"[]"] * 20
    done = here("classify", "-", stdin=b"\n".join(lines))
    assert [json.loads(line)["id"] for line in done.stdout.decode().splitlines()] == ["b", "a"]
    assert done.returncode == 1
    *said, last = done.stderr.decode().splitlines()
    assert [re.findall(r"Line (\d+) was left out: .+", line) for line in said] == [
        [str(number)] for number in (2, 4, *range(5, 26))
    ]
    assert "23 lines" in last and "All others were" in last
    again = here("classify", "-", "--json", stdin=b"\n".join(lines))
    assert again.returncode == 1
    assert [bad["line"] for bad in json.loads(again.stdout)["bad_lines"]] == [2, 4, *range(5, 26)]


def test_evaluate_measures_labelled_rows(here: Here, tmp_path: Path) -> None:
    rows = [{"text": f"lovely day {n}", "toxicity": 0} for n in range(5)]
    rows += [{"text": f"you disgusting idiot {n}", "toxicity": 1} for n in range(5)]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = here("evaluate", str(file), "--json")
    assert done.returncode == 0, done.stderr.decode()
    overall = [m for m in json.loads(done.stdout)["measures"] if m["by"] == "all"]
    [measure] = [m for m in overall if m["label"] == "toxicity"]
    assert measure["rows"] == 10 and measure["auc"] > 0.9
    with file.open("a", encoding="utf-8") as opened:
        opened.write('{"text": "no label"}\n')
    done = here("evaluate", str(file), "--json")
    assert done.returncode == 1 and json.loads(done.stdout)["rows"] == 10
    assert "Line 11" in done.stderr.decode()


def test_model_list_names_the_model_in_use(here: Here, home: Path) -> None:
    done = here("model", "list", "--json")
    assert done.returncode == 0, done.stderr.decode()
    [model] = json.loads(done.stdout)["models"]
    assert model["in_use"] and model["shipped"] and len(model["sha256"]) == 64
    refused(here("model", "list", SCHOOLGATE_CLASSIFIER_MODEL="/does/not/exist"), "/does/not/exist")


def test_audit_verify_finds_a_changed_entry(here: Here, school: Path) -> None:
    assert json.loads(here("audit", "verify", "--json").stdout)["ok"] is True
    with sqlite3.connect(school / "schoolgate.db") as database:
        triggers = [
            row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ]
        for name in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE audit_entries SET action = 'nothing_happened' WHERE seq = 2")
    done = here("audit", "verify", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["audit_first_bad"] == 2


def test_doctor_shows_settings_without_secrets_and_what_is_amiss(here: Here, school: Path) -> None:
    done = here(
        "doctor", "--json", SCHOOLGATE_SECRET_KEY="a secret of at least thirty-two characters",
        SCHOOLGATE_SMTP_URL="smtp://post:hush-hush@127.0.0.1:9", SCHOOLGATE_SIGN_IN_WITH="http://127.0.0.1:9",
        SCHOOLGATE_SIGN_IN_CLIENT_ID="ours", SCHOOLGATE_SIGN_IN_CLIENT_SECRET="hush-hush",
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert done.returncode == 1 and document["ok"] is False
    checks = {check["name"]: check for check in document["checks"]}
    assert checks["database"]["ok"] and checks["classifier"]["ok"] and checks["clock"]["ok"]
    assert checks["pictures"]["ok"], "what looks at them is installed"
    assert checks["mail server"]["ok"] is False and "SCHOOLGATE_SMTP_URL" in checks["mail server"]["detail"]
    assert "can't be reached just now" in checks["single sign-on"]["detail"]
    assert b"hush-hush" not in done.stdout and b"thirty-two" not in done.stdout
    plain = here("doctor")
    assert plain.returncode == 0, plain.stdout.decode()
    assert "SCHOOLGATE_" in plain.stdout.decode() and "Elm Road Primary" in plain.stdout.decode()


def test_a_command_loads_nothing_that_it_does_not_need(home: Path) -> None:
    """The background work and `classify` without the pages, whose memory a small machine needs."""
    code = (
        "import sys; from worker import cli; cli.application([sys.argv[1]]);"
        "import worker.apart, worker.tasks;"
        "print([n for n in ('web.app', 'flask', 'torch', 'matplotlib', 'connectors.practice.servers', 'fpdf',"
        " 'twitter_text') if n in sys.modules])"
    )
    for name in ("worker", "classify"):
        done = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True, check=False)
        assert done.stdout == "[]\n", done.stderr


def test_help_lists_every_command_and_an_unknown_one_is_refused(here: Here) -> None:
    said = here("--help").stdout.decode()
    assert all(f" {name} " in said for name in COMMANDS)
    refused(here("publish"), "publish", "--help")
