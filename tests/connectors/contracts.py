"""Where the contracts are that this project did not write: beside the repository."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

CONTRACTS = Path(__file__).resolve().parents[2].parent / "shared" / "contracts"


def needed(*parts: str) -> Path:
    """The file or folder of that name; the test skips, saying so, where it is absent."""
    path = CONTRACTS.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"../shared/contracts/{'/'.join(parts)} is not here")
    return path


@dataclass(frozen=True)
class Recorded:
    """One exchange with the real X, as recorded."""

    name: str
    method: str
    uri: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def recorded_by_x() -> Iterator[Recorded]:
    """All recorded exchanges; bodies unpacked where they are gzip inside YAML."""
    folder = CONTRACTS / "x-recorded"
    for path in sorted(folder.glob("*.yaml")) if folder.exists() else []:
        for place, item in enumerate(yaml.safe_load(path.read_text())["interactions"]):
            raw = item["response"]["body"]["string"]
            body = raw.encode() if isinstance(raw, str) else raw
            if body[:2] == b"\x1f\x8b":
                body = gzip.decompress(body)
            headers = {
                name.lower(): values[0]
                for name, values in item["response"]["headers"].items()
                if name.lower() not in {"content-length", "content-encoding", "transfer-encoding"}
            }
            yield Recorded(
                name=f"{path.stem}-{place}",
                method=item["request"]["method"],
                uri=item["request"]["uri"],
                status=item["response"]["status"]["code"],
                headers=headers,
                body=body,
            )


def recorded_by_graph() -> Iterator[tuple[str, bytes]]:
    """All recorded answers of the real Graph: name and body."""
    folder = CONTRACTS / "graph-recorded"
    for path in sorted(folder.rglob("*.json")) if folder.exists() else []:
        yield str(path.relative_to(folder)), path.read_bytes()


__all__ = ["CONTRACTS", "Recorded", "needed", "recorded_by_graph", "recorded_by_x"]
