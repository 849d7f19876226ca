"""The tasks: each looks into the database, claims, acts without a transaction open, and records.

Messages carry ids or nothing; losing one or getting it twice changes nothing. There is a module for
each queue; `running` has what all of them need.
"""

from worker.tasks import actions, classify, mail, poll, publish

__all__ = ["actions", "classify", "mail", "poll", "publish"]
