"""Commands whose help teaches: what it does, its options, examples. Plain text, readable at 40 columns."""

from typing import Any

from typer import TyperException
from typer.core import TyperCommand, TyperGroup

from rollout_cli.cli.spelling import meant
from rollout_cli.errors import UsageError

_NARROW = 60
_OTHER_WORDS = {
    "revert": "rollback", "undo": "rollback", "back": "rollback", "stop": "rollback", "kill": "rollback",
    "next": "advance", "promote": "advance", "apply": "advance", "diff": "plan", "lint": "validate",
    "verify": "history verify", "log": "history", "show": "status",
}  # fmt: skip
"""What people say who know other programs."""


class _Taught:
    """What commands and groups of them have in common."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        _write_page(self, ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line; what is wrong with it is this command's error."""
        try:
            return super().parse_args(ctx, args)  # type: ignore[misc, no-any-return]
        except TyperException as error:
            if getattr(error, "ctx", ctx) is None:
                error.ctx = ctx  # type: ignore[attr-defined]
            raise


class Command(_Taught, TyperCommand):
    """A command with our help page."""


class Group(_Taught, TyperGroup):
    """A group of commands with our help page and our spelling suggestions."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is named.

        Raises:
            UsageError: there is none of this name.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            path = ctx.command_path
            likely = _OTHER_WORDS.get(name) if ctx.parent is None else None
            hint = f"did you mean {likely}?" if likely else meant(name, list(self.commands))
            raise UsageError(f"there is no command {name!r} in `{path}`", hint=hint or f"see `{path} --help`")
        return super().resolve_command(ctx, args)


def _write_page(command: Any, ctx: Any, formatter: Any) -> None:
    formatter.write_usage(ctx.command_path, _usage(command))
    command.format_help_text(ctx, formatter)
    for title, rows in _sections(command, ctx).items():
        with formatter.section(title):
            formatter.write_dl(rows, col_max=8 if formatter.width < _NARROW else 26)
    if command.epilog:
        formatter.write(f"\n{command.epilog}\n")


def _usage(command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    words = [each.metavar if each.required else f"[{each.metavar}]" for each in arguments]
    return " ".join(["[OPTIONS]", *words, *(["COMMAND ..."] if hasattr(command, "commands") else [])])


def _sections(command: Any, ctx: Any) -> dict[str, list[tuple[str, str]]]:
    """The rows of the page, by heading: commands, arguments, the command's own options, everybody's options."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for name, each in getattr(command, "commands", {}).items():
        sections.setdefault(each.rich_help_panel or "Commands", []).append((name, _summary(each)))
    params = sorted(command.get_params(ctx), key=lambda param: bool(param.rich_help_panel))
    for param in params:
        if param.hidden:
            continue
        if param.param_type_name == "argument":
            sections.setdefault("Arguments", []).append((param.metavar, param.help or ""))
        else:
            sections.setdefault(param.rich_help_panel or "Options", []).append(param.get_help_record(ctx))
    return sections


def _summary(command: Any) -> str:
    """The first sentence of a command's help, whole."""
    text = " ".join((command.help or "").split("\n\n")[0].split())
    return text.partition(". ")[0].rstrip(".") + "."
