"""Giving dead letters again, for `rollout events replay`."""

from itertools import chain
from typing import TYPE_CHECKING

from rollout_cli.cli.session import Session
from rollout_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rollout_cli.new_path import Replayed
    from rollout_cli.pipeline.reports import ReplayReport
    from rollout_cli.store.events.sql_event_store import SqlEventStore


def replayed(
    session: Session,
    store: "SqlEventStore",
    ids: list[int] | None,
    *,
    teams: "Path | None",
    same_line: "Sequence[str]",
    is_dry_run: bool,
) -> "ReplayReport":
    """Give some letters, or all, to the new path as the shoppers' flags have it now.

    Raises:
        UsageError: one that was named is none; or teams or lines cannot be used.
        InvalidFilesError: the file of teams is no YAML as it is read here.
    """
    from rollout_cli.new_path import around
    from rollout_cli.pipeline.reports import ReplayReport
    from rollout_cli.sources.teams import teams_and_lines
    from rollout_cli.wiring import open_client

    who, lines = teams_and_lines(teams, same_line)
    if is_dry_run:
        done = _would_become(store, ids)
    else:
        workspace = session.workspace
        path = around(store, open_client(workspace), teams=who, same_line=lines, environment=workspace.environment)
        done = path.replay(ids)
    if ids is not None and done.asked < len(set(ids)):
        raise UsageError("there is no such dead letter", hint="`rollout events dead-letters` lists them")
    still = done.asked - done.become_events
    return ReplayReport(store.name, not is_dry_run, done.asked, done.become_events, still, done.events)


def _would_become(store: "SqlEventStore", ids: list[int] | None) -> "Replayed":
    from rollout_cli.new_path import Replayed
    from rollout_cli.store.events.dead_letters import batches
    from rollout_cli.whatsapp import NormalizeError, normalize

    asked = become = events = 0
    for each in chain.from_iterable(batches(store, ids)):
        asked += 1
        try:
            made = normalize(
                each.provider, each.body, event=each.event, instance=each.instance, received_at=each.at,
                tenant=each.shopper_id or "",
            )  # fmt: skip
        except NormalizeError:
            continue
        become, events = become + 1, events + len(made)
    return Replayed(asked, become, events)
