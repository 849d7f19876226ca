"""The one maker of PDFs: evidence packs, letters, reports, consent records. The same input, the same bytes.

Nothing that is shown is left out for want of a letter: see `school.paper_text`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Literal

from fpdf import FPDF
from fpdf.enums import TextEmphasis
from fpdf.fonts import FontFace
from fpdf.line_break import Fragment
from PIL import Image

from school.paper_text import ARABIC, BODY, FONTS, families, font_file, shown

_MARGIN = 18.0
_LINE = 5.0
"""Millimetres from line to line of plain text."""
_SIZE = 10.0
_GREY = (90, 90, 90)
_RULE = (190, 190, 190)
_BOLD = FontFace(emphasis="BOLD")
_PIXELS_MAX = 1600
_PICTURE_MM_MAX = 150.0
_LINES_IN_ROW = 40
"""Of a table: what has more lines goes on in the next row, since a row must fit on a page."""
_LONG_CELL = 200
_ALL_BUT_ARABIC = tuple(
    zip(
        (0x20, *(last + 1 for _, last in ARABIC)),
        (*(first - 1 for first, _ in ARABIC), 0x10FFFF),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands at the top of a letter: the school's name and the lines below it."""

    name: str
    lines: tuple[str, ...]


class _Sheets(FPDF):
    """Pages with a footer that says what this is and which page of how many."""

    said = ""

    def set_font(self, family: str | None = None, style: str | TextEmphasis = "", size: float = 0) -> None:
        """Say the font to the page at once.

        Else the library says it with the next words, and where those begin in a script of another font, what
        follows them is drawn with the letters of the font before.
        """
        super().set_font(family, style, size)
        if self.page and self.current_font is not None and not self.current_font_is_set_on_page:
            self._out(self._set_font_for_page(self.current_font, self.font_size_pt))

    def _preload_bidirectional_text(self, text: str, markdown: bool) -> Sequence[Fragment]:
        """Each line runs as its own letters do, from the left or from the right (UAX 9, rule P1)."""
        of_line = super()._preload_bidirectional_text
        return [one for line in text.splitlines(keepends=True) for one in of_line(line, markdown)]

    def footer(self) -> None:
        # A page may end inside a frame whose text is indented.
        margin, self.c_margin = self.c_margin, 1.0
        self.set_y(-14)
        self.set_font(BODY, "", 8)
        self.set_text_color(*_GREY)
        self.cell(0, 5, self.said, align="L", new_x="LMARGIN", new_y="TOP")
        self.cell(0, 5, f"Page {self.page_no()} of {{nb}}", align="R")
        self.set_text_color(0)
        self.c_margin = margin


class Paper:
    """A PDF that is written from top to bottom and finished once."""

    def __init__(self, title: str, *, footer: str, made_at: datetime) -> None:
        """`footer`: on every page beside its number. `made_at`: the only time that goes into the file."""
        sheets = _Sheets(format="A4")
        self._sheets = sheets
        self._there: set[str] = set()
        self._add_fonts({BODY})
        sheets.set_text_shaping(True)
        self._made_at = made_at
        sheets.set_creation_date(made_at)
        sheets.set_title(self.shown(title))
        sheets.set_author("Schoolgate")
        sheets.set_producer("Schoolgate")
        sheets.set_lang("en-GB")
        sheets.said = self._line(footer)
        sheets.set_margins(_MARGIN, _MARGIN)
        sheets.set_auto_page_break(True, margin=20)
        sheets.add_page()

    @property
    def pages(self) -> int:
        """How many pages there are so far."""
        return self._sheets.pages_count

    def letterhead(self, head: Letterhead) -> None:
        """The school's name and address at the top right, with a line below."""
        self._write(head.name, bold=True, size=14, align="R")
        for line in head.lines:
            self._write(line, size=9, align="R", colour=_GREY)
        self._rule()
        self.space(4)

    def title(self, words: str, below: str = "") -> None:
        """What the document is."""
        self._write(words, bold=True, size=17)
        if below:
            self._write(below, size=9, colour=_GREY)
        self.space(2)

    def heading(self, words: str) -> None:
        """The beginning of a part; never alone at the foot of a page."""
        if self._sheets.will_page_break(24):
            self._sheets.add_page()
        self.space(3)
        self._write(words, bold=True, size=12.5)
        self._rule()

    def text(self, words: str, *, bold: bool = False, small: bool = False) -> None:
        """A paragraph; new lines stay. One in bold leads to what follows, so it never ends a page."""
        if bold and self._sheets.will_page_break(16):
            self._sheets.add_page()
        self._write(words, bold=bold, size=8.5 if small else _SIZE, colour=_GREY if small else (0, 0, 0))

    def space(self, millimetres: float) -> None:
        """Empty room."""
        self._sheets.ln(millimetres)

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Names at the left, values at the right; empty values are left out."""
        filled = [(name, value) for name, value in pairs if value]
        if filled:
            # A few stay together, so that none stands alone at the head of a page.
            if len(filled) <= 4 and self._sheets.will_page_break(len(filled) * 7):
                self._sheets.add_page()
            self.table((), filled, widths=(32, 68), heads=False)

    def table(
        self,
        headings: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        widths: Sequence[float] | None = None,
        heads: bool = True,
    ) -> None:
        """Rows in columns; `widths` in any unit, as parts of the page's width."""
        self._font(size=9)
        self._sheets.set_draw_color(*_RULE)
        # Cells take the colour that was last filled with.
        self._sheets.set_fill_color(255)
        parts = widths or [1.0] * len(rows[0] if rows else headings)
        room = [self._sheets.epw * part / sum(parts) - 2.5 for part in parts]
        with self._sheets.table(
            col_widths=tuple(parts),
            first_row_as_headings=heads,
            headings_style=_BOLD,
            borders_layout="HORIZONTAL_LINES",
            line_height=_LINE,
            text_align="LEFT",
            v_align="TOP",
            padding=(0.6, 1),
        ) as made:
            for cells in [headings, *rows] if heads else rows:
                for part in self._rows(cells, room):
                    row = made.row()
                    for number, cell in enumerate(part):
                        row.cell(cell, style=_BOLD if not heads and number == 0 else None)
        self.space(1)

    def _rows(self, cells: Sequence[str], room: Sequence[float]) -> Iterator[list[str]]:
        """A row as one that fits on a page, or as several."""
        pieces = [self._pieces(self.shown(cell), width) for cell, width in zip(cells, room, strict=True)]
        for part in zip_longest(*pieces, fillvalue=""):
            yield list(part)

    def _pieces(self, text: str, width: float) -> list[str]:
        if len(text) < _LONG_CELL and text.count("\n") < _LINES_IN_ROW:
            return [text]
        lines = self._sheets.multi_cell(width, text=text, align="L", dry_run=True, output="LINES")
        assert isinstance(lines, list)
        return ["\n".join(lines[at : at + _LINES_IN_ROW]) for at in range(0, len(lines), _LINES_IN_ROW)]

    def bars(self, caption: str, rows: Sequence[tuple[str, int]], *, facts: int = 0) -> None:
        """A bar for each row beside its number, so that the drawing says nothing that the words don't.

        `facts`: how many lines of facts follow that are to stand on the same page.
        """
        sheets = self._sheets
        if sheets.will_page_break(min(len(rows), 12) * 6 + 10 + facts * 7):
            sheets.add_page()
        self._write(caption, bold=True, size=9.5)
        most = max((count for _, count in rows), default=0)
        for words, count in rows:
            if sheets.will_page_break(6):
                sheets.add_page()
            self._font(size=9)
            y = sheets.get_y()
            sheets.cell(70, 5.5, self._line(words, most=44))
            sheets.cell(14, 5.5, f"{count:,}", align="R")
            if most and count:
                sheets.set_fill_color(47, 93, 140)
                sheets.rect(_MARGIN + 88, y + 1, 84 * count / most, 3.5, style="F")
            sheets.set_xy(_MARGIN, y + 5.5)
        self.space(3)

    def post(self, *, platform: str, name: str, below: str, text: str, foot: str) -> None:
        """Something as a platform shows it: a card with the writer's sign, name and time, and the text."""
        sheets, colour = self._sheets, _COLOURS.get(platform.casefold(), (80, 80, 80))
        if sheets.will_page_break(34):
            sheets.add_page()
        self.space(1)
        sheets.set_draw_color(*_RULE)
        page, top = sheets.page_no(), sheets.get_y()
        self._cell("", border="LTR", height=3)
        y = sheets.get_y()
        sheets.set_fill_color(*colour)
        sheets.ellipse(_MARGIN + 4, y, 10, 10, style="F")
        self._font(bold=True, size=11)
        sheets.set_text_color(255)
        sheets.set_xy(_MARGIN + 4, y + 2.5)
        first = self._line(next((c for c in name if c.isalnum()), "?").upper())
        sheets.cell(10, 5, first if len(first) == 1 else "?", align="C")
        sheets.set_xy(_MARGIN, y)
        self._cell(name, border="LR", bold=True, indent=17)
        self._cell(below, border="LR", size=8.5, colour=_GREY, indent=17)
        self._cell("", border="LR", height=2)
        self._cell(text, border="LR", size=11, indent=5)
        self._cell(foot, border="LBR", size=8.5, colour=_GREY, indent=5)
        # The edge in the platform's colour, where the card is on one page.
        if sheets.page_no() == page:
            sheets.set_fill_color(*colour)
            sheets.rect(_MARGIN, top, 1.2, sheets.get_y() - top, style="F")
        self.space(2)

    def picture(self, data: bytes, caption: str) -> None:
        """A picture, made smaller where it is large; one that can't be drawn is said to be so."""
        try:
            with Image.open(io.BytesIO(data)) as opened:
                drawn = opened.convert("RGB")
        except Exception as error:  # noqa: BLE001 - Pillow raises dozens of kinds for broken files
            self.text(f"{caption} It can't be drawn ({type(error).__name__}).", small=True)
            return
        drawn.thumbnail((_PIXELS_MAX, _PIXELS_MAX))
        width = min(drawn.width * 25.4 / 96, self._sheets.epw)
        height = width * drawn.height / drawn.width
        if height > _PICTURE_MM_MAX:
            width, height = width * _PICTURE_MM_MAX / height, _PICTURE_MM_MAX
        if self._sheets.will_page_break(height + 8):
            self._sheets.add_page()
        self._sheets.image(drawn, w=width, h=height)
        self.text(caption, small=True)

    def attach(self, name: str, data: bytes, mime_type: str) -> None:
        """A file inside the PDF, as viewers show in their list of attachments."""
        self._sheets.embed_file(
            bytes=data,
            basename=name,
            mime_type=mime_type,
            creation_date=self._made_at,
            modification_date=self._made_at,
        )

    def finish(self) -> bytes:
        """The whole file."""
        return bytes(self._sheets.output())

    def shown(self, text: str) -> str:
        """The text as it will stand there: what no font has is named."""
        of = families()
        said = shown(text, of.keys())
        self._add_fonts({of[ord(letter)] for letter in said if ord(letter) in of})
        return said

    def _add_fonts(self, wanted: Set[str]) -> None:
        """Have these families at hand. Most papers need the body's alone, and each takes its time to read."""
        if wanted <= self._there:
            return
        for font in FONTS:
            if font.family in wanted - self._there:
                self._sheets.add_font(
                    font.family,
                    font.style,
                    font_file(font),
                    unicode_range=_ALL_BUT_ARABIC if font.family == BODY else None,
                )
        self._there |= wanted
        # In the order of `FONTS`, so that a letter comes from the same font whatever was written before.
        others = dict.fromkeys(font.family for font in FONTS if font.family in self._there - {BODY})
        self._sheets.set_fallback_fonts([*others], exact_match=False)

    def _line(self, text: str, most: int = 90) -> str:
        """One line of at most so many letters."""
        line = " ".join(self.shown(text).split())
        return line if len(line) <= most else f"{line[: most - 1]}…"

    def _font(self, *, bold: bool = False, size: float = _SIZE) -> None:
        self._sheets.set_font(BODY, "B" if bold else "", size)

    def _write(
        self,
        words: str,
        *,
        bold: bool = False,
        size: float = _SIZE,
        align: Literal["L", "R"] = "L",
        colour: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        self._font(bold=bold, size=size)
        self._sheets.set_text_color(*colour)
        self._sheets.multi_cell(
            0, _LINE * size / _SIZE, self.shown(words), align=align, new_x="LMARGIN", new_y="NEXT"
        )
        self._sheets.set_text_color(0)
        self.space(0.8)

    def _cell(
        self,
        words: str,
        *,
        border: str,
        bold: bool = False,
        size: float = _SIZE,
        colour: tuple[int, int, int] = (0, 0, 0),
        indent: float = 0.0,
        height: float | None = None,
    ) -> None:
        """Lines inside a frame whose sides go on over the pages' ends."""
        sheets = self._sheets
        self._font(bold=bold, size=size)
        sheets.set_text_color(*colour)
        margin = sheets.c_margin
        sheets.c_margin = margin + indent
        sheets.multi_cell(
            0, height or _LINE * size / _SIZE, self.shown(words), border=border, align="L",
            new_x="LMARGIN", new_y="NEXT",
        )  # fmt: skip
        sheets.c_margin = margin
        sheets.set_text_color(0)

    def _rule(self) -> None:
        y = self._sheets.get_y()
        self._sheets.set_draw_color(*_RULE)
        self._sheets.line(_MARGIN, y, self._sheets.w - _MARGIN, y)
        self.space(2)


_COLOURS = {"x": (20, 20, 20), "facebook": (24, 90, 188), "instagram": (176, 42, 120)}
