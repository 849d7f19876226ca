"""Cases that we wrote ourselves, because none of the public data was written by or to a UK primary school.

They stand in plain text files under `moderation/data/own_cases/`:

    [kind label=value label=value times=N]     what follows is of this kind; labels not named are 0
    a text, or one with {slots}                a text with slots is filled N times
    [slot name]                                what follows fills {name}; ~ fills in nothing

The filling is drawn with a fixed seed, so the same files give the same cases. All fillings of one text are a
family: what is held out of training is held out by family, or the model would be measured on what it learnt.
"""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from moderation.classifier.labels import LABELS
from school.errors import BadInput

FOLDER = Path(__file__).resolve().parent.parent / "data" / "own_cases"
_SLOT = re.compile(r"\{(\w+)\}")
_SEED = 17
_VOWEL = re.compile(r"\b([Aa]) (?=(?:[AaIi]|[Ee](?!u)|[Oo](?!ne)|[Uu](?![knst][a-z]*|se))\w)")


@dataclass(frozen=True)
class Case:
    """A text with its labels, in the order of LABELS, and the kind of case that it stands for."""

    kind: str
    text: str
    labels: tuple[float, ...]
    family: str
    """The text as it stands in the file, slots unfilled."""

    @property
    def held_out(self) -> bool:
        """Whether the case is for measuring: about one family in 25, the same ones always."""
        return hashlib.sha256(self.family.encode()).digest()[0] < 10


@dataclass(frozen=True)
class _Section:
    kind: str
    labels: tuple[float, ...]
    times: int
    texts: tuple[str, ...]


def _sections(path: Path) -> list[_Section]:
    found: list[_Section] = []
    head: list[str] = []
    texts: list[str] = []

    def close() -> None:
        if head and texts:
            given = dict(part.split("=", 1) for part in head[1:] if "=" in part)
            times = int(given.pop("times", "1"))
            unknown = set(given) - set(LABELS)
            if unknown:
                raise BadInput(f"{path.name}: there is no label {sorted(unknown)[0]}.", field="own_cases")
            kind = " ".join(head[:2]) if head[0] == "slot" else head[0]
            labels = tuple(float(given.get(label, 0.0)) for label in LABELS)
            found.append(_Section(kind, labels, times, tuple(texts)))

    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            close()
            head, texts = line[1:-1].split(), []
        elif line and not line.startswith("#"):
            texts.append(line)
    close()
    return found


def _fill(text: str, slots: dict[str, tuple[str, ...]], rng: random.Random) -> str:
    while found := _SLOT.search(text):
        choice = rng.choice(slots[found.group(1)])
        text = text[: found.start()] + ("" if choice == "~" else choice) + text[found.end() :]
    text = _VOWEL.sub(r"\1n ", " ".join(text.split()))
    return re.sub(r" (?=[,.!?])", "", text)


@lru_cache(maxsize=1)
def own_cases() -> list[Case]:
    """All own cases, slots filled, each text once, in a fixed order.

    Raises BadInput when a file names a label that does not exist.
    """
    sections = [section for path in sorted(FOLDER.glob("*.txt")) for section in _sections(path)]
    slots = {s.kind.removeprefix("slot "): s.texts for s in sections if s.kind.startswith("slot ")}
    cases: dict[str, Case] = {}
    for section in sections:
        if section.kind.startswith("slot "):
            continue
        for text in section.texts:
            # Each text draws by itself, so that a new one changes no other's fillings.
            rng = random.Random(f"{_SEED} {text}")
            for _ in range(section.times if "{" in text else 1):
                filled = _fill(text, slots, rng)
                cases.setdefault(filled, Case(section.kind, filled, section.labels, text))
    return list(cases.values())
