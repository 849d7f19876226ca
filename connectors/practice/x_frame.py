"""What the parts of the practice X share: the world, its JSON, and the reading of requests."""

from __future__ import annotations

from typing import Any, TypeAlias

from flask import request

from connectors.base import Platform
from connectors.practice.records import Person
from connectors.practice.world import World
from connectors.practice.x_errors import gone, invalid
from connectors.practice.x_parameters import checked_id
from connectors.practice.x_wire import XWire
from school.errors import NotFound

Answer: TypeAlias = dict[str, Any]


class XFrame:
    """The ground of every part."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._wire = XWire(world)

    @staticmethod
    def _body(*known: str) -> Answer:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise invalid("body", "", "The request body is not a JSON object")
        for name in body:
            if name not in known:
                raise invalid(name, str(body[name])[:50], f"[$.{name}]: is not defined in the schema")
        return body

    def _own(self, user_id: str) -> Person:
        school = self._world.school(Platform.X)
        if user_id != school.id:
            raise invalid(
                "id",
                user_id,
                f"The `id` query parameter value [{user_id}] must be the same as the authenticating user"
                f" [{school.id}]",
            )
        return school

    def _person(self, user_id: str) -> Person:
        checked_id("id", user_id)
        try:
            return self._world.person(Platform.X, user_id)
        except NotFound as error:
            raise gone("user", user_id) from error
