"""Addresses that somebody typed: to the public web alone, in little time and memory, whatever answers."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import time
from collections.abc import Sequence

import pytest

from connectors import page_heads, public_web
from connectors.public_web import NoAnswer, NoNames, NoSuchName, Reach, Refused
from tests.connectors.scripted import Received, Reply, Scripted

HTML = frozenset({"text/html"})
PAGE = {"content-type": "text/html; charset=utf-8"}


def reach(**names: str) -> Reach:
    """This machine may be asked, by any port; `names`: what hosts are (with _ for .)."""

    def resolve(host: str, port: int) -> Sequence[str]:
        return [names.get(host.replace(".", "_"), "127.0.0.1")]

    return Reach(allowed=lambda ip: str(ip) == "127.0.0.1", port_allowed=lambda *_: True, resolve=resolve)


def fetch(address: str, allowed: Reach | None = None, most: int = 1024 * 1024) -> public_web.Answer:
    return public_web.fetch(address, kinds=HTML, most=most, cut=True, reach=allowed or reach())


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0x7f.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fd00::1]",
        "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "[2002:a00:1::]", "[2001:0:a00:1::]", "[ff02::1]",
        "localhost",
    ],
)  # fmt: skip
def test_no_address_leads_into_a_network_of_the_schools_own(host: str) -> None:
    with pytest.raises(Refused, match="own, not to the public web"):
        public_web.fetch(f"http://{host}/", kinds=HTML, most=10)


def test_public_addresses_are_public() -> None:
    assert all(public_web.is_public(ipaddress.ip_address(ip)) for ip in ("93.184.215.14", "2606:4700::1111"))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("ftp://example.org/", "no web address"),
        ("file:///etc/passwd", "no web address"),
        ("http://example.org:22/", "port 22"),
        ("https://example.org:80/", "port 80"),
        ("http://user@example.org/", "user name"),
        ("http://good.org\\@127.0.0.1/", "web address"),
        ("http://example.org/a b", "web address"),
        ("http://[::1/", "no web address"),
    ],
)
def test_what_is_no_public_website_is_refused_before_anything_is_asked(address: str, why: str) -> None:
    def nobody(host: str, port: int) -> Sequence[str]:
        raise AssertionError("a name was looked up")

    with pytest.raises(Refused, match=why):
        public_web.fetch(address, kinds=HTML, most=10, reach=Reach(resolve=nobody))


def test_a_name_that_changes_what_it_means_is_asked_for_once(server: Scripted) -> None:
    port = server._server.server_address[1]
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    server.answers(Reply(200, b"<title>There</title>", PAGE))
    allowed = Reach(
        allowed=lambda ip: str(ip) == "127.0.0.1", port_allowed=lambda *_: True, resolve=rebinding
    )
    assert b"There" in fetch(f"http://rebinding.example:{port}/", allowed).body
    # What was checked is what was connected to: the name was not looked up once more.
    assert asked == ["rebinding.example"]
    assert server.received[0].headers["host"] == f"rebinding.example:{port}"
    # One of several addresses is enough to refuse them all.
    mixed = Reach(
        allowed=lambda ip: str(ip) == "127.0.0.1",
        port_allowed=lambda *_: True,
        resolve=lambda *_: ["127.0.0.1", "10.0.0.1"],
    )
    with pytest.raises(Refused):
        fetch(f"http://mixed.example:{port}/", mixed)


def test_each_redirect_is_checked_and_the_fourth_is_not_followed(server: Scripted) -> None:
    port = server._server.server_address[1]

    def script(request: Received) -> Reply:
        if request.path.startswith("/hop"):
            count = int(request.path[4:])
            return Reply(
                302, b"", {"location": f"/hop{count - 1}" if count else "/there", "set-cookie": "a=b"}
            )
        if request.path == "/inside":
            return Reply(307, b"", {"location": "http://169.254.169.254/latest/meta-data/"})
        if request.path == "/file":
            return Reply(301, b"", {"location": "file:///etc/passwd"})
        if request.path == "/by-name":
            return Reply(301, b"", {"location": f"http://inside.example:{port}/"})
        return Reply(200, b"<title>There</title>", PAGE)

    server.script = script
    assert fetch(f"{server.url}/hop2").address == f"{server.url}/there"
    for path, why in (
        ("hop3", "more than 3"),
        ("inside", "own"),
        ("file", "no web address"),
        ("by-name", "own"),
    ):
        with pytest.raises(Refused, match=why):
            fetch(
                f"{server.url}/{path}",
                reach(inside_example="10.0.0.9", **{"169_254_169_254": "169.254.169.254"}),
            )
    assert not any({"cookie", "authorization"} & set(request.headers) for request in server.received)


@pytest.mark.parametrize("fault", ["hang", "drip", "drip_headers"])
def test_slow_answers_are_cut(server: Scripted, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_web, "SECONDS", 0.4)
    server.answers(Reply(200, b"<p>" * 1000, PAGE, fault=fault))
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="in time"):
        fetch(server.url)
    assert time.monotonic() - began < 5


def test_a_look_up_that_takes_for_ever_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_web, "SECONDS", 0.2)

    def slow(host: str, port: int) -> Sequence[str]:
        time.sleep(1)
        return ["127.0.0.1"]

    with pytest.raises(NoAnswer):
        fetch("http://slow.example/", Reach(resolve=slow))


def test_endless_bodies_and_bombs_are_read_as_far_as_wanted(server: Scripted) -> None:
    page = b"<title>Long</title>" + b"<p>x" * 200_000
    server.answers(
        Reply(200, page * 10, PAGE),
        Reply(
            200,
            gzip.compress(b"<title>Bomb</title>" + b"0" * 60_000_000),
            PAGE | {"content-encoding": "gzip"},
        ),
        Reply(200, b"%PDF" * 1_000_000, {"content-type": "application/pdf"}),
    )
    for title in ("Long", "Bomb"):
        body = fetch(server.url, most=100_000).body
        assert len(body) == 100_000
        assert title.encode() in body
    answer = fetch(server.url)
    assert (answer.content_type, answer.body) == ("application/pdf", b"")
    server.answers(Reply(200, page, PAGE))
    with pytest.raises(NoAnswer):
        public_web.fetch(server.url, kinds=HTML, most=1000, reach=reach())


def test_a_name_that_nobody_has_is_told_from_a_server_that_knows_no_names() -> None:
    def outside(host: str, port: int) -> Sequence[str]:
        if host == "api.x.com":
            return ["104.244.42.1"]
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    def cut_off(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    with pytest.raises(NoSuchName):
        fetch("https://larkfeild.example/", Reach(resolve=outside))
    with pytest.raises(NoNames):
        fetch("https://www.larkfield.example/", Reach(resolve=cut_off))


def test_the_environment_gives_no_proxy_and_no_password(
    server: Scripted, refused_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", refused_url)
    port = server._server.server_address[1]
    server.answers(Reply(200, b"<title>x</title>", PAGE))
    assert fetch(f"http://elsewhere.example:{port}/").status == 200


def head(page: bytes, kind: str = "text/html") -> page_heads.PageHead:
    return page_heads.read(page, content_type=kind, address="https://www.example.org/news/1")


def test_a_page_says_what_it_is() -> None:
    found = head(
        b"""<!doctype html><HTML><head><title>Home | News</title>
        <META Property='og:title' content="Year 4 &amp; the &quot;owls&quot; > frogs"><meta name=description
        content='first'><meta property=og:description content="Second  sentence"><meta property="og:image"
        content="/media/owl.jpg"><meta property="og:title" content="later"></head>"""
    )
    assert found.title == 'Year 4 & the "owls" > frogs'
    assert (found.description, found.picture) == ("Second sentence", "https://www.example.org/media/owl.jpg")
    assert head(b"<title>Only\n a&nbsp;title</title>").title == "Only a title"
    assert head(b"") == head(b"\xff\xfe\x00") == page_heads.PageHead()
    assert head(b"<meta property=og:image content='javascript:alert(1)'>").picture == ""


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("<title>Café – “Noël”</title>".encode(), "text/html; charset=utf-8"),
        ("<title>Café – “Noël”</title>".encode("cp1252"), "text/html; charset=ISO-8859-1"),
        ('<meta charset="windows-1252"><title>Café – “Noël”</title>'.encode("cp1252"), "text/html"),
        ("<title>Café – “Noël”</title>".encode("cp1252"), "text/html; charset=utf-8"),
        ("<title>Café – “Noël”</title>".encode("cp1252"), "text/html; charset=punycode"),
        ("<title>Café – “Noël”</title>".encode("utf-16"), "text/html; charset=nonsense"),
    ],
)
def test_a_title_is_read_whatever_its_charset_says(page: bytes, kind: str) -> None:
    assert head(page, kind).title == "Café – “Noël”"


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<div>",
        "<!--",
        "<meta ",
        "<title",
        "<meta content='",
        "<b><i>",
        "<title>",
        "&",
        "<meta a=",
        "<meta a a>",
        "<meta a=b c='d'>",
    ],
)
def test_no_page_keeps_the_reader_busy(piece: str) -> None:
    began = time.process_time()
    head((piece * (1024 * 1024 // len(piece))).encode())
    assert time.process_time() - began < 3


def test_a_hostile_title_is_one_plain_line() -> None:
    found = head(
        "<title>\u202eevil\u202c\x00\x1b[31m &lt;script&gt;\u200b\ud83d</title>".encode("utf-8", "replace")
        + b"<meta property=og:description content='" + b"A" * 3000 + b"'>"
    )  # fmt: skip
    assert found.title.startswith("evil\ufffd [31m <script>")
    assert all(letter.isprintable() for letter in found.title)
    assert len(found.description) == page_heads.DESCRIPTION_MAX
