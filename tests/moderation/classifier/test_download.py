"""One large file over a line that breaks, from servers that misbehave, onto a disk that fills."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.classifier.download import FetchFailed, download, room_for
from tests.moderation.classifier.file_server import Served, serving

DATA = random.Random(1).randbytes(1_500_000)
SHORT = (0.0, 0.0)


@pytest.fixture
def server() -> Iterator[Served]:
    with serving(DATA) as served:
        yield served


def silent(done: int, total: int | None) -> None:
    """No bar."""


def test_a_file_comes_whole_and_says_how_far_it_is(server: Served, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    download(server.url, tmp_path / "new" / ".part", progress=lambda *how: told.append(how))
    assert (tmp_path / "new" / ".part").read_bytes() == DATA
    assert told[0] == (0, len(DATA)) and told[-1] == (len(DATA), len(DATA)) and told == sorted(told)
    assert server.asked == [""]


def test_it_goes_on_after_each_cut_as_long_as_something_comes(server: Served, tmp_path: Path) -> None:
    server.cut_after, server.cuts = 3 * 65_536, 6
    download(server.url, tmp_path / ".part", progress=silent, pauses=SHORT)
    assert (tmp_path / ".part").read_bytes() == DATA
    assert server.asked == ["", *(f"bytes={n * 3 * 65_536}-" for n in range(1, 7))]


def test_what_came_stays_for_the_next_call(server: Served, tmp_path: Path) -> None:
    server.cut_after, server.cuts = 11 * 65_536 + 7, 1
    with pytest.raises(FetchFailed, match=r"broke off after 1 MB: .*goes on from there"):
        download(server.url, tmp_path / ".part", progress=silent, pauses=())
    assert (tmp_path / ".part").stat().st_size == 11 * 65_536
    download(server.url, tmp_path / ".part", progress=silent, pauses=())
    assert (tmp_path / ".part").read_bytes() == DATA
    assert server.asked == ["", "bytes=720896-"]


def test_a_server_without_ranges_starts_anew(server: Served, tmp_path: Path) -> None:
    server.ranges_known = False
    (tmp_path / ".part").write_bytes(b"x" * 1000)
    download(server.url, tmp_path / ".part", progress=silent)
    assert (tmp_path / ".part").read_bytes() == DATA


def test_more_than_the_server_has_is_thrown_away(server: Served, tmp_path: Path) -> None:
    (tmp_path / ".part").write_bytes(b"x" * (len(DATA) + 5))
    download(server.url, tmp_path / ".part", progress=silent, pauses=SHORT)
    assert (tmp_path / ".part").read_bytes() == DATA


def test_a_server_in_trouble_is_asked_again_and_one_that_refuses_is_not(
    server: Served, tmp_path: Path
) -> None:
    server.statuses = [503, 429]
    download(server.url, tmp_path / ".part", progress=silent, pauses=SHORT)
    assert (tmp_path / ".part").read_bytes() == DATA
    server.statuses = [404]
    with pytest.raises(FetchFailed, match="404"):
        download(server.url, tmp_path / "other", progress=silent, pauses=SHORT)
    assert len(server.asked) == 4


def test_nobody_there_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match=r"can't be reached.*--file"):
        download("http://127.0.0.1:9/x", tmp_path / ".part", progress=silent, pauses=SHORT)
    with pytest.raises(FetchFailed, match="nonsense"):
        download("nonsense", tmp_path / ".part", progress=silent, pauses=SHORT)


def test_a_file_that_is_no_model_by_its_size_is_not_begun(server: Served, tmp_path: Path) -> None:
    server.claimed = 5 * 2**30
    with pytest.raises(FetchFailed, match="no model"):
        download(server.url, tmp_path / ".part", progress=silent)
    assert not (tmp_path / ".part").exists()
    server.claimed = 0
    with pytest.raises(FetchFailed, match="no model"):
        download(server.url, tmp_path / ".part", progress=silent, limit=1_000_000)


def test_a_disk_that_fills_is_one_clear_sentence_and_gives_its_room_back(
    server: Served, tmp_path: Path
) -> None:
    part = tmp_path / ".part"
    part.symlink_to("/dev/full")
    with pytest.raises(FetchFailed, match=r"The disk of .* is full.*make room"):
        download(server.url, part, progress=silent, pauses=SHORT)
    assert not part.is_symlink() and Path("/dev/full").exists()


def test_a_disk_without_room_is_not_begun_with(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match="too full"):
        room_for(tmp_path, 10**18)
