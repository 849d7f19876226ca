"""Handing a notice to a browser's push service (RFC 8030), sealed for that browser (8291) and signed (8292).

`http-ece` seals and `py-vapid` signs; pywebpush, which joins the two, would send by itself, without our
limits on time and size. The address came from a browser, that is from anybody: only the services that
browsers really use are written to.
"""

from __future__ import annotations

import json
import time
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from connectors.exchange import retry_after_header
from connectors.transport import NoAnswer, Transport
from connectors.untrusted import https_host, plain_parts
from school.push_sending import ClaimedPush, Outcome, Sending

HOSTS = ("fcm.googleapis.com", "web.push.apple.com")
HOST_ENDS = (".push.services.mozilla.com", ".notify.windows.com", ".push.apple.com")
TTL = 12 * 60 * 60
"""Seconds that the service keeps it for a browser that is off."""
_GOES_ON_FOR = 6 * 60 * 60
"""Seconds that a signature counts; services take a day at most."""
_TAKEN = frozenset({200, 201, 202, 204})
_GONE = frozenset({404, 410})


def known(endpoint: str, *, own: str = "") -> bool:
    """Whether an address is at a push service that browsers use, and so may be written to.

    `own`: the address of a service that stands in for them in tests, which then is the only one.
    """
    parts = plain_parts(endpoint)
    if parts is None:
        return False
    if own:
        return endpoint.startswith(f"{own}/")
    host = https_host(parts)
    return host in HOSTS or host.endswith(HOST_ENDS)


def send(claimed: ClaimedPush, *, sender: str, timeout: float, own: str = "") -> Sending:
    """One attempt, within `timeout` seconds. `sender`: whom a push service may write to about us."""
    if not known(claimed.endpoint, own=own):
        return Sending(Outcome.GONE)
    service = urlsplit(claimed.endpoint)
    body = json.dumps({"text": claimed.text, "topic": claimed.topic}).encode()
    sealed = http_ece.encrypt(
        body,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=claimed.p256dh,
        auth_secret=claimed.auth,
        version="aes128gcm",
    )
    claims = {
        "aud": f"{service.scheme}://{service.netloc}",
        "exp": int(time.time()) + _GOES_ON_FOR,
        "sub": f"mailto:{sender}",
    }
    headers = {
        **Vapid02.from_pem(claimed.private_key).sign(claims),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL),
        "Urgency": "high" if claimed.urgent else "normal",
    }
    try:
        answer = Transport(timeout=timeout).post(claimed.endpoint, data=sealed, headers=headers)
    except NoAnswer as error:
        return Sending(Outcome.LATER, f"the browser’s push service gave no answer: {error.reason}")
    status = answer.status_code
    if status in _TAKEN:
        return Sending(Outcome.SENT)
    if status in _GONE:
        return Sending(Outcome.GONE)
    if status == 429 or status >= 500:
        problem = f"the browser’s push service takes nothing now (status {status})"
        return Sending(Outcome.LATER, problem, retry_after_header(answer.headers))
    return Sending(Outcome.REFUSED, f"the browser’s push service refuses our notices (status {status})")
