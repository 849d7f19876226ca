"""The Celery app. Its messages only say "look now"; what there is to do stands in the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import Celery, Task

from school.settings import settings
from worker.schedule import beat_schedule

QUEUES = ("publish", "actions", "poll", "mail", "classify")
"""One for each kind of work, so that production can give each its own workers."""


def configuration() -> dict[str, Any]:
    """Celery's settings, from ours; read when the app is first used."""
    chosen = settings()
    in_memory = chosen.broker_url.startswith("memory://")
    return {
        # kombu warns, at every connection, of a host that memory has none of.
        "broker_url": "memory://localhost//" if in_memory else chosen.broker_url,
        # A broker that is away is waited for however long that takes: it holds nothing that matters.
        "broker_connection_retry_on_startup": True,
        "broker_connection_retry": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,
        # In memory, a waiting message is looked for this often (seconds).
        "broker_transport_options": {"polling_interval": 0.1} if in_memory else {"visibility_timeout": 3600},
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        # A worker that dies leaves the message to another; all tasks may run twice.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_create_missing_queues": True,
        "task_default_queue": "actions",
        "task_routes": {f"{queue}.*": {"queue": queue} for queue in QUEUES},
        "task_serializer": "json",
        "accept_content": ["json"],
        "timezone": "UTC",
        "enable_utc": True,
        # Our own logs are set up already.
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,
        "worker_enable_remote_control": not in_memory,
        "beat_schedule": beat_schedule(chosen),
        "beat_scheduler": "worker.steady:SteadyScheduler",
        "beat_max_loop_interval": 1,
        "imports": ["worker.tasks"],
    }


app = Celery("schoolgate", set_as_current=True)
app.add_defaults(configuration)


def task(name: str) -> Callable[[Callable[..., None]], Task]:
    """Make a function a task under this name; the part before the dot is its queue."""
    made: Callable[[Callable[..., None]], Task] = app.task(name=name)
    return made
