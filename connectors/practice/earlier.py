"""What a new practice world begins with: the school's earlier posts, comments under them, and followers."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from PIL import Image, ImageDraw

from connectors.base import Platform
from connectors.practice.crowd import settle
from connectors.practice.material import Line, characters, lines
from connectors.practice.world import World

_SEED = 1834
"""The year over the door of the school; any number would do, as long as it stays."""


@dataclass(frozen=True, slots=True)
class _Earlier:
    days_ago: float
    text: str
    scene: str = ""
    alt_text: str = ""


_POSTS = (
    _Earlier(
        23.2,
        "Welcome back, everyone! Our new Reception children have settled in beautifully and have already"
        " named the class snail. He is called Gary.",
        "snail",
        "A drawing of a snail with a spiral shell on green grass",
    ),
    _Earlier(
        16.4,
        "Reminder: the library bus is in the playground on Tuesday from 3.15 to 4.30. Bring a book back,"
        " take two home. All ages welcome.",
        "books",
        "A drawing of a row of colourful books on a shelf",
    ),
    _Earlier(
        9.1,
        "Harvest collection for the food bank: tins, pasta, rice and toiletries to the hall by Friday,"
        " please. Last year you filled 41 crates. Can we beat it?",
    ),
    _Earlier(
        4.3,
        "Well done to our Year 5 and 6 cross-country runners, who came third out of fourteen schools in the"
        " rain. Muddy shoes, big smiles.",
        "hills",
        "A drawing of green hills with a winding path under rain clouds",
    ),
    _Earlier(
        0.9,
        "Parents' evening is next Wednesday and Thursday, 3.30 to 6.30. Letters with times come home today."
        " If neither evening works, ring the office and we will find another.",
        "notice",
        "A drawing of a noticeboard with a clock and two calendar pages",
    ),
)


def lay_out_earlier_life(world: World) -> None:
    """Fills an empty world, once. A world that has been lived in stays as it is."""
    if world.store.fact("earlier_life") is not None:
        return
    chance = random.Random(_SEED)
    with world.store.writing():
        for platform in Platform:
            _posts(world, platform, chance)
            for character in chance.sample(
                [c for c in characters() if c.kind in {"parent", "neighbour"}], 14
            ):
                world.follow(platform, settle(world, platform, character).id)
        world.store.set_fact("earlier_life", "1")


def _posts(world: World, platform: Platform, chance: random.Random) -> None:
    now = world.clock()
    for number, earlier in enumerate(_POSTS):
        scene = earlier.scene or ("tins" if platform is Platform.INSTAGRAM else "")
        alt_text = earlier.alt_text or "A drawing of tins and jars on a table"
        pictures = [world.add_picture(platform, draw(scene), alt_text=alt_text).id] if scene else []
        at = now - timedelta(days=earlier.days_ago, minutes=7 * len(platform))
        post = world.publish(platform, earlier.text, picture_ids=pictures, at=at)
        for line in _older_lines(chance, number):
            writer = chance.choice([c for c in characters() if c.kind == _writer(line)])
            at += timedelta(minutes=chance.uniform(4, 90))
            world.say(
                platform,
                post.id,
                settle(world, platform, writer).id,
                line.text,
                kind=line.kind,
                at=min(at, now),
            )


def _writer(line: Line) -> str:
    return "troll" if line.kind in {"abuse", "subtle_abuse"} else "parent"


def _older_lines(chance: random.Random, number: int) -> Sequence[Line]:
    by_kind: dict[str, list[Line]] = {}
    for line in lines():
        if not line.reply:
            by_kind.setdefault(line.kind, []).append(line)
    kinds = (
        ["praise", "question", "praise"]
        + (["abuse"] if number == 3 else [])
        + (["complaint"] if number == 2 else [])
    )
    return [chance.choice(by_kind[kind]) for kind in kinds[: 2 + number]]


def draw(scene: str) -> bytes:
    """A plain coloured drawing as JPEG; no photograph, nobody in it."""
    image = Image.new("RGB", (900, 900), "#cfe8f5")
    pen = ImageDraw.Draw(image)
    match scene:
        case "snail":
            pen.rectangle((0, 640, 900, 900), fill="#7fb069")
            pen.rounded_rectangle((190, 560, 720, 660), 50, fill="#d9a566")
            for step in range(6):
                inset = step * 32
                pen.ellipse(
                    (300 + inset, 300 + inset, 620 - inset, 620 - inset),
                    fill=("#a0522d", "#c77b4a")[step % 2],
                )
            for x in (690, 720):
                pen.line((680, 580, x, 470), fill="#8a5a2b", width=10)
                pen.ellipse((x - 14, 456, x + 14, 484), fill="#333333")
        case "books":
            pen.rectangle((0, 0, 900, 900), fill="#f3e3c3")
            pen.rectangle((60, 700, 840, 740), fill="#8a5a2b")
            left = 90
            for width, height, colour in (
                (70, 420, "#d1495b"),
                (90, 500, "#00798c"),
                (60, 380, "#edae49"),
                (110, 460, "#30638e"),
                (80, 520, "#66a182"),
                (70, 400, "#8d5a97"),
                (100, 480, "#e07a5f"),
            ):
                pen.rectangle((left, 700 - height, left + width, 700), fill=colour)
                pen.rectangle((left + 10, 740 - height, left + width - 10, 770 - height), fill="#ffffff")
                left += width + 14
        case "hills":
            pen.rectangle((0, 0, 900, 900), fill="#b8c4cc")
            pen.ellipse((-300, 450, 600, 1300), fill="#588157")
            pen.ellipse((350, 500, 1300, 1400), fill="#7fb069")
            pen.line((420, 900, 500, 760, 430, 660, 520, 560), fill="#e9d8a6", width=46, joint="curve")
            for x in range(60, 900, 90):
                pen.line((x, 150 + x % 70, x - 20, 210 + x % 70), fill="#4a6fa5", width=6)
        case "tins":
            pen.rectangle((0, 620, 900, 900), fill="#b5838d")
            for left, colour in ((120, "#d1495b"), (320, "#edae49"), (520, "#66a182"), (700, "#30638e")):
                pen.rectangle((left, 380, left + 140, 640), fill=colour)
                pen.ellipse((left, 360, left + 140, 400), fill="#d9d9d9")
                pen.rectangle((left, 460, left + 140, 540), fill="#ffffff")
        case _:
            pen.rectangle((100, 120, 800, 780), fill="#b08968", outline="#7f5539", width=24)
            pen.ellipse((180, 220, 420, 460), fill="#ffffff", outline="#333333", width=8)
            pen.line((300, 340, 300, 260), fill="#333333", width=10)
            pen.line((300, 340, 360, 370), fill="#333333", width=10)
            for left in (470, 620):
                pen.rectangle((left, 240, left + 130, 420), fill="#ffffff")
                pen.rectangle((left, 240, left + 130, 280), fill="#d1495b")
            pen.rectangle((200, 540, 700, 700), fill="#fefae0")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
