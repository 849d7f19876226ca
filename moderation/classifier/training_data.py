"""What the shipped model learns from: rows of the free sources, own cases, and how much each counts."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moderation.classifier.labels import LABELS
from moderation.classifier.normalise import prepare
from moderation.classifier.own_cases import own_cases
from school.errors import BadInput

# Sources whose terms (MIT, Apache-2.0, CC0, CC BY, CC BY-SA) let the shipped model be given away freely.
FREE_SOURCES: tuple[str, ...] = (
    "civil", "wiki", "davidson", "stormfront", "hatexplain", "hatemoji", "edos", "convabuse", "misogyny",
    "madlibs", "profanity", "cad", "ghc",
)  # fmt: skip

# At most so many rows per source, toxic and other. Sources that are nearly all harmless or nearly all
# swearing would otherwise teach the model to recognise the source instead of the abuse.
CAPS: dict[str, tuple[int, int]] = {
    "wiki": (1000, 9000),
    "davidson": (11000, 6000),
    "ghc": (4000, 12000),
    "cad": (4000, 9000),
    "stormfront": (2000, 6000),
    "misogyny": (1000, 2500),
    "civil": (12000, 5000),
    "edos": (5000, 12000),
    "madlibs": (1000, 1000),
}
# How much a row of the source counts in the loss. The school's own cases count most: nothing else was written
# by or for the people who comment on a primary school's page.
SOURCE_WEIGHT: dict[str, float] = {"own": 1.5, "profanity": 0.5, "madlibs": 0.6, "misogyny": 0.7, "wiki": 0.8}
# Two sources asked of most rows only whether they are sexist. What is not is mostly harmless, but not all of
# it is: its toxicity is taken as `Settings.unasked_toxicity` instead of being left out, which would show the
# model nothing but toxic rows of these sources.
ASKED_FOR_SEXISM: tuple[str, ...] = ("edos", "misogyny")


@dataclass(frozen=True)
class Settings:
    """What decides the result of a training run. Two runs with equal settings and data do the same steps."""

    seed: int = 20261123
    epochs: int = 2
    max_tokens: int = 72
    batch_tokens: int = 2560
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    warmup: float = 0.06
    hidden_dropout: float = 0.1
    vocabulary_min_count: int = 2
    caps: float = 1.0
    """CAPS times this: more than one lets large sources outweigh the others."""
    held_share: float = 0.0
    """This share of each source's rows is never learnt, the same rows whatever the seed, so that runs can be
    compared on them and follow each other; 0: 1.5 % of them drawn by the seed, as for the shipped model."""
    unasked_toxicity: float = 0.15
    """What the rows of ASKED_FOR_SEXISM that are not sexist count as, and how much: `unasked_weight`."""
    unasked_weight: float = 0.5
    source_offsets: bool = False
    """Let each source but our own say how much more or less of each label it sees than we do, and learn
    from it what that leaves over: sources differ in what they call abuse. Dropped when training ends."""
    teacher_share: float = 0.0
    """How much the teachers' scores count beside the labels that people gave, 0 to 1."""
    public_share: float = 1.0
    """This share of the public rows, drawn by the seed: fewer where a model that knows them learns on."""
    own_repeat: int = 2
    evade_share: float = 0.06
    own_evade_share: float = 0.3
    limit: int = 0
    steps: int = 0
    """End after so many steps, the learning rate falling to nothing by then; 0: after all epochs. May be
    changed when a run is resumed, for a machine that turns out slower than thought."""


@dataclass(frozen=True)
class Example:
    """One training text with its labels; `None` where nobody was asked, which the loss leaves out."""

    source: str
    text: str
    labels: tuple[float | None, ...]


def data_hash(path: Path) -> str:
    """SHA-256 of the training data's bytes with the own cases', so that a model names what it learnt.

    Raises BadInput when the file is missing.
    """
    if not path.is_file():
        raise BadInput(f"There is no training data at {path}. Give the path of train.jsonl.gz.", field="data")
    digest = hashlib.sha256(path.read_bytes())
    for case in own_cases():
        digest.update(json.dumps([case.kind, case.text, list(case.labels)]).encode())
    return digest.hexdigest()


def read_examples(path: Path, *, sources: Sequence[str] = FREE_SOURCES) -> list[Example]:
    """All rows of the freely licensed sources, in file order, as the model reads them.

    Raises BadInput when the file holds no such row.
    """
    wanted, found = set(sources), []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["source"] in wanted:
                found.append(
                    Example(row["source"], prepare(row["text"]), tuple(row[label] for label in LABELS))
                )
    if not found:
        raise BadInput(f"{path} holds no row of the sources {', '.join(sources)}.", field="data")
    return found


def is_positive(example: Example) -> bool:
    """Whether any label of the example says that most annotators saw abuse."""
    return any((value or 0.0) >= 0.5 for value in example.labels)


def choose(examples: Sequence[Example], settings: Settings) -> tuple[list[Example], list[Example]]:
    """(training, held-out) examples: capped per source, shuffled by the seed; a share of each source held
    out (see `Settings.held_share`), and of the own cases the families that are for measuring.
    """
    rng = random.Random(settings.seed)
    groups: dict[tuple[str, bool], list[Example]] = {}
    for example in examples:
        groups.setdefault((example.source, is_positive(example)), []).append(example)
    train: list[Example] = []
    held: list[Example] = []
    for (source, positive), group in sorted(groups.items(), key=lambda item: item[0]):
        rng.shuffle(group)
        if settings.held_share:
            out = [example for example in group if _is_held(example.text, settings.held_share)]
            kept = [example for example in group if not _is_held(example.text, settings.held_share)]
        else:
            cut = max(10, round(len(group) * 0.015))
            out, kept = group[:cut], group[cut:]
        held += out
        cap = CAPS.get(source, (len(kept), len(kept)))[0 if positive else 1]
        train += kept[: round(cap * settings.caps)]
    rng.shuffle(train)
    train = train[: round(len(train) * settings.public_share)]
    if settings.limit:
        train = train[: settings.limit]
    if settings.own_repeat:
        for case in own_cases():
            example = Example("own", prepare(case.text), case.labels)
            if case.held_out:
                held.append(example)
            else:
                train += [example] * settings.own_repeat
    rng.shuffle(train)
    return train, held


def _is_held(text: str, share: float) -> bool:
    """Whether this text is one of those for measuring: by its hash, so that no seed and no other row
    changes it, and a smaller share is part of a larger one.
    """
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) < share * 2**32


_LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5"})


def disguise(text: str, rng: random.Random) -> str:
    """The text as somebody writes it who wants to slip past a filter, or who can't spell: one or two words
    disguised, or now and then all of a short text run together.
    """
    words = text.split(" ")
    if 2 < len(words) < 9 and rng.random() < 0.1:
        return "".join(words)
    places = [
        place for place, word in enumerate(words) if len(word) > 3 and word.isascii() and word.isalpha()
    ]
    for place in rng.sample(places, min(len(places), rng.choice((1, 2)))):
        words[place] = _disguised(words[place], rng)
    text = " ".join(words)
    spaces = [place for place, sign in enumerate(text) if sign == " "]
    if spaces and rng.random() < 0.12:
        place = rng.choice(spaces)
        text = text[:place] + text[place + 1 :]
    return text


def _disguised(word: str, rng: random.Random) -> str:
    """One word of four letters or more, with one thing done to it."""
    middle = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:middle], word[middle], word[middle + 1 :]
    how = rng.choice(("leet", "stretched", "starred", "swapped", "dropped", "split", "apart", "added"))
    if how == "leet":
        return word.translate(_LEET)
    if how == "stretched":
        return before + letter * rng.randrange(2, 5) + after
    if how == "starred":
        return before + "*" + after
    if how == "swapped":
        return before + after[0] + letter + after[1:]
    if how == "dropped":
        return word[:-1] if rng.random() < 0.25 else before + after
    if how == "split":
        return before + " " + letter + after
    if how == "apart":
        return rng.choice((" ", " ", ".", "-")).join(word)
    return before + rng.choice("aeiorstn") + letter + after


def disguised_some(examples: Sequence[Example], settings: Settings, epoch: int = 0) -> list[str]:
    """The texts to learn from: a share of them disguised, of the own cases a larger one; others each time."""
    rng = random.Random(settings.seed + 1 + 1_000_003 * epoch)
    return [
        disguise(e.text, rng)
        if rng.random() < (settings.own_evade_share if e.source == "own" else settings.evade_share)
        else e.text
        for e in examples
    ]


def weights_of(examples: Sequence[Example]) -> np.ndarray:
    """How much each example counts: small sources more, and the rarer class of each source more, within
    bounds.
    """
    sizes = Counter((example.source, is_positive(example)) for example in examples)
    typical = float(np.median(list(sizes.values())))
    weights = np.ones(len(examples), dtype=np.float32)
    for place, example in enumerate(examples):
        size = sizes[example.source, is_positive(example)]
        balance = min(1.6, max(0.7, (typical / size) ** 0.3))
        weights[place] = balance * SOURCE_WEIGHT.get(example.source, 1.0)
    return weights


def targets_of(
    examples: Sequence[Example], settings: Settings | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(labels, how far each is known, 0 to 1): where nobody was asked, the loss leaves the label out."""
    settings = settings or Settings()
    targets = np.array([[v or 0.0 for v in e.labels] for e in examples], dtype=np.float32)
    known = np.array([[v is not None for v in e.labels] for e in examples], dtype=np.float32)
    for place, example in enumerate(examples):
        if example.source in ASKED_FOR_SEXISM and example.labels[0] is None and not is_positive(example):
            targets[place, 0] = settings.unasked_toxicity
            known[place, 0] = settings.unasked_weight
    return targets, known
