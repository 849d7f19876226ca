"""The practice X: people, followers, follow requests, muting and what is left of blocking."""

from __future__ import annotations

from flask import g, request

from connectors.base import Platform
from connectors.practice import x_errors
from connectors.practice.records import Follow, Person
from connectors.practice.x_errors import forbidden, invalid, missing
from connectors.practice.x_frame import Answer, XFrame
from connectors.practice.x_parameters import Parameters, checked_id, page_token
from school.errors import NotFound

NO_V1 = "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints only."


class XPeople(XFrame):
    """Everything about people."""

    def _user_answer(self, person: Person, parameters: Parameters) -> Answer:
        return {"data": self._wire.user(person, parameters.wanted().user)}

    def me(self) -> Answer:
        """GET /2/users/me."""
        person = self._world.person(Platform.X, g.signed_as)
        return self._user_answer(person, Parameters(request, about="users"))

    def user(self, user_id: str) -> Answer:
        """GET /2/users/:id. Somebody unknown is an error within a 200."""
        parameters = Parameters(request, about="users")
        try:
            return self._user_answer(self._world.person(Platform.X, checked_id("id", user_id)), parameters)
        except NotFound:
            return {"errors": [missing("user", user_id)]}

    def user_by(self, username: str) -> Answer:
        """GET /2/users/by/username/:username."""
        parameters = Parameters(request, about="users")
        person = self._world.find_person(Platform.X, f"@{username}")
        if person is None:
            return {"errors": [missing("user", username, parameter="username")]}
        return self._user_answer(person, parameters)

    def _several(self, name: str, values: list[str], parameters: Parameters) -> Answer:
        wanted = parameters.wanted().user
        answer: Answer = {}
        for value in values:
            person = self._world.find_person(Platform.X, value if name == "ids" else f"@{value}")
            if person is None or (name == "ids" and person.id != value):
                answer.setdefault("errors", []).append(missing("user", value, parameter=name))
            else:
                answer.setdefault("data", []).append(self._wire.user(person, wanted))
        return answer

    def users(self) -> Answer:
        """GET /2/users?ids=."""
        parameters = Parameters(request, "ids", about="users")
        return self._several("ids", parameters.ids("ids"), parameters)

    def users_by(self) -> Answer:
        """GET /2/users/by?usernames=."""
        parameters = Parameters(request, "usernames", about="users")
        names = [name for name in parameters.text("usernames").split(",") if name]
        if not 1 <= len(names) <= 100:
            raise invalid(
                "usernames",
                "",
                "The number of values in the `usernames` query parameter list is not between 1 and 100",
            )
        return self._several("usernames", names, parameters)

    def followers(self, user_id: str) -> Answer:
        """GET /2/users/:id/followers, newest first."""
        parameters = Parameters(request, "max_results", "pagination_token", about="users")
        self._own(user_id)
        size = parameters.number("max_results", 1, 1_000, 100)
        found: list[Follow] = self._world.followers(
            Platform.X, before=parameters.page("pagination_token"), limit=size + 1
        )
        page = found[:size]
        meta: Answer = {"result_count": len(page)}
        if len(found) > size:
            meta["next_token"] = page_token(page[-1].ordinal)
        wanted = parameters.wanted().user
        answer: Answer = {"meta": meta}
        if page:
            answer["data"] = [self._wire.user(follow.person, wanted) for follow in page]
        return answer

    def muted(self, user_id: str) -> Answer:
        """GET /2/users/:id/muting."""
        parameters = Parameters(request, "max_results", "pagination_token", about="users")
        self._own(user_id)
        return self._block_list([block.person for block in self._world.muted()], parameters)

    def blocked(self, user_id: str) -> Answer:
        """GET /2/users/:id/blocking: open to read; whom the school blocked by hand."""
        parameters = Parameters(request, "max_results", "pagination_token", about="users")
        self._own(user_id)
        return self._block_list([block.person for block in self._world.blocked(Platform.X)], parameters)

    def _block_list(self, people: list[Person], parameters: Parameters) -> Answer:
        size = parameters.number("max_results", 1, 1_000, 100)
        wanted = parameters.wanted().user
        answer: Answer = {"meta": {"result_count": len(people[:size])}}
        if people:
            answer["data"] = [self._wire.user(person, wanted) for person in people[:size]]
        return answer

    def mute(self, user_id: str) -> Answer:
        """POST /2/users/:id/muting."""
        self._own(user_id)
        target = str(self._body("target_user_id").get("target_user_id", ""))
        person = self._person(target)
        if person.kind == "school":
            raise forbidden("You cannot mute yourself.")
        self._world.mute(Platform.X, person.id)
        return {"data": {"muting": True}}

    def unmute(self, user_id: str, target_id: str) -> Answer:
        """DELETE /2/users/:id/muting/:target."""
        self._own(user_id)
        self._world.unmute(Platform.X, self._person(target_id).id)
        return {"data": {"muting": False}}

    def block(self, user_id: str) -> Answer:
        """POST /2/users/:id/blocking: Enterprise only, so the school may not."""
        self._own(user_id)
        raise x_errors.not_enrolled()

    def block_v1(self) -> Answer:
        """POST blocks/create of v1.1: not on ordinary tiers."""
        raise x_errors.v1(
            403,
            453,
            NO_V1,
        )

    def incoming(self) -> Answer:
        """GET friendships/incoming of v1.1: only while the practice X offers follow requests."""
        if not self._world.protected:
            raise x_errors.v1(
                403,
                453,
                NO_V1,
            )
        cursor = request.args.get("cursor", "-1")
        before = int(cursor) if cursor.isascii() and cursor.isdigit() and cursor != "0" else None
        found = self._world.requests(Platform.X, before=before, limit=5_001)
        page = found[:5_000]
        following = page[-1].ordinal if len(found) > 5_000 else 0
        stringify = request.args.get("stringify_ids", "false").lower() == "true"
        return {
            "ids": [follow.person.id if stringify else int(follow.person.id) for follow in page],
            "next_cursor": following,
            "next_cursor_str": str(following),
            "previous_cursor": 0,
            "previous_cursor_str": "0",
            "total_count": None,
        }
