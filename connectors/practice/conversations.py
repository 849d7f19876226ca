"""Comments on the practice platforms: said, answered, edited, hidden and deleted."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Literal

from connectors.base import Platform
from connectors.practice.accounts import moment, when
from connectors.practice.posts import Posts
from connectors.practice.records import Comment, PublicComment, PublicPost
from school.errors import BadInput, NotFound, NotPermitted

COMMENT_MAX = {Platform.X: 4_000, Platform.FACEBOOK: 8_000, Platform.INSTAGRAM: 2_200}
"""Characters of one comment, as the platforms' own boxes allow."""

Order = Literal["oldest", "newest"]

_SELECT = (
    "select c.*, p.handle, p.name, p.bio, p.location, p.kind as person_kind, p.created_at as joined_at,"
    " p.followers,"
    " p.following, p.nameless from comments c join people p on p.platform = c.platform and p.id = c.author_id"
)


class Conversations(Posts):
    """Who said what under which post."""

    # -- as anybody ------------------------------------------------------------------------------

    def say(
        self,
        platform: Platform | str,
        post_id: str | None,
        author_name_or_id: str,
        text: str,
        parent_id: str | None = None,
        *,
        kind: str = "",
        at: datetime | None = None,
    ) -> Comment:
        """Somebody comments, as anybody could; a new name opens an account first.

        `parent_id`: the comment that is answered. Without `post_id` it is a mention of the school
        elsewhere (X only). Raises BadInput (no text, too long), NotFound (no such post or comment,
        or it was deleted), NotPermitted (the school blocked this person).
        """
        platform = Platform(platform)
        text = text.encode(errors="replace").decode().strip()
        if not text or len(text) > COMMENT_MAX[platform]:
            raise BadInput(
                f"A comment needs 1 to {COMMENT_MAX[platform]} characters; this has {len(text)}.",
                field="text",
            )
        if not post_id and platform is not Platform.X:
            raise BadInput("Choose the post that the comment stands under.", field="post_id")
        if post_id and self.post(platform, post_id).deleted_at is not None:
            raise NotFound(f"The post {post_id} was deleted.")
        if post_id and not self.comments_open(platform, post_id):
            raise NotPermitted("The school closed the comments under this post.")
        if parent_id:
            parent = self.comment(platform, parent_id)
            if parent.deleted_at is not None or parent.post_id != (post_id or ""):
                raise NotFound(f"There is no comment {parent_id} under this post any more.")
        author = self.person_or_new(platform, author_name_or_id)
        if self.is_blocked(platform, author.id):
            raise NotPermitted("The school blocked this person, so they can't comment.")
        return self._add(platform, post_id or "", author.id, text, parent_id or "", kind=kind, at=at)

    def is_blocked(self, platform: Platform | str, person_id: str) -> bool:
        """Whether the school blocked this person here (muting isn't blocking)."""
        with self._store.reading() as db:
            row = db.execute(
                "select 1 from blocks where platform = ? and person_id = ? and how = 'block'",
                (Platform(platform), person_id),
            ).fetchone()
        return row is not None

    def _add(
        self,
        platform: Platform,
        post_id: str,
        author_id: str,
        text: str,
        parent_id: str,
        *,
        kind: str = "",
        at: datetime | None = None,
        replaces: Comment | None = None,
    ) -> Comment:
        stamp = self._store.now() if at is None else at.timestamp()
        with self._store.writing() as db:
            ordinal = self._store.next_ordinal(stamp, earlier=at is not None)
            match platform:
                case Platform.X:
                    comment_id = str(ordinal)
                case Platform.FACEBOOK:
                    number = self._store.next_serial("fb-comment", 1_330_000_000_000_000, 10**6)
                    comment_id = f"{post_id.partition('_')[2]}_{number}"
                case Platform.INSTAGRAM:
                    comment_id = str(self._store.next_serial("ig-comment", 18_000_000_000_000_000, 10**6))
            db.execute(
                "insert into comments (platform, id, ordinal, post_id, parent_id, author_id, text, kind,"
                " created_at,"
                " edited_at, hidden, replaces) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    platform,
                    comment_id,
                    ordinal,
                    post_id,
                    parent_id,
                    author_id,
                    text,
                    kind,
                    stamp,
                    stamp if replaces else None,
                    int(replaces.hidden) if replaces else 0,
                    replaces.id if replaces else "",
                ),
            )
        return self.comment(platform, comment_id)

    def edit_comment(self, platform: Platform | str, comment_id: str, text: str) -> Comment:
        """The author changes what they wrote. On X the new version has a new id; the old one points to it.

        Raises BadInput on Instagram, where comments can't be edited; NotFound where it was deleted.
        """
        platform = Platform(platform)
        before = self.comment(platform, comment_id)
        text = text.strip()
        if platform is Platform.INSTAGRAM:
            raise BadInput(
                "Instagram has no editing of comments: delete it and write another.", field="platform"
            )
        if not text or len(text) > COMMENT_MAX[platform]:
            raise BadInput(
                f"A comment needs 1 to {COMMENT_MAX[platform]} characters; this has {len(text)}.",
                field="text",
            )
        if before.deleted_at is not None or before.replaced_by:
            raise NotFound("This comment is gone or has a newer version.")
        with self._store.writing() as db:
            if platform is Platform.X:
                after = self._add(
                    platform,
                    before.post_id,
                    before.author.id,
                    text,
                    before.parent_id,
                    kind=before.kind,
                    replaces=before,
                )
                db.execute(
                    "update comments set replaced_by = ? where platform = ? and id = ?",
                    (after.id, platform, comment_id),
                )
                return after
            db.execute(
                "update comments set text = ?, edited_at = ? where platform = ? and id = ?",
                (text, self._store.now(), platform, comment_id),
            )
        return self.comment(platform, comment_id)

    def delete_comment_by_author(self, platform: Platform | str, comment_id: str) -> None:
        """The author takes their comment back. Raises NotFound where it is gone already."""
        self._delete(Platform(platform), comment_id, "author")

    # -- as the school, through its API ----------------------------------------------------------

    def school_comment(
        self, platform: Platform | str, post_id: str, text: str, parent_id: str = ""
    ) -> Comment:
        """The school comments or answers."""
        platform = Platform(platform)
        return self._add(platform, post_id, self.school(platform).id, text, parent_id)

    def delete_comment(self, platform: Platform | str, comment_id: str) -> None:
        """The school deletes a comment under its post (on X: one of its own replies). Raises NotFound."""
        self._delete(Platform(platform), comment_id, "school")

    def _delete(self, platform: Platform, comment_id: str, by: str) -> None:
        self.comment(platform, comment_id)
        stamp = self._store.now()
        with self._store.writing() as db:
            changed = db.execute(
                "update comments set deleted_at = ?, deleted_by = ? where platform = ? and id = ? and"
                " deleted_at is null",
                (stamp, by, platform, comment_id),
            ).rowcount
            if not changed:
                raise NotFound(f"The comment {comment_id} was deleted already.")
            if platform is not Platform.X:
                # On Facebook and Instagram the answers go with the comment; on X they stay.
                db.execute(
                    "with recursive below(id) as (select id from comments where platform = :p and"
                    " parent_id = :c"
                    " union select c.id from comments c join below b on c.parent_id = b.id where"
                    " c.platform = :p)"
                    " update comments set deleted_at = :t, deleted_by = :by"
                    " where platform = :p and deleted_at is null and id in (select id from below)",
                    {"p": platform, "c": comment_id, "t": stamp, "by": by},
                )

    def set_hidden(self, platform: Platform | str, comment_id: str, hidden: bool) -> None:
        """The school hides a comment from the public, or shows it again. Raises NotFound."""
        with self._store.writing() as db:
            changed = db.execute(
                "update comments set hidden = ? where platform = ? and id = ? and deleted_at is null",
                (int(hidden), Platform(platform), comment_id),
            ).rowcount
        if not changed:
            raise NotFound(f"There is no comment {comment_id}.")

    # -- reading ---------------------------------------------------------------------------------

    def _comment(self, row: sqlite3.Row) -> Comment:
        author = self._person(
            {
                "platform": row["platform"],
                "id": row["author_id"],
                "handle": row["handle"],
                "name": row["name"],
                "bio": row["bio"],
                "location": row["location"],
                "kind": row["person_kind"],
                "created_at": row["joined_at"],
                "followers": row["followers"],
                "following": row["following"],
                "nameless": row["nameless"],
            }
        )
        return Comment(
            platform=Platform(row["platform"]),
            id=row["id"],
            ordinal=row["ordinal"],
            post_id=row["post_id"],
            parent_id=row["parent_id"],
            author=author,
            text=row["text"],
            kind=row["kind"],
            created_at=moment(row["created_at"]),
            edited_at=when(row["edited_at"]),
            hidden=bool(row["hidden"]),
            deleted_at=when(row["deleted_at"]),
            deleted_by=row["deleted_by"],
            replaced_by=row["replaced_by"],
            replaces=row["replaces"],
        )

    def comment(self, platform: Platform | str, comment_id: str) -> Comment:
        """One comment, also deleted or replaced ones. Raises NotFound."""
        with self._store.reading() as db:
            row = db.execute(
                f"{_SELECT} where c.platform = ? and c.id = ?", (Platform(platform), comment_id)
            ).fetchone()
        if row is None:
            raise NotFound(f"There is no comment {comment_id} on {Platform(platform)}.")
        return self._comment(row)

    def comments(
        self,
        platform: Platform | str,
        *,
        post_id: str | None = None,
        parent_id: str | None = None,
        after: int | None = None,
        newer_than: int | None = None,
        order: Order = "oldest",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1_000,
    ) -> list[Comment]:
        """Comments that stand (hidden ones too), the latest version of each.

        `post_id`, `parent_id` ("" = top level) narrow; `after` is the ordinal of the last one seen in
        this order, `newer_than` one that all must exceed.
        """
        where = ["c.platform = ?", "c.deleted_at is null", "c.replaced_by = ''"]
        values: list[float | int | str] = [Platform(platform).value]
        for clause, value in (
            ("c.post_id = ?", post_id),
            ("c.parent_id = ?", parent_id),
            ("c.ordinal > ?" if order == "oldest" else "c.ordinal < ?", after),
            ("c.ordinal > ?", newer_than),
            ("c.created_at > ?", since.timestamp() if since else None),
            ("c.created_at <= ?", until.timestamp() if until else None),
        ):
            if value is not None:
                where.append(clause)
                values.append(value)
        direction = "asc" if order == "oldest" else "desc"
        with self._store.reading() as db:
            rows = db.execute(
                f"{_SELECT} where {' and '.join(where)} order by c.ordinal {direction} limit ?",
                (*values, limit),
            ).fetchall()
        return [self._comment(row) for row in rows]

    def count_standing(
        self, platform: Platform | str, *, post_id: str | None = None, parent_id: str | None = None
    ) -> int:
        """How many comments stand under a post, or answer one comment ("" = top level)."""
        where, values = ["platform = ?", "deleted_at is null", "replaced_by = ''"], [Platform(platform).value]
        for clause, value in (("post_id = ?", post_id), ("parent_id = ?", parent_id)):
            # "or it is null" would read all comments there are, for each post of a page.
            if value is not None:
                where.append(clause)
                values.append(value)
        with self._store.reading() as db:
            row = db.execute(
                f"select count(*) as n from comments where {' and '.join(where)}", values  # noqa: S608  # nosec B608
            ).fetchone()
        return int(row["n"])

    def hidden_comments(self, platform: Platform | str, *, limit: int = 200) -> list[Comment]:
        """Comments that the school has hidden, newest first."""
        return self._special(
            platform, "c.hidden = 1 and c.deleted_at is null and c.replaced_by = ''", "c.ordinal", limit
        )

    def deleted_comments(self, platform: Platform | str, *, limit: int = 200) -> list[Comment]:
        """Comments that are gone, whoever deleted them, latest deletion first."""
        return self._special(platform, "c.deleted_at is not null", "c.deleted_at", limit)

    def _special(self, platform: Platform | str, clause: str, order: str, limit: int) -> list[Comment]:
        with self._store.reading() as db:
            rows = db.execute(
                f"{_SELECT} where c.platform = ? and {clause} order by {order} desc limit ?",
                (Platform(platform), limit),
            ).fetchall()
        return [self._comment(row) for row in rows]

    def count_comments(self, *, since: datetime) -> int:
        """How many comments were written since then, on all platforms."""
        with self._store.reading() as db:
            row = db.execute(
                "select count(*) as n from comments where created_at >= ?", (since.timestamp(),)
            ).fetchone()
        return int(row["n"])

    def texts_under(self, platform: Platform | str, post_id: str) -> set[str]:
        """Every text that was ever written under this post, so that the crowd repeats none."""
        with self._store.reading() as db:
            rows = db.execute(
                "select text from comments where platform = ? and post_id = ?", (Platform(platform), post_id)
            ).fetchall()
        return {row["text"] for row in rows}

    # -- as the public sees it -------------------------------------------------------------------

    def public_posts(self, platform: Platform | str, *, limit: int = 20) -> list[PublicPost]:
        """The newest posts as any visitor sees them: hidden and deleted comments are not there."""
        return [self.public_post(platform, post.id) for post in self.posts(platform, limit=limit)]

    def public_post(self, platform: Platform | str, post_id: str) -> PublicPost:
        """One post as any visitor sees it. Raises NotFound."""
        platform = Platform(platform)
        post = self.post(platform, post_id)
        standing = self.comments(platform, post_id=post_id, limit=5_000)
        below: dict[str, list[Comment]] = {}
        known = {comment.id for comment in standing}
        for comment in standing:
            # An answer to a comment that its author deleted (X) moves up to the post.
            parent = self._latest_version(platform, comment.parent_id) if comment.parent_id else ""
            below.setdefault(parent if parent in known else "", []).append(comment)

        def tree(parent_id: str) -> tuple[PublicComment, ...]:
            return tuple(PublicComment(c, tree(c.id)) for c in below.get(parent_id, ()) if not c.hidden)

        def size(branches: tuple[PublicComment, ...]) -> int:
            return sum(1 + size(branch.replies) for branch in branches)

        visible = tree("")
        with self._store.reading() as db:
            row = db.execute(
                "select count(*) as n from comments where platform = ? and post_id = ? and deleted_at is"
                " not null",
                (platform, post_id),
            ).fetchone()
        return PublicPost(
            post=post,
            url=self.post_url(post),
            comments=visible,
            comment_count=size(visible),
            hidden_count=sum(comment.hidden for comment in standing),
            deleted_count=int(row["n"]),
        )

    def _latest_version(self, platform: Platform, comment_id: str) -> str:
        seen = comment_id
        while True:
            newer = self.comment(platform, seen).replaced_by
            if not newer:
                return seen
            seen = newer

    def first_version(self, comment: Comment) -> list[str]:
        """The ids of a comment's versions up to this one, oldest first (X)."""
        chain = [comment.id]
        while comment.replaces:
            comment = self.comment(comment.platform, comment.replaces)
            chain.insert(0, comment.id)
        return chain
