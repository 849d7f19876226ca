"""How a view says who may open it; `web.access` holds the doors, `web.errors` asks about them."""

from __future__ import annotations

MARK = "schoolgate_access"
"""Attribute of a view: a tuple of actions, SIGNED_IN or PUBLIC."""
SIGNED_IN = "signed in"
PUBLIC = "public"
DEVICE_COOKIE = "schoolgate_device"
"""By this a browser is known as one that somebody has signed in with."""
