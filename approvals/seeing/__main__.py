"""`python -m approvals.seeing THREADS`: a clean copy on standard input, what is in it on standard output."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import astuple
from io import BytesIO

from PIL import Image

from approvals.seeing import faces

NICE = 10
"""Comments are scored first: a threat must not wait for a picture (P23)."""


def main() -> None:
    """Look at one picture and end."""
    os.nice(NICE)
    with Image.open(BytesIO(sys.stdin.buffer.read())) as opened:
        image = opened.convert("RGB")
    found = faces.find(faces.load(int(sys.argv[1])), image)
    json.dump({"size": image.size, "faces": [astuple(box) for box in found]}, sys.stdout)


if __name__ == "__main__":
    main()
