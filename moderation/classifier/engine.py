"""Scores comments with the model of a folder: safely loaded, quickly batched, never cut short.

engine = load_engine()
engine.score(["Thank you for a lovely assembly!"])   # [{"toxicity": 0.01, ...}]
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from moderation.classifier.labels import LABELS
from moderation.classifier.model_files import (
    CHECKPOINT,
    MODEL_FOLDER,
    ONNX,
    read_facts,
    read_manifest,
    verify_model,
)
from moderation.classifier.windowed import Offsets, WindowedEngine


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


class DetoxifyEngine(WindowedEngine):
    """A Detoxify checkpoint in a local folder, run through Detoxify's own class. Safe to call from several
    threads.
    """

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load the model; `threads` is the number of processor threads, 0 leaves it to torch.

        Raises BadInput when a file is missing, differs from its recorded SHA-256, or is no such checkpoint.
        """
        super().__init__()
        names = [name for name in read_manifest(folder) if name != ONNX]
        manifest = verify_model(folder, [CHECKPOINT, *names])
        # torch and transformers take seconds to import, which only the process that scores should pay.
        from moderation.classifier.detoxify_offline import NAME, OfflineDetoxify

        self.detoxify = OfflineDetoxify(folder.resolve(), threads)
        self.labels = tuple(self.detoxify.class_names)
        self.model_name = f"{read_facts(folder).get('name', NAME)}@{manifest[CHECKPOINT][:8]}"

    def _offsets(self, texts: Sequence[str]) -> list[Offsets]:
        encoded: list[Offsets] = self.detoxify.tokenizer(
            list(texts),
            return_offsets_mapping=True,
            add_special_tokens=False,
            truncation=False,
            verbose=False,
        )["offset_mapping"]
        return encoded

    def _answer(self, batch: Sequence[str]) -> list[Sequence[float]]:
        answer: dict[str, Any] = self.detoxify.predict(list(batch))
        # Detoxify answers a batch of one with plain numbers instead of lists.
        columns = [
            value if isinstance(value, list) else [value]
            for value in (answer[label] for label in self.labels)
        ]
        return list(zip(*columns, strict=True))


def open_engine(folder: Path, threads: int = 0) -> WindowedEngine:
    """A fresh engine for a model folder: its ONNX model where one is recorded, else its checkpoint.

    Raises BadInput as the engines do.
    """
    if ONNX in read_manifest(folder):
        # Imports numpy, which processes that never score needn't.
        from moderation.classifier.onnx_engine import OnnxEngine

        return OnnxEngine(folder, threads)
    return DetoxifyEngine(folder, threads)


@lru_cache(maxsize=4)
def _loaded(folder: Path, threads: int) -> Engine:
    return open_engine(folder, threads)


def load_engine(folder: Path | None = None, *, threads: int = 0) -> Engine:
    """The engine for a model folder (the shipped model by default), loaded once per process.

    The folder's ONNX model where its SHA256SUMS records one, else its Detoxify checkpoint. `threads`:
    processor threads for scoring, 0 for the library's own choice. Raises BadInput as the engines do.
    """
    return _loaded((folder or MODEL_FOLDER).resolve(), threads)


__all__ = [
    "LABELS",
    "MODEL_FOLDER",
    "DetoxifyEngine",
    "Engine",
    "load_engine",
    "open_engine",
    "read_facts",
    "verify_model",
]
