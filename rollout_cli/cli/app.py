"""The app: every command in its panel."""

import functools
import inspect
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


@functools.cache
def rollout_command() -> Any:
    """The whole app, as the command that a line is given to."""
    return typer.main.get_command(_build_app())


def _build_app() -> typer.Typer:
    from rollout_cli.cli import (
        check_command,
        evaluation,
        flag_commands,
        history_commands,
        moves,
        project_commands,
        rollback_command,
        store_commands,
    )

    version = Annotated[
        bool, typer.Option("--version", help="Say the version and leave.", callback=_version, is_eager=True)
    ]
    app = command_group(
        "rollout", _PURPOSE, epilog=f"{example_text(_EXAMPLES)}\n\n{_EXIT_CODES}",
        own=[inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=version)],
    )  # fmt: skip
    for room in (
        moves,
        check_command,
        rollback_command,
        project_commands,
        evaluation,
        history_commands,
        store_commands,
        flag_commands,
    ):
        room.register(app)
    return app


def _version(*, wanted: bool) -> None:
    if wanted:
        from rollout_cli import __version__

        say(f"rollout {__version__}")
        raise typer.Exit
