"""What the practice platforms remember between their consent pages and the exchange for keys.

Each value counts once and for ten minutes. Whoever sits at the page may be signed in as the school or,
by the mistake that people make most, as themselves: then the keys are that person's.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from html import escape

from connectors.base import Platform
from connectors.practice.records import Person
from connectors.practice.world import World

LIFETIME = 600.0
"""Seconds."""
PRIVATE_NAME = "Sam Atherton"
"""Whose own account a member of staff forgot to sign out of."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing remembered; `values` are texts by name."""

    token: str = field(repr=False)
    values: dict[str, str] = field(repr=False)


class Consents:
    """Request tokens, codes and people's own keys, in the world's file."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store

    def keep(self, kind: str, token: str, **values: str) -> None:
        """Remember something for ten minutes."""
        until = str(self._store.now() + LIFETIME)
        self._store.set_fact(f"consent:{kind}:{token}", json.dumps({**values, "until": until}))

    def look(self, kind: str, token: str) -> Kept | None:
        """What is remembered under a token, as long as it counts."""
        return self._read(token, self._store.fact(f"consent:{kind}:{token}"))

    def take(self, kind: str, token: str) -> Kept | None:
        """The same, for the last time."""
        return self._read(token, self._store.take_fact(f"consent:{kind}:{token}"))

    def _read(self, token: str, kept: str | None) -> Kept | None:
        if kept is None:
            return None
        values: dict[str, str] = json.loads(kept)
        return Kept(token, values) if float(values.pop("until")) > self._store.now() else None

    # Somebody's own account

    def private_person(self, platform: Platform) -> Person:
        """The account of the member of staff who is signed in as themselves."""
        return self._world.person_or_new(platform, PRIVATE_NAME)

    def private_keys(self, platform: Platform) -> tuple[str, str]:
        """Keys of that account: token and secret, made anew each time."""
        person = self.private_person(platform)
        token, secret = f"{person.id}-{secrets.token_hex(15)}", secrets.token_hex(22)
        self._store.set_fact(f"private:{platform}:{token}", secret)
        return token, secret

    def private_secret(self, platform: Platform, token: str) -> str | None:
        """The secret of somebody's own token; None for every other."""
        return self._store.fact(f"private:{platform}:{token}")


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#eef1f5;color:#15202b}"
    "main{max-width:30rem;margin:2rem auto;background:#fff;padding:1.5rem;border-radius:.75rem;"
    "box-shadow:0 1px 4px #0003}h1{font-size:1.35rem;margin-top:0}fieldset{border:1px solid #aab;"
    "border-radius:.5rem;margin:1rem 0}label{display:block;padding:.3rem 0;overflow-wrap:anywhere}"
    "button{font:inherit;padding:.5rem 1.2rem;border-radius:2rem;border:1px solid #445;background:#fff;"
    "margin-right:.5rem}button.yes{background:#15202b;color:#fff}.note{color:#536471;font-size:.9rem}"
)


def page(title: str, body: str, *, brand: str) -> str:
    """A consent page of a practice platform. `body` is HTML already."""
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · practice {escape(brand)}</title><style>{_STYLE}</style></head>"
        f'<body><main><p class="note">Practice {escape(brand)}: nothing here reaches the real one.</p>'
        f"<h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def choices(school: str, private: str) -> str:
    """Who sits at this page, as radio buttons."""
    return (
        "<fieldset><legend>You are signed in here as</legend>"
        '<label><input type="radio" name="account" value="school" checked> '
        f"{escape(school)}</label>"
        f'<label><input type="radio" name="account" value="private"> {escape(private)} (your own account)'
        "</label></fieldset>"
    )


def hidden(**values: str) -> str:
    """Values that travel with the form."""
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in values.items()
    )


BUTTONS = (
    '<button class="yes" name="do" value="allow">Allow</button>'
    '<button name="do" value="cancel">Cancel</button>'
)
