"""Looks at files: what is there, how old it is, and what is in it when somebody wants to know."""

import errno
import os
import stat
import time
from pathlib import Path

from rollout_cli.checks.questions import FileQuestion, FileSeen, NoAnswer
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import Said, say
from rollout_cli.plan.reading_rules import ReadingRule
from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.places import allowed_place, moved_away
from rollout_cli.sources.probes.settings import ProbeSettings
from rollout_cli.sources.regular_file import UnreadableFileError, read_regular_file

MOST_CONTENT = 1_000_000
"""How many bytes of content are read; a larger file can only be looked at."""


class FileProbe:
    """Answers what kind `file` asks. Links are followed to where checks may look; no pipe or device is opened."""

    def __init__(self, settings: ProbeSettings) -> None:
        self._settings = settings

    def __call__(self, question: FileQuestion, leash: Leash) -> FileSeen | NoAnswer:
        """Look at a path from the project's folder.

        Raises:
            OutOfTimeError: it took too long.
        """
        leash.left()
        place = allowed_place(self._settings, question.path)
        if isinstance(place, NoAnswer):
            return place
        try:
            seen = _look(place, wants_content=question.wants_content)
        except (FileNotFoundError, NotADirectoryError):
            return _missing(self._settings.folder / question.path)
        except UnreadableFileError as error:
            return _unread(question.path, error)
        except OSError as error:
            return unreachable(question.path, error)
        return moved_away(question.path, place) or seen


def _look(place: Path, *, wants_content: bool) -> FileSeen:
    status = place.stat()
    is_file = stat.S_ISREG(status.st_mode)
    content = read_regular_file(place, limit=MOST_CONTENT) if is_file and wants_content else b""
    age = time.time() - status.st_mtime
    if is_file:
        return FileSeen("file", status.st_size, age, content)
    return FileSeen("folder" if stat.S_ISDIR(status.st_mode) else "something else", 0, age)


def _missing(path: Path) -> FileSeen:
    """What there is instead: a link that leads nowhere, at least the folder, or not even that."""
    if os.path.lexists(path):
        return FileSeen("something else")
    return FileSeen("nothing" if path.parent.is_dir() else "nowhere")


def unreachable(path: str, error: OSError) -> NoAnswer:
    """The answer for what the system does not let us see, in our own words."""
    message, hint = _refusal(path, error)
    return NoAnswer(Cause.UNREACHABLE, message, hint)


def _refusal(path: str, error: OSError) -> tuple[Said, Said]:
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return say("{path} is not there", path=path), say("check the path: it counts from the project's folder")
    if error.errno in {errno.EACCES, errno.EPERM}:
        message = say("{path} may not be read by whoever runs the checks", path=path)
        return message, say("let whoever runs the checks read it")
    if error.errno == errno.EISDIR:
        return say("{path} is a folder", path=path), say("name a file in it")
    name = errno.errorcode.get(error.errno or 0, "EIO")
    return say("{path} cannot be read: {error}", path=path, error=name), say("look at it by hand where the checks run")


def _unread(path: str, error: UnreadableFileError) -> FileSeen | NoAnswer:
    """What became of a file between the look and the reading; too large it may have been before."""
    if error.rule is ReadingRule.FILE_TOO_LARGE:
        message = say("{path} is larger than {most} MB: its content is not read", path=path, most=MOST_CONTENT // 10**6)
        return NoAnswer(Cause.BAD_ANSWER, message, say("check a smaller file, or a log with kind `log`"))
    if error.rule is ReadingRule.NOT_A_FILE:
        return FileSeen("something else")
    if isinstance(error.__cause__, OSError):
        return unreachable(path, error.__cause__)
    return FileSeen("something else")  # a link that leads nowhere any more
