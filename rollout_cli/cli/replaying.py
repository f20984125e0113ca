"""Giving dead letters again, for `rollout events replay`."""

from typing import TYPE_CHECKING, Any

from rollout_cli.cli.session import Session
from rollout_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rollout_cli.pipeline.event_store import DeadLetter
    from rollout_cli.pipeline.reports import ReplayReport
    from rollout_cli.store.events.sql_event_store import SqlEventStore

_AT_ONCE = 100


def replayed(
    session: Session, store: "SqlEventStore", ids: list[int] | None, *, teams: "Path | None", is_dry_run: bool
) -> "ReplayReport":
    """Give some letters, or all, to the new path as the shoppers' flags have it now.

    Raises:
        UsageError: one that was named is none; or the file of teams cannot be used.
        InvalidFilesError: it is no YAML as it is read here.
    """
    from rollout_cli.pipeline.reports import ReplayReport
    from rollout_cli.store.events.dead_letters import letters

    routing = _routing(teams)
    path = None if is_dry_run else _path(session, store, routing)
    asked = become = events = after = 0
    while some := letters(store, ids, limit=_AT_ONCE, after=after):
        batch = [each for each, _ in some]
        after = batch[-1].id or 0
        asked += len(batch)
        done, new = _would_become(batch) if path is None else path(batch)
        become, events = become + done, events + new
    if ids is not None and asked < len(set(ids)):
        raise UsageError("there is no such dead letter", hint="`rollout events dead-letters` lists them")
    return ReplayReport(store.name, not is_dry_run, asked, become, asked - become, events)


def _would_become(batch: "list[DeadLetter]") -> tuple[int, int]:
    from rollout_cli.whatsapp import NormalizeError, normalize

    become = events = 0
    for each in batch:
        try:
            made = normalize(
                each.provider, each.body, event=each.event, instance=each.instance, received_at=each.at,
                tenant=each.shopper_id or "",
            )  # fmt: skip
        except NormalizeError:
            continue
        become, events = become + 1, events + len(made)
    return become, events


def _routing(teams: "Path | None") -> "Mapping[str, Any]":
    """The teams and lines of a file, as a new path is given them."""
    from rollout_cli.pipeline.routing.teams_file import teams_from
    from rollout_cli.sources.mapping_file import mapping_in

    if teams is None:
        return {}
    who, lines = teams_from(mapping_in(teams))
    return {"teams": who, "same_line": lines}


def _path(
    session: Session, store: "SqlEventStore", routing: "Mapping[str, Any]"
) -> "Callable[[list[DeadLetter]], tuple[int, int]]":
    from rollout_cli.new_path import around, has_become_events, replay
    from rollout_cli.store.events.dead_letters import unbury
    from rollout_cli.wiring import open_client

    workspace = session.workspace
    path = around(store, open_client(workspace), environment=workspace.environment, **routing).path

    def give(batch: "list[DeadLetter]") -> tuple[int, int]:
        taken = replay(path, batch)
        gone = [each.id for each, end in zip(batch, taken, strict=True) if has_become_events(end) and each.id]
        unbury(store, gone)
        return len(gone), sum(end.new for end in taken)

    return give
