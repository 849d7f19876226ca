"""Keys, tokens and hashes. What is secret is encrypted at rest and never shown again (P11)."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from school.errors import BadInput, SchoolgateError
from school.settings import settings

_hasher = PasswordHasher()

_TOKEN = re.compile(r"(?<=/)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
"""What `new_token` gives, at the end of an address."""

SEAL = b"gAAAA"
"""What everything sealed begins with: Fernet's version and the first bytes of its time, until 2106."""


KEY_LENGTH_MIN = 32
GIVE_ONE = "give at least 32 random characters, for example the output of: openssl rand -hex 32"


class KeyMissing(SchoolgateError):
    """There is no key, or what was encrypted can't be read with the keys at hand."""


def secret_key() -> str:
    """The installation's secret: the setting, or the one that is kept in the home folder.

    Raises KeyMissing where there is none, BadInput for one that is too short to be a secret.
    """
    return all_keys()[0]


def all_keys() -> tuple[str, ...]:
    """Every key that counts, the newest first: that one encrypts, all of them read.

    They are read anew each time, so that `schoolgate keys rotate` reaches the processes that run.
    Raises KeyMissing where there is none, BadInput for one that is too short to be a secret.
    """
    chosen = settings()
    if chosen.secret_key is None:
        kept = _kept_keys(key_file())
        if not kept:
            raise KeyMissing(
                f"The secret key is missing: put the file {key_file()} back, or set SCHOOLGATE_SECRET_KEY "
                "to the former key. If it is lost for good, run: schoolgate keys start-anew"
            )
        for key in kept:
            _check_length(key, f"The key in {key_file()}", "put the file back from a backup", "secret_key")
    else:
        kept = (chosen.secret_key.get_secret_value(),)
        _check_length(kept[0], "SCHOOLGATE_SECRET_KEY", GIVE_ONE, "secret_key")
    others = chosen.other_secret_keys.get_secret_value() if chosen.other_secret_keys else ""
    for key in others.replace(",", " ").split():
        _check_length(key, "A key in SCHOOLGATE_OTHER_SECRET_KEYS", GIVE_ONE, "other_secret_keys")
        kept += (key,)
    return tuple(dict.fromkeys(kept))


def _check_length(key: str, name: str, advice: str, field: str) -> None:
    if len(key) < KEY_LENGTH_MIN:
        raise BadInput(
            f"{name} is too short ({len(key)} of {KEY_LENGTH_MIN} characters): {advice}.", field=field
        )


def key_file() -> Path:
    """Where the keys are kept, a line each and the newest first, when none is set from outside."""
    return settings().home / "secret.key"


def make_key_if_none() -> bool:
    """Make a key and keep it in the home folder, unless there is one or one is set; whether it was made."""
    if settings().secret_key is not None or _kept_keys(key_file()):
        return False
    path = key_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _written(path, [secrets.token_hex(32)])
    try:
        # A link fails where another process was first, so all agree on one key.
        os.link(draft, path)
    except FileExistsError:
        if not path.read_text(encoding="ascii", errors="replace").strip():
            # An empty file, which a full disk may leave behind, is no key.
            draft.replace(path)
            return True
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def set_aside_unusable_key() -> Path | None:
    """Rename a key file that is too short to hold a key, so that a new one can be made; its new name."""
    path = key_file()
    if settings().secret_key is not None or all(len(key) >= KEY_LENGTH_MIN for key in _kept_keys(path)):
        return None
    aside = path.with_name(f"{path.name}.unusable")
    path.replace(aside)
    return aside


def keep_keys(wanted: Sequence[str]) -> None:
    """Put these in place of the keys in the home folder, the newest first, all at once or not at all."""
    _written(key_file(), wanted).replace(key_file())


def _written(path: Path, lines: Sequence[str]) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        draft.unlink(missing_ok=True)
        # Writing doesn't say which file a full disk refused.
        raise OSError(error.errno, error.strerror, str(path)) from error
    return draft


def _kept_keys(path: Path) -> tuple[str, ...]:
    try:
        return tuple(path.read_text(encoding="ascii", errors="replace").split())
    except FileNotFoundError:
        return ()


@lru_cache(maxsize=16)
def _fernet(secret: str) -> Fernet:
    digest = hashlib.sha256(b"schoolgate credentials\x00" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def _all_fernets() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in all_keys()])


def encrypt(data: bytes) -> bytes:
    """`data` sealed with the newest key."""
    return _all_fernets().encrypt(data)


def decrypt(data: bytes, *, at_most_seconds_old: int | None = None) -> bytes:
    """The opposite of `encrypt`.

    Raises KeyMissing where no key at hand is the right one, or where it was sealed longer ago than that.
    """
    try:
        return _all_fernets().decrypt(data, ttl=at_most_seconds_old)
    except InvalidToken:
        raise KeyMissing(
            "what was stored encrypted can't be read with this secret key: "
            "put the former SCHOOLGATE_SECRET_KEY (or secret.key file) back"
        ) from None


def is_sealed(data: bytes) -> bool:
    """Whether these bytes look like what `encrypt` gives, whichever the key; no picture begins so."""
    return data.startswith(SEAL)


def resealed(data: bytes) -> bytes | None:
    """The same sealed with the newest key; None where it is already. Raises KeyMissing as `decrypt` does."""
    try:
        _fernet(secret_key()).decrypt(data)
    except InvalidToken:
        return encrypt(decrypt(data))
    return None


def new_token() -> str:
    """256 random bits, fit for a URL."""
    return secrets.token_urlsafe(32)


def without_tokens(text: str) -> str:
    """The same text with each link's token left out."""
    return _TOKEN.sub("…", text)


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
