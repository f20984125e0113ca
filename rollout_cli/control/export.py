"""export: the state as other evaluators read it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from rollout_cli.control.views import FlagView
from rollout_cli.errors import UsageError
from rollout_cli.flags.document import snapshot_document
from rollout_cli.flags.flagd import flagd_text
from rollout_cli.flags.model import FlagValue, Snapshot
from rollout_cli.flags.percent import percent_number

_PLAIN = re.compile(r"[A-Za-z0-9_.,-]*")


@dataclass(frozen=True, slots=True)
class DefinitionView:
    """What a flag is."""

    type: str
    default: FlagValue
    values: list[str]
    requires: list[str]
    salt: str | None


@dataclass(frozen=True, slots=True)
class ExportedFlag:
    """What a flag is, and how it stands."""

    definition: DefinitionView
    state: FlagView


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What `rollout export json` says: everything an evaluation needs to know."""

    revision: int
    rollout: str
    bucketing: str
    targeting_key: str
    flags: dict[str, ExportedFlag]


def as_json(snapshot: Snapshot) -> str:
    """The snapshot as plain JSON, in the shape of an `ExportReport`."""
    content = {"schema": "rollout/export/v1", "revision": snapshot.revision, **snapshot_document(snapshot)}
    return json.dumps(content, indent=2) + "\n"


def as_environment(snapshot: Snapshot) -> str:
    """Lines for an environment file, as the deployments without a store read them.

    Raises:
        UsageError: a list names an id that a variable cannot hold.
    """
    lines = [f"# rollout {snapshot.rollout}, revision {snapshot.revision}"]
    for name, definition in snapshot.definitions.items():
        state = snapshot.state_of(name)
        if isinstance(definition.default, bool):
            lines.append(_assignment(name, str(state.enabled).lower()))
        else:
            on = definition.default if state.value is None else state.value
            lines.append(_assignment(name, str(on) if state.enabled else ""))
        if state.percent is not None:
            lines.append(_assignment(f"{name}_PERCENT", str(percent_number(state.percent))))
        for suffix, ids in (("ALLOWLIST", state.allowlist), ("DENYLIST", state.denylist)):
            if ids:
                lines.append(_assignment(f"{name}_{suffix}", _joined(name, ids)))
        if state.shadow:
            lines.append(_assignment(f"{name}_SHADOW_MODE", "true"))
    return "\n".join(lines) + "\n"


def _joined(flag: str, ids: frozenset[str]) -> str:
    for each in sorted(ids):
        if "," in each or each != each.strip():
            raise UsageError(
                f"{flag}: the id {each!r} cannot be written into an environment variable, where a comma parts ids",
                hint="use `rollout export json` or `rollout export flagd`",
            )
    return ",".join(sorted(ids))


def _assignment(name: str, value: str) -> str:
    quoted = value if _PLAIN.fullmatch(value) else "'" + value.replace("'", "'\\''") + "'"
    return f"{name}={quoted}"


EXPORTS: dict[str, Callable[[Snapshot], str]] = {"flagd": flagd_text, "env": as_environment, "json": as_json}
