"""What a decision leaves to a person on the platform, said with the way to the task."""

from __future__ import annotations

from collections.abc import Collection

from flask import url_for
from markupsafe import Markup

from moderation import words
from moderation.models import ActKind
from moderation.outcomes import Outcome


def task(
    outcomes: Collection[Outcome],
    by_hand: Collection[ActKind],
    platform: str,
    *,
    waiting: Collection[ActKind] = (),
) -> Markup | None:
    """That nobody has done these outcomes yet; None where no program's help is missing.

    `waiting`: what isn't a task yet, since the account is paused or disconnected: that is said elsewhere.
    """
    kinds = words.acts_of(outcomes) & set(by_hand) - set(waiting)
    if not kinds:
        return None
    return linked(words.left_to_people(platform, kinds))


def linked(sentence: str) -> Markup:
    """The sentence, and where the task stands."""
    return Markup('{} It stands under <a href="{}">To do by hand</a>.').format(
        sentence, url_for("moderation.tasks")
    )
