"""What a browser says of itself, in words that its owner knows it by."""

from __future__ import annotations

# The first that fits: most browsers also claim to be the ones before them.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("CrOS", "a Chromebook"),
    ("Windows", "Windows"),
    ("Mac OS X", "a Mac"),
    ("Linux", "Linux"),
)


def in_words(user_agent: str) -> str:
    """“Firefox on Windows”; “A browser” or “A program” where that can't be told."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser is None:
        browser = "A browser" if user_agent.startswith("Mozilla/") else "A program"
    return f"{browser} on {system}" if system else browser


def apple(user_agent: str) -> str:
    """“iPhone” or “iPad” where it says so; empty elsewhere. Newer iPads call themselves a Mac."""
    return next((name for name in ("iPhone", "iPad") if name in user_agent), "")
