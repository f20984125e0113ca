"""One store may take the traffic of many seeds, each judged as in its own; what it has already is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from rollout_cli.errors import ExitCode, RefusedError
from rollout_cli.simulate.traffic.cast import shopper_ids
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulation.running import Order, simulate
from rollout_cli.simulation.unused import require_unused
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import upgrade_event_store
from tests.support.planted import IN_SHADOW, LIVE, PATIENT, PROFILE, SAFE, not_passing
from tests.support.program import rollout_here

ORDER = Order(LIVE, PROFILE, 5, 300, shopper_ids(6))


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """Traffic into a store that stays."""
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    upgrade_event_store(address_from_url(url))
    return replace(ORDER, events_store=url)


def test_traffic_of_another_seed_is_judged_as_if_the_store_were_its_own(order: Order) -> None:
    for seed in (5, 6, 0, -7):
        own = replace(order, seed=seed)
        require_unused(own)
        assert not_passing(simulate(own), PATIENT) == set()


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"events": 4_000},
        {"shoppers": shopper_ids(3)},
        {"profile": Profile.model_validate({"providers": {"cloud_api": 1, "simulated": 1}})},
    ],
)
def test_traffic_of_the_same_seed_is_refused_also_where_it_is_not_quite_the_same(
    order: Order, changed: dict[str, object]
) -> None:
    require_unused(order)
    simulate(order)
    with pytest.raises(RefusedError, match="has traffic of seed 5 already") as refused:
        require_unused(replace(order, **changed))  # type: ignore[arg-type]
    assert "another --seed" in refused.value.hint


def test_what_broke_off_is_refused_too(order: Order) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(replace(order, batch=20), stop)
    with pytest.raises(RefusedError):
        require_unused(order)


def test_nothing_is_refused_of_what_is_not_stored(order: Order) -> None:
    simulate(order)
    for nothing_stored in (IN_SHADOW, SAFE):
        require_unused(replace(order, snapshot=nothing_stored))
    require_unused(replace(order, events_store=None))


def test_the_command_refuses_before_anything_is_sent_and_says_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    rollout_here("init", ".", cwd=tmp_path)
    rollout_here("events", "upgrade", "--events-store", url, cwd=tmp_path)
    words = ("--phase", "3", "--events", "200", "--events-store", url)
    first = rollout_here("simulate", *words, cwd=tmp_path)
    again = rollout_here("simulate", *words, cwd=tmp_path)
    other = rollout_here("simulate", *words, "--seed", "2", "--format", "json", cwd=tmp_path)
    assert again.code == ExitCode.REFUSED != first.code
    assert "already" in again.err
    assert "--seed" in again.err
    stored = {each["id"]: each["verdict"] for each in other.document["kpis"]}["stored_rate"]
    assert stored == "PASS"
