"""Large products of matrices in whole numbers of 8 bits, which a processor does several times as fast as in
single precision: the weights with one scale to each column, what they are multiplied with with one scale to
each of its rows, that is to each word piece of each comment.

A row's own scale keeps one loud word piece from drowning the others, and keeps a comment's score the same
whatever it is scored together with; ONNX Runtime's own dynamic rounding takes one scale for a whole batch.
Before rounding, columns of the input that are always loud hand their size over to the weights they meet, as
SmoothQuant does (Xiao et al. 2023).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.classifier.export import save_with

WEIGHT_LIMIT = 63
"""Weights go from -63 to 63: on processors without VNNI, the sum of two products of a whole 8 bits each would
overflow unnoticed."""
_LEAST = 1e-9
_PREFIX = "by_rows."

Batch = Mapping[str, NDArray[np.int64]]
"""What a graph reads: `input_ids` and `attention_mask`, shapes (texts, tokens)."""


def products(model: Any, least: int) -> dict[str, list[Any]]:
    """The graph's products that are worth it, by the name of what their weights are multiplied with.

    Those of weights with at least so many numbers, no more of them to the column than to the row: the
    input of the others, the inner layer of a transformer's block, is too uneven for one scale to a row.
    """
    shapes = {table.name: tuple(table.dims) for table in model.graph.initializer}
    found: dict[str, list[Any]] = {}
    for node in model.graph.node:
        shape = shapes.get(node.input[1], ()) if node.op_type == "MatMul" else ()
        if len(shape) == 2 and shape[0] <= shape[1] and shape[0] * shape[1] >= least:
            found.setdefault(node.input[0], []).append(node)
    return found


def loudest(source: Path, batches: Iterable[Batch], *, least: int) -> dict[str, NDArray[np.float32]]:
    """For each input of such a product, the largest size that each of its columns takes over these batches,
    padding left out. Empty where there is no such product.
    """
    import onnx
    import onnxruntime

    model = onnx.load(str(source))
    names = list(products(model, least))
    if not names:
        return {}
    for name in names:
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    watched = source.with_name("watched.onnx")
    onnx.save(model, str(watched))
    try:
        session = onnxruntime.InferenceSession(str(watched), providers=["CPUExecutionProvider"])
        found: dict[str, NDArray[np.float32]] = {}
        for batch in batches:
            there = batch["attention_mask"].astype(bool)
            for name, values in zip(names, session.run(names, dict(batch)), strict=True):
                sizes = np.abs(values[there]).max(axis=0)
                found[name] = np.maximum(found[name], sizes) if name in found else sizes
    finally:
        watched.unlink()
    return found


def shared_out(sizes: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """By what to divide each column of an input, and multiply the weights it meets, so that both become as
    even as the other. `sizes`: of the columns; `weights`: (columns, any number of outputs).
    """
    met = np.abs(weights).max(axis=1)
    factors = np.sqrt(np.maximum(sizes, 1e-5) / np.maximum(met, 1e-5))
    factors /= np.exp(np.log(factors).mean())
    even: NDArray[np.float32] = np.clip(factors, 1e-2, 1e2).astype(np.float32)
    return even


def round_by_rows(source: Path, target: Path, sizes: Mapping[str, NDArray[np.float32]], *, least: int) -> int:
    """Write the graph with such products in whole numbers; returns how many those were.

    `sizes`: what `loudest` found. Needs ONNX Runtime's own operators to run.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(source))
    graph = model.graph
    tables = {table.name: table for table in graph.initializer}
    chosen = products(model, least)
    mine = {id(node) for users in chosen.values() for node in users}
    # Tables that are met together share one evening out: layers that share their weights go on sharing them.
    met: dict[tuple[str, ...], list[str]] = {}
    for read, users in chosen.items():
        met.setdefault(tuple(node.input[1] for node in users), []).append(read)
    factors: dict[str, NDArray[np.float32]] = {}
    group: dict[str, int] = {}
    for number, (names, reads) in enumerate(met.items()):
        together = np.hstack([numpy_helper.to_array(tables[name]) for name in names])
        even = shared_out(np.max([sizes[read] for read in reads], axis=0), together)
        for read in reads:
            factors[read], group[read] = even, number

    def add(**values: NDArray[Any]) -> None:
        graph.initializer.extend(numpy_helper.from_array(v, _PREFIX + name) for name, v in values.items())

    add(
        one=np.array(1, np.float32), middle=np.array(128, np.uint8), middles=np.array([128], np.uint8),
        full=np.array(127, np.float32), least=np.array(_LEAST, np.float32),
        flat=np.array([-1], np.int64),
    )  # fmt: skip
    nodes: list[Any] = []
    rounded: set[str] = set()
    written: set[str] = set()
    for node in graph.node:
        if id(node) not in mine:
            nodes.append(node)
            continue
        read, table = node.input
        if read not in rounded:
            graph.initializer.append(numpy_helper.from_array(1 / factors[read], f"{read}.even"))
            nodes += _rounding(read)
            rounded.add(read)
        (result,) = node.output
        stored = f"{table}.{group[read]}"
        if stored not in written:
            weights = numpy_helper.to_array(tables[table]) * factors[read][:, None]
            scales = (np.abs(weights).max(axis=0) / WEIGHT_LIMIT).astype(np.float32)
            scales[scales == 0] = 1
            whole = np.clip(np.round(weights / scales), -WEIGHT_LIMIT, WEIGHT_LIMIT).astype(np.int8)
            graph.initializer.append(numpy_helper.from_array(whole, f"{stored}.whole"))
            graph.initializer.append(numpy_helper.from_array(scales, f"{stored}.scales"))
            written.add(stored)
        nodes += [
            helper.make_node(
                "MatMulIntegerToFloat",
                [f"{read}.whole", f"{stored}.whole", f"{_PREFIX}one", f"{stored}.scales", f"{_PREFIX}middle"],
                [f"{result}.unscaled"],
                name=node.name,
                domain="com.microsoft",
            ),
            helper.make_node("Mul", [f"{result}.unscaled", f"{read}.scale"], [result]),
        ]
    save_with(model, nodes, target)
    return len(mine)


def _rounding(read: str) -> list[Any]:
    """The nodes that make of `read` (…, columns) the whole numbers `read.whole` and each row's
    `read.scale`.
    """
    from onnx import helper

    def node(operator: str, inputs: list[str], output: str, **attributes: Any) -> Any:
        names = [name if name == read else f"{read}{name}" if name[0] == "." else _PREFIX + name
                 for name in inputs]  # fmt: skip
        return helper.make_node(operator, names, [f"{read}{output}"], **attributes)

    return [
        node("Mul", [read, ".even"], ".evened"),
        node("ReduceMax", [".evened"], ".highest", axes=[-1], keepdims=1),
        node("ReduceMin", [".evened"], ".lowest", axes=[-1], keepdims=1),
        node("Neg", [".lowest"], ".deepest"),
        node("Max", [".highest", ".deepest", "least"], ".size"),
        node("Div", [".size", "full"], ".scale"),
        # QuantizeLinear takes the scales along an axis as a plain list.
        node("Reshape", [".scale", "flat"], ".scale_list"),
        node("Shape", [".scale_list"], ".rows"),
        node("Expand", ["middles", ".rows"], ".middles"),
        node("Shape", [".evened"], ".shape"),
        node("Flatten", [".evened"], ".flat", axis=-1),
        node("QuantizeLinear", [".flat", ".scale_list", ".middles"], ".flat_whole", axis=0),
        node("Reshape", [".flat_whole", ".shape"], ".whole"),
    ]
