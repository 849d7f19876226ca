"""What keeps a video off a platform, and what people are told of one (P16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from approvals.models import RevisionVideo, VideoFile, VideoState
from approvals.video_copy import length_words
from connectors.base import Platform, VideoLimits

MIXED: Mapping[Platform, str] = {
    Platform.X: "X shows pictures or one video in a post, not both",
    Platform.FACEBOOK: "Facebook shows pictures or one video in a post, not both",
    Platform.INSTAGRAM: "Instagram would mix them, which Schoolgate does not",
}
IN_WORDS: Mapping[VideoState, str] = {
    VideoState.ARRIVING: "It is arriving.",
    VideoState.WAITING: "It is being prepared …",
    VideoState.PREPARING: "It is being prepared …",
    VideoState.READY: "It is ready.",
    VideoState.REFUSED: "It can’t be used.",
}


@dataclass(frozen=True, slots=True)
class VideoPreview:
    """The video of a draft, and what is said of it."""

    video_id: UUID
    filename: str
    ready: bool
    state: str
    """In words; where it can't be used, why."""
    length: str
    """In words; empty until it is ready."""
    width: int
    height: int
    megabytes: float
    alt_text: str
    source: str
    licence: str


def state_words(video: VideoFile) -> str:
    """How far a video is, for a person."""
    return video.problem or IN_WORDS[video.state]


def shown(entry: RevisionVideo) -> VideoPreview:
    """A revision's video for a page or a mail."""
    video = entry.video
    ready = video.state is VideoState.READY
    return VideoPreview(
        video_id=video.id,
        filename=video.filename,
        ready=ready,
        state=state_words(video),
        length=length_words(video.seconds or 0.0) if ready else "",
        width=video.width or 0,
        height=video.height or 0,
        megabytes=round((video.copy_bytes or 0) / 1024 / 1024, 1),
        alt_text=entry.alt_text,
        source=entry.source,
        licence=entry.licence,
    )


def on_platform(
    entry: RevisionVideo, pictures: int, limits: VideoLimits, name: str, platform: Platform
) -> Iterator[str]:
    """A sentence for each thing about a video that the account's platform doesn't take."""
    video = entry.video
    if pictures:
        yield f"{MIXED[platform]}: take the pictures or the video out."
    if video.state is not VideoState.READY:
        return
    seconds, size = video.seconds or 0.0, video.copy_bytes or 0
    if seconds > limits.seconds_max:
        yield (
            f"{name} takes videos of at most {length_words(limits.seconds_max)}; “{video.filename}” has "
            f"{length_words(seconds)}. Cut it shorter, or leave {name} out."
        )
    if seconds < limits.seconds_min:
        yield (
            f"{name} takes no video shorter than {limits.seconds_min:g} seconds; “{video.filename}” has "
            f"{seconds:.1f}. Leave {name} out."
        )
    if size > limits.bytes_max:
        yield (
            f"{name} takes videos of at most {limits.bytes_max // 1_000_000} MB; “{video.filename}” has "
            f"{-(-size // 1_000_000)} MB once it is prepared. Cut it shorter, or leave {name} out."
        )
    shape = (video.width or 1) / (video.height or 1)
    if not limits.narrowest <= shape <= limits.widest:
        yield (
            f"“{video.filename}” is too {'wide' if shape > 1 else 'tall'} for {name} ({video.width} × "
            f"{video.height} pixels). Crop it, or leave {name} out."
        )


WAITS = "video_waits"
"""The field of what is only wrong until the video is prepared: pages take it away then."""


def coming(entry: RevisionVideo) -> bool:
    """Whether it is still being prepared."""
    return entry.video.state not in {VideoState.READY, VideoState.REFUSED}


def not_ready(entry: RevisionVideo) -> Iterator[str]:
    """Why a video can't be handed in yet, if it can't."""
    video = entry.video
    if video.state is VideoState.REFUSED:
        yield f"{state_words(video)} Take it out of the post."
    elif coming(entry):
        yield (
            f"“{video.filename}” is still being prepared: wait until its picture shows, then hand it in. "
            "You may save the draft meanwhile."
        )
