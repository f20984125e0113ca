"""What became of a body, field by field; in words, and as a document."""

from collections.abc import Iterator
from dataclasses import dataclass

from rollout_cli.render.documents import document, json_text
from rollout_cli.render.words import QUIET, STRONG, WAIT, Line, counted, line
from rollout_cli.whatsapp.explaining import Explanation, Leaf, Outcome, Target

_WIDEST = 56
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


def explain_lines(place: str, explanation: Explanation) -> Iterator[Line]:
    """The events of one body, and for each of its fields where it went."""
    events = explanation.events
    yield line((place, STRONG), ": ", counted(len(events), "event"))
    for number, event in enumerate(events, 1):
        yield line(*([f"{number}. "] if len(events) > 1 else []), *_event_words(event), indent=2)
    width = min(max((len(leaf.path) for leaf in explanation.leaves), default=0), _WIDEST)
    for leaf in explanation.leaves:
        yield line(f"{leaf.path:<{width}}", (" -> ", QUIET), _leaf_words(leaf, len(events)), indent=2)
    if explanation.leaves_left:
        yield line((f"and {counted(explanation.leaves_left, 'field')} more, not looked at", WAIT), indent=2)


def _event_words(event: Outcome) -> Iterator[str]:
    yield event.event_type
    if event.message_type:
        yield f", {event.message_type}"
    yield f", key {event.key_kind}"


def _leaf_words(leaf: Leaf, events: int) -> str | tuple[str, str]:
    if leaf.decides:
        return _DECIDES[leaf.decides], STRONG
    words = ", ".join(_target_words(each, events) for each in leaf.to)
    if leaf.redacted:
        return "redacted" + (f", {words}" if words else ""), WAIT
    return words or ("raw only" if leaf.kept else "not kept", QUIET)


def _target_words(target: Target, events: int) -> str:
    if events == 1:
        return target.path
    if len(target.events) == events:
        return f"{target.path} (all)"
    return f"{target.path} ({', '.join(str(number + 1) for number in target.events)})"
