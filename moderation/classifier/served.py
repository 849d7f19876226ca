"""Makes of a fetched checkpoint the ONNX model that serves: in 8 bits where that costs next to nothing, else
in single precision.

Of two ways to 8 bits the faster is tried first, which multiplies in whole numbers; then the one that only
stores so and multiplies in single precision.
"""

from __future__ import annotations

import gc
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from moderation.classifier import by_rows, export
from moderation.classifier.comparison import compare
from moderation.classifier.download import FetchFailed, room_for
from moderation.classifier.engine import DetoxifyEngine
from moderation.classifier.model_files import CHECKPOINT, ONNX, ONNX_FILES, verify_model, write_manifest
from moderation.classifier.onnx_engine import OnnxEngine
from moderation.classifier.own_cases import own_cases

AUC_COST = 0.002
FLIPPED_SHARE = 0.005
"""What 8 bits may cost: area under the curve, and decisions at the default thresholds that come otherwise."""
_MEASURED_CASES = 600
_PARITY_CASES = 40
_WATCHED_CASES = 320
"""So many own cases show how large the numbers within the model become."""
_COPIES = 4.0
"""The disk needs room for the graph in single precision, a second one while it is watched, two rounded ones,
and some more."""


@dataclass(frozen=True)
class Served:
    """How a checkpoint came out as the model that serves."""

    bits: int
    """8, or 32 where 8 would have cost too much or there was nothing to round."""
    whole: bool
    """Whether it multiplies in whole numbers: several times as fast."""
    difference: float
    """The largest difference of any score from Detoxify's own in single precision."""
    auc_cost: float
    flipped_share: float
    """Of 8 bits, on the project's own cases: both 0 where nothing was rounded."""
    bytes: int


def serve_as_onnx(
    folder: Path, *, threads: int = 0, auc_cost: float = AUC_COST, flipped_share: float = FLIPPED_SHARE
) -> Served:
    """Add `schoolgate.onnx` and `tokenizer.json` to a model's folder, proven to score as its checkpoint does.

    Takes a minute for a model of bert-base's size, and three times its size of memory and disk. Raises
    FetchFailed when the graph scores otherwise than Detoxify (the folder then stays as it was) or the disk
    has no room.
    """
    manifest = verify_model(folder)
    room_for(folder, int(_COPIES * (folder / CHECKPOINT).stat().st_size))
    cases = own_cases()
    some = [case.text for case in cases[:: max(1, len(cases) // _PARITY_CASES)]]
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".onnx-") as made:
        single, whole, stored = (Path(made) / name for name in ("single", "whole", "stored"))
        engine = DetoxifyEngine(folder, threads)
        expected = engine.predict(some)
        for work in (single, whole, stored):
            work.mkdir()
            export.write_tokenizer(engine, work)
        export.export_graph(engine, single / ONNX, checkpoint_sha256=manifest[CHECKPOINT])
        # The checkpoint's weights would else stay in memory beside both graphs.
        del engine
        gc.collect()
        write_manifest(single, ONNX_FILES)
        exact = OnnxEngine(single, threads)
        difference = max(
            abs(ours[label] - theirs[label])
            for ours, theirs in zip(exact.predict(some), expected, strict=True)
            for label in ours
        )
        if not difference <= export.PARITY:
            raise FetchFailed(
                f"The converted model scores otherwise than its checkpoint (by up to {difference:.5f}). "
                "Nothing was changed."
            )
        chosen, lost, flipped = single, 0.0, 0.0
        for work, rounding in ((whole, in_whole_numbers), (stored, _stored_in_8_bits)):
            if rounding(exact, single / ONNX, work / ONNX):
                write_manifest(work, ONNX_FILES)
                lost, flipped = _cost(exact, OnnxEngine(work, threads))
                if lost < auc_cost and flipped < flipped_share:
                    chosen = work
                    break
        size = (chosen / ONNX).stat().st_size
        for name in ONNX_FILES:
            (chosen / name).replace(folder / name)
    write_manifest(folder, sorted({*manifest, *ONNX_FILES}))
    bits = 32 if chosen == single else 8
    return Served(bits, chosen == whole, difference, lost, flipped, size)


def in_whole_numbers(exact: OnnxEngine, source: Path, target: Path) -> int:
    """Round the graph so that its products are of whole numbers; returns how many, 0 if none are large
    enough.
    """
    cases = own_cases()
    texts = sorted((case.text for case in cases[:: max(1, len(cases) // _WATCHED_CASES)]), key=len)
    batches = (exact.padded(texts[start : start + 32]) for start in range(0, len(texts), 32))
    least = export.QUANTISE_FROM["MatMul"]
    sizes = by_rows.loudest(source, batches, least=least)
    if not sizes:
        return 0
    half = target.with_name("half.onnx")
    done = by_rows.round_by_rows(source, half, sizes, least=least)
    export.quantise(half, target, accuracy_level=export.WHOLE)
    half.unlink()
    return done


def _stored_in_8_bits(exact: OnnxEngine, source: Path, target: Path) -> int:
    return export.quantise(source, target)


def _cost(exact: OnnxEngine, rounded: OnnxEngine) -> tuple[float, float]:
    """(area under the curve lost, share of decisions flipped) by rounding, on the project's own cases."""
    cases = own_cases()
    lines = (
        json.dumps({"text": case.text, "toxicity": case.labels[0]}).encode()
        for case in cases[:: max(1, len(cases) // _MEASURED_CASES)]
    )
    found = compare(lines, exact, rounded)
    before, after = found.auc["all"]
    return max(0.0, before - after), found.flipped_share
