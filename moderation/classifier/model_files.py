"""The files of a model folder: where the shipped one is, and proof that each file is the one recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from school.errors import BadInput

MODEL_FOLDER = Path(__file__).resolve().parent.parent / "data" / "model"

CHECKPOINT = "schoolgate.ckpt"
ONNX = "schoolgate.onnx"
CHECKPOINT_FILES: tuple[str, ...] = (CHECKPOINT, "config.json", "vocab.txt", "tokenizer_config.json")
_ALWAYS = ("config.json", "tokenizer_config.json")
ONNX_FILES: tuple[str, ...] = (ONNX, "tokenizer.json")


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


def write_manifest(folder: Path, names: Sequence[str] = CHECKPOINT_FILES) -> None:
    """Record the SHA-256 of these files, and of no others.

    A fresh checkpoint is recorded alone: an ONNX file of an earlier one that lies beside it then counts
    no more, until it is exported again.
    """
    lines = []
    for name in names:
        with (folder / name).open("rb") as opened:
            lines.append(f"{hashlib.file_digest(opened, 'sha256').hexdigest()}  {name}\n")
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def weights_file(manifest: Mapping[str, str]) -> str:
    """The file that a model is known by: its Detoxify checkpoint where one is recorded, else its ONNX."""
    return ONNX if ONNX in manifest and CHECKPOINT not in manifest else CHECKPOINT


def verify_model(folder: Path, names: Sequence[str] | None = None) -> dict[str, str]:
    """Compare files of the model with their recorded SHA-256, before anything of them is opened.

    `names`: the files that matter; by default all that are recorded. Returns the manifest. Raises
    BadInput naming the file that is missing or differs.
    """
    manifest = read_manifest(folder)
    if names is None:
        # Which files hold the vocabulary differs from one kind of tokenizer to another.
        names = tuple(dict.fromkeys((weights_file(manifest), *_ALWAYS, *manifest)))
    for name in names:
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
