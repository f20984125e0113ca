"""Looks at files: what is there, how old it is, and what is in it when somebody wants to know."""

import stat
import time

from rollout_cli.checks.questions import FileQuestion, FileSeen, NoAnswer
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say
from rollout_cli.plan.reading_rules import ReadingRule
from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.settings import ProbeSettings
from rollout_cli.sources.regular_file import UnreadableFileError, read_regular_file

MOST_CONTENT = 1_000_000
"""How many bytes of content are read; a larger file can only be looked at."""


class FileProbe:
    """Answers what kind `file` asks. Links are followed; pipes and devices are never opened."""

    def __init__(self, settings: ProbeSettings) -> None:
        self._settings = settings

    def __call__(self, question: FileQuestion, leash: Leash) -> FileSeen | NoAnswer:
        """Look at a path from the project's folder.

        Raises:
            OutOfTimeError: it took too long.
        """
        leash.left()
        path = self._settings.folder / question.path
        try:
            status = path.stat()
            is_file = stat.S_ISREG(status.st_mode)
            content = read_regular_file(path, limit=MOST_CONTENT) if is_file and question.wants_content else b""
        except (FileNotFoundError, NotADirectoryError):
            return FileSeen("nothing")
        except UnreadableFileError as error:
            return _unread(question.path, error)
        except OSError as error:
            return unreachable(question.path, error.strerror or "")
        age = max(time.time() - status.st_mtime, 0.0)
        if is_file:
            return FileSeen("file", status.st_size, age, content)
        return FileSeen("folder" if stat.S_ISDIR(status.st_mode) else "something else", 0, age)


def unreachable(path: str, reason: str) -> NoAnswer:
    """The answer for what the system does not let us see."""
    message = say("{path} cannot be read: {reason}", path=path, reason=reason)
    return NoAnswer(Cause.UNREACHABLE, message, say("let whoever runs the checks read it"))


def _unread(path: str, error: UnreadableFileError) -> FileSeen | NoAnswer:
    """What became of a file between the look and the reading; too large it may have been before."""
    if error.rule is ReadingRule.FILE_TOO_LARGE:
        message = say("{path} is larger than {most} MB: its content is not read", path=path, most=MOST_CONTENT // 10**6)
        return NoAnswer(Cause.BAD_ANSWER, message, say("check a smaller file, or a log with kind `log`"))
    if error.rule is ReadingRule.NOT_A_FILE:
        return FileSeen("something else")
    return unreachable(path, error.message)
