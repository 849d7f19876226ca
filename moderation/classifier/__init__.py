"""The school's own classifier: scores comments, says why one was flagged, and trains the model it ships."""

import school.no_telemetry  # noqa: F401 - before ONNX Runtime is loaded
