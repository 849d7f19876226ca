"""How many people have seen a post on the practice platforms: made up, and growing while time goes on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from connectors.base import Platform
from connectors.practice.elsewhere import ElsewherePosts
from connectors.practice.records import Post

_HALF_AFTER = 600.0
"""Seconds after which half of those who will ever see it have."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The figures of one post now."""

    people: int
    views: int
    likes: int
    shares: int


class SeenPosts(ElsewherePosts):
    """What the platforms' own statistics say."""

    def seen(self, post: Post) -> Seen:
        """The post's figures: as somebody set them, else by its number and its age."""
        kept = self._store.fact(f"seen:{post.platform}:{post.id}")
        if kept is not None:
            return Seen(**json.loads(kept))
        age = max((self.clock() - post.created_at).total_seconds(), 0.0)
        most = 60 + post.ordinal % 389
        people = round(most * age / (age + _HALF_AFTER))
        return Seen(people=people, views=round(people * 1.4), likes=people // 9, shares=people // 60)

    def set_seen(self, platform: Platform | str, post_id: str, seen: Seen) -> None:
        """Say how many saw a post, once and for all."""
        self._store.set_fact(f"seen:{Platform(platform)}:{post_id}", json.dumps(asdict(seen)))
