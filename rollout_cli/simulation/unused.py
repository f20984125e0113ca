"""Whether a store of events has nothing yet of the traffic that is to be played into it.

Told a second time, traffic is repeated: nothing of it would be new, and what has to be stored would be missing.
"""

from collections.abc import Iterator
from itertools import islice

from rollout_cli.errors import RefusedError
from rollout_cli.pipeline.switches import Path
from rollout_cli.simulate.position import Standpoint
from rollout_cli.simulate.traffic.cast import Lane
from rollout_cli.simulate.traffic.moments import moment_of
from rollout_cli.simulate.traffic.sent import Sent
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.simulation.running import Order
from rollout_cli.whatsapp import normalize

_LOOKED_AT = 100
"""Deliveries whose events are looked for: whatever has come of the traffic before, its beginning has."""
_MADE = 2_000
"""Deliveries that are made to find so many of shoppers who are live."""


def require_unused(order: Order) -> None:
    """See that the store that an order names has nothing of its traffic.

    Args:
        order: of traffic; of a recording nobody knows what is in it.

    Raises:
        RefusedError: it has some.
        StoreError: the store cannot be opened or read.
    """
    if order.events_store is None:
        return
    from rollout_cli.store.address import address_from_url  # noqa: PLC0415 - the order alone needs no SQLAlchemy
    from rollout_cli.store.events.auditing import knows_any  # noqa: PLC0415
    from rollout_cli.store.events.opening import open_event_store  # noqa: PLC0415

    standpoint = Standpoint(order.snapshot)
    live = {each for each in order.shoppers if standpoint.mode_of(each).path is Path.LIVE}
    lanes = [each for each in order.everybody() if any(shopper.id in live for shopper in each.shoppers)]
    if not lanes:
        return
    store = open_event_store(address_from_url(order.events_store))
    try:
        is_used = knows_any(store, set(_keys(order, lanes, live)), _channels(lanes, live))
    finally:
        store.close()
    if is_used:
        raise RefusedError(
            f"{store.name} has traffic of seed {order.seed} already: told again, nothing of it would be new",
            hint="take another --seed, or another store",
        )


def _keys(order: Order, lanes: list[Lane], live: set[str]) -> Iterator[str]:
    made = islice(traffic(lanes, order.profile, order.seed), _MADE)
    for sent in islice((each for each in made if each.shopper_id in live and not each.is_malformed), _LOOKED_AT):
        yield from _keys_of(sent)


def _keys_of(sent: Sent) -> Iterator[str]:
    at = moment_of(sent.at)
    told = normalize(
        sent.provider, sent.body, received_at=at, instance=sent.instance, event=sent.event, tenant=sent.shopper_id or ""
    )
    return (each.trace.idempotency_key for each in told)


def _channels(lanes: list[Lane], live: set[str]) -> set[tuple[str, str]]:
    own = (shopper for lane in lanes for shopper in lane.shoppers if shopper.id in live)
    return {(shopper.id, instance.id) for shopper in own for instance in shopper.instances}
