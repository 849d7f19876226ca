"""Practice and real never meet: where each account's requests go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.base import Platform
from school.settings import settings
from worker import endpoints, practice
from worker.endpoints import PracticeAway, PracticeUrls, endpoints_for


@pytest.fixture(autouse=True)
def nowhere(settings_home: Path) -> Iterator[None]:
    """No practice platforms in this process."""
    endpoints.practice_at(None)
    yield
    endpoints.practice_at(None)


@pytest.mark.parametrize("platform", list(Platform))
def test_a_real_account_never_goes_to_the_practice_platforms(platform: Platform) -> None:
    endpoints.practice_at(PracticeUrls("http://127.0.0.1:1", "http://127.0.0.1:2"))
    found = endpoints_for(platform, practice=False)
    assert (found.x_url, found.graph_url) == ("https://api.x.com", "https://graph.facebook.com")


@pytest.mark.parametrize("platform", list(Platform))
def test_a_practice_account_never_goes_to_the_real_platforms(platform: Platform) -> None:
    with pytest.raises(PracticeAway):
        endpoints_for(platform, practice=True)
    endpoints.practice_at(PracticeUrls("http://127.0.0.1:1", "http://127.0.0.1:2"))
    found = endpoints_for(platform, practice=True)
    assert (found.x_url, found.graph_url) == ("http://127.0.0.1:1", "http://127.0.0.1:2")


@pytest.mark.parametrize("is_practice", [True, False])
def test_a_setting_sends_requests_to_a_server_of_ones_choice(
    is_practice: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOLGATE_X_URL", "http://127.0.0.1:9/")
    settings.cache_clear()
    assert endpoints_for(Platform.X, practice=is_practice).x_url == "http://127.0.0.1:9"


def test_another_process_finds_the_practice_platforms_by_their_note(settings_home: Path) -> None:
    running = practice.Running(pace=0)
    assert running.start()
    try:
        assert running.platforms is not None
        note = json.loads((settings_home / "practice" / "ports.json").read_text(encoding="utf-8"))
        assert note["x_url"] == running.platforms.x_url
        second = practice.Running(pace=0)
        assert not second.start()
        endpoints.practice_at(None)
        assert endpoints_for(Platform.X, practice=True).x_url == running.platforms.x_url
        with practice.at_hand():
            assert endpoints_for(Platform.X, practice=True).x_url == running.platforms.x_url
    finally:
        running.stop()
    with pytest.raises(PracticeAway):
        endpoints_for(Platform.X, practice=True)
    with practice.at_hand():
        assert endpoints_for(Platform.X, practice=True).x_url.startswith("http://127.0.0.1:")
    assert not (settings_home / "practice" / "ports.json").exists()


def test_a_note_that_is_damaged_counts_as_none(settings_home: Path) -> None:
    endpoints.practice_folder().mkdir(parents=True)
    for text in ("", "[]", "{", '{"x_url": 1}'):
        (endpoints.practice_folder() / "ports.json").write_text(text, encoding="utf-8")
        assert endpoints.practice_urls() is None
