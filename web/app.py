"""The app factory: everything that the pages stand on, and every page."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_bootstrap import Bootstrap5
from flask_talisman import Talisman
from werkzeug.middleware.proxy_fix import ProxyFix

from connectors.practice.servers import PracticePlatforms
from school import secrets
from school.db import reading
from school.errors import SchoolgateError
from school.models import Role, School
from school.permissions import Action
from school.settings import settings
from school.setup import current_school
from web import (
    accounts,
    addresses,
    anchors,
    app_icon,
    approve,
    audit,
    calendar,
    came_with,
    composing,
    compressing,
    connecting,
    consent,
    consent_import,
    crops,
    dark,
    devices,
    documents,
    drafts,
    errors,
    faces,
    foi,
    followers,
    guide,
    health,
    hosts,
    join,
    letters,
    limits,
    log,
    mailbox,
    me,
    media,
    metrics,
    moderation,
    moderation_by_hand,
    moderation_live,
    moderation_replies,
    moderation_rules,
    moderation_together,
    moderation_work,
    notifications,
    page_help,
    passkeys,
    people,
    people_roles,
    planning,
    policy_forms,
    post_templates,
    practice,
    protection,
    publications,
    push,
    recovery,
    register,
    remarks,
    report_charts,
    reports,
    saying,
    school_dates,
    second_factors,
    second_step,
    sign_in_upkeep,
    signin,
    single_sign_on,
    subjects,
    terms,
    today,
    troubles,
    unsaved,
    videos,
)
from web.access import allowed, half_in, optional_person
from web.forgery import MaskedForms, from_elsewhere
from web.instead import page_instead
from web.naming import platform_name, role_name, short_platform
from web.navigation import navigation

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONTENT_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # Bootstrap's own icons are data: URLs in its style sheet
    "media-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

FOR_EVERYBODY = frozenset({"static", "bootstrap.static", "dark.colours", "app_icon.picture"})
"""Files that are the same for everybody."""

PAGES = (
    today,
    guide,
    dark,
    app_icon,
    join,
    second_step,
    single_sign_on,
    me,
    second_factors,
    notifications,
    push,
    passkeys,
    people,
    people_roles,
    sign_in_upkeep,
    recovery,
    terms,
    accounts,
    connecting,
    register,
    consent,
    consent_import,
    policy_forms,
    reports,
    report_charts,
    practice,
    mailbox,
    health,
    metrics,
    audit,
    anchors,
    drafts,
    unsaved,
    composing,
    crops,
    post_templates,
    planning,
    remarks,
    publications,
    school_dates,
    faces,
    media,
    videos,
    approve,
    calendar,
    moderation,
    moderation_by_hand,
    moderation_live,
    moderation_work,
    moderation_replies,
    moderation_rules,
    moderation_together,
    came_with,
    documents,
    letters,
    followers,
    log,
    protection,
    subjects,
    foi,
    troubles,
    devices,
)
"""Every module of pages; each has its blueprint in `pages`."""


def words(value: str) -> str:
    """A stored value ("changes_requested") as people read it ("changes requested")."""
    return str(value).replace("_", " ")


def named(pair: tuple[str, int], names: Mapping[str, str]) -> tuple[str, int]:
    """A counted value with the words that people know it by."""
    value, count = pair
    return names.get(value, words(value)), count


def this_school() -> School | None:
    """The school, read once for each request."""
    if "school" not in g:
        with reading() as session:
            g.school = current_school(session)
    school: School | None = g.school
    return school


def _name_in_log() -> None:
    """Every line that the log gets while this request is answered carries the same id."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=token_hex(4))


class _SessionOfPages(SecureCookieSessionInterface):
    """Keeps the session's cookie fresh with each page, and out of files that a cache on the way may share.

    Nor is it sent to whoever may come from another site, nor, unchanged, with what a page asks by itself:
    that could arrive after a newer one.
    """

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        if request.endpoint in FOR_EVERYBODY or from_elsewhere():
            return False
        if not session.modified and signin.asks_by_itself():
            return False
        return super().should_set_cookie(app, session)


def _keep_no_copy(answer: Response) -> Response:
    """A shared computer must not keep pages with pupils' names or abuse; style and scripts it may."""
    if request.endpoint not in FOR_EVERYBODY:
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _sign_with_keys(app: Flask) -> None:
    """Sign sessions with the newest secret key and know those signed with the others, as they are now.

    Forms keep the oldest, so that what somebody is typing can be sent while a key is being changed.
    """
    try:
        signing = [
            hashlib.sha256(b"schoolgate sessions\x00" + key.encode()).hexdigest()
            for key in secrets.all_keys()
        ]
    except (SchoolgateError, OSError):
        if app.secret_key is None:
            raise
        # The file of the key went away under a running product, which goes on with what it knows.
        return
    app.config.update(
        SECRET_KEY=signing[0], SECRET_KEY_FALLBACKS=signing[1:], WTF_CSRF_SECRET_KEY=signing[-1]
    )


def _follow_keys(app: Flask) -> None:
    """Look at the keys before each request's session is opened, which is earlier than `before_request`."""
    answer = app.wsgi_app

    def following(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        _sign_with_keys(app)
        return answer(environ, start_response)

    app.wsgi_app = following  # type: ignore[method-assign]


def create_app(practice: PracticePlatforms | None = None) -> Flask:
    """The web application. `practice`: the running practice platforms, which `/practice` shows."""
    app = Flask("web")
    app.session_interface = _SessionOfPages()
    chosen = settings()
    by_tls = chosen.effective_public_url.startswith("https://")
    app.config.update(
        SECURITY_PASSWORD_SALT=hashlib.sha256(
            b"schoolgate salt\x00" + secrets.secret_key().encode()
        ).hexdigest(),
        MAX_CONTENT_LENGTH=chosen.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        # As long as the session: a draft that took two hours to write must not be lost.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=by_tls,
        BOOTSTRAP_SERVE_LOCAL=True,
        SESSION_COOKIE_NAME="schoolgate",
        PERMANENT_SESSION_LIFETIME=chosen.sign_in_lifetime,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
        TRAP_HTTP_EXCEPTIONS=False,
    )
    _sign_with_keys(app)
    _follow_keys(app)
    if chosen.trusted_proxies:
        count = chosen.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    app.extensions["schoolgate_practice"] = practice
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}
    Talisman(
        app,
        force_https=False,  # a proxy does that in production; embedded mode is loopback
        session_cookie_secure=by_tls,
        session_cookie_samesite="Lax",
        content_security_policy=CONTENT_POLICY,
        # With “no-referrer”, browsers say of a form that it comes from “null” (WHATWG Fetch, 3.1), as they do
        # of other sites': by plain HTTP no decision could be sent from the page behind an e-mail's link.
        referrer_policy="same-origin",
        frame_options="DENY",
        permissions_policy={"camera": "()", "microphone": "()", "geolocation": "()"},
    )
    hosts.install(app)
    MaskedForms(app)
    Bootstrap5(app)
    signin.install(app)
    errors.install(app)
    for module in PAGES:
        app.register_blueprint(module.pages)
    limits.install(app)
    page_help.install(app)
    app.before_request_funcs.setdefault(None, []).insert(0, _name_in_log)
    app.after_request(_keep_no_copy)
    compressing.install(app)
    app.jinja_env.filters["say"] = saying.say_time
    app.jinja_env.filters["day"] = saying.say_day
    app.jinja_env.filters["full_day"] = saying.say_full_day
    app.jinja_env.filters["timed"] = saying.timed
    app.jinja_env.filters["words"] = words
    app.jinja_env.filters["named"] = named
    app.jinja_env.filters["on_platform"] = addresses.on_platform
    app.jinja_env.filters["role_name"] = role_name
    app.jinja_env.filters["host"] = lambda address: urlsplit(address).hostname or address
    app.jinja_env.filters["platform_name"] = platform_name
    app.jinja_env.filters["short_platform"] = short_platform
    app.jinja_env.globals.update(
        may=allowed,
        Action=Action,
        Role=Role,
        signed_in_person=optional_person,
        half_in=half_in,
        page_instead=page_instead,
        this_school=this_school,
        navigation=navigation,
        my_obstacles=terms.my_obstacles,
        able_to_vouch=recovery.able_to_vouch,
        training_of=terms.training_of,
        public_url=lambda: settings().effective_public_url,
    )
    return app
