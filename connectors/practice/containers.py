"""Instagram's two steps to a post: the container of a picture or video, and its publication."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import IO
from urllib.parse import urlsplit

import requests
from PIL import Image

from connectors.base import Platform
from connectors.practice.graph_errors import GraphError
from connectors.practice.records import Post
from connectors.practice.world import World
from school.errors import BadInput

PROCESSING_SECONDS = 1.5
LIFETIME = timedelta(hours=24)
QUOTA_TOTAL = 50
"""Posts in 24 hours."""
CAPTION_MAX = 2_200
HASHTAGS_MAX = 30
CHILDREN_MAX = 10
_PICTURE_BYTES_MAX = 8 * 1024 * 1024
_FETCH_SECONDS = 10
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Container:
    """What may become a post on Instagram."""

    id: str
    kind: str
    """ "image", "item" (part of a carousel), "carousel" or "video"."""
    caption: str
    children: tuple[str, ...]
    picture_id: str | None
    status: str
    """IN_PROGRESS, FINISHED, PUBLISHED or EXPIRED."""
    video_id: str = ""
    """Once the first byte of its video has come."""


def fetch_picture(url: str) -> bytes:
    """Fetches the picture that the school offers at its public address.

    Raises Graph's own errors: not fetched (9004/2207052), not a JPEG (36001/2207005), too large
    (36000/2207004).
    """
    unreachable = GraphError(
        "Only photo or video can be accepted as media type.",
        9004,
        subcode=2_207_052,
        transient=False,
        title="Media download has failed.",
        explanation="The media could not be fetched from this URI.",
    )
    if urlsplit(url).scheme not in {"http", "https"}:
        raise unreachable
    try:
        with requests.get(url, timeout=_FETCH_SECONDS, stream=True) as answer:
            if answer.status_code != 200:
                raise unreachable
            data = answer.raw.read(_PICTURE_BYTES_MAX + 1, decode_content=True)
    except requests.RequestException as error:
        raise unreachable from error
    if len(data) > _PICTURE_BYTES_MAX:
        raise GraphError("The image is too large to download.", 36_000, subcode=2_207_004, transient=False)
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise GraphError(
            "The image format is not supported.",
            36_001,
            subcode=2_207_005,
            transient=False,
            title="Unsupported format",
            explanation="The image must be a JPEG.",
        ) from error
    return data


class Containers:
    """All containers of the school's Instagram account."""

    def __init__(self, world: World) -> None:
        self._world = world

    def make(self, *, image_url: str, caption: str, alt_text: str, item: bool) -> str:
        """A container for one picture, which is fetched now. The new container's id."""
        _check_caption(caption)
        data = fetch_picture(image_url)
        try:
            picture = self._world.add_picture(Platform.INSTAGRAM, data, alt_text=alt_text)
        except BadInput as error:
            raise GraphError("The image format is not supported.", 36_001, subcode=2_207_005) from error
        return self._insert("item" if item else "image", caption, [], picture.id)

    def make_carousel(self, *, children: list[str], caption: str) -> str:
        """A container for several pictures. The new container's id."""
        _check_caption(caption)
        if not 2 <= len(children) <= CHILDREN_MAX:
            raise GraphError("(#100) A carousel needs 2 to 10 children.", 100, subcode=2_207_016)
        for child_id in children:
            child = self.find(child_id)
            if child is None or child.kind != "item":
                raise GraphError(f"(#100) The child {child_id} is no carousel item.", 100, subcode=2_207_006)
        return self._insert("carousel", caption, children, None)

    def make_video(self, *, caption: str) -> str:
        """A container for a video, whose bytes come afterwards. The new container's id."""
        _check_caption(caption)
        return self._insert("video", caption, [], None)

    def take_video(self, container_id: str, start: int, size: int, stream: IO[bytes]) -> None:
        """The rest of a video from there on. Raises BadInput for a wrong place or an unusable video."""
        container = self.find(container_id)
        assert container is not None
        video_id = container.video_id
        if not video_id:
            video_id = self._world.begin_video(Platform.INSTAGRAM, size).id
            with self._world.store.writing() as db:
                # The one column that names a file serves the video, too.
                db.execute("update containers set picture_id = ? where id = ?", (video_id, container_id))
        video = self._world.video(Platform.INSTAGRAM, video_id)
        if start != video.received or size != video.size:
            raise BadInput(f"The upload goes on at {video.received} of {video.size} bytes.", field="offset")
        while piece := stream.read(_PIECE):
            self._world.add_video_piece(Platform.INSTAGRAM, video_id, start, piece)
            start += len(piece)
        self._world.close_video(Platform.INSTAGRAM, video_id)

    def _insert(self, kind: str, caption: str, children: list[str], picture_id: str | None) -> str:
        store = self._world.store
        number = str(store.next_serial("ig-container", 17_950_000_000_000_000, 10**6))
        now = store.now()
        with store.writing() as db:
            db.execute(
                "insert into containers (id, kind, caption, children, picture_id, created_at, ready_at)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                (number, kind, caption, json.dumps(children), picture_id, now, now + PROCESSING_SECONDS),
            )
        return number

    def find(self, container_id: str) -> Container | None:
        """One container with its state now, or None."""
        store = self._world.store
        with store.reading() as db:
            row = db.execute("select * from containers where id = ?", (container_id,)).fetchone()
        if row is None:
            return None
        now = store.now()
        video_id = row["picture_id"] or "" if row["kind"] == "video" else ""
        unready = row["kind"] == "video" and (
            not video_id or self._world.video(Platform.INSTAGRAM, video_id).state != "ready"
        )
        if row["published_id"]:
            status = "PUBLISHED"
        elif now > row["created_at"] + LIFETIME.total_seconds():
            status = "EXPIRED"
        elif now < row["ready_at"] or unready:
            status = "IN_PROGRESS"
        else:
            status = "FINISHED"
        return Container(
            row["id"],
            row["kind"],
            row["caption"],
            tuple(json.loads(row["children"])),
            None if row["kind"] == "video" else row["picture_id"],
            status,
            video_id,
        )

    def used(self) -> int:
        """Posts of the last 24 hours that count towards the quota."""
        since = self._world.clock() - LIFETIME
        with self._world.store.reading() as db:
            row = db.execute(
                "select count(*) as n from containers c join posts p on p.id = c.published_id"
                " where p.platform = ? and p.created_at > ?",
                (Platform.INSTAGRAM, since.timestamp()),
            ).fetchone()
        return int(row["n"])

    def publish(self, container_id: str) -> Post:
        """Makes the post. Raises Graph's errors for an unknown, unready, used or expired container."""
        with self._world.store.writing() as db:
            container = self.find(container_id)
            if container is None or container.kind == "item":
                raise GraphError(
                    "The requested resource does not exist", 24, subcode=2_207_006, transient=False
                )
            if container.status == "EXPIRED":
                raise GraphError("The media container has expired.", 24, subcode=2_207_008, transient=False)
            if container.status == "PUBLISHED":
                raise GraphError(
                    "The media container was published already.", 24, subcode=2_207_006, transient=False
                )
            if container.status != "FINISHED":
                raise GraphError(
                    "Media ID is not available",
                    9007,
                    subcode=2_207_027,
                    transient=False,
                    title="Media not ready",
                    explanation="The media is not ready to be published. Please wait a moment.",
                )
            if self.used() >= QUOTA_TOTAL:
                raise GraphError("Application request limit reached", 9, subcode=2_207_042, transient=False)
            pictures = [container.picture_id] if container.picture_id else []
            for child_id in container.children:
                child = self.find(child_id)
                if child is not None and child.picture_id:
                    pictures.append(child.picture_id)
            post = self._world.publish(
                Platform.INSTAGRAM, container.caption, picture_ids=pictures, video_id=container.video_id
            )
            db.execute("update containers set published_id = ? where id = ?", (post.id, container_id))
        return post


def _check_caption(caption: str) -> None:
    if len(caption) > CAPTION_MAX:
        raise GraphError("The caption was too long.", 36_004, subcode=2_207_010, transient=False)
    if caption.count("#") > HASHTAGS_MAX:
        raise GraphError("(#100) The caption has too many hashtags.", 100, subcode=2_207_040)
