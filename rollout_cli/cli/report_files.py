"""The files that a report is written to, each as its suffix says: looked at before the run, written after it."""

import os
import stat
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rollout_cli.errors import UsageError

if TYPE_CHECKING:
    from rollout_cli.simulate.report import SimulationReport

Write = Callable[["SimulationReport"], str]


def report_files(named: Sequence[Path]) -> tuple[Path, ...]:
    """The files, when a report can be written to all of them as far as can be told.

    Raises:
        UsageError: one has another suffix, is something else than a file, or its folder is not there.
    """
    for file in named:
        problem = _problem(file)
        if problem is not None:
            raise UsageError(f"there can be no report in {file}: {problem[0]}", hint=problem[1])
    return tuple(named)


def write_reports(files: Sequence[Path], report: "SimulationReport") -> None:
    """Write a report to all files: each is there as a whole, or as it was before.

    Raises:
        UsageError: one cannot be written.
    """
    for file in files:
        text = _WRITERS[file.suffix.lower()](report)
        try:
            _write(file, text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            hint = "name a file that may be written, where there is room"
            raise UsageError(f"the report cannot be written to {file}: {error.strerror}", hint=hint) from error


def _problem(file: Path) -> tuple[str, str] | None:
    """What is wrong with a name, and what to do."""
    if file.suffix.lower() not in _WRITERS:
        return "its name does not say how to write it", f"end it in {', '.join(_WRITERS)}"
    try:
        folder = file.parent
        if not folder.is_dir():
            return f"there is no folder {folder}", "make it first, or name another"
        if _is_something_else(file):
            return "something else than a file has that name", "name another"
        if not os.access(folder, os.W_OK | os.X_OK):
            return f"nothing may be written in {folder}", "name a file in a folder of yours"
    except (OSError, ValueError):  # like a name that is too long
        return "there can be no such file", "check its name"
    return None


def _is_something_else(file: Path) -> bool:
    """Whether it is there, and no file.

    Raises:
        OSError, ValueError: there can be no such file.
    """
    try:
        return not stat.S_ISREG(file.stat().st_mode)
    except FileNotFoundError:
        return False


def _write(file: Path, data: bytes) -> None:
    target = file.resolve()  # a link stays one
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".rollout-report-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(_mode(target))
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode(file: Path) -> int:
    """The rights of the file that is replaced; those of any new file where there is none."""
    if file.exists():
        return file.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _html(report: "SimulationReport") -> str:
    from rollout_cli.render.simulation_html import simulation_html

    return simulation_html(report)


def _markdown(report: "SimulationReport") -> str:
    from rollout_cli.render.simulation_markdown import simulation_markdown

    return simulation_markdown(report)


def _json(report: "SimulationReport") -> str:
    from rollout_cli.render.documents import document, json_text

    return json_text(document("simulate", report)) + "\n"


_WRITERS: dict[str, Write] = {".html": _html, ".json": _json, ".md": _markdown}
