"""The running processes: command line, Celery app, tasks and schedule, embedded mode."""
