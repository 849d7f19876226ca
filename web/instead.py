"""For an answer to a sent form, the page that stands in its place in the browser's history.

No answer is kept by the browser, since a shared computer must not keep what it shows. Going back to the
answer to a form would therefore mean sending the form once more, which browsers refuse or ask about. So once
the form is put right and sent again, `page.js` has its answer remembered by the address of a page.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException


def page_instead() -> str:
    """Where the form was that this answers, else the same address; empty where that is no page."""
    if request.method != "POST":
        return ""
    before = urlsplit(request.referrer or "")
    if before.netloc == request.host and _is_page(before.path):
        return f"{before.path}?{before.query}" if before.query else before.path
    return request.path if _is_page(request.path) else ""


def _is_page(path: str) -> bool:
    addresses = current_app.create_url_adapter(request)
    assert addresses is not None
    try:
        addresses.match(path, method="GET")
    except HTTPException:
        return False
    return True
