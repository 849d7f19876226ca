"""Turns the ONNX model that ships back into a Detoxify checkpoint, so that the model need not ship twice.

    python -m moderation.classifier.checkpoint OUT [--folder DIR]

The ONNX file holds every weight: most as whole numbers of 8 bits with a scale to each 32 of them, the others
as they are. OUT receives `schoolgate.ckpt` in single precision, its configuration and its word pieces:
`detoxify.Detoxify(checkpoint="OUT/schoolgate.ckpt")` loads it without a network and scores like the ONNX
model. Training starts from such a folder with `--init`. Needs the development extra (for `onnx`).
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.labels import LABELS
from moderation.classifier.model_files import (
    CHECKPOINT,
    CHECKPOINT_FILES,
    MODEL_FOLDER,
    ONNX,
    verify_model,
    write_manifest,
)
from school.errors import BadInput

_BESIDE = tuple(name for name in CHECKPOINT_FILES if name != CHECKPOINT)
_PREFIX = "model."
"""Before each name in the graph: the exporter wraps the model."""


def write_state(state: Mapping[str, Any], folder: Path, *, prefix: str) -> None:
    """Write Detoxify's checkpoint of these weights into the folder, whose other files are there already.

    `prefix`: the folder as Detoxify is to find it, relative to where it is loaded from, or absolute.
    """
    import torch

    checkpoint = {
        "config": {
            "arch": {
                "type": "BERT",
                "args": {
                    "num_classes": len(LABELS), "model_type": prefix,
                    "model_name": "BertForSequenceClassification",
                    "tokenizer_name": "BertTokenizer",
                },
            },
            "dataset": {"type": "Schoolgate", "args": {"classes": list(LABELS)}},
        },
        "state_dict": dict(state),
    }  # fmt: skip
    part = folder / f"{CHECKPOINT}.part"
    torch.save(checkpoint, part)
    part.replace(folder / CHECKPOINT)
    write_manifest(folder)


def from_blocks(whole: NDArray[Any], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """The table that whole numbers (…, blocks, 32) and their scales (…, blocks) stand for."""
    numbers = whole.astype(np.float32) * scales.reshape(*whole.shape[:-1], 1)
    return np.ascontiguousarray(numbers.reshape(*whole.shape[:-2], -1), dtype=np.float32)


def weights_of(path: Path) -> dict[str, NDArray[np.float32]]:
    """Name, as the checkpoint has it, to table, for each weight in the ONNX file.

    Raises BadInput when the file is no ONNX model of Schoolgate's in 8 bits.
    """
    import onnx
    from onnx import numpy_helper

    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:
        raise BadInput(f"{path} is not an ONNX model that can be read. Restore it.", field="model") from error
    tables = {table.name: numpy_helper.to_array(table) for table in graph.initializer}
    found: dict[str, NDArray[np.float32]] = {}
    for name, table in tables.items():
        if name.startswith(_PREFIX) and name.endswith((".weight", ".bias")):
            found[name.removeprefix(_PREFIX)] = table
        elif name.startswith(_PREFIX) and name.endswith(".weight.whole"):
            bare = name.removesuffix(".whole")
            found[bare.removeprefix(_PREFIX)] = from_blocks(table, tables[f"{bare}.scales"])
    for node in graph.node:
        if node.op_type == "MatMulNBits":
            # Named after its place in the model: /model/bert/encoder/layer.0/attention/self/query/MatMul
            place = node.name.strip("/").removesuffix("/MatMul").replace("/", ".")
            # Stored without a sign: 128 stands for nought.
            whole = tables[node.input[1]].astype(np.int16) - 128
            found[f"{place.removeprefix(_PREFIX)}.weight"] = from_blocks(whole, tables[node.input[2]])
    if "classifier.weight" not in found or "bert.embeddings.word_embeddings.weight" not in found:
        raise BadInput(
            f"{path} is not the model that ships with Schoolgate: it can't become a checkpoint.",
            field="model",
        )
    return found


def rebuild(folder: Path, out: Path) -> None:
    """Make the checkpoint of the ONNX model in `folder`, with what belongs beside it, in the folder `out`.

    Raises BadInput when a file of `folder` is missing or not the one recorded, or is no such model.
    """
    import torch

    verify_model(folder, [ONNX, *_BESIDE])
    state = {name: torch.from_numpy(table.copy()) for name, table in weights_of(folder / ONNX).items()}
    out.mkdir(parents=True, exist_ok=True)
    for name in _BESIDE:
        shutil.copy(folder / name, out / name)
    write_state(state, out, prefix=str(out.resolve()))


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m moderation.classifier.checkpoint`: exit status 0 when made, 2 for bad input."""
    parser = argparse.ArgumentParser(
        prog="moderation.classifier.checkpoint", description=__doc__.split("\n")[0]
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder that receives the checkpoint")
    parser.add_argument("--folder", type=Path, default=MODEL_FOLDER, help="the ONNX model's folder")
    given = parser.parse_args(arguments)
    if given.out.resolve() == given.folder.resolve():
        sys.stderr.write(f"{given.out} is the model's own folder. Give another one.\n")
        return 2
    try:
        rebuild(given.folder, given.out)
    except (BadInput, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{given.out / CHECKPOINT}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
