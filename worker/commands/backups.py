"""`schoolgate backup` and `schoolgate restore`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from school import archive, keys
from school.archive import Manifest
from school.db import now, transaction
from school.errors import BadInput
from school.times import say
from worker import backups
from worker.terminal import AsJson, answer, complain, database_sentence

PassphraseFile = Annotated[
    str | None,
    typer.Option("--passphrase-file", help="File whose first line is the passphrase; - for standard input."),
]


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it.", metavar="FILE")],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put the secret key in, sealed by a passphrase.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of that name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write everything into one file, while the product runs: database, pictures, what the home holds."""
    if passphrase_file is not None and not with_keys:
        raise BadInput("--passphrase-file is for the key: say --with-keys too.", field="with-keys")
    passphrase = _passphrase(passphrase_file, again=True) if with_keys else None
    manifest, digest = backups.take(file, passphrase=passphrase, overwrite=overwrite)
    try:
        with transaction() as session:
            keys.note(session, "backup_made", {"sha256": digest, "with_keys": with_keys}, now=now())
    except sa.exc.DBAPIError as error:
        # A backup of a database that takes no more is wanted most.
        complain(f"The trail has no line about this backup: {database_sentence(error)}")
    answer(
        {**_facts(manifest), "file": str(file), "bytes": file.stat().st_size, "sha256": digest},
        [
            f"{manifest.school}, as of {say(manifest.made_at)}: {file}, {file.stat().st_size / 1e6:.1f} MB, "
            "read again and found whole.",
            f"SHA-256 {digest}",
            "The secret key is in it, sealed by the passphrase."
            if with_keys
            else "The secret key is NOT in it: keep secret.key (or SCHOOLGATE_SECRET_KEY) apart and safe. "
            "Without it the accounts' tokens and the pictures' originals in the backup can't be read.",
            "It holds names, comments and e-mails in clear: keep it as safe as the school's own records.",
        ],
        as_json=as_json,
    )


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.", metavar="FILE")],
    check: Annotated[bool, typer.Option("--check", help="Only check the file; change nothing.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Restore although something is there; it is kept beside.")
    ] = False,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Leave the key that is in the backup out.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup back into this home and database, SQLite or PostgreSQL, whichever it came from."""
    if check:
        manifest = archive.read(file.expanduser())
        answer(
            {**_facts(manifest), "ok": True},
            [
                f"{file} is whole: {manifest.school}, as of {say(manifest.made_at)}, made by version "
                f"{manifest.version}, {len(manifest.members)} files.",
                "The secret key is in it, sealed."
                if manifest.sealed_keys
                else "The secret key is not in it.",
            ],
            as_json=as_json,
        )
        return
    done = backups.put_back(
        file,
        ask=None if without_keys else lambda: _passphrase(passphrase_file, again=False),
        replace=replace,
        ready=lambda manifest: complain(f"restoring {manifest.school}, as of {say(manifest.made_at)} …"),
    )
    counts = done.counts
    lines = [
        f"{done.manifest.school} is as it was on {say(done.manifest.made_at)}. Everybody signs in again.",
        f"Before anything goes out: {counts['posts_to_look_for']} scheduled posts and "
        f"{counts['replies_to_look_for']} answers are looked for on the platforms; "
        f"{counts['drafts_given_back']} drafts whose time has come are back with their authors; "
        f"{counts['mails_waiting']} waiting e-mails keep their Message-IDs.",
        done.key,
    ]
    if done.replaced is not None:
        lines.append(f"What was there before is in {done.replaced}: delete it when all is well.")
    lines.append("Next: `schoolgate doctor`, `schoolgate audit verify`, then start.")
    answer(
        {
            **_facts(done.manifest),
            **counts,
            "key": done.key,
            "replaced": str(done.replaced) if done.replaced else None,
        },
        lines,
        as_json=as_json,
    )


def _facts(manifest: Manifest) -> dict[str, object]:
    return {
        "school": manifest.school,
        "made_at": manifest.made_at.isoformat(),
        "version": manifest.version,
        "migration": manifest.revision,
        "files": len(manifest.members),
        "with_keys": manifest.sealed_keys is not None,
    }


def _passphrase(source: str | None, *, again: bool) -> str:
    if source == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if source is not None:
        try:
            return next(iter(Path(source).read_text(encoding="utf-8").splitlines()), "")
        except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
            raise BadInput(
                f"The passphrase can't be read from {source}. Give a text file.", field="passphrase-file"
            ) from None
    if not sys.stdin.isatty():
        raise BadInput(
            "The key needs a passphrase: give --passphrase-file FILE, or - for standard input.",
            field="passphrase-file",
        )
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=again, err=True))
