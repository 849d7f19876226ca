"""Lists of the Graph that come newest first: read until all is known, and whole now and then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.exchange import number
from connectors.graph import GraphAccount, after_of
from connectors.posting import pack, unpack
from connectors.untrusted import records, text, when

OVERLAP = 120
"""Seconds before the watermark that are read again."""


@dataclass(frozen=True, slots=True)
class NewestFirst:
    """How one such list is read."""

    operation: str
    edge: str
    fields: str
    written: str
    """The field that says when an item was written."""
    page: int
    full_every: float
    """Seconds after which the whole list is read again: what changed in old items stands on any page."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page, and where to go on; as `CommentPage` has it."""

    items: list[Mapping[str, object]]
    cursor: str | None
    watermark: str | None
    complete: bool


def read_page(
    account: GraphAccount, node: str, how: NewestFirst, *, since: str | None, cursor: str | None
) -> ListPage:
    """One page of the list. The watermark holds the latest time seen and when the list was last read whole.

    Raises ConnectorRefused for a `since` or `cursor` that isn't ours.
    """
    place, mark = unpack(cursor), unpack(since)
    floor = int(number(mark.get("at")) or 0)
    now = int(datetime.now(UTC).timestamp())
    began = int(number(place.get("began")) or now)
    last_full = int(number(mark.get("full")) or 0)
    full = not floor or began - last_full >= how.full_every
    page = account.list_page(
        how.operation,
        node,
        how.edge,
        fields=how.fields,
        limit=how.page,
        after=text(place.get("after")) or None,
    )
    items = records(page.get("data"))
    times = [found.timestamp() for item in items if (found := when(item.get(how.written))) is not None]
    latest = max([floor, int(number(place.get("latest")) or 0), *(int(time) for time in times)])
    following = after_of(page)
    # The same page for ever: stop, and say that something may be missing.
    stuck = following is not None and following == place.get("after")
    # By the last item: one that is pinned to the top is old, and newer ones follow it.
    known = bool(times) and times[-1] < floor - OVERLAP
    if stuck or (known and not full):
        following = None
    if following:
        further = {"after": following, "latest": latest, "began": began}
        return ListPage(items, pack(further), None, True)
    return ListPage(items, None, pack({"at": latest, "full": began if full else last_full}), not stuck)
