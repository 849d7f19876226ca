"""`schoolgate run`, `web`, `worker` and `scheduler`: the processes."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer

from worker import memory

Host = Annotated[str | None, typer.Option(help="Address to listen on (SCHOOLGATE_HOST, 127.0.0.1).")]
Port = Annotated[int | None, typer.Option(help="Port; 0 takes a free one (SCHOOLGATE_PORT, 8000).")]


def run(host: Host = None, port: Port = None) -> int:
    """Start everything in this one process; with no school set up, a practice school."""
    return int(_loaded("embedded").run(host=host, port=port))


def web(
    host: Host = None,
    port: Port = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes that serve.")] = 1,
) -> int:
    """Start the pages alone."""
    return int(_loaded("pages").web(host=host, port=port, processes=processes))


def worker(
    queues: Annotated[str | None, typer.Option(help="Kinds of work, between commas. None: all.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=256, help="How much at once.")] = 8,
) -> int:
    """Start the background work alone; needs a broker such as Redis."""
    return int(_loaded("apart").worker(queues=queues, threads=threads))


def scheduler() -> int:
    """Start the clock of the background work alone; needs a broker such as Redis."""
    return int(_loaded("apart").scheduler())


def _loaded(name: str) -> Any:
    # The pages take 60 MB that the background work needn't: a process loads what it runs.
    memory.loading()
    module = importlib.import_module(f"worker.{name}")
    memory.loaded()
    return module
