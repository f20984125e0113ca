"""Failures in a row: who sends again and again what cannot be trusted, or read."""

from rollout_cli.pipeline.delivery import Delivery

IN_A_ROW = 3
_MOST = 10_000


class Strikes:
    """Counts, for each instance, how many deliveries in a row were refused or badly signed."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str | None, str | None], int] = {}

    def failed(self, delivery: Delivery) -> int:
        """Count one more; how many it is now."""
        who = (delivery.provider, delivery.instance, delivery.shopper_id)
        count = self._rows.get(who, 0) + 1
        if count == 1 and len(self._rows) >= _MOST:
            self._rows.clear()
        self._rows[who] = count
        return count

    def out(self, delivery: Delivery, *, failed: bool) -> bool:
        """Whether a delivery is at least the third failure in a row, or follows three of them."""
        if failed:
            return self.failed(delivery) >= IN_A_ROW
        return (
            bool(self._rows)
            and self._rows.pop((delivery.provider, delivery.instance, delivery.shopper_id), 0) >= IN_A_ROW
        )
