"""What runs on the school's machine tells nobody about it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("package", ["moderation.classifier.onnx_engine", "approvals.seeing.faces"])
def test_onnx_runtime_reports_nothing_and_makes_no_id_of_the_machine(package: str, tmp_path: Path) -> None:
    code = f"import {package}, onnxruntime, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    # Nothing of this process's environment: on machines that test, the library keeps quiet by itself.
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.stdout == "1\n", done.stderr
    assert not list(tmp_path.rglob("*onnxruntime*"))
