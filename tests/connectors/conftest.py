"""Fixtures of the connectors' tests: connectors that talk to the scripted server."""

from __future__ import annotations

import socket

import pytest

from connectors.facebook import FacebookConnector
from connectors.instagram import InstagramConnector
from connectors.x import XConnector
from tests.connectors.scripted import Scripted, Steps, facebook_at, instagram_at, x_at


@pytest.fixture
def refused_url() -> str:
    """An address on this machine where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def x(server: Scripted) -> XConnector:
    return x_at(server.url)


@pytest.fixture
def facebook(server: Scripted) -> FacebookConnector:
    return facebook_at(server.url)


@pytest.fixture
def instagram(server: Scripted) -> InstagramConnector:
    return instagram_at(server.url)
