"""What every command is given: the workspace, the output, and the options that all commands share."""

import functools
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rollout_cli.cli.completion import completing
from rollout_cli.cli.output import Copy, Output, say
from rollout_cli.cli.pages import Command, Group
from rollout_cli.errors import ExitCode, UsageError
from rollout_cli.wiring import Workspace, open_workspace

if TYPE_CHECKING:
    from rollout_cli.render.words import Spoken

_PANEL = "Options of every command"
FORMAT_VARIABLE = "ROLLOUT_FORMAT"


class Format(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"
    MARKDOWN = "markdown"


PLAIN_FORMATS = (Format.TEXT, Format.JSON)
"""What every command writes."""

CI_FORMATS = tuple(Format)
"""What those commands write that CI systems run."""

_CI_COMMANDS = "validate and check"


def _option(*names: str, **settings: Any) -> Any:
    return typer.Option(*names, rich_help_panel=_PANEL, **settings)


def _format_option(formats: Sequence[Format], *, is_known: bool = True) -> Any:
    """The option for commands that write these formats; before a command's name it is not known which they are."""
    if not is_known:
        name, words = "FORMAT", f": text or json; for {_CI_COMMANDS} also {', '.join(CI_FORMATS[2:])}"
    elif len(formats) > len(PLAIN_FORMATS):
        name, words = "FORMAT", f": {', '.join(formats[:-1])} or {formats[-1]}"
    else:
        name, words = "|".join(formats), ""
    settings = {"help": f"How the answer is written{words}.", "autocompletion": completing(formats)}
    return Annotated[str | None, _option("--format", metavar=name, **settings)]


SHARED: dict[str, Any] = {
    "project": Annotated[
        Path | None, _option("--project", metavar="DIR", help="The project; else the folder upward with a flags.yaml.")
    ],
    "store": Annotated[
        str | None, _option("--store", metavar="URL", help="The store; else ROLLOUT_STORE, else .rollout/rollout.db.")
    ],
    "format": _format_option(PLAIN_FORMATS),
    "no_color": Annotated[bool, _option("--no-color", help="No colours.")],
    "quiet": Annotated[bool, _option("--quiet", "-q", help="Only errors, and answers for programs.")],
    "verbose": Annotated[bool, _option("--verbose", "-v", help="Say which store and files are used.")],
    "debug": Annotated[bool, _option("--debug", help="Tracebacks for errors.")],
}  # fmt: skip

_REPORTS = Annotated[
    list[str] | None,
    typer.Option("--report", metavar="FORMAT=FILE", help="Write the answer to a file, too; may be given again."),
]


def _show_help(context: typer.Context, *, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        say(context.get_help())
        raise typer.Exit


_HELP = Annotated[
    bool,
    typer.Option("--help", "-h", help="Show this page and leave.", callback=_show_help, is_eager=True),
]


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
    reports: tuple[str, ...] = ()

    def overridden(self, given: dict[str, Any]) -> "SharedOptions":
        """These, where nothing else was said behind the command."""
        return replace(self, **{name: value for name, value in given.items() if value})


@dataclass(frozen=True)
class Session:
    """One run of a command.

    Attributes:
        context: what Typer knows of the command line; None where a program calls.
    """

    workspace: Workspace
    out: Output
    context: typer.Context | None = None

    def is_interactive(self) -> bool:
        """Whether a person can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str, *, yes: bool, catalog: "Spoken | None" = None) -> bool:
        """Ask on a terminal, unless it was answered with --yes; elsewhere the command itself is the answer."""
        from rollout_cli.render.words import speak

        if yes or not self.is_interactive() or _says_yes(question, catalog or {}):
            return True
        self.out.talk(speak("Not applied.", catalog or {}))
        return False

    def warn_killed(self, catalog: "Spoken | None" = None) -> None:
        """Say what break-glass keeps off, so that nobody wonders why a move changes nothing."""
        from rollout_cli.render.words import speak

        switches, spoken = self.workspace.kill_switches, catalog or {}
        if switches.kills:
            what = speak("every flag", spoken) if switches.kills.everything else switches.what
            self.out.complain(
                speak(
                    "warning: break-glass ({where}) keeps {what} at its default, whatever the store says", spoken,
                    where=switches.where, what=what,
                )
            )  # fmt: skip


def _says_yes(question: str, catalog: "Spoken") -> bool:
    """Ask until it is answered, in English or the other language; on stderr, because stdout is for the answer.

    Raises:
        EOFError: nobody is there.
    """
    from rollout_cli.render.words import speak

    choice = speak("y/N", catalog)
    yeses, noes = ({"s", "sim"}, {"não", "nao"}) if catalog else (set(), set())
    while True:
        sys.stderr.write(f"{question} [{choice}]: ")
        sys.stderr.flush()
        typed = sys.stdin.readline()
        if not typed:
            raise EOFError
        word = typed.strip().lower()
        if word in {"y", "yes", *yeses}:
            return True
        if word in {"", "n", "no", *noes}:
            return False


def begin(options: SharedOptions, formats: Sequence[Format] = PLAIN_FORMATS) -> Session:
    """Open a session for a command that writes these formats.

    Raises:
        UsageError: it does not write the one that is asked for, or there is no such format.
    """
    if options.format:
        _require(options.format, formats)
    copies = [_copy(each, formats) for each in options.reports]
    wanted = options.format or os.environ.get(FORMAT_VARIABLE) or Format.TEXT
    workspace = open_workspace(options.project, options.store, os.environ)
    out = Output(
        as_json=wanted == Format.JSON,
        color=not options.no_color,
        quiet=options.quiet,
        ci=wanted if wanted in formats and wanted not in PLAIN_FORMATS else "",
        copies=copies,
        base=_base(workspace) if len(formats) > len(PLAIN_FORMATS) else "",
    )
    if wanted not in formats:  # a variable set wrongly long ago must not keep anybody from a rollback
        problem = "which this command does not write" if wanted in set(Format) else "which is no format"
        out.complain(f"warning: {FORMAT_VARIABLE} is {wanted!r}, {problem}: this is text")
    if options.verbose:
        out.talk(f"project {workspace.folder}, store {workspace.address.name}, actor {workspace.actor}")
    return Session(workspace, out)


def _require(wanted: str, formats: Sequence[Format]) -> None:
    if wanted in formats:
        return
    if wanted in set(Format):
        hint = f"formats: {', '.join(formats)}; {_CI_COMMANDS} write the others, too"
        raise UsageError(f"this command does not write {wanted!r}", hint=hint)
    from rollout_cli.cli.spelling import unknown

    raise unknown("format", wanted, formats)


def _copy(words: str, formats: Sequence[Format]) -> Copy:
    """A `--report`.

    Raises:
        UsageError: it is not a format and a file.
    """
    written_as, _, file = words.partition("=")
    if not file:
        raise UsageError(f"a report needs a format and a file, not {words!r}", hint="like --report junit=report.xml")
    _require(written_as, formats)
    return Copy(written_as, Path(file))


def _base(workspace: Workspace) -> str:
    from rollout_cli.sources.checkout import place_in_checkout

    return place_in_checkout(workspace.folder, workspace.environment)


def command(
    app: typer.Typer,
    name: str,
    *,
    examples: Sequence[str],
    panel: str | None = None,
    formats: Sequence[Format] = PLAIN_FORMATS,
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Register a function as a command: it gets a `Session`, and every shared option is accepted behind its name.

    Args:
        app: where it is registered.
        name: the word for it.
        examples: lines for its help page.
        panel: the heading it stands under.
        formats: what it can write; one for CI systems also writes files (`--report`).
    """
    shared = {**SHARED, "format": _format_option(formats)}
    reports = [
        inspect.Parameter("reports", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_REPORTS)
    ] * (len(formats) > len(PLAIN_FORMATS))  # fmt: skip

    def register(function: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(function)
        def run(**arguments: Any) -> int:
            context = arguments["context"]
            options = _shared_options(arguments)
            return function(replace(begin(options, formats), context=context), **arguments)

        own = [*list(inspect.signature(function).parameters.values())[1:], *reports]
        app.command(name, cls=Command, epilog=example_text(examples), add_help_option=False, rich_help_panel=panel)(
            _taking(run, own, shared)
        )
        return function

    return register


def command_group(
    name: str, purpose: str, *, epilog: str, own: Sequence[inspect.Parameter] = (), **settings: Any
) -> typer.Typer:
    """A group of commands. Shared options are accepted behind its name, too; alone, it shows its help."""

    def run(**arguments: Any) -> None:
        context: typer.Context = arguments["context"]
        context.obj = _shared_options(arguments)
        if context.invoked_subcommand is None:
            Output(as_json=False, color=False, quiet=False).complain(*context.get_help().splitlines())
            raise typer.Exit(ExitCode.USAGE)

    group = typer.Typer(name=name, cls=Group, rich_markup_mode=None, pretty_exceptions_enable=False, **settings)
    shared = {**SHARED, "format": _format_option(CI_FORMATS, is_known=False)} if name == "rollout" else SHARED
    callback = group.callback(invoke_without_command=True, help=purpose, epilog=epilog, add_help_option=False)
    callback(_taking(run, own, shared))
    return group


def example_text(examples: Sequence[str]) -> str:
    """Examples as they stand at the end of a help page."""
    return "\n".join(["Examples:" if len(examples) > 1 else "Example:", *(f"  {each}" for each in examples)])


def _shared_options(arguments: dict[str, Any]) -> SharedOptions:
    """Take the shared options out of a command's arguments; what was said before its name counts as well."""
    del arguments["page"]  # has had its effect
    outer = arguments.pop("context").find_object(SharedOptions) or SharedOptions()
    reports = tuple(arguments.pop("reports", None) or ())
    return outer.overridden({**{name: arguments.pop(name) for name in SHARED}, "reports": reports})


def _taking(
    run: Callable[..., Any], own: Sequence[inspect.Parameter], shared_options: dict[str, Any]
) -> Callable[..., Any]:
    """The function with a signature that Typer reads: the context, its own parameters, the shared options."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    shared = [
        inspect.Parameter(name, keyword, default=False if each.__origin__ is bool else None, annotation=each)
        for name, each in shared_options.items()
    ]
    context = inspect.Parameter("context", keyword, annotation=typer.Context)
    page = inspect.Parameter("page", keyword, default=False, annotation=_HELP)
    parameters = [context, *(each.replace(kind=keyword) for each in own), page, *shared]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
