r"""Recorded deliveries: how one is written as a line, and what a line of a recording sends. Pure.

```json
{"at": 1769860800000, "provider": "evolution", "shopper": "shopper-1", "instance": "store-1",
 "event": "messages.upsert", "body": "{\"event\": …}", "headers": {"x-request-id": "…"}}
```
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from rollout_cli.simulate.evidence import OF_THE_ROUTER
from rollout_cli.simulate.partition import in_lanes
from rollout_cli.simulate.traffic.cast import LANES
from rollout_cli.simulate.traffic.sent import Sent
from rollout_cli.whatsapp import PROVIDERS

SHOPPER = "replay"
"""Whose a delivery is of which nobody says it."""
_BEGINS = (b'{"at":', b'{"event_id":')
"""How lines begin that are no bodies: what begins so and is no JSON was cut off or damaged."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class RecordError(ValueError):
    """What was read is no delivery; the message says why, without a word of it."""


class Piece(NamedTuple):
    """One line, or one file, of a recording.

    Attributes:
        place: where it stands, for people.
        data: its bytes.
        provider: of the folder that it lies in, where that is named like one.
        problem: why it cannot be read, without a word of it; empty where it can.
    """

    place: str
    data: bytes
    provider: str | None = None
    problem: str = ""


class Place(NamedTuple):
    """How far a recording was read: records, and those of them that could not be."""

    records: int = 0
    unreadable: int = 0


_BEGIN = Place()


class Whose(Struct, frozen=True):
    """What is said of deliveries that do not say it themselves.

    Attributes:
        provider: None where every record has to say it.
        shopper, instance: whose they are.
        at: when they come, milliseconds since 1970.
    """

    provider: str | None = None
    shopper: str = SHOPPER
    instance: str | None = None
    at: int = 0


class Recording(Struct, frozen=True):
    """Where a recording is: what a worker has to know to replay some of it.

    Attributes:
        names: of files and folders, absolute.
        whose: said of what does not say it itself.
    """

    names: tuple[str, ...]
    whose: Whose


class _Base64(Struct, forbid_unknown_fields=True):
    base64: bytes


class _Record(Struct, omit_defaults=True, kw_only=True):
    """A line of a recording, in the order in which people read it."""

    at: Annotated[int, Meta(ge=0, le=253_402_300_799_999)] | None = None
    provider: str
    shopper: str | None = None
    instance: str | None = None
    event: str | None = None
    body: str | _Base64
    headers: dict[str, str] | None = None


class _Source(Struct):
    provider: str
    instance: str | None = None
    webhook_event: str | None = None


class _Routing(Struct, frozen=True):
    shopper_id: str | None = None


class _Event(Struct):
    """What is needed of a line of an exported log."""

    event_type: str
    occurred_at: Annotated[datetime, Meta(tz=True)]
    source: _Source
    raw: Raw
    routing: _Routing = _Routing()


class _Any(Struct):
    """What tells a record, an event and a body from each other; nothing of it is decoded."""

    provider: Raw | UnsetType = UNSET
    body: Raw | UnsetType = UNSET
    event_id: Raw | UnsetType = UNSET
    trace: Raw | UnsetType = UNSET
    raw: Raw | UnsetType = UNSET


class Replay:
    """The deliveries of a recording, in its order. What is none is told and counted, and the others go on."""

    def __init__(
        self,
        pieces: Iterable[Piece],
        whose: Whose,
        complain: Callable[[str, str], None] = lambda *_: None,
        begin: Place = _BEGIN,
        lanes: frozenset[int] | None = None,
    ) -> None:
        """Begin, or go on.

        Args:
            pieces: of the recording, from its first one on.
            whose: said of what does not say it itself.
            complain: hears where something stands that is no delivery, and why.
            begin: how far it was read before.
            lanes: numbers of those that are replayed, by `partition`; None for all of them.
        """
        self._pieces = pieces
        self._whose = whose
        self._complain = complain
        self._begin = begin
        self._lanes = lanes
        self._given: tuple[Place, Place] = (begin, begin)
        self.read = begin

    def __iter__(self) -> Iterator[Sent]:
        return in_lanes(self._sent_ones(), LANES, self._lanes)

    def _sent_ones(self) -> Iterator[Sent]:
        records, unreadable = self._begin
        for number, piece in enumerate(self._pieces, 1):
            if number <= self._begin.records:
                continue
            records = number
            sent, problem = self._sent(piece, number)
            if problem:
                unreadable += 1
                self._complain(piece.place, problem)
            self.read = Place(records, unreadable)
            if sent is not None:
                self._given = (self._given[1], self.read)
                yield sent

    def _sent(self, piece: Piece, number: int) -> tuple[Sent | None, str]:
        try:
            return (None if piece.problem else sent_of(piece.data, self._whose, number, piece.provider)), piece.problem
        except RecordError as error:
            return None, str(error)

    def at(self, sent: Sent) -> Place:
        """How far it was read when a delivery was given out: the latest one, or the one before it."""
        return next(each for each in self._given if each.records == sent.number)


_look = msgspec.json.Decoder(_Any).decode
_record = msgspec.json.Decoder(_Record).decode
_event = msgspec.json.Decoder(_Event).decode
_encode = msgspec.json.Encoder().encode


def line_of(sent: Sent) -> bytes:
    """A delivery as a line of a recording, its end included. The body comes back to the byte."""
    try:
        body: Any = sent.body.decode()
    except UnicodeDecodeError:
        body = {"base64": b64encode(sent.body).decode()}
    record = _Record(
        at=sent.at, provider=sent.provider, shopper=sent.shopper_id, instance=sent.instance, event=sent.event,
        body=body, headers=sent.headers,
    )  # fmt: skip
    return _encode(record) + b"\n"


def sent_of(data: bytes, whose: Whose, number: int, provider: str | None = None) -> Sent | None:
    """What a line, or a file, of a recording sends: a delivery as it was recorded, the body of an event, or a body.

    Args:
        data: a record as `line_of` writes it, a canonical event with its `raw`, or a provider's body.
        whose: said of what does not say it itself.
        number: of the line.
        provider: of a body, where its folder says so.

    Returns:
        None for an event that no provider sent: those of the router come again by themselves.

    Raises:
        RecordError: it is none of these.
    """
    kind = _kind(data)
    try:
        if kind is _Record:
            return _of_record(_record(data), whose, number)
        if kind is _Event:
            return _of_event(_event(data), whose, number)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"it is no record: {_words(error)}") from None
    name = provider or whose.provider
    if name is None:
        raise RecordError("it says no provider: a bare body needs --provider")
    return Sent(whose.at, 0, number, name, data, whose.shopper, whose.instance, is_known=False)


def _kind(data: bytes) -> type[Struct] | None:
    """The form of a line; None for a body.

    Raises:
        RecordError: it was a record once.
    """
    try:
        found = _look(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if data.startswith(_BEGINS):
            raise RecordError(f"it is cut off or damaged: {_words(error)}") from None
        return None
    if found.provider is not UNSET and found.body is not UNSET:
        return _Record
    is_event = UNSET not in (found.event_id, found.trace, found.raw)
    return _Event if is_event else None


def _of_record(record: _Record, whose: Whose, number: int) -> Sent:
    body = record.body.encode() if isinstance(record.body, str) else record.body.base64
    return Sent(
        whose.at if record.at is None else record.at, 0, number, _known(record.provider), body,
        record.shopper or whose.shopper, record.instance or whose.instance, record.event, is_known=False,
        headers=record.headers,
    )  # fmt: skip


def _of_event(event: _Event, whose: Whose, number: int) -> Sent | None:
    if event.event_type in OF_THE_ROUTER:
        return None
    body, source = bytes(event.raw), event.source
    if body == b"null":
        raise RecordError("the event's raw body is not kept any more")
    at = (event.occurred_at - _EPOCH) // _MILLISECOND
    return Sent(
        at, 0, number, _known(source.provider), body, event.routing.shopper_id or whose.shopper,
        source.instance or whose.instance, source.webhook_event, is_known=False,
    )  # fmt: skip


def _known(provider: str) -> str:
    if provider not in PROVIDERS:
        raise RecordError(f"there is no such provider; there are {', '.join(PROVIDERS)}")
    return provider


def _words(error: Exception) -> str:
    """What a decoder says, without a word of what it read."""
    if isinstance(error, UnicodeDecodeError):
        return "it is no UTF-8"
    return str(error) if isinstance(error, msgspec.ValidationError) else "it is no JSON"
