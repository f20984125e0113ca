"""The app: every command in its panel. Builds only what a command line needs, because building costs time."""

from collections.abc import Sequence
from typing import Annotated

import typer

from rollout_cli.cli.session import (
    DebugOption,
    FormatOption,
    NoColorOption,
    ProjectOption,
    QuietOption,
    SharedOptions,
    StoreOption,
    VerboseOption,
)

_EPILOG = """Examples:  rollout status  |  rollout plan  |  rollout advance --phase 1  |  rollout rollback

Exit codes: 0 done, 2 usage or invalid files, 3 a check failed, 4 not yet, 5 refused, 6 conflict, 7 store."""


def build_app(_arguments: Sequence[str] = ()) -> typer.Typer:
    """The whole app."""
    from rollout_cli.cli import evaluation, flag_commands, history_commands, moves, project_commands, store_commands

    app = typer.Typer(
        name="rollout", no_args_is_help=True, rich_markup_mode="rich", epilog=_EPILOG, pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
    )  # fmt: skip
    app.callback()(_root)
    for room in (moves, project_commands, evaluation, history_commands, store_commands, flag_commands):
        room.register(app)
    return app


def _version(*, wanted: bool) -> None:
    if wanted:
        from rollout_cli import __version__

        typer.echo(f"rollout {__version__}")
        raise typer.Exit


def _root(
    context: typer.Context,
    project: ProjectOption = None,
    store: StoreOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    no_color: NoColorOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    debug: DebugOption = False,
    _version_flag: Annotated[
        bool, typer.Option("--version", help="Say the version and leave.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Moves a live webhook pipeline to its successor in checked, recorded, reversible steps.

    What is wanted stands in flags.yaml and phases/*.yaml. What is, is in the store. The difference is the plan.
    """
    context.obj = SharedOptions(project, store, format, no_color, quiet, verbose, debug)
