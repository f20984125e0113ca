"""Decisions: every reason, in the order that is promised, for whatever key."""

from itertools import pairwise
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.flags.bucketing import Generation
from rollout_cli.flags.decision import Decision, Reason
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, FlagValue, Snapshot
from rollout_cli.flags.percent import Percent, percent_number
from tests.flags import reference
from tests.flags.random_snapshots import IDS, NAMES, any_key, kill_switches, snapshots
from tests.support.examples import examples

EVENTS = FlagDefinition("EVENTS", FlagType.BOOLEAN, False)
ROUTING = FlagDefinition("ROUTING", FlagType.BOOLEAN, False, requires=("EVENTS",))
SHADOW = FlagDefinition("SHADOW", FlagType.BOOLEAN, True)
POLICY = FlagDefinition("POLICY", FlagType.STRING, "default", ("default", "sticky"))
NO_KILLS, ALL_KILLED = Kills(), Kills(everything=True)
ANN, BOB = frozenset({"ann"}), frozenset({"bob"})


def snapshot_with(*definitions: FlagDefinition, **states: FlagState) -> Snapshot:
    return Snapshot("test-rollout", definitions={each.name: each for each in definitions}, states=states, revision=7)


def decided(definition: FlagDefinition, state: FlagState, key: str | None, kills: Kills = NO_KILLS) -> Decision:
    snapshot = snapshot_with(EVENTS, definition, **{definition.name: state})
    return Evaluator(snapshot, kills).decide(definition.name, key)


ON = FlagState(enabled=True)
EVERYTHING = FlagState(enabled=True, percent=Percent(50_000), allowlist=ANN | BOB, denylist=BOB)
FULL, LISTED = FlagState(True, Percent(100_000)), FlagState(True, None, ANN)
STICKY, EMPTY = FlagState(True, value="sticky"), frozenset({""})
TABLE: list[tuple[str, FlagDefinition, FlagState, str | None, Kills, Reason, FlagValue]] = [
    ("a kill comes before all else", EVENTS, EVERYTHING, "ann", Kills(frozenset({"EVENTS"})), Reason.KILLED, False),
    ("a killed flag is at its default", SHADOW, FlagState(), "ann", ALL_KILLED, Reason.KILLED, True),
    ("also one with a value", POLICY, STICKY, "x", ALL_KILLED, Reason.KILLED, "default"),
    ("another's kill does not matter", EVENTS, ON, "ann", Kills(frozenset({"OTHER"})), Reason.GLOBAL, True),
    ("not enabled comes before lists", EVENTS, FlagState(allowlist=ANN), "ann", NO_KILLS, Reason.DISABLED, False),
    ("and before prerequisites", ROUTING, FlagState(), "ann", NO_KILLS, Reason.DISABLED, False),
    ("a string flag that is not enabled", POLICY, FlagState(value="sticky"), "x", NO_KILLS, Reason.DISABLED, "default"),
    ("a prerequisite comes before lists", ROUTING, EVERYTHING, "ann", NO_KILLS, Reason.PREREQUISITE, False),
    ("also before the denylist", ROUTING, EVERYTHING, "bob", NO_KILLS, Reason.PREREQUISITE, False),
    ("deny wins over allow", EVENTS, EVERYTHING, "bob", NO_KILLS, Reason.DENYLIST, False),
    ("deny without a percent", EVENTS, FlagState(True, denylist=BOB), "bob", NO_KILLS, Reason.DENYLIST, False),
    ("allow wins over a percent", EVENTS, FlagState(True, Percent(0), ANN), "ann", NO_KILLS, Reason.ALLOWLIST, True),
    ("allow without a percent", EVENTS, LISTED, "ann", NO_KILLS, Reason.ALLOWLIST, True),
    ("a percent needs a key", EVENTS, FULL, None, NO_KILLS, Reason.TARGETING_KEY_MISSING, False),
    ("an empty key is no key", EVENTS, FULL, "", NO_KILLS, Reason.TARGETING_KEY_MISSING, False),
    ("a percent of 0 is nobody", EVENTS, FlagState(True, Percent(0)), "cid", NO_KILLS, Reason.PERCENT, False),
    ("a percent of 100 is everybody", EVENTS, FULL, "cid", NO_KILLS, Reason.PERCENT, True),
    ("an allowlist is for those on it", EVENTS, LISTED, "cid", NO_KILLS, Reason.NOT_ALLOWLISTED, False),
    ("nobody in particular is not on it", EVENTS, LISTED, None, NO_KILLS, Reason.NOT_ALLOWLISTED, False),
    ("no percent is everybody", EVENTS, ON, "cid", NO_KILLS, Reason.GLOBAL, True),
    ("also without a key", EVENTS, ON, None, NO_KILLS, Reason.GLOBAL, True),
    ("a denylist keeps nobody else off", EVENTS, FlagState(True, denylist=BOB), "cid", NO_KILLS, Reason.GLOBAL, True),
    ("a string flag says its value", POLICY, STICKY, "cid", NO_KILLS, Reason.GLOBAL, "sticky"),
    ("an empty id on a list is nobody", EVENTS, FlagState(True, denylist=EMPTY), "", NO_KILLS, Reason.GLOBAL, True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("definition", "state", "key", "kills", "reason", "value"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_the_first_rule_that_applies_decides(
    definition: FlagDefinition, state: FlagState, key: str | None, kills: Kills, reason: Reason, value: FlagValue
) -> None:
    decision = decided(definition, state, key, kills)
    assert (decision.reason, decision.value) == (reason, value)
    assert decision.revision == 7
    evaluator = Evaluator(snapshot_with(EVENTS, definition, **{definition.name: state}), kills)
    assert evaluator.value(definition.name, key) == value
    assert evaluator.is_enabled(definition.name, key) == decision.enabled


def test_the_table_knows_every_reason_but_the_unknown_flag() -> None:
    assert {row[5] for row in TABLE} == set(Reason) - {Reason.FLAG_NOT_FOUND}


@pytest.mark.parametrize("default", [True, False, "blue", None])
def test_an_unknown_flag_answers_with_the_callers_default(default: FlagValue | None) -> None:
    evaluator = Evaluator(snapshot_with(EVENTS))
    decision = evaluator.decide("NO_SUCH", "ann", default=default)
    assert (decision.reason, decision.value, decision.enabled) == (Reason.FLAG_NOT_FOUND, default, default is True)
    assert evaluator.value("NO_SUCH", "ann", default=default) == default
    assert evaluator.is_enabled("NO_SUCH", "ann", default=default is True) is (default is True)


def test_a_kill_of_everything_does_not_invent_flags() -> None:
    evaluator = Evaluator(snapshot_with(EVENTS), Kills(everything=True))
    assert evaluator.decide("NO_SUCH", default="x").reason == Reason.FLAG_NOT_FOUND


def test_a_flag_nothing_was_said_about_is_at_its_default() -> None:
    evaluator = Evaluator(snapshot_with(EVENTS, SHADOW, POLICY))
    said = [(evaluator.decide(name, "ann").reason, evaluator.value(name, "ann")) for name in evaluator.names()]
    assert said == [(Reason.DISABLED, False), (Reason.GLOBAL, True), (Reason.DISABLED, "default")]


def test_no_percent_and_zero_percent_differ() -> None:
    assert decided(EVENTS, FlagState(True, None), "cid").enabled
    assert not decided(EVENTS, FlagState(True, Percent(0)), "cid").enabled


def test_a_prerequisite_is_asked_for_the_same_shopper_through_the_whole_chain() -> None:
    group = FlagDefinition("GROUP", FlagType.BOOLEAN, False, requires=("ROUTING",))
    snapshot = snapshot_with(EVENTS, ROUTING, group, EVENTS=FlagState(True, None, ANN), ROUTING=ON, GROUP=ON)
    evaluator = Evaluator(snapshot)
    assert evaluator.is_enabled("GROUP", "ann")
    assert not evaluator.is_enabled("GROUP", "bob")
    assert evaluator.decide("GROUP", "bob").reason == Reason.PREREQUISITE


def test_a_killed_prerequisite_counts_as_its_default() -> None:
    guarded = FlagDefinition("GUARDED", FlagType.BOOLEAN, False, requires=("SHADOW",))
    snapshot = snapshot_with(EVENTS, ROUTING, SHADOW, guarded, EVENTS=ON, ROUTING=ON, SHADOW=FlagState(), GUARDED=ON)
    evaluator = Evaluator(snapshot, Kills(frozenset({"EVENTS", "SHADOW"})))
    assert evaluator.decide("ROUTING", "ann").reason == Reason.PREREQUISITE
    assert evaluator.decide("GUARDED", "ann").reason == Reason.GLOBAL


@pytest.mark.parametrize("requires", [("CIRCLE",), ("OTHER",), ("NO_SUCH",)])
def test_a_circular_or_unknown_prerequisite_in_a_store_is_off_not_an_error(requires: tuple[str, ...]) -> None:
    circle = FlagDefinition("CIRCLE", FlagType.BOOLEAN, False, requires=requires)
    other = FlagDefinition("OTHER", FlagType.BOOLEAN, False, requires=("CIRCLE",))
    evaluator = Evaluator(snapshot_with(circle, other, CIRCLE=ON, OTHER=ON))
    assert evaluator.decide("CIRCLE", "ann").reason == Reason.PREREQUISITE
    assert evaluator.decide("OTHER", "ann").reason == Reason.PREREQUISITE


def test_a_decision_by_percent_names_the_bucket_it_compared() -> None:
    decision = decided(EVENTS, FlagState(True, Percent(50_000)), "shopper-1")
    assert decision.bucket == percent_number(reference.bucket(Generation.FLAGD_V3, "test-rollout", "shopper-1"))
    assert decided(EVENTS, ON, "shopper-1").bucket is None


def test_shadow_is_handed_on_and_decides_nothing() -> None:
    assert decided(EVENTS, FlagState(True, shadow=True), "ann").shadow
    assert decided(EVENTS, FlagState(True, shadow=True), "ann").enabled


STRANGE = [None, "", "\ud800", "a\udfffb", "\0", "\n\t", "日本", "x" * 23, "x" * 24, "x" * 300_000, "\u202eevil", " "]


@pytest.mark.parametrize("generation", list(Generation))
@pytest.mark.parametrize("key", STRANGE, ids=lambda key: repr(key)[:12])
def test_no_key_makes_an_evaluation_raise(generation: Generation, key: str | None) -> None:
    states = {"EVENTS": FlagState(True, Percent(50_000), frozenset({"\ud800"})), "ROUTING": ON}
    snapshot = Snapshot("r", generation, definitions={"EVENTS": EVENTS, "ROUTING": ROUTING}, states=states)
    evaluator = Evaluator(snapshot)
    assert evaluator.is_enabled("ROUTING", key) == evaluator.decide("EVENTS", key).enabled


@given(snapshots(), st.one_of(st.sampled_from(NAMES), st.just("NO_SUCH")), any_key, kill_switches)
@settings(max_examples=examples(200), deadline=None)
def test_every_decision_is_that_of_the_plain_reference(
    snapshot: Snapshot, flag: str, key: str | None, kills: Kills
) -> None:
    decision = Evaluator(snapshot, kills).decide(flag, key, default="fallback")
    wanted = reference.decide(snapshot, flag, key, kills, "fallback")
    bucket = None if wanted.thousandths is None else wanted.thousandths / 1000
    assert (decision.value, decision.enabled, str(decision.reason), decision.bucket) == (
        wanted.value, wanted.enabled, wanted.reason, bucket,
    )  # fmt: skip


@given(snapshots(), st.lists(any_key, max_size=3), kill_switches)
@settings(max_examples=examples(60), deadline=None)
def test_the_short_answers_agree_with_the_explained_one(
    snapshot: Snapshot, more: list[str | None], kills: Kills
) -> None:
    evaluator = Evaluator(snapshot, kills)
    for flag in evaluator.names():
        for key in (*more, *IDS, "", None):
            decision = evaluator.decide(flag, key)
            assert evaluator.is_enabled(flag, key) == decision.enabled
            assert evaluator.value(flag, key) == decision.value


class CountedKey(str):
    """A key that counts how often it is encoded, which a hash does once."""

    __slots__ = ("encoded",)

    def __new__(cls, text: str) -> Self:
        key = super().__new__(cls, text)
        key.encoded = 0
        return key

    def encode(self, *arguments: str) -> bytes:  # type: ignore[override]
        self.encoded += 1
        return super().encode(*arguments)


def test_a_chain_that_shares_its_salt_costs_one_hash() -> None:
    group = FlagDefinition("GROUP", FlagType.BOOLEAN, False, requires=("ROUTING",))
    half = FlagState(True, Percent(50_000), ANN)
    snapshot = snapshot_with(EVENTS, ROUTING, group, EVENTS=half, ROUTING=half, GROUP=half)
    evaluator = Evaluator(snapshot)
    keys = [CountedKey(f"shopper-{number}") for number in range(50)]
    for key in keys:
        evaluator.is_enabled("GROUP", key)
    assert [key.encoded for key in keys] == [1] * 50


@given(snapshots(), st.sampled_from(IDS))
@settings(max_examples=examples(60), deadline=None)
def test_a_higher_percent_never_removes_anyone(snapshot: Snapshot, key: str) -> None:
    name = next(iter(snapshot.definitions))
    state = snapshot.state_of(name)
    answers = []
    for percent in (0, 10_000, 25_000, 25_001, 50_000, 100_000):
        wider = FlagState(state.enabled, Percent(percent), state.allowlist, state.denylist, state.value)
        changed = Snapshot(
            snapshot.rollout, snapshot.generation, definitions=snapshot.definitions,
            states={**snapshot.states, name: wider},
        )  # fmt: skip
        evaluator = Evaluator(changed)
        answers.append([evaluator.is_enabled(each, key) for each in snapshot.definitions])
    for lower, higher in pairwise(answers):
        assert all(after or not before for before, after in zip(lower, higher, strict=True))
