"""Makes the ONNX model that serves, from a folder's Detoxify checkpoint.

    python -m moderation.classifier.export [--folder DIR] [--compare validation.jsonl.gz]

The checkpoint becomes an ONNX graph in single precision, which has to score like Detoxify's own `predict`
within 0.0001; then its large tables are stored as whole numbers of 8 bits with one scale to each 32 of
them. Nothing else is rounded: the arithmetic stays in single precision, so scores hardly move. Files of
the folder are replaced only when all of that went well.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.comparison import compare
from moderation.classifier.engine import DetoxifyEngine
from moderation.classifier.model_files import (
    CHECKPOINT,
    CHECKPOINT_FILES,
    MODEL_FOLDER,
    ONNX,
    ONNX_FILES,
    verify_model,
    write_manifest,
)
from moderation.classifier.onnx_engine import OnnxEngine
from moderation.classifier.own_cases import own_cases
from school.errors import BadInput

BLOCK = 32
# Tables of fewer numbers than this stay as they are: they take little room, and some of them (positions, the
# labels' own layer) touch every score.
QUANTISE_FROM = {"MatMul": 100_000, "Gather": 1_000_000}
OPSET = 17
SINGLE, WHOLE = 1, 4
PARITY = 1e-4


def export_graph(engine: DetoxifyEngine, path: Path, *, checkpoint_sha256: str) -> None:
    """Write the engine's model as an ONNX graph in single precision, any number of texts of any length.

    Inputs `input_ids` and `attention_mask`, output `scores` (0 to 1 per label). What the serving engine
    needs to know stands in the graph's metadata.
    """
    import onnx
    import torch

    detoxify = engine.detoxify
    # The plain form of attention is the one that the exporter can follow.
    detoxify.model.set_attn_implementation("eager")

    labels = len(engine.labels)

    class Scores(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = detoxify.model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            scores = torch.sigmoid(self.model(input_ids=input_ids, attention_mask=attention_mask).logits)
            # Two of Detoxify's models have outputs without a name, which its own class leaves out too.
            return scores if labels == self.model.config.num_labels else scores[:, :labels]

    ids = torch.arange(5, 5 + 3 * 17).reshape(3, 17)
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    whole = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings():
        # The exporter is the older of torch's two, the only one that needs no further package.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Scores().eval(), (ids, mask), str(path), input_names=["input_ids", "attention_mask"],
            output_names=["scores"], opset_version=OPSET, dynamo=False,
            dynamic_axes={"input_ids": whole, "attention_mask": whole, "scores": {0: "texts"}},
        )  # fmt: skip
    model = onnx.load(str(path))
    _read_directly(model.graph)
    del model.metadata_props[:]
    onnx.helper.set_model_props(
        model,
        {
            "labels": json.dumps(list(engine.labels)),
            "name": engine.model_name.partition("@")[0] + "-onnx",
            "checkpoint_sha256": checkpoint_sha256,
            "pad_token_id": str(detoxify.tokenizer.pad_token_id),
        },
    )
    onnx.save(model, str(path))


def _read_directly(graph: Any) -> None:
    """Let every node read a table itself where the exporter has it read a copy: tables that are alike, as
    those of layers that share their weights, are stored once and passed on through nodes that do nothing.
    """
    stored = {table.name for table in graph.initializer}
    copies = {
        node.output[0]: node.input[0]
        for node in graph.node
        if node.op_type == "Identity" and node.input[0] in stored
    }
    nodes = [node for node in graph.node if node.output[0] not in copies]
    for node in nodes:
        for place, name in enumerate(node.input):
            node.input[place] = copies.get(name, name)
    del graph.node[:]
    graph.node.extend(nodes)


def in_blocks(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(whole numbers from -127 to 127, their scales) for each block of 32 along the last axis.

    Shapes (…, n) -> (…, n/32, 32) and (…, n/32, 1).
    """
    blocks = table.reshape(*table.shape[:-1], table.shape[-1] // BLOCK, BLOCK)
    scales = (np.abs(blocks).max(axis=-1, keepdims=True) / np.float32(127)).astype(np.float32)
    scales[scales == 0] = 1
    return np.clip(np.round(blocks / scales), -127, 127).astype(np.int8), scales


def quantise(source: Path, target: Path, *, accuracy_level: int = SINGLE) -> int:
    """Write the graph with its large tables in 8 bits; returns how many tables that were.

    Weights of matrix products become ONNX Runtime's MatMulNBits; tables that rows are looked up in become
    look-ups of the 8-bit row and its scales. `accuracy_level`: MatMulNBits' own, SINGLE to compute in single
    precision, WHOLE to round what the weights are multiplied with, too, 32 numbers to a scale.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(source))
    graph = model.graph
    tables = {table.name: table for table in graph.initializer}
    nodes: list[Any] = []
    done: set[str] = set()

    def add(*pairs: tuple[str, NDArray[Any]]) -> None:
        graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in pairs)

    for node in graph.node:
        place = {"MatMul": 1, "Gather": 0}.get(node.op_type)
        name = node.input[place] if place is not None else ""
        table = numpy_helper.to_array(tables[name]) if name in tables else None
        along = 0 if node.op_type == "MatMul" else 1
        if (
            table is None
            or table.ndim != 2
            or table.dtype != np.float32
            or table.size < QUANTISE_FROM[node.op_type]
            or table.shape[along] % BLOCK
            or any(each.name == "axis" and each.i for each in node.attribute)
        ):
            nodes.append(node)
            continue
        (result,) = node.output
        if node.op_type == "MatMul":
            rows, columns = table.shape
            if name not in done:
                whole, scales = in_blocks(np.ascontiguousarray(table.T))
                # Stored without a sign: 128 stands for nought.
                add(
                    (f"{name}.whole", (whole.astype(np.int16) + 128).astype(np.uint8)),
                    (f"{name}.scales", scales[..., 0]),
                )
            nodes.append(
                helper.make_node(
                    "MatMulNBits",
                    [node.input[0], f"{name}.whole", f"{name}.scales"],
                    [result],
                    name=node.name,
                    domain="com.microsoft",
                    K=rows,
                    N=columns,
                    bits=8,
                    block_size=BLOCK,
                    accuracy_level=accuracy_level,
                )
            )
        else:
            if name not in done:
                whole, scales = in_blocks(table)
                shape = np.array([0, 0, table.shape[1]], dtype=np.int64)
                add((f"{name}.whole", whole), (f"{name}.scales", scales), (f"{name}.shape", shape))
            row, scale, number, product = (
                f"{result}.{part}" for part in ("row", "scale", "number", "product")
            )
            nodes += [
                helper.make_node("Gather", [f"{name}.whole", node.input[1]], [row]),
                helper.make_node("Gather", [f"{name}.scales", node.input[1]], [scale]),
                helper.make_node("Cast", [row], [number], to=TensorProto.FLOAT),
                helper.make_node("Mul", [number, scale], [product]),
                helper.make_node("Reshape", [product, f"{name}.shape"], [result]),
            ]
        done.add(name)
    save_with(model, nodes, target)
    return len(done)


def save_with(model: Any, nodes: Sequence[Any], target: Path) -> None:
    """Write the model with these nodes in place of its own, without the tables that none of them reads."""
    import onnx
    from onnx import helper

    graph = model.graph
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    for table in [table for table in graph.initializer if table.name not in used]:
        graph.initializer.remove(table)
    if all(each.domain != "com.microsoft" for each in model.opset_import):
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    onnx.save(model, str(target))


def parity(engine: DetoxifyEngine, other: OnnxEngine, texts: Sequence[str]) -> float:
    """The largest difference of any label's score between the two over these texts, taken as they are."""
    return max(
        abs(first[label] - second[label])
        for first, second in zip(engine.predict(texts), other.predict(texts), strict=True)
        for label in engine.labels
    )


def write_tokenizer(engine: DetoxifyEngine, folder: Path) -> None:
    """The tokenizer of Detoxify's model in one file that the `tokenizers` package reads by itself."""
    backend = engine.detoxify.tokenizer.backend_tokenizer
    backend.no_padding()
    backend.no_truncation()
    (folder / "tokenizer.json").write_text(backend.to_str(pretty=False) + "\n", encoding="utf-8")


def export(folder: Path, *, threads: int = 0, rounded: bool = True) -> dict[str, Any]:
    """Make `schoolgate.onnx` and `tokenizer.json` of the folder's checkpoint and record their SHA-256.

    `rounded`: large tables in 8 bits. Returns what was measured. Raises BadInput when the checkpoint isn't
    right, or when the graph in single precision scores otherwise than Detoxify; the folder then stays as
    it was.
    """
    manifest = verify_model(folder, CHECKPOINT_FILES)
    engine = DetoxifyEngine(folder, threads)
    texts = [case.text for case in own_cases()][::200]
    facts: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as made:
        work = Path(made)
        write_tokenizer(engine, work)
        expected = DetoxifyEngine(folder, threads)
        export_graph(engine, work / ONNX, checkpoint_sha256=manifest[CHECKPOINT])
        write_manifest(work, ONNX_FILES)
        facts["single_precision_difference"] = parity(expected, OnnxEngine(work, threads), texts)
        if facts["single_precision_difference"] > PARITY:
            raise BadInput(
                f"The exported model scores otherwise than {folder / CHECKPOINT} (by up to "
                f"{facts['single_precision_difference']:.5f}): nothing was changed.",
                field="model",
            )
        if rounded:
            facts["tables_in_8_bits"] = quantise(work / ONNX, work / "rounded.onnx")
            (work / "rounded.onnx").replace(work / ONNX)
            write_manifest(work, ONNX_FILES)
            facts["difference"] = parity(expected, OnnxEngine(work, threads), texts)
        facts["bytes"] = (work / ONNX).stat().st_size
        for name in ONNX_FILES:
            (work / name).replace(folder / name)
    write_manifest(folder, (*CHECKPOINT_FILES, *ONNX_FILES))
    return facts


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m moderation.classifier.export`: exit status 0 when exported, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="moderation.classifier.export", description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, default=MODEL_FOLDER, help="the model's folder")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--single", action="store_true", help="keep single precision (four times the size)")
    parser.add_argument(
        "--compare", type=Path, help="JSON Lines (may be .gz) to compare both models on, once exported"
    )
    parser.add_argument("--only-compare", action="store_true", help="export nothing")
    given = parser.parse_args(arguments)
    try:
        facts = {} if given.only_compare else export(
            given.folder, threads=given.threads, rounded=not given.single
        )  # fmt: skip
        if given.compare:
            with (gzip.open if given.compare.suffix == ".gz" else open)(given.compare, "rb") as lines:
                first, second = (
                    DetoxifyEngine(given.folder, given.threads),
                    OnnxEngine(given.folder, given.threads),
                )
                facts["comparison"] = compare(lines, first, second).as_json()
    except (BadInput, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(facts, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
