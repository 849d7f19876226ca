"""Detoxify's own class, loading from a local folder only.

Importing this module imports torch and transformers, so only the engine imports it, when it is first needed.
Detoxify itself unpickles whatever a checkpoint holds and asks the network for tokenizers; here the
checkpoint is read with `weights_only`, so that it can carry no code, and every path points into the folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # noqa: TID251 - transformers reads it when it is imported

import torch
from detoxify.detoxify import Detoxify, get_model_and_tokenizer
from transformers.utils import logging as transformers_logging

from school.errors import BadInput

NAME = "schoolgate-minilm"
# Names that Detoxify's checkpoints use and the names that its results carry.
_RENAMED = {"toxic": "toxicity", "identity_hate": "identity_attack", "severe_toxic": "severe_toxicity"}

# Left behind by the library that the official checkpoints were trained with; today's has no such weights and
# gives the same scores without them.
_UNUSED = frozenset({"roberta.pooler.dense.weight", "roberta.pooler.dense.bias"})


class OfflineDetoxify(Detoxify):  # type: ignore[misc]
    """A Detoxify model whose checkpoint, configuration and tokenizer all come from one folder."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load `schoolgate.ckpt` of the folder, whose SHA-256 the caller has verified.

        Raises BadInput when the file is no Detoxify checkpoint or lacks a weight of the model (Detoxify
        would fill it with random numbers and say nothing).
        """
        if threads > 0:
            torch.set_num_threads(threads)
        quiet: Any = transformers_logging
        quiet.disable_progress_bar()
        path = folder / "schoolgate.ckpt"
        try:
            loaded: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            arguments = dict(loaded["config"]["arch"]["args"])
            classes = loaded["config"]["dataset"]["args"]["classes"]
            state = {key: value for key, value in loaded["state_dict"].items() if key not in _UNUSED}
        except Exception as error:
            raise BadInput(
                f"{path} is not a Detoxify checkpoint that can be read safely. Fetch the model again.",
                field="model",
            ) from error
        arguments["model_type"] = str(folder)
        self.model, self.tokenizer = get_model_and_tokenizer(**arguments, state_dict=state)
        differing = {
            key for key in set(self.model.state_dict()) ^ set(state) if not key.endswith("position_ids")
        }
        if differing:
            raise BadInput(
                f"{path} does not fit its model: {len(differing)} weights are missing or unknown, "
                f"for example {sorted(differing)[0]}. Fetch the model again.",
                field="model",
            )
        self.class_names = [_RENAMED.get(name, name) for name in classes]
        self.device = "cpu"
        self.model.float().to("cpu").eval()
