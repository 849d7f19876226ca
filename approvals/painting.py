"""Painting over places of a picture so that nothing of what was there is left (P28).

A blur or a mosaic alone is made of the face: its colours can be compared with those of every child that
somebody knows, blurred in the same way, and programs guess a face back. So a place is painted with what lies
around it and outside every other such place, ever smoother towards its middle: it looks blurred, and is the
same whoever was in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from PIL import Image

WORKED_SIDE = 512
"""What lies around is averaged down to this before it is spread: smooth is what is wanted."""
COUNTS = 64
"""Of 255: the least part of a cell outside all places that its colour can be taken from."""
GREY = (128, 128, 128)
"""Where nothing of the picture is left to take colours from."""


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle in pixels of the cleaned picture."""

    left: int
    top: int
    width: int
    height: int
    face: int = 0
    """Number of the face that it was found for, from 1; 0 for one that somebody added."""

    def within(self, width: int, height: int) -> Place:
        """The part of it that is in a picture of that size, at least one pixel."""
        left, top = min(max(self.left, 0), width - 1), min(max(self.top, 0), height - 1)
        right, bottom = min(self.left + self.width, width), min(self.top + self.height, height)
        return Place(left, top, max(right - left, 1), max(bottom - top, 1), self.face)

    def scaled(self, by_x: float, by_y: float) -> Place:
        """The same place in a copy of another size; never less than it covers there."""
        left, top = int(self.left * by_x), int(self.top * by_y)
        right, bottom = ceil((self.left + self.width) * by_x), ceil((self.top + self.height) * by_y)
        return Place(left, top, right - left, bottom - top, self.face)

    def part_in(self, others: Sequence[Place]) -> float:
        """The largest part of it, 0 to 1, that one of the others covers."""
        most = 0
        for other in others:
            wide = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
            tall = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
            most = max(most, max(wide, 0) * max(tall, 0))
        return most / (self.width * self.height)


def painted(image: Image.Image, places: Sequence[Place]) -> Image.Image:
    """A copy of an RGB or RGBA picture with the places painted over."""
    result = image.copy()
    if not places:
        return result
    inside = [place.within(*image.size) for place in places]
    factor = max(1, -(-max(image.size) // WORKED_SIDE))
    ground = _spread(_outside(image, inside).reduce(factor))
    for place in inside:
        around = (
            place.left / factor,
            place.top / factor,
            min((place.left + place.width) / factor, ground.width),
            min((place.top + place.height) / factor, ground.height),
        )
        patch = ground.resize((place.width, place.height), Image.Resampling.BICUBIC, box=around)
        result.paste(patch.convert(result.mode), (place.left, place.top))
    return result


def _outside(image: Image.Image, places: Sequence[Place]) -> Image.Image:
    """The picture as RGBA, empty and black in every place."""
    left = image.convert("RGB").convert("RGBA")
    for place in places:
        box = (place.left, place.top, place.left + place.width, place.top + place.height)
        left.paste((0, 0, 0, 0), box)
    return left


def _spread(picture: Image.Image) -> Image.Image:
    """The picture as RGB, its empty parts filled from around: first from near, where that is empty from afar.

    Pillow weighs colours by how much of them is there when it brings an RGBA picture down.
    """
    levels = [_all_or_nothing(picture)]
    while max(levels[-1].size) > 1:
        levels.append(_all_or_nothing(levels[-1].reduce(2)))
    filled = Image.new("RGB", (1, 1), GREY)
    for level in reversed(levels):
        filled = filled.resize(level.size, Image.Resampling.BICUBIC)
        filled.paste(level.convert("RGB"), mask=level.getchannel("A"))
    return filled


def _all_or_nothing(level: Image.Image) -> Image.Image:
    level.putalpha(level.getchannel("A").point([255 if part >= COUNTS else 0 for part in range(256)]))
    return level
