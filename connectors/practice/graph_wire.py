"""How Pages, posts, comments, photos and Instagram's media look in Graph."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from connectors.base import Platform
from connectors.practice.containers import Container
from connectors.practice.graph_errors import bad_parameter
from connectors.practice.graph_fields import Asked, Fields, Getter, select
from connectors.practice.posts import short_code
from connectors.practice.records import Comment, Elsewhere, Person, Post, PostPicture, PostVideo
from connectors.practice.world import World

T = TypeVar("T")

FACEBOOK_COMMENTS_MAX = 100
INSTAGRAM_COMMENTS_MAX = 50
POSTS_MAX = 100


def stamp(at: datetime) -> str:
    """A time as Graph writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")


def cursor(ordinal: int) -> str:
    """The opaque place of one item in a list."""
    return base64.urlsafe_b64encode(f"p:{ordinal}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> int:
    """The number in a cursor, or Graph's error 100."""
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        if plain.startswith("p:") and plain[2:].isascii() and plain[2:].isdigit():
            return int(plain[2:])
    except (binascii.Error, ValueError):
        pass
    raise bad_parameter("Invalid cursors values. Please re-paginate from the start.")


class GraphWire:
    """Turns the world into JSON."""

    def __init__(self, world: World) -> None:
        self._world = world

    # -- accounts --------------------------------------------------------------------------------

    def page(self, asked: Fields) -> dict[str, Any]:
        """The school's Facebook Page."""
        school = self._world.school(Platform.FACEBOOK)
        instagram = self._world.school(Platform.INSTAGRAM)
        followers = self._world.count_followers(Platform.FACEBOOK)
        tasks = ["ANALYZE", "ADVERTISE", "MODERATE", "CREATE_CONTENT", "MANAGE"]
        getters: dict[str, Getter] = {
            "id": lambda _: school.id,
            "name": lambda _: school.name,
            "username": lambda _: school.handle,
            "about": lambda _: school.bio,
            "category": lambda _: "Primary School",
            "link": lambda _: f"https://www.facebook.com/{school.handle}",
            "followers_count": lambda _: followers,
            "fan_count": lambda _: followers,
            "tasks": lambda _: tasks,
            "access_token": lambda _: self._world.secrets.page_access_token,
            "instagram_business_account": lambda how: (
                self.instagram(how.inner) if how.inner else {"id": instagram.id}
            ),
            "is_published": lambda _: self._world.page_published,
        }
        return select(asked, ("name", "id"), getters, "Page")

    def instagram(self, asked: Fields) -> dict[str, Any]:
        """The school's Instagram account."""
        school = self._world.school(Platform.INSTAGRAM)
        getters: dict[str, Getter] = {
            "id": lambda _: school.id,
            "username": lambda _: school.handle,
            "name": lambda _: school.name,
            "biography": lambda _: school.bio,
            "followers_count": lambda _: self._world.count_followers(Platform.INSTAGRAM),
            "follows_count": lambda _: school.following,
            "media_count": lambda _: len(self._world.posts(Platform.INSTAGRAM, limit=10_000)),
            "profile_picture_url": lambda _: None,
            "website": lambda _: "https://larkfield.example/",
        }
        return select(asked, ("id",), getters, "IGUser")

    def person(self, person: Person, asked: Fields) -> dict[str, Any]:
        """Somebody on Facebook, as a Page sees them."""
        getters: dict[str, Getter] = {
            "id": lambda _: person.id,
            "name": lambda _: person.name,
            "link": lambda _: self._world.person_url(person),
        }
        return select(asked, ("id", "name"), getters, "User")

    # -- posts -----------------------------------------------------------------------------------

    def post(self, post: Post, asked: Fields) -> dict[str, Any]:
        """A post of the Page."""
        school = self._world.school(Platform.FACEBOOK)
        getters: dict[str, Getter] = {
            "id": lambda _: post.id,
            "message": lambda _: post.text or None,
            "created_time": lambda _: stamp(post.created_at),
            "updated_time": lambda _: stamp(post.edited_at or post.created_at),
            "permalink_url": lambda _: self._world.post_url(post),
            "full_picture": lambda _: post.pictures[0].url if post.pictures else None,
            "from": lambda _: {"id": school.id, "name": school.name},
            "is_published": lambda _: True,
            "is_hidden": lambda _: False,
            "status_type": lambda _: (
                "added_video" if post.video else "added_photos" if post.pictures else "mobile_status_update"
            ),
            "attachments": lambda _: self._attachments(post),
            "comments": lambda how: self._comment_list(post.id, None, how),
            "reactions": lambda _: {"data": [], "summary": {"total_count": self._world.seen(post).likes}},
            "shares": lambda _: {"count": shares} if (shares := self._world.seen(post).shares) else None,
        }
        return select(asked, ("created_time", "message", "id"), getters, "Post")

    def _attachments(self, post: Post) -> dict[str, Any] | None:
        parts = [
            {
                "media_type": "photo",
                "type": "photo",
                "url": picture.url,
                "description": picture.alt_text,
                "media": {"image": {"src": picture.url, "width": picture.width, "height": picture.height}},
                "target": {"id": picture.id, "url": picture.url},
            }
            for picture in post.pictures
        ]
        if post.video:
            parts = [
                {
                    "media_type": "video",
                    "type": "video_inline",
                    "url": post.video.url,
                    "media": {"source": post.video.url},
                    "target": {"id": post.video.id, "url": post.video.url},
                }
            ]
        if len(parts) > 1:
            album = {**parts[0], "media_type": "album", "type": "album", "subattachments": {"data": parts}}
            return {"data": [album]}
        if not parts and post.link:
            parts = [{"media_type": "link", "type": "share", "url": post.link, "unshimmed_url": post.link}]
        return {"data": parts} if parts else None

    def photo(self, picture: PostPicture, asked: Fields) -> dict[str, Any]:
        """A photo of the Page."""
        image = {"source": picture.url, "width": picture.width, "height": picture.height}
        getters: dict[str, Getter] = {
            "id": lambda _: picture.id,
            "alt_text_custom": lambda _: picture.alt_text or None,
            "alt_text": lambda _: picture.alt_text or "May be an image",
            "images": lambda _: [image],
            "width": lambda _: picture.width,
            "height": lambda _: picture.height,
            "link": lambda _: f"https://www.facebook.com/photo/?fbid={picture.id}",
            "created_time": lambda _: stamp(self._world.clock()),
        }
        return select(asked, ("created_time", "id"), getters, "Photo")

    def video(self, video: PostVideo, asked: Fields) -> dict[str, Any]:
        """A video of the Page, from the moment it was announced."""
        owner, _, number = video.post_id.partition("_")
        getters: dict[str, Getter] = {
            "id": lambda _: video.id,
            "published": lambda _: bool(video.post_id),
            "post_id": lambda _: number or None,
            "permalink_url": lambda _: f"/{owner}/videos/{video.id}/" if video.post_id else None,
            "status": lambda _: {"video_status": "ready" if video.state == "ready" else "processing"},
        }
        return select(asked, ("id",), getters, "Video")

    def media(self, post: Post, asked: Fields) -> dict[str, Any]:
        """A post on Instagram."""
        school = self._world.school(Platform.INSTAGRAM)
        getters: dict[str, Getter] = {
            "id": lambda _: post.id,
            "caption": lambda _: post.text or None,
            "timestamp": lambda _: stamp(post.created_at),
            "permalink": lambda _: self._world.post_url(post),
            "shortcode": lambda _: short_code(int(post.id)),
            "media_type": lambda _: (
                "VIDEO" if post.video else "CAROUSEL_ALBUM" if len(post.pictures) > 1 else "IMAGE"
            ),
            "media_product_type": lambda _: "REELS" if post.video else "FEED",
            "media_url": lambda _: (
                post.video.url if post.video else post.pictures[0].url if post.pictures else None
            ),
            "alt_text": lambda _: (post.pictures[0].alt_text or None) if post.pictures else None,
            "username": lambda _: school.handle,
            "owner": lambda _: {"id": school.id},
            "is_comment_enabled": lambda _: self._world.comments_open(Platform.INSTAGRAM, post.id),
            "like_count": lambda _: self._world.seen(post).likes,
            "comments_count": lambda _: self._world.count_standing(Platform.INSTAGRAM, post_id=post.id),
            "children": lambda how: self._children(post, how) if len(post.pictures) > 1 else None,
            "comments": lambda how: self._comment_list(post.id, "", how),
        }
        return select(asked, ("id",), getters, "IGMedia")

    def _children(self, post: Post, how: Asked) -> dict[str, Any]:
        return {"data": [self._child(picture, post, how) for picture in post.pictures]}

    @staticmethod
    def _child(picture: PostPicture, post: Post, how: Asked) -> dict[str, Any]:
        getters: dict[str, Getter] = {
            "id": lambda _: picture.id,
            "media_type": lambda _: "IMAGE",
            "media_url": lambda _: picture.url,
            "alt_text": lambda _: picture.alt_text or None,
            "timestamp": lambda _: stamp(post.created_at),
        }
        return select(how.inner or {}, ("id",), getters, "IGMedia")

    def container(self, container: Container, asked: Fields) -> dict[str, Any]:
        """What becomes a post on Instagram."""
        words = {
            "IN_PROGRESS": "In Progress: Media is still being processed.",
            "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
            "PUBLISHED": "Published: Media has been successfully published.",
            "EXPIRED": "Expired: The media was not published within 24 hours.",
            "ERROR": "Error: Media upload has failed.",
        }
        getters: dict[str, Getter] = {
            "id": lambda _: container.id,
            "status_code": lambda _: container.status,
            "status": lambda _: words[container.status],
            "video_status": lambda _: self._video_status(container),
        }
        return select(asked, ("id",), getters, "IGContainer")

    def _video_status(self, container: Container) -> dict[str, Any] | None:
        if container.kind != "video":
            return None
        video = self._world.video(Platform.INSTAGRAM, container.video_id) if container.video_id else None
        complete = video is not None and video.state != "receiving"
        return {
            "uploading_phase": {
                "status": "complete" if complete else "in_progress" if video else "not_started",
                "bytes_transferred": video.received if video else 0,
            }
        }

    def elsewhere(self, found: Elsewhere, asked: Fields) -> dict[str, Any]:
        """Somebody's own post, on the Page or with the school tagged."""
        if found.platform is Platform.INSTAGRAM:
            getters: dict[str, Getter] = {
                "id": lambda _: found.id,
                "caption": lambda _: found.text,
                "username": lambda _: found.author.handle,
                "timestamp": lambda _: stamp(found.created_at),
                "permalink": lambda _: f"https://www.instagram.com/p/{short_code(int(found.id))}/",
                "media_type": lambda _: "IMAGE",
                "media_url": lambda _: None,
                "comments_count": lambda _: 0,
                "like_count": lambda _: 0,
            }
            return select(asked, ("id",), getters, "IGMedia")
        owner, _, number = found.id.partition("_")
        getters = {
            "id": lambda _: found.id,
            "message": lambda _: found.text,
            "created_time": lambda _: stamp(found.created_at),
            "from": lambda how: None if found.author.nameless else self.person(found.author, how.inner or {}),
            "permalink_url": lambda _: f"https://www.facebook.com/{owner}/posts/{number}",
            "is_hidden": lambda _: False,
        }
        return select(asked, ("created_time", "message", "id"), getters, "Post")

    # -- comments --------------------------------------------------------------------------------

    def comment(self, comment: Comment, asked: Fields) -> dict[str, Any]:
        """A comment, as its platform shows it."""
        return (
            self._facebook_comment(comment, asked)
            if comment.platform is Platform.FACEBOOK
            else self._instagram_comment(comment, asked)
        )

    def _facebook_comment(self, comment: Comment, asked: Fields) -> dict[str, Any]:
        getters: dict[str, Getter] = {
            "id": lambda _: comment.id,
            "message": lambda _: comment.text,
            "created_time": lambda _: stamp(comment.created_at),
            "from": lambda how: (
                None if comment.author.nameless else self.person(comment.author, how.inner or {})
            ),
            "parent": lambda how: self._parent(comment, how),
            "is_hidden": lambda _: comment.hidden,
            "is_private": lambda _: False,
            "can_hide": lambda _: not comment.by_school,
            "can_remove": lambda _: True,
            "can_comment": lambda _: True,
            "can_like": lambda _: True,
            "can_reply_privately": lambda _: not comment.by_school,
            "comment_count": lambda _: self._world.count_standing(Platform.FACEBOOK, parent_id=comment.id),
            "like_count": lambda _: 0,
            "user_likes": lambda _: False,
            "permalink_url": lambda _: self._comment_url(comment),
            "attachment": lambda _: None,
            "message_tags": lambda _: None,
            "object": lambda _: {"id": comment.post_id},
            "comments": lambda how: self._comment_list(comment.post_id, comment.id, how),
        }
        return select(asked, ("created_time", "from", "message", "id"), getters, "Comment")

    def _parent(self, comment: Comment, how: Asked) -> dict[str, Any] | None:
        if not comment.parent_id:
            return None
        parent = self._world.comment(comment.platform, comment.parent_id)
        return self._facebook_comment(parent, how.inner or {})

    def _comment_url(self, comment: Comment) -> str:
        number = comment.id.rpartition("_")[2]
        post = self._world.post_url(self._world.post(Platform.FACEBOOK, comment.post_id))
        if not comment.parent_id:
            return f"{post}?comment_id={number}"
        return f"{post}?comment_id={comment.parent_id.rpartition('_')[2]}&reply_comment_id={number}"

    def _instagram_comment(self, comment: Comment, asked: Fields) -> dict[str, Any]:
        getters: dict[str, Getter] = {
            "id": lambda _: comment.id,
            "text": lambda _: comment.text,
            "timestamp": lambda _: stamp(comment.created_at),
            "username": lambda _: comment.author.handle,
            "from": lambda _: {"id": comment.author.id, "username": comment.author.handle},
            "user": lambda _: {"id": comment.author.id} if comment.by_school else None,
            "hidden": lambda _: comment.hidden,
            "like_count": lambda _: 0,
            "parent_id": lambda _: comment.parent_id or None,
            "media": lambda _: {"id": comment.post_id},
            "replies": lambda how: self._replies(comment, how),
        }
        return select(asked, ("timestamp", "text", "id"), getters, "IGComment")

    def _replies(self, comment: Comment, how: Asked) -> dict[str, Any] | None:
        found = self._world.comments(Platform.INSTAGRAM, parent_id=comment.id, limit=1)
        return self._comment_list(comment.post_id, comment.id, how) if found else None

    def _comment_list(self, post_id: str, parent_id: str | None, how: Asked) -> dict[str, Any]:
        instagram = self._world.is_instagram(post_id)
        platform = Platform.INSTAGRAM if instagram else Platform.FACEBOOK
        top = INSTAGRAM_COMMENTS_MAX if instagram else FACEBOOK_COMMENTS_MAX
        limit = min(_whole(how.modifiers.get("limit"), 25), top)
        # Instagram: answers oldest first, top-level comments newest first.
        newest = instagram and parent_id == ""
        if parent_id is None and how.modifiers.get("filter") != "stream":
            parent_id = ""
        found = self._world.comments(
            platform,
            post_id=post_id,
            parent_id=parent_id,
            order="newest" if newest else "oldest",
            limit=limit + 1,
        )
        body: dict[str, Any] = {"data": [self.comment(comment, how.inner or {}) for comment in found[:limit]]}
        if found:
            body["paging"] = {
                "cursors": {"before": cursor(found[0].ordinal), "after": cursor(found[:limit][-1].ordinal)}
            }
            if len(found) > limit:
                after = cursor(found[limit - 1].ordinal)
                body["paging"]["next"] = f"{self._world.base_url(platform)}/{post_id}/comments?after={after}"
        if how.modifiers.get("summary") in {"1", "true"}:
            total = self._world.count_standing(platform, post_id=post_id, parent_id=parent_id)
            body["summary"] = {"order": "chronological", "total_count": total, "can_comment": True}
        return body

    # -- lists -----------------------------------------------------------------------------------

    def listed(
        self,
        found: Sequence[T],
        limit: int,
        address: str,
        query: dict[str, str],
        ordinal: Callable[[T], int],
        show: Callable[[T], dict[str, Any]],
    ) -> dict[str, Any]:
        """One page of a list; `found` holds one item more than `limit` where there is a next page."""
        page = found[:limit]
        if not page:
            return {"data": []}
        after = cursor(ordinal(page[-1]))
        paging: dict[str, Any] = {"cursors": {"before": cursor(ordinal(page[0])), "after": after}}
        if len(found) > limit:
            rest = {
                name: value
                for name, value in query.items()
                if name not in {"access_token", "after", "appsecret_proof"}
            }
            paging["next"] = f"{address}?{urlencode({**rest, 'limit': str(limit), 'after': after})}"
        return {"data": [show(item) for item in page], "paging": paging}


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and int(text) else default
