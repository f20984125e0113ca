"""docs/commands.md: every command with its usage, options and examples, from the program's own tree of commands."""

from collections.abc import Iterator
from typing import Any

from docs_markdown import anchor, code, literal, page, sentence, table

from rollout_cli.cli.app import rollout_command

_INTRO = """\
`rollout COMMAND --help` says the same on your terminal. Exit codes: [reference](exit-codes.md).

## Options of every command

They may stand before the command or behind it."""
_ENVIRONMENT = """\
`ROLLOUT_PROJECT`, `ROLLOUT_STORE` and `ROLLOUT_FORMAT` say the same as the options of their name, which count more.
`ROLLOUT_ACTOR` is who acts; else it is user@host. `ROLLOUT_KILL` and `ROLLOUT_KILL_FILE` are
[break-glass](guide.md#7-break-glass)."""


def commands_page() -> str:
    """docs/commands.md."""
    root = rollout_command()
    commands = list(_walk(root, "rollout"))
    index = table(
        ("Command", "What it does"),
        [(f"[{literal(path)}](#{anchor(path)})", _first_sentence(each)) for path, each in commands],
    )
    shared = [each for each in root.params if each.rich_help_panel]
    panels = {each.rich_help_panel for each in shared}
    sections = [part for path, each in commands for part in _section(path, each, panels)]
    return page("Commands", _INTRO, _options_table(shared), _ENVIRONMENT, "## All commands", index, *sections)


def _walk(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its whole name, in the order of the help page."""
    for name, each in group.commands.items():
        if each.hidden:
            continue
        if hasattr(each, "commands"):
            yield from _walk(each, f"{path} {name}")
        else:
            yield f"{path} {name}", each


def _section(path: str, command: Any, shared: set[str]) -> list[str]:
    """One command; `shared` are the panels of what every command has."""
    visible = [each for each in command.params if not getattr(each, "hidden", False)]
    arguments = [each for each in visible if each.param_type_name == "argument"]
    options = [each for each in visible if each.param_type_name == "option" and each.rich_help_panel not in shared]
    parts = [f"## {path}", " ".join((command.help or "").split()), code(_usage(path, arguments))]
    if arguments:
        rows = [(literal(each.metavar), each.help or "") for each in arguments]
        parts.append(table(("Argument", "Meaning"), rows))
    return [*parts, *_options(options), *_examples(command)]


def _options(options: list[Any]) -> Iterator[str]:
    """A table for each panel of the help page, under its name; those without one first."""
    for panel in dict.fromkeys(("", *(each.rich_help_panel or "" for each in options))):
        of_panel = [each for each in options if (each.rich_help_panel or "") == panel]
        if panel:
            yield f"{panel}:"
        if of_panel:
            yield _options_table(of_panel)


def _usage(path: str, arguments: list[Any]) -> str:
    words = [each.metavar if each.required else f"[{each.metavar}]" for each in arguments]
    return " ".join([path, "[OPTIONS]", *words])


def _options_table(options: list[Any]) -> str:
    rows = [(_names(each), (each.help or "") + _default(each)) for each in options]
    return table(("Option", "Meaning"), rows)


def _names(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or 'VALUE'}"
    return ", ".join(literal(f"{name}{value}") for name in (*option.opts, *option.secondary_opts))


def _default(option: Any) -> str:
    value = option.default
    return "" if option.is_flag or value in (None, "", [], ()) else f" Default: {literal(value)}."


def _examples(command: Any) -> list[str]:
    lines = (command.epilog or "").splitlines()
    examples = [line.strip() for line in lines if line.startswith(" ") and line.strip()]
    return [code("\n".join(examples))] if examples else []


def _first_sentence(command: Any) -> str:
    text = sentence(command.help)
    return text.partition(". ")[0].rstrip(".") + "."
