"""Reading the school office's list of pupils and consents, a CSV or XLSX file (P24).

Office systems call their columns many things and write files in many codings; whatever is read is
shown before anything is applied, and whatever can't be read is named by its line.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, TypeVar

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from school.consent import PLATFORMS
from school.errors import BadInput
from school.models.consent import ConsentKind
from school.people import person_name
from school.spelling import same_name

T = TypeVar("T")

LINES_MAX = 20_000
TITLES_MAX = 10
"""Lines above the headings, such as the name of a report."""
COLUMNS_MAX = 200
UNPACKED_MAX = 200 * 1024 * 1024
"""An XLSX file is packed: bytes that it may have unpacked."""

_COLUMNS: Mapping[str, str] = {
    "name": "name", "full name": "name", "pupil": "name", "pupil name": "name", "student": "name",
    "student name": "name", "child": "name", "child's name": "name",
    "forename": "first", "first name": "first", "given name": "first", "preferred forename": "first",
    "legal forename": "first", "preferred first name": "first",
    "surname": "last", "last name": "last", "family name": "last", "legal surname": "last",
    "preferred surname": "last",
    "class": "class", "class name": "class", "reg": "class", "reg group": "class", "reg form": "class",
    "registration group": "class", "registration form": "class", "form": "class", "tutor group": "class",
    "upn": "reference", "unique pupil number": "reference", "admission number": "reference",
    "adno": "reference", "admission no": "reference", "pupil id": "reference", "reference": "reference",
    "given by": "given_by", "consent given by": "given_by", "parent": "given_by", "parent name": "given_by",
    "parent/carer": "given_by", "contact": "given_by", "carer": "given_by", "signed by": "given_by",
    "first day": "first_day", "from": "first_day", "start": "first_day", "start date": "first_day",
    "date": "first_day", "date given": "first_day", "consent date": "first_day", "valid from": "first_day",
    "last day": "last_day", "until": "last_day", "to": "last_day", "end": "last_day", "end date": "last_day",
    "expires": "last_day", "valid until": "last_day", "valid to": "last_day",
    "images": "image", "image": "image", "photos": "image", "photo": "image", "photographs": "image",
    "pictures": "image", "picture": "image", "photo consent": "image", "photograph": "image",
    "videos": "video", "video": "video", "film": "video", "filming": "video", "video consent": "video",
    "naming": "naming", "named": "naming", "name consent": "naming", "use of name": "naming",
    "name in posts": "naming", "first name in posts": "naming",
    "platforms": "platforms", "platform": "platforms", "where": "platforms", "social media": "platforms",
    "accounts": "platforms",
    "work": "work", "pupil's work": "work", "school work": "work", "schoolwork": "work",
}  # fmt: skip
_COLUMN_OF: Mapping[ConsentKind, str] = {
    **{kind: kind.value for kind in ConsentKind},
    # "name" is the pupil's own.
    ConsentKind.NAME: "naming",
}
_HEADING_OF: Mapping[ConsentKind, str] = {
    ConsentKind.IMAGE: "images",
    ConsentKind.VIDEO: "videos",
    ConsentKind.WORK: "work",
    ConsentKind.NAME: "naming",
}
"""What the page asks offices to call each column."""
_ALL = {"all", "every", "everywhere", "all platforms", "every platform", "any"}
_ALL_BUT = re.compile(
    r"(?:(?:all|every|everywhere|any)\b.*?\b(?:but|except|apart from|not)|not|no)\s+(?:on |for )?(.+)"
)
_BETWEEN = re.compile(r"\s*(?:[,;/&+|]|\band\b|\bor\b)\s*")
_SHORT = {"twitter": "x", "x (twitter)": "x", "fb": "facebook", "insta": "instagram", "ig": "instagram"}
_YES = {"yes", "y", "true", "1", "x", "✓", "✔", "given", "consent", "granted", "agreed", "ja", "oui"}
_NO = {"no", "n", "false", "0", "-", "–", "none", "refused", "not given", "withheld", "declined"}
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july",
         "aug august", "sep sept september", "oct october", "nov november", "dec december"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListedPupil:
    """One line of the list: a pupil with what the parents allow."""

    line: int
    name: str
    class_name: str
    """Empty: as in the register."""
    reference: str | None
    kinds: frozenset[ConsentKind]
    """What the parents allow."""
    refused: frozenset[ConsentKind]
    """What they don't; a kind in neither was not asked about."""
    given_by: str
    first_day: date | None
    last_day: date | None
    platforms: tuple[str, ...] | None = None
    """Where the parents allow it; empty: everywhere; None: the list doesn't say."""

    def as_json(self) -> dict[str, Any]:
        """For keeping between showing and applying."""
        return {
            "line": self.line,
            "name": self.name,
            "class_name": self.class_name,
            "reference": self.reference,
            "kinds": sorted(self.kinds),
            "refused": sorted(self.refused),
            "given_by": self.given_by,
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "platforms": self.platforms,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> ListedPupil:
        """What `as_json` made."""
        return cls(
            line=kept["line"],
            name=kept["name"],
            class_name=kept["class_name"],
            reference=kept["reference"],
            kinds=frozenset(ConsentKind(kind) for kind in kept["kinds"]),
            refused=frozenset(ConsentKind(kind) for kind in kept["refused"]),
            given_by=kept["given_by"],
            first_day=date.fromisoformat(kept["first_day"]) if kept["first_day"] else None,
            last_day=date.fromisoformat(kept["last_day"]) if kept["last_day"] else None,
            # A list that was kept by the version before has none.
            platforms=None if kept.get("platforms") is None else tuple(kept["platforms"]),
        )


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong with one line, and what to do."""

    line: int
    sentence: str
    who: str = ""
    """The pupil's name as it stands in the line; offices sort and filter lists, and then look for names."""

    @property
    def place(self) -> str:
        """Where it is: "Line 7 (Ida Moss)"."""
        return f"Line {self.line} ({self.who})" if self.who else f"Line {self.line}"


@dataclass
class PupilList:
    """What a file holds; it can be applied only when `problems` is empty."""

    pupils: list[ListedPupil] = field(default_factory=list)
    problems: list[LineProblem] = field(default_factory=list)
    columns_left_out: list[str] = field(default_factory=list)
    """Headings that mean nothing here."""
    kinds_asked: frozenset[ConsentKind] = frozenset()
    """The kinds that have a column."""


NO_CLASS = "The class is empty: write it."


def _nobody(name: str, reference: str | None) -> bool:
    return False


def read(data: bytes, filename: str, *, has_class: Callable[[str, str | None], bool] = _nobody) -> PupilList:
    """The list in a CSV or XLSX file, every bad line named.

    `has_class`: whether the register knows the class of a pupil by name and number, so that an empty cell
    for it leaves it as it is.

    Raises BadInput (field `file`) when the file as a whole can't be read: empty, another kind of
    file, no heading for names or classes, too long.
    """
    if not data:
        raise BadInput("The file is empty: choose the list from the office.", field="file")
    lines = _xlsx(data) if data[:4] == b"PK\x03\x04" else _csv(data)
    found = PupilList()
    columns = _headings(lines, found)
    places: dict[object, int] = {}
    for count, (number, cells) in enumerate(lines, start=1):
        if count > LINES_MAX:
            raise BadInput(
                f"The file has more than {LINES_MAX:,} lines: split it into several.", field="file"
            )
        if not any(cell.strip() for cell in cells):
            continue
        values = {
            meaning: " ".join(cells[place].split()) if place < len(cells) else ""
            for meaning, place in columns.items()
        }
        try:
            pupil = _pupil(number, values, has_class)
        except BadInput as error:
            found.problems.append(LineProblem(number, str(error), _written(values)[:80]))
            continue
        for key in ([("reference", pupil.reference)] if pupil.reference else []) + [
            ("name", same_name(pupil.name), same_name(pupil.class_name))
        ]:
            if key in places:
                what = f"number {pupil.reference}" if key[0] == "reference" else f"“{pupil.name}”"
                found.problems.append(
                    LineProblem(
                        number,
                        f"{what} stands in line {places[key]} already: take one of the two out, or add a "
                        "middle name if these are two children.",
                        pupil.name,
                    )
                )
                break
            places[key] = number
        else:
            found.pupils.append(pupil)
    if not found.pupils and not found.problems:
        raise BadInput("The file has headings, but no pupil below them.", field="file")
    return found


def _csv(data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(data)
    sample = text[:20_000]
    delimiter = max(",;\t|", key="".join(sample.split("\n")[:TITLES_MAX]).count)
    if "\x00" in sample:
        raise BadInput(
            "The file is neither a CSV nor an XLSX file: save the list as one of the two.", field="file"
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells[:COLUMNS_MAX]
    except csv.Error as error:
        raise BadInput(
            f"Line {reader.line_num} can't be read as CSV ({error}): save the list again.", field="file"
        ) from None


def _decoded(data: bytes) -> str:
    """The text in the coding that it was saved in: UTF-8 or UTF-16 by their marks, else Windows-1252."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    # Some programs write the mark of UTF-8 before text that isn't.
    body = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _xlsx(data: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > UNPACKED_MAX:
                raise BadInput("The XLSX file is too large once unpacked: save it as CSV.", field="file")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        for number, row in enumerate(sheet.iter_rows(max_col=COLUMNS_MAX, values_only=True), start=1):
            yield number, [_cell(value) for value in row]
    except (
        zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, EOFError, TypeError,
    ) as error:  # fmt: skip
        raise BadInput(
            f"The file can't be read as XLSX ({type(error).__name__}): open it, save it again as XLSX or "
            "CSV, and try again.",
            field="file",
        ) from None


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _headings(lines: Iterator[tuple[int, list[str]]], found: PupilList) -> dict[str, int]:
    """The columns by what they mean, from the first line that reads as headings; those above are titles."""
    first: BadInput | None = None
    filled = (cells for _number, cells in lines if any(cell.strip() for cell in cells))
    for cells in itertools.islice(filled, TITLES_MAX):
        tried = PupilList()
        try:
            columns = _columns(cells, tried)
        except BadInput as error:
            first = first or error
            continue
        found.columns_left_out = tried.columns_left_out
        found.kinds_asked = frozenset(kind for kind in ConsentKind if _COLUMN_OF[kind] in columns)
        return columns
    raise first or BadInput("The file has no line with anything in it.", field="file")


def _columns(heading: Sequence[str], found: PupilList) -> dict[str, int]:
    columns: dict[str, int] = {}
    for place, cell in enumerate(heading):
        words = re.sub(r"[\s_]+", " ", cell.replace("’", "'")).strip(" :*?").casefold()
        meaning = _COLUMNS.get(words) or _COLUMNS.get(re.sub(r" ?\((.*)\)$", "", words))
        if meaning is None:
            if words:
                found.columns_left_out.append(cell.strip()[:60])
        elif meaning in columns:
            raise BadInput(
                f"Two columns mean the same: “{heading[columns[meaning]][:60]}” and “{cell[:60]}”. Take one "
                "of them out.",
                field="file",
            )
        else:
            columns[meaning] = place
    if "name" not in columns and not {"first", "last"} <= columns.keys():
        raise BadInput(
            "There is no column for the pupils' names: name one “Name”, or two “Forename” and “Surname”. "
            f"The first line reads: {', '.join(heading)[:200]}",
            field="file",
        )
    if "class" not in columns:
        raise BadInput("There is no column for the class: name one “Class” or “Reg group”.", field="file")
    return columns


def _written(values: Mapping[str, str]) -> str:
    """The pupil's name as the line has it; a dash stands for a half that the child doesn't have."""
    halves = (values.get(half, "") for half in ("first", "last"))
    return values.get("name") or " ".join(half for half in halves if half.strip("-–"))


def _half_missing(values: Mapping[str, str]) -> str:
    """What to say where one of forename and surname is empty, which is nearly always a slip."""
    written = _written(values)
    if values.get("name") or not written:
        return ""
    for half, called in (("first", "forename"), ("last", "surname")):
        if half in values and not values[half]:
            return f"The {called} is missing: write it, or “-” if “{written}” is all of the child's name."
    return ""


def is_odd(name: str) -> bool:
    """Whether a name has an emoji, a digit or another sign in it that names don't have."""
    return any(unicodedata.category(char)[0] in "NS" and char not in "`´^¨" for char in name)


def _pupil(
    number: int, values: Mapping[str, str], has_class: Callable[[str, str | None], bool]
) -> ListedPupil:
    name = _written(values)
    if "," in name:
        # Office systems write "Featherstone, Noah".
        last, _, first = name.partition(",")
        name = f"{first.strip()} {last.strip()}".strip()
    # An office that corrects one mistake a line and sends the list again would need many rounds.
    wrong: list[str] = []
    full = _or_wrong(wrong, lambda: person_name(name), "")
    if missing := _half_missing(values):
        wrong.append(missing)
    reference = values.get("reference", "").upper() or None
    if not values.get("class") and not has_class(full, reference):
        wrong.append(NO_CLASS)
    group = (
        _or_wrong(wrong, lambda: person_name(values["class"], field="class"), "")
        if values.get("class")
        else ""
    )
    said = {
        kind: _or_wrong(wrong, partial(_ticked, values.get(_COLUMN_OF[kind], ""), kind), None)
        for kind in ConsentKind
    }
    kinds = frozenset(kind for kind, allowed in said.items() if allowed)
    first_day = _or_wrong(wrong, lambda: _day(values.get("first_day", ""), "first day"), None)
    last_day = _or_wrong(wrong, lambda: _day(values.get("last_day", ""), "last day"), None)
    if first_day and last_day and last_day < first_day:
        wrong.append(
            f"The last day ({last_day:%d/%m/%Y}) is before the first ({first_day:%d/%m/%Y}): swap them."
        )
    given_by = values.get("given_by", "")
    if kinds and not given_by:
        wrong.append("It says yes, but not who gave the consent: fill in “Given by”.")
    giver = _or_wrong(wrong, lambda: person_name(given_by), "") if given_by else ""
    if reference and len(reference) > 40:
        wrong.append(f"The number “{reference[:60]}” has more than 40 characters.")
    platforms = _or_wrong(wrong, lambda: _platforms(values.get("platforms", "")), None)
    if wrong:
        raise BadInput(" ".join(wrong))
    return ListedPupil(
        line=number,
        name=full,
        class_name=group,
        reference=reference,
        kinds=kinds,
        refused=frozenset(kind for kind, allowed in said.items() if allowed is False),
        given_by=giver,
        first_day=first_day,
        last_day=last_day,
        platforms=platforms,
    )


def _or_wrong(wrong: list[str], read: Callable[[], T], otherwise: T) -> T:
    """What `read` gives; where it raises BadInput, its sentence is added to `wrong`."""
    try:
        return read()
    except BadInput as error:
        wrong.append(str(error))
        return otherwise


def _platforms(text: str) -> tuple[str, ...] | None:
    """The platforms that a cell names; empty for all of them, None where it says nothing."""
    words = text.casefold().strip(" .")
    if not words:
        return None
    if words in _ALL:
        return ()
    but = _ALL_BUT.fullmatch(words)
    named = [_SHORT.get(word, word) for word in _BETWEEN.split(but[1] if but else words)]
    if not set(named) <= set(PLATFORMS) or (but and set(named) == set(PLATFORMS)):
        raise BadInput(
            f"“{text[:40]}” in the column for platforms names none that is known: write “all”, or some of "
            f"{', '.join(PLATFORMS.values())}, or “all but” one of them."
        )
    return tuple(one for one in PLATFORMS if (one in named) != bool(but))


def _ticked(text: str, kind: ConsentKind) -> bool | None:
    """Yes, no, or None for an empty cell: nobody answered."""
    words = text.casefold().strip()
    if not words:
        return None
    if words in _YES:
        return True
    if words in _NO:
        return False
    raise BadInput(
        f"“{text[:40]}” in the column for {_HEADING_OF[kind]} is neither yes nor no: write one of them."
    )


def _day(text: str, what: str) -> date | None:
    """A date as British offices write it, the day first; None for an empty cell."""
    words = text.strip()
    if not words:
        return None
    try:
        return date.fromisoformat(words[:10])
    except ValueError:
        pass
    parts = re.fullmatch(
        r"(\d{1,2})(?:st|nd|rd|th)?[\s./-]+(\d{1,2}|[A-Za-z]{3,9})[\s./,-]+(\d{4}|\d{2})", words
    )
    if parts:
        month = int(parts[2]) if parts[2].isdigit() else _MONTHS.get(parts[2].casefold(), 0)
        year = int(parts[3]) + (2000 if len(parts[3]) == 2 else 0)
        try:
            return date(year, month, int(parts[1]))
        except ValueError:
            pass
    raise BadInput(f"The {what} “{words[:40]}” is no date: write it as 03/09/2026 (day, month, year).")
