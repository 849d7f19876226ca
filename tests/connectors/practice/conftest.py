"""The practice platforms, and the real clients pointed at them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import facebook
import pytest
import requests
import tweepy
from PIL import Image

from connectors.practice.servers import PracticePlatforms
from connectors.practice.world import World


class Redirected(requests.Session):
    """A session that sends whatever a client asks for to one server, and keeps every answer."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.answers: list[requests.Response] = []

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(url)
        options["timeout"] = 5
        answer = super().request(
            method, self.base + parts.path + (f"?{parts.query}" if parts.query else ""), **options
        )
        self.answers.append(answer)
        return answer


@pytest.fixture
def platforms(tmp_path: Path) -> Iterator[PracticePlatforms]:
    """A new world with nobody in it, served on free ports; no crowd."""
    with PracticePlatforms(tmp_path / "practice", pace=None, earlier_life=False) as running:
        yield running


@pytest.fixture
def world(platforms: PracticePlatforms) -> World:
    return platforms.world


@pytest.fixture
def session(platforms: PracticePlatforms) -> Redirected:
    return Redirected(platforms.x_url)


@pytest.fixture
def x(platforms: PracticePlatforms, session: Redirected) -> tweepy.Client:
    """The real tweepy client, signing as the school."""
    client = tweepy.Client(**platforms.x_credentials, return_type=dict)
    client.session = session
    own = platforms.world.school("x").id
    client._get_authenticating_user_id = lambda oauth_1=False: own
    return client


@pytest.fixture
def signature(platforms: PracticePlatforms) -> Any:
    """What signs the calls that tweepy doesn't have."""
    keys = platforms.x_credentials
    return tweepy.OAuth1UserHandler(
        keys["consumer_key"], keys["consumer_secret"], keys["access_token"], keys["access_token_secret"]
    ).apply_auth()


@pytest.fixture
def graph(platforms: PracticePlatforms) -> facebook.GraphAPI:
    """The real facebook-sdk client with the Page's token."""
    client = facebook.GraphAPI(
        platforms.facebook_credentials["page_access_token"], session=Redirected(platforms.graph_url)
    )
    client.version = "v24.0"
    return client


@pytest.fixture
def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "#336699").save(buffer, "JPEG")
    return buffer.getvalue()
