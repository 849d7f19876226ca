"""`schoolgate keys …`: a new secret key while the product runs, and going on without a lost one (P11)."""

from __future__ import annotations

import secrets as random
import time
from collections import Counter
from typing import Annotated, Any

import typer

from school import keys, secrets
from school.db import now, reading, transaction
from school.errors import BadInput
from school.settings import settings
from school.setup import current_school
from worker import resealing
from worker.locks import FileLock
from worker.terminal import AsJson, Failure, answer

commands = typer.Typer(help="The secret key that encrypts the accounts' tokens and the pictures.")

WAIT = 30.0
"""Seconds that an upload may take between reading the keys and being stored."""


@commands.command("rotate")
def rotate(
    wait: Annotated[
        float,
        typer.Option(min=0, max=3600, help="Seconds that uploads under way get before the old key goes."),
    ] = WAIT,
    as_json: AsJson = False,
) -> None:
    """Encrypt everything with a new key while the product runs; the old key is dropped at the end.

    Killed in the middle, run it again: it goes on where it stopped.
    """
    lock = FileLock(settings().home / "keys.lock")
    if not lock.take():
        raise Failure(f"Another `schoolgate keys` is at work (process {lock.holder() or 'unknown'}).")
    try:
        told, lines = _rotate(wait)
    finally:
        lock.free()
    answer(told, lines, as_json=as_json)


def _rotate(wait: float) -> tuple[dict[str, Any], list[str]]:
    _needs_school()
    with reading() as session:
        keys.check(session)
    kept_here = settings().secret_key is None
    resumed = len(secrets.all_keys()) > 1
    if not kept_here and not resumed:
        raise BadInput(
            "The key comes from SCHOOLGATE_SECRET_KEY. Put a new one there, the present one into "
            "SCHOOLGATE_OTHER_SECRET_KEYS, restart every process, then run this again.",
            field="secret_key",
        )
    if kept_here and not resumed:
        secrets.keep_keys([random.token_hex(32), *secrets.all_keys()])
        with transaction() as session:
            keys.note(session, "keys_rotation_began", {}, now=now())
    # A page that read the keys just before may still store something sealed with the old one.
    since = secrets.key_file().stat().st_mtime if kept_here else time.time()
    done: Counter[str] = Counter()
    first = found = resealing.walk(change=True)
    done += found.done
    left = since + wait - time.time()
    while True:
        if left > 0:
            time.sleep(min(left, wait))
            left = 0
        found = resealing.walk(change=True)
        if not found.done:
            break
        done += found.done
    lost = resealing.mark_lost_pictures(found)
    unread = sum(len(rows) for rows in found.lost.values())
    with transaction() as session:
        detail = {"encrypted_anew": dict(done), "unreadable": unread, "resumed": resumed}
        keys.note(session, "keys_rotated", detail, now=now())
    if kept_here:
        secrets.keep_keys(secrets.all_keys()[:1])
    told = {**detail, "already": first.already, "pictures_lost": lost, "old_key_dropped": kept_here}
    lines = [f"{place}: {count} encrypted with the new key." for place, count in sorted(done.items())]
    lines += [f"{first.already} were so already."] if first.already else []
    lines += [f"{unread} can't be read with any key at hand and were left as they are."] if unread else []
    lines.append(
        f"The old key is gone from {secrets.key_file()}. Back the file up: without it tokens and pictures "
        "can't be read. Restart the product when convenient; people sign in anew."
        if kept_here
        else "Now take SCHOOLGATE_OTHER_SECRET_KEYS away and restart every process."
    )
    return told, lines


@commands.command("start-anew")
def start_anew(as_json: AsJson = False) -> None:
    """Go on when the former key is lost for good: accounts must be connected anew, nothing else changes."""
    _needs_school()
    try:
        with reading() as session:
            keys.check(session)
    except (secrets.KeyMissing, BadInput):
        if settings().secret_key is not None:
            # A setting that can't be used must be mended outside.
            secrets.all_keys()
        lost, pictures_lost = resealing.start_anew()
    else:
        answer(
            {"changed": False, "accounts": [], "pictures": 0},
            ["The secret key at hand is the right one: nothing was changed."],
            as_json=as_json,
        )
        return
    names = [f"{account.platform}:{account.handle}" for account in lost]
    lines = ["From now on the secret key at hand counts. Back it up, apart from the database."]
    lines += [f"Connect {name} anew: schoolgate accounts adopt" for name in names]
    if pictures_lost:
        lines.append(
            f"Pictures that can't be read: {pictures_lost}. They come back if the key turns up "
            "(SCHOOLGATE_OTHER_SECRET_KEYS and keys rotate)."
        )
    lines.append("People, drafts, the log and all else are as they were. People sign in anew.")
    answer({"changed": True, "accounts": names, "pictures": pictures_lost}, lines, as_json=as_json)


def _needs_school() -> None:
    with reading() as session:
        if current_school(session) is None:
            raise BadInput(
                "There is no school yet: run `schoolgate setup` or `schoolgate run` first.", field="school"
            )
