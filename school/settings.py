"""Settings: environment variables `SCHOOLGATE_*` or `.env`, every one optional."""

from __future__ import annotations

import ipaddress
import os
import re
from datetime import timedelta
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from school.errors import BadInput

_ESCAPES = "; in a password, write @ as %40, : as %3A and / as %2F"

URLS: dict[str, tuple[tuple[str, ...], str]] = {
    "database_url": (
        ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://"),
        "postgresql://user:password@host/name or sqlite:////folder/file.db",
    ),
    "database_owner_url": (
        ("postgresql://", "postgres://", "postgresql+psycopg://"),
        "postgresql://owner:password@host/name",
    ),
    "broker_url": (("memory://", "redis://", "rediss://"), "redis://localhost:6379/0"),
    "smtp_url": (("smtp://", "smtps://"), "smtp://user:password@host:587 or smtps://user:password@host:465"),
    "bounces_url": (("imap://", "imaps://"), "imaps://user:password@mail.larkfield.sch.uk/INBOX"),
    "public_url": (("http://", "https://"), "https://social.larkfield.sch.uk"),
    "x_url": (("http://", "https://"), "https://api.x.com"),
    "graph_url": (("http://", "https://"), "https://graph.facebook.com"),
}
"""Fields that hold a URL: what it may begin with, and an example."""


_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9][a-z0-9-]*[a-z0-9]")


def domains_in(text: str) -> frozenset[str]:
    """The e-mail domains in a setting, in lower case."""
    return frozenset(one.removeprefix("@") for one in text.lower().replace(",", " ").split())


def is_loopback(host: str) -> bool:
    """Whether this host name or address is this machine itself: what is said to it crosses no network."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_be_issuer(address: str) -> bool:
    """Whether an OpenID provider may be called so: https, or http on this machine itself; nothing behind."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.query or parts.fragment or len(address) > 400:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


class Settings(BaseSettings):
    """Everything that can be set from outside. Field X is read from SCHOOLGATE_X."""

    model_config = SettingsConfigDict(
        env_prefix="SCHOOLGATE_", env_file=".env", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    home: Path = Path("var")
    """Folder of the product's own data: database, keys, media, practice platforms, mailbox."""
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = ""
    """Address that e-mail links begin with; empty: http://HOST:PORT."""
    database_url: str = ""
    """SQLAlchemy URL; empty: SQLite in `home`."""
    database_owner_url: str = ""
    """Who may change tables and rights on PostgreSQL, for `schoolgate migrate`; empty: the same user."""
    broker_url: str = "memory://"
    secret_key: SecretStr | None = None
    """Signs sessions and encrypts credentials; empty: one is made and kept in `home`."""
    other_secret_keys: SecretStr | None = None
    """Former keys, or the next one, between commas: what they encrypted can be read as well."""
    smtp_url: str = ""
    """smtp://user:password@host:port or smtps://…; empty: the built-in mailbox."""
    mail_from: str = ""
    """Sender of all mail; empty: schoolgate@ the school's domain."""
    bounces_url: str = ""
    """imaps://user:password@host:port/folder: where undeliverable mail comes back to; empty: not read."""

    x_url: str = ""
    """Where X's API is; empty: X itself, or the practice platform in practice mode."""
    graph_url: str = ""
    graph_version: str = Field(default="v24.0", pattern=r"^v\d+\.\d+$")
    graph_token_in: Literal["header", "form"] = "header"  # noqa: S105 - where it goes
    platform_timeout: float = Field(default=20.0, gt=0)
    """Seconds for one request to a platform."""
    link_previews: bool = True
    """Look at what stands behind the links of drafts: each is asked for at its own site."""
    ask_for_reach: bool = True
    """Ask on Facebook's page for the permissions that a post's figures need (P10)."""
    x_follow_requests: bool = False
    """X's tier lets this account list pending follow requests."""
    x_read_cost: float = Field(default=0.001, ge=0)
    """US dollars for one item read from X; likewise the next two."""
    x_post_cost: float = Field(default=0.015, ge=0)
    x_link_post_cost: float = Field(default=0.20, ge=0)
    x_consumer_key: str = ""
    """Key and secret of the school's app at X, for connecting accounts in the browser; empty: as entered."""
    x_consumer_secret: SecretStr | None = None
    meta_app_id: str = ""
    """Likewise at Meta, for Facebook and Instagram."""
    meta_app_secret: SecretStr | None = None
    x_monthly_budget: float = Field(default=30.0, ge=0)
    """US dollars that an account on X may cost in a month, where its page says nothing else."""

    practice_pace: float = Field(default=8.0, ge=0)
    """Seconds between events of the practice crowd on average; 0: nobody comes by itself."""
    poll_interval: float = Field(default=60.0, gt=0)
    """Seconds between two polls of an account."""
    poll_adapts: bool = True
    """Read more seldom at night, at weekends and where a platform's allowance runs short."""
    practice_poll_interval: float = Field(default=2.0, gt=0)
    watch_posts_for_days: int = Field(default=30, ge=1)
    """Comments under posts younger than this are read at each poll."""
    classifier_threads: int = Field(default=2, ge=1)
    classifier_model: Path | None = None
    """Folder of another model; empty: the one that ships."""
    hide_at_once: bool = False
    """Hide a comment whose score is over `hide_threshold` before a person has looked (reversible)."""
    hide_threshold: float = Field(default=0.97, gt=0, le=1)

    second_factor: Literal["roles", "everybody", "off"] | None = None
    """Who must have a second factor; None: `roles` in a real school, `off` in the practice school."""
    sign_in_idle: timedelta = Field(default=timedelta(minutes=30), gt=timedelta(0))
    """A sign-in that is not used for so long ends."""
    sign_in_lifetime: timedelta = Field(default=timedelta(hours=12), gt=timedelta(0))
    """And every sign-in ends after so long."""

    sign_in_with: str = ""
    """Single sign-on: `google`, `microsoft` or the address of another OpenID provider; empty: none."""
    sign_in_tenant: str = ""
    """Of `microsoft`: the school's directory (tenant) id."""
    sign_in_client_id: str = ""
    """Id and secret of the app that the school registered there."""
    sign_in_client_secret: SecretStr | None = None
    sign_in_domains: str = ""
    """The school's e-mail domains, between commas, whose addresses count there; empty: the school's one."""
    sign_in_name: str = Field(default="", max_length=30)
    """What the button calls another provider; empty: its host."""
    sign_in_second_factor: Literal["here", "said", "there"] = "here"
    """Where the second factor of such a sign-in is given: `here`; `there` where the provider has said so
    (`said`); or always `there`, as the school knows."""

    approval_link_lifetime: timedelta = Field(default=timedelta(hours=72), gt=timedelta(0))
    approval_needs: Literal["pin", "sign-in"] = "pin"
    publish_late_limit: timedelta = Field(default=timedelta(minutes=60), gt=timedelta(0))
    """A publication later than this is held for a person instead of being sent."""
    claim_lifetime: timedelta = Field(default=timedelta(minutes=10), gt=timedelta(0))
    """How long a reviewer's claim on a log entry lasts."""
    lease: timedelta = Field(default=timedelta(minutes=5), gt=timedelta(0))
    """How long a worker may hold an intent before another may take it."""
    consistency_delay: timedelta = timedelta(minutes=2)
    """After so long a post that was taken shows among the account's own posts on every platform."""
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    """How many proxies of the school's own stand in front: their word on address and https counts."""
    max_upload_bytes: int = Field(default=25 * 1024 * 1024, gt=0)
    max_video_bytes: int = Field(default=300 * 1024 * 1024, gt=0, le=1000 * 1024 * 1024)
    """How large a video may be as it comes; the web server takes no more than 1 GB at once."""
    metrics_token: SecretStr | None = None
    """What Prometheus sends as bearer token to read `/metrics`; empty: the school's own network may."""
    log_format: Literal["plain", "json"] = "plain"
    log_level: Literal["info", "debug"] = "info"
    """What the log files hold. No level lets a token, a name or a comment's text in."""
    log_files: bool = True
    """Keep logs in the home folder too; not where something else collects standard error."""

    @field_validator(*URLS, mode="after")
    @classmethod
    def _known_url(cls, value: str, info: ValidationInfo) -> str:
        assert info.field_name is not None
        known, example = URLS[info.field_name]
        if not value or (value.startswith(("sqlite:///", "memory://")) and value.startswith(known)):
            return value
        try:
            parts = urlsplit(value)
            # Without a host PostgreSQL is asked by its local socket.
            complete = bool(parts.hostname or info.field_name in {"database_url", "database_owner_url"})
            complete = complete and (parts.port is None or parts.port > 0)
        except ValueError:
            # The library's own words could repeat a password that is in the URL.
            complete = False
        if not value.startswith(known) or not complete:
            inside = "" if _is_of_pages(info.field_name) else _ESCAPES
            raise ValueError(f"give a URL such as {example}{inside}")
        return value

    @field_validator("mail_from", mode="after")
    @classmethod
    def _one_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"[^\s@<>\"]+@[^\s@<>\"]+\.[^\s@<>\"]+", value):
            raise ValueError("give one e-mail address, such as schoolgate@larkfield.sch.uk")
        return value

    @field_validator("sign_in_with", mode="after")
    @classmethod
    def _known_provider(cls, value: str) -> str:
        chosen = value.strip()
        if chosen.lower() in {"", "google", "microsoft"}:
            return chosen.lower()
        if not may_be_issuer(chosen):
            raise ValueError(
                "write google, microsoft, or the https address of the school's OpenID provider, such as "
                "https://login.larkfield.sch.uk/realms/school"
            )
        return chosen

    @field_validator(
        "sign_in_tenant",
        "sign_in_client_id",
        "sign_in_client_secret",
        "sign_in_domains",
        "sign_in_name",
        mode="after",
    )
    @classmethod
    def _provider_whole_or_not_at_all(
        cls, value: str | SecretStr | None, info: ValidationInfo
    ) -> str | SecretStr | None:
        provider, name = info.data.get("sign_in_with"), str(info.field_name)
        if provider is None:
            # Refused itself, with what it must be.
            return value
        given = (value.get_secret_value() if isinstance(value, SecretStr) else value or "").strip()
        if given and not provider:
            raise ValueError(
                "without SCHOOLGATE_SIGN_IN_WITH this has no use: set that to google, microsoft or the "
                "address of the school's provider, or take this away"
            )
        if provider and not given and name in {"sign_in_client_id", "sign_in_client_secret"}:
            raise ValueError(
                "it is missing, and SCHOOLGATE_SIGN_IN_WITH is set: copy it from the app that the school "
                "registered there, or take SCHOOLGATE_SIGN_IN_WITH away"
            )
        if name == "sign_in_tenant" and provider == "microsoft" and not _GUID.fullmatch(given):
            raise ValueError(
                "give the “Directory (tenant) ID” of the school, which the app's page in Microsoft Entra "
                "shows, such as 8a7c6b5d-1234-4cde-9f01-23456789abcd"
            )
        if name == "sign_in_tenant" and given and provider not in {"", "microsoft"}:
            raise ValueError("only microsoft has one: take this away")
        if name == "sign_in_domains" and not all(_DOMAIN.fullmatch(one) for one in domains_in(given)):
            raise ValueError(
                "give e-mail domains between commas, such as larkfield.sch.uk, staff.larkfield.sch.uk"
            )
        return given if isinstance(value, str) else value

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @property
    def effective_database_url(self) -> str:
        """The SQLAlchemy URL in force."""
        return _by_psycopg(self.database_url or f"sqlite:///{self.home / 'schoolgate.db'}")

    @property
    def effective_database_owner_url(self) -> str:
        """The SQLAlchemy URL of the database's owner; empty where the product's own user is that."""
        return _by_psycopg(self.database_owner_url)

    @property
    def effective_public_url(self) -> str:
        """What e-mail links begin with, without a slash at the end.

        Without a setting this machine is called by its name: browsers bind no passkey to a number (WebAuthn,
        5.1.3: the effective domain must be a valid domain).
        """
        host = "localhost" if is_loopback(self.host) else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def mailbox_folder(self) -> Path:
        """Where the built-in SMTP server keeps what it took."""
        return self.home / "mailbox"


def _by_psycopg(url: str) -> str:
    for old in ("postgresql://", "postgres://"):
        if url.startswith(old):
            return "postgresql+psycopg://" + url[len(old) :]
    return url


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once. Raises BadInput for a file .env that is no text."""
    try:
        return Settings()
    except UnicodeDecodeError as error:
        raise BadInput(
            f"The file .env can't be read from its byte {error.start + 1} on: save it as UTF-8 text.",
            field=".env",
        ) from None


def may_hold_secret(field: str, value: object) -> bool:
    """Whether a setting's value is a secret, or an address with a password: never repeated as given.

    The address of a page needs no password, so it may be said where it has no place for one.
    """
    if field in URLS:
        return "@" in str(value) or not _is_of_pages(field)
    return SecretStr in get_args(Settings.model_fields[field].annotation)


def _is_of_pages(field: str) -> bool:
    return "https://" in URLS[field][0]


def set_for_this_process(**values: str) -> None:
    """Let a command's options win over the environment, here and in the processes started from here.

    Keys are field names. Raises pydantic.ValidationError on a value that the field can't take.
    """
    Settings.model_validate({**settings().model_dump(), **values})
    os.environ.update({f"SCHOOLGATE_{name.upper()}": value for name, value in values.items()})
    settings.cache_clear()


def misspelt() -> list[tuple[str, str]]:
    """Variables in the environment or in .env that are no setting but look like one: each with that one."""
    known = {name.upper() for name in Settings.model_fields}
    given = {name.upper() for name in [*os.environ, *dotenv_values(".env")]}
    found = []
    for name in sorted(given):
        rest = name.removeprefix("SCHOOLGATE_")
        if rest == name or rest in known:
            continue
        close = get_close_matches(rest, known, n=1, cutoff=0.75)
        if close:
            found.append((name, f"SCHOOLGATE_{close[0]}"))
    return found
