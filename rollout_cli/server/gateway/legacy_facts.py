"""What the upstream's answers say, told by a function of the user's: it is never called or imported in the gateway.

The new path's process calls it. Before the gateway listens, `main` here has seen in a process of its own that there is
such a function: what importing it does, or breaks, stays there.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from rollout_cli.errors import RolloutError, UsageError
from rollout_cli.pipeline.dual_run.comparing import DeclaredComparison
from rollout_cli.pipeline.dual_run.facts import Extract
from rollout_cli.pipeline.dual_run.rules import Rules, rules_from
from rollout_cli.sources.mapping_file import mapping_in
from rollout_cli.sources.named_function import named_function, staying
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from rollout_cli.sources.probes.plugin_process import host_program, read_object
from rollout_cli.sources.probes.process import Head, TooMuchError, run_program

OPTION = "--legacy-facts"
_SECONDS = 30.0
_MOST = 64 * 1024
_log = logging.getLogger("rollout.pipeline")


def tried(name: str | None, environment: Mapping[str, str]) -> str | None:
    """The name of a function that is there, in the current folder or where Python finds modules; None for none.

    Args:
        name: `MODULE:FUNCTION`.
        environment: what its module finds.

    Raises:
        UsageError: there is no such function, or its module cannot be imported.
    """
    if name is None:
        return None
    answer, program = Head(_MOST, _MOST), host_program({"name": name}, environment, Path.cwd(), module=__name__)
    try:
        run_program(program, Leash(_SECONDS), answer)
    except OutOfTimeError:
        raise UsageError(f"{OPTION}: importing {name} takes longer than {_SECONDS:.0f} s", hint=_HINT) from None
    except (TooMuchError, OSError, ValueError) as error:
        raise UsageError(f"{OPTION}: {name} cannot be tried: {type(error).__name__}", hint=_HINT) from None
    match read_object(answer.kept):
        case {"found": True}:
            return name
        case {"refused": [str(message), str(hint)]}:
            raise UsageError(message, hint=hint)
    raise UsageError(f"{OPTION}: importing {name} ends the process", hint=_HINT)


_HINT = "the module is imported to find the function: name one that only tells facts"


def main(question: Mapping[str, Any]) -> NoReturn:
    """See whether there is a function, answer, end."""
    try:
        named_function(question["name"], OPTION)
        answer: dict[str, Any] = {"found": True}
    except UsageError as error:
        answer = {"refused": [error.message, error.hint]}
    with os.fdopen(int(sys.argv[-1]), "wb") as told:
        told.write(json.dumps(answer).encode())
    os._exit(0)


def rules_file(file: Path | None, facts: str | None) -> str | None:
    """The full name of a file of rules, which has been read.

    Raises:
        UsageError: it cannot be read, or not be meant, or there is nothing to compare.
        InvalidFilesError: it is no YAML as it is read here.
    """
    if file is None:
        return None
    if facts is None:
        raise UsageError("--comparison is given, and nothing to compare", hint=f"name what tells it with {OPTION}")
    rules_from(mapping_in(file))
    return str(file.absolute())


def comparison(name: str, rules: str | None, key: bytes | None) -> DeclaredComparison:
    """What compares, in the new path's process. What has gone wrong since it was tried is a finding of each comparison.

    Args:
        name: of the function that tells what answers say.
        rules: the file of rules; the program's own when left out.
        key: for pseudonyms.
    """
    try:
        declared = Rules() if rules is None else rules_from(mapping_in(Path(rules)))
        return DeclaredComparison(staying(named_function(name, OPTION)), declared, key=key)
    except RolloutError as error:  # what comes must be stored, whatever there is to compare it with
        _log.error("[DUAL_RUN] nothing can be compared: %s", error.message)
        return DeclaredComparison(_broken(error), key=key)


def _broken(error: RolloutError) -> Extract:
    def raising(_response: Any, _delivery: object) -> Sequence[Mapping[str, Any]]:
        raise error

    return raising
