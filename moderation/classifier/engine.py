"""Scores comments with a Detoxify checkpoint: safely loaded, quickly batched, never cut short.

engine = load_engine()
engine.score(["Thank you for a lovely assembly!"])   # [{"toxicity": 0.01, ...}]
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from moderation.classifier.labels import LABELS
from moderation.classifier.normalise import prepare, undisguise
from school.errors import BadInput

MODEL_FOLDER = Path(__file__).resolve().parent.parent / "data" / "model"

# A batch holds at most so many tokens after padding, whatever the number of texts: what a batch costs is its
# longest text times its rows.
BATCH_TOKENS = 4096
WINDOW_TOKENS = 480
WINDOW_OVERLAP = 96
# A text of more windows than this (about 18,000 words) is read at both ends and at even distances between,
# so that a single enormous comment can't hold up everybody else's. `flags.flag` reports such a text as too
# long to read whole.
MAX_WINDOWS = 48


class Engine(Protocol):
    """Anything that scores comments: the shipped model, or one of Detoxify's own."""

    @property
    def model_name(self) -> str:
        """Name and short hash of the model, to be kept with each score."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that `score` answers with, `toxicity` first."""

    def score(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """For each text, in order, each label's score from 0 to 1 (the higher of plain and undisguised
        reading).
        """


def read_manifest(folder: Path) -> dict[str, str]:
    """File name to SHA-256, from the folder's SHA256SUMS. Raises BadInput when there is none."""
    path = folder / "SHA256SUMS"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadInput(
            f"The model folder {folder} has no readable SHA256SUMS. Restore it or fetch the model again.",
            field="model",
        ) from error
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines if line.strip())}


def verify_model(folder: Path) -> dict[str, str]:
    """Compare every file of the model with its recorded SHA-256, before anything of it is opened.

    Returns the manifest. Raises BadInput naming the file that is missing or differs.
    """
    manifest = read_manifest(folder)
    # Which files hold the vocabulary differs from one kind of tokenizer to another.
    for name in dict.fromkeys(("schoolgate.ckpt", "config.json", "tokenizer_config.json", *manifest)):
        path = folder / name
        if not path.is_file():
            raise BadInput(
                f"The model file {path} is missing. Restore it or fetch the model again.", field="model"
            )
        with path.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
        if found != manifest.get(name):
            raise BadInput(
                f"The model file {path} is not the one that was recorded (its SHA-256 is {found[:12]}…). "
                "Restore it or fetch the model again.",
                field="model",
            )
    return manifest


def read_facts(folder: Path) -> dict[str, str]:
    """What was noted when a model was fetched (`model.json`: name, source, base); empty for other folders."""
    try:
        facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{folder / 'model.json'} can't be read. Fetch the model again.", field="model"
        ) from error
    return {str(key): str(value) for key, value in facts.items()}


class DetoxifyEngine:
    """A Detoxify checkpoint in a local folder, run through Detoxify's own class. Safe to call from several
    threads.
    """

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load the model; `threads` is the number of processor threads, 0 leaves it to torch.

        Raises BadInput when a file is missing, differs from its recorded SHA-256, or is no such checkpoint.
        """
        manifest = verify_model(folder)
        # torch and transformers take seconds to import, which only the process that scores should pay.
        from moderation.classifier.detoxify_offline import NAME, OfflineDetoxify

        self._model = OfflineDetoxify(folder.resolve(), threads)
        self._lock = threading.Lock()
        self.labels: tuple[str, ...] = tuple(self._model.class_names)
        self.model_name = f"{read_facts(folder).get('name', NAME)}@{manifest['schoolgate.ckpt'][:8]}"

    def score(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """Each text's scores, in order; the higher of the plain and the undisguised reading counts.

        Any string can be scored: an empty one gets zeros, a very long one is read in overlapping windows.
        """
        plain = [prepare(text) for text in texts]
        readings = [(first, undisguise(first)) for first in plain]
        scores = self._scores_of({reading for pair in readings for reading in pair})
        return [
            {label: max(scores[first][label], scores[second][label]) for label in self.labels}
            for first, second in readings
        ]

    def predict(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """Each text's scores as the model alone gives them: nothing cleaned, nothing undisguised."""
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        scores = self._scores_of(set(clean))
        return [dict(scores[text]) for text in clean]

    def _scores_of(self, texts: set[str]) -> dict[str, dict[str, float]]:
        """Scores of each distinct text; the worst window of a long text is the text's score."""
        windows: dict[str, list[str]] = {}
        lengths: dict[str, int] = {}
        ordered = sorted(texts)
        for start in range(0, len(ordered), 512):
            part = ordered[start : start + 512]
            for text, pieces in zip(part, self._windows(part), strict=True):
                windows[text] = [piece for piece, _ in pieces]
                lengths.update(pieces)
        found = self._run(lengths)
        nothing = dict.fromkeys(self.labels, 0.0)
        result = {}
        for text in texts:
            parts = [found[piece] for piece in windows[text]]
            result[text] = (
                {label: max(p[label] for p in parts) for label in self.labels} if parts else nothing
            )
        return result

    def _windows(self, texts: Sequence[str]) -> list[list[tuple[str, int]]]:
        """Each text cut into (piece, tokens) that fit the model; a short text is its own single piece."""
        with self._lock:
            encoded = self._model.tokenizer(
                list(texts),
                return_offsets_mapping=True,
                add_special_tokens=False,
                truncation=False,
                verbose=False,
            )["offset_mapping"]
        result = []
        for text, offsets in zip(texts, encoded, strict=True):
            if len(offsets) <= 510:
                result.append([(text, len(offsets) + 2)] if text.strip() else [])
                continue
            starts = list(range(0, len(offsets) - WINDOW_OVERLAP, WINDOW_TOKENS - WINDOW_OVERLAP))
            if len(starts) > MAX_WINDOWS:
                step = (len(starts) - 1) / (MAX_WINDOWS - 1)
                starts = [starts[round(number * step)] for number in range(MAX_WINDOWS)]
            pieces = []
            for start in starts:
                inside = offsets[start : start + WINDOW_TOKENS]
                pieces.append((text[inside[0][0] : inside[-1][1]], len(inside) + 2))
            result.append(pieces)
        return result

    def _run(self, lengths: dict[str, int]) -> dict[str, dict[str, float]]:
        """Scores of pieces that fit the model, in batches of nearly equal length."""
        ordered = sorted(lengths, key=lambda piece: (lengths[piece], piece))
        found: dict[str, dict[str, float]] = {}
        start = 0
        while start < len(ordered):
            stop = start + 1
            while stop < len(ordered) and lengths[ordered[stop]] * (stop + 1 - start) <= BATCH_TOKENS:
                stop += 1
            batch = ordered[start:stop]
            with self._lock:
                answer: dict[str, Any] = self._model.predict(batch)
            for place, piece in enumerate(batch):
                # Detoxify answers a batch of one with plain numbers instead of lists.
                found[piece] = {
                    label: float(answer[label][place] if len(batch) > 1 else _only(answer[label]))
                    for label in self.labels
                }
            start = stop
        return found


def _only(value: Any) -> float:
    return float(value[0] if isinstance(value, list) else value)


@lru_cache(maxsize=4)
def _loaded(folder: Path, threads: int) -> Engine:
    return DetoxifyEngine(folder, threads)


def load_engine(folder: Path | None = None, *, threads: int = 0) -> Engine:
    """The engine for a model folder (the shipped model by default), loaded once per process.

    `threads`: processor threads for scoring, 0 for torch's own choice. Raises BadInput as DetoxifyEngine
    does.
    """
    return _loaded((folder or MODEL_FOLDER).resolve(), threads)


__all__ = ["LABELS", "MODEL_FOLDER", "DetoxifyEngine", "Engine", "load_engine", "verify_model"]
