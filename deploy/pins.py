"""`make pins`: write deploy/requirements.txt, every package of the image with its exact version and files.

Read from what is installed here, which is what the tests ran with. Left out is what only training
and Detoxify's own checkpoints need: the model that ships is served by ONNX Runtime. The hashes are those that
pip finds in the index for 64-bit Linux on both kinds of processor; pip then installs no other file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TRAINING_ONLY = frozenset({"torch", "transformers", "detoxify"})
FILE = Path(__file__).parent / "requirements.txt"
HEAD = (
    "# Every package of the image, exactly. Written by `make pins` from what the tests ran with;\n"
    "# installed with --no-deps and --require-hashes, so nothing else comes in.\n"
)
# What serves wherever the image runs, whatever this machine is.
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": ""}


BUILT_ELSEWHERE = ("pycld2",)
"""Packages with a wheel for the usual processor alone: for the other kind the image compiles their source."""
PLATFORMS = (
    (),
    tuple(f"--no-binary={name}" for name in BUILT_ELSEWHERE),
    (
        # As the machine that the image is built on, but for the processor.
        "--only-binary=:all:", "--target=nowhere",
        *(f"--platform=manylinux_2_{at}_aarch64" for at in (36, 35, 34, 31, 28, 27, 26, 24, 17)),
        "--platform=manylinux2014_aarch64",
    ),
)  # fmt: skip
"""What pip is told beside the packages: once nothing, for the processor here; then what has a wheel for this
one alone as source; and all else for the other kind."""


def pins() -> dict[str, str]:
    """Name to version of everything that the product needs to run, by name."""
    found: dict[str, str] = {}
    waiting = ["schoolgate"]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name in TRAINING_ONLY:
            continue
        seen.add(name)
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            sys.exit(f"{name} is needed but not installed here: run `make install` first.")
        if name != "schoolgate":
            found[name] = installed.version
        waiting += needed(name)
    found |= data_only()
    return dict(sorted(found.items()))


def data_only() -> dict[str, str]:
    """Name to version of the packages of which only a file is used: nothing that they ask for comes along."""
    project = tomllib.loads((FILE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(line.split("==") for line in project["tool"]["schoolgate"]["data-only"])


def needed(name: str) -> set[str]:
    """What a package that is installed here asks for on Linux."""
    needed = list[str]()
    for line in distribution(name).requires or []:
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate(LINUX):
            continue
        needed.append(canonicalize_name(wanted.name))
        for extra in wanted.extras:
            for more in distribution(wanted.name).requires or []:
                under = Requirement(more)
                if under.marker is not None and under.marker.evaluate({**LINUX, "extra": extra}):
                    needed.append(canonicalize_name(under.name))
    return set(needed)


def locked() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Name to version and SHA-256 of each file that may be installed: what the file says now."""
    found = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line and line[0] != "#":
            pin, *hashes = line.split()
            name, _, version = pin.partition("==")
            found[name] = version, tuple(one.removeprefix("--hash=sha256:") for one in hashes)
    return found


def hashes(wanted: dict[str, str]) -> dict[str, list[str]]:
    """Name to SHA-256 of the files that pip would install; it downloads little more than what they say."""
    found: dict[str, set[str]] = {name: set() for name in wanted}
    built = set[str]()
    for more in PLATFORMS:
        # A package that is source alone is the same for every processor, and pip takes none for another. The
        # setuptools that is among the pins builds it.
        as_source = any(one.startswith("--no-binary") for one in more)
        names = [
            name for name in wanted if name not in built and (not as_source or name in BUILT_ELSEWHERE)
        ]
        for name, digest, wheel in _asked([f"{name}=={wanted[name]}" for name in names], more):
            found[name].add(digest)
            if not wheel:
                built.add(name)
    return {name: sorted(digests) for name, digests in found.items()}


def _asked(wanted: list[str], more: Iterable[str]) -> Iterable[tuple[str, str, bool]]:
    done = subprocess.run(  # noqa: S603 - our own interpreter, names and versions  # nosec B603
        [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet",
         "--report=-", *more, *wanted],
        stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    for one in json.loads(done.stdout)["install"]:
        name = canonicalize_name(one["metadata"]["name"])
        file = one["download_info"]
        yield name, file["archive_info"]["hashes"]["sha256"], file["url"].endswith(".whl")


def text() -> str:
    """The file as it should be."""
    lines, wanted = [HEAD], pins()
    for name, digests in hashes(wanted).items():
        files = "".join(f" --hash=sha256:{one}" for one in digests)
        lines.append(f"{name}=={wanted[name]}{files}\n")
    return "".join(lines)


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
