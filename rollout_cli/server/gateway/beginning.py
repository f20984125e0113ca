"""Puts together what stands behind a gateway whose new path is a process of its own."""

from pathlib import Path

from rollout_cli.client.rollout_client import RolloutClient
from rollout_cli.pipeline.isolated import ProcessBacklog
from rollout_cli.pipeline.spool import Spool
from rollout_cli.server.gateway.apart import TARGET, Plan, counting
from rollout_cli.server.gateway.behind import Behind
from rollout_cli.server.gateway.options import Whose


def behind_with(plan: Plan, flags: RolloutClient, spool: Path | None, whose: Whose) -> Behind:
    """All that stands behind a gateway. The process starts with the first delivery that is not off.

    Args:
        plan: of the new path; it has been left in the environment.
        flags: whoever answers for them, here.
        spool: the folder where deliveries of live shoppers wait.
        whose: tells whose a delivery is, and how signatures are checked.

    Raises:
        UsageError: there can be no such folder, or nothing that counts for Prometheus.
    """
    metrics = counting(plan, flags)
    backlog = ProcessBacklog(TARGET, metrics=metrics)
    kept = None if spool is None else Spool(spool, backlog.candidate, metrics=metrics)
    return Behind(flags, backlog, metrics, spool=kept, shoppers=whose.shoppers, secrets=whose.secrets)
