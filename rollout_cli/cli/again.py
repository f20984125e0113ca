"""The command line that does the same again: every option that matters, spelled out, and no secret."""

import re
import shlex
from collections.abc import Collection, Mapping
from typing import Any

import typer

_USERINFO = re.compile(r"(?<=://)[^/@\s]*@")
_QUERY = re.compile(r"(?<=://)([^?\s]*)\?\S*")


def command_line(context: typer.Context, *, always: Mapping[str, Any], never: Collection[str]) -> str:
    """The command line of what runs now.

    Args:
        context: of the command.
        always: options that are spelled out though nobody did, with what they came to; None for those that are not.
        never: names of options that change nothing about what is done.
    """
    words = ["rollout", *_names(context)]
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in never:
            continue
        value = always[name] if name in always else context.params.get(name)
        is_told = name in always or value != parameter.get_default(context, call=True)
        if value is None or value is False or value in ((), []) or not is_told:
            continue
        words += _option(parameter.opts[0], value)
    return shlex.join(words)


def _names(context: typer.Context) -> list[str]:
    """The words from behind the program's to the command's own."""
    return context.command_path.split(" ")[1:]


def _option(option: str, value: Any) -> list[str]:
    if value is True:
        return [option]
    values = value if isinstance(value, list | tuple) else (value,)
    return [word for each in values for word in (option, harmless(str(each)))]


def harmless(text: str) -> str:
    """A value without what may be a secret in a URL: whose it is, and what is asked of it."""
    return _QUERY.sub(r"\1?…", _USERINFO.sub("…@", text))
