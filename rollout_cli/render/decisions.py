"""Many decisions as lines: tab-separated, or one JSON document each."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from itertools import islice
from json.encoder import encode_basestring_ascii

from rollout_cli.control.views import DecisionView, decision_view
from rollout_cli.flags.decision import Decision
from rollout_cli.render.documents import schema_name

Decide = Callable[[str, str | None], Decision]
Frame = tuple[str, str, str]
_KEYS = tuple(field.name for field in fields(DecisionView))
_GAP = "\0"  # in no name of a flag, value or reason


def tab_lines(decide: Decide, flag: str, ids: Iterable[str], size: int) -> Iterator[str]:
    """`id<TAB>value<TAB>reason` for every id, in chunks of `size` lines."""
    ends: dict[tuple[object, str], str] = {}
    for chunk in _chunks(ids, size):
        lines = []
        for key, shown in zip(chunk, _all_shown(chunk), strict=True):
            decision = decide(flag, key)
            answer = decision.value, decision.reason
            end = ends.get(answer)
            if end is None:
                end = ends[answer] = f"\t{_word(decision.value)}\t{decision.reason}\n"
            lines.append(shown + end)
        yield "".join(lines)


def json_lines(decide: Decide, flag: str, ids: Iterable[str], size: int) -> Iterator[str]:
    """One JSON document a line for every id, in chunks of `size` lines."""
    frames: dict[tuple[object, ...], Frame] = {}
    for chunk in _chunks(ids, size):
        lines = []
        for key in chunk:
            decision = decide(flag, key)
            answer = (
                decision.value,
                decision.reason,
                decision.enabled,
                decision.shadow,
                decision.revision,
                decision.stale,
            )
            frame = frames.get(answer)
            if frame is None:
                frame = frames[answer] = _frame(decision)
            bucket = "null" if decision.bucket is None else repr(decision.bucket)
            lines.append(f"{frame[0]}{encode_basestring_ascii(key)}{frame[1]}{bucket}{frame[2]}")
        yield "".join(lines)


def _frame(decision: Decision) -> Frame:
    """The line of a decision without its id and its bucket: what stands before, between and after them."""
    view = replace(decision_view(decision, None), id=_GAP, bucket=None)
    document = {"schema": schema_name("evaluate"), **{name: getattr(view, name) for name in _KEYS}, "bucket": _GAP}
    before, between, after = json.dumps(document).split(json.dumps(_GAP))
    return before, between, f"{after}\n"


def _chunks(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    stream = iter(ids)
    while chunk := list(islice(stream, size)):
        yield chunk


def _all_shown(keys: list[str]) -> Iterable[str]:
    """Every id as it is shown; seldom is there one that needs a look of its own."""
    text = "".join(keys)
    return keys if text.isprintable() and '"' not in text else map(_shown, keys)


def _shown(text: str) -> str:
    """An id or value as it is, or as the JSON string that the ids file would have held it as."""
    return text if text.isprintable() and not text.startswith('"') else json.dumps(text)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else _shown(str(value))
