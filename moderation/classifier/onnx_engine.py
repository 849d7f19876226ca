"""The model through ONNX Runtime: what serves, since it starts in a moment and needs neither torch nor
transformers.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.model_files import CHECKPOINT, ONNX, ONNX_FILES, verify_model
from moderation.classifier.windowed import WHOLE_TOKENS, Offsets, WindowedEngine
from school.errors import BadInput

_PREPACKED_FROM = 30_000_000
"""Bytes. The model that ships is smaller than this, Detoxify's own are larger."""


class OnnxEngine(WindowedEngine):
    """The ONNX model of a folder. Safe to call from several threads."""

    # More saves no time on a processor and takes memory that a small machine needs for other things.
    batch_tokens = 512
    batch_attention = 512 * 512

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load the model; `threads` is the number of processor threads, 0 takes one for each core.

        Raises BadInput when a file is missing, differs from its recorded SHA-256, is no such model, or was
        exported from another checkpoint than the folder's.
        """
        super().__init__()
        folder = folder.resolve()
        manifest = verify_model(folder, ONNX_FILES)
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        # Each batch on one thread, and as many batches at once as there are threads: two threads on one
        # batch wait for each other at every step, for longer the more else the machine has to do.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        path = folder / ONNX
        if path.stat().st_size < _PREPACKED_FROM:
            # A second copy of the weights in the processor's favourite order: for the model that ships no
            # faster, but 13 MB more. Large models gain by it.
            options.add_session_config_entry("session.disable_prepacking", "1")
        # Batches have ever new shapes: remembering each one's plan of memory only fills the memory.
        options.enable_mem_pattern = False
        try:
            session: Any = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
            facts = session.get_modelmeta().custom_metadata_map
            self.labels = tuple(json.loads(facts["labels"]))
            name, made_from = facts["name"], facts["checkpoint_sha256"]
            self._pad = int(facts["pad_token_id"])
        except Exception as error:
            raise BadInput(
                f"{path} is not an ONNX model of Schoolgate's that can be read. Restore it, or make it again "
                "with python -m moderation.classifier.export.",
                field="model",
            ) from error
        if made_from != manifest.get(CHECKPOINT, made_from):
            raise BadInput(
                f"{path} was made from another checkpoint than the one beside it. Make it again with "
                "python -m moderation.classifier.export.",
                field="model",
            )
        try:
            self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:
            raise BadInput(
                f"{folder / 'tokenizer.json'} is not a tokenizer that can be read. Restore it.", field="model"
            ) from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._session = session
        self._at_once = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._at_once, thread_name_prefix="scoring")
        # What a batch of long texts took goes back to the machine.
        self._giving_back: Any = onnxruntime.RunOptions()
        self._giving_back.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self.model_name = f"{name}@{manifest[ONNX][:8]}"

    def token_ids(self, text: str) -> list[int]:
        """The text's word pieces as the model numbers them, with the marks at both ends; never cut."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    # One by one: a batch would be spread over all processor cores, whatever the school's setting says.
    def _offsets(self, texts: Sequence[str]) -> list[Offsets]:
        return [self._tokenizer.encode(text, add_special_tokens=False).offsets for text in texts]

    def padded(self, batch: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        """What the graph reads for these texts, each of which fits it: word pieces, and which are padding."""
        rows = [self.token_ids(text) for text in batch]
        # A window that begins inside a word can come out a few pieces longer than it was.
        rows = [ids if len(ids) <= WHOLE_TOKENS + 2 else [*ids[: WHOLE_TOKENS + 1], ids[-1]] for ids in rows]
        longest = max(map(len, rows))
        ids = np.full((len(rows), longest), self._pad, dtype=np.int64)
        mask = np.zeros((len(rows), longest), dtype=np.int64)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        return {"input_ids": ids, "attention_mask": mask}

    def _answer(self, batch: Sequence[str]) -> list[Sequence[float]]:
        (scores,) = self._session.run(["scores"], self.padded(batch), self._giving_back)
        found: list[Sequence[float]] = scores.tolist()
        return found

    def _answers(self, batches: Sequence[Sequence[str]]) -> Iterable[list[Sequence[float]]]:
        # One more than there are threads, so that none waits; no more, so that another caller's come between.
        asked: deque[Future[list[Sequence[float]]]] = deque()
        for batch in batches:
            asked.append(self._pool.submit(self._answer, batch))
            if len(asked) > self._at_once:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()
