"""Makes a model folder for training to begin with elsewhere: the encoder, with a new layer for the labels.

    python -m moderation.classifier.starting OUT --vocabulary moderation/data/model/vocab.txt

A machine with a GPU need not have the package that carries the encoder: `--init OUT` starts from this folder,
and `python -m moderation.classifier.export --folder OUT` makes it a file of half the size to be sent there,
which `python -m moderation.classifier.checkpoint` turns back into a checkpoint. Keeping the word pieces of
the model that serves keeps its tokenizer's files, too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from moderation.classifier.training_data import Settings
from moderation.classifier.training_model import encoder_with, write_checkpoint, write_tokenizer
from school.errors import BadInput


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m moderation.classifier.starting`: exit status 0 when written, 2 for bad input."""
    parser = argparse.ArgumentParser(
        prog="moderation.classifier.starting", description=__doc__.split("\n")[0]
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder that receives the model")
    parser.add_argument("--vocabulary", type=Path, required=True, help="the word pieces to keep, one a line")
    parser.add_argument("--encoder", type=Path, help="folder of the encoder, instead of the package's")
    parser.add_argument("--seed", type=int, default=Settings.seed, help="of the new layer")
    given = parser.parse_args(arguments)
    try:
        pieces = given.vocabulary.read_text(encoding="utf-8").splitlines()
        model = encoder_with(given.encoder, pieces, Settings(seed=given.seed))
        write_tokenizer(given.out, pieces)
        write_checkpoint(model, given.out, prefix=str(given.out.resolve()))
    except (BadInput, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{given.out}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
