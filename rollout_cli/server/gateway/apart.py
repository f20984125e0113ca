"""The new path in a process of its own: whatever it computes, eats or dies of, requests are passed on.

The gateway leaves in the environment what its new path is to be; `IsolatedCandidate` starts the process, and starts it
again when it has ended.
"""

import json
import logging
import os
from collections.abc import MutableMapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rollout_cli.client.rollout_client import RolloutClient
from rollout_cli.errors import StoreMissingError, UsageError
from rollout_cli.new_path import around, pseudonym_key
from rollout_cli.pipeline.counting import Counts
from rollout_cli.pipeline.dual_run.observation import Comparison
from rollout_cli.pipeline.logs import log_as_json
from rollout_cli.pipeline.metrics import Metrics
from rollout_cli.pipeline.new_path import NewPath
from rollout_cli.server.gateway import legacy_facts
from rollout_cli.sources.teams import teams_and_lines
from rollout_cli.store.events.opening import upgrade_event_store
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.wiring import Workspace, events_address, open_client, open_events, open_workspace

TARGET = f"{__name__}:new_path"
_VARIABLE = "ROLLOUT_GATEWAY_NEW_PATH"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the new path of a gateway is to be.

    Attributes:
        project: the folder.
        store: the URL of the rollout's store, where one was said.
        events: the URL of the store of events, where one was said.
        has_store: whether there is a store of events; without it there is shadow alone.
        teams: the file with those who can serve conversations.
        legacy_facts: `MODULE:FUNCTION` that tells what the upstream's answers say; without it nothing is compared.
        comparison: the file of rules for that.
        is_counted: whether Prometheus is told.
        is_json: whether the log is written as JSON.
        is_quiet: whether only what is wrong is logged.
    """

    project: str
    store: str | None = None
    events: str | None = None
    has_store: bool = True
    teams: str | None = None
    legacy_facts: str | None = None
    comparison: str | None = None
    is_counted: bool = False
    is_json: bool = False
    is_quiet: bool = False

    def leave(self, environment: MutableMapping[str, str]) -> None:
        """Leave it for the process."""
        environment[_VARIABLE] = json.dumps(asdict(self))


def new_path() -> NewPath:
    """The new path that the gateway has left word of.

    Raises:
        StoreError: its store is away, and may be back when this is tried again.
    """
    plan = Plan(**json.loads(os.environ[_VARIABLE]))
    write_log(plan)
    workspace = open_workspace(Path(plan.project), plan.store, os.environ)
    flags = open_client(workspace)
    teams, lines = (None, None) if plan.teams is None else teams_and_lines(Path(plan.teams))
    store = opened(workspace, plan.events) if plan.has_store else None
    return around(
        store, flags, teams=teams, same_line=lines, comparison=_comparison(plan), metrics=counting(plan, flags),
        environment=os.environ,
    ).path  # fmt: skip


def _comparison(plan: Plan) -> Comparison | None:
    if plan.legacy_facts is None:
        return None
    return legacy_facts.comparison(plan.legacy_facts, plan.comparison, pseudonym_key(os.environ))


def counting(plan: Plan, flags: RolloutClient) -> Metrics:
    """What counts: for Prometheus, where that is asked for.

    Raises:
        UsageError: its library is not installed, or cannot be used.
    """
    if not plan.is_counted:
        return Counts()
    try:
        from rollout_cli.pipeline.prometheus import PrometheusMetrics  # noqa: PLC0415 - not everybody has its library
    except ModuleNotFoundError:
        raise UsageError("--metrics-listen needs prometheus-client", hint="pip install '.[gateway]'") from None
    return PrometheusMetrics(phase=lambda: flags.phase)


def opened(workspace: Workspace, url: str | None) -> SqlEventStore:
    """The store of events; the project's own is made where there is none.

    Raises:
        StoreError: it cannot be used.
        StoreMissingError: another one was named, and is not there.
    """
    try:
        return open_events(workspace, url)
    except StoreMissingError:
        address = events_address(workspace, url)
        if not address.is_default:
            raise
        upgrade_event_store(address)
        return open_events(workspace, url)


def write_log(plan: Plan) -> None:
    """Have what is said go to standard error."""
    handler = log_as_json(level=logging.WARNING if plan.is_quiet else logging.INFO)
    if not plan.is_json:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
