"""Who hears of a store in PostgreSQL: each process says so in the name of its connection, which the server shows."""

import os
import re

from sqlalchemy import Connection, text

from rollout_cli.control.views import ProcessView

_LONGEST = 63
"""Bytes of a name; the server cuts off what is more."""
_NAME = re.compile(r"rollout/(\d+) (\d+)@(\S+) (.*)", re.DOTALL)
_QUERY = "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ :form"


def name_of_process(rollout: str, revision: int) -> str:
    """The name of a connection that has heard of a revision; ASCII, because the server makes anything else a `?`."""
    host = os.uname().nodename.split(".")[0]
    written = f"rollout/{revision} {os.getpid()}@{host} {rollout}"
    return written.encode("ascii", "replace").decode()[:_LONGEST]


def processes_in(connection: Connection, rollout: str) -> list[ProcessView]:
    """The processes that hear of a rollout. Of connections of other users the server shows no name to most."""
    found: dict[tuple[str, int], ProcessView] = {}
    for (name,) in connection.execute(text(_QUERY), {"form": "^rollout/[0-9]+ "}):
        told = _NAME.fullmatch(name)
        if told is None or not _is_about(told[4], rollout, name):
            continue
        view = ProcessView(told[3], int(told[2]), int(told[1]))
        known = found.get((view.host, view.pid))
        if known is None or view.revision < known.revision:
            found[view.host, view.pid] = view
    return [found[each] for each in sorted(found)]


def _is_about(told: str, rollout: str, name: str) -> bool:
    plain = rollout.encode("ascii", "replace").decode()
    return plain == told or (len(name) == _LONGEST and plain.startswith(told))
