"""The spool: deliveries that are to be stored wait on disk, so that neither a crash nor a store that is away loses one.

In: deliveries, each on disk when `offer` returns. Out: the same, in order, at least once, to a candidate. Rule: what
was accepted stays until the candidate has taken it, or has refused it alone; then it is kept beside.
"""

from rollout_cli.pipeline.spool.spool import Spool, Sync

__all__ = ["Spool", "Sync"]
