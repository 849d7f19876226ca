"""ffmpeg's process: its limits, what it may open, and that nothing is left when its worker is "
"killed (P28)."""

from __future__ import annotations

import http.server
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from approvals import video_copy, videos
from school.errors import BadInput
from school.settings import settings
from tests.clips import clip, said_of
from worker import filming


def made(data: bytes, folder: Path) -> tuple[bytes, video_copy.Facts, bytes]:
    source = folder / "original"
    source.write_bytes(data)
    facts = video_copy.look(source, "film.mp4")
    copy, found, still = video_copy.make(source, facts, "film.mp4", folder, beat=lambda: None)
    return copy.read_bytes(), found, still.read_bytes()


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (lambda: clip(2, "1920x1080", sound=False), (1280, 720)),
        (lambda: clip(2, "320x240", rotate=90), (240, 320)),
        (
            lambda: clip(
                2, suffix="webm", codecs=("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus")
            ),
            (320, 240),
        ),
        (lambda: clip(2, suffix="avi", codecs=("-c:v", "mjpeg", "-c:a", "pcm_s16le")), (320, 240)),
    ],
)
def test_every_kind_becomes_one_that_all_platforms_take(tmp_path: Path, data: object, size: object) -> None:
    assert callable(data)
    copy, found, still = made(data(), tmp_path)
    said = said_of(copy)
    assert (found.width, found.height) == size and 1.9 < (found.seconds or 0) < 2.2
    assert "h264 (High)" in said and "yuv420p" in said and "rotation" not in said
    assert copy.find(b"moov") < copy.find(b"mdat")
    assert still[:3] == b"\xff\xd8\xff" and b"Exif" not in still


def test_a_film_that_names_other_files_reaches_none(tmp_path: Path) -> None:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}/secret.mp4"
        (tmp_path / "secret.mp4").write_bytes(clip(2))
        for words in (
            f"#EXTM3U\n#EXTINF:1,\n{address}\n",
            f"ffconcat version 1.0\nfile {tmp_path / 'secret.mp4'}\n",
            # A QuickTime file whose film lies elsewhere.
            "\0\0\0\x14ftypqt  \0\0\0\0qt  "
            + "\0\0\0\x30rmra\0\0\0\x28rmda\0\0\0\x20rdrf\0\0\0\0url "
            + address,
        ):
            with pytest.raises(BadInput):
                made(words.encode("latin-1"), tmp_path)
        # Even where a reader of such files is asked for: the program itself may open no address.
        done = video_copy._ffmpeg(["-f", "mov", *video_copy._INPUT, "-i", address], seconds=10)
        assert done.status != 0 and "not on whitelist" in done.said
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []


def test_the_program_sees_no_settings_and_runs_within_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOLGATE_SECRET_KEY", "a secret of more than thirty-two characters")
    (tmp_path / "in.mp4").write_bytes(clip(30, "640x480"))
    slow = ["-stream_loop", "-1", "-re", "-i", str(tmp_path / "in.mp4"), "-f", "null", "-"]
    seen: dict[str, str] = {}

    def look() -> None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if "-stream_loop" in (process / "cmdline").read_text():
                    seen["environ"] = (process / "environ").read_text()
                    seen["limits"] = (process / "limits").read_text()
            except OSError:
                continue

    began = time.monotonic()
    done = video_copy._ffmpeg(slow, seconds=6, beat=look)
    assert done.killed and time.monotonic() - began < 60
    assert "SCHOOLGATE" not in seen["environ"]
    [memory] = [line for line in seen["limits"].splitlines() if line.startswith("Max address space")]
    assert "unlimited" not in memory


def test_nothing_is_begun_for_a_worker_that_was_killed_meanwhile() -> None:
    """It has another parent then, and would run to its end for nobody."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    launched = subprocess.run(
        [sys.executable, "-m", "approvals.filming", "60", str(gone.pid), "-version"],
        capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=60, check=False,
    )  # fmt: skip
    assert launched.returncode == 1 and "ffmpeg" not in launched.stdout
    assert launched.stderr == "The worker that asked for this has ended.\n"


def test_a_worker_killed_in_the_middle_leaves_no_program_and_what_it_left_is_swept(
    settings_home: Path,
) -> None:
    folder = videos.work_folder() / "video-killed"
    folder.mkdir()
    (folder / "in.mp4").write_bytes(clip(30, "640x480"))
    code = f"""
        from pathlib import Path
        from approvals import video_copy
        from worker.locks import FileLock
        FileLock(Path({str(folder)!r}) / "lock").take() or exit(3)
        print("locked", flush=True)
        lock = FileLock(Path({str(folder)!r}) / "second")
        lock.take()
        video_copy._ffmpeg(["-stream_loop", "-1", "-re", "-i", {str(folder / "in.mp4")!r}, "-f", "null", "-"],
                           seconds=300)
    """
    worker = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert worker.stdout is not None and worker.stdout.readline() == b"locked\n"

    def running() -> list[int]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (
                    str(folder) in (process / "cmdline").read_text()
                    and "stream_loop\0" in (process / "cmdline").read_text()
                ):
                    found.append(int(process.name))
            except OSError:
                continue
        return found

    until = time.monotonic() + 60
    while not running() and time.monotonic() < until:
        time.sleep(0.2)
    assert running()
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    until = time.monotonic() + 60
    while running() and time.monotonic() < until:
        time.sleep(0.2)
    assert running() == []
    assert filming.sweep() == 1 and not folder.exists()
    assert settings().home in folder.parents
