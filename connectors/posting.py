"""What publishing on every platform has in common: the last checks, the one request, finding it again."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from connectors.base import STEP_POSTING, Picture, Platform, PostContent, StepStore, Video, VideoLimits
from connectors.errors import ConnectorError, ConnectorRefused, OutcomeUnknown
from connectors.exchange import sendable
from connectors.limits import LIMITS, shown_text, text_length

Answer = TypeVar("Answer")

NAMES: Mapping[Platform, str] = {
    Platform.X: "X",
    Platform.FACEBOOK: "Facebook",
    Platform.INSTAGRAM: "Instagram",
}


def platform_name(platform: str) -> str:
    """A platform as it writes itself; what is none of ours, such as a place entered by hand, as it is."""
    return NAMES[Platform(platform)] if platform in set(Platform) else platform


_LEADING_MENTIONS = re.compile(r"(?:@\w{1,30}\s+)+")


def checked_text(platform: Platform, content: PostContent) -> str:
    """The text to send, once the post keeps the platform's limits (P16).

    Drafts are checked while they are written; this stands between a mistake there and the
    public. Raises ConnectorRefused, without a request.
    """
    limits, name = LIMITS[platform], NAMES[platform]
    shown = sendable(shown_text(platform, content))
    pictures, video = content.pictures, content.video
    if not shown.strip() and not content.media_count:
        raise ConnectorRefused("The post is empty.", code="empty")
    length = text_length(platform, shown)
    if length > limits.text_max:
        raise ConnectorRefused(
            f"The text counts {length} characters on {name}; at most {limits.text_max} are allowed.",
            code="length",
        )
    if video is not None:
        _check_video(video, pictures, limits.video, name)
    elif not limits.pictures_min <= len(pictures) <= limits.pictures_max:
        raise ConnectorRefused(
            f"{name} takes {limits.pictures_min} to {limits.pictures_max} pictures in a post; "
            f"this one has {len(pictures)}.",
            code="pictures",
        )
    for place, picture in enumerate(pictures, start=1):
        sendable(picture.alt_text)
        if picture.mime_type not in limits.picture_types:
            raise ConnectorRefused(f"{name} does not take picture {place}'s kind of file.", code="pictures")
        if len(picture.data) > limits.picture_bytes_max:
            raise ConnectorRefused(
                f"Picture {place} is larger than the {limits.picture_bytes_max} bytes that {name} takes.",
                code="pictures",
            )
        if len(picture.alt_text) > limits.alt_text_max:
            raise ConnectorRefused(
                f"The description of picture {place} has more than {limits.alt_text_max} characters.",
                code="pictures",
            )
    return shown


def _check_video(video: Video, pictures: Sequence[Picture], limits: VideoLimits, name: str) -> None:
    if pictures:
        raise ConnectorRefused(f"A post on {name} has pictures or a video, not both.", code="video")
    if not limits.seconds_min <= video.seconds <= limits.seconds_max:
        raise ConnectorRefused(
            f"{name} takes videos of {limits.seconds_min:g} to {limits.seconds_max:g} seconds; this one has "
            f"{video.seconds:.1f}.",
            code="video",
        )
    if video.size > limits.bytes_max:
        raise ConnectorRefused(
            f"The video is larger than the {limits.bytes_max} bytes that {name} takes.", code="video"
        )


def refuse_second_sending(steps: StepStore) -> None:
    """Raise OutcomeUnknown if an earlier attempt was interrupted while its one request was out."""
    if steps.get(STEP_POSTING):
        raise OutcomeUnknown(
            "An earlier attempt was interrupted and may have been posted; look before trying again.",
            code="interrupted",
        )


def send_once(steps: StepStore, send: Callable[[], Answer]) -> Answer:
    """Make the one request that can't be taken back, marked before it goes out.

    The mark is taken off only when the platform has said no, so that a killed worker leaves it.
    """
    steps.put(STEP_POSTING, datetime.now(UTC).isoformat())
    try:
        return send()
    except OutcomeUnknown:
        raise
    except ConnectorError:
        steps.put(STEP_POSTING, "")
        raise


def same_text(theirs: str, ours: str) -> bool:
    """Whether a text read back from a platform is the one we sent.

    Platforms normalise characters and blanks, and X writes the people answered in front.
    """
    first, second = _plain(theirs), _plain(ours)
    return first == second or _LEADING_MENTIONS.sub("", first, count=1) == second


def _plain(words: str) -> str:
    return " ".join(unicodedata.normalize("NFC", words).split())


def pack(values: Mapping[str, object]) -> str:
    """A cursor or watermark as one opaque string."""
    return json.dumps(values, separators=(",", ":"), sort_keys=True)


def unpack(packed: str | None) -> Mapping[str, object]:
    """What `pack` made of it; empty for None.

    Raises ConnectorRefused if it isn't one of ours: the caller should read from the start.
    """
    if packed is None:
        return {}
    try:
        values = json.loads(packed)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise ConnectorRefused("The place to read on from is damaged; read from the start.", code="cursor")
    return values
