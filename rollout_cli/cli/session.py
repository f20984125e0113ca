"""What every command is given: the workspace, the output, and the options that all commands share."""

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from rollout_cli.cli.output import Output
from rollout_cli.errors import UsageError
from rollout_cli.wiring import Workspace, open_workspace

_PANEL = "Options of every command"
FORMAT_VARIABLE = "ROLLOUT_FORMAT"


class Format(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"


ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="The project; else the folder upward with a flags.yaml.",
        rich_help_panel=_PANEL,
    ),
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="The store; else ROLLOUT_STORE, else .rollout/rollout.db.",
        rich_help_panel=_PANEL,
    ),
]
FormatOption = Annotated[
    str | None, typer.Option("--format", metavar="text|json", help="How the answer is written.", rich_help_panel=_PANEL)
]
NoColorOption = Annotated[bool, typer.Option("--no-color", help="No colours.", rich_help_panel=_PANEL)]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Only errors and JSON.", rich_help_panel=_PANEL)]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say which store and files are used.", rich_help_panel=_PANEL)
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Tracebacks for errors.", rich_help_panel=_PANEL)]

SHARED: dict[str, Any] = {
    "project": ProjectOption,
    "store": StoreOption,
    "format": FormatOption,
    "no_color": NoColorOption,
    "quiet": QuietOption,
    "verbose": VerboseOption,
    "debug": DebugOption,
}


@dataclass(frozen=True, slots=True)
class SharedOptions:
    """The options that may stand before the command or behind it."""

    project: Path | None = None
    store: str | None = None
    format: str | None = None
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    def overridden(self, given: dict[str, Any]) -> "SharedOptions":
        """These, where nothing else was said behind the command."""
        return replace(self, **{name: value for name, value in given.items() if value})


@dataclass(frozen=True)
class Session:
    """One run of a command."""

    workspace: Workspace
    out: Output

    def is_interactive(self) -> bool:
        """Whether a person can be asked."""
        import sys

        return sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str, *, yes: bool) -> bool:
        """Ask on a terminal, unless it was answered with --yes; elsewhere the command itself is the answer."""
        return yes or not self.is_interactive() or typer.confirm(question, err=True)


def begin(options: SharedOptions) -> Session:
    """Open a session.

    Raises:
        UsageError: there is no such format.
    """
    wanted = options.format or os.environ.get(FORMAT_VARIABLE) or Format.TEXT
    if wanted not in set(Format):
        raise UsageError(f"there is no format {wanted!r}", hint=f"formats: {', '.join(Format)}")
    workspace = open_workspace(options.project, options.store, os.environ)
    out = Output(as_json=wanted == Format.JSON, color=not options.no_color, quiet=options.quiet)
    if options.verbose:
        out.talk(f"project {workspace.folder}, store {workspace.address.name}, actor {workspace.actor}")
    return Session(workspace, out)


def command(
    app: typer.Typer, name: str, *, epilog: str = "", panel: str | None = None
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Register a function as a command: it gets a `Session`, and every shared option is accepted behind its name."""

    def register(function: Callable[..., int]) -> Callable[..., int]:
        app.command(name, epilog=epilog or None, rich_help_panel=panel)(_with_shared_options(function))
        return function

    return register


def _with_shared_options(function: Callable[..., int]) -> Callable[..., int]:
    own = list(inspect.signature(function).parameters.values())[1:]
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    shared = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if annotation.__origin__ is bool else None,
            annotation=annotation,
        )
        for name, annotation in SHARED.items()
    ]

    @functools.wraps(function)
    def run(**arguments: Any) -> int:
        options: SharedOptions = arguments.pop("context").find_object(SharedOptions) or SharedOptions()
        given = {name: arguments.pop(name) for name in SHARED}
        return function(begin(options.overridden(given)), **arguments)

    parameters = [context, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own), *shared]
    run.__signature__ = inspect.Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
