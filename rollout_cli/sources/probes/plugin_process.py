"""Processes of our own that are asked one question: a plugin, or a simulation; and what comes out of them."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from rollout_cli.sources.probes.process import Program

_BOOT = """\
import json, sys
question = json.load(sys.stdin)
sys.path[:] = question["path"]
from {module} import main
main(question)
"""


PLUGIN_HOST = "rollout_cli.sources.probes.plugin_host"


def host_program(
    question: Mapping[str, Any], environment: Mapping[str, str], folder: Path, *, module: str = PLUGIN_HOST
) -> Program:
    """The program that answers a question; it finds packages where this process does.

    Args:
        question: what the module's `main` is given.
        environment: the whole of its environment.
        folder: where it runs.
        module: the one whose `main` answers.
    """
    document = {"path": [each for each in sys.path if each.startswith("/")], **question}
    flags = "-I" if sys.flags.isolated else "-P"
    return Program(
        path=sys.executable,
        arguments=(sys.executable, flags, "-c", _BOOT.format(module=module)),
        environment=environment,
        folder=folder,
        question=json.dumps(document).encode(),
        answers_apart=True,
    )


def read_object(written: bytes) -> dict[str, Any]:
    """The JSON object that was written; an empty one for anything else, also for numbers that are none."""
    try:
        found = json.loads(written, parse_constant=_refuse)
    except (ValueError, RecursionError, OverflowError):
        return {}
    return found if isinstance(found, dict) else {}


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
