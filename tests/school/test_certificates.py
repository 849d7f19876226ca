"""Mail over TLS with a certificate of the test's own: what is trusted is used, what isn't is said clearly."""

from __future__ import annotations

import ipaddress
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from school import bounce_mailbox, certificates, db, delivery
from tests.faults.servers import MailServer, free_port
from tests.school.bouncing import imap_server


def certificate(folder: Path, name: str, *, here: bool = True, days: int = 9) -> Path:
    """A file with a key and a certificate that it signed itself, for that name and perhaps 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    until = datetime.now(UTC) + timedelta(days=days)
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if here:
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=20))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def _context(path: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


@contextmanager
def starttls(path: Path) -> Iterator[str]:
    """A mail server that takes nothing before STARTTLS, with that certificate; its URL."""
    port = free_port()
    controller = Controller(
        MailServer(), hostname="127.0.0.1", port=port, tls_context=_context(path), require_starttls=True
    )
    controller.start()
    yield f"smtp://127.0.0.1:{port}"
    controller.stop()


@contextmanager
def tls(path: Path, behind: int) -> Iterator[int]:
    """A port that speaks TLS first, with that certificate, and hands on to another."""
    context = _context(path)

    class HandOn(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                ours = context.wrap_socket(self.request, server_side=True)
            except (ssl.SSLError, OSError):
                # Whoever knocked doesn't trust the certificate.
                return
            with ours, socket.create_connection(("127.0.0.1", behind)) as theirs:
                while True:
                    for one in select.select([ours, theirs], [], [], 30)[0]:
                        try:
                            data = one.recv(65536)
                        except OSError:
                            return
                        if not data:
                            return
                        (theirs if one is ours else ours).sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), HandOn) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(20)


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """What this machine trusts is read anew."""
    certificates.trusted.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    certificates.trusted.cache_clear()


def test_mail_goes_over_tls_to_whom_this_machine_trusts_and_to_nobody_else(
    tmp_path: Path, trusting: pytest.MonkeyPatch
) -> None:
    good, other = certificate(tmp_path, "good.test"), certificate(tmp_path, "other.test", here=False)
    old = certificate(tmp_path, "old.test", days=-1)
    together = tmp_path / "trusted.pem"
    together.write_bytes(b"".join(path.read_bytes() for path in (good, other, old)))
    server = MailServer()
    server.start()

    def probed(path: Path, box: int) -> list[str]:
        plain = int(server.url.rsplit(":")[-1])
        with starttls(path) as url, tls(path, plain) as smtps, tls(path, box) as imaps:
            return [
                delivery.probe(url),
                delivery.probe(f"smtps://127.0.0.1:{smtps}"),
                bounce_mailbox.probe(f"imaps://office:right%2Fword@127.0.0.1:{imaps}/INBOX"),
            ]

    with imap_server() as box:
        assert all("SSL_CERT_FILE" in said for said in probed(good, box.port))
        trusting.setenv("SSL_CERT_FILE", str(together))
        certificates.trusted.cache_clear()
        assert probed(good, box.port) == ["", "", ""]
        assert all("has run out" in said for said in probed(old, box.port))
        named = ["SCHOOLGATE_SMTP_URL", "SCHOOLGATE_SMTP_URL", "SCHOOLGATE_BOUNCES_URL"]
        for said, setting in zip(probed(other, box.port), named, strict=True):
            assert f"another name than 127.0.0.1: use the name in the certificate in {setting}" in said
        # Each on the other's port.
        assert "993" in bounce_mailbox.probe(f"imaps://office:x@127.0.0.1:{box.port}/INBOX")
    server.stop()
    with starttls(good) as url:
        assert "465" in delivery.probe(url.replace("smtp:", "smtps:"))
        sent = delivery.ClaimedMail(db.new_id(), b"Subject: S\r\n\r\nT\r\n", "a@l.test", "b@l.test")
        assert delivery.deliver(sent, url).outcome is delivery.Outcome.SENT
