"""The commands, one module per subject; `worker.cli` puts them together."""
