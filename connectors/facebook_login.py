"""Asking Facebook for a Page's token, and for that of the Instagram account joined to it: Facebook Login.

The code of the login dialog becomes a person's token, that one a long one, and that one the Pages'
tokens, which have no end (PLATFORMS.md sections 2 and 3). Everything secret travels in the body or a
header. Meta has PKCE for its sign-in with OpenID alone, and calls that a test; here the app's secret
binds the code. Source: Meta, Manually Build a Login Flow, of 10 March 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from connectors.base import Endpoints, Platform
from connectors.errors import ConnectorError, ConnectorRefused, ConnectorUnavailable, CredentialsDead
from connectors.exchange import Call, Ledger, json_of, unanswered
from connectors.figures import PERMISSIONS
from connectors.graph import GraphClient, after_of
from connectors.graph_errors import failure_of
from connectors.permissions import NEEDED
from connectors.transport import NoAnswer, Transport
from connectors.untrusted import identifier, record, records, text

_ASKED_BESIDES = ("pages_show_list", "pages_manage_metadata")
_PAGES_MOST = 20
_FIELDS = "id,name,access_token,instagram_business_account{id,username}"


@dataclass(frozen=True, slots=True)
class Page:
    """One Page that the person manages, with its token."""

    id: str
    name: str
    token: str = field(repr=False)
    instagram_id: str = ""
    instagram_name: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """What a login gave: the Pages, and which of the needed permissions the person took out."""

    pages: tuple[Page, ...]
    declined: tuple[str, ...]


def scopes(platform: Platform) -> tuple[str, ...]:
    """The permissions that an account on this platform needs."""
    return tuple(dict.fromkeys([*_ASKED_BESIDES[:1], *NEEDED[platform], *_more(platform)]))


def _more(platform: Platform) -> tuple[str, ...]:
    return _ASKED_BESIDES[1:] if platform is Platform.FACEBOOK else ()


def _asked(platform: Platform, endpoints: Endpoints) -> tuple[str, ...]:
    """What it needs, and what its figures need, which nobody has to grant."""
    return (*scopes(platform), PERMISSIONS[platform]) if endpoints.ask_for_figures else scopes(platform)


def dialog_address(app_id: str, redirect: str, state: str, platform: Platform, endpoints: Endpoints) -> str:
    """Facebook's own page, where the person says yes or no; what was refused before is asked again."""
    query = {
        "client_id": app_id,
        "redirect_uri": redirect,
        "state": state,
        "scope": ",".join(_asked(platform, endpoints)),
        "response_type": "code",
        "auth_type": "rerequest",
    }
    return f"{endpoints.dialog_url}/{_version(endpoints)}/dialog/oauth?{urlencode(query)}"


def exchange(
    app_id: str, app_secret: str, code: str, redirect: str, platform: Platform, endpoints: Endpoints
) -> Login:
    """The Pages' tokens for the code that Facebook's page sent back.

    Raises ConnectorUnavailable (try again) and ConnectorRefused (tell a person what to do).
    """
    app = {"client_id": app_id, "client_secret": app_secret}
    short = _token({**app, "redirect_uri": redirect, "code": code}, endpoints)
    long = _token({**app, "grant_type": "fb_exchange_token", "fb_exchange_token": short}, endpoints)
    graph = GraphClient(long, app_secret, endpoints, platform="Facebook", ledger=Ledger())
    try:
        graph.call = Call("permissions")
        answer = graph.request(f"{graph.version}/me/permissions")
        declined = {
            text(one.get("permission"))
            for one in records(answer.get("data"))
            if text(one.get("status")) == "declined"
        }
        pages = tuple(_pages(graph))
    except CredentialsDead:
        raise ConnectorRefused("Facebook gave a token and then did not take it.") from None
    return Login(pages, tuple(scope for scope in scopes(platform) if scope in declined))


def _pages(graph: GraphClient) -> list[Page]:
    found: list[Page] = []
    after: str | None = None
    for _ in range(_PAGES_MOST):
        asked = {"fields": _FIELDS, "limit": "100"} | ({"after": after} if after else {})
        graph.call = Call("accounts")
        answer = graph.request(f"{graph.version}/me/accounts", asked)
        for one in records(answer.get("data")):
            instagram = record(one.get("instagram_business_account"))
            found.append(
                Page(
                    id=identifier(one.get("id")),
                    name=text(one.get("name")),
                    token=text(one.get("access_token")),
                    instagram_id=identifier(instagram.get("id")),
                    instagram_name=text(instagram.get("username")),
                )
            )
        after = after_of(answer)
        if after is None:
            break
    return found


def _token(form: Mapping[str, str], endpoints: Endpoints) -> str:
    failure: ConnectorError | None = None
    call = Call("login")
    try:
        response = Transport(timeout=endpoints.timeout).request(
            "POST", f"{endpoints.graph_url}/{_version(endpoints)}/oauth/access_token", data=dict(form)
        )
    except NoAnswer as error:
        failure = unanswered(call, "Facebook", error.reason, sent=error.sent)
    # Raised outside the handler: what it caught knows the address.
    if failure is not None:
        raise failure
    try:
        answer = json_of(response.content)
    except ValueError:
        answer = None
    said = text(record(record(answer).get("error")).get("message")).lower()
    if "client secret" in said or "validating application" in said:
        # Comes as code 1 or 101, the first of which means a passing fault everywhere else.
        raise ConnectorRefused(
            "Facebook does not know the app by the id and secret that were entered: copy both again from "
            "Meta's app page."
        )
    if "redirect_uri" in said:
        raise ConnectorRefused(
            "Facebook does not lead back to this address yet: enter it among the app's OAuth redirect "
            "addresses at Meta."
        )
    found = failure_of(call, "Facebook", response.status_code, response.headers, answer)
    if isinstance(found, ConnectorUnavailable):
        raise found
    token = text(record(answer).get("access_token"))
    if found is not None or not token:
        raise ConnectorRefused(
            "Facebook did not take the answer of its own page: it was used already, or is too old.",
            code=found.code if found is not None else "",
        )
    return token


def _version(endpoints: Endpoints) -> str:
    return "v" + endpoints.graph_version.strip().lstrip("vV")
