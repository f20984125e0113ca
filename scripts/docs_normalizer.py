"""docs/normalizer.md: what becomes of what, from the normalizer's own tables, types and limits."""

import inspect
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import docs_normalizer_words as words
import msgspec
from docs_markdown import literal, page, sentence, table

from rollout_cli.whatsapp import Reason, events, normalize
from rollout_cli.whatsapp.credentials import ADDRESSES, CREDENTIALS
from rollout_cli.whatsapp.decoding import MAX_BYTES, MAX_DEPTH
from rollout_cli.whatsapp.simulated import envelope as simulated
from rollout_cli.whatsapp.table import Row, rows
from rollout_cli.whatsapp.vocabulary import EVENT_TYPES, MESSAGE_TYPES, PROVIDERS

_PARTS = {
    "source": events.Source,
    "routing": events.Routing,
    "actor": events.Actor,
    "context": events.Context,
    "message": events.Message,
    "status": events.Status,
    "trace": events.Trace,
    "security": events.Security,
}
_INNER = {
    "message.media": events.Media,
    "message.location": events.Location,
    "message.contacts": events.Contact,
    "message.interactive": events.Interactive,
    "message.reaction": events.Reaction,
    "message.order": events.Order,
    "message.order.items": events.OrderItem,
    "message.poll": events.Poll,
}


def normalizer_page() -> str:
    """docs/normalizer.md."""
    limits = words.LIMITS.format(bytes=f"{MAX_BYTES:,}", depth=MAX_DEPTH)
    raw = words.RAW.format(credentials=_names(CREDENTIALS), addresses=_names(ADDRESSES))
    return page(
        "Normalizer", words.INTRO, words.PYTHON, words.COMMAND,
        words.ENVELOPE, _envelope(), _vocabulary(),
        words.KEYS, words.IDENTITY,
        words.TIMES, table(("Flag", "Meaning"), [(literal(flag), text) for flag, text in words.FLAGS.items()]),
        limits, _reasons(),
        raw, words.SIMULATED, simulated.__doc__ or "", words.CLOUD_EVENTS, words.SIGNATURE,
        words.TABLES, *_tables(),
    )  # fmt: skip


def _reasons() -> str:
    return table(("Reason", "What it is"), [(literal(each.value), words.REASONS[each]) for each in Reason])


# The envelope


def _envelope() -> str:
    (event,) = normalize("simulated", b'{"kind": "call"}', received_at=datetime.now(UTC))
    outer = [_part(name) if name in _PARTS else (literal(name), "", words.OUTER[name]) for name in event.to_dict()]
    return table(("Key", "Its keys", "Meaning"), [*outer, *map(_part, _INNER)])


def _part(name: str) -> tuple[str, str, str]:
    of = {**_PARTS, **_INNER}[name]
    return literal(name), ", ".join(map(literal, _json_names(of))), _meaning_words(of)


def _json_names(of: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(of))


def _meaning_words(of: type[msgspec.Struct]) -> str:
    """What the type is, and what is to be said of some of its keys."""
    told = [f"{literal(name)}: {text}" for name, text in _meanings(of).items()]
    return "<br>".join([sentence(of.__doc__), *told])


def _meanings(of: type[Any]) -> dict[str, str]:
    """What a docstring says of attributes, by the name that each has in JSON."""
    written = inspect.getdoc(of) or ""
    block = written.partition("Attributes:\n")[2]
    names = {field.name: field.encode_name for field in msgspec.structs.fields(of)}
    found: dict[str, str] = {}
    for match in re.finditer(r"^ {4}([\w, ]+): (.*(?:\n {8}.*)*)", block, re.MULTILINE):
        shown = ", ".join(names.get(name, name) for name in match[1].split(", "))
        found[shown] = " ".join(match[2].split())
    return found


def _vocabulary() -> str:
    return "\n\n".join(
        [
            f"Event types: {', '.join(map(literal, EVENT_TYPES))}.",
            f"Message types: {', '.join(map(literal, MESSAGE_TYPES))}.",
        ]
    )


# The tables


def _tables() -> Iterator[str]:
    every = rows()
    for provider in PROVIDERS:
        title, text = words.PROVIDERS[provider]
        yield f"### {title}"
        yield text
        yield table(
            ("What is sent", "Event type", "Message type", "Key"),
            [_cells(row) for row in every if row.provider == provider],
        )


def _cells(row: Row) -> tuple[str, ...]:
    message_type = literal(row.message_type) if row.message_type else ""
    return row.kind, literal(row.event_type), message_type, literal(row.key)


def _names(names: frozenset[str]) -> str:
    return ", ".join(map(literal, sorted(names)))
