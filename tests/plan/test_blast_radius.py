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


@pytest.mark.parametrize(("percent", "value", "then", "on", "off"), [
    (None, None, "default", 0, 0),
    (None, None, "sticky", 1_000, 0),
    (100_000, "default", None, 0, 0),
    (100_000, "sticky", None, 0, 1_000),
])  # fmt: skip
def test_a_text_that_is_the_same_on_and_off_turns_for_nobody(
    percent: int | None, value: str | None, then: str | None, on: int, off: int
) -> None:
    def policy(value: str | None, percent: int | None = None) -> Snapshot:
        state = FlagState(enabled=value is not None, percent=None if percent is None else Percent(percent), value=value)
        return Snapshot("rollout", definitions={"POLICY": DEFINITIONS["POLICY"]}, states={"POLICY": state})

    radius = blast_radius(policy(value, percent), policy(then), IDS)
    assert (len(radius.ids_on), len(radius.ids_off)) == (on, off)
    assert radius.flags == ({"POLICY": Flips(on, off, 0)} if on or off else {})


def test_a_text_that_comes_with_a_flag_nobody_declared_before_turns_where_it_differs_from_its_default() -> None:
    before = Snapshot("rollout", definitions={}, states={})
    state = {"POLICY": FlagState(enabled=True, percent=Percent(100_000), value="default")}
    after = Snapshot("rollout", definitions={"POLICY": DEFINITIONS["POLICY"]}, states=state)
    assert blast_radius(before, after, IDS).ids_on == ()
    assert blast_radius(after, before, IDS).ids_off == ()


@pytest.mark.parametrize("at_once", [1, 7, 999, 1_000, 1_001])
def test_it_does_not_matter_how_many_ids_are_asked_about_at_once(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    whole = blast_radius(BEFORE, AFTER, IDS)
    monkeypatch.setattr(removal, "_IDS_AT_ONCE", at_once)
    assert blast_radius(BEFORE, AFTER, iter(IDS)) == whole
    assert list(whole.ids_on) == sorted(whole.ids_on, key=IDS.index)
