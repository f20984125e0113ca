"""What was taken of a batch before the store went away: it comes again with the rest, and must not be taken twice."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Generic, TypeVar

from rollout_cli.pipeline.delivery import Delivery

_MOST = 1000

T = TypeVar("T")


class Earlier(Generic[T]):
    """Remembers what became of deliveries, until each comes again. May be shared by threads.

    One that comes again is the same request with the same time; a provider's repetition has a time of its own.
    """

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], T] = {}

    def keep(self, taken: Iterable[tuple[Delivery, T]]) -> None:
        """Remember these; where too many never come again, the eldest are forgotten."""
        for delivery, ended in taken:
            self._kept[_name_of(delivery)] = ended
        for name in list(self._kept)[:-_MOST]:
            self._kept.pop(name, None)

    def pop(self, delivery: Delivery) -> T | None:
        """What became of a delivery earlier, which is forgotten now; None for one that is not known."""
        return self._kept.pop(_name_of(delivery), None) if self._kept else None


def _name_of(delivery: Delivery) -> tuple[object, ...]:
    return (
        delivery.received_at, delivery.provider, delivery.instance, delivery.event, delivery.shopper_id,
        delivery.signature_valid, sha256(delivery.body).digest(),
    )  # fmt: skip
