"""A second look, signed with the PIN, before what gives or takes much: an open session alone can't do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import abort, make_response, render_template
from sqlalchemy.orm import Session

from school import people, pins
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import Person, Role
from web import abilities
from web.access import current_person
from web.forms import Typed

T = TypeVar("T")

_OURS = frozenset({"csrf_token", "looked", "pin"})


class _LookFirst(Exception):
    """Nothing was done yet: what would be done can be, and is to be looked at and signed."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is about to be done, as the page says it on which it is signed."""

    title: str
    button: str
    back: str
    """Where whoever leaves it as it is goes."""
    says: Sequence[str] = ()
    gains: Sequence[Role] = ()
    """Roles, told with what they let somebody do."""
    loses: Sequence[Role] = ()


def signed(
    typed: Typed,
    work: Callable[[Session, Person], T],
    question: Question,
    *,
    needed: bool,
    look: bool = False,
    refused: Callable[[BadInput], str] | None = None,
) -> T:
    """Do `work` once the person signed in has looked at it and typed their PIN; `needed` False: at once.

    `look`: where it needs no PIN it is looked at all the same.

    Whoever has not looked yet is answered with the question's page instead, whose form comes back to where it
    was sent; whoever's PIN is wrong, locked or not there, with that page as refused. For what else is wrong
    `refused` gives the page; None: the same one.
    """
    try:
        return _signed(typed, work, needed=needed, look=needed or look)
    except _LookFirst:
        abort(make_response(_page(question, typed, pin=needed)))
    except BadInput as error:
        if refused is None or error.field == "pin":
            abort(make_response(_page(question, typed.refuse(error), pin=needed), 400))
        abort(make_response(refused(error), 400))


def _signed(typed: Typed, work: Callable[[Session, Person], T], *, needed: bool, look: bool) -> T:
    # The first form has no `looked`: then the work is tried and taken back, so that whatever is wrong with it
    # is said before anybody signs.
    moment, looks = now(), look and typed["looked"] == "yes"
    with transaction() as session:
        by = current_person(session)
        right = not (needed and looks) or pins.check(session, by, typed["pin"], now=moment)
        if right:
            done = work(session, by)
            if look and not looks:
                raise _LookFirst
    # A wrong PIN counts, so the transaction above was committed all the same.
    if not right:
        raise pins.refusal(by, now=moment)
    return done


def _page(question: Question, typed: Typed, *, pin: bool) -> str:
    return render_template(
        "people/sign.html",
        question=question,
        pin=pin,
        gains=[(role, abilities.of_role(role)) for role in question.gains],
        loses=[(role, abilities.of_role(role)) for role in question.loses],
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
