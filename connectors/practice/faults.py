"""Switches that make the practice platforms misbehave, as real ones do now and then."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

from connectors.base import Platform
from connectors.practice.store import Store
from school.errors import BadInput


class OperationKind(StrEnum):
    """What a request is for."""

    READ = "read"
    PUBLISH = "publish"
    """A post or an answer: what must never happen twice."""
    ACTION = "action"
    """Hide, delete, block, mute, edit, alt text."""
    ALL = "all"


class Fault(StrEnum):
    """One way of misbehaving."""

    DELAY = "delay"
    """The answer comes `seconds` late."""
    RATE_LIMIT = "rate_limit"
    """429, with the time at which it ends (`seconds` from now). Graph: code 32 with the usage header."""
    RATE_LIMIT_NO_RESET = "rate_limit_no_reset"
    """429 (Graph: code 4) that doesn't say until when."""
    ERROR_500 = "error_500"
    """500. Graph: code 2, is_transient."""
    ERROR_503 = "error_503"
    """503 with an empty answer."""
    HTML_502 = "html_502"
    """502 with a web page, as a gateway sends it."""
    RESET_BEFORE = "reset_before"
    """The connection breaks before the platform took the request."""
    RESET_AFTER = "reset_after"
    """The connection breaks after it took effect: the answer is lost."""
    TRUNCATED = "truncated"
    """It took effect, but the JSON breaks off in the middle."""
    JSON_ARRAY = "json_array"
    """It took effect, but the answer is a JSON array."""
    EMPTY = "empty"
    """It took effect, but the answer is 200 with an empty body."""
    ERROR_AFTER = "error_after"
    """It took effect, but the answer is an error (X: 400, Graph: code 1)."""
    DEAD_TOKEN = "dead_token"
    """The token counts as dead: 401 on X, code 190 subcode 463 on Graph."""
    OUT_OF_CREDIT = "out_of_credit"
    """402 CreditsDepleted. X only."""


AFTER_EFFECT = frozenset(
    {Fault.RESET_AFTER, Fault.TRUNCATED, Fault.JSON_ARRAY, Fault.EMPTY, Fault.ERROR_AFTER}
)
"""Faults that let the operation happen first."""


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One switch: which fault, how often, how long.

    `next_n`: only the next so many requests (the switch then turns itself off); None: until cleared.
    `seconds`: how late (delay), or until when (rate_limit).
    """

    fault: Fault
    probability: float = 1.0
    next_n: int | None = None
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A switch that is on."""

    platform: Platform
    kind: OperationKind
    rule: FaultRule


class FaultSwitches:
    """All switches; they outlive a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._random = random.Random()

    def set(self, platform: Platform | str, kind: OperationKind | str, rule: FaultRule) -> None:
        """Turns a switch on; the same fault for the same platform and kind is replaced.

        Raises BadInput for values that make no sense.
        """
        platform, kind = Platform(platform), OperationKind(kind)
        if not 0 < rule.probability <= 1:
            raise BadInput(
                f"The probability {rule.probability} must be over 0 and at most 1.", field="probability"
            )
        if rule.next_n is not None and rule.next_n < 1:
            raise BadInput(f"The number of requests {rule.next_n} must be at least 1.", field="next_n")
        if not 0 <= rule.seconds <= 3600:
            raise BadInput(f"The time of {rule.seconds} seconds must be between 0 and 3600.", field="seconds")
        if rule.fault is Fault.OUT_OF_CREDIT and platform is not Platform.X:
            raise BadInput("Only X asks for money: choose another fault here.", field="fault")
        with self._store.writing() as db:
            db.execute(
                "insert into faults (platform, kind, fault, probability, remaining, seconds) values (?,"
                " ?, ?, ?, ?, ?)"
                " on conflict (platform, kind, fault) do update set probability = excluded.probability,"
                " remaining = excluded.remaining, seconds = excluded.seconds",
                (platform, kind, rule.fault, rule.probability, rule.next_n, rule.seconds),
            )

    def clear(
        self,
        platform: Platform | str | None = None,
        kind: OperationKind | str | None = None,
        fault: Fault | str | None = None,
    ) -> None:
        """Turns switches off: all of them, or those of this platform, kind and fault."""
        with self._store.writing() as db:
            db.execute(
                "delete from faults where (:p is null or platform = :p) and (:k is null or kind = :k)"
                " and (:f is null or fault = :f)",
                {"p": platform, "k": kind, "f": fault},
            )

    def current(self) -> list[ActiveFault]:
        """The switches that are on."""
        with self._store.reading() as db:
            rows = db.execute("select * from faults order by platform, kind, fault").fetchall()
        return [
            ActiveFault(
                Platform(row["platform"]),
                OperationKind(row["kind"]),
                FaultRule(Fault(row["fault"]), row["probability"], row["remaining"], row["seconds"]),
            )
            for row in rows
        ]

    def draw(self, platform: Platform, kind: OperationKind) -> list[FaultRule]:
        """What goes wrong with this request; counts down the switches that have a number."""
        hit: list[FaultRule] = []
        with self._store.reading() as db:
            if db.execute("select 1 from faults where platform = ? limit 1", (platform,)).fetchone() is None:
                return hit
        with self._store.writing() as db:
            for active in self.current():
                if active.platform is not platform or active.kind not in (kind, OperationKind.ALL):
                    continue
                if self._random.random() >= active.rule.probability:
                    continue
                hit.append(active.rule)
                if active.rule.next_n is not None:
                    key = (active.platform, active.kind, active.rule.fault)
                    if active.rule.next_n == 1:
                        db.execute("delete from faults where platform = ? and kind = ? and fault = ?", key)
                    else:
                        db.execute(
                            "update faults set remaining = remaining - 1 where platform = ? and kind = ?"
                            " and fault = ?",
                            key,
                        )
        return hit
