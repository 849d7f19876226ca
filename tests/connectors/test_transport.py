"""The session under all connectors: limits on time and size, and nothing said that is secret."""

from __future__ import annotations

import gzip
import threading
import time

import pytest

from connectors.transport import MOST_BYTES, NoAnswer, Transport
from tests.connectors.scripted import Reply, Scripted, answer


def test_a_bomb_is_not_unpacked(server: Scripted) -> None:
    server.answers(Reply(200, gzip.compress(b"0" * (200 * 1024 * 1024)), {"content-encoding": "gzip"}))
    with pytest.raises(NoAnswer, match="too large"):
        Transport(timeout=10).request("GET", server.url)


def test_an_answer_up_to_the_limit_is_whole(server: Scripted) -> None:
    server.answers(Reply(200, b"0" * MOST_BYTES))
    assert len(Transport(timeout=10).request("GET", server.url).content) == MOST_BYTES


def test_redirects_are_not_followed(server: Scripted) -> None:
    server.answers(Reply(307, b"", {"location": f"{server.url}/elsewhere"}))
    assert Transport(timeout=5).request("POST", server.url, data={"a": "b"}).status_code == 307
    assert len(server.received) == 1


@pytest.mark.parametrize("fault", ["hang", "drip", "drip_headers"])
def test_the_time_limit_holds_for_the_whole_exchange(server: Scripted, fault: str) -> None:
    server.answers(Reply(200, b"0" * 1000, fault=fault))
    began = time.monotonic()
    with pytest.raises(NoAnswer) as caught:
        Transport(timeout=0.5).request("GET", server.url)
    assert time.monotonic() - began < 1.5
    assert caught.value.sent
    assert caught.value.reason == "no whole answer in time"


def test_a_server_that_does_not_read_is_cut_off(server: Scripted) -> None:
    # The listening socket takes the connection; nobody ever reads the request.
    server._server.shutdown()
    began = time.monotonic()
    with pytest.raises(NoAnswer) as caught:
        Transport(timeout=0.5).request("POST", server.url, data=b"0" * (32 * 1024 * 1024))
    assert time.monotonic() - began < 1.5
    assert caught.value.sent


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    server: Scripted, refused_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, refused_url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server.answers(answer({}))
    assert Transport(timeout=5).request("GET", server.url).status_code == 200


def test_a_proxy_of_the_environment_is_asked_for_the_rest(
    server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.answers(answer({"by": "proxy"}), Reply(200, b"0" * 100, fault="drip"))
    transport = Transport(timeout=0.5)
    assert transport.request("GET", "http://platform.invalid/x").json() == {"by": "proxy"}
    # The time limit holds there, too.
    with pytest.raises(NoAnswer, match="in time"):
        transport.request("GET", "http://platform.invalid/x")


def test_requests_of_several_threads_do_not_cut_each_other(server: Scripted) -> None:
    server.script = lambda request: Reply(200, b"0" * 30, fault="drip" if request.path == "/slow" else "")
    results: dict[str, object] = {}

    def fetch(path: str, timeout: float) -> None:
        try:
            results[path] = len(Transport(timeout=timeout).request("GET", server.url + path).content)
        except NoAnswer as error:
            results[path] = error.reason

    threads = [
        threading.Thread(target=fetch, args=args)
        for args in (("/slow", 10.0), ("/slow?cut", 0.3), ("/fast", 1.0))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {"/slow": 30, "/slow?cut": "no whole answer in time", "/fast": 30}


def test_no_thread_stays_behind(server: Scripted) -> None:
    server.answers(answer({}))
    transport = Transport(timeout=30)
    for _ in range(20):
        transport.request("GET", server.url)
    time.sleep(0.1)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
