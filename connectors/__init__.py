"""The platforms: pure input and output, no tables. `connectors.registry` makes the connectors."""
