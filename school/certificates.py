"""What is wrong with a mail server's encryption, in words, and what to do about it."""

from __future__ import annotations

import ssl
from functools import lru_cache

# x509_vfy.h of OpenSSL.
_TOO_EARLY, _EXPIRED = 9, 10
_UNKNOWN_ISSUER = frozenset({18, 19, 20, 21})
"""Signed by itself, or by an authority that this machine doesn't know."""
_ANOTHER_NAME = frozenset({62, 64})


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """What this machine trusts: reading all of its certificates takes longer than sending a mail."""
    return ssl.create_default_context()


def trouble(error: ssl.SSLError, host: str, setting: str, ports: str) -> str:
    """Why there is no safe connection to a mail server, for a person.

    `setting`: the environment variable that names the server; `ports`: which address is for which port.
    """
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"the mail server {host} speaks no such encryption: {ports}"
    code = error.verify_code
    if code == _EXPIRED:
        return f"the certificate of the mail server {host} has run out: have it renewed"
    if code == _TOO_EARLY:
        return f"the certificate of the mail server {host} isn't valid yet: compare both machines' clocks"
    if code in _ANOTHER_NAME:
        return (
            f"the certificate of the mail server is for another name than {host}: use the name in the "
            f"certificate in {setting}"
        )
    if code in _UNKNOWN_ISSUER:
        return (
            f"the certificate of the mail server {host} was made by itself, or by an authority that this "
            "machine doesn't know: add that authority's certificate to those that this machine trusts, or "
            "name a file with it in the environment variable SSL_CERT_FILE, and start Schoolgate again"
        )
    return f"the certificate of the mail server {host} isn't valid ({error.verify_message})"
