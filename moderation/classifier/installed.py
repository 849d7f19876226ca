"""Which model scores: the one that ships, or one that was fetched into the home folder and chosen.

HOME/models/NAME/SHA8/     a fetched model, complete and proven
HOME/models/NAME/.part     a download that has not ended
HOME/models/active.json    the choice; where there is none, the shipped model
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from moderation.classifier.engine import MODEL_FOLDER, read_facts
from school.errors import BadInput
from school.settings import Settings

SHIPPED = "shipped"


def models_folder(home: Path) -> Path:
    """Where fetched models are."""
    return home / "models"


def installed(home: Path) -> dict[str, Path]:
    """Name to folder of each fetched model that is complete, by name."""
    found = {}
    for facts in sorted(models_folder(home).glob("*/*/model.json")):
        folder = facts.parent
        if not folder.name.startswith("."):
            found[folder.parent.name] = folder
    return found


def folder_of(name: str, home: Path) -> Path:
    """The folder of the model of that name: `shipped`, a fetched one, or a folder's path.

    Raises BadInput naming what there is.
    """
    if name == SHIPPED:
        return MODEL_FOLDER
    there = installed(home)
    if name in there:
        return there[name]
    path = Path(name)
    if path.is_dir():
        return path.resolve()
    raise BadInput(
        f"There is no model “{name}” here. There is: {', '.join([SHIPPED, *there])}; "
        "fetch others with `schoolgate model fetch`.",
        field="model",
    )


def name_in_use(home: Path) -> str:
    """The name of the chosen model, `shipped` where none was chosen. Raises BadInput for a damaged choice."""
    path = _choice(home)
    try:
        name = json.loads(path.read_text(encoding="utf-8"))["model"]
    except FileNotFoundError:
        return SHIPPED
    except (OSError, ValueError, KeyError, TypeError):
        name = None
    if not isinstance(name, str):
        raise BadInput(
            f"{path} can't be read. Choose again with `schoolgate model use {SHIPPED}`.", field="model"
        )
    return name


def folder_in_use(chosen: Settings) -> Path:
    """The folder of the model that scores: SCHOOLGATE_CLASSIFIER_MODEL, else the choice, else what ships.

    Raises BadInput when the chosen model is gone.
    """
    if chosen.classifier_model is not None:
        return chosen.classifier_model.resolve()
    name = name_in_use(chosen.home)
    if name == SHIPPED:
        return MODEL_FOLDER
    there = installed(chosen.home)
    if name not in there:
        raise BadInput(
            f"The model “{name}” is in use, but its files are gone from {models_folder(chosen.home)}. Fetch "
            f"it again, or choose with `schoolgate model use {SHIPPED}`.",
            field="model",
        )
    return there[name]


def put_to_use(name: str, home: Path) -> None:
    """Choose the model of that name, in one step that a reader sees whole or not at all.

    The caller has proven the model. A process that runs takes it up with its next batch.
    """
    path = _choice(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8") as opened:
            json.dump({"model": name}, opened)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def facts_of(folder: Path) -> dict[str, str]:
    """What was noted of a fetched model: its name, where it came from, its base. Empty for others."""
    return read_facts(folder)


def _choice(home: Path) -> Path:
    return models_folder(home) / "active.json"
