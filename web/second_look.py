"""A second look, signed with the PIN, before what gives or takes much: an open session alone can't do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from flask import render_template
from sqlalchemy.orm import Session

from school import people, pins
from school.db import now, reading, transaction
from school.models import Person, Role
from web import abilities
from web.access import current_person
from web.forms import Typed

T = TypeVar("T")

_OURS = frozenset({"csrf_token", "looked", "pin"})


class LookFirst(Exception):
    """Nothing was done yet: what would be done can be, and is to be looked at and signed."""


def signed(typed: Typed, work: Callable[[Session, Person], T], *, needed: bool = True) -> T:
    """Do `work` in a transaction once the person signed in has looked at it and typed their PIN.

    The first form has no `looked`: then the work is tried and taken back, so that whatever is wrong with
    it is said before anybody signs. `needed` False: done at once. Raises LookFirst, and BadInput with the
    field `pin` for a PIN that is wrong, locked or not there.
    """
    moment, looks = now(), needed and typed["looked"] == "yes"
    with transaction() as session:
        by = current_person(session)
        right = not looks or pins.check(session, by, typed["pin"], now=moment)
        if right:
            done = work(session, by)
            if needed and not looks:
                raise LookFirst
    # A wrong PIN counts, so the transaction above was committed all the same.
    if not right:
        raise pins.refusal(by, now=moment)
    return done


def page(
    title: str,
    typed: Typed,
    *,
    action: str,
    back: str,
    button: str,
    says: Sequence[str],
    gains: Sequence[Role],
    loses: Sequence[Role] = (),
) -> str:
    """What is about to be done, with the form as it was typed and the field for the PIN.

    `gains`, `loses`: roles, told with what they let somebody do.
    """
    return render_template(
        "people/sign.html",
        title=title,
        action=action,
        back=back,
        button=button,
        says=says,
        gains=[(role, abilities.of_role(role)) for role in gains],
        loses=[(role, abilities.of_role(role)) for role in loses],
        hidden=[(name, value) for name, value in typed.values.items(multi=True) if name not in _OURS],
        reason=next((typed[name] for name in ("role_reason", "address_reason", "reason") if typed[name]), ""),
        looked=typed if typed["looked"] else None,
    )


def of_headteachers(name: str) -> list[str]:
    """What to think of before somebody is made headteacher beside the one there is.

    Nothing is handed over by it: a school may have two who share the work, and whoever hands over must
    first give the role and then take the other's, since one must always be left (P1).
    """
    with reading() as session:
        heads = [one.name for one in people.holders(session, Role.HEADTEACHER)]
    already = f"{' and '.join(heads)} {'is' if len(heads) == 1 else 'are'} headteacher already."
    return [
        f"{already} Then there are {len(heads) + 1}, and each alone may do all that is listed below, also "
        "take the role from the other.",
        f"If {name} takes over, withdraw the role from {heads[0]} afterwards. For days on which you are "
        "away, name a deputy instead: that ends by itself.",
    ]
