"""Many ids asked about at once: the same answers as one by one, wherever the ids are divided."""

import pytest

from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.flags.percent import Percent
from rollout_cli.plan import removal
from rollout_cli.plan.removal import Flips, blast_radius

DEFINITIONS = {
    "FLAG": FlagDefinition("FLAG", FlagType.BOOLEAN, default=False),
    "POLICY": FlagDefinition("POLICY", FlagType.STRING, default="default", values=("default", "sticky", "round_robin")),
}


def snapshot(flag: int, policy: int, value: str) -> Snapshot:
    states = {
        "FLAG": FlagState(enabled=True, percent=Percent(flag)),
        "POLICY": FlagState(enabled=True, percent=Percent(policy), value=value),
    }
    return Snapshot("rollout", definitions=DEFINITIONS, states=states)


BEFORE, AFTER = snapshot(20_000, 60_000, "sticky"), snapshot(50_000, 40_000, "round_robin")
IDS = [f"shopper-{number}" for number in range(1_000)]


def test_whoever_keeps_a_flag_and_gets_another_value_is_counted_and_does_not_flip() -> None:
    radius = blast_radius(BEFORE, AFTER, IDS)
    policy = radius.flags["POLICY"]
    assert policy.on == 0
    assert 150 < policy.off == len(radius.ids_off) < 250
    assert 350 < policy.changed < 450
    assert radius.flags["FLAG"] == Flips(len(radius.ids_on), 0, 0)


@pytest.mark.parametrize("at_once", [1, 7, 999, 1_000, 1_001])
def test_it_does_not_matter_how_many_ids_are_asked_about_at_once(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    whole = blast_radius(BEFORE, AFTER, IDS)
    monkeypatch.setattr(removal, "_IDS_AT_ONCE", at_once)
    assert blast_radius(BEFORE, AFTER, iter(IDS)) == whole
    assert list(whole.ids_on) == sorted(whole.ids_on, key=IDS.index)
