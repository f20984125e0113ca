"""What the files want at each position."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings

from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import FlagState
from rollout_cli.flags.percent import Percent
from rollout_cli.plan.difference import snapshot_at
from rollout_cli.plan.position import Position
from rollout_cli.plan.removal import removals_between
from rollout_cli.plan.wanted import Wanted
from tests.plan.random_plans import IDS, phase, plans, wanted_of
from tests.support.examples import examples
from tests.support.projects import REPOSITORY, load_project

OFF, ON = FlagState(), FlagState(enabled=True)
BETA = frozenset({"beta-1", "beta-2"})
SAFE = {"EVENTS": OFF, "SHADOW": ON, "ROUTING": OFF, "POLICY": OFF}


def test_the_positions_are_phases_and_the_steps_of_ramps(folder: Path) -> None:
    positions = load_project(folder).wanted.positions()
    assert [str(each) for each in positions] == ["0", "1", "2", "3@10", "3@50", "3@100"]


def test_every_position_of_the_small_project_says_the_whole_state(folder: Path) -> None:
    wanted = load_project(folder).wanted
    states = [wanted.states_at(position) for position in (None, *wanted.positions())]
    listed = FlagState(enabled=True, allowlist=BETA)
    shadow = SAFE | {"EVENTS": ON}
    beta = SAFE | {"EVENTS": listed, "SHADOW": OFF, "ROUTING": listed}

    def step(percent: int) -> dict[str, FlagState]:
        ramped = FlagState(True, Percent(percent * 1000), BETA)
        return {"EVENTS": ramped, "SHADOW": OFF, "ROUTING": ramped, "POLICY": FlagState(True, value="sticky")}

    assert states == [SAFE, shadow, shadow, beta, step(10), step(50), step(100)]


def test_a_phase_that_says_nothing_is_the_safe_state() -> None:
    wanted = wanted_of([phase(0)])
    assert wanted.states_at(Position(0, "phase-0")) == wanted.states_at(None) == SAFE


def test_what_a_phase_does_not_say_about_a_flag_is_at_its_default() -> None:
    wanted = wanted_of([phase(0, flags={"SHADOW": {"allowlist": ["ann"]}, "EVENTS": {"allowlist": ["ann"]}})])
    states = wanted.states_at(Position(0, "phase-0"))
    assert states["SHADOW"].enabled
    assert not states["EVENTS"].enabled


def test_a_value_enables_a_string_flag_unless_it_is_turned_off() -> None:
    wanted = wanted_of(
        [
            phase(0, flags={"POLICY": {"value": "sticky"}}),
            phase(1, flags={"POLICY": {"value": "sticky", "enabled": False}}),
        ]
    )
    assert [wanted.states_at(each)["POLICY"].enabled for each in wanted.positions()] == [True, False]


def test_a_ramp_enables_its_flags_and_gives_them_the_steps_percent() -> None:
    wanted = wanted_of([phase(0, ramp=[0, 12.5])])
    states = [wanted.states_at(position)["EVENTS"] for position in wanted.positions()]
    assert states == [FlagState(True, Percent(0)), FlagState(True, Percent(12_500))]


def test_a_position_from_before_its_phase_became_a_ramp_turns_nobody_on() -> None:
    state = wanted_of([phase(0, ramp=[10])]).states_at(Position(0, "phase-0"))["EVENTS"]
    assert state.percent == 0


def test_the_soak_is_the_steps_else_the_phases_else_none(folder: Path) -> None:
    wanted = load_project(folder).wanted
    soaks = [wanted.soak_at(position) for position in wanted.positions()]
    assert soaks == [timedelta(hours=hours) for hours in (0, 1, 48, 24, 24, 7 * 24)]
    assert wanted.soak_at(Position(9, "gone")) == timedelta(0)
    assert wanted.soak_at(Position(3, "production", Percent(40_000))) == timedelta(days=7)


def test_a_higher_step_never_removes_anyone(folder: Path) -> None:
    for place in (folder, REPOSITORY, REPOSITORY / "examples" / "gradual"):
        wanted = load_project(place).wanted
        steps = [position for position in wanted.positions() if position.percent is not None]
        for lower, higher in pairwise(steps):
            assert not removals_between(snapshot_at(wanted, lower), lower, snapshot_at(wanted, higher))


@given(plans())
@settings(max_examples=examples(40), deadline=None)
def test_no_ramp_ever_removes_anyone_on_its_way_up(wanted: Wanted) -> None:
    keys = [*IDS, *(f"shopper-{number}" for number in range(20))]
    for lower, higher in pairwise(wanted.positions()):
        if lower.phase != higher.phase:
            continue
        before, after = snapshot_at(wanted, lower), snapshot_at(wanted, higher)
        assert not removals_between(before, lower, after)
        old, new = Evaluator(before), Evaluator(after)
        for name in old.names():
            assert [key for key in keys if old.is_enabled(name, key) and not new.is_enabled(name, key)] == []
