"""The app: every command by its name, built when it is asked for: a run pays for the command that it is."""

import functools
import importlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from rollout_cli.cli.output import say
from rollout_cli.cli.session import command_group, example_text

_PURPOSE = """Moves a live webhook pipeline to its successor in checked, recorded, reversible steps.

What is wanted stands in flags.yaml and phases/*.yaml. What is, is in the store. The difference is the plan."""
_EXAMPLES = (
    "rollout init my-rollout",
    "rollout status",
    "rollout plan",
    "rollout advance --phase 1",
    "rollout rollback",
)
_EXIT_CODES = """Exit codes:
  0 done               4 not yet
  1 crash (our bug)    5 refused
  2 usage or files     6 conflict
  3 a check failed     7 store"""
_ROOMS = {
    "moves": ("status", "plan", "advance", "attest"),
    "check_command": ("check",),
    "rollback_command": ("rollback",),
    "project_commands": ("init", "validate", "doctor", "schema"),
    "evaluation": ("evaluate", "export"),
    "normalize_command": ("normalize",),
    "history_commands": ("history",),
    "store_commands": ("db",),
    "flag_commands": ("flags",),
    "events_commands": ("events",),
    "divergences_command": ("divergences",),
    "simulate_command": ("simulate",),
    "gateway_command": ("gateway",),
}
"""For a module beside this one, the commands that it registers; in the order of the help page."""
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


class _Commands(Mapping[str, Any]):
    """The commands by name."""

    def __getitem__(self, name: str) -> Any:
        return _built(_ROOM_OF[name], name)

    def __contains__(self, name: object) -> bool:
        return name in _ROOM_OF

    def __iter__(self) -> Iterator[str]:
        return iter(_ROOM_OF)

    def __len__(self) -> int:
        return len(_ROOM_OF)


@functools.cache
def rollout_command() -> Any:
    """The whole app, as the command that a line is given to."""
    root: Any = typer.main.get_command(_build_root())
    root.commands = _Commands()
    return root


@functools.cache
def _built(room: str, name: str) -> Any:
    """One command of a room, without the others."""
    app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    importlib.import_module(f"{__package__}.{room}").register(app)
    app.registered_commands = [each for each in app.registered_commands if each.name == name]
    app.registered_groups = [each for each in app.registered_groups if each.name == name]
    command: Any = typer.main.get_command(app)
    return command.commands[name] if app.registered_groups else command


def _build_root() -> typer.Typer:
    version = Annotated[
        bool, typer.Option("--version", help="Say the version and leave.", callback=_version, is_eager=True)
    ]
    return command_group(
        "rollout", _PURPOSE, epilog=f"{example_text(_EXAMPLES)}\n\n{_EXIT_CODES}",
        own=[inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=version)],
    )  # fmt: skip


def _version(*, wanted: bool) -> None:
    if wanted:
        from rollout_cli.version import VERSION

        say(f"rollout {VERSION}")
        raise typer.Exit
