"""`schoolgate model`: list, fetch, use and compare the models that score comments."""

from __future__ import annotations

import importlib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from moderation.classifier.engine import Engine, load_engine, verify_model
from moderation.classifier.flags import Reason
from moderation.classifier.installed import (
    SHIPPED,
    facts_of,
    folder_in_use,
    folder_of,
    installed,
    models_folder,
    put_to_use,
)
from moderation.classifier.model_files import weights_file
from moderation.classifier.official import OFFICIAL, Official, install, prove
from moderation.classifier.served import Served
from moderation.classifier.streaming import BadLine, Line, in_batches, parse_lines, read_lines
from school import audit, migrate, setup
from school.db import now, transaction
from school.errors import BadInput
from school.settings import settings
from worker.commands.judging import ended, left_out, opened, rules_in_force
from worker.locks import FileLock
from worker.progress import bytes_bar, reading_bar
from worker.terminal import AsJson, Refused, answer, write

log = structlog.get_logger(__name__)

commands = typer.Typer(help="The models that score comments.")

_SHOWN = 160
"""Characters of a comment that a comparison shows."""


@commands.callback()
def _models() -> None:
    """The models that score comments."""


@commands.command("list")
def show(as_json: AsJson = False) -> None:
    """List the models at hand, and which one is in use. Every file's SHA-256 is checked."""
    chosen = settings()
    used = folder_in_use(chosen)
    folders = {SHIPPED: folder_of(SHIPPED, chosen.home), **installed(chosen.home)}
    if used not in folders.values():
        folders[str(used)] = used
    rows: list[dict[str, Any]] = []
    for name, folder in folders.items():
        digests = verify_model(folder)
        weights = weights_file(digests)
        rows.append(
            {
                "name": name,
                "folder": str(folder),
                "shipped": name == SHIPPED,
                "in_use": folder == used,
                "sha256": digests[weights],
                "bytes": (folder / weights).stat().st_size,
                "base": facts_of(folder).get("base", ""),
            }
        )
    lines = [
        f"{'* ' if row['in_use'] else '  '}{row['name']}: {row['bytes'] / 1e6:.0f} MB, SHA-256 "
        f"{row['sha256'][:12]}… ({row['folder']})"
        for row in rows
    ]
    answer({"models": rows}, lines, as_json=as_json)


@commands.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(metavar="|".join(OFFICIAL), help="Which of Detoxify's models.")],
    file: Annotated[
        Path | None, typer.Option("--file", help="Its checkpoint, where you have it already.")
    ] = None,
    tokenizer: Annotated[
        Path | None, typer.Option("--tokenizer", help="Folder with the tokenizer's files of its base model.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch one of Detoxify's own models, check and prove it, and use it from now on.

    A download that breaks off goes on from there when you run the command again. Whatever fails, the model
    that was in use stays in use.
    """
    if name not in OFFICIAL:
        raise BadInput(
            f"“{name}” is no model of Detoxify's. Give one of {', '.join(OFFICIAL)}.", field="name"
        )
    fetch_and_use(OFFICIAL[name], file=file, tokenizer=tokenizer, as_json=as_json)


def fetch_and_use(
    official: Official,
    *,
    url: str = "",
    file: Path | None = None,
    tokenizer: Path | None = None,
    as_json: bool = False,
) -> None:
    """What `model fetch` does, for any checkpoint and address."""
    home = settings().home
    _not_set_from_outside()
    lock = FileLock(models_folder(home) / ".lock")
    if not lock.take():
        raise Refused(f"Another fetch is running (process {lock.holder()}). Wait until it has ended.")
    try:
        with bytes_bar(f"Fetching {official.name}") as progress:
            folder, served = install(
                official, models_folder(home), url=url, file=file, tokenizer=tokenizer, progress=progress,
                threads=settings().classifier_threads,
                arrived=lambda: progress.now("Converting and proving, which takes some minutes"),
            )  # fmt: skip
        put_to_use(official.name, home)
    finally:
        lock.free()
    digest = verify_model(folder)["schoolgate.ckpt"]
    _note_use(official.name)
    log.info("model_put_to_use", model=official.name, sha256=digest)
    answer(
        {
            "model": official.name,
            "folder": str(folder),
            "sha256": digest,
            "in_use": True,
            "served": asdict(served),
        },
        [
            f"{official.name} is in use from now on (SHA-256 {digest}).",
            _how_served(served),
            f"Go back with `schoolgate model use {SHIPPED}`. Look at the thresholds: another model's scores "
            "mean something else.",
        ],
        as_json=as_json,
    )


def _how_served(served: Served) -> str:
    size = f"{served.bytes / 1e6:.0f} MB"
    cost = f"an AUC lower by {served.auc_cost:.4f} and {served.flipped_share:.2%} of the decisions otherwise"
    if served.whole:
        return f"It serves in whole numbers of 8 bits ({size}), the fastest way, which costs {cost}."
    if served.bits == 8:
        return f"It is stored in 8 bits ({size}) and serves in single precision, which costs {cost}."
    if served.flipped_share or served.auc_cost:
        return f"It serves in single precision ({size}), since 8 bits would cost {cost}."
    return f"It serves in single precision ({size})."


@commands.command("use")
def use(
    name: Annotated[str, typer.Argument(help=f"A fetched model's name, or {SHIPPED}.")],
    as_json: AsJson = False,
) -> None:
    """Score with another model from now on; its files and its scores are checked first."""
    home = settings().home
    _not_set_from_outside()
    if name != SHIPPED and name not in installed(home):
        there = ", ".join([SHIPPED, *installed(home)])
        raise BadInput(
            f"There is no model “{name}” here. There is: {there}; `schoolgate model fetch` fetches others.",
            field="name",
        )
    folder = folder_of(name, home)
    verify_model(folder)
    prove(folder, name)
    put_to_use(name, home)
    _note_use(name)
    log.info("model_put_to_use", model=name)
    answer({"model": name, "folder": str(folder), "in_use": True}, [f"{name} is in use."], as_json=as_json)


def _note_use(name: str) -> None:
    """What is flagged follows from the model: in the trail, where there is a school yet."""
    if not migrate.is_current(settings().effective_database_url):
        return
    with transaction() as session:
        school = setup.current_school(session)
        if school is not None:
            audit.record(
                session,
                by=None,
                action="model_put_to_use",
                object_kind="school",
                object_id=school.id,
                detail={"model": name},
                now=now(),
            )


@commands.command("train")
def train(
    data: Annotated[Path, typer.Option("--data", help="Training rows: JSON Lines, may be .gz.")],
    work: Annotated[Path, typer.Option("--work", help="Folder for the log and the points to go on from.")],
    out: Annotated[Path, typer.Option("--out", help="Folder that receives the model.")],
    init: Annotated[
        Path | None, typer.Option("--init", help="Folder of a model to start from, instead of the encoder.")
    ] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1, help="Passes over the data.")] = None,
    steps: Annotated[int, typer.Option("--steps", min=0, help="End after so many (0: all passes).")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Only so many rows, for a quick try.")] = 0,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", min=1e-7, max=1e-2, help="The highest.")
    ] = None,
    public_share: Annotated[
        float | None, typer.Option("--public-share", min=0.0, max=1.0, help="This share of the public rows.")
    ] = None,
    own_repeat: Annotated[
        int | None, typer.Option("--own-repeat", min=0, help="The school's own cases, so often in each pass.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of all that is random.")] = None,
    teacher: Annotated[
        list[Path] | None,
        typer.Option("--teacher", help="A model's folder to learn from, too; may be repeated."),
    ] = None,
    teacher_share: Annotated[
        float | None, typer.Option("--teacher-share", min=0.0, max=1.0, help="What teachers count.")
    ] = None,
    source_offsets: Annotated[
        bool, typer.Option("--source-offsets", help="Allow for what each source calls abuse.")
    ] = False,
    held_share: Annotated[
        float | None,
        typer.Option("--held-share", min=0.0, max=0.5, help="Keep so much out, whatever the seed."),
    ] = None,
    batch_tokens: Annotated[
        int | None, typer.Option("--batch-tokens", min=512, help="Word pieces to a step.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="cpu, or cuda for a GPU.")] = "cpu",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last point in --work.")] = False,
) -> int:
    """Train a model, which takes hours; broken off, it goes on with --resume. Needs the development packages.

    Serve it with SCHOOLGATE_CLASSIFIER_MODEL; convert it first with python -m moderation.classifier.export.
    """
    if not data.is_file():
        raise BadInput(f"{data} is no file. Give the training rows with --data.", field="data")
    if device not in ("cpu", "cuda"):
        raise BadInput(f"--device is {device!r}. Give cpu or cuda.", field="device")
    # Brings torch, which no other command needs.
    training: Any = importlib.import_module("moderation.classifier.training")
    given = ["--data", str(data), "--work", str(work), "--out", str(out), "--steps", str(steps)]
    given += ["--limit", str(limit), "--threads", str(settings().classifier_threads)]
    for option, value in (
        ("--init", init), ("--epochs", epochs), ("--seed", seed), ("--learning-rate", learning_rate),
        ("--public-share", public_share), ("--own-repeat", own_repeat), ("--device", device),
        ("--teacher-share", teacher_share), ("--held-share", held_share), ("--batch-tokens", batch_tokens),
        *(("--teacher", folder) for folder in teacher or ()),
    ):  # fmt: skip
        given += [] if value is None else [option, str(value)]
    given += ["--source-offsets"] if source_offsets else []
    return int(training.main([*given, *(["--resume"] if resume else [])]))


@commands.command("compare")
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help=f"{SHIPPED}, a fetched model, or a folder.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The other.")],
    source: Annotated[
        str, typer.Argument(metavar="FILE|-", help="Text lines or JSON Lines, as in classify.")
    ],
    as_json: AsJson = False,
) -> int:
    """Judge one file with two models: which lines each flags that the other doesn't.

    The school's thresholds, words and names count for both.
    """
    home, threads = settings().home, settings().classifier_threads
    engines = [load_engine(folder_of(name, home), threads=threads) for name in (first, second)]
    rules = rules_in_force()
    counts = {"both": 0, "neither": 0, "only_first": 0, "only_second": 0}
    differing: list[dict[str, Any]] = []
    bad = 0

    def judged(engine: Engine, lines: list[Line]) -> list[tuple[float, list[Reason]]]:
        return [
            (scores.get("toxicity", 0.0), rules.reasons(line.text, scores, model_name=engine.model_name))
            for line, scores in zip(
                lines, engine.score([rules.as_scored(line.text) for line in lines]), strict=True
            )
        ]

    if not as_json:
        write(f"Only {first} (A), or only {second} (B), flags:\n")
    with opened(source) as stream, reading_bar("Comparing", stream) as bar:
        for batch in in_batches(parse_lines(read_lines(stream))):
            for entry in batch:
                if isinstance(entry, BadLine):
                    bad += 1
                    bar.say(left_out(entry))
            bar.step(len(batch))
            lines = [entry for entry in batch if isinstance(entry, Line)]
            for line, one, other in zip(lines, *(judged(engine, lines) for engine in engines), strict=True):
                a, b = bool(one[1]), bool(other[1])
                if a == b:
                    counts["both" if a else "neither"] += 1
                    continue
                counts["only_first" if a else "only_second"] += 1
                reasons = (one if a else other)[1]
                if as_json:
                    differing.append(
                        {
                            "line": line.number, "id": line.id, "flagged_by": first if a else second,
                            "toxicity": [round(one[0], 6), round(other[0], 6)],
                            "reasons": [reason.detail for reason in reasons],
                        }
                    )  # fmt: skip
                else:
                    shown = " ".join(line.text.split())[:_SHOWN]
                    write(f"{'A' if a else 'B'} {line.number} ({one[0]:.2f}, {other[0]:.2f}) {shown}\n")
    if as_json:
        answer(
            {"first": first, "second": second, **counts, "differing": differing, "bad_lines": bad},
            [], as_json=True,
        )  # fmt: skip
    else:
        write(
            f"Both flag {counts['both']}, neither {counts['neither']}, only {first} {counts['only_first']}, "
            f"only {second} {counts['only_second']}.\n"
        )
    return ended(bad)


def _not_set_from_outside() -> None:
    chosen = settings().classifier_model
    if chosen is not None:
        raise Refused(
            f"SCHOOLGATE_CLASSIFIER_MODEL is set to {chosen} and wins over any choice. Remove it first."
        )
