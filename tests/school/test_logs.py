"""Logs hold events and ids, and no secret, whoever writes them."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import structlog

from school import logs


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A log file in JSON; the process's logs are put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    path = tmp_path / "logs" / "test.log"
    logs.configure(log_format="json", file=path, stderr_level=None)
    yield path
    for handler in root.handlers:
        handler.close()
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_an_event_keeps_its_name_and_ids(file: Path) -> None:
    structlog.get_logger("here").info("comment_hidden", comment_id="0192", role="dsl")
    [line] = lines(file)
    assert (line["event"], line["comment_id"], line["role"], line["level"]) == (
        "comment_hidden",
        "0192",
        "dsl",
        "info",
    )
    assert "timestamp" in line


@pytest.mark.parametrize(
    "key",
    ["access_token", "app_secret", "password", "Authorization", "pin", "smtp_url", "api_key", "credentials"],
)
def test_a_value_under_a_secret_name_is_removed(file: Path, key: str) -> None:
    structlog.get_logger("here").warning("something", **{key: "hush-hush"})
    assert "hush-hush" not in file.read_text(encoding="utf-8")
    assert lines(file)[0][key] == "(removed)"


@pytest.mark.parametrize("key", ["pinned", "opinion", "shipping", "kind"])
def test_a_harmless_name_keeps_its_value(file: Path, key: str) -> None:
    structlog.get_logger("here").info("something", **{key: "kept"})
    assert lines(file)[0][key] == "kept"


@pytest.mark.parametrize(
    "text",
    [
        "GET https://graph.example/me?access_token=hush-hush&fields=id failed",
        "{'Authorization': 'Bearer hush-hush-hush-hush'}",
        'Authorization: OAuth oauth_token="hush-hush", oauth_signature="hush-hush"',
        "could not connect to postgresql://school:hush-hush@db.example/x",
        "client_secret: hush-hush",
    ],
)
def test_a_secret_inside_a_text_of_a_library_is_removed(file: Path, text: str) -> None:
    logging.getLogger("some.library").error(text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        structlog.get_logger("here").error("failed", exc_info=True)
    said = file.read_text(encoding="utf-8")
    assert "hush-hush" not in said and "failed" in said


def test_libraries_that_print_headers_when_they_debug_are_silent(file: Path) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    for name in (
        "tweepy.client",
        "requests_oauthlib.oauth1_auth",
        "oauthlib.oauth1",
        "urllib3.connectionpool",
    ):
        logging.getLogger(name).debug("Authorization: hush-hush")
    with pytest.raises(requests.ConnectionError):
        requests.get("http://127.0.0.1:9/?access_token=hush-hush", timeout=5)
    assert "hush-hush" not in file.read_text(encoding="utf-8")


def test_a_plain_traceback_shows_no_local_variables(tmp_path: Path, file: Path) -> None:
    plain = tmp_path / "plain.log"
    logs.configure(log_format="plain", file=plain, stderr_level=None)

    def read(comment: str) -> None:
        raise ValueError("no such label")

    try:
        read("the comment's text")
    except ValueError:
        structlog.get_logger("here").error("failed", exc_info=True)
    said = plain.read_text(encoding="utf-8")
    assert "ValueError: no such label" in said and "comment's text" not in said.replace(
        'read("the comment\'s text")', ""
    )


def test_nothing_that_is_logged_begins_a_line_of_its_own(tmp_path: Path, file: Path) -> None:
    plain = tmp_path / "plain.log"
    logs.configure(log_format="plain", file=plain, stderr_level=None)
    line = "2027-06-03T08:00:00Z [info     ] signed_in person=head"
    forged = f"x\n{line}\r\x1b[2K\x85{line}\u2028\u202e"
    structlog.get_logger("here").info("comment_hidden", handle=forged, names=[forged], **{forged: 1})
    logging.getLogger("library").warning("could not read %s", forged)
    try:
        raise ValueError(forged)
    except ValueError:
        structlog.get_logger("here").exception("failed")
    text = plain.read_text(encoding="utf-8")
    began = [one for one in text.splitlines() if not one.startswith("  ")]
    assert [one.split("] ", 1)[1].split()[0] for one in began] == ["comment_hidden", "could", "failed"]
    assert text.count("signed_in") >= 5 and not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", text)


def test_the_file_is_rotated(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES_MAX", 2000)
    path = tmp_path / "small.log"
    logs.configure(file=path, stderr_level=None)
    for number in range(300):
        structlog.get_logger("here").info("event", number=number)
    assert len(list(tmp_path.glob("small.log*"))) == logs.FILES_KEPT + 1


def test_a_file_from_before_gets_the_mode_of_new_ones(tmp_path: Path, file: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    for name in ("run.log", "run.log.1", "other.txt"):
        (folder / name).write_text("x\n")
        (folder / name).chmod(0o644)
    logs.configure(file=folder / "run.log", stderr_level=None)
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == {"run.log": 0o600, "run.log.1": 0o600, "other.txt": 0o644}


def test_lines_that_the_disk_did_not_take_are_counted_when_there_is_room_again(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "full.log"
    handler = logs.PatientFile(path)
    before = handler.stream
    record = logging.LogRecord("here", logging.INFO, __file__, 0, "event", None, None)
    full = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 - closing it fails, like writing
    handler.stream = full
    for _ in range(3):
        handler.emit(record)
    handler.stream = before
    handler.emit(record)
    handler.close()
    with pytest.raises(OSError):
        full.close()
    assert capsys.readouterr().err == ""
    assert "'count': 3" in path.read_text(encoding="utf-8") and "event" in path.read_text(encoding="utf-8")
