"""The state of the practice platforms, and everything a person outside the school can do there.

`/practice` and the tests use this object directly; the product only ever sees the HTTP servers
that stand in front of it. Two processes may open the same file at once.
"""

from __future__ import annotations

import sqlite3

from connectors.base import Platform
from connectors.practice.accounts import moment
from connectors.practice.records import Block, Follow
from connectors.practice.seen import SeenPosts
from school.errors import BadInput, NotFound


class World(SeenPosts):
    """Everything that exists on the practice X, Facebook and Instagram."""

    # -- followers -------------------------------------------------------------------------------

    @property
    def protected(self) -> bool:
        """Whether the school's X account is protected, so that people must ask to follow it."""
        return self._store.fact("x_protected") == "1"

    def set_protected(self, protected: bool) -> None:
        """Makes the school's X account protected (it then offers follow requests) or public again."""
        self._store.set_fact("x_protected", "1" if protected else "0")

    def follow(self, platform: Platform | str, name: str, *, bio: str = "") -> Follow:
        """Somebody follows the school; under a protected account this becomes a request.

        Raises BadInput where the school blocked them.
        """
        platform = Platform(platform)
        state = "requested" if platform is Platform.X and self.protected else "follower"
        return self._follow(platform, name, bio, state)

    def request_follow(self, name: str, *, bio: str = "") -> Follow:
        """Somebody asks to follow the school on X. Raises BadInput while the account is not protected."""
        if not self.protected:
            raise BadInput(
                "The practice X offers no follow requests now: make the account protected first.",
                field="name",
            )
        return self._follow(Platform.X, name, bio, "requested")

    def _follow(self, platform: Platform, name: str, bio: str, state: str) -> Follow:
        person = self.person_or_new(platform, name, bio=bio)
        if self.is_blocked(platform, person.id):
            raise BadInput("The school blocked this person, so they can't follow it.", field="name")
        with self._store.writing() as db:
            row = db.execute(
                "select state from follows where platform = ? and person_id = ?", (platform, person.id)
            ).fetchone()
            if row is None or row["state"] not in {"follower", state}:
                stamp = self._store.now()
                db.execute(
                    "insert into follows (platform, person_id, state, ordinal, at) values (?, ?, ?, ?, ?)"
                    " on conflict (platform, person_id) do update set state = excluded.state,"
                    " ordinal = excluded.ordinal, at = excluded.at",
                    (platform, person.id, state, self._store.next_ordinal(stamp), stamp),
                )
        return self.follow_of(platform, person.id)

    def follow_of(self, platform: Platform | str, person_id: str) -> Follow:
        """What is between this person and the school. Raises NotFound where there is nothing."""
        person = self.person(platform, person_id)
        with self._store.reading() as db:
            row = db.execute(
                "select * from follows where platform = ? and person_id = ?", (person.platform, person_id)
            ).fetchone()
        if row is None:
            raise NotFound("This person never asked to follow the school.")
        return Follow(person, row["state"], row["ordinal"], moment(row["at"]))

    def follow_state(self, platform: Platform | str, person_id: str) -> str:
        """ "follower", "requested", "denied", "removed", or "" for somebody who never followed."""
        with self._store.reading() as db:
            row = db.execute(
                "select state from follows where platform = ? and person_id = ?",
                (Platform(platform), person_id),
            ).fetchone()
        return "" if row is None else str(row["state"])

    def _follows(self, platform: Platform, state: str, before: int | None, limit: int) -> list[Follow]:
        with self._store.reading() as db:
            rows: list[sqlite3.Row] = db.execute(
                "select p.*, f.state, f.ordinal, f.at from follows f join people p"
                " on p.platform = f.platform and p.id = f.person_id"
                " where f.platform = ? and f.state = ? and f.ordinal < ? order by f.ordinal desc limit ?",
                (platform, state, before if before is not None else 1 << 62, limit),
            ).fetchall()
        return [Follow(self._person(row), row["state"], row["ordinal"], moment(row["at"])) for row in rows]

    def followers(
        self, platform: Platform | str, *, before: int | None = None, limit: int = 1_000
    ) -> list[Follow]:
        """Who follows the school, newest first; `before` is the ordinal of the last one seen."""
        return self._follows(Platform(platform), "follower", before, limit)

    def requests(
        self, platform: Platform | str = Platform.X, *, before: int | None = None, limit: int = 5_000
    ) -> list[Follow]:
        """Who is waiting to be let in, newest first."""
        return self._follows(Platform(platform), "requested", before, limit)

    def count_followers(self, platform: Platform | str) -> int:
        """How many follow the school."""
        with self._store.reading() as db:
            row = db.execute(
                "select count(*) as n from follows where platform = ? and state = 'follower'",
                (Platform(platform),),
            ).fetchone()
        return int(row["n"])

    def _decide(self, platform: Platform, person_id: str, before: str, after: str) -> None:
        with self._store.writing() as db:
            stamp = self._store.now()
            changed = db.execute(
                "update follows set state = ?, at = ?, ordinal = ? where platform = ? and person_id = ?"
                " and state = ?",
                (after, stamp, self._store.next_ordinal(stamp), platform, person_id, before),
            ).rowcount
        if not changed:
            wanted = "follow request" if before == "requested" else "follower"
            raise NotFound(f"There is no {wanted} with the number {person_id}.")

    def accept_request(self, person_id: str) -> None:
        """The hand task on X: the school lets this person follow it. Raises NotFound."""
        self._decide(Platform.X, person_id, "requested", "follower")

    def deny_request(self, person_id: str) -> None:
        """The hand task on X: the school turns the request down. Raises NotFound."""
        self._decide(Platform.X, person_id, "requested", "denied")

    def remove_follower(self, platform: Platform | str, person_id: str) -> None:
        """The hand task: the school removes a follower on the platform's own page. Raises NotFound."""
        self._decide(Platform(platform), person_id, "follower", "removed")

    def unfollow(self, platform: Platform | str, person_id: str) -> None:
        """A follower leaves by themselves. Raises NotFound."""
        self._decide(Platform(platform), person_id, "follower", "left")

    # -- the crowd -------------------------------------------------------------------------------

    def crowd_pace(self) -> float | None:
        """The pace that somebody set for the crowd (0: nobody comes); None: as it was started."""
        found = self._store.fact("crowd_pace")
        return float(found) if found else None

    def set_crowd_pace(self, seconds: float | None) -> None:
        """Sets seconds between two events of the crowd on average; 0: a rest; None: what it was started with.

        Works from any process that has the world open. Raises BadInput.
        """
        if seconds is not None and not 0 <= seconds <= 86_400:
            raise BadInput(f"The pace of {seconds} seconds must be between 0 and 86400.", field="seconds")
        self._store.set_fact("crowd_pace", "" if seconds is None else str(seconds))

    # -- blocked and muted -----------------------------------------------------------------------

    def block(self, platform: Platform | str, person_id: str) -> None:
        """The school blocks somebody (Facebook's API; by hand on X and Instagram). They follow no longer."""
        platform = Platform(platform)
        self._shut_out(platform, person_id, "block")
        with self._store.writing() as db:
            db.execute(
                "update follows set state = 'removed' where platform = ? and person_id = ?"
                " and state in ('follower', 'requested')",
                (platform, person_id),
            )

    def unblock(self, platform: Platform | str, person_id: str) -> bool:
        """Takes a block back; whether there was one."""
        return self._let_in(Platform(platform), person_id, "block")

    def mute(self, platform: Platform | str, person_id: str) -> None:
        """The school mutes somebody on X: their replies stay for others to see."""
        self._shut_out(Platform(platform), person_id, "mute")

    def unmute(self, platform: Platform | str, person_id: str) -> bool:
        """Takes a mute back; whether there was one."""
        return self._let_in(Platform(platform), person_id, "mute")

    def _shut_out(self, platform: Platform, person_id: str, how: str) -> None:
        person = self.person(platform, person_id)
        if person.kind == "school":
            raise BadInput("The school can't block or mute itself.", field="person_id")
        with self._store.writing() as db:
            db.execute(
                "insert into blocks (platform, person_id, how, at) values (?, ?, ?, ?) on conflict do"
                " nothing",
                (platform, person_id, how, self._store.now()),
            )

    def _let_in(self, platform: Platform, person_id: str, how: str) -> bool:
        with self._store.writing() as db:
            return bool(
                db.execute(
                    "delete from blocks where platform = ? and person_id = ? and how = ?",
                    (platform, person_id, how),
                ).rowcount
            )

    def blocked(self, platform: Platform | str) -> list[Block]:
        """Whom the school blocked here, latest first."""
        return self._blocks(Platform(platform), "block")

    def muted(self, platform: Platform | str = Platform.X) -> list[Block]:
        """Whom the school muted, latest first."""
        return self._blocks(Platform(platform), "mute")

    def _blocks(self, platform: Platform, how: str) -> list[Block]:
        with self._store.reading() as db:
            rows = db.execute(
                "select p.*, b.how, b.at from blocks b join people p on p.platform = b.platform and p.id"
                " = b.person_id"
                " where b.platform = ? and b.how = ? order by b.at desc, b.rowid desc",
                (platform, how),
            ).fetchall()
        return [Block(self._person(row), row["how"], moment(row["at"])) for row in rows]
