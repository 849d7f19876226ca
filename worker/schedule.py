"""When the scheduler says "look now"."""

from __future__ import annotations

from typing import Any

from school.settings import Settings

# Task name to seconds between two looks: embedded mode's users watch the page, and a look costs one
# short query. While many of a queue's messages wait, `worker.steady` sends no more.
LOOKS: dict[str, float] = {
    "publish.look": 1.0,
    "publish.sweep": 15.0,
    "publish.takedowns": 5.0,
    "actions.look": 1.0,
    "actions.pictures": 2.0,
    "actions.erase": 60.0,
    "actions.links": 1.0,
    "actions.links_again": 300.0,
    "actions.exports": 2.0,
    "actions.sign_ins": 1.0,
    "actions.provider": 5.0,
    "poll.look": 1.0,
    "poll.probe": 30.0,
    "poll.reach": 15.0,
    "poll.connect": 1.0,
    "mail.look": 1.0,
    "mail.push": 2.0,
    "mail.returned": 15.0,
    "mail.watch": 60.0,
    "mail.remind": 600.0,
    "mail.anchor": 300.0,
    "mail.asks": 10.0,
    "mail.digests": 20.0,
    "classify.look": 1.0,
    "classify.again": 2.0,
    "classify.words": 1.0,
    "classify.pictures": 1.0,
    "classify.videos": 2.0,
    "classify.sweep_videos": 300.0,
    "classify.seal_pictures": 3600.0,
}


def beat_schedule(chosen: Settings) -> dict[str, dict[str, Any]]:
    """What Celery beat sends. With a broker on the network the looks are half as frequent."""
    slower = 1.0 if chosen.broker_url.startswith("memory://") else 2.0
    return {name: {"task": name, "schedule": every * slower} for name, every in LOOKS.items()}
