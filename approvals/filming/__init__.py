"""A process of its own around ffmpeg: `python -m approvals.filming`."""
