"""The secret keys in a backup: sealed under a passphrase."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from school.errors import BadInput

PASSPHRASE_MIN = 12
_COST = 2**16
"""scrypt's n: with r = 8, 64 MiB and some tenths of a second for each guess."""


def check(passphrase: str | None) -> None:
    """Raise BadInput for a passphrase that is too short to protect anything."""
    if passphrase is not None and len(passphrase) < PASSPHRASE_MIN:
        raise BadInput(
            f"The passphrase has {len(passphrase)} characters: at least {PASSPHRASE_MIN} are needed, "
            "for example four random words.",
            field="passphrase",
        )


def seal(keys: Sequence[str], passphrase: str) -> str:
    """The keys under a passphrase. Raises BadInput as `check` does, and for keys with blanks."""
    check(passphrase)
    if any(key.split() != [key] for key in keys):
        raise BadInput(
            "SCHOOLGATE_SECRET_KEY has blanks in it, so it can't be kept in a file: keep it apart yourself "
            "and leave --with-keys out.",
            field="secret_key",
        )
    salt = secrets.token_bytes(16)
    sealed = Fernet(_derived(passphrase, salt, _COST)).encrypt("\n".join(keys).encode())
    return json.dumps({"salt": salt.hex(), "n": _COST, "sealed": sealed.decode()})


def unseal(sealed: str, passphrase: str) -> list[str]:
    """The opposite of `seal`: the keys, the newest first. Raises BadInput for a wrong passphrase."""
    values = json.loads(sealed)
    try:
        opener = Fernet(_derived(passphrase, bytes.fromhex(values["salt"]), int(values["n"])))
        return opener.decrypt(values["sealed"].encode()).decode().split()
    except InvalidToken:
        raise BadInput(
            "The passphrase is not the one that this backup's key was sealed with. Try again, or restore "
            "with --without-keys and put secret.key in place yourself.",
            field="passphrase",
        ) from None


def _derived(passphrase: str, salt: bytes, cost: int) -> bytes:
    # A backup that somebody altered must not make us use up the machine's memory.
    derive = Scrypt(salt=salt, length=32, n=min(cost, 2**20), r=8, p=1)
    return base64.urlsafe_b64encode(derive.derive(passphrase.encode()))
