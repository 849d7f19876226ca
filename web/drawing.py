"""Charts as SVG, drawn here: columns over time, each a stack of parts. No text is inside the picture.

The words beside it are the page's own, so that they can be read at any width, at any zoom and aloud; behind
each chart stands its table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.words import KINDS

HEIGHT = 100.0
_STEP, _GAP = 10.0, 1.6

COLOURS = 8
"""Colours that the style sheet has, in light and dark; further parts begin again with the first."""
SCALE = COLOURS
"""The first of the colours that stand for more and more of one thing, from pale to strong."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of every column: its name, its colour's number and its values, one for each column."""

    name: str
    colour: int
    values: tuple[float, ...]

    @property
    def total(self) -> float:
        """All its values together."""
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle, in units of the picture."""

    x: float
    y: float
    height: float
    colour: int


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what a pointer over it is told, and its rectangles."""

    words: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, ready for its template."""

    key: str
    title: str
    said: str
    """What the picture shows, in a sentence."""
    labels: tuple[str, ...]
    parts: tuple[Part, ...]
    columns: tuple[Column, ...]
    most: float
    """The height of the highest column."""
    unit: str
    """Before a number, such as "$"; empty for counts."""

    @property
    def width(self) -> float:
        """Of the picture, in its units."""
        return _STEP * len(self.labels)

    @property
    def bar(self) -> float:
        """Width of one column."""
        return _STEP - _GAP

    def say(self, value: float) -> str:
        """A value as people read it."""
        return _say(value, self.unit)


def _say(value: float, unit: str) -> str:
    return f"{unit}{value:,.2f}" if unit else f"{value:,.0f}"


def chart(
    key: str,
    title: str,
    labels: Sequence[str],
    parts: Sequence[Part],
    *,
    unit: str = "",
    at: str = "",
    of: str = "",
) -> Chart | None:
    """A chart of these parts, the first at the bottom; None where there is nothing to see.

    `at`: stands in its sentence before the label of a column that is no time. `of`: before a part's name.
    """
    shown = tuple(part for part in parts if part.total)
    if not shown or not labels:
        return None
    totals = [sum(part.values[place] for part in shown) for place in range(len(labels))]
    most = max(totals)
    columns = []
    for place, label in enumerate(labels):
        blocks, words, top = [], [], HEIGHT
        for part in shown:
            value = part.values[place]
            if not value:
                continue
            height = HEIGHT * value / most
            top -= height
            blocks.append(
                Block(round(_STEP * place + _GAP / 2, 2), round(top, 2), round(height, 2), part.colour)
            )
            words.append(f"{part.name} {_say(value, unit)}")
        columns.append(Column(f"{label}: {', '.join(words) or 'nothing'}", tuple(blocks)))
    said = _sentence(labels, totals, shown, unit=unit, at=at, of=of)
    return Chart(key, title, said, tuple(labels), shown, tuple(columns), most, unit)


def _sentence(
    labels: Sequence[str], totals: Sequence[float], shown: Sequence[Part], *, unit: str, at: str, of: str
) -> str:
    """ "20 in all, most in the week of 23 Nov (12); more than half were abuse." Of equals it says nothing."""
    whole, most = sum(totals), max(totals)
    said = f"{_say(whole, unit)} in all"
    if totals.count(most) == 1:
        when = at + labels[totals.index(most)] if at else _when(labels[totals.index(most)])
        said += f", {when}" if most == whole else f", most {when} ({_say(most, unit)})"
    largest = max(part.total for part in shown)
    leading = [part.name for part in shown if part.total == largest]
    if len(leading) == 1:
        was = "was" if unit or whole == 1 else "were"
        if len(shown) == 1:
            share = "all of it was" if was == "was" else "all of them were"
        else:
            share = f"more than half {was}" if 2 * largest > whole else "the largest part was"
        said += f"; {share} {of}{leading[0]}"
    return f"{said}."


def _when(label: str) -> str:
    """A column's time in a sentence: "on 3 Jun", "in the week of 3 Jun", "in Jun 2027"."""
    if label.startswith("week of "):
        return f"in the {label}"
    return f"on {label}" if label[0].isdigit() else f"in {label}"


def colour_of_kind(kind: str) -> int:
    """Each kind of reason has the same colour in every chart, whichever others are in it."""
    # Both say that a person has to read it, and there is one colour less than kinds.
    kind = "length" if kind == "language" else kind
    return list(KINDS).index(kind) % COLOURS if kind in KINDS else COLOURS - 1
