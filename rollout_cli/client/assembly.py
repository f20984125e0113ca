"""The parts of a client, put together."""

import os
from collections.abc import Mapping
from pathlib import Path

from rollout_cli.client.answers import Source, answers_of_snapshot
from rollout_cli.client.break_glass import BreakGlass, project_of
from rollout_cli.client.current import Current
from rollout_cli.client.knowledge import Knowledge
from rollout_cli.client.last_known_good import LastKnownGood
from rollout_cli.client.records import Recorder, Records
from rollout_cli.client.refresher import Pace, Refresher
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import Snapshot
from rollout_cli.store.feeds import open_feed

SQLITE_SECONDS = 0.05
SERVER_SECONDS = 0.5
MOST_SECONDS = 1.0
"""Between two looks at a store that does not answer."""


def assemble(
    store: str | None,
    rollout: str | None,
    project: str | Path | None,
    environment: Mapping[str, str],
    *,
    every: float | None,
    kept: str | Path | None,
    records: Records | None,
) -> tuple[Current, Refresher, Recorder | None]:
    """Put a client's parts together; nothing is read of the store yet, and no thread runs.

    Args:
        store: its URL; None for the environment's answers alone.
        rollout: which one is meant, or the only one.
        project: the folder with `flags.yaml` and the kill file, or where they are found.
        environment: the variables.
        every: seconds between two looks, or what the kind of store calls for.
        kept: the last-known-good file.
        records: what to record of the decisions.

    Raises:
        UsageError: the store's URL is none.
    """
    feed = None if store is None else open_feed(store, rollout)
    folder = project_of(project, None if feed is None else feed.path, environment)
    file = None if feed is None or kept is None else LastKnownGood(Path(os.path.abspath(kept)))  # noqa: PTH100
    current = Current(answers_of_snapshot(Snapshot(rollout or ""), Kills(), Source.ENVIRONMENT, None))
    recorder = None if records is None else Recorder(records, environment, lambda: current.is_stale)
    seconds = every or (SERVER_SECONDS if feed is not None and feed.path is None else SQLITE_SECONDS)
    refresher = Refresher(
        current, Knowledge(folder, rollout, environment, file), BreakGlass(folder, environment), feed=feed, kept=file,
        pace=Pace(seconds, max(seconds, MOST_SECONDS)), watch=None if recorder is None else recorder.watching,
    )  # fmt: skip
    return current, refresher, recorder
