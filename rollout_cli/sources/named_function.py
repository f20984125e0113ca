"""Functions of the user's, named on the command line: what they are in is imported, and they end no process."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from rollout_cli.ending import is_asked_for
from rollout_cli.errors import UsageError

P = ParamSpec("P")
Result = TypeVar("Result")


class LegacyLeftError(Exception):
    """A function of the user's wanted to end the process: that is its fault, and no verdict."""


def named_function(name: str, option: str) -> Callable[..., Any]:
    """A function by the name of its module and its own; modules are looked for in the current folder, too.

    Args:
        name: `MODULE:FUNCTION`.
        option: which it was given to.

    Raises:
        UsageError: there is no such function, or its module cannot be imported.
    """
    module, colon, attribute = name.partition(":")
    if not colon or not module or not attribute:
        raise UsageError(f"{option} {name!r} is no function", hint="write MODULE:FUNCTION, like shop.webhooks:receive")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module)
        for each in attribute.split("."):
            found = getattr(found, each)
    except (Exception, SystemExit) as error:
        if is_asked_for(error):
            raise
        raise UsageError(
            f"{option}: {name} cannot be imported: {type(error).__name__}: {error}",
            hint="it is looked for here and where Python finds modules",
        ) from None
    if not callable(found):
        raise UsageError(f"{option}: {name} is no function", hint="name one that can be called")
    result: Callable[..., Any] = found
    return result


def staying(function: Callable[P, Result]) -> Callable[P, Result]:
    """A function that does not end the process; whoever asked for that by a signal is heard."""

    def called(*args: P.args, **kwargs: P.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except SystemExit as error:
            if is_asked_for(error):
                raise
            raise LegacyLeftError(str(error.code)) from None

    return called
