"""What became of a body, field by field; in words, and as a document."""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from rollout_cli.render.documents import document, json_text
from rollout_cli.render.words import QUIET, STRONG, WAIT, Line, counted, line
from rollout_cli.whatsapp.explaining import Explanation, Leaf, Outcome, Target

_WIDEST = 56
_ARROW = " -> "
_INDENT = 2
_NARROWEST = 30
"""Columns of a screen that names in an event need; with fewer they stand below the field that they are of."""
_DECIDES = {
    "event_type": "decides what kind of event it is",
    "number_of_events": "decides how many events there are",
    "refused": "decides whether it is accepted at all",
}


@dataclass(frozen=True, slots=True)
class ExplainReport:
    """What became of one body.

    Attributes:
        line: of the file, counted from 1; None where the file is the body.
    """

    provider: str
    file: str
    line: int | None
    events: tuple[Outcome, ...]
    leaves: tuple[Leaf, ...]
    leaves_left: int


def explain_json(provider: str, file: str, number: int | None, explanation: Explanation) -> str:
    """The document of one body, on one line; `number` is that of its line in the file, None for a file that is it."""
    report = ExplainReport(
        provider, file, number, explanation.events, explanation.leaves, explanation.leaves_left
    )  # fmt: skip
    return json_text(document("normalize-explain", report), indent=None) + "\n"


def explain_lines(place: str, explanation: Explanation, columns: int | None = None) -> Iterator[Line]:
    """The events of one body, and for each of its fields where it went.

    Args:
        place: where the body stands.
        explanation: of it.
        columns: of the screen; None for what has no width, where each field takes one line.
    """
    events = explanation.events
    yield line((place, STRONG), ": ", counted(len(events), "event"))
    for number, event in enumerate(events, 1):
        yield line(*([f"{number}. "] if len(events) > 1 else []), *_event_words(event), indent=_INDENT)
    width = min(max((len(leaf.path) for leaf in explanation.leaves), default=0), _WIDEST)
    for leaf in explanation.leaves:
        words, style = _leaf_words(leaf, len(events))
        if columns is None:
            yield line(f"{leaf.path:<{width}}", (_ARROW, QUIET), (words, style), indent=_INDENT)
        else:
            yield from _rows(leaf.path, words, style, min(width, columns // 2), columns)
    if explanation.leaves_left:
        yield line((f"and {counted(explanation.leaves_left, 'field')} more, not looked at", WAIT), indent=_INDENT)


def _rows(path: str, words: str, style: str, width: int, columns: int) -> Iterator[Line]:
    """A field on a screen: where it went stands beside its path, in a column of its own, or else below it."""
    if columns - _INDENT - width - len(_ARROW) < _NARROWEST:
        width = 0
    begin = _INDENT + width + len(_ARROW)
    first, *others = wrap(words, max(columns - begin, 1), break_long_words=False, break_on_hyphens=False)
    if len(path) > width:
        yield line(path, indent=_INDENT)
        path = ""
    yield line(f"{path:<{width}}", (_ARROW, QUIET), (first, style), indent=_INDENT)
    for each in others:
        yield line((each, style), indent=begin)


def _event_words(event: Outcome) -> Iterator[str]:
    yield event.event_type
    if event.message_type:
        yield f", {event.message_type}"
    yield f", key {event.key_kind}"


def _leaf_words(leaf: Leaf, events: int) -> tuple[str, str]:
    """What is said of a field, and its style."""
    if leaf.decides:
        return _DECIDES[leaf.decides], STRONG
    words = ", ".join(_target_words(each, events) for each in leaf.to)
    if leaf.redacted:
        return "redacted" + (f", {words}" if words else ""), WAIT
    return (words, "") if words else ("raw only" if leaf.kept else "not kept", QUIET)


def _target_words(target: Target, events: int) -> str:
    if events == 1:
        return target.path
    if len(target.events) == events:
        return f"{target.path} (all)"
    return f"{target.path} ({', '.join(str(number + 1) for number in target.events)})"
