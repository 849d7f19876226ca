"""What Facebook and Instagram share: facebook-sdk's GraphAPI, with its one `request` made right.

The library's own puts the token into addresses, drops status and headers, and knows no version
after 3.1 (PLATFORMS.md section 6). Everything else of it goes through `request`, overridden here.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import facebook
import requests

from connectors.base import CallRecord, Credentials, Endpoints
from connectors.errors import ConnectorError, ConnectorRefused, Gone
from connectors.exchange import Call, Effect, Ledger, json_of, required_id, unanswered
from connectors.graph_errors import failure_of, usage_of
from connectors.transport import NoAnswer, Transport
from connectors.untrusted import flag, record, records, text

MOST_PAGES = 40
UPLOAD_PATIENCE = 3.0


class _Bearer(requests.auth.AuthBase):
    """The token as a header. As `auth`, so that no ~/.netrc entry can take its place."""

    def __init__(self, token: str, kind: str = "Bearer") -> None:
        self._token = token
        self._kind = kind

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"{self._kind} {self._token}"
        return request


class GraphClient(facebook.GraphAPI):  # type: ignore[misc]
    """facebook-sdk's client with our address, version, time limit and errors."""

    def __init__(
        self, token: str, app_secret: str, endpoints: Endpoints, *, platform: str, ledger: Ledger
    ) -> None:
        self.transport = Transport(timeout=endpoints.timeout)
        # Without `version`: the library would refuse ours. Without the token: it would put it
        # into addresses by itself, should a method ever go round `request`.
        super().__init__(access_token=None, timeout=endpoints.timeout, session=self.transport)
        self.version = "v" + endpoints.graph_version.strip().lstrip("vV")
        # What the library's writing methods look for before they call `request`.
        self.access_token = "set"  # noqa: S105 - that there is one
        self.token = token
        self.base_url = endpoints.graph_url.rstrip("/")
        self.video_url = endpoints.graph_video_url.rstrip("/")
        self.upload_url = endpoints.graph_upload_url.rstrip("/")
        self.platform = platform
        self.ledger = ledger
        self.call = Call("start")
        self._in_header = endpoints.graph_token_in == "header"  # noqa: S105 - where it goes
        self._auth = _Bearer(token) if self._in_header else _no_auth
        self._secrets = {} if self._in_header else {"access_token": token}
        self._secrets["appsecret_proof"] = hmac.new(
            app_secret.encode(), token.encode(), hashlib.sha256
        ).hexdigest()

    def request(
        self,
        path: str,
        args: Mapping[str, object] | None = None,
        post_args: Mapping[str, object] | None = None,
        files: Mapping[str, object] | None = None,
        method: str | None = None,
    ) -> dict[str, Any]:
        """One request to the Graph; the answer is a JSON object without `error`.

        Raises the errors of `connectors.errors` for everything else.
        """
        call = self.call
        verb = "POST" if post_args is not None or files is not None else (method or "GET")
        query = dict(args or {})
        form = dict(post_args or {})
        (form if verb == "POST" else query).update(self._secrets)
        return self._exchange(
            call,
            verb,
            f"{self.base_url}/{path.lstrip('/')}",
            params=query,
            data=form or None,
            files=files,
            auth=self._auth,
        )

    def send_video(
        self, path: str, form: Mapping[str, object], files: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """One phase of a Page's video upload, at Facebook's host for videos. Raises as `request` does."""
        return self._exchange(
            self.call,
            "POST",
            f"{self.video_url}/{path.lstrip('/')}",
            data={**form, **self._secrets},
            files=files,
            auth=self._auth,
        )

    def send_bytes(self, path: str, body: object, headers: Mapping[str, str]) -> dict[str, Any]:
        """Bytes of a video for Instagram, at Meta's host for uploads. Raises as `request` does.

        The token goes in the header that this host alone documents.
        """
        return self._exchange(
            self.call,
            "POST",
            f"{self.upload_url}/{path.lstrip('/')}",
            data=body,
            headers=dict(headers),
            auth=_Bearer(self.token, "OAuth"),
        )

    def _exchange(self, call: Call, verb: str, url: str, **more: Any) -> dict[str, Any]:
        missing: ConnectorError | None = None
        try:
            response = self.transport.request(
                verb, url, timeout=self.transport.timeout * call.patience, **more
            )
        except NoAnswer as error:
            missing = unanswered(call, self.platform, error.reason, sent=error.sent)
        if missing is not None:
            self.ledger.add(CallRecord(operation=call.operation, status=0, items=0))
            raise missing
        remaining, reset_at = usage_of(response.headers)
        self.ledger.add(
            CallRecord(
                operation=call.operation,
                status=response.status_code,
                items=0,
                remaining=remaining,
                reset_at=reset_at,
            )
        )
        try:
            answer = json_of(response.content)
        except ValueError:
            answer = None
        failure = failure_of(call, self.platform, response.status_code, response.headers, answer)
        if failure is not None:
            raise failure
        found = dict(record(answer))
        self.ledger.count_items(len(records(found.get("data"))) or (1 if found.get("id") else 0))
        return found


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class GraphAccount:
    """One account on the Graph: the client, its calls, and the ways of asking that both platforms share."""

    def __init__(self, name: str, credentials: Credentials, endpoints: Endpoints) -> None:
        self._ledger = Ledger()
        self.timeout = endpoints.timeout
        self.client = GraphClient(
            credentials.values["page_access_token"],
            credentials.values["app_secret"],
            endpoints,
            platform=name,
            ledger=self._ledger,
        )
        self._name = name

    def calls(self) -> list[CallRecord]:
        """The requests made since the last time this was asked, oldest first."""
        return self._ledger.take()

    def ask(
        self, call: Call, function: Callable[..., Any], *args: Any, **parameters: Any
    ) -> Mapping[str, object]:
        self.client.call = call
        return record(function(*args, **parameters))

    def _get(self, operation: str, node: str, **parameters: object) -> Mapping[str, object]:
        call = Call(operation, names_object=True)
        return self.ask(call, self.client.get_object, required_id(node, "account"), **parameters)

    def described(self, operation: str, node: str, fields: str) -> Mapping[str, object]:
        """One object with these fields. Raises Gone where it isn't there (any more)."""
        return self._get(operation, node, fields=fields)

    def list_page(self, operation: str, node: str, edge: str, **parameters: object) -> Mapping[str, object]:
        """One page of a list; parameters that are None are left out."""
        given = {name: value for name, value in parameters.items() if value is not None}
        call = Call(operation, names_object=True)
        return self.ask(call, self.client.get_connections, required_id(node, "post"), edge, **given)

    def pages(
        self, operation: str, node: str, edge: str, most: int = MOST_PAGES, **parameters: object
    ) -> Iterator[Mapping[str, object]]:
        """The pages of a list, following `after` while there is a `next`, even past an empty page."""
        after: str | None = None
        seen: set[str | None] = set()
        for _ in range(most):
            page = self.list_page(operation, node, edge, after=after, **parameters)
            yield page
            seen.add(after)
            after = after_of(page)
            if after is None or after in seen:
                return

    def _described(self, node: str, fields: str, needed: str) -> Mapping[str, object]:
        """An account with these fields, or with only the needed ones where it has not all of them."""
        try:
            return self._get("me", node, fields=fields)
        except ConnectorRefused as error:
            if error.code != "100":
                raise
        return self._get("me", node, fields=needed)

    def _write(self, call: Call, node: str, **form: object) -> Mapping[str, object]:
        """POST to an object itself (the library has no method for that)."""
        path = f"{self.client.version}/{required_id(node, 'comment')}"
        return self.ask(call, self.client.request, path, post_args=form, method="POST")

    def _delete(self, operation: str, node: str) -> None:
        call = Call(operation, Effect.REPEATABLE, names_object=True)
        confirmed(self.ask(call, self.client.delete_object, required_id(node, "object")), self._name)

    def _exists(self, operation: str, node: str) -> bool:
        """Whether an object can be seen by us: its id is all that is asked for."""
        call = Call(operation, names_object=True)
        try:
            self.ask(call, self.client.get_object, required_id(node, "comment"), fields="id")
        except Gone:
            return False
        return True


def after_of(page: Mapping[str, object]) -> str | None:
    """The cursor of the next page, or None on the last one.

    The `next` address itself carries a token, so it is not followed; where it alone holds the
    cursor, that is taken out of it.
    """
    paging = record(page.get("paging"))
    following = text(paging.get("next"))
    after = text(record(paging.get("cursors")).get("after"))
    if following and not after:
        try:
            after = (parse_qs(urlsplit(following).query).get("after") or [""])[0]
        except ValueError:
            return None
    return after if after and following else None


def confirmed(answer: Mapping[str, object], platform: str) -> None:
    """Raise ConnectorRefused if the platform says `success: false`; silence is consent."""
    if not flag(answer.get("success"), True):
        raise ConnectorRefused(f"{platform} took the request but did not do it.", code="success")


def unix(moment: datetime) -> int:
    """Whole unix seconds, as `since` parameters want them."""
    return int(moment.astimezone(UTC).timestamp())


def a_little_before(moment: datetime) -> datetime:
    """Allows for the platform's clock being behind ours."""
    return moment - timedelta(minutes=2)
