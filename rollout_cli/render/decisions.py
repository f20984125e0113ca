"""Many decisions as lines: tab-separated, or one JSON document each."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import islice

from rollout_cli.control.views import decision_view
from rollout_cli.flags.decision import Decision
from rollout_cli.render.documents import schema_name

Decide = Callable[[str, str | None], Decision]


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
    head = {"schema": schema_name("evaluate")}
    for chunk in _chunks(ids, size):
        yield "".join(json.dumps(head | asdict(decision_view(decide(flag, key), key))) + "\n" for key in chunk)


def _chunks(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    stream = iter(ids)
    while chunk := list(islice(stream, size)):
        yield chunk


def _shown(key: str) -> str:
    """An id as it is, or as the JSON string that the ids file would have held it as."""
    return key if key.isprintable() and not key.startswith('"') else json.dumps(key)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
