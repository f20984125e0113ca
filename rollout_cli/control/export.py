"""export: the state as other evaluators read it."""

import json
from collections.abc import Callable

from rollout_cli.flags.document import snapshot_document
from rollout_cli.flags.flagd import flagd_definition
from rollout_cli.flags.model import Snapshot
from rollout_cli.flags.percent import percent_number


def as_flagd(snapshot: Snapshot) -> str:
    """A definition that flagd of the pinned generation evaluates to the same answers."""
    return json.dumps(flagd_definition(snapshot), indent=2) + "\n"


def as_json(snapshot: Snapshot) -> str:
    """The snapshot as plain JSON."""
    content = {"schema": "rollout/export/v1", "revision": snapshot.revision, **snapshot_document(snapshot)}
    return json.dumps(content, indent=2) + "\n"


def as_environment(snapshot: Snapshot) -> str:
    """Lines for an environment file, as the deployments without a store read them."""
    lines = [f"# rollout {snapshot.rollout}, revision {snapshot.revision}"]
    for name, definition in snapshot.definitions.items():
        state = snapshot.state_of(name)
        on = state.value if isinstance(state.value, str) else definition.default
        value = str(on) if isinstance(definition.default, str) else str(state.enabled).lower()
        lines.append(_assignment(name, value if state.enabled or isinstance(definition.default, bool) else ""))
        if state.percent is not None:
            lines.append(_assignment(f"{name}_PERCENT", str(percent_number(state.percent))))
        if state.allowlist:
            lines.append(_assignment(f"{name}_ALLOWLIST", ",".join(sorted(state.allowlist))))
        if state.denylist:
            lines.append(_assignment(f"{name}_DENYLIST", ",".join(sorted(state.denylist))))
        if state.shadow:
            lines.append(_assignment(f"{name}_SHADOW_MODE", "true"))
    return "\n".join(lines) + "\n"


def _assignment(name: str, value: str) -> str:
    safe = value.replace(",", "").replace("_", "").replace("-", "").replace(".", "").isalnum() or not value
    quoted = value if safe and value.isascii() else "'" + value.replace("'", "'\\''") + "'"
    return f"{name}={quoted}"


EXPORTS: dict[str, Callable[[Snapshot], str]] = {"flagd": as_flagd, "env": as_environment, "json": as_json}
