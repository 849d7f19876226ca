"""The school's own classifier: scores comments, says why one was flagged, and trains the model it ships."""
