"""Mail as other servers send it back, and a real IMAP server that holds it."""

from __future__ import annotations

import imaplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from tests.faults.servers import answers, free_port

ID = "<01a215d3-01ac-7f2e-aee0-7e80d41bcdab@larkfield.test>"

ORIGINAL = """\
From: Larkfield <schoolgate@larkfield.test>
To: Winston <chair@larkfield.test>
Subject: Please decide
Message-ID: {id}

The text.
"""


def report(
    message_id: str = ID,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    server: str = "mx.example.org",
    original: str = "message/rfc822",
) -> bytes:
    """A report as Postfix writes it (RFC 3464)."""
    return f"""\
From: MAILER-DAEMON@{server} (Mail Delivery System)
To: schoolgate@larkfield.test
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="AB.1/{server}"

This is a MIME-encapsulated message.

--AB.1/{server}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

<script>alert(1)</script> I'm sorry to have to inform you.

--AB.1/{server}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; {server}
Arrival-Date: Thu, 26 Nov 2026 02:00:00 +0000

Final-Recipient: rfc822; chair@larkfield.test
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <script>alert(2)</script>

--AB.1/{server}
Content-Description: Undelivered Message
Content-Type: {original}

{ORIGINAL.format(id=message_id)}
--AB.1/{server}--
""".encode()


def plain(message_id: str = ID) -> bytes:
    """As servers without that format write it."""
    return (
        "From: Mail Delivery System <mailer-daemon@old.example.org>\nTo: schoolgate@larkfield.test\n"
        "Subject: failure notice\n\nHi. I wasn't able to deliver your message.\n"
        "<chair@larkfield.test>: 554 5.2.2 over quota\n--- Below this line is a copy of the message.\n\n"
        + ORIGINAL.format(id=message_id)
    ).encode()


class Mailbox:
    """An IMAP server's one mailbox."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"imap://office:right%2Fword@127.0.0.1:{port}/INBOX"

    def put(self, raw: bytes, at: datetime) -> None:
        """Let a mail arrive."""
        lines = raw.replace(b"\n", b"\r\n")
        with self.opened() as connection:
            answer, _ = connection.append("INBOX", "", imaplib.Time2Internaldate(at), lines)
            assert answer == "OK"

    def unseen(self) -> int:
        """How many mails nobody has opened."""
        with self.opened() as connection:
            connection.select("INBOX", readonly=True)
            return len(connection.search(None, "UNSEEN")[1][0].split())

    @contextmanager
    def opened(self) -> Iterator[imaplib.IMAP4]:
        connection = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        connection.login("office", "right/word")
        try:
            yield connection
        finally:
            connection.logout()


@contextmanager
def imap_server() -> Iterator[Mailbox]:
    """pymap, which keeps its mailbox in memory."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", "from pymap.main import main; main()", "--host", "127.0.0.1",
         "--port", str(port), "--no-tls", "dict", "--demo-data",
         "--demo-user", "office", "--demo-password", "right/word"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not answers(port):
            assert process.poll() is None and time.monotonic() < until, "the IMAP server doesn't start"
            time.sleep(0.1)
        yield Mailbox(port)
    finally:
        process.terminate()
        process.wait(20)
