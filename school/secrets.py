"""Keys, tokens and hashes. What is secret is encrypted at rest and never shown again (P11)."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from school.errors import BadInput, SchoolgateError
from school.settings import settings

_hasher = PasswordHasher()


class KeyMissing(SchoolgateError):
    """What was encrypted can't be read with the keys at hand."""


def secret_key() -> str:
    """The installation's secret: the setting, or one made once and kept in the home folder.

    Raises BadInput when the setting is too short to be a secret.
    """
    configured = settings().secret_key
    if configured is not None:
        value = configured.get_secret_value()
        if len(value) < 32:
            raise BadInput(
                "SCHOOLGATE_SECRET_KEY is too short: give at least 32 random characters, "
                "for example the output of: openssl rand -hex 32",
                field="secret_key",
            )
        return value
    return _kept_key(settings().home / "secret.key")


def _kept_key(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
    try:
        # A link fails where another process was first, so all agree on one key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii").strip()


@lru_cache(maxsize=8)
def _fernet(secret: str) -> MultiFernet:
    digest = hashlib.sha256(b"schoolgate credentials\x00" + secret.encode()).digest()
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest))])


def encrypt(data: bytes) -> bytes:
    """`data` sealed with the installation's key."""
    return _fernet(secret_key()).encrypt(data)


def decrypt(data: bytes) -> bytes:
    """The opposite of `encrypt`. Raises KeyMissing where the key is another one."""
    try:
        return _fernet(secret_key()).decrypt(data)
    except InvalidToken:
        raise KeyMissing(
            "what was stored encrypted can't be read with this secret key: "
            "put the former SCHOOLGATE_SECRET_KEY (or secret.key file) back"
        ) from None


def new_token() -> str:
    """256 random bits, fit for a URL."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """SHA-256 of a token, hexadecimal: what is stored in its place."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def hash_secret(text: str) -> str:
    """argon2id hash of a password or PIN."""
    return _hasher.hash(text)


def check_secret(text: str, hashed: str | None) -> bool:
    """Whether the text is the one hashed. Takes as long when there is no hash at all."""
    try:
        return _hasher.verify(hashed or _nobodys_hash(), text) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_hex(16))
