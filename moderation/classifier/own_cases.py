"""Cases that we wrote ourselves, because none of the public data was written by or to a UK primary school.

They stand in plain text files under `moderation/data/own_cases/`:

    [kind label=value label=value times=N]     what follows is of this kind; labels not named are 0
    a text, or one with {slots}                a text with slots is filled N times
    [slot name]                                what follows fills {name}

The filling is drawn with a fixed seed, so the same files give the same cases.
"""

from __future__ import annotations

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


@dataclass(frozen=True)
class Case:
    """A text with its labels, in the order of LABELS, and the kind of case that it stands for."""

    kind: str
    text: str
    labels: tuple[float, ...]


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
        text = text[: found.start()] + choice + text[found.end() :]
    return text


@lru_cache(maxsize=1)
def own_cases() -> list[Case]:
    """All own cases, slots filled, each text once, in a fixed order.

    Raises BadInput when a file names a label that does not exist.
    """
    sections = [section for path in sorted(FOLDER.glob("*.txt")) for section in _sections(path)]
    slots = {s.kind.removeprefix("slot "): s.texts for s in sections if s.kind.startswith("slot ")}
    rng = random.Random(_SEED)
    cases: dict[str, Case] = {}
    for section in sections:
        if section.kind.startswith("slot "):
            continue
        for text in section.texts:
            for _ in range(section.times if "{" in text else 1):
                filled = _fill(text, slots, rng)
                cases.setdefault(filled, Case(section.kind, filled, section.labels))
    return list(cases.values())
