"""Remarks as GitHub's workflow commands: annotations beside the lines of a pull request."""

from collections.abc import Iterator

from rollout_cli.render.remarks import Remark, Remarks, Weight
from rollout_cli.render.visible import visible

_LEVELS = {Weight.FAILED: "error", Weight.UNCLEAR: "error", Weight.WARNED: "warning", Weight.PENDING: "notice"}
MOST_SHOWN = 10
"""GitHub shows so many annotations of each level and step; of the others only the log tells."""


def github_text(remarks: Remarks, base: str = "") -> str:
    """One command a line, what matters most first; at the end a notice with the summary, which is always shown.

    Args:
        remarks: what is said.
        base: the project's folder, from the root of the checkout.
    """
    return "\n".join(_commands(remarks, base)) + "\n"


def _commands(remarks: Remarks, base: str) -> Iterator[str]:
    left = {"error": len(remarks.remarks), "warning": len(remarks.remarks), "notice": MOST_SHOWN - 1}
    unshown = 0
    for remark in remarks.weighing(*_LEVELS):
        level = _LEVELS[remark.weight]
        left[level] -= 1
        if left[level] < 0:
            unshown += 1
            continue
        title = remark.name if remark.is_finding else f"{remark.name}: {remark.word}"
        yield _command(level, _place(remark, base), title, _words(remark))
    more = f"; {unshown} more of them are in the other formats" if unshown else ""
    about = ", ".join(remarks.about.get(name, "") for name in ("rollout", "position") if remarks.about.get(name))
    words = f"{remarks.verdict}: {remarks.summary}{more}"
    yield _command("notice", {}, f"rollout {remarks.command}", f"{about}\n{words}" if about else words)


def _place(remark: Remark, base: str) -> dict[str, str]:
    if not remark.file:
        return {}
    place = {"file": f"{base}/{remark.file}" if base else remark.file}
    return {**place, "line": str(remark.line), "col": str(remark.column)} if remark.line else place


def _words(remark: Remark) -> str:
    return "\n".join(each for each in (remark.title, remark.message, remark.hint and f"-> {remark.hint}") if each)


def _command(level: str, place: dict[str, str], title: str, message: str) -> str:
    """A command. Nothing in it can end it, so no text of somebody else becomes a command of its own."""
    properties = ",".join(f"{name}={_property(value)}" for name, value in {**place, "title": title}.items())
    return f"::{level} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return "%0A".join(visible(each).replace("%", "%25") for each in text.split("\n"))


def _property(text: str) -> str:
    return visible(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
