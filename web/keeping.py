"""What somebody typed into a form that the page can't take: shown again, so that nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

View = TypeVar("View", bound=Callable[..., object])

MARK = "schoolgate_restores"
RESTORE = "restore"
"""Value of the field `do` with which a view only shows its form again, filled in as it was."""
_SECRET = ("csrf", "password", "pin", "present", "token", "secret", "credential", "key", "code")


@dataclass(frozen=True, slots=True)
class Kept:
    """The values of a form that could not be taken."""

    fields: tuple[tuple[str, str], ...]
    """Every name and value that isn't secret, to be sent again."""
    texts: tuple[tuple[str, str], ...]
    """What took writing, by the field's name in words: to be read and copied."""
    again: str
    """Where the form can be had again as it was; empty where the view has no such way."""


def restores(view: View) -> View:
    """Mark a view that, sent `do=restore`, shows its form as it was and does nothing else."""
    setattr(view, MARK, True)
    return view


def kept(*, again: bool = True) -> Kept | None:
    """What this request brought, unless nothing in it took work or it can't be read.

    `again`: whether its form may be offered with it, where the view can show that as it was.
    """
    if request.method != "POST":
        return None
    try:
        form = request.form
    except HTTPException:
        # Too big to be read at all: the error that is on its way says so.
        return None
    fields = _of(form)
    texts = tuple((_in_words(name), value) for name, value in fields if len(value.split()) > 1)
    view = current_app.view_functions.get(request.endpoint or "")
    where = request.path if again and getattr(view, MARK, False) else ""
    # A form that can be had again is given back, be it for one number; a lone value took no work.
    return Kept(fields, texts, where) if texts or (where and len(fields) > 1) else None


def only_restores() -> bool:
    """Whether this request asks for a form as it was, of a view that then does nothing else."""
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, MARK, False)) and request.form.getlist("do") == [RESTORE]


def fields(form: MultiDict[str, str] | None = None) -> tuple[tuple[str, str], ...]:
    """Every name and value of a form that isn't secret; of this request's, unless another is given."""
    return _of(request.form if form is None else form)


def _of(form: MultiDict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in form.items(multi=True) if _keepable(name))


def _keepable(name: str) -> bool:
    return name != "do" and not any(part in name.lower() for part in _SECRET)


def _in_words(name: str) -> str:
    return " ".join(part for part in name.split("_") if "-" not in part).capitalize()
