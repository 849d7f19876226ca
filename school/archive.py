"""The backup file: one zip with the database as SQLite, the home's other files, and a manifest of hashes.

The database travels as SQLite whatever it came from, so that it can be put back into SQLite or
PostgreSQL, and migrated on the way where it is older than the version that restores it.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from school.errors import BadInput, SchoolgateError

FORMAT = 1
MANIFEST = "schoolgate-backup.json"
DATABASE = "database.db"
HOME = "home/"
_CHUNK = 1024 * 1024
_MANIFEST_MAX = 64 * 1024 * 1024


class BackupDamaged(SchoolgateError):
    """The file is not what was written: cut short, altered, or no backup at all."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. It is the last member written and the first one read."""

    made_at: datetime
    version: str
    """Of the product that made it."""
    revision: str
    """The migration that its database is at."""
    database: str
    """What the database was: sqlite or postgresql."""
    school: str
    practice: bool
    sealed_keys: str | None
    """The secret keys under a passphrase; None where they were left out."""
    members: Mapping[str, str]
    """Name in the zip to SHA-256, hexadecimal."""


def write(file: IO[bytes], manifest: Manifest, sources: Mapping[str, Path]) -> Manifest:
    """Write a backup of these files, by their names in it; the manifest with their hashes."""
    hashes: dict[str, str] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as made:
        for name, path in sorted(sources.items()):
            digest = hashlib.sha256()
            with path.open("rb") as source, made.open(name, "w", force_zip64=True) as member:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    member.write(chunk)
            hashes[name] = digest.hexdigest()
        facts = {**asdict(manifest), "members": hashes}
        body = json.dumps({"format": FORMAT, **facts, "made_at": manifest.made_at.isoformat()}, indent=1)
        made.writestr(MANIFEST, body)
        made.comment = hashlib.sha256(body.encode()).hexdigest().encode()
    file.flush()
    os.fsync(file.fileno())
    return Manifest(**{**facts, "made_at": manifest.made_at})


def is_backup(path: Path) -> bool:
    """Whether this file is a backup, whole or not."""
    try:
        with zipfile.ZipFile(path) as found:
            return MANIFEST in found.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def read(path: Path) -> Manifest:
    """Check every byte of a backup against its hashes; what it says of itself.

    Raises BadInput for a file that isn't there or is of a newer format, BackupDamaged for one
    that is not as it was written.
    """
    try:
        with zipfile.ZipFile(path) as found:
            manifest = _manifest(found)
            names = {info.filename for info in found.infolist()} - {MANIFEST}
            if names != set(manifest.members) or DATABASE not in names or not all(map(_harmless, names)):
                raise _damaged(path, "its list of contents doesn't fit")
            for name, expected in manifest.members.items():
                digest = hashlib.sha256()
                for chunk in _chunks(found, name):
                    digest.update(chunk)
                if digest.hexdigest() != expected:
                    raise _damaged(path, f"“{name}” in it was altered")
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}. Give the path of a backup.", field="file") from None
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder. Give the path of a backup file.", field="file") from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, RuntimeError) as error:
        # A RuntimeError is how zipfile refuses what is encrypted or packed in a way that it can't read.
        raise _damaged(path, "it can't be unpacked") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, "its manifest can't be read") from error
    return manifest


def extract(path: Path, manifest: Manifest, folder: Path) -> None:
    """Unpack a backup that was `read` into an empty folder, for its user alone."""
    with zipfile.ZipFile(path) as found:
        for name in manifest.members:
            to = folder / name
            to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                for chunk in _chunks(found, name):
                    out.write(chunk)


def digest_of(path: Path) -> str:
    """SHA-256 of a whole file, hexadecimal."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _manifest(found: zipfile.ZipFile) -> Manifest:
    if found.getinfo(MANIFEST).file_size > _MANIFEST_MAX:
        raise ValueError("too large")
    body = found.read(MANIFEST)
    if hashlib.sha256(body).hexdigest().encode() != found.comment:
        raise ValueError("altered")
    values = json.loads(body)
    if values.pop("format") != FORMAT:
        raise BadInput(
            "This backup was made by a newer version of Schoolgate: upgrade, then restore it.", field="file"
        )
    return Manifest(**{**values, "made_at": datetime.fromisoformat(values["made_at"])})


def _chunks(found: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with found.open(name) as member:
        while chunk := member.read(_CHUNK):
            yield chunk


def _harmless(name: str) -> bool:
    path = PurePosixPath(name)
    inside = name == DATABASE or (name.startswith(HOME) and len(path.parts) > 1)
    return inside and ".." not in path.parts and not path.is_absolute() and "\\" not in name


def _damaged(path: Path, why: str) -> BackupDamaged:
    return BackupDamaged(
        f"{path} is no undamaged backup of Schoolgate: {why}. Nothing was changed; take another copy."
    )
