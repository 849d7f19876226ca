"""Functional cases of our own: what a moderation model for a primary school must tell apart."""
