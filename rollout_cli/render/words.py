"""The small pieces of styled text that all reports are made of."""

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from rollout_cli.control.views import CheckView, PositionView
from rollout_cli.render.visible import visible

GOOD, BAD, WAIT, QUIET, STRONG = "green", "red", "yellow", "dim", "bold"
_VERDICT_STYLES = {"PASS": GOOD, "FAIL": BAD, "INCONCLUSIVE": WAIT}
_MOST_LISTED = 10


def line(*parts: object, indent: int = 0) -> Text:
    """One line; a part is text, or (text, style). All of it is made harmless."""
    text = Text(" " * indent)
    for part in parts:
        if isinstance(part, tuple):
            text.append(visible(part[0]), style=part[1])
        else:
            text.append(visible(part))
    return text


def position_words(position: PositionView | None) -> str:
    """A position as people say it."""
    if position is None:
        return "off"
    step = "" if position.percent is None else f" at {position.percent:g} %"
    return f"phase {position.phase} ({position.name}){step}"


def value_words(value: Any) -> str:
    """A field's value as people read it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return names_words(value) if value else "nobody"
    return str(value)


def names_words(names: Sequence[str], most: int = _MOST_LISTED) -> str:
    """Names, and how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def check_lines(checks: Sequence[CheckView], indent: int = 2) -> list[Text]:
    """Checks, one a line, with the hint of those that do not pass."""
    lines: list[Text] = []
    for check in checks:
        style = _VERDICT_STYLES.get(check.verdict, STRONG)
        lines.append(line((f"{check.verdict:<12}", style), " ", (check.id, STRONG), ": ", check.message, indent=indent))
        if check.title:
            lines.append(line((check.title, QUIET), indent=indent + 13))
        if check.hint and check.verdict != "PASS":
            lines.append(line(("-> ", QUIET), check.hint, indent=indent + 13))
    return lines


def duration_words(seconds: float) -> str:
    """Seconds as the two largest units: `1d 3h`, `4m 10s`."""
    left = int(seconds)
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
