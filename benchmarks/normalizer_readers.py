"""Who reads a body: ours, bare decoders, typed ones, pydantic and pywa. Peers are imported when they are measured."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import msgspec
from pydantic import TypeAdapter

from benchmarks.normalizer_bodies import Kind
from benchmarks.normalizer_models import BodyModel, decode_body, events_of
from benchmarks.question import UnequalError
from rollout_cli.whatsapp import normalize
from rollout_cli.whatsapp.vocabulary import Provider

RECEIVED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)

Read = Callable[[bytes], Any]
"""What is made of a body; it is held until the next one."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads.

    Attributes:
        name: as the table shows it.
        package: whose version the table shows.
        open: for a provider, what reads a body of it.
        events: how many messages stand in what it has made; None for a decoder that does not look for them.
        providers: whose bodies it reads; None for all.
        most: how many messages of a body it makes something of; None for all.
    """

    name: str
    package: str
    open: Callable[[Provider], Read]
    events: Callable[[Any], int] | None = None
    providers: frozenset[Provider] | None = None
    most: int | None = None

    def made(self, kind: Kind) -> int:
        """How many messages it makes something of in a body of this kind."""
        return kind.events if self.most is None else min(kind.events, self.most)

    def reads(self, kind: Kind) -> bool:
        """Whether it reads bodies of this kind."""
        return self.providers is None or kind.provider in self.providers


def verify(reader: Reader, kind: Kind) -> None:
    """That it makes as many events of a body as it is measured by.

    Raises:
        UnequalError: it does not.
    """
    made = reader.open(kind.provider)(kind.make(0))
    if reader.events is not None and reader.events(made) != reader.made(kind):
        raise UnequalError(f"{reader.name}: {reader.events(made)} of {kind.events} events of {kind.name}")


def _orjson(_provider: Provider) -> Read:
    loads: Read = import_module("orjson").loads
    return loads


def _msgspec(_provider: Provider) -> Read:
    return msgspec.json.Decoder().decode


def _ours(provider: Provider) -> Read:
    return lambda body: normalize(provider, body, received_at=RECEIVED_AT)


def _ours_written(provider: Provider) -> Read:
    return lambda body: [event.to_json() for event in normalize(provider, body, received_at=RECEIVED_AT)]


def _pydantic(_provider: Provider) -> Read:
    return TypeAdapter(BodyModel).validate_json


def _walk(_provider: Provider) -> Read:
    loads = import_module("orjson").loads
    return lambda body: events_of(loads(body))


def _walk_written(_provider: Provider) -> Read:
    loads = import_module("orjson").loads
    return lambda body: [event.model_dump_json() for event in events_of(loads(body))]


def _pywa(_provider: Provider) -> Read:
    """What pywa's server does with a body before it calls a handler, without its checks and its log."""
    types = import_module("pywa.types")
    client = import_module("pywa").WhatsApp(phone_id="700100200300400", token="offline")  # noqa: S106 - it opens nothing
    update, from_update = types.RawUpdate, types.Message.from_update
    return lambda body: from_update(client=client, update=update(body, hmac_header=None, update_hash=""))


def _in_body(body: Any) -> int:
    return sum(len(change.value.messages) for entry in body.entry for change in entry.changes)


_CLOUD: frozenset[Provider] = frozenset({"cloud_api"})

FLOOR = Reader("orjson.loads", "orjson", _orjson)
OURS = Reader("rollout normalize", "rollout-cli", _ours, len)
WRITTEN = Reader("rollout normalize + to_json", "rollout-cli", _ours_written, len)
PYWA = Reader("pywa Message.from_update", "pywa", _pywa, lambda message: bool(message.text), _CLOUD, most=1)
READERS = (
    FLOOR,
    Reader("msgspec, untyped", "msgspec", _msgspec),
    Reader("msgspec, typed wire", "msgspec", lambda _provider: decode_body, _in_body, _CLOUD),
    Reader("pydantic, typed wire", "pydantic", _pydantic, _in_body, _CLOUD),
    OURS,
    WRITTEN,
    Reader("orjson + pydantic events", "pydantic", _walk, len, _CLOUD),
    Reader("the same + model_dump_json", "pydantic", _walk_written, len, _CLOUD),
    PYWA,
)
