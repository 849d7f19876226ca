"""`python -m approvals.seeing faces|words THREADS`: a clean copy on standard input, what is in it on standard
output, as JSON."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import astuple
from io import BytesIO
from typing import Any

from PIL import Image

NICE = 10
"""Comments are scored first: a threat must not wait for a picture (P23)."""


def main() -> None:
    """Look at one picture and end."""
    os.nice(NICE)
    wanted, threads = sys.argv[1], int(sys.argv[2])
    with Image.open(BytesIO(sys.stdin.buffer.read())) as opened:
        image = opened.convert("RGB")
    answer = _faces(image, threads) if wanted == "faces" else _words(image, threads)
    json.dump({"size": image.size, **answer}, sys.stdout)


def _faces(image: Image.Image, threads: int) -> dict[str, Any]:
    # Each brings libraries of tens of megabytes that the other has no use for.
    from approvals.seeing import faces  # noqa: PLC0415

    return {"faces": [astuple(box) for box in faces.find(faces.load(threads), image)]}


def _words(image: Image.Image, threads: int) -> dict[str, Any]:
    from approvals.seeing import words  # noqa: PLC0415

    return {"lines": words.read(image, threads)}


if __name__ == "__main__":
    main()
