"""Where words go: the answer to stdout, talk to stderr; a closed pipe is no error."""

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


class Output:
    """The two streams of a command, and how they are to be written."""

    def __init__(self, *, as_json: bool, color: bool, quiet: bool) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self._color = color
        self.is_closed = False

    def report(self, command: str, report: Any, lines: Iterable["Text"]) -> None:
        """The answer: one JSON document, or its lines."""
        if self.as_json:
            from rollout_cli.render.documents import document, json_text

            self.raw(json_text(document(command, report)) + "\n")
        elif not self.quiet:
            self.lines(lines)

    def lines(self, lines: Iterable["Text"]) -> None:
        """Styled lines to stdout; wrapped at words on a terminal, whole in a pipe."""
        _print(self._console(sys.stdout), lines, self._stop)

    def talk(self, *lines: "Text | str") -> None:
        """What is not the answer, to stderr."""
        if not self.quiet:
            self.complain(*lines)

    def complain(self, *lines: "Text | str") -> None:
        """What has to be said even when quiet, to stderr."""
        from rollout_cli.render.words import line

        texts = (line(each) if isinstance(each, str) else each for each in lines)
        _print(self._console(sys.stderr), texts, lambda: None)

    def raw(self, text: str) -> bool:
        """Text as it is, to stdout. Returns whether anybody still reads."""
        if not self.is_closed:
            try:
                sys.stdout.write(text)
                sys.stdout.flush()
            except BrokenPipeError:
                self._stop()
        return not self.is_closed

    def _console(self, stream: TextIO) -> "Console":
        from rich.console import Console

        plain = not self._color or "NO_COLOR" in os.environ
        return Console(
            file=stream, highlight=False, markup=False, emoji=False, no_color=plain or None,
            color_system="auto" if not plain else None, soft_wrap=not stream.isatty(),
        )  # fmt: skip

    def _stop(self) -> None:
        """Nobody reads any more: go on silently, the work and the exit code still count."""
        self.is_closed = True
        silence(sys.stdout)


def silence(stream: TextIO) -> None:
    """Send what a stream still holds to nowhere, so that leaving the program does not fail on it."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return


def _print(console: "Console", lines: Iterable["Text"], on_closed: Any) -> None:
    try:
        for each in lines:
            console.print(each)
    except BrokenPipeError:
        on_closed()
