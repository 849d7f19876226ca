"""The practice Graph's Facebook Login: the dialog, the code, and a person's tokens."""

from __future__ import annotations

import secrets
from html import escape
from urllib.parse import urlencode, urlsplit

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from connectors.base import Platform
from connectors.practice import consents
from connectors.practice.consents import Consents
from connectors.practice.graph_errors import GraphError, bad_parameter
from connectors.practice.graph_frame import Answer, GraphFrame
from connectors.practice.world import World

LONG = 5_184_000
SHORT = 5_400

SCOPES = (
    "pages_show_list",
    "business_management",
    "instagram_basic",
    "instagram_manage_comments",
    "instagram_content_publish",
    "instagram_manage_contents",
    "pages_read_engagement",
    "pages_manage_metadata",
    "pages_read_user_content",
    "pages_manage_posts",
    "pages_manage_engagement",
    "read_insights",
    "instagram_manage_insights",
)


class GraphLogin(GraphFrame):
    """What the login needs; `_call` sends everything else to the other parts."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._consents = Consents(world)

    # The dialog

    def dialog(self) -> AnyResponse:
        """GET and POST /dialog/oauth: the page with Continue and Cancel, and what became of it."""
        values = request.values
        back = values.get("redirect_uri", "")
        if values.get("client_id") != self._world.secrets.app_id:
            return _broken("Invalid App ID: the provided app ID does not look like a valid app ID.")
        if urlsplit(back).scheme not in {"http", "https"}:
            return _broken("URL blocked: this redirect failed because the address is not whitelisted.")
        asked = [scope for scope in values.get("scope", "").split(",") if scope in SCOPES]
        if request.method == "GET":
            return Response(self._page(back, values.get("state", ""), asked))
        state = values.get("state", "")
        if values.get("do") != "allow":
            refusal = {
                "error": "access_denied",
                "error_code": "200",
                "error_description": "Permissions error",
                "error_reason": "user_denied",
                "state": state,
            }
            return redirect(f"{back}?{urlencode(refusal)}")
        account = "private" if values.get("account") == "private" else "school"
        if account == "school":
            given = set(request.form.getlist("given"))
            kept = self._world.withdrawn_permissions() - set(asked)
            self._world.withdraw_permissions(*kept, *(scope for scope in asked if scope not in given))
        code = secrets.token_urlsafe(40)
        self._consents.keep("code", code, redirect=back, account=account)
        return redirect(f"{back}?{urlencode({'code': code, 'state': state})}")

    def _page(self, back: str, state: str, asked: list[str]) -> str:
        school = self._world.school(Platform.FACEBOOK)
        ticks = "".join(
            f'<label><input type="checkbox" name="given" value="{scope}" checked> {scope}</label>'
            for scope in asked
        )
        body = (
            '<form method="post" action="/dialog/oauth">'
            + consents.hidden(
                client_id=self._world.secrets.app_id, redirect_uri=back, state=state, scope=",".join(asked)
            )
            + consents.choices(f"Larkfield Office, who manages {school.name}", consents.PRIVATE_NAME)
            + f"<fieldset><legend>Schoolgate may use</legend>{ticks}</fieldset>{consents.BUTTONS}</form>"
        )
        return consents.page("Schoolgate asks for access to your Pages", body, brand="Facebook")

    # The tokens

    def login_token(self) -> Answer:
        """POST or GET /oauth/access_token: a code for a short token, a short one for a long one."""
        kept = self._world.secrets
        if self._value("client_id") != kept.app_id:
            raise GraphError("Error validating application. Cannot get application info.", 101)
        if self._value("client_secret") != kept.app_secret:
            raise GraphError("Error validating client secret.", 1)
        if self._value("grant_type") == "fb_exchange_token":
            return self._longer(self._value("fb_exchange_token"))
        found = self._consents.take("code", self._value("code"))
        if found is None:
            raise GraphError("This authorization code has been used.", 100, subcode=36009)
        if found.values["redirect"] != self._value("redirect_uri"):
            raise GraphError(
                "Error validating verification code. The redirect_uri is not the one of the dialog.",
                100,
                subcode=36008,
            )
        short = f"EAAS{secrets.token_hex(60)}"
        self._consents.keep("short", short, account=found.values["account"])
        return {"access_token": short, "token_type": "bearer", "expires_in": SHORT}

    def _longer(self, short: str) -> Answer:
        found = self._consents.look("short", short)
        if found is None and short != self._world.secrets.user_access_token:
            raise GraphError("Invalid OAuth access token - Cannot parse access token", 190)
        if found is not None and found.values["account"] == "private":
            token, _ = self._consents.private_keys(Platform.FACEBOOK)
        else:
            token = self._world.secrets.user_access_token
        return {"access_token": token, "token_type": "bearer", "expires_in": LONG}

    def private_token(self, token: str) -> bool:
        """Whether this is the token of somebody who manages no Page."""
        return self._consents.private_secret(Platform.FACEBOOK, token) is not None

    def permissions(self) -> Answer:
        """GET /me/permissions."""
        without = self._world.withdrawn_permissions()
        return {
            "data": [
                {"permission": scope, "status": "declined" if scope in without else "granted"}
                for scope in SCOPES
            ]
        }

    def private_me(self, parts: list[str]) -> Answer:
        """What somebody without a Page gets for /me and /me/accounts."""
        if parts == ["me"]:
            person = self._consents.private_person(Platform.FACEBOOK)
            return {"id": person.id, "name": person.name}
        if parts == ["me", "accounts"]:
            return {"data": []}
        if parts == ["me", "permissions"]:
            return {"data": [{"permission": scope, "status": "granted"} for scope in SCOPES]}
        raise bad_parameter("This token manages no Page")


def _broken(words: str) -> Response:
    return Response(
        consents.page("This can't be done", f"<p>{escape(words)}</p>", brand="Facebook"), status=400
    )
