"""What the shell completes: names from the project's files and flags' values. Silent where there is no project."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

_CHECK_LISTS = ("preflight", "gates", "alerts", "post_checks")


def completing(words: Sequence[str]) -> Callable[[str], list[str]]:
    """Completion from a fixed list."""

    def complete(incomplete: str) -> list[str]:
        return _beginning(incomplete, words)

    return complete


def complete_exports(incomplete: str) -> list[str]:
    """The targets of `export`."""
    return _beginning(incomplete, ["flagd", "env", "json"])


def complete_verify(incomplete: str) -> list[str]:
    """`history verify`."""
    return _beginning(incomplete, ["verify"])


def complete_targets(incomplete: str) -> list[str]:
    """The targets of `rollback`."""
    return _beginning(incomplete, ["safe", "previous", "phase:", "revision:"])


def complete_schemas(incomplete: str) -> list[str]:
    """The names of the schemas."""
    from rollout_cli.render.schemas import SCHEMAS

    return _beginning(incomplete, sorted(SCHEMAS))


def complete_flags(context: typer.Context, incomplete: str) -> list[str]:
    """Names of the project's flags."""
    flags = _mapping(_project_data(context)[0]).get("flags")
    return _beginning(incomplete, _mapping(flags))


def complete_values(context: typer.Context, incomplete: str) -> list[str]:
    """Values of the flag that was named before."""
    flags = _mapping(_mapping(_project_data(context)[0]).get("flags"))
    named = context.params.get("flag") or next(iter(context.args), None)
    values = _mapping(flags.get(named)).get("values")
    return _beginning(incomplete, values if isinstance(values, list) else [])


def complete_phases(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Numbers of the project's phases, with their names."""
    phases = {str(each.get("phase")): str(each.get("name", "")) for each in _phases(context)}
    return [(number, phases[number]) for number in sorted(phases, key=len) if number.startswith(incomplete)]


def complete_percents(context: typer.Context, incomplete: str) -> list[str]:
    """Percents of the steps of the phase that was named before, or of every ramp."""
    wanted = context.params.get("phase")
    ramps = [_mapping(each.get("ramp")) for each in _phases(context) if wanted in {None, each.get("phase")}]
    steps = (step for ramp in ramps if isinstance(ramp.get("steps"), list) for step in ramp["steps"])
    return _beginning(incomplete, (_mapping(step).get("percent") for step in steps))


def complete_attestations(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Ids of the checks that a person's yes answers, with their titles."""
    checks = (
        _mapping(check)
        for phase in _phases(context)
        for lists in (phase, _mapping(phase.get("rollback")))
        for name in _CHECK_LISTS
        if isinstance(lists.get(name), list)
        for check in lists[name]
    )
    asked = {
        str(each.get("id")): str(each.get("title", ""))
        for each in checks
        if each.get("kind") == "attestation" or each.get("pending")
    }
    return [(name, title) for name, title in asked.items() if name.startswith(incomplete)]


def _phases(context: typer.Context) -> Iterator[dict[str, Any]]:
    return (_mapping(data) for data in _project_data(context)[1])


def _project_data(context: typer.Context) -> tuple[Any, Sequence[Any]]:
    """What the files hold, however unsound; nothing when there is no project or it cannot be read."""
    from rollout_cli.sources.project_files import read_project_files
    from rollout_cli.wiring import open_workspace

    try:
        named = context.params.get("project") or context.find_root().params.get("project")
        folder = open_workspace(Path(named) if named else None, None, os.environ).folder
        documents = read_project_files(folder)
    except Exception:  # noqa: BLE001 - a key was pressed, no question asked: there is nobody to complain to
        return None, ()
    return None if documents.flags is None else documents.flags.data, [each.data for each in documents.phases]


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _beginning(incomplete: str, words: Iterable[Any]) -> list[str]:
    return [str(word) for word in words if str(word).startswith(incomplete)]
