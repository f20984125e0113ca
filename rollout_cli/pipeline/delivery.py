"""A delivery: one request of a provider, as it came, and what the legacy path made of it."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

_MOST_UNPACKED = 1 << 20
_ANY_OF_ZLIB = zlib.MAX_WBITS | 32
"""Both gzip and zlib, told apart by how they begin."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a legacy application answered over HTTP.

    Attributes:
        status: like 200; 0 where it answered nothing.
        headers: under their names as they were given.
        body: as it was sent, perhaps packed; None where it was longer than 64 KiB, or not sent to its end.
    """

    status: int = 0
    headers: Sequence[tuple[str, str]] = ()
    body: bytes | None = None

    def content(self) -> Any:
        """The body, unpacked (gzip, deflate), and read as JSON where it is some; else its text; None without a body.

        Raises:
            zlib.error: it is packed in another way than it says.
        """
        if self.body is None:
            return None
        packing = [value.strip().lower() for name, value in self.headers if name.lower() == "content-encoding"]
        body = self.body
        if packing in (["gzip"], ["deflate"]):
            body = zlib.decompressobj(_ANY_OF_ZLIB).decompress(body, _MOST_UNPACKED)
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class LegacyOutcome:
    """What the legacy handler did with a delivery.

    Attributes:
        response: what it returned, an `Answer` where it was heard over HTTP; None where it raised.
        error: the name of the exception's type where it raised.
        seconds: how long it took, wall clock.
    """

    response: Any = None
    error: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request.

    Attributes:
        provider: one of `rollout_cli.whatsapp.PROVIDERS`.
        body: the raw bytes, untouched.
        received_at: when it came; aware.
        instance: which instance it came for, where the address says so and the body may not.
        event: the provider's event name, where the address says so and the body may not.
        headers: of the request.
        shopper_id: whose it is: the targeting key of every flag, and the tenant of every key.
        signature_valid: what a check of the signature found; None where nobody has looked.
        legacy: what the legacy handler did; None where it was not asked.
    """

    provider: str
    body: bytes
    received_at: datetime
    instance: str | None = None
    event: str | None = None
    headers: Mapping[str, str] | None = None
    shopper_id: str | None = None
    signature_valid: bool | None = None
    legacy: LegacyOutcome | None = None


def now_in_utc() -> datetime:
    """The time."""
    return datetime.now(UTC)


class Candidate(Protocol):
    """What runs beside the legacy path, or instead of it. `NewPath` is one."""

    def take(self, deliveries: Sequence[Delivery]) -> object:
        """Take deliveries, in order.

        Raises:
            StoreError: nothing of them was taken; the same may be given again.
        """
        ...  # pragma: no cover - a protocol
