"""Settings: environment variables `SCHOOLGATE_*` or `.env`, every one optional."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that can be set from outside. Field X is read from SCHOOLGATE_X."""

    model_config = SettingsConfigDict(env_prefix="SCHOOLGATE_", env_file=".env", frozen=True, extra="ignore")

    home: Path = Path("var")
    """Folder of the product's own data: database, keys, media, practice platforms, mailbox."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = ""
    """Address that e-mail links begin with; empty: http://HOST:PORT."""
    database_url: str = ""
    """SQLAlchemy URL; empty: SQLite in `home`."""
    broker_url: str = "memory://"
    secret_key: SecretStr | None = None
    """Signs sessions and encrypts credentials; empty: one is made and kept in `home`."""
    other_secret_keys: SecretStr | None = None
    """Former keys, or the next one, between commas: what they encrypted can be read as well."""
    smtp_url: str = ""
    """smtp://user:password@host:port or smtps://…; empty: the built-in mailbox."""
    mail_from: str = ""
    """Sender of all mail; empty: schoolgate@ the school's domain."""

    x_url: str = ""
    """Where X's API is; empty: X itself, or the practice platform in practice mode."""
    graph_url: str = ""
    graph_version: str = "v24.0"
    graph_token_in: Literal["header", "form"] = "header"
    platform_timeout: float = Field(default=20.0, gt=0)
    """Seconds for one request to a platform."""
    x_follow_requests: bool = False
    """X's tier lets this account list pending follow requests."""
    x_read_cost: float = 0.001
    """US dollars for one item read from X; likewise the next two."""
    x_post_cost: float = 0.015
    x_link_post_cost: float = 0.20
    x_monthly_budget: float = Field(default=30.0, ge=0)
    """US dollars that an account on X may cost in a month, where its page says nothing else."""

    practice_pace: float = Field(default=8.0, ge=0)
    """Seconds between events of the practice crowd on average; 0: nobody comes by itself."""
    poll_interval: float = Field(default=60.0, gt=0)
    """Seconds between two polls of an account."""
    practice_poll_interval: float = Field(default=2.0, gt=0)
    watch_posts_for_days: int = Field(default=30, ge=1)
    """Comments under posts younger than this are read at each poll."""
    classifier_threads: int = Field(default=2, ge=1)
    classifier_model: Path | None = None
    """Folder of another model; empty: the one that ships."""
    hide_at_once: bool = False
    """Hide a comment whose score is over `hide_threshold` before a person has looked (reversible)."""
    hide_threshold: float = Field(default=0.97, gt=0, le=1)

    approval_link_lifetime: timedelta = timedelta(hours=72)
    approval_needs: Literal["pin", "sign-in"] = "pin"
    publish_late_limit: timedelta = timedelta(minutes=60)
    """A publication later than this is held for a person instead of being sent."""
    claim_lifetime: timedelta = timedelta(minutes=10)
    """How long a reviewer's claim on a log entry lasts."""
    lease: timedelta = timedelta(minutes=5)
    """How long a worker may hold an intent before another may take it."""
    consistency_delay: timedelta = timedelta(minutes=2)
    """After so long a post that was taken shows among the account's own posts on every platform."""
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    """How many proxies of the school's own stand in front: their word on address and https counts."""
    max_upload_bytes: int = 25 * 1024 * 1024
    log_format: Literal["plain", "json"] = "plain"

    @field_validator("database_url", mode="after")
    @classmethod
    def _known_database(cls, value: str) -> str:
        known = ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")
        if value and not value.startswith(known):
            raise ValueError("give a URL that begins with postgresql:// or sqlite:///")
        return value

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @property
    def effective_database_url(self) -> str:
        """The SQLAlchemy URL in force."""
        url = self.database_url or f"sqlite:///{self.home / 'schoolgate.db'}"
        for old in ("postgresql://", "postgres://"):
            if url.startswith(old):
                return "postgresql+psycopg://" + url[len(old) :]
        return url

    @property
    def effective_public_url(self) -> str:
        """What e-mail links begin with, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def mailbox_folder(self) -> Path:
        """Where the built-in SMTP server keeps what it took."""
        return self.home / "mailbox"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()


def set_for_this_process(**values: str) -> None:
    """Let a command's options win over the environment, here and in the processes started from here.

    Keys are field names. Raises pydantic.ValidationError on a value that the field can't take.
    """
    Settings.model_validate({**settings().model_dump(), **values})
    os.environ.update({f"SCHOOLGATE_{name.upper()}": value for name, value in values.items()})
    settings.cache_clear()
