"""The text that can be read inside a picture: on a certificate, a peg, a wall.

RapidOCR with the PP-OCR models that its package ships (Apache 2.0), run by ONNX Runtime.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image
from rapidocr import RapidOCR

SIDES = (640, 960, 1600)
"""The picture's longer side is brought to these: letters of some 15 to 45 pixels are what is found."""


def read(image: Image.Image, threads: int) -> list[str]:
    """Each line of text in an RGB picture once, from the largest letters to the smallest."""
    cv2.setNumThreads(threads)
    reader = RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": max(SIDES),
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    found: dict[str, None] = {}
    for side in SIDES:
        factor = side / max(image.size)
        if factor > 1 and side != min(SIDES):
            # It has no smaller letters than were seen already.
            break
        width, height = (max(1, round(one * factor)) for one in image.size)
        seen = np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))
        read_here = getattr(reader(np.ascontiguousarray(seen[:, :, ::-1])), "txts", None) or ()
        found |= dict.fromkeys(line for line in read_here if sum(map(str.isalpha, line)) > 1)
    return list(found)
