"""Videos on the practice platforms: they come in pieces, are processed for a moment, and show in a post."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from connectors.base import Platform
from connectors.limits import LIMITS
from connectors.practice.accounts import Accounts
from connectors.practice.records import PostVideo
from school.errors import BadInput, NotFound

PROCESSING_SECONDS = 1.5
_SERIAL = {Platform.X: 1_600_000_000_000_000_000, Platform.FACEBOOK: 1_230_000_000_000_000}
_INDEX_MOST = 16 * 1024 * 1024

Read = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What an MP4 says of itself."""

    seconds: float
    width: int
    height: int


def video_facts(read: Read, size: int) -> VideoFacts:
    """Reads an MP4's index. Raises BadInput for what is none, or breaks off before its end."""
    broken = BadInput("The file is no MP4 video, or is cut off: send another.", field="video")
    place, index, first = 0, b"", b""
    while place < size:
        head = read(place, 16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if len(head) < 8 or length < 8 or place + length > size:
            raise broken
        first = first or head[4:8]
        if head[4:8] == b"moov" and length <= _INDEX_MOST:
            index = read(place, length)
        place += length
    header = index.find(b"mvhd")
    if first != b"ftyp" or header < 0:
        raise broken
    try:
        if index[header + 4] == 1:
            scale, duration = struct.unpack_from(">IQ", index, header + 24)
        else:
            scale, duration = struct.unpack_from(">II", index, header + 16)
        width = height = 0
        track = index.find(b"tkhd")
        while track >= 0:
            end = track + 4 + (96 if index[track + 4] == 1 else 84)
            wide, high = struct.unpack_from(">II", index, end - 8)
            width, height = max(width, wide >> 16), max(height, high >> 16)
            track = index.find(b"tkhd", track + 4)
        return VideoFacts(duration / scale, width, height)
    except (struct.error, IndexError, ZeroDivisionError) as error:
        raise broken from error


class Videos(Accounts):
    """The school's videos."""

    def begin_video(self, platform: Platform | str, size: int) -> PostVideo:
        """A video is announced, so many bytes of it."""
        platform = Platform(platform)
        number = str(
            self._store.next_serial(f"{platform}-video", _SERIAL.get(platform, 17_960_000_000_000_000), 10**6)
        )
        with self._store.writing() as db:
            db.execute(
                "insert into videos (platform, id, size, created_at) values (?, ?, ?, ?)",
                (platform, number, size, self._store.now()),
            )
        return self.video(platform, number)

    def add_video_piece(self, platform: Platform | str, video_id: str, start: int, data: bytes) -> PostVideo:
        """Some bytes of a video; the same ones again take their own place. Raises NotFound, BadInput."""
        video = self.video(platform, video_id)
        if video.state != "receiving" or start + len(data) > video.size or start < 0:
            raise BadInput("This video takes no such piece.", field="video")
        with self._store.writing() as db:
            db.execute(
                "insert into video_pieces (platform, id, start, data) values (?, ?, ?, ?)"
                " on conflict (platform, id, start) do update set data = excluded.data",
                (video.platform, video_id, start, data),
            )
        return self.video(platform, video_id)

    def close_video(self, platform: Platform | str, video_id: str) -> PostVideo:
        """All of it has come; it is processed for a moment. Raises NotFound, BadInput for an unusable one."""
        video = self.video(platform, video_id)
        if video.received != video.size:
            raise BadInput(f"Only {video.received} of {video.size} bytes have come.", field="video")
        facts = video_facts(lambda at, most: self.video_data(platform, video_id, at, most), video.size)
        limits = LIMITS[video.platform].video
        if not limits.seconds_min <= facts.seconds <= limits.seconds_max or video.size > limits.bytes_max:
            raise BadInput(f"A video of {facts.seconds:.1f} seconds is not taken.", field="video")
        with self._store.writing() as db:
            db.execute(
                "update videos set ready_at = ?, width = ?, height = ? where platform = ? and id = ?",
                (
                    self._store.now() + PROCESSING_SECONDS,
                    facts.width,
                    facts.height,
                    video.platform,
                    video_id,
                ),
            )
        return self.video(platform, video_id)

    def fail_video(self, platform: Platform | str, video_id: str) -> PostVideo:
        """It can't be used, as whoever asks is told. Raises NotFound."""
        self.video(platform, video_id)
        with self._store.writing() as db:
            db.execute(
                "update videos set ready_at = -1 where platform = ? and id = ?",
                (Platform(platform), video_id),
            )
        return self.video(platform, video_id)

    def video(self, platform: Platform | str, video_id: str) -> PostVideo:
        """One video without its bytes. Raises NotFound."""
        platform = Platform(platform)
        with self._store.reading() as db:
            row = db.execute(
                "select * from videos where platform = ? and id = ?", (platform, video_id)
            ).fetchone()
            if row is None:
                raise NotFound(f"There is no video {video_id}.")
            pieces = db.execute(
                "select start, length(data) as size from video_pieces where platform = ? and id = ?"
                " order by start",
                (platform, video_id),
            ).fetchall()
        received = 0
        for piece in pieces:
            if piece["start"] > received:
                break
            received = max(received, piece["start"] + piece["size"])
        if row["ready_at"] is None:
            state = "receiving"
        elif row["ready_at"] < 0:
            state = "failed"
        else:
            state = "processing" if self._store.now() < row["ready_at"] else "ready"
        return PostVideo(
            platform=platform,
            id=row["id"],
            size=row["size"],
            received=received,
            width=row["width"],
            height=row["height"],
            state=state,
            post_id=row["post_id"] or "",
            url=f"{self.base_url(platform)}/videos/{platform}/{row['id']}.mp4",
        )

    def video_of(self, platform: Platform | str, post_id: str) -> PostVideo | None:
        """The video that a post shows, if it shows one."""
        with self._store.reading() as db:
            row = db.execute(
                "select id from videos where platform = ? and post_id = ?", (Platform(platform), post_id)
            ).fetchone()
        return None if row is None else self.video(platform, row["id"])

    def video_data(self, platform: Platform | str, video_id: str, start: int, most: int) -> bytes:
        """At most so many bytes of a video from there on; empty at its end."""
        found = bytearray()
        with self._store.reading() as db:
            while len(found) < most:
                at = start + len(found)
                row = db.execute(
                    "select start, substr(data, ? - start + 1, ?) as part from video_pieces"
                    " where platform = ? and id = ? and start <= ? and start + length(data) > ?"
                    " order by start desc limit 1",
                    (at, most - len(found), Platform(platform), video_id, at, at),
                ).fetchone()
                if row is None:
                    break
                found += row["part"]
        return bytes(found)

    def piece_size(self, platform: Platform | str, video_id: str) -> int:
        """How many bytes the first piece has; 0 while it hasn't come."""
        with self._store.reading() as db:
            row = db.execute(
                "select length(data) as size from video_pieces where platform = ? and id = ? and start = 0",
                (Platform(platform), video_id),
            ).fetchone()
        return int(row["size"]) if row else 0

    def at_once(self) -> AbstractContextManager[object]:
        """What is done within happens as a whole or not at all."""
        return self._store.writing()

    def _show_video(self, platform: Platform, video_id: str, post_id: str) -> None:
        with self._store.writing() as db:
            db.execute(
                "update videos set post_id = ? where platform = ? and id = ?", (post_id, platform, video_id)
            )
