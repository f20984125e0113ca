"""Many decisions as lines: tab-separated, or one JSON document each."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from itertools import islice

from rollout_cli.control.views import DecisionView, decision_view
from rollout_cli.flags.decision import Decision
from rollout_cli.render.documents import schema_name

Decide = Callable[[str, str | None], Decision]
_KEYS = tuple(field.name for field in fields(DecisionView))


def tab_lines(decide: Decide, flag: str, ids: Iterable[str], size: int) -> Iterator[str]:
    """`id<TAB>value<TAB>reason` for every id, in chunks of `size` lines."""
    for chunk in _chunks(ids, size):
        lines = []
        for key in chunk:
            decision = decide(flag, key)
            lines.append(f"{_shown(key)}\t{_word(decision.value)}\t{decision.reason}\n")
        yield "".join(lines)


def json_lines(decide: Decide, flag: str, ids: Iterable[str], size: int) -> Iterator[str]:
    """One JSON document a line for every id, in chunks of `size` lines."""
    schema = schema_name("evaluate")
    encode = json.JSONEncoder().encode

    def document(key: str) -> dict[str, object]:
        view = decision_view(decide(flag, key), key)
        return {"schema": schema, **{name: getattr(view, name) for name in _KEYS}}

    for chunk in _chunks(ids, size):
        yield "".join(f"{encode(document(key))}\n" for key in chunk)


def _chunks(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    stream = iter(ids)
    while chunk := list(islice(stream, size)):
        yield chunk


def _shown(text: str) -> str:
    """An id or value as it is, or as the JSON string that the ids file would have held it as."""
    return text if text.isprintable() and not text.startswith('"') else json.dumps(text)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else _shown(str(value))
