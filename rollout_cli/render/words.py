"""The small pieces of styled text that all reports are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollout_cli.render.visible import visible

if TYPE_CHECKING:
    from rollout_cli.control.views import CheckView, PositionView

GOOD, BAD, WAIT, QUIET, STRONG = "green", "red", "yellow", "dim", "bold"
VERDICT_STYLES = {"PASS": GOOD, "FAIL": BAD, "INCONCLUSIVE": WAIT}
_MOST_LISTED = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an answer: pieces of harmless text, each with its style."""

    pieces: tuple[tuple[str, str], ...] = ()
    indent: int = 0

    @property
    def plain(self) -> str:
        """The line without styles, as a pipe gets it."""
        return " " * self.indent + "".join(text for text, _ in self.pieces)


def line(*parts: object, indent: int = 0) -> Line:
    """One line; a part is text, or (text, style). All of it is made harmless."""
    styled = (part if isinstance(part, tuple) else (part, "") for part in parts)
    return Line(tuple((visible(text), style) for text, style in styled), indent)


Spoken = Mapping[str, str]
"""For an English phrase, that of another language; the English one where it has none."""
ENGLISH: Spoken = {}


def speak(template: str, catalog: Spoken, /, **values: object) -> str:
    """A phrase of the report's frame in the language of a catalog."""
    return catalog.get(template, template).format(**{name: _plainly(value) for name, value in values.items()})


def position_words(position: "PositionView | None", catalog: Spoken = ENGLISH) -> str:
    """A position as people say it."""
    if position is None:
        return speak("off", catalog)
    if position.percent is None:
        return speak("phase {number} ({name})", catalog, number=position.phase, name=position.name)
    step = f"{position.percent:g}"
    return speak(
        "phase {number} ({name}) at {percent} %", catalog, number=position.phase, name=position.name, percent=step
    )


def value_words(value: Any, catalog: Spoken = ENGLISH) -> str:
    """A field's value as people read it."""
    if value is None:
        return speak("none", catalog)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return names_words(value, catalog=catalog) if value else speak("nobody", catalog)
    return str(value)


def names_words(names: Sequence[str], most: int = _MOST_LISTED, catalog: Spoken = ENGLISH) -> str:
    """Names, and how many more there are."""
    shown = ", ".join(names[:most])
    if len(names) <= most:
        return shown
    return speak("{names} and {count} more", catalog, names=shown, count=f"{len(names) - most:,}")


def check_lines(checks: "Sequence[CheckView]", indent: int = 2) -> list[Line]:
    """Checks, one a line, with the hint of those that do not pass."""
    lines: list[Line] = []
    for check in checks:
        style = VERDICT_STYLES.get(check.verdict, STRONG)
        lines.append(line((f"{check.verdict:<12}", style), " ", (check.id, STRONG), ": ", check.message, indent=indent))
        if check.title:
            lines.append(line((check.title, QUIET), indent=indent + 13))
        if check.hint and check.verdict != "PASS":
            lines.append(line(("-> ", QUIET), check.hint, indent=indent + 13))
    return lines


def _plainly(value: object) -> object:
    return f"{value:g}" if isinstance(value, float) else value


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number and its noun: `1 revision`, `2 revisions`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration_words(seconds: float) -> str:
    """Seconds as the two largest units: `1d 3h`, `4m 10s`."""
    left = int(seconds)
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
