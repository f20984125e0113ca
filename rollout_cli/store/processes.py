"""Which processes hear of a SQLite store, read from the files that each of them keeps (`presence`)."""

import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from rollout_cli.control.views import ProcessView
from rollout_cli.store.presence import WIDTH, folder_of, is_left, names_in, opened


def processes_at(store: Path, rollout: str) -> list[ProcessView]:
    """The processes that live and hear of a rollout, by where and number; several clients of one are one.

    Args:
        store: the store's file.
        rollout: whose revisions.
    """
    folder = folder_of(store)
    found: dict[tuple[str, int], ProcessView] = {}
    try:
        names = names_in(folder)
    except OSError:
        return []
    for name in names:
        view = _view(folder / name, rollout)
        if view is not None:
            known = found.get((view.host, view.pid), view)
            found[view.host, view.pid] = min(known, view, key=lambda each: each.revision)
    return [found[each] for each in sorted(found)]


def _view(place: Path, rollout: str) -> ProcessView | None:
    """What one process has said; None where it is no more, or hears of another rollout."""
    with suppress(OSError, ValueError, KeyError, TypeError), opened(place) as descriptor:
        told = json.loads(os.pread(descriptor, WIDTH, 0))
        if told["rollout"] == rollout and not is_left(descriptor):
            since = datetime.fromisoformat(told["since"])
            return ProcessView(str(told["host"]), int(told["pid"]), int(told["revision"]), since)
    return None
