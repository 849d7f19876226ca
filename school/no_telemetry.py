"""Libraries that would report to their makers are told not to; to be imported before any of them.

ONNX Runtime, from 1.29 on, keeps an id of the machine in the user's cache folder and sends its maker what
models are loaded and how they run, unless this stands in the environment when it is first loaded; its own
`disable_telemetry_events` comes too late for that. Processes that are started from here inherit it.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
