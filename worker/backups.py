"""Taking a backup while the product runs, and putting one back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, sessionmaker

# Together these know every table that is copied.
import approvals.restored
import moderation.restored
from school import archive, copying, heartbeats, keys, migrate, restored, sealing, secrets, setup
from school.archive import DATABASE, HOME, Manifest
from school.db import engine_for, make_engine, now, reading
from school.errors import BadInput
from school.settings import settings
from worker.locks import FileLock
from worker.terminal import Failure, Refused

log = structlog.get_logger(__name__)

_LEFT_OUT = ("secret.key", ".secret.key", "logs", "run.lock", "keys.lock", "lost+found", "work")
"""What names in the home folder begin with that are no part of a backup and no sign that a home is in use."""
_NOTES_OF_PROCESSES = frozenset({"practice/lock", "practice/ports.json"})
_DELIVERED = "mailbox/"
"""What the built-in mail server took: as in anybody's mailbox, links that let in stand there in clear."""
_REPLACED = "replaced-"
_WORKING = ".restoring-"
_ALIVE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to."""

    manifest: Manifest
    counts: dict[str, int]
    key: str
    """A sentence about the secret key."""
    replaced: Path | None
    """Where what was there before lies now."""


def take(path: Path, *, passphrase: str | None, overwrite: bool) -> tuple[Manifest, str]:
    """Write a backup and check it by reading it again; its manifest and the file's SHA-256.

    Raises Refused for a file that exists already, BadInput where there is no school or the
    database isn't at this version's migration, OSError where the file can't be written.
    """
    path = path.expanduser().resolve()
    if path.is_dir():
        raise Refused(f"{path} is a folder. Give the name of a file in it.")
    if path.exists() and not overwrite:
        raise Refused(f"{path} exists already. Choose another name, or say --overwrite.")
    url = settings().effective_database_url
    at, newest = migrate.current(url), migrate.head()
    if at is None:
        raise BadInput("There is no school yet, so there is nothing to back up.", field="school")
    if at != newest:
        raise Failure(
            f"The database is at migration {at}, this version works with {newest}: back it up with the "
            "version that it belongs to, or start this one once."
        )
    # Both before and after the copying: the key may be changed meanwhile.
    held = secrets.all_keys() if passphrase is not None else ()
    sealing.check(passphrase)
    with TemporaryDirectory(prefix=".schoolgate-backup-", dir=path.parent) as folder:
        made_at = now()
        copy = Path(folder) / DATABASE
        copying.to_sqlite(url, copy)
        with _session_of(copy) as session:
            school = setup.current_school(session)
        if school is None:
            raise BadInput("There is no school yet, so there is nothing to back up.", field="school")
        if passphrase is not None:
            held = tuple(dict.fromkeys((*secrets.all_keys(), *held)))
        sources = {DATABASE: copy, **_files_of_home(Path(folder))}
        facts = Manifest(
            made_at=made_at,
            version=version("schoolgate"),
            revision=newest or "",
            database=sa.make_url(url).get_backend_name(),
            school=school.name,
            practice=school.practice,
            sealed_keys=sealing.seal(held, passphrase) if passphrase is not None else None,
            members={},
        )
        draft = Path(folder) / "backup"
        with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            archive.write(file, facts, sources)
        manifest = archive.read(draft)
        digest = archive.digest_of(draft)
        draft.replace(path)
    log.info("backup_made", bytes=path.stat().st_size, files=len(manifest.members), sha256=digest)
    return manifest, digest


def put_back(
    path: Path, *, ask: Callable[[], str] | None, replace: bool, ready: Callable[[Manifest], None]
) -> Restored:
    """Restore a backup into this home and database. `ask` gives the passphrase; None: leave the key out.

    `ready` is called once the file was checked and nothing stands in the way. Raises BadInput,
    Refused, Failure or archive.BackupDamaged before anything was changed.
    """
    path = path.expanduser().resolve()
    manifest = archive.read(path)
    if not migrate.knows(manifest.revision):
        raise Refused(
            f"This backup's tables are newer (migration {manifest.revision}) than this version of Schoolgate "
            f"(migration {migrate.head()}): upgrade first, then restore it."
        )
    home, url = settings().home, settings().effective_database_url
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        lock = FileLock(home / "run.lock")
        if not lock.take():
            raise Failure(
                f"Schoolgate is running with {home} (process {lock.holder() or 'unknown'}): stop it first."
            )
        stack.callback(lock.free)
        for left in home.glob(f"{_WORKING}*"):
            # Of a restore that was killed: it had not replaced anything yet, or all of it.
            shutil.rmtree(left)
        in_use, what = _in_use(home, url)
        if in_use and not replace:
            raise Refused(
                f"{what} Restore into an empty home and database (SCHOOLGATE_HOME, SCHOOLGATE_DATABASE_URL), "
                "or say --replace: what is there is then kept in a folder beside it."
            )
        sealed = manifest.sealed_keys
        brought = sealing.unseal(sealed, ask()) if sealed and ask else []
        _check_keys(brought)
        ready(manifest)
        working = Path(stack.enter_context(TemporaryDirectory(prefix=_WORKING, dir=home)))
        archive.extract(path, manifest, working)
        copy = working / DATABASE
        migrate.upgrade(f"sqlite:///{copy}")
        counts = _settle(copy, manifest, archive.digest_of(path))
        kept = _put_aside(home, url) if in_use else None
        _place_database(copy, url)
        for item in sorted((working / HOME).glob("*")):
            item.replace(home / item.name)
        said = _place_keys(brought)
    log.info("restored", made_at=manifest.made_at.isoformat(), **counts)
    return Restored(manifest, counts, said, kept)


def _files_of_home(folder: Path) -> dict[str, Path]:
    """What else the home holds: name in the backup to path. Databases among it are copied as they are now."""
    home = settings().home
    own = sa.make_url(settings().effective_database_url)
    database = Path(own.database or "") if own.get_backend_name() == "sqlite" else None
    found: dict[str, Path] = {}
    for path in _walk(home):
        name = path.relative_to(home).as_posix()
        if name in _NOTES_OF_PROCESSES or path.suffix == ".part" or name.endswith(("-wal", "-shm")):
            continue
        if name.startswith(_DELIVERED):
            continue
        if database is not None and path == database.resolve():
            continue
        if _is_sqlite(path):
            copy = folder / f"copy-{len(found)}.db"
            with closing(sqlite3.connect(path, timeout=30)) as source:
                source.execute("VACUUM INTO ?", (str(copy),))
            path = copy
        found[f"{HOME}{name}"] = path
    return found


def _walk(home: Path) -> Iterator[Path]:
    for item in sorted(home.iterdir()) if home.exists() else []:
        if not _belongs(item) or item.is_symlink():
            continue
        if item.is_file():
            yield item
            continue
        yield from (path for path in sorted(item.rglob("*")) if path.is_file() and not path.is_symlink())


def _belongs(item: Path) -> bool:
    """Whether something that lies in a home folder is the product's data, and not a backup of it."""
    if item.name.startswith((*_LEFT_OUT, _REPLACED, _WORKING, ".schoolgate-backup-")):
        return False
    return not (item.is_file() and archive.is_backup(item))


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(16) == b"SQLite format 3\x00"


def _in_use(home: Path, url: str) -> tuple[bool, str]:
    """Whether home or database hold anything, and a sentence that says so. Refuses where something runs."""
    held = [item.name for item in sorted(home.iterdir()) if _belongs(item)]
    if not _has_tables(url):
        return bool(held), f"{home} holds something already ({', '.join(held[:3])})."
    if migrate.is_current(url):
        with reading() as session:
            school = setup.current_school(session)
            seen = [beat.at for beat in heartbeats.latest(session).values()]
        # A lock on this machine says nothing of workers on another.
        if not url.startswith("sqlite") and seen and now() - max(seen) < _ALIVE:
            raise Failure(
                "Schoolgate is running with this database: stop web, worker and scheduler, wait a minute, "
                "then restore."
            )
        if school is not None:
            return True, f"The database holds {school.name} already."
        return bool(held), f"{home} holds something already ({', '.join(held[:3])})."
    return True, "The database holds something already."


def _has_tables(url: str) -> bool:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return False
    with engine_for(url).execution_options(schoolgate_read_only=True).connect() as connection:
        return bool(sa.inspect(connection).get_table_names())


def _present_keys() -> tuple[str, ...]:
    try:
        return secrets.all_keys()
    except secrets.KeyMissing:
        return ()


def _check_keys(brought: Sequence[str]) -> None:
    """Refuse where a key that is here and another that the backup brings would meet."""
    present = _present_keys()
    if brought and present and not set(brought) <= set(present):
        where = "SCHOOLGATE_SECRET_KEY" if settings().secret_key is not None else str(secrets.key_file())
        raise Refused(
            f"{where} is another secret key than the one in this backup: take it away first, or say "
            "--without-keys to keep it."
        )


def _place_keys(brought: Sequence[str]) -> str:
    """Put the keys of the backup in place; a sentence about what holds now."""
    if brought and not _present_keys():
        secrets.keep_keys(brought)
        return "The secret key was in the backup and is in place."
    without = (
        "Without it the accounts must be connected anew and the pictures' originals can't be read "
        "(`schoolgate keys start-anew`)."
    )
    if not _present_keys():
        return (
            f"The secret key was not in the backup: put it back as {secrets.key_file()} (or "
            f"SCHOOLGATE_SECRET_KEY) before you start. {without}"
        )
    try:
        with reading() as session:
            keys.check(session)
    except secrets.KeyMissing:
        return (
            "The secret key here is not the one that the backup was made with: put the former one back. "
            + without
        )
    return "The secret key here is the right one."


def _settle(copy: Path, manifest: Manifest, digest: str) -> dict[str, int]:
    """Set the copy right before anybody can work with it."""
    moment = now()
    with _session_of(copy) as session:
        counts = {
            **approvals.restored.settle(session, made_at=manifest.made_at, now=moment),
            **moderation.restored.settle(session, made_at=manifest.made_at),
        }
        sentences = [sentence for sentence in _sentences(counts) if sentence]
        counts |= restored.settle(
            session, made_at=manifest.made_at, digest=digest, sentences=sentences, now=moment
        )
        session.commit()
    return counts


def _sentences(counts: dict[str, int]) -> Iterator[str]:
    if number := counts["posts_to_look_for"]:
        yield (
            f"{_many(number, 'scheduled post is', 'scheduled posts are')} looked for on the accounts first, "
            "since they may have gone out: what isn't there goes out as planned, and what is more than an "
            "hour late waits for a person."
        )
    if number := counts["drafts_given_back"]:
        yield (
            f"{_many(number, 'draft that waited for approval is', 'drafts that waited for approval are')} "
            "back with the author, since its time has come: it may have been published."
        )
    if number := counts["replies_to_look_for"]:
        who = _many(number, "answer is", "answers are")
        yield f"{who} looked for on the platform before anything is sent."


def _many(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _put_aside(home: Path, url: str) -> Path:
    """Keep what is there in a folder of the home; a server's database as a backup in it."""
    kept = home / f"{_REPLACED}{now():%Y%m%dT%H%M%SZ}"
    kept.mkdir(mode=0o700)
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine_for(url).dispose()
        engine_for.cache_clear()
        database = Path(parsed.database or "")
        for path in (database, Path(f"{database}-wal"), Path(f"{database}-shm")):
            if path.exists():
                shutil.move(path, kept / path.name)
    elif _has_tables(url):
        if not migrate.is_current(url):
            kept.rmdir()
            raise Failure(
                "The database holds tables that aren't this version's, so they can't be kept: give an empty "
                "database (SCHOOLGATE_DATABASE_URL) to restore into."
            )
        copying.to_sqlite(url, kept / "schoolgate.db")
        migrate.downgrade(settings().effective_database_owner_url or url)
    for item in list(home.iterdir()):
        if _belongs(item):
            item.rename(kept / item.name)
    return kept


def _place_database(copy: Path, url: str) -> None:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        migrate.prepare()
        copying.from_sqlite(copy, url)
        return
    target = Path(parsed.database or "")
    target.parent.mkdir(parents=True, exist_ok=True)
    engine_for.cache_clear()
    # Renamed where it lies on the same disk, so that nobody ever sees half of it.
    beside = target.with_name(f"{target.name}.part")
    shutil.move(copy, beside)
    beside.replace(target)


@contextmanager
def _session_of(path: Path) -> Iterator[Session]:
    """A session on a copy; all of it is in the one file afterwards."""
    engine = make_engine(f"sqlite:///{path}")
    try:
        with sessionmaker(engine, expire_on_commit=False)() as session:
            yield session
    finally:
        engine.dispose()
