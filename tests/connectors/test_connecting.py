"""Three legs on X and Facebook Login against the practice platforms' own consent pages (P11)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connectors import facebook_login, x_connecting
from connectors.base import Endpoints, Platform
from connectors.errors import ConnectorRefused, ConnectorUnavailable, CredentialsDead
from connectors.practice.faults import Fault, FaultRule, OperationKind
from connectors.practice.servers import PracticePlatforms
from connectors.registry import connector_for

BACK = "https://social.test/accounts/connected"


class Clock:
    """The practice platforms' clock, which the test puts forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platforms(clock: Clock) -> Iterator[PracticePlatforms]:
    with PracticePlatforms(None, pace=None, earlier_life=False, clock=clock) as running:
        yield running


@pytest.fixture
def endpoints(platforms: PracticePlatforms) -> Endpoints:
    return Endpoints(
        x_url=platforms.x_url, graph_url=platforms.graph_url, dialog_url=platforms.graph_url, timeout=5
    )


def sent_back(answer: requests.Response) -> dict[str, str]:
    """What the browser is sent back to the product with."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(BACK)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def asked_x(platforms: PracticePlatforms, endpoints: Endpoints) -> tuple[str, str]:
    kept = platforms.world.secrets
    return x_connecting.request_token(kept.x_consumer_key, kept.x_consumer_secret, BACK, endpoints)


def said_on_x(endpoints: Endpoints, token: str, **form: str) -> dict[str, str]:
    page = requests.get(x_connecting.authorize_address(token, endpoints), timeout=5)
    assert page.ok and "Larkfield Primary School (@larkfieldschool)" in page.text and "Allow" in page.text
    return sent_back(
        requests.post(
            f"{endpoints.x_url}/oauth/authorize",
            data={"oauth_token": token, "do": "allow", "account": "school", **form},
            allow_redirects=False,
            timeout=5,
        )
    )


def test_x_gives_the_schools_keys_for_one_answer_once(
    platforms: PracticePlatforms, endpoints: Endpoints
) -> None:
    kept = platforms.world.secrets
    token, secret = asked_x(platforms, endpoints)
    answer = said_on_x(endpoints, token)
    assert answer["oauth_token"] == token
    given = (kept.x_consumer_key, kept.x_consumer_secret, token, secret, answer["oauth_verifier"], endpoints)
    keys = x_connecting.access_keys(*given)
    assert keys.values == platforms.x_credentials
    assert "hidden" not in repr(keys) and kept.x_access_token_secret not in repr(keys)
    with pytest.raises(ConnectorRefused, match="used already"):
        x_connecting.access_keys(*given)


def test_x_cancelled_wrong_verifier_expired_and_unknown_app(
    platforms: PracticePlatforms, endpoints: Endpoints, clock: Clock
) -> None:
    kept = platforms.world.secrets
    token, secret = asked_x(platforms, endpoints)
    assert said_on_x(endpoints, token, do="cancel") == {"denied": token}
    token, secret = asked_x(platforms, endpoints)
    said_on_x(endpoints, token)
    app = (kept.x_consumer_key, kept.x_consumer_secret)
    with pytest.raises(ConnectorRefused, match="used already"):
        x_connecting.access_keys(*app, token, secret, "guessed", endpoints)
    token, secret = asked_x(platforms, endpoints)
    clock.ahead = timedelta(minutes=11)
    assert requests.get(x_connecting.authorize_address(token, endpoints), timeout=5).status_code == 403
    clock.ahead = timedelta()
    with pytest.raises(ConnectorRefused, match="key and secret that were entered"):
        x_connecting.request_token(kept.x_consumer_key, "wrong", BACK, endpoints)
    with pytest.raises(ConnectorRefused, match="callback"):
        x_connecting.request_token(*app, "schoolgate://no", endpoints)


def test_x_unreachable_or_broken_is_tried_again(platforms: PracticePlatforms, endpoints: Endpoints) -> None:
    platforms.world.faults.set(Platform.X, OperationKind.ALL, FaultRule(Fault.ERROR_503, next_n=1))
    with pytest.raises(ConnectorUnavailable, match="503"):
        asked_x(platforms, endpoints)
    # That keys are dead does not keep anybody from fetching new ones.
    platforms.world.faults.set(Platform.X, OperationKind.ALL, FaultRule(Fault.DEAD_TOKEN))
    asked_x(platforms, endpoints)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = Endpoints(x_url=f"http://127.0.0.1:{free.getsockname()[1]}", timeout=2)
    with pytest.raises(ConnectorUnavailable) as error:
        asked_x(platforms, away)
    assert platforms.world.secrets.x_consumer_key not in str(error.value)
    assert error.value.__cause__ is None and error.value.__context__ is None


def test_revoked_keys_are_dead_and_consenting_anew_gives_others(
    platforms: PracticePlatforms, endpoints: Endpoints
) -> None:
    from connectors.base import Credentials

    before = platforms.x_credentials
    platforms.world.revoke(Platform.X)
    with pytest.raises(CredentialsDead):
        connector_for(Platform.X, Credentials(before), "", endpoints).probe()
    token, secret = asked_x(platforms, endpoints)
    kept = platforms.world.secrets
    verifier = said_on_x(endpoints, token)["oauth_verifier"]
    keys = x_connecting.access_keys(
        kept.x_consumer_key, kept.x_consumer_secret, token, secret, verifier, endpoints
    )
    assert keys.values != before
    found = connector_for(Platform.X, keys, "", endpoints).inspect()
    assert found.identity.platform_id == platforms.world.school(Platform.X).id
    assert found.permissions == {"read", "write"}


def code_of(
    platforms: PracticePlatforms, endpoints: Endpoints, platform: Platform, **form: object
) -> dict[str, str]:
    """What Facebook's page sends back after somebody decided there."""
    address = facebook_login.dialog_address(
        platforms.world.secrets.app_id, BACK, "the-state", platform, endpoints
    )
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    page = requests.get(address, timeout=5)
    assert page.ok and all(scope in page.text for scope in facebook_login.scopes(platform))
    decided = {"given": list(facebook_login.scopes(platform)), "do": "allow", "account": "school"}
    return sent_back(
        requests.post(
            f"{endpoints.dialog_url}/dialog/oauth",
            data={**query, **decided, **form},
            allow_redirects=False,
            timeout=5,
        )
    )


@pytest.mark.parametrize("platform", [Platform.FACEBOOK, Platform.INSTAGRAM])
def test_facebook_login_gives_the_page_and_its_instagram_account(
    platforms: PracticePlatforms, endpoints: Endpoints, platform: Platform
) -> None:
    kept, world = platforms.world.secrets, platforms.world
    answer = code_of(platforms, endpoints, platform)
    assert answer["state"] == "the-state"
    given = (kept.app_id, kept.app_secret, answer["code"], BACK, platform, endpoints)
    login = facebook_login.exchange(*given)
    [page] = login.pages
    assert login.declined == ()
    assert page.id == world.school(Platform.FACEBOOK).id and page.token == kept.page_access_token
    assert page.instagram_id == world.school(Platform.INSTAGRAM).id
    assert kept.page_access_token not in repr(login)
    with pytest.raises(ConnectorRefused, match="used already"):
        facebook_login.exchange(*given)


def test_facebook_login_cancelled_a_permission_taken_out_and_somebody_without_a_page(
    platforms: PracticePlatforms, endpoints: Endpoints
) -> None:
    kept, platform = platforms.world.secrets, Platform.FACEBOOK
    no = code_of(platforms, endpoints, platform, do="cancel")
    assert (no["error_reason"], no["state"]) == ("user_denied", "the-state") and "code" not in no
    given = [scope for scope in facebook_login.scopes(platform) if scope != "pages_manage_posts"]
    app = (kept.app_id, kept.app_secret)
    code = code_of(platforms, endpoints, platform, given=given)["code"]
    login = facebook_login.exchange(*app, code, BACK, platform, endpoints)
    assert login.declined == ("pages_manage_posts",)
    code = code_of(platforms, endpoints, platform)["code"]
    assert facebook_login.exchange(*app, code, BACK, platform, endpoints).declined == ()
    code = code_of(platforms, endpoints, platform, account="private")["code"]
    assert facebook_login.exchange(*app, code, BACK, platform, endpoints).pages == ()


def test_facebook_login_names_a_wrong_secret_a_wrong_address_and_a_passing_fault(
    platforms: PracticePlatforms, endpoints: Endpoints
) -> None:
    kept, platform = platforms.world.secrets, Platform.FACEBOOK
    code = code_of(platforms, endpoints, platform)["code"]
    with pytest.raises(ConnectorRefused, match="id and secret that were entered"):
        facebook_login.exchange(kept.app_id, "wrong", code, BACK, platform, endpoints)
    with pytest.raises(ConnectorRefused, match="id and secret that were entered"):
        facebook_login.exchange("1234567", kept.app_secret, code, BACK, platform, endpoints)
    platforms.world.faults.set(platform, OperationKind.ALL, FaultRule(Fault.HTML_502, next_n=1))
    app = (kept.app_id, kept.app_secret)
    with pytest.raises(ConnectorUnavailable):
        facebook_login.exchange(*app, code, BACK, platform, endpoints)
    with pytest.raises(ConnectorRefused, match="redirect"):
        facebook_login.exchange(*app, code, f"{BACK}/other", platform, endpoints)
    blocked = requests.get(f"{endpoints.dialog_url}/v24.0/dialog/oauth?client_id=1", timeout=5)
    assert blocked.status_code == 400 and "Invalid App ID" in blocked.text
