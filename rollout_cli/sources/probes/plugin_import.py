"""Importing a plugin into our own process, for the model of its parameters: only what has been imported elsewhere."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from rollout_cli.checks.kinds import UnusablePluginError
from rollout_cli.checks.redaction import redacted
from rollout_cli.ending import is_asked_for
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from rollout_cli.sources.probes.plugin_process import host_program, read_object
from rollout_cli.sources.probes.process import Head, TooMuchError, run_program

IMPORT_SECONDS = 5.0
"""How long importing a plugin may take."""

_MOST_ANSWER = 10_000
_LONGEST_NAME = 100


def imported(offer: EntryPoint, package: str, seconds: float = IMPORT_SECONDS) -> Any:
    """What an entry point leads to.

    It is imported in a process of its own first, for importing may hang, crash, or end the process that does it. What
    it prints goes nowhere, there and here.

    Raises:
        UnusablePluginError: it cannot be imported.
    """
    wrong = _what_happens_elsewhere(offer.name, seconds)
    if wrong:
        raise unusable(package, wrong)
    with _silence():
        try:
            return offer.load()
        except BaseException as error:
            if is_asked_for(error):
                raise
            raise unusable(package, f"importing it raises {type(error).__name__}") from None


def unusable(package: str, message: str) -> UnusablePluginError:
    """The error that says what is wrong with a package's kind."""
    return UnusablePluginError(message, f"mend the package {package}, or take it off (docs/plugins.md)")


def _what_happens_elsewhere(kind: str, seconds: float) -> str:
    """What is wrong with importing it, as the end of a sentence; empty when nothing is."""
    output = Head(_MOST_ANSWER, _MOST_ANSWER)
    try:
        program = host_program({"kind": kind, "import": True}, os.environ, Path.cwd())
        ended = run_program(program, Leash(seconds), output)
    except OutOfTimeError:
        return f"importing it takes longer than {seconds:.3g} seconds"
    except TooMuchError:
        return "importing it breaks the line to us"
    except OSError as error:
        return f"it cannot be imported in a process of its own: {redacted(error.strerror or type(error).__name__)}"
    return _what_was_said(output.kept, ended.code)


def _what_was_said(written: bytes, code: int) -> str:
    match read_object(written):
        case {"imported": True}:
            return ""
        case {"raised": str(name)}:
            return f"importing it raises {redacted(name, _LONGEST_NAME)}"
        case {"unusable": _}:
            return "it is not found in a process of its own"
    how = f"signal {-code}" if code < 0 else f"exit status {code}"
    return f"importing it ends the process: {how}"


@contextmanager
def _silence() -> Iterator[None]:
    """Let nothing out on our standard output and error, whoever writes there, and by whatever means."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # it may be closed, or none
            stream.flush()
    kept: dict[int, int] = {}
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    try:
        for descriptor in (1, 2):
            with suppress(OSError):  # it may be closed
                kept[descriptor] = os.dup(descriptor)
                os.dup2(nowhere, descriptor)
        with open(os.devnull, "w", encoding="utf-8") as words, _instead(words):  # noqa: PTH123
            yield
    finally:
        for descriptor, original in kept.items():
            os.dup2(original, descriptor)
            os.close(original)
        os.close(nowhere)


@contextmanager
def _instead(words: Any) -> Iterator[None]:
    out, err = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = words
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
