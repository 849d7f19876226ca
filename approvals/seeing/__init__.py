"""What a program sees in a picture: where faces are, never whose. Runs as a process of its own.

The models and what runs them take hundreds of megabytes, which are given back when the process ends.
Nothing here is imported by the pages or the worker, and nothing here knows a table.
"""

import school.no_telemetry  # noqa: F401 - before ONNX Runtime is loaded
