"""Measurements: how good and how fast the product is (`make bench`)."""
