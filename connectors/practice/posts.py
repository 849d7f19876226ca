"""The school's posts on the practice platforms, and their pictures."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from connectors.base import Platform
from connectors.practice.accounts import moment, when
from connectors.practice.pictures import picture_facts
from connectors.practice.records import Post, PostPicture
from connectors.practice.videos import Videos
from school.errors import NotFound

_CODE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def short_code(number: int) -> str:
    """The letters that stand for a number in Instagram's addresses (base 64)."""
    letters = ""
    while number:
        number, digit = divmod(number, 64)
        letters = _CODE_LETTERS[digit] + letters
    return letters or "A"


class Posts(Videos):
    """What the school has published."""

    # -- pictures --------------------------------------------------------------------------------

    def add_picture(self, platform: Platform | str, data: bytes, *, alt_text: str = "") -> PostPicture:
        """Takes in a picture's bytes. Raises BadInput where they aren't a picture."""
        platform = Platform(platform)
        facts = picture_facts(data)
        serial = {Platform.X: 1_500_000_000_000_000_000, Platform.FACEBOOK: 1_220_000_000_000_000}
        number = self._store.next_serial(
            f"{platform}-picture", serial.get(platform, 17_700_000_000_000_000), 10**6
        )
        with self._store.writing() as db:
            db.execute(
                "insert into pictures (platform, id, mime_type, width, height, alt_text, data, created_at)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    platform,
                    str(number),
                    facts.mime_type,
                    facts.width,
                    facts.height,
                    alt_text,
                    data,
                    self._store.now(),
                ),
            )
        return self.picture(platform, str(number))

    def set_alt_text(self, platform: Platform | str, picture_id: str, alt_text: str) -> None:
        """Describes a picture. Raises NotFound."""
        self.picture(platform, picture_id)
        with self._store.writing() as db:
            db.execute(
                "update pictures set alt_text = ? where platform = ? and id = ?",
                (alt_text, Platform(platform), picture_id),
            )

    def _picture(self, row: sqlite3.Row) -> PostPicture:
        suffix = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}[
            row["mime_type"]
        ]
        platform = Platform(row["platform"])
        return PostPicture(
            platform=platform,
            id=row["id"],
            mime_type=row["mime_type"],
            width=row["width"],
            height=row["height"],
            alt_text=row["alt_text"],
            url=f"{self.base_url(platform)}/pictures/{platform}/{row['id']}.{suffix}",
        )

    def picture(self, platform: Platform | str, picture_id: str) -> PostPicture:
        """One picture without its bytes. Raises NotFound."""
        with self._store.reading() as db:
            row = db.execute(
                "select platform, id, mime_type, width, height, alt_text from pictures where platform ="
                " ? and id = ?",
                (Platform(platform), picture_id),
            ).fetchone()
        if row is None:
            raise NotFound(f"There is no picture {picture_id}.")
        return self._picture(row)

    def picture_data(self, platform: Platform | str, picture_id: str) -> tuple[bytes, str]:
        """A picture's bytes and MIME type, for a page that shows it itself. Raises NotFound."""
        with self._store.reading() as db:
            row = db.execute(
                "select data, mime_type from pictures where platform = ? and id = ?",
                (Platform(platform), picture_id),
            ).fetchone()
        if row is None:
            raise NotFound(f"There is no picture {picture_id}.")
        return bytes(row["data"]), str(row["mime_type"])

    def picture_post(self, platform: Platform | str, picture_id: str) -> str:
        """The post that shows this picture, "" while none does."""
        with self._store.reading() as db:
            row = db.execute(
                "select post_id from pictures where platform = ? and id = ?", (Platform(platform), picture_id)
            ).fetchone()
        return "" if row is None or row["post_id"] is None else str(row["post_id"])

    def is_instagram(self, object_id: str) -> bool:
        """Whether this id names something on Instagram: account, post, comment, picture or container."""
        if object_id == self.school(Platform.INSTAGRAM).id:
            return True
        with self._store.reading() as db:
            row = db.execute(
                "select 1 where exists (select 1 from posts where platform = :p and id = :i)"
                " or exists (select 1 from comments where platform = :p and id = :i)"
                " or exists (select 1 from pictures where platform = :p and id = :i)"
                " or exists (select 1 from videos where platform = :p and id = :i)"
                " or exists (select 1 from elsewhere where platform = :p and id = :i)"
                " or exists (select 1 from containers where id = :i)",
                {"p": Platform.INSTAGRAM.value, "i": object_id},
            ).fetchone()
        return row is not None

    # -- posts -----------------------------------------------------------------------------------

    def publish(
        self,
        platform: Platform | str,
        text: str,
        *,
        link: str = "",
        picture_ids: Iterable[str] = (),
        video_id: str = "",
        at: datetime | None = None,
    ) -> Post:
        """The school posts. `at` places it in the past (earlier posts of a new world)."""
        platform = Platform(platform)
        stamp = self._store.now() if at is None else at.timestamp()
        with self._store.writing() as db:
            ordinal = self._store.next_ordinal(stamp, earlier=at is not None)
            match platform:
                case Platform.X:
                    post_id = str(ordinal)
                case Platform.FACEBOOK:
                    number = self._store.next_serial("fb-post", 1_220_000_000_000_000, 10**6)
                    post_id = f"{self.school(platform).id}_{number}"
                case Platform.INSTAGRAM:
                    post_id = str(self._store.next_serial("ig-media", 17_900_000_000_000_000, 10**6))
            db.execute(
                "insert into posts (platform, id, ordinal, text, link, created_at) values (?, ?, ?, ?, ?, ?)",
                (platform, post_id, ordinal, text, link, stamp),
            )
            for position, picture_id in enumerate(picture_ids):
                db.execute(
                    "update pictures set post_id = ?, position = ? where platform = ? and id = ?",
                    (post_id, position, platform, picture_id),
                )
            if video_id:
                self._show_video(platform, video_id, post_id)
        return self.post(platform, post_id)

    def _post(self, row: sqlite3.Row) -> Post:
        with self._store.reading() as db:
            pictures = db.execute(
                "select platform, id, mime_type, width, height, alt_text from pictures"
                " where platform = ? and post_id = ? order by position",
                (row["platform"], row["id"]),
            ).fetchall()
        return Post(
            platform=Platform(row["platform"]),
            id=row["id"],
            ordinal=row["ordinal"],
            text=row["text"],
            link=row["link"],
            created_at=moment(row["created_at"]),
            edited_at=when(row["edited_at"]),
            deleted_at=when(row["deleted_at"]),
            pictures=tuple(self._picture(p) for p in pictures),
            video=self.video_of(row["platform"], row["id"]),
        )

    def post(self, platform: Platform | str, post_id: str) -> Post:
        """One post of the school, deleted ones too. Raises NotFound."""
        with self._store.reading() as db:
            row = db.execute(
                "select * from posts where platform = ? and id = ?", (Platform(platform), post_id)
            ).fetchone()
        if row is None:
            raise NotFound(f"There is no post {post_id} on {Platform(platform)}.")
        return self._post(row)

    def posts(
        self,
        platform: Platform | str,
        *,
        limit: int = 50,
        before: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        deleted: bool = False,
    ) -> list[Post]:
        """The school's posts, newest first.

        `before` is the ordinal of the last one seen. `deleted`: only those taken down.
        """
        with self._store.reading() as db:
            rows = db.execute(
                "select * from posts where platform = ? and (deleted_at is not null) = ?"
                " and ordinal < ? and created_at >= ? and created_at <= ? order by ordinal desc limit ?",
                (
                    Platform(platform),
                    int(deleted),
                    before if before is not None else 1 << 62,
                    since.timestamp() if since else 0.0,
                    until.timestamp() if until else 1e12,
                    limit,
                ),
            ).fetchall()
        return [self._post(row) for row in rows]

    def post_url(self, post: Post) -> str:
        """The address that the platform gives out for a post."""
        match post.platform:
            case Platform.X:
                return f"https://x.com/{self.school(post.platform).handle}/status/{post.id}"
            case Platform.FACEBOOK:
                page, _, number = post.id.partition("_")
                return f"https://www.facebook.com/{page}/posts/{number}"
            case Platform.INSTAGRAM:
                return f"https://www.instagram.com/p/{short_code(int(post.id))}/"

    def edit_post(self, platform: Platform | str, post_id: str, text: str) -> None:
        """The school changes a post's text where the platform lets it (Facebook)."""
        with self._store.writing() as db:
            db.execute(
                "update posts set text = ?, edited_at = ? where platform = ? and id = ?",
                (text, self._store.now(), Platform(platform), post_id),
            )

    def comments_open(self, platform: Platform | str, post_id: str) -> bool:
        """Whether people may comment under this post."""
        with self._store.reading() as db:
            row = db.execute(
                "select comments_open from posts where platform = ? and id = ?", (Platform(platform), post_id)
            ).fetchone()
        return row is not None and bool(row["comments_open"])

    def set_comments_open(self, platform: Platform | str, post_id: str, open_: bool) -> None:
        """The school closes or opens the comments under a post (Instagram)."""
        with self._store.writing() as db:
            db.execute(
                "update posts set comments_open = ? where platform = ? and id = ?",
                (int(open_), Platform(platform), post_id),
            )

    def delete_post(self, platform: Platform | str, post_id: str) -> None:
        """The school takes a post down. Raises NotFound where it is gone already."""
        with self._store.writing() as db:
            changed = db.execute(
                "update posts set deleted_at = ? where platform = ? and id = ? and deleted_at is null",
                (self._store.now(), Platform(platform), post_id),
            ).rowcount
        if not changed:
            raise NotFound(f"There is no post {post_id} on {Platform(platform)}.")
