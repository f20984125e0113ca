"""Runs the programs that a project allows: without a shell, in an environment of a few variables."""

import errno
import os
from contextlib import suppress

from rollout_cli.checks.questions import CommandEnded, CommandQuestion, NoAnswer
from rollout_cli.checks.redaction import redacted
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say
from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.process import Ended, Head, Output, Program, TooMuchError, run_program
from rollout_cli.sources.probes.secrets import masked_bytes, secrets_in
from rollout_cli.sources.probes.settings import ProbeSettings

MOST_OUTPUT = 65_536
"""How many characters of an output are kept."""

ABSURD_OUTPUT = 16 << 20
"""A program that prints more bytes than this is stopped."""

_OURS = frozenset({"PATH", "HOME", "LANG"})
_NO_ROOM = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE})
_LONGEST_NAME = 100


class CommandProbe:
    """Answers what kind `command` asks."""

    def __init__(self, settings: ProbeSettings) -> None:
        self._settings = settings

    def __call__(self, question: CommandQuestion, leash: Leash) -> CommandEnded | NoAnswer:
        """Run the program; the values of the variables that it was given are masked in what it prints.

        Raises:
            OutOfTimeError: it took too long.
        """
        program = allowed_program(self._settings, question.arguments, question.environment)
        if isinstance(program, NoAnswer):
            return program
        secrets = secrets_in(program.environment[name] for name in question.environment if name not in _OURS)
        longest = max((len(os.fsencode(each)) for each in secrets), default=0)
        output = Head(MOST_OUTPUT + longest, ABSURD_OUTPUT)
        ended = run_to_its_end(program, leash, output)
        if isinstance(ended, NoAnswer):
            return ended
        text = output.kept.decode("utf-8", "replace")
        shown = masked_bytes(output.kept, secrets).decode("utf-8", "replace")
        if output.is_cut:  # a secret may have been cut in two
            shown = shown[: max(len(shown) - longest, 0)]
        is_cut = output.is_cut or len(text) > MOST_OUTPUT
        return CommandEnded(ended.code, text[:MOST_OUTPUT], is_cut, ended.seconds, shown[:MOST_OUTPUT])


def allowed_program(
    settings: ProbeSettings, arguments: tuple[str, ...], environment: tuple[str, ...] = ()
) -> Program | NoAnswer:
    """A program that the project allows, ready to be run with the variables that are named."""
    path = _allowed_path(settings, arguments[0])
    if isinstance(path, NoAnswer):
        return path
    named = [name for name in environment if name not in _OURS]
    closed = next((name for name in named if name not in settings.sources.commands.environment), None)
    if closed is not None:
        message = say("the project does not allow to hand {variable} to programs", variable=closed)
        hint = say("allow it in sources.yaml: commands: {{environment: [{variable}]}}", variable=closed)
        return NoAnswer(Cause.FORBIDDEN, message, hint)
    variables = settings.variables({name: name for name in named})
    if isinstance(variables, NoAnswer):
        return variables
    return Program(path, arguments, {**variables, **_own_variables(settings)}, settings.folder)


def run_to_its_end(program: Program, leash: Leash, output: Output) -> Ended | NoAnswer:
    """Run it; whatever keeps it from running is an answer, too.

    Raises:
        OutOfTimeError: it took too long.
    """
    try:
        return run_program(program, leash, output)
    except TooMuchError:
        message = say("it printed more than {most} MB and was stopped", most=ABSURD_OUTPUT >> 20)
        return NoAnswer(Cause.BAD_ANSWER, message, say("let it print less"))
    except ChildProcessError:
        raise
    except OSError as error:
        cause = Cause.UNREACHABLE if error.errno in _NO_ROOM else Cause.NOT_SET_UP
        reason, shown = redacted(error.strerror or ""), redacted(program.arguments[0], _LONGEST_NAME)
        message = say("{program} cannot be run: {reason}", program=shown, reason=reason)
        return NoAnswer(cause, message, say("run it by hand where the checks run"))
    except ValueError:
        message = say("an argument cannot be given to a program")
        return NoAnswer(Cause.NOT_SET_UP, message, say("write arguments without NUL and in plain Unicode"))


def _allowed_path(settings: ProbeSettings, name: str) -> str | NoAnswer:
    """Where a program is: found by its name, or allowed by exactly this path. Never in the folder we are in."""
    commands, shown = settings.sources.commands, redacted(name, _LONGEST_NAME)
    if "/" in name and not name.startswith("/"):
        message = say("{program} is a path from some folder: no program is run like this", program=shown)
        return NoAnswer(Cause.FORBIDDEN, message, say("name the program, or give its full path"))
    if name not in commands.allow:
        message = say("the project does not allow to run {program}", program=shown)
        hint = say("allow it in sources.yaml: commands: {{allow: [{program}]}}", program=shown)
        return NoAnswer(Cause.FORBIDDEN, message, hint)
    places = [name] if "/" in name else [f"{folder}/{name}" for folder in _folders(settings)]
    for place in places:
        if _is_program(place):
            return place
    message = say("there is no program {program}", program=shown)
    return NoAnswer(Cause.NOT_SET_UP, message, say("install it where the checks run, or see `commands.path`"))


def _folders(settings: ProbeSettings) -> list[str]:
    return [folder for folder in settings.sources.commands.path if folder.startswith("/")]


def _own_variables(settings: ProbeSettings) -> dict[str, str]:
    """What every program is given; where it finds others is never said by the environment we run in."""
    home = settings.environment.get("HOME") or "/"
    return {"PATH": ":".join(_folders(settings)), "HOME": home, "LANG": "C.UTF-8"}


def _is_program(place: str) -> bool:
    with suppress(ValueError):
        return os.path.isfile(place) and os.access(place, os.X_OK)  # noqa: PTH113 - a path may hold anything
    return False
