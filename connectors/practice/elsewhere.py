"""What people post of their own accord on the practice platforms: on the school's Page, or tagging it."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from connectors.base import Platform
from connectors.practice.accounts import moment, when
from connectors.practice.conversations import COMMENT_MAX, Conversations
from connectors.practice.records import Elsewhere
from school.errors import BadInput, NotFound, NotPermitted

KINDS = {
    Platform.FACEBOOK: ("visitor_post", "tag"),
    Platform.INSTAGRAM: ("tag",),
}
"""What each platform has. On X a post elsewhere is a mention: `say` without a post."""


class ElsewherePosts(Conversations):
    """Posts that are not the school's own and not under one."""

    def post_elsewhere(
        self,
        platform: Platform | str,
        kind: str,
        author_name_or_id: str,
        text: str,
        *,
        at: datetime | None = None,
    ) -> Elsewhere:
        """Somebody posts on the school's Page, or tags the school in a post of their own.

        Raises BadInput (no text, too long, no such thing on this platform), NotPermitted (blocked).
        """
        platform = Platform(platform)
        text = text.encode(errors="replace").decode().strip()
        if kind not in KINDS.get(platform, ()):
            raise BadInput("This platform has no such posts: choose another place.", field="post_id")
        if not text or len(text) > COMMENT_MAX[platform]:
            raise BadInput(
                f"A post needs 1 to {COMMENT_MAX[platform]} characters; this has {len(text)}.", field="text"
            )
        author = self.person_or_new(platform, author_name_or_id)
        if self.is_blocked(platform, author.id):
            raise NotPermitted("The school blocked this person, so they can't write to it.")
        stamp = self._store.now() if at is None else at.timestamp()
        with self._store.writing() as db:
            ordinal = self._store.next_ordinal(stamp, earlier=at is not None)
            if platform is Platform.INSTAGRAM:
                post_id = str(self._store.next_serial("ig-media", 17_900_000_000_000_000, 10**6))
            else:
                owner = self.school(platform).id if kind == "visitor_post" else author.id
                post_id = f"{owner}_{self._store.next_serial('fb-post', 1_220_000_000_000_000, 10**6)}"
            db.execute(
                "insert into elsewhere (platform, id, ordinal, kind, author_id, text, created_at)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                (platform, post_id, ordinal, kind, author.id, text, stamp),
            )
        return self.elsewhere_post(platform, post_id)

    def elsewhere(
        self, platform: Platform | str, kind: str, *, before: int | None = None, limit: int = 50
    ) -> list[Elsewhere]:
        """What stands, newest first; `before` is the ordinal of the last one seen."""
        with self._store.reading() as db:
            rows = db.execute(
                "select * from elsewhere where platform = ? and kind = ? and deleted_at is null"
                " and ordinal < ? order by ordinal desc limit ?",
                (Platform(platform), kind, before if before is not None else 1 << 62, limit),
            ).fetchall()
        return [self._elsewhere(row) for row in rows]

    def elsewhere_post(self, platform: Platform | str, post_id: str) -> Elsewhere:
        """One of them, deleted ones too. Raises NotFound."""
        with self._store.reading() as db:
            row = db.execute(
                "select * from elsewhere where platform = ? and id = ?", (Platform(platform), post_id)
            ).fetchone()
        if row is None:
            raise NotFound(f"There is no post {post_id} on {Platform(platform)}.")
        return self._elsewhere(row)

    def take_down_elsewhere(self, platform: Platform | str, post_id: str) -> None:
        """Its author deletes it, or takes the tag off. Raises NotFound where it is gone already."""
        with self._store.writing() as db:
            changed = db.execute(
                "update elsewhere set deleted_at = ? where platform = ? and id = ? and deleted_at is null",
                (self._store.now(), Platform(platform), post_id),
            ).rowcount
        if not changed:
            raise NotFound(f"There is no post {post_id} on {Platform(platform)}.")

    def _elsewhere(self, row: sqlite3.Row) -> Elsewhere:
        return Elsewhere(
            platform=Platform(row["platform"]),
            id=row["id"],
            ordinal=row["ordinal"],
            kind=row["kind"],
            author=self.person(row["platform"], row["author_id"]),
            text=row["text"],
            created_at=moment(row["created_at"]),
            deleted_at=when(row["deleted_at"]),
        )
