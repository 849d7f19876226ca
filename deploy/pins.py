"""`make pins`: write deploy/requirements.txt, every package of the image with its exact version.

Read from what is installed here, which is what the tests ran with. Left out is what only training
and Detoxify's own checkpoints need: the model that ships is served by ONNX Runtime.
"""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TRAINING_ONLY = frozenset({"torch", "transformers", "detoxify"})
FILE = Path(__file__).parent / "requirements.txt"
HEAD = (
    "# Every package of the image, exactly. Written by `make pins` from what the tests ran with;\n"
    "# installed with --no-deps, so nothing else comes in.\n"
)
# What serves wherever the image runs, whatever this machine is.
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": ""}


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
        waiting += _needed_by(installed.requires or [])
    found |= data_only()
    return dict(sorted(found.items()))


def data_only() -> dict[str, str]:
    """Name to version of the packages of which only a file is used: nothing that they ask for comes along."""
    project = tomllib.loads((FILE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(line.split("==") for line in project["tool"]["schoolgate"]["data-only"])


def _needed_by(lines: list[str]) -> list[str]:
    needed = []
    for line in lines:
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate(LINUX):
            continue
        needed.append(canonicalize_name(wanted.name))
        for extra in wanted.extras:
            for more in distribution(wanted.name).requires or []:
                under = Requirement(more)
                if under.marker is not None and under.marker.evaluate({**LINUX, "extra": extra}):
                    needed.append(canonicalize_name(under.name))
    return needed


def written() -> dict[str, str]:
    """Name to version of what the file says now."""
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    return dict(line.split("==") for line in lines)


def text() -> str:
    """The file as it should be."""
    return HEAD + "".join(f"{name}=={version}\n" for name, version in pins().items())


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
