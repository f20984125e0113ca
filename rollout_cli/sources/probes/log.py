"""Reads the last lines of logs: of files from their end, of programs as they print them."""

import os
import stat
import time
from pathlib import Path

from rollout_cli.checks.questions import LogQuestion, LogSeen, NoAnswer
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say
from rollout_cli.sources.probes.command import allowed_program, run_to_its_end
from rollout_cli.sources.probes.files import unreachable
from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.places import allowed_place, moved_away
from rollout_cli.sources.probes.process import Tail
from rollout_cli.sources.probes.settings import ProbeSettings

MOST_BYTES = 8 << 20
"""How many bytes from the end are read, at most."""

LONGEST_LINE = 10_000
"""How many characters of a line are kept."""

_CHUNK = 1 << 16
_WIDEST = 4
"""The bytes of the longest character in UTF-8."""


class LogProbe:
    """Answers what kind `log` asks."""

    def __init__(self, settings: ProbeSettings) -> None:
        self._settings = settings

    def __call__(self, question: LogQuestion, leash: Leash) -> LogSeen | NoAnswer:
        """The last lines of a plain file, or of what an allowed program prints.

        Raises:
            OutOfTimeError: it took too long.
        """
        if question.command:
            return self._printed(question, leash)
        return self._written(question, leash)

    def _printed(self, question: LogQuestion, leash: Leash) -> LogSeen | NoAnswer:
        program = allowed_program(self._settings, question.command)
        if isinstance(program, NoAnswer):
            return program
        output = Tail(MOST_BYTES)
        ended = run_to_its_end(program, leash, output)
        if isinstance(ended, NoAnswer):
            return ended
        if ended.code:
            status = say("exit status {status}", status=ended.code)
            message = say("{status}: what it printed is not the log", status=status)
            if ended.code < 0:
                message = say("ended by signal {number}", number=-ended.code)
            return NoAnswer(Cause.BROKEN, message, say("run it by hand where the checks run"))
        data = output.kept
        return _seen(data, question.lines, is_cut=output.is_cut)

    def _written(self, question: LogQuestion, leash: Leash) -> LogSeen | NoAnswer:
        leash.left()
        place = allowed_place(self._settings, question.path)
        if isinstance(place, NoAnswer):
            return place
        try:
            if not stat.S_ISREG(place.stat().st_mode):  # before it is opened: opening a device can set it going
                return _not_a_file(question.path)
            seen = _end_of(place, question, leash)
            return moved_away(question.path, place) or seen
        except (FileNotFoundError, NotADirectoryError):
            hint = say("see where the service logs, or let a program print it: `command: [docker, logs, …]`")
            return NoAnswer(Cause.UNREACHABLE, say("{path} is not there", path=question.path), hint)
        except OSError as error:
            return unreachable(question.path, error)


def _end_of(path: Path, question: LogQuestion, leash: Leash) -> LogSeen | NoAnswer:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return _not_a_file(question.path)
        data, begins = _read_backwards(descriptor, status.st_size, question.lines, leash)
    finally:
        os.close(descriptor)
    age = time.time() - status.st_mtime
    return _seen(data, question.lines, is_cut=begins > 0, age=age)


def _read_backwards(descriptor: int, size: int, lines: int, leash: Leash) -> tuple[bytes, int]:
    """The end of a file with at least so many whole lines, where there are, and where it begins.

    A file that is cut short meanwhile just has less in it.
    """
    position, least, ends = size, max(size - MOST_BYTES, 0), 0
    chunks: list[bytes] = []
    while position > least and ends <= lines:
        leash.left()
        length = min(_CHUNK, position - least)
        position -= length
        chunks.append(os.pread(descriptor, length, position))
        ends += chunks[-1].count(b"\n")
    return b"".join(reversed(chunks)), position


def _seen(data: bytes, most: int, *, is_cut: bool, age: float | None = None) -> LogSeen:
    """The last lines of a text; when its beginning is missing, the first one is none, unless it is the only one."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    if is_cut and len(lines) > 1:
        del lines[0]
    texts = tuple(_text(each) for each in lines[-most:])
    is_short = is_cut and len(texts) < most
    return LogSeen(tuple(each[:LONGEST_LINE] for each in texts), age, is_short or any(map(_is_long, texts)))


def _text(line: bytes) -> str:
    """A line, or as much of it that one sees that it is too long."""
    return line.removesuffix(b"\r")[: (LONGEST_LINE + 1) * _WIDEST].decode("utf-8", "replace")


def _is_long(text: str) -> bool:
    return len(text) > LONGEST_LINE


def _not_a_file(path: str) -> NoAnswer:
    message = say("{path} is not a plain file", path=path)
    return NoAnswer(Cause.NOT_SET_UP, message, say("name a plain file, or a `command` that prints the log"))
