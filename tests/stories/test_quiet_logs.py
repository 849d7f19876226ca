"""A school's day with the logs at their most talkative: nothing private is in a log or on standard error."""

from __future__ import annotations

import email
import email.policy
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import requests
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from connectors.base import Platform
from connectors.practice.faults import Fault, FaultRule, OperationKind
from connectors.practice.world import World
from school.db import now
from school.times import LONDON
from tests.production.compose import free_port
from tests.school.test_second_factor import code_of
from tests.web.writing import Criterion
from tests.worker.conftest import Product, command, running, wait_for
from tests.worker.test_embedded import rows
from worker.mailbox import MailboxHandler

CRITERIA = [criterion.value for criterion in Criterion]
WRONG = "seven-wet-otters-guessed-this"
PASSWORD = "eleven-dry-badgers-know-this"
PIN = "70419385"
WRONG_PIN = "61830472"
WORDS = "Plum-coloured-bunting"
POST = f"{WORDS} will hang in the hall on Friday."
ABUSE = "I will find you and kill you, you zorblatt-headed idiots"
AUTHOR = "Quentin Quibblesworth"
NOTE = "The-parent-was-telephoned"
CANARIES = {
    "SCHOOLGATE_METRICS_TOKEN": "canary-of-the-metrics",
    "SCHOOLGATE_BOUNCES_URL": "imaps://post:canary-of-the-mailbox@127.0.0.1:9/INBOX",
    "SCHOOLGATE_META_APP_SECRET": "canary-of-the-app",
}
MAIL_PASSWORD = "canary-of-the-mail"
MORE_CANARIES = {
    "SCHOOLGATE_SMTP_URL": f"smtp://post:{MAIL_PASSWORD}@127.0.0.1:9",
    "SCHOOLGATE_DATABASE_URL": "postgresql://app:canary-of-the-data@127.0.0.1:9/none",
    "SCHOOLGATE_DATABASE_OWNER_URL": "postgresql://own:canary-of-the-owner@127.0.0.1:9/none",
    "SCHOOLGATE_BROKER_URL": "redis://:canary-of-the-broker@127.0.0.1:9/0",
    "SCHOOLGATE_OTHER_SECRET_KEYS": "canary-of-the-former-key, of no use to anybody",
}
"""For commands: with these the product would have no mail and no database."""
TOKEN = "EAAGnotatokenthatanybodyhas0123456789abcdef"


def form(browser: requests.Session, product: Product, page: str, path: str = "", **values: object) -> str:
    """Send the form on a page; the text of the page that comes then."""
    shown = browser.get(product.url + page, timeout=30)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', shown.text)
    assert token, shown.text[:1000]
    answer = browser.post(
        product.url + (path or page), data={"csrf_token": token[1], **values},
        headers={"Referer": product.url + page}, timeout=60,
    )  # fmt: skip
    said.add(token[1])
    said.update(browser.cookies.values())
    return answer.text


said: set[str] = set()
"""Form tokens and session cookies that were used."""


def mail_about(home: Path, what: str) -> str | None:
    for file in (home / "mailbox").glob("*.eml"):
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        if what in text and "/approve/" in text:
            return str(text)
    return None


@contextmanager
def mail_server(folder: Path) -> Iterator[str]:
    """A mail server of the school's, which asks for the password; its address with that."""

    def right(_server: object, _session: object, _envelope: object, _how: str, given: object) -> AuthResult:
        assert isinstance(given, LoginPassword)
        return AuthResult(success=given.password == MAIL_PASSWORD.encode())

    folder.mkdir(parents=True)
    server = Controller(
        MailboxHandler(folder), hostname="127.0.0.1", port=free_port(), authenticator=right,
        auth_required=True, auth_require_tls=False,
    )  # fmt: skip
    server.start()
    try:
        yield f"smtp://post:{MAIL_PASSWORD}@127.0.0.1:{server.port}"
    finally:
        server.stop()


def test_nothing_that_is_private_reaches_a_log(tmp_path: Path) -> None:
    with mail_server(tmp_path / "home" / "mailbox") as address:
        _nothing_reaches_a_log(tmp_path, address)


def _nothing_reaches_a_log(tmp_path: Path, address: str) -> None:
    said.clear()
    home = tmp_path / "home"
    more = {
        "SCHOOLGATE_PRACTICE_PACE": "0", "SCHOOLGATE_LOG_LEVEL": "debug", "SCHOOLGATE_SMTP_URL": address,
        **CANARIES,
    }  # fmt: skip
    complaints = b""
    with running(home, **more) as product:
        world = product.world()
        link = a_day(product, world)
        own = secrets_of_people(product)
        app = world.secrets.x_consumer_key
        secrets = [value for name, value in asdict(world.secrets).items() if not name.endswith("id")]
        world.close()
        for credentials in (
            {"page_id": "1", "page_access_token": TOKEN, "app_secret": TOKEN},
            {"x": TOKEN},
            TOKEN,
        ):
            done = command(
                home, "accounts", "adopt", "--platform", "facebook", "--handle", "larkfieldprimary",
                "--email", "social@larkfield.test", "--adopted-by", "head@larkfield.test",
                "--credentials", "-",
                stdin=json.dumps(credentials).encode(), **more,
            )  # fmt: skip
            assert done.returncode in {1, 2}
            complaints += done.stderr
        added = command(
            home, "people", "add", "--name", AUTHOR, "--email", "quibble@larkfield.test", "--by",
            "head@larkfield.test", "--json", **more,
        )  # fmt: skip
        invitation = json.loads(added.stdout)["sign_up_link"].rpartition("/")[2]
        keys = {
            (home / "secret.key").read_text("ascii").strip(), PASSWORD, PIN, WRONG, TOKEN,
            # X's key of the app is none: it is its name, as Meta's id is.
            *(value for value in secrets if value != app),
            *re.findall(r"canary-of-[a-z-]+", f"{CANARIES}{MORE_CANARIES}"), *own,
        }  # fmt: skip
        asked = ("people", "recover", "newteacher@larkfield.test", "--reason", "Both are lost")
        recovery = json.loads(command(home, *asked, "--json", **more).stdout)["link"].rpartition("/")[2]
        links = {link, invitation, recovery}
        shown = everything_else(product, tmp_path / "backup.zip", more)
    for name, content in shown.items():
        # A link is in the mail that brings it, and nowhere else.
        where = keys if name.startswith("mail ") else keys | links
        # As a mail breaks its lines.
        found = [key for key in where if key.encode() in content.replace(b"=\r\n", b"")]
        assert not found, f"{name} holds {found}"
    complaints += (tmp_path / "home.err").read_bytes()
    private = {
        WRONG, PASSWORD, PIN, WRONG_PIN, WORDS, ABUSE, "zorblatt", AUTHOR, "Quibblesworth", NOTE, TOKEN,
        *links, *own, "practice makes perfect", "Oyelaran", "Birtwistle", "Amelia Thornbury", "Thornbury",
        "Decide: ", "quibble@", *secrets, *said,
    }  # fmt: skip
    assert len(private) > 25 and all(len(value) >= 6 for value in private), private
    written = {file.name: file.read_bytes() for file in (home / "logs").rglob("*") if file.is_file()}
    assert b"debug" in written["run.log"], "the logs were not at their most talkative"
    for name, content in {**written, "standard error": complaints}.items():
        for value in private:
            at = content.find(value.encode())
            assert at < 0, f"{name} holds {value!r}: …{content[max(0, at - 300) : at + 80]!r}"


def secrets_of_people(product: Product) -> set[str]:
    """A calendar's address, an authenticator's seed, recovery codes, and the session that made them."""
    teacher, office = product.signed_in("teacher"), product.signed_in("marketing")
    shown = form(teacher, product, "/calendar/feed")
    feed = re.search(r"/calendar/feed/([\w-]+)/posts\.ics", shown)
    assert feed and teacher.get(f"{product.url}/calendar/feed/{feed[1]}/posts.ics", timeout=30).ok
    page = office.get(f"{product.url}/me/sign-in/app", timeout=30).text
    letters = re.search(r'<code class="long">([A-Z2-7 ]+)</code>', page)
    sealed = re.search(r'name="secret_seed" value="([^"]+)"', page)
    assert letters and sealed, page[-3000:]
    seed = letters[1].replace(" ", "")
    code = code_of(seed, now().timestamp())
    codes = form(office, product, "/me/sign-in/app", secret_seed=sealed[1], code=code)
    found = re.findall(r"<li><code>([^<]+)</code></li>", codes)
    assert len(found) == 10, codes[-3000:]
    plain = {re.sub(r"[^0-9A-Za-z]", "", code) for code in found}
    return {feed[1], seed, letters[1], *found, *plain, *office.cookies.values()}


def everything_else(product: Product, backup: Path, more: dict[str, str]) -> dict[str, bytes]:
    """What leaves the product otherwise: pages, errors, figures, mails, exports, a backup; and `ps`."""
    home, found = product.home, {}
    head, dsl = product.signed_in("head"), product.signed_in("dsl")
    for path in (
        "/", "/me", "/accounts", "/accounts/connect", "/people", "/audit", "/troubles", "/drafts",
        "/calendar", "/health/ready", "/nothing-here", "/log?from=never",
    ):  # fmt: skip
        found[path] = head.get(product.url + path, timeout=60).content
    found["a forged form"] = head.post(f"{product.url}/people", data={"name": "x"}, timeout=30).content
    asked = {"Authorization": f"Bearer {CANARIES['SCHOOLGATE_METRICS_TOKEN']}"}
    metrics = requests.get(f"{product.url}/metrics", headers=asked, timeout=30)
    assert metrics.status_code == 200 and b"schoolgate_" in metrics.content
    found["/metrics"] = metrics.content
    found["the log taken out"] = form(dsl, product, "/log", "/log/export", format="jsonl").encode()
    assert ABUSE.encode() in found["the log taken out"]
    processes = [file for file in Path("/proc").glob("[0-9]*/cmdline") if file.parent.name.isdigit()]
    found["ps"] = b"".join(_read(file) for file in processes)
    assert b"schoolgate" in found["ps"]
    for number, settings in enumerate((more, {**more, **MORE_CANARIES})):
        done = command(home, "doctor", "--json", **settings)
        found[f"doctor {number}"] = done.stdout + done.stderr
        assert b'"settings"' in done.stdout
    done = command(home, "backup", str(backup), **more)
    assert done.returncode == 0, done.stderr
    found["backup"] = done.stdout + done.stderr
    with zipfile.ZipFile(backup) as archive:
        for name in archive.namelist():
            # The practice platforms keep their side of the tokens, as X and Meta do.
            if "practice/" not in name:
                found[f"backup: {name}"] = archive.read(name)
    assert any(content.startswith(b"SQLite format 3") for content in found.values())
    mails = {f"mail {file.name}": file.read_bytes() for file in (home / "mailbox").glob("*.eml")}
    assert mails
    return {**found, **mails}


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        # It ended meanwhile.
        return b""


def a_day(product: Product, world: World) -> str:
    """Sign-ins, a post approved and published through failures, abuse that is decided; the mailed token."""
    home = product.home
    stranger = requests.Session()
    form(stranger, product, "/sign-in", email="head@larkfield.test", password=WRONG)
    head, teacher, deputy = (product.signed_in(name) for name in ("head", "teacher", "deputy"))
    form(head, product, "/me", "/me/pin", present_for_pin="practice makes perfect", pin=PIN, pin_again=PIN)
    form(
        deputy, product, "/me", "/me/password",
        present="practice makes perfect", password=PASSWORD, password_again=PASSWORD,
    )  # fmt: skip
    assert wait_for(lambda: rows(home, "SELECT 1 FROM heartbeats WHERE name = 'classifier'") or None, 120)
    for platform in Platform:
        for fault in (Fault.ERROR_500, Fault.HTML_502, Fault.TRUNCATED, Fault.RATE_LIMIT_NO_RESET):
            world.faults.set(platform, OperationKind.READ, FaultRule(fault, next_n=1))
    planned = (now() + timedelta(minutes=2)).astimezone(LONDON)
    # Instagram takes no post without a picture.
    chosen = rows(home, "SELECT id FROM accounts WHERE platform IN ('x', 'facebook')")
    accounts = [str(UUID(str(row[0]))) for row in chosen]
    assert len(accounts) == 2
    text = form(
        teacher, product, "/drafts/new",
        text=POST, account=accounts, planned_date=f"{planned:%Y-%m-%d}", planned_time=f"{planned:%H:%M}",
        objective="reminder", checklist=CRITERIA, none_shown="yes", device="Office tablet 2", do="submit",
    )  # fmt: skip
    assert "Asked to decide" in text, re.findall(r"(?s)(?:alert|invalid-feedback).{0,400}", text)[:5]
    mailed = wait_for(lambda: mail_about(home, WORDS), 60)
    assert mailed
    [token] = set(re.findall(r"/approve/([\w-]+)", mailed))
    for platform in Platform:
        world.faults.set(platform, OperationKind.PUBLISH, FaultRule(Fault.ERROR_500, next_n=1))
    for pin in (WRONG_PIN, PIN):
        answer = form(stranger, product, f"/approve/{token}", decision="approve", pin=pin, reason="Fine")
    assert "pproved" in answer, answer[-2000:]
    post = world.public_posts(Platform.FACEBOOK, limit=1)[0].post
    comment = world.say(Platform.FACEBOOK, post.id, AUTHOR, ABUSE, None)
    found = "SELECT id FROM log_entries WHERE comment_platform_id = ?"
    assert wait_for(lambda: rows(home, found, comment.id) or None, 60)
    deputy = product.signed_in("dsl")
    entry = deputy.get(f"{product.url}/moderation", timeout=30).text
    [address, *_] = re.findall(r'href="(/moderation/[0-9a-f-]{36})', entry)
    form(deputy, product, address, outcomes="note", reason=NOTE, note=NOTE, seen="1")
    world.faults.set(Platform.FACEBOOK, OperationKind.ALL, FaultRule(Fault.DEAD_TOKEN))
    ended = "SELECT 1 FROM publications WHERE state IN ('published', 'unknown', 'failed') LIMIT 1"
    assert wait_for(lambda: rows(home, ended) or None, 240)
    assert wait_for(lambda: rows(home, "SELECT 1 FROM accounts WHERE state = 'needs_connecting'") or None, 60)
    return token
