"""The process in which a plugin is imported and asked, and what comes out of it."""

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
from rollout_cli.sources.probes.plugin_host import main
main(question)
"""


def host_program(question: Mapping[str, Any], environment: Mapping[str, str], folder: Path) -> Program:
    """The program that answers a question about a plugin; it finds packages where this process does."""
    document = {"path": [each for each in sys.path if each.startswith("/")], **question}
    flags = "-I" if sys.flags.isolated else "-P"
    return Program(
        path=sys.executable,
        arguments=(sys.executable, flags, "-c", _BOOT),
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
