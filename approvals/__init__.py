"""Drafts, pictures and checks, approval by e-mail link, schedule and publication."""
