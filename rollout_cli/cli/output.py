"""Where words go: the answer to stdout, talk to stderr; a closed pipe is no error, a full disk is one."""

import os
import select
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rollout_cli.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from rollout_cli.render.words import Line


@dataclass(frozen=True, slots=True)
class Copy:
    """A file that gets the report as well, in a format of its own."""

    format: str
    file: Path


class Output:
    """The two streams of a command, and how they are to be written.

    Attributes:
        as_json: the answer is one JSON document.
        ci: or it is in this format of `rollout_cli.render.ci`; empty when not.
        quiet: no talk, and no answer for people.
    """

    def __init__(
        self, *, as_json: bool, color: bool, quiet: bool, ci: str = "", copies: Sequence[Copy] = (), base: str = ""
    ) -> None:
        self.as_json = as_json
        self.ci = ci
        self.quiet = quiet
        self._copies = copies
        self._base = base
        self._color = color
        self._said: set[str] = set()
        self.is_closed = False

    @property
    def is_for_programs(self) -> bool:
        """Whether the answer is one document; else it is lines for people."""
        return self.as_json or bool(self.ci)

    def report(self, command: str, report: Any, lines: "Iterable[Line]", *, done: bool = False) -> None:
        """The answer: one document, or its lines; and whatever files were to get it, too.

        Args:
            command: the name of the document's schema.
            report: the answer.
            lines: the same in words.
            done: it is decided what was done: when the answer cannot be written, the exit code still tells of that.

        Raises:
            UsageError: the answer cannot be written.
        """
        if self._copies:
            lines = list(lines)
        for copy in self._copies:
            _write_file(copy.file, self._text(copy.format, command, report, lines))
        if self.is_for_programs:
            text = self._text("json" if self.as_json else self.ci, command, report, lines)
            self._put(lambda: _write(sys.stdout, text), done=done)
        elif not self.quiet:
            self.lines(lines, done=done)

    def lines(self, lines: "Iterable[Line]", *, done: bool = False) -> None:
        """Styled lines to stdout; wrapped at words on a terminal, whole in a pipe."""
        self._put(lambda: self._print(sys.stdout, lines), done=done)

    def raw(self, text: str) -> bool:
        """Text as it is, to stdout. Returns whether anybody still reads."""
        self._put(lambda: _write(sys.stdout, text), done=False)
        return not self.is_closed

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than somebody reads stdout: who left a pipe is noticed at once, with nothing written."""
        if self.is_closed:
            return
        try:
            reader = select.poll()
            reader.register(sys.stdout.fileno(), 0)  # what went wrong is told unasked
            has_left = bool(reader.poll(seconds * 1000))
        except (OSError, ValueError):  # no file
            time.sleep(seconds)
            return
        if has_left:
            self._stop()

    def talk(self, *lines: "Line | str") -> None:
        """What is not the answer, to stderr."""
        if not self.quiet:
            self.complain(*lines)

    def complain(self, *lines: "Line | str") -> None:
        """What has to be said even when quiet, to stderr; once is enough. That nobody can read it stops nothing."""
        from rollout_cli.render.words import line

        texts = [line(each) if isinstance(each, str) else each for each in lines]
        said = "\n".join(each.plain for each in texts)
        if said in self._said:
            return
        self._said.add(said)
        try:
            self._print(sys.stderr, texts)
        except OSError:
            silence(sys.stderr)

    def console(self, stream: TextIO) -> "Console":
        """The terminal behind a stream."""
        from rich.console import Console

        plain = not self._color or bool(os.environ.get("NO_COLOR"))
        return Console(
            file=stream, highlight=False, markup=False, emoji=False, no_color=plain or None,
            color_system=None if plain else "auto",
        )  # fmt: skip

    def _text(self, written_as: str, command: str, report: Any, lines: "Iterable[Line]") -> str:
        """The answer in a format, whole."""
        if written_as == "text":
            return _plain(lines)
        if written_as == "json":
            from rollout_cli.render.documents import document, json_text

            return json_text(document(command, report)) + "\n"
        from rollout_cli.render.ci import ci_text

        return ci_text(written_as, report, self._base)

    def _print(self, stream: TextIO, lines: "Iterable[Line]") -> None:
        if not stream.isatty():
            _write(stream, _plain(lines))
            return
        from rollout_cli.render.terminal import terminal_lines

        console = self.console(stream)
        for text in terminal_lines(lines, console):
            console.print(text)

    def _put(self, write: Callable[[], None], *, done: bool) -> None:
        """Write to stdout. Nobody reads any more: go on silently. It cannot be written: say so, loudly."""
        if self.is_closed:
            return
        try:
            write()
        except BrokenPipeError:
            self._stop()
        except OSError as error:
            self._stop()
            problem = f"the answer cannot be written: {error.strerror}"
            if not done:
                raise UsageError(problem, hint="send it to where there is room, like | less") from error
            self.complain(f"warning: {problem}; the exit code tells what was done")

    def _stop(self) -> None:
        self.is_closed = True
        silence(sys.stdout)


def say(text: str) -> None:
    """An answer that needs nothing but its words.

    Raises:
        UsageError: it cannot be written.
    """
    Output(as_json=False, color=False, quiet=False).raw(f"{text}\n")


def silence(stream: TextIO) -> None:
    """Send what a stream still holds to nowhere, so that leaving the program does not fail on it."""
    try:
        descriptor = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
    except (OSError, ValueError):
        return


def _plain(lines: "Iterable[Line]") -> str:
    return "".join(f"{each.plain}\n" for each in lines)


def _write_file(file: Path, text: str) -> None:
    """Write a report to a file, over the one of the last run.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        file.write_bytes(text.encode("utf-8", "backslashreplace"))
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "there can be no such file"
        hint = "name a file that may be written, in a folder that is there"
        raise UsageError(f"the report cannot be written to {file}: {problem}", hint=hint) from error


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()
