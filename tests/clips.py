"""Videos that ffmpeg makes: of any length, with whatever a phone writes into its files, or broken."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio_ffmpeg

PLACE = "+51.5007-000.1246+035.0/"
"""What an iPhone writes: a place in London."""
PHONE = (
    f"com.apple.quicktime.location.ISO6709={PLACE}",
    "com.apple.quicktime.make=Apple",
    "com.apple.quicktime.model=iPhone of Hannah",
    "location=" + PLACE,
    "title=Rosa Ainsworth",
)
_CHAPTERS = """;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1000
START=0
END=900
title=Class of Rosa Ainsworth
"""
_SUBTITLES = """1
00:00:00,000 --> 00:00:01,000
Rosa Ainsworth waves
"""


@lru_cache(maxsize=32)
def clip(
    seconds: float = 4,
    size: str = "320x240",
    *,
    sound: bool = True,
    suffix: str = "mp4",
    codecs: tuple[str, ...] = (),
    front: bool = True,
    rotate: int = 0,
) -> bytes:
    """A test picture that moves, with a tone, and everything in it that must not get out."""
    with TemporaryDirectory() as folder:
        made = Path(folder) / f"made.{suffix}"
        arguments = ["-f", "lavfi", "-i", f"testsrc=size={size}:rate=25:duration={seconds}"]
        if sound:
            arguments += ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"]
        more = Path(folder) / "chapters.txt"
        more.write_text(_CHAPTERS)
        words = Path(folder) / "words.srt"
        words.write_text(_SUBTITLES)
        arguments += ["-i", str(more), "-i", str(words)]
        place = 2 if sound else 1
        arguments += ["-map", "0:v", *(["-map", "1:a"] if sound else []), "-map_chapters", str(place)]
        if suffix in {"mp4", "mov"}:
            arguments += ["-map", f"{place + 1}:s", "-c:s", "mov_text"]
        arguments += (
            [*codecs] if codecs else ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
        )
        for pair in PHONE:
            arguments += ["-metadata", pair]
        arguments += ["-movflags", "use_metadata_tags" + ("+faststart" if front else "")]
        _run(*arguments, str(made))
        if rotate:
            turned = Path(folder) / f"turned.{suffix}"
            _run("-display_rotation", str(rotate), "-i", str(made), "-map", "0", "-c", "copy", str(turned))
            made = turned
        return made.read_bytes()


def said_of(data: bytes) -> str:
    """What ffmpeg says of a file: its streams, tags and chapters."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "looked-at"
        file.write_bytes(data)
        # Without an output it complains, after it has said everything.
        told = subprocess.run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(file)],
            capture_output=True,
            timeout=60,
            check=False,
        )
        return told.stderr.decode(errors="replace")


def _run(*arguments: str) -> None:
    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-v", "error", "-y", *arguments],
        check=True,
        capture_output=True,
        timeout=120,
    )
