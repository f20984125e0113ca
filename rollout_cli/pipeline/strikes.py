"""Failures in a row: who sends again and again what cannot be trusted, or read."""

from collections.abc import Mapping, Sequence

from rollout_cli.pipeline.delivery import Delivery

IN_A_ROW = 3
_MOST = 10_000

Who = tuple[str, str | None, str | None]
"""Provider, instance, shopper."""


class Strikes:
    """Counts, for each instance, how many deliveries in a row were refused or badly signed."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: dict[Who, int] = {}

    def failed(self, delivery: Delivery) -> int:
        """Count one more; how many it is now."""
        who = _who(delivery)
        count = self._rows.get(who, 0) + 1
        if count == 1 and len(self._rows) >= _MOST:
            self._rows.clear()
        self._rows[who] = count
        return count

    def out(self, delivery: Delivery, *, failed: bool) -> bool:
        """Whether a delivery is at least the third failure in a row, or follows three of them."""
        if failed:
            return self.failed(delivery) >= IN_A_ROW
        return bool(self._rows) and self._rows.pop(_who(delivery), 0) >= IN_A_ROW

    def of(self, deliveries: Sequence[Delivery]) -> Mapping[Who, int]:
        """How many there are now of those that deliveries are from; who has none is left out."""
        rows = self._rows
        return {who: rows[who] for who in map(_who, deliveries) if who in rows} if rows else {}

    def back_to(self, before: Mapping[Who, int], deliveries: Sequence[Delivery]) -> None:
        """Have it as it was before deliveries that are not taken after all: they come again."""
        for who in {_who(each) for each in deliveries}:
            self._rows.pop(who, None)
        self._rows.update(before)


def _who(delivery: Delivery) -> Who:
    return delivery.provider, delivery.instance, delivery.shopper_id
