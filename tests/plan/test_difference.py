"""The plan: what would change, and that there is nothing to change once it was applied."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.flags.percent import Percent
from rollout_cli.plan.difference import Actual, Plan, plan_move, snapshot_at
from rollout_cli.plan.moves import Move, Stage, resolve
from rollout_cli.plan.position import Position
from rollout_cli.plan.snapshots import Change, changes_between, denials_joined, with_denials
from rollout_cli.plan.wanted import Wanted
from tests.flags.random_snapshots import IDS as SHOPPERS
from tests.flags.random_snapshots import snapshots
from tests.plan.random_plans import FLAGS, IDS, NAMES, phase, plans, standing_at, wanted_of
from tests.support.examples import examples

denials = st.dictionaries(st.sampled_from(NAMES), st.frozensets(st.sampled_from(IDS), max_size=2), max_size=3)


def planned(actual: Actual, wanted: Wanted, position: Position | None = None) -> Plan:
    return plan_move(actual, wanted, resolve(actual.stage, actual.position, wanted.positions(), position))


def applied(plan: Plan) -> Actual:
    """How the rollout stands once the plan was applied."""
    return Actual(
        plan.actual.revision + 1, plan.target_stage, plan.destination.position, plan.target, plan.denied_by_hand,
        plan.digest,
    )  # fmt: skip


@given(plans(), denials)
@settings(max_examples=examples(50), deadline=None)
def test_a_plan_to_where_the_rollout_is_is_empty_at_every_position(
    wanted: Wanted, denied: dict[str, frozenset[str]]
) -> None:
    actual = Actual(0, Stage.OFF, None, with_denials(snapshot_at(wanted, None), denied), denied)
    for position in wanted.positions():
        plan = planned(actual, wanted)
        assert plan.destination.position == position
        assert plan.moves
        actual = applied(plan)
        again = planned(actual, wanted, position)
        assert again.is_empty
        assert again.removals == ()
    complete = planned(actual, wanted)
    assert (complete.target_stage, complete.changes) == (Stage.COMPLETED, ())
    assert planned(applied(complete), wanted).is_empty


@given(plans(), denials)
@settings(max_examples=examples(40), deadline=None)
def test_whoever_is_denied_by_hand_is_off_at_every_position(wanted: Wanted, denied: dict[str, frozenset[str]]) -> None:
    actual = Actual(0, Stage.OFF, None, snapshot_at(wanted, None), denied)
    for _ in wanted.positions():
        plan = planned(actual, wanted)
        answers = Evaluator(plan.target)
        assert not any(answers.is_enabled(name, key) for name, keys in denied.items() for key in keys)
        assert plan.applied == snapshot_at(wanted, plan.destination.position)
        actual = applied(plan)


@given(snapshots(), snapshots())
@settings(max_examples=examples(50), deadline=None)
def test_nothing_changes_exactly_when_nothing_differs(before: Snapshot, after: Snapshot) -> None:
    whole = [replace(each, states={name: each.state_of(name) for name in each.definitions}) for each in (before, after)]
    same = replace(whole[0], rollout="r", revision=0) == replace(whole[1], rollout="r", revision=0)
    assert (list(changes_between(before, after)) == []) == same
    assert list(changes_between(before, before)) == []


def test_changes_name_the_field_before_and_after() -> None:
    wanted = wanted_of([phase(0, ramp=[10], flags={"EVENTS": {"allowlist": ["ann"]}}), phase(1, ramp=[50])])
    lower, higher = wanted.positions()
    changes = list(changes_between(snapshot_at(wanted, lower), snapshot_at(wanted, higher)))
    assert changes == [Change("EVENTS", "percent", 10, 50), Change("EVENTS", "allowlist", ["ann"], [])]


def test_changes_of_the_whole_rollout_and_of_definitions_are_named() -> None:
    before = wanted_of([])
    flags = {name: entry for name, entry in FLAGS.items() if name != "POLICY"}
    flags |= {
        "EVENTS": {"type": "boolean", "default": False, "salt": "own"},
        "NEW": {"type": "boolean", "default": True},
    }
    after = wanted_of([], flags=flags, bucketing="flagd-v2", targeting_key="account_id")
    assert list(changes_between(snapshot_at(before, None), snapshot_at(after, None))) == [
        Change(None, "bucketing", "flagd-v3", "flagd-v2"),
        Change(None, "targeting_key", "shopper_id", "account_id"),
        Change("EVENTS", "salt", None, "own"),
        Change("NEW", "defined", before=False, after=True),
        Change("POLICY", "defined", before=True, after=False),
    ]


def test_drift_is_in_the_plan_and_so_is_whoever_it_holds_on() -> None:
    wanted = wanted_of([phase(2, flags={"EVENTS": {"enabled": True, "allowlist": ["ann"]}}), phase(3, ramp=[1])])
    actual = standing_at(wanted, wanted.positions()[0])
    by_hand = replace(actual.snapshot.state_of("EVENTS"), allowlist=frozenset({"ann", "bob"}))
    actual = replace(actual, snapshot=replace(actual.snapshot, states={**actual.snapshot.states, "EVENTS": by_hand}))
    plan = planned(actual, wanted)
    assert [(each.flag, each.ids, each.share) for each in plan.removals] == [("EVENTS", ("ann", "bob"), 0)]
    assert Change("EVENTS", "allowlist", ["ann", "bob"], []) in plan.changes


def test_a_changed_file_is_a_difference_at_the_same_position() -> None:
    before = wanted_of([phase(0, flags={"EVENTS": {"enabled": True, "allowlist": ["ann"]}})])
    after = wanted_of([phase(0, flags={"EVENTS": {"enabled": True, "allowlist": ["ann", "bob"]}})])
    plan = planned(standing_at(before, before.positions()[0]), after, after.positions()[0])
    assert isinstance(plan.destination.outcome, Move)
    assert (plan.destination.outcome.name, plan.moves, plan.is_empty) == ("reapply", False, False)


def test_a_refused_move_is_planned_all_the_same_to_show_what_it_would_be() -> None:
    wanted = wanted_of([phase(0), phase(1), phase(2, ramp=[50])])
    plan = planned(standing_at(wanted, wanted.positions()[0]), wanted, wanted.positions()[2])
    assert not isinstance(plan.destination.outcome, Move)
    assert Change("EVENTS", "percent", None, 50) in plan.changes


def test_whoever_was_taken_back_from_every_flag_is_denied_on_a_new_one() -> None:
    denied = {"EVENTS": frozenset({"ann", "bob"}), "ROUTING": frozenset({"ann"}), "GONE": frozenset({"cid"})}
    joined = denials_joined(denied, ["EVENTS", "ROUTING"], ["EVENTS", "NEW", "GONE"])
    assert joined == {**denied, "NEW": {"ann"}, "GONE": {"ann", "cid"}}
    assert denials_joined(denied, ["EVENTS", "ROUTING"], ["EVENTS"]) == denied
    assert denials_joined({}, [], ["NEW"]) == {}


def test_denials_are_laid_over_the_lists_of_the_files() -> None:
    definition = FlagDefinition("EVENTS", FlagType.BOOLEAN, False)
    state = FlagState(True, Percent(100_000), denylist=frozenset({SHOPPERS[0]}))
    snapshot = Snapshot("test", definitions={"EVENTS": definition}, states={"EVENTS": state})
    laid = with_denials(snapshot, {"EVENTS": frozenset({SHOPPERS[1]}), "GONE": frozenset({SHOPPERS[2]})})
    assert laid.state_of("EVENTS").denylist == set(SHOPPERS[:2])
    assert laid.definitions == snapshot.definitions
