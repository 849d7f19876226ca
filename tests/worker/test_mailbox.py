"""The built-in mail server: real SMTP, one file for each mail."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from worker.mailbox import Mailbox, keep


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    made = Mailbox(tmp_path / "mailbox")
    made.start()
    yield made
    made.stop()


def send(mailbox: Mailbox, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", urlsplit(mailbox.url).port or 0, timeout=30) as connection:
        connection.sendmail("schoolgate@elmroad.sch.uk", ["head@elmroad.sch.uk"], raw)


def test_a_mail_is_kept_byte_for_byte(mailbox: Mailbox, tmp_path: Path) -> None:
    raw = "Subject: =?utf-8?q?Zo=C3=AB?=\r\nTo: head@elmroad.sch.uk\r\n\r\nGrüße 🙂\r\n.dot\r\n".encode()
    send(mailbox, raw)
    [file] = (tmp_path / "mailbox").glob("*.eml")
    assert file.read_bytes() == raw
    assert message_from_bytes(file.read_bytes(), policy=default)["Subject"] == "Zoë"


def test_a_mail_with_four_large_pictures_fits(mailbox: Mailbox, tmp_path: Path) -> None:
    line = b"A" * 76 + b"\r\n"
    send(mailbox, b"Subject: pictures\r\n\r\n" + line * (60 * 1024 * 1024 // len(line)))
    [file] = (tmp_path / "mailbox").glob("*.eml")
    assert file.stat().st_size > 59 * 1024 * 1024


def test_mails_at_the_same_moment_are_all_kept(mailbox: Mailbox, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: send(mailbox, f"Subject: {n}\r\n\r\n{n}\r\n".encode()), range(40)))
    found = [file.read_bytes() for file in (tmp_path / "mailbox").iterdir()]
    assert len(found) == len(set(found)) == 40


def test_a_mail_that_cant_be_kept_is_not_taken(mailbox: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "mailbox").rmdir()
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(mailbox, b"Subject: x\r\n\r\nx\r\n")
    assert refused.value.smtp_code == 452


def test_nobody_sees_half_a_file(tmp_path: Path) -> None:
    keep(tmp_path / "a.eml", b"whole")
    assert [file.name for file in tmp_path.iterdir()] == ["a.eml"]
