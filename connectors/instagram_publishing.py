"""Instagram's publishing in three steps, so that a killed worker can take it up again.

Containers are made and waited for; then one media_publish. A container whose publication may
have been cut off says PUBLISHED if it took effect (PLATFORMS.md section 3).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from connectors import graph_mapping as mapping
from connectors.base import STEP_POSTING, Picture, RemotePost, StepStore, Video
from connectors.errors import (
    ConnectorError,
    ConnectorRefused,
    ConnectorUnavailable,
    Gone,
    OutcomeUnknown,
)
from connectors.exchange import Call, Effect, required_id
from connectors.graph import GraphAccount, a_little_before, unix
from connectors.instagram_video import InstagramUpload
from connectors.posting import same_text, send_once
from connectors.untrusted import identifier, records, text, web_address, when

STEP_CONTAINER = "instagram-container"
STEP_CHILD = "instagram-child-"
STEP_BEGAN = "instagram-began"

NOT_READY_WAIT = 60.0
"""Seconds until Instagram should be asked again: it wants no more than once a minute."""

MATCH_PAGES = 2


class InstagramPublication:
    """One publication with its steps. Made by the connector, used once."""

    def __init__(self, account: GraphAccount, steps: StepStore, ig_id: str) -> None:
        self._account = account
        self._client = account.client
        self._steps = steps
        self._ig_id = required_id(ig_id, "account")

    def publish(self, caption: str, pictures: Sequence[Picture], video: Video | None = None) -> RemotePost:
        """Carry the publication on from wherever it stands; the post once it is there."""
        shown = len(pictures) + (video is not None)
        interrupted = when(self._steps.get(STEP_POSTING) or None)
        container = self._steps.get(STEP_CONTAINER)
        if interrupted is not None and container:
            published = self._after_interruption(container, interrupted, caption, shown)
            if published is not None:
                return published
        if not self._steps.get(STEP_BEGAN):
            self._steps.put(STEP_BEGAN, datetime.now(UTC).isoformat())
        if video is not None:
            container = self._uploaded(caption, video)
        else:
            container = self._steps.get(STEP_CONTAINER) or self._make_container(caption, pictures)
        if self._wait_for(container, STEP_CONTAINER) == "PUBLISHED":
            return self._found(caption, shown)
        try:
            answer = send_once(self._steps, lambda: self._media_publish(container))
        except OutcomeUnknown:
            found = self._if_published(container, caption, shown)
            if found is None:
                raise
            return found
        platform_id = identifier(answer.get("id"))
        return RemotePost(
            platform_id=platform_id,
            text=caption,
            created_at=datetime.now(UTC),
            url=self._permalink(platform_id),
            picture_count=shown,
        )

    def never_posted(self) -> bool:
        """Whether what was begun waits for its media_publish still."""
        container = self._steps.get(STEP_CONTAINER)
        return self._status(container) in {"FINISHED", "IN_PROGRESS"} if container else False

    def _uploaded(self, caption: str, video: Video) -> str:
        """The video's container, made now or by an earlier attempt, with the whole video in it."""
        container = self._steps.get(STEP_CONTAINER)
        if not container:
            container = self._make(
                "container",
                {
                    "media_type": "REELS",
                    "upload_type": "resumable",
                    "caption": caption,
                    "share_to_feed": "true",
                },
            )
            self._steps.put(STEP_CONTAINER, container)
        try:
            InstagramUpload(self._account, self._steps, container, video).send()
        except Gone:
            self._forget(STEP_CONTAINER)
            raise ConnectorUnavailable(
                "The preparation of this post has expired and begins anew.", code="EXPIRED", retry_after=1.0
            ) from None
        return container

    def _after_interruption(
        self, container: str, interrupted: datetime, caption: str, pictures: int
    ) -> RemotePost | None:
        """What became of an attempt that was cut off: its post, or None if it never took effect.

        Raises OutcomeUnknown while that can't be told.
        """
        status = self._status(container)
        if status in {"PUBLISHED", "GONE"}:
            return self._found(caption, pictures)
        # The request may still be under way for as long as one may last.
        if datetime.now(UTC) - interrupted < timedelta(seconds=self._account.timeout * 1.5):
            raise OutcomeUnknown(
                "An earlier attempt was interrupted just now and may still be posted.", code=status
            )
        return None

    def _found(self, caption: str, pictures: int) -> RemotePost:
        post = self._listed(caption, pictures)
        if post is None:
            raise OutcomeUnknown(
                "Instagram may have published this but doesn't list it yet.", code="PUBLISHED"
            )
        return post

    def _if_published(self, container: str, caption: str, pictures: int) -> RemotePost | None:
        """The post if the container already says PUBLISHED; None if that can't be told now."""
        try:
            return self._listed(caption, pictures) if self._status(container) == "PUBLISHED" else None
        except ConnectorError:
            # The caller raises the OutcomeUnknown that it is handling.
            return None

    def _make_container(self, caption: str, pictures: Sequence[Picture]) -> str:
        if len(pictures) == 1:
            container = self._make("container", _picture_form(pictures[0]) | {"caption": caption})
        else:
            children = []
            for place, picture in enumerate(pictures):
                step = f"{STEP_CHILD}{place}"
                child = self._steps.get(step)
                if not child:
                    child = self._make("container", _picture_form(picture) | {"is_carousel_item": "true"})
                    self._steps.put(step, child)
                self._wait_for(child, step)
                children.append(child)
            form = {"media_type": "CAROUSEL", "children": ",".join(children), "caption": caption}
            container = self._make("container", form)
        self._steps.put(STEP_CONTAINER, container)
        return container

    def _make(self, operation: str, form: Mapping[str, str]) -> str:
        # A container that is made twice and never published shows nowhere.
        call = Call(operation, Effect.REPEATABLE)
        container = identifier(
            self._account.ask(call, self._client.put_object, self._ig_id, "media", **form).get("id")
        )
        if not container:
            raise ConnectorRefused("Instagram took a file without saying under which id.", code="container")
        return required_id(container, "container")

    def _wait_for(self, container: str, step: str) -> str:
        """Wait until the container is finished, for one time limit at most.

        Raises ConnectorUnavailable while it is not, or when it is too old to be published (a new
        one is made next time), and ConnectorRefused if Instagram can't use the picture or video.
        """
        deadline = time.monotonic() + self._account.timeout
        pause = 0.5
        while True:
            status = self._status(container)
            if status in {"FINISHED", "PUBLISHED"}:
                return status
            if status == "ERROR":
                self._forget(step)
                raise ConnectorRefused(
                    "Instagram could not use a picture or the video of this post.", code="ERROR"
                )
            if status in {"EXPIRED", "GONE"}:
                self._forget(step)
                raise ConnectorUnavailable(
                    "The preparation of this post has expired and begins anew.",
                    code="EXPIRED",
                    retry_after=1.0,
                )
            if time.monotonic() + pause > deadline:
                raise ConnectorUnavailable(
                    "Instagram is still preparing the post.",
                    code="in_progress",
                    retry_after=NOT_READY_WAIT,
                )
            time.sleep(pause)
            pause = min(pause * 2, 5.0)

    def _forget(self, step: str) -> None:
        self._steps.put(step, "")
        if step == STEP_CONTAINER:
            # The children are as old as their carousel.
            for place in range(10):
                if self._steps.get(f"{STEP_CHILD}{place}"):
                    self._steps.put(f"{STEP_CHILD}{place}", "")

    def _status(self, container: str) -> str:
        """The container's status_code, or "GONE" if Instagram knows no such container any more."""
        call = Call("container_status", names_object=True)
        node = required_id(container, "container")
        try:
            answer = self._account.ask(call, self._client.get_object, node, fields="status_code")
        except Gone:
            return "GONE"
        return text(answer.get("status_code"))

    def _media_publish(self, container: str) -> Mapping[str, object]:
        call = Call("publish", Effect.ONCE)
        answer = self._account.ask(
            call, self._client.put_object, self._ig_id, "media_publish", creation_id=container
        )
        if not identifier(answer.get("id")):
            raise OutcomeUnknown(
                "Instagram took the post without saying under which id; it may have been posted."
            )
        return answer

    def _listed(self, caption: str, pictures: int) -> RemotePost | None:
        """Our post among the newest, by its caption, published since this publication began."""
        began = when(self._steps.get(STEP_BEGAN)) or datetime.now(UTC) - timedelta(days=1)
        since = a_little_before(began)
        pages = self._account.pages(
            "posts",
            self._ig_id,
            "media",
            MATCH_PAGES,
            fields="id,caption,timestamp,permalink",
            since=unix(since),
        )
        for page in pages:
            for item in records(page.get("data")):
                post = mapping.instagram_post(item)
                if post.created_at >= since and same_text(post.text, caption):
                    return RemotePost(
                        platform_id=post.platform_id,
                        text=caption,
                        created_at=post.created_at,
                        url=post.url,
                        picture_count=pictures,
                    )
        return None

    def _permalink(self, platform_id: str) -> str:
        """The post's address, which only Instagram knows; "" if it won't say: the post is up."""
        try:
            call = Call("permalink", names_object=True)
            answer = self._account.ask(
                call, self._client.get_object, required_id(platform_id, "post"), fields="permalink"
            )
        except ConnectorError:
            return ""
        return web_address(answer.get("permalink"))


def _picture_form(picture: Picture) -> dict[str, str]:
    form = {"image_url": picture.public_url or ""}
    return form | ({"alt_text": picture.alt_text} if picture.alt_text else {})
