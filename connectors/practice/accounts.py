"""The people of the practice platforms, and the school's own three accounts among them."""

from __future__ import annotations

import re
import secrets
import sqlite3
import unicodedata
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.base import Platform
from connectors.practice.faults import FaultSwitches
from connectors.practice.records import Person, Secrets
from connectors.practice.store import Clock, Store, utc_now
from school.errors import BadInput, NotFound

SCHOOL_NAME = "Larkfield Primary School"
SCHOOL_HANDLES = {
    Platform.X: "larkfieldschool",  # X takes 15 characters at most
    Platform.FACEBOOK: "larkfieldprimary",
    Platform.INSTAGRAM: "larkfieldprimary",
}
SCHOOL_BIO = (
    "A friendly primary school for children aged 3 to 11. Curious, kind and brave. "
    "Please ring the office about your child."
)


def when(seconds: float | None) -> datetime | None:
    """A stored time as an aware one; None stays None."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def moment(seconds: float) -> datetime:
    """A stored time as an aware one."""
    return datetime.fromtimestamp(seconds, UTC)


_SECRET_FACTS = tuple(field.name for field in fields(Secrets))


class Accounts:
    """Who is there."""

    """Everything that exists on the practice X, Facebook and Instagram."""

    def __init__(self, path: Path | str = ":memory:", *, clock: Clock = utc_now) -> None:
        """Opens the world in this file, or makes an empty one with the school's accounts and new secrets."""
        self.clock = clock
        self._store = Store(path, clock)
        self.faults = FaultSwitches(self._store)
        with self._store.writing():
            self._make_secrets()
            self._school = {platform: self._make_school(platform) for platform in Platform}

    @property
    def store(self) -> Store:
        """The file beneath, for the servers and the crowd."""
        return self._store

    def close(self) -> None:
        """Closes the file. Everything stays for the next start."""
        self._store.close()

    # -- the school's own accounts ---------------------------------------------------------------

    @property
    def secrets(self) -> Secrets:
        """The keys in force, read anew each time: another process may have revoked the ones before."""
        return self._make_secrets()

    def revoke(self, platform: Platform | str) -> None:
        """The school's keys on this platform stop working; whoever consents anew gets the next ones.

        Facebook and Instagram share one token, so both stop.
        """
        with self._store.writing():
            if Platform(platform) is Platform.X:
                own_id = self._store.fact("school:x")
                self._store.set_fact("x_access_token", f"{own_id}-{secrets.token_hex(15)}")
                self._store.set_fact("x_access_token_secret", secrets.token_hex(22))
            else:
                self._store.set_fact("user_access_token", f"EAAU{secrets.token_hex(60)}")
                self._store.set_fact("page_access_token", f"EAAP{secrets.token_hex(60)}")

    def _make_secrets(self) -> Secrets:
        kept = self._store.facts(*_SECRET_FACTS)
        if len(kept) == len(_SECRET_FACTS):
            return Secrets(**kept)
        once = self._store.fact_once
        x_id = once("school:x", lambda: str(1_480_000_000_000_000_000 + secrets.randbelow(10**16)))
        once("school:facebook", lambda: str(10**14 + secrets.randbelow(9 * 10**14)))
        once("school:instagram", lambda: str(17_841_400_000_000_000 + secrets.randbelow(10**11)))
        return Secrets(
            x_consumer_key=once("x_consumer_key", lambda: secrets.token_hex(12)),
            x_consumer_secret=once("x_consumer_secret", lambda: secrets.token_hex(25)),
            x_access_token=once("x_access_token", lambda: f"{x_id}-{secrets.token_hex(15)}"),
            x_access_token_secret=once("x_access_token_secret", lambda: secrets.token_hex(22)),
            app_id=once("app_id", lambda: str(10**14 + secrets.randbelow(9 * 10**14))),
            app_secret=once("app_secret", lambda: secrets.token_hex(16)),
            user_access_token=once("user_access_token", lambda: f"EAAU{secrets.token_hex(60)}"),
            page_access_token=once("page_access_token", lambda: f"EAAP{secrets.token_hex(60)}"),
        )

    def _make_school(self, platform: Platform) -> Person:
        school_id = self._store.fact(f"school:{platform}") or ""
        found = self._person_row(platform, school_id)
        if found is None:
            self._insert_person(
                platform,
                SCHOOL_NAME,
                person_id=school_id,
                handle=SCHOOL_HANDLES[platform],
                bio=SCHOOL_BIO,
                kind="school",
                created_at=self._store.now() - timedelta(days=2_200).total_seconds(),
                following=11,
            )
        return self.person(platform, school_id)

    def school(self, platform: Platform | str) -> Person:
        """The school's own account on this platform."""
        return self._school[Platform(platform)]

    def base_url(self, platform: Platform | str) -> str:
        """Where this platform's practice server answers, "" while none has ever started."""
        return self._store.fact("x_url" if Platform(platform) is Platform.X else "graph_url") or ""

    # -- what the tokens allow -------------------------------------------------------------------

    def withdrawn_permissions(self) -> frozenset[str]:
        """Permissions that the Graph's tokens no longer have."""
        return frozenset((self._store.fact("withdrawn_permissions") or "").split())

    def withdraw_permissions(self, *names: str) -> None:
        """Take these permissions from the Graph's tokens, and give back all others."""
        self._store.set_fact("withdrawn_permissions", " ".join(names))

    def token_end(self, what: str) -> datetime | None:
        """When the Graph's token ("token") or its access to data ("data_access") ends; None: as usual."""
        found = self._store.fact(f"{what}_end")
        return when(float(found)) if found else None

    def set_token_end(self, what: str, at: datetime | None) -> None:
        """Let the token, or its access to data, end then; None: as usual."""
        self._store.set_fact(f"{what}_end", str(at.timestamp()) if at else "")

    @property
    def page_published(self) -> bool:
        """Whether the public can see the Facebook Page."""
        return self._store.fact("page_unpublished") != "1"

    def set_page_published(self, published: bool) -> None:
        """Take the Page from the public's sight, or give it back."""
        self._store.set_fact("page_unpublished", "" if published else "1")

    @property
    def x_access(self) -> str:
        """What X lets the account's keys do, as its header says it."""
        return self._store.fact("x_access") or "read-write"

    def set_x_access(self, level: str) -> None:
        """Let the keys only "read", or "read-write"."""
        self._store.set_fact("x_access", level)

    # -- people ----------------------------------------------------------------------------------

    def _insert_person(
        self,
        platform: Platform,
        name: str,
        *,
        person_id: str = "",
        handle: str = "",
        bio: str = "",
        location: str = "",
        kind: str = "visitor",
        created_at: float | None = None,
        followers: int = 0,
        following: int = 0,
        nameless: bool = False,
    ) -> str:
        with self._store.writing() as db:
            if not person_id:
                match platform:
                    case Platform.X:
                        person_id = str(self._store.next_serial("x-user", 1_510_000_000_000_000_000, 10**12))
                    case Platform.FACEBOOK:
                        person_id = str(self._store.next_serial("fb-user", 24_000_000_000_000_000, 10**9))
                    case Platform.INSTAGRAM:
                        person_id = str(self._store.next_serial("ig-user", 6_100_000_000_000_000, 10**9))
            handle = handle or self._free_handle(db, platform, name)
            made = (
                self._store.now() - timedelta(days=400).total_seconds() if created_at is None else created_at
            )
            db.execute(
                "insert into people (platform, id, handle, name, bio, location, kind, created_at,"
                " followers, following,"
                " nameless) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    platform,
                    person_id,
                    handle,
                    name,
                    bio,
                    location,
                    kind,
                    made,
                    followers,
                    following,
                    int(nameless),
                ),
            )
        return person_id

    @staticmethod
    def _free_handle(db: sqlite3.Connection, platform: Platform, name: str) -> str:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:11] or "visitor"
        handle = stem
        while db.execute(
            "select 1 from people where platform = ? and handle = ?", (platform, handle)
        ).fetchone():
            handle = f"{stem}{secrets.randbelow(9000) + 1000}"
        return handle

    def add_person(
        self,
        platform: Platform | str,
        name: str,
        *,
        handle: str = "",
        bio: str = "",
        location: str = "",
        kind: str = "visitor",
        age_days: float = 400,
        followers: int = 0,
        following: int = 0,
        nameless: bool = False,
    ) -> Person:
        """Opens an account for somebody. A free handle is made from the name unless one is given."""
        platform = Platform(platform)
        name = name.strip()
        if not name or len(name) > 100:
            raise BadInput("A person needs a name of 1 to 100 characters.", field="name")
        with self._store.writing() as db:
            shape = r"[A-Za-z0-9_]{1,15}" if platform is Platform.X else r"[A-Za-z0-9_.]{1,30}"
            if handle and (
                not re.fullmatch(shape, handle)
                or db.execute(
                    "select 1 from people where platform = ? and lower(handle) = lower(?)", (platform, handle)
                ).fetchone()
            ):
                raise BadInput(
                    f"The handle {handle!r} is taken or has odd characters: choose another.", field="handle"
                )
            created = self._store.now() - timedelta(days=age_days).total_seconds()
            person_id = self._insert_person(
                platform,
                name,
                handle=handle,
                bio=bio,
                location=location,
                kind=kind,
                created_at=created,
                followers=followers,
                following=following,
                nameless=nameless,
            )
        return self.person(platform, person_id)

    def _person_row(self, platform: Platform, person_id: str) -> sqlite3.Row | None:
        with self._store.reading() as db:
            row: sqlite3.Row | None = db.execute(
                "select * from people where platform = ? and id = ?", (platform, person_id)
            ).fetchone()
        return row

    @staticmethod
    def _person(row: sqlite3.Row | Mapping[str, Any]) -> Person:
        return Person(
            platform=Platform(row["platform"]),
            id=row["id"],
            handle=row["handle"],
            name=row["name"],
            bio=row["bio"],
            location=row["location"],
            kind=row["kind"],
            created_at=moment(row["created_at"]),
            followers=row["followers"],
            following=row["following"],
            nameless=bool(row["nameless"]),
        )

    def person(self, platform: Platform | str, person_id: str) -> Person:
        """Somebody by the platform's id. Raises NotFound."""
        row = self._person_row(Platform(platform), person_id)
        if row is None:
            raise NotFound(f"There is nobody with the number {person_id} on {Platform(platform)}.")
        return self._person(row)

    def find_person(self, platform: Platform | str, name_or_id: str) -> Person | None:
        """Somebody by id, @handle or exact name; None if there is nobody."""
        wanted, platform = name_or_id.strip(), Platform(platform)
        with self._store.reading() as db:
            for clause, value in (
                ("id = ?", wanted),
                ("lower(handle) = lower(?)", wanted.removeprefix("@")),
                ("name = ?", wanted),
            ):
                row = db.execute(
                    # The clause is one of the three above.
                    f"select * from people where platform = ? and {clause} order by created_at"  # noqa: S608  # nosec B608
                    " limit 1",
                    (platform, value),
                ).fetchone()
                if row is not None:
                    return self._person(row)
        return None

    def people(self, platform: Platform | str) -> list[Person]:
        """Everybody on this platform but the school, by name."""
        with self._store.reading() as db:
            rows = db.execute(
                "select * from people where platform = ? and kind != 'school' order by name, id",
                (Platform(platform),),
            ).fetchall()
        return [self._person(row) for row in rows]

    def person_or_new(self, platform: Platform | str, name_or_id: str, *, bio: str = "") -> Person:
        """The person of this name, id or handle, who opens an account if there is none."""
        # Two who speak under one name at the same moment must be one person.
        with self._store.writing():
            found = self.find_person(platform, name_or_id)
            return found or self.add_person(platform, name_or_id, bio=bio)

    def person_url(self, person: Person) -> str:
        """The address of somebody's profile as the platform gives it out."""
        match person.platform:
            case Platform.X:
                return f"https://x.com/{person.handle}"
            case Platform.FACEBOOK:
                return f"https://www.facebook.com/{person.id}"
            case Platform.INSTAGRAM:
                return f"https://www.instagram.com/{person.handle}/"

    def change_profile(
        self, platform: Platform | str, person_id: str, *, name: str | None = None, bio: str | None = None
    ) -> Person:
        """Somebody renames themselves or rewrites their bio (what a re-vetting must notice)."""
        before = self.person(platform, person_id)
        with self._store.writing() as db:
            db.execute(
                "update people set name = ?, bio = ? where platform = ? and id = ?",
                (
                    before.name if name is None else name,
                    before.bio if bio is None else bio,
                    before.platform,
                    person_id,
                ),
            )
        return self.person(platform, person_id)
