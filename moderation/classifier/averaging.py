"""Makes one model of several that started from the same weights: the mean of each weight.

    python -m moderation.classifier.averaging OUT FOLDER FOLDER...

Runs that learnt from the same start with other seeds lie close together, and their mean is usually better
than each. FOLDERs hold Detoxify checkpoints with the same word pieces; naming one twice makes it count twice.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moderation.classifier.checkpoint import write_state
from moderation.classifier.model_files import CHECKPOINT, CHECKPOINT_FILES, verify_model
from school.errors import BadInput


def average(folders: Sequence[Path], out: Path) -> dict[str, Any]:
    """Write the mean of the folders' checkpoints to `out`, in half precision as training does.

    Returns, and writes to `average.json`, which checkpoints it is the mean of. Raises BadInput when a file is
    not the one recorded, or the models differ in word pieces or in shape.
    """
    import torch

    manifests = [verify_model(folder, CHECKPOINT_FILES) for folder in folders]
    for folder, manifest in zip(folders, manifests, strict=True):
        for name in ("vocab.txt", "config.json"):
            if manifest[name] != manifests[0][name]:
                raise BadInput(
                    f"{folder / name} differs from {folders[0] / name}: these models have no mean.",
                    field="folders",
                )
    total: dict[str, Any] = {}
    for folder in folders:
        state = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)["state_dict"]
        for name, tensor in state.items():
            total[name] = total[name] + tensor.double() if name in total else tensor.double()
    mean = {name: (tensor / len(folders)).to(torch.float16) for name, tensor in total.items()}
    out.mkdir(parents=True, exist_ok=True)
    for name in CHECKPOINT_FILES:
        if name != CHECKPOINT:
            shutil.copy(folders[0] / name, out / name)
    write_state(mean, out, prefix=str(out.resolve()))
    facts = {"mean_of": [manifest[CHECKPOINT] for manifest in manifests]}
    (out / "average.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return facts


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m moderation.classifier.averaging`: exit status 0 when written, 2 for bad input."""
    parser = argparse.ArgumentParser(
        prog="moderation.classifier.averaging", description=__doc__.split("\n")[0]
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder that receives the mean")
    parser.add_argument("folders", type=Path, metavar="FOLDER", nargs="+")
    given = parser.parse_args(arguments)
    try:
        facts = average(given.folders, given.out)
    except (BadInput, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(facts) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
