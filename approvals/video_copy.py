"""Making a video's clean copy with ffmpeg: judged, encoded anew, with film and sound and nothing else.

Every file may be hostile. ffmpeg runs as a process of its own with limits on time, memory and size, without
the product's environment, allowed files alone (no network), and only the few formats that cameras write.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from school.errors import BadInput, SchoolgateError

LENGTH_MAX = 600.0
"""Seconds: short films of the school, not lessons."""
LONG_SIDE, SHORT_SIDE = 1280, 720
"""Pixels: X takes no more, and the same copy does for every platform, so that one film is approved."""
SIDE_MIN = 32
PIXELS_MAX = 8192 * 4320
FRAMES_LEAST, FRAMES_MOST = 24.0, 30.0
"""Pictures a second; Instagram takes no fewer than 23."""
POSTER_SIDE = 800
LOOK_SECONDS = 30.0
COPY_SECONDS = 1800.0
CUT_OFF_SHARE = 0.05
"""So much shorter than it says of itself a film may come out, or a second: cameras round."""

# Which of ffmpeg's readers a file gets, by its first bytes; playlists, which name other files, get none.
_SIGNS: tuple[tuple[int, tuple[bytes, ...], str], ...] = (
    (4, (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"), "mov"),
    (0, (b"\x1aE\xdf\xa3",), "matroska"),
    (8, (b"AVI ",), "avi"),
)
SIGN_BYTES = 16
_HEARD = (
    "h264,hevc,mpeg4,mjpeg,vp8,vp9,av1,libdav1d,msmpeg4v3,aac,mp3,mp3float,opus,vorbis,ac3,pcm_s16le,pcm_s16be,"
    "pcm_s24le,pcm_u8,pcm_mulaw,pcm_alaw,amrnb,amr_nb,flac,alac"
)
_BROKEN = ("Invalid data", "Error while decoding", "does not contain", "Conversion failed")
_DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)", re.MULTILINE)
_STREAM = re.compile(r"^  Stream #0:(\d+)[^:\n]*: (Video|Audio): (.*)$", re.MULTILINE)
_SIZE = re.compile(r", (\d{1,5})x(\d{1,5})[ ,]")
_RATE = re.compile(r", ([\d.]+) fps")
_ROTATED = re.compile(r"rotation of (-?[\d.]+) degrees")
_WIDE_COLOURS = ("smpte2084", "arib-std-b67")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a video is, the right way up."""

    seconds: float | None
    """None where the file doesn't say."""
    width: int
    height: int
    rate: float
    """Pictures a second; 0 where the file doesn't say."""
    stream: int
    """Number of the film's stream."""
    wide_colours: bool = False
    """HDR: its colours must be brought down to those that every screen shows."""


class CopyFailed(SchoolgateError):
    """ffmpeg did not do what it should, for no reason that lies in the film."""


def reader_for(head: bytes) -> str | None:
    """Which of ffmpeg's readers opens a file that begins like this; None: it is no video that is taken."""
    for place, signs, reader in _SIGNS:
        if any(head[place : place + len(sign)] == sign for sign in signs):
            return reader
    return None


def not_a_video(name: str) -> BadInput:
    """What to tell whoever chose something else."""
    return BadInput(
        f"“{name}” is not a video that can be read. MP4, MOV, WebM and AVI are taken: save it as "
        "one of them and "
        "choose it again.",
        field="video",
    )


def look(file: Path, name: str) -> Facts:
    """What a file says of itself. Raises BadInput, naming it, for one that can't be a film of ours."""
    with file.open("rb") as opened:
        reader = reader_for(opened.read(SIGN_BYTES))
    if reader is None:
        raise not_a_video(name)
    # Without an output ffmpeg ends with an error once it has said everything.
    said = _ffmpeg(["-f", reader, *_INPUT, "-i", str(file)], seconds=LOOK_SECONDS).said
    if "moov atom not found" in said:
        raise _cut_off(name)
    films = [
        (int(number), words)
        for number, kind, words in _STREAM.findall(said)
        if kind == "Video" and "(attached pic)" not in words
    ]
    size = _SIZE.search(films[0][1]) if films else None
    if not films or size is None:
        raise not_a_video(name)
    stream, words = films[0]
    width, height = int(size[1]), int(size[2])
    turned = _ROTATED.search(said)
    if turned and round(float(turned[1])) % 180:
        width, height = height, width
    if width * height > PIXELS_MAX or min(width, height) < SIDE_MIN:
        raise BadInput(
            f"“{name}” has {width} × {height} pixels: each side needs at least {SIDE_MIN}, and "
            "more than 8K is not "
            "taken.",
            field="video",
        )
    length = _DURATION.search(said)
    rate = _RATE.search(words)
    return Facts(
        seconds=int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3]) if length else None,
        width=width,
        height=height,
        rate=float(rate[1]) if rate else 0.0,
        stream=stream,
        wide_colours=any(mark in words for mark in _WIDE_COLOURS),
    )


def make(
    source: Path, facts: Facts, name: str, folder: Path, *, beat: Callable[[], None]
) -> tuple[Path, Facts, Path]:
    """The clean copy, what it is, and a still of it, as files in the folder.

    MP4 with H.264 and AAC: the film's pictures and sound, and nothing else of what came. `beat` is called
    every few seconds meanwhile. Raises BadInput, naming the video, for one that is too long, cut off or
    broken; CopyFailed.
    """
    if facts.seconds is not None and facts.seconds > LENGTH_MAX + 1:
        raise _too_long(name, facts.seconds)
    with source.open("rb") as opened:
        reader = reader_for(opened.read(SIGN_BYTES))
    if reader is None:
        raise not_a_video(name)
    copy, still = folder / "copy.mp4", folder / "still.jpg"
    done = _ffmpeg(
        ["-f", reader, *_INPUT, "-i", str(source), *_output(facts), str(copy)],
        seconds=COPY_SECONDS,
        beat=beat,
    )
    if done.status != 0 or not copy.exists() or not copy.stat().st_size:
        if done.killed:
            raise BadInput(
                f"“{name}” took too long or needs too much memory to be prepared. Save it "
                "smaller and choose it "
                "again.",
                field="video",
            )
        if "No space left" not in done.said and any(words in done.said for words in _BROKEN):
            raise not_a_video(name)
        raise CopyFailed(f"ffmpeg ended with {done.status}")
    made = look(copy, name)
    if made.seconds is None or made.seconds <= 0.1:
        raise not_a_video(name)
    if made.seconds > LENGTH_MAX + 0.5:
        raise _too_long(name, made.seconds)
    if facts.seconds is not None and made.seconds < facts.seconds - max(1.0, facts.seconds * CUT_OFF_SHARE):
        raise BadInput(
            f"“{name}” ends after {made.seconds:.0f} of the {facts.seconds:.0f} seconds that it "
            "says it has: it is "
            "cut off or damaged. Copy it from the device again and choose it again.",
            field="video",
        )
    at = f"{min(1.0, made.seconds / 3):.2f}"
    box = f"scale={POSTER_SIDE}:{POSTER_SIDE}:force_original_aspect_ratio=decrease:force_divisible_by=2"
    drawn = _ffmpeg(
        [
            *("-f", "mov", *_INPUT, "-ss", at, "-i", str(copy), "-frames:v", "1", "-vf", box, *_BARE),
            *("-c:v", "mjpeg", "-q:v", "4", "-update", "1", "-f", "image2", str(still)),
        ],
        seconds=LOOK_SECONDS,
    )
    if drawn.status != 0 or not still.exists():
        raise CopyFailed(f"ffmpeg drew no still and ended with {drawn.status}")
    return copy, made, still


# Files alone, and of those only the kinds of film and sound that cameras write.
_INPUT = ["-protocol_whitelist", "file", "-codec_whitelist", _HEARD, "-threads", "2"]
# Tags, chapters, subtitles and data streams stay behind, and ffmpeg doesn't sign its work.
_BARE = ["-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn", "-fflags", "+bitexact"]
_BARE += ["-flags:v", "+bitexact", "-flags:a", "+bitexact"]


def _output(facts: Facts) -> list[str]:
    rate = min(max(facts.rate, FRAMES_LEAST), FRAMES_MOST) if facts.rate else 25.0
    # Square pixels first; then into the box, never larger than it came.
    filters = ["scale=trunc(iw*sar/2)*2:trunc(ih/2)*2", "setsar=1"]
    if facts.wide_colours:
        filters += [
            "zscale=t=linear:npl=100",
            "format=gbrpf32le",
            "zscale=p=bt709",
            "tonemap=hable:desat=0",
            "zscale=t=bt709:m=bt709:r=tv",
        ]
    wide, high = (LONG_SIDE, SHORT_SIDE) if facts.width >= facts.height else (SHORT_SIDE, LONG_SIDE)
    filters += [
        f"scale=w='min(iw,{wide})':h='min(ih,{high})':force_original_aspect_ratio=decrease:force_divisible_by=2:out_range=tv",
        f"fps={rate:g}",
        "format=yuv420p",
    ]
    return [
        *("-map", f"0:{facts.stream}", "-map", "0:a:0?"),
        *_BARE,
        *("-t", f"{LENGTH_MAX + 2:g}", "-vf", ",".join(filters), "-threads", "2"),
        *("-c:v", "libx264", "-profile:v", "high", "-preset", "veryfast", "-crf", "23"),
        *("-maxrate", "3200k", "-bufsize", "6400k", "-g", f"{round(rate * 2)}", "-flags:v", "+cgop+bitexact"),
        *("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000"),
        *("-movflags", "+faststart", "-f", "mp4", "-y"),
    ]


def _too_long(name: str, seconds: float) -> BadInput:
    return BadInput(
        f"“{name}” is {length_words(seconds)} long: at most {length_words(LENGTH_MAX)} are taken. Cut it "
        "shorter and choose it again.",
        field="video",
    )


def _cut_off(name: str) -> BadInput:
    return BadInput(
        f"“{name}” is cut off: the part of the file that says what is in it is missing. Copy it "
        "from the device "
        "again and choose it again.",
        field="video",
    )


def length_words(seconds: float) -> str:
    """A length as people say it: 9 seconds, 2:20 minutes, 10 minutes."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes and rest:
        return f"{minutes}:{rest:02d} minutes"
    number, unit = (minutes, "minute") if minutes else (rest, "second")
    return f"{number} {unit}{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class _Done:
    status: int
    said: str
    killed: bool


def _ffmpeg(arguments: Sequence[str], *, seconds: float, beat: Callable[[], None] | None = None) -> _Done:
    """Run it by the launcher that sets the limits. The last of what it said is kept, never logged."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module  # nosec B603
        [
            sys.executable,
            "-m",
            "approvals.filming",
            str(int(seconds)),
            str(os.getpid()),
            "-nostdin",
            "-hide_banner",
            *arguments,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # Nothing of the product's settings and keys; where Python finds this product's packages.
        env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        start_new_session=True,
    ) as process:
        waited, killed, said = 0.0, False, b""
        try:
            while True:
                try:
                    _, said = process.communicate(timeout=_BEAT)
                    break
                except subprocess.TimeoutExpired:
                    waited += _BEAT
                    if waited >= seconds:
                        killed = True
                        process.kill()
                    elif beat is not None:
                        beat()
        except BaseException:
            process.kill()
            raise
    status = process.returncode
    return _Done(status, said[-200_000:].decode(errors="replace"), killed or status < 0)


_BEAT = 3.0
