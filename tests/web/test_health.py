"""What machines may ask: alive, ready, measurements; and error pages for people."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, request
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session

from school import accounts, db, heartbeats, mail, migrate, readiness
from school.db import now, transaction
from school.models import Account, Person, Role
from school.settings import settings
from tests.web.conftest import Browser
from web import errors
from web.app import create_app

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


WORK = ("scheduler", "publish", "actions", "poll", "mail", "classify", "classifier")


def everything_alive(*, but: str = "", at: datetime | None = None) -> None:
    with transaction() as session:
        for name in WORK:
            heartbeats.beat(session, name, now=(at if name == but and at else now()))


def test_alive_and_ready(visitor: Browser) -> None:
    assert visitor.get("/health/live").json == {"status": "alive"}
    early = visitor.get("/health/ready")
    assert early.status_code == 503 and early.json["poll"] == "no sign of life yet"
    assert early.json["classifier"] == "not loaded yet"
    everything_alive()
    ready = visitor.get("/health/ready")
    words = dict.fromkeys(("database", "migrations", "disk", *WORK), "ok")
    assert (ready.status_code, ready.json) == (200, {"status": "ready", **words})


@SQLITE
@pytest.mark.parametrize("name", WORK)
def test_not_ready_while_one_kind_of_work_gives_no_sign_of_life(visitor: Browser, name: str) -> None:
    everything_alive(but=name, at=now() - timedelta(minutes=2))
    answer = visitor.get("/health/ready")
    assert answer.status_code == 503 and answer.json["status"] == "not ready"
    wrong = {key: words for key, words in answer.json.items() if words not in {"ok", "not ready"}}
    assert list(wrong) == [name] and wrong[name].startswith("no sign of life since ")


@SQLITE
def test_not_ready_on_a_disk_that_is_almost_full(visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    everything_alive()
    monkeypatch.setattr(readiness, "DISK_LOW", 1 << 60)
    answer = visitor.get("/health/ready")
    assert answer.status_code == 503 and "almost full" in answer.json["disk"]


@SQLITE
def test_not_ready_with_old_tables_or_without_a_database(
    visitor: Browser, database: str, settings_home: Path
) -> None:
    migrate.downgrade(database, "-1")
    behind = visitor.get("/health/ready")
    assert behind.status_code == 503 and "another version" in behind.json["migrations"]
    db.engine_for(database).dispose()
    path = settings_home / "schoolgate.db"
    path.unlink()
    path.mkdir()
    failed = visitor.get("/health/ready")
    assert failed.status_code == 503 and failed.json["database"] == "can't be used at the moment"
    assert str(settings_home) not in failed.text
    assert visitor.get("/health/live").status_code == 200
    page = visitor.get("/sign-in")
    assert page.status_code == 503 and "Not just now" in page.text


def test_measurements_in_prometheus_format(visitor: Browser, make_account: Callable[..., Account]) -> None:
    account = make_account("x")
    with transaction() as session:
        accounts.note_calls(session, account, [accounts.LedgerItem("comments", False, 3, 42)], now=now())
    page = visitor.get("/metrics")
    assert page.content_type.startswith("text/plain; version=0.0.4")
    lines = page.text.splitlines()
    assert 'schoolgate_accounts{state="active"} 1.0' in lines
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }
    labels = (("operation", "comments"), ("platform", "x"))
    assert found["schoolgate_platform_failures_total", *labels] == 1
    assert found["schoolgate_platform_cost_micro_usd_total", *labels] == 42
    assert found["schoolgate_publications", ("state", "held")] == 0, "what is 0 is there too"
    for work in ("publish", "actions", "mail", "classify", "poll"):
        assert ("schoolgate_oldest_due_seconds", ("work", work)) in found
    assert found["schoolgate_incidents_open",] == 0


@SQLITE
def test_ages_and_the_classifiers_time_are_measured(
    visitor: Browser,
    session: Session,
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
) -> None:
    account = make_account("x")
    late = now() - timedelta(minutes=10)
    account.last_polled_at = late
    mail.queue(
        session, to=school_people[Role.HEADTEACHER], subject="x", text="x", html="x", purpose="x", now=late
    )
    heartbeats.beat(session, "poll", now=late)
    heartbeats.note_batch(session, seconds=0.75, comments=32, now=late)
    session.commit()
    lines = visitor.get("/metrics").text.splitlines()

    def value(series: str) -> float:
        [line] = [line for line in lines if line.startswith(f"{series} ")]
        return float(line.rsplit(" ", 1)[1])

    for series in (
        'schoolgate_oldest_due_seconds{work="mail"}',
        'schoolgate_account_last_poll_age_seconds{account="larkfieldprimary",platform="x"}',
        'schoolgate_work_last_seen_seconds{work="poll"}',
    ):
        assert 600 <= value(series) < 900, series
    assert value("schoolgate_classifier_batch_seconds") == 0.75
    assert value("schoolgate_classifier_batch_comments") == 32
    assert len(lines) < 250, "few series, however much there is"


@SQLITE
def test_with_a_token_set_the_network_alone_is_not_enough(
    visitor: Browser, signed_in: Callable[[Role], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOLGATE_METRICS_TOKEN", "a-long-token-for-prometheus")
    settings.cache_clear()
    assert visitor.get("/metrics").status_code == 403
    assert visitor.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert visitor.get("/metrics", headers={"Authorization": "Basic YTpi"}).status_code == 403
    right = {"Authorization": "Bearer a-long-token-for-prometheus"}
    assert visitor.get("/metrics", headers=right).status_code == 200
    assert visitor.get("/metrics", headers={**right, "X-Forwarded-For": "81.2.69.142"}).status_code == 200
    assert signed_in(Role.NETWORK_MANAGER).get("/metrics").status_code == 200


@SQLITE
def test_measurements_are_not_for_the_world(visitor: Browser, signed_in: Callable[[Role], Browser]) -> None:
    outside = {"REMOTE_ADDR": "81.2.69.142"}
    assert visitor.get("/metrics", environ_base=outside).status_code == 403
    assert visitor.get("/metrics", headers={"X-Forwarded-For": "81.2.69.142"}).status_code == 403
    manager, teacher = signed_in(Role.NETWORK_MANAGER), signed_in(Role.STAFF)
    assert manager.get("/metrics", environ_base=outside).status_code == 200
    assert teacher.get("/metrics", environ_base=outside).status_code == 403


@SQLITE
@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 413, 429, 500, 503])
def test_every_error_has_a_heading_and_a_way_on(status: int, app: Flask) -> None:
    with app.test_request_context("/"):
        page, answered = errors.page(status)  # type: ignore[misc]
    assert answered == status and errors.TITLES[status] in str(page).replace("&#39;", "'")
    # The dead link of somebody who isn't signed in leads to no page that they could open.
    assert ("Sign in</a>" if status == 410 else "Today’s page") in str(page)


@SQLITE
def test_a_forms_token_looks_different_in_each_answer_and_each_is_taken(head: Browser) -> None:
    """Compressed pages tell their size, and with it a token that stands in each of them the same (BREACH)."""
    first, second = head.token("/people"), head.token("/people")
    with head.client.session_transaction() as kept:
        raw = kept["csrf_token"]
    assert first != second and len(set(first[:60]) & set(second[:60])) < 60
    page = head.get("/people").text
    assert raw not in page and base64.b64encode(raw.encode()).decode().rstrip("=")[:40] not in page
    for token in (first, second):
        answer = head.client.post("/people", data={"csrf_token": token, "name": ""})
        assert answer.status_code == 400 and "open too long" not in answer.text
    bent = first[:-4] + ("AAAA" if first[-4:] != "AAAA" else "BBBB")
    for token in (bent, "", "x", "é" * 40, first * 2, f"{first}."):
        assert "open too long" in head.client.post("/people", data={"csrf_token": token}).text


@SQLITE
def test_no_other_name_leads_here(visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOLGATE_PUBLIC_URL", "https://social.larkfield.test")
    settings.cache_clear()
    for ours in ("social.larkfield.test", "127.0.0.1:8000", "[::1]:80", "web:8000", "a.localhost"):
        assert visitor.get("/sign-in", base_url=f"http://{ours}").status_code == 200, ours
    for other in ("larkfield.test", "social.larkfield.test.evil.example", "127.0.0.1.evil.example"):
        for path in ("/sign-in", "/", "/static/queue.js", "/practice/x"):
            answer = visitor.get(path, base_url=f"http://{other}")
            assert answer.status_code == 400 and "Not by this name" in answer.text, (other, path)
    assert visitor.get("/health/live", base_url="http://web.school.svc.cluster.test").status_code == 200


@SQLITE
def test_too_much_at_once_is_refused(head: Browser, app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 10_000
    answer = head.post("/people", "/people", name="x" * 20_000)
    assert answer.status_code == 413 and "too big" in answer.text


@SQLITE
def test_a_wrong_method_and_no_page_are_said_in_words(head: Browser) -> None:
    assert "This address is for a button" in head.get("/accounts/stop").text
    assert "Nothing is here" in head.get("/no/such/page").text


@SQLITE
def test_only_a_trusted_proxy_may_say_who_asks(
    app: Flask, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarded = {
        "X-Forwarded-For": "81.2.69.142",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
    }
    seen: list[tuple[str | None, str]] = []
    app.before_request(lambda: seen.append((request.remote_addr, request.host)))
    visitor.get("/health/live", headers=forwarded)
    assert seen == [("127.0.0.1", "localhost")]
    monkeypatch.setenv("SCHOOLGATE_TRUSTED_PROXIES", "1")
    settings.cache_clear()
    behind_one = create_app()
    behind_one.before_request(lambda: seen.append((request.remote_addr, request.host)))
    behind_one.test_client().get("/health/live", headers=forwarded)
    assert seen[1] == ("81.2.69.142", "evil.example")
