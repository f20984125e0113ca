"""`normalize`: a provider's body in, canonical events out."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from rollout_cli.whatsapp.baileys import envelope as baileys
from rollout_cli.whatsapp.cloud_api import envelope as cloud_api
from rollout_cli.whatsapp.cloud_api.plain import read_plain
from rollout_cli.whatsapp.decoding import checked, refusal
from rollout_cli.whatsapp.delivery import Delivery, utc
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.evolution import envelope as evolution
from rollout_cli.whatsapp.failure import NormalizeError, Reason
from rollout_cli.whatsapp.proxies import bodies
from rollout_cli.whatsapp.simulated import envelope as simulated
from rollout_cli.whatsapp.vocabulary import PROVIDERS, Provider

Headers = Mapping[str, str]

Reader = Callable[[Delivery, bytes], list[CanonicalEvent]]

READERS: Mapping[Provider, Reader] = {
    "cloud_api": cloud_api.read,
    "evolution": evolution.read,
    "baileys": baileys.read,
    "simulated": simulated.read,
}

_CORRELATION = ("x-correlation-id", "x-request-id", "traceparent")


def normalize(
    provider: str,
    body: bytes,
    *,
    event: str | None = None,
    headers: Headers | None = None,
    instance: str | None = None,
    received_at: datetime,
    tenant: str = "",
    signature_valid: bool | None = None,
) -> list[CanonicalEvent]:
    """The events that a body tells of, in its order. Pure: nothing is read, written, logged or remembered.

    Args:
        provider: `cloud_api`, `evolution`, `baileys` or `simulated`.
        body: the raw bytes of the request.
        event: the provider's event name where it stands beside the body (in the address, or in a library's callback).
        headers: of the request, for the correlation id; nothing else of them is kept.
        instance: which instance the body came for, used where the body itself does not say.
        received_at: when it came; aware.
        tenant: whose it is, the first part of every key and thread.
        signature_valid: what a check of the signature found, handed on into every event.

    Returns:
        No event for a body that says nothing (`entry: []`); `whatsapp.unknown` for what nobody here knows.

    Raises:
        NormalizeError: the bytes are no delivery of that provider; nothing else is ever raised for a body.
        ValueError: `received_at` has no offset from UTC.
    """
    read = _reader(provider)
    delivery = Delivery(
        provider,  # type: ignore[arg-type]
        utc(received_at),
        _written(tenant) or "",
        _written(instance),
        _written(event),
        signature_valid,
        _correlation(headers) if headers else None,
    )
    plain = read_plain(delivery, body) if read is cloud_api.read and type(body) is bytes else None
    if plain is not None:
        return plain
    try:
        data = checked(body if type(body) is bytes else _as_bytes(body))
        if data[:1] == b"{":  # the usual case
            return read(delivery, data)
        return [each for inner in bodies(data, provider) for each in read(delivery, inner)]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise refusal(error) from None


def _reader(provider: str) -> Reader:
    read: Reader | None = READERS.get(provider)  # type: ignore[call-overload]
    if read is None:
        hint = f"one of {', '.join(PROVIDERS)}"
        raise NormalizeError(Reason.UNKNOWN_PROVIDER, "there is no provider of that name", hint=hint)
    return read


def _as_bytes(body: object) -> bytes:
    if not isinstance(body, bytearray | memoryview | bytes):
        raise TypeError(f"body must be the raw bytes of a request, not {type(body).__name__}")
    return bytes(body)


def _written(name: str | None) -> str | None:
    """A name that can be written down: a server may hand on halves of characters from an address."""
    return name if name is None or name.isascii() else name.encode(errors="replace").decode()


def _correlation(headers: Headers) -> str | None:
    """The id that ties the request to others, from whichever header has it."""
    found = {name.lower(): value for name, value in headers.items() if name.lower() in _CORRELATION}
    return _written(next((found[name] for name in _CORRELATION if found.get(name)), None))
