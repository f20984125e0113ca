"""Removals: exactly those who flip off, by name and as a share; and what does not count as one (docs/adr/0001)."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rollout_cli.flags.bucketing import Generation
from rollout_cli.flags.decision import Decision
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.flags.percent import Percent
from rollout_cli.plan.difference import snapshot_at
from rollout_cli.plan.position import Position
from rollout_cli.plan.removal import Removal, blast_radius, removals_between
from tests.flags import reference
from tests.flags.random_snapshots import IDS, any_key, snapshots
from tests.support.examples import examples
from tests.support.projects import REPOSITORY, load_project

EVENTS = FlagDefinition("EVENTS", FlagType.BOOLEAN, False)
SHADOW = FlagDefinition("SHADOW", FlagType.BOOLEAN, True)
ROUTING = FlagDefinition("ROUTING", FlagType.BOOLEAN, False, requires=("EVENTS",))
POLICY = FlagDefinition("POLICY", FlagType.STRING, "default", ("default", "sticky"))
ON, OFF = FlagState(enabled=True), FlagState()
STAGING, BETA = Position(1, "staging"), Position(2, "beta")
Salt = tuple[Generation, str]


def listed(*ids: str) -> FlagState:
    return FlagState(enabled=True, allowlist=frozenset(ids))


def at(percent: int, *ids: str) -> FlagState:
    return FlagState(True, Percent(percent * 1000), frozenset(ids))


def of(definition: FlagDefinition, state: FlagState, **changes: object) -> Snapshot:
    defined = {"EVENTS": EVENTS, "SHADOW": SHADOW, definition.name: definition}
    return replace(Snapshot("test", definitions=defined, states={definition.name: state}), **changes)  # type: ignore[arg-type]


def removed(before: FlagState, after: FlagState, position: Position | None = BETA) -> list[tuple[tuple[str, ...], int]]:
    found = removals_between(of(EVENTS, before), position, of(EVENTS, after))
    return [(each.ids, each.share) for each in found]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (listed("ann", "bob"), listed("ann"), [(("bob",), 0)]),
        (listed("ann"), listed("ann", "bob"), []),
        (listed("ann"), OFF, [(("ann",), 0)]),
        (ON, OFF, [((), 100_000)]),
        (ON, listed("ann"), [((), 100_000)]),
        (ON, at(25), [((), 75_000)]),
        (at(50), at(10), [((), 40_000)]),
        (at(10), at(50), []),
        (at(10), ON, []),
        (at(0, "ann"), listed("ann"), []),
        (listed("ann"), at(0, "ann"), []),
        (listed("ann"), at(0), [(("ann",), 0)]),
        (ON, replace(ON, denylist=frozenset({"ann"})), [(("ann",), 0)]),
        (OFF, listed("ann"), []),
        (OFF, OFF, []),
    ],
)
def test_whoever_flips_off_at_a_live_position_is_named(
    before: FlagState, after: FlagState, found: list[tuple[tuple[str, ...], int]]
) -> None:
    assert removed(before, after) == found


def test_a_dropped_name_who_stays_on_by_percent_is_not_removed() -> None:
    inside = next(key for key in IDS if reference.bucket(Generation.FLAGD_V3, "test", key) < 50_000)
    outside = next(key for key in IDS if reference.bucket(Generation.FLAGD_V3, "test", key) >= 50_000)
    assert removed(listed(inside, outside), at(50)) == [((outside,), 0)]


def test_another_salt_or_generation_is_named_with_the_share_that_moves() -> None:
    half = of(EVENTS, at(50))
    salted = of(replace(EVENTS, salt="another"), at(50))
    older = of(EVENTS, at(50), generation=Generation.FLAGD_V2)
    assert removals_between(half, BETA, salted) == (Removal("EVENTS", (), 25_000),)
    assert removals_between(half, BETA, older) == (Removal("EVENTS", (), 25_000),)


def test_the_unsalted_generation_is_not_moved_by_a_salt() -> None:
    def md5(definition: FlagDefinition, percent: int) -> Snapshot:
        return of(definition, at(percent), generation=Generation.MD5_MOD_100)

    assert removals_between(md5(EVENTS, 50), BETA, md5(replace(EVENTS, salt="another"), 50)) == ()


def test_a_flag_that_is_gone_from_the_files_is_lost_by_all_who_have_it() -> None:
    after = Snapshot("test", definitions={"SHADOW": SHADOW})
    assert removals_between(of(EVENTS, at(10, "ann")), BETA, after) == (Removal("EVENTS", ("ann",), 10_000),)


def test_who_loses_a_prerequisite_loses_what_needs_it() -> None:
    before = of(ROUTING, ON)
    before = replace(before, states={**before.states, "EVENTS": at(50, "ann")})
    after = replace(before, states={**before.states, "EVENTS": at(10)})
    dropped = removals_between(before, BETA, after)
    assert [(each.flag, each.share) for each in dropped] == [("EVENTS", 40_000), ("ROUTING", 40_000)]


def test_a_flag_that_is_on_by_default_may_go_off() -> None:
    assert removals_between(of(SHADOW, ON), BETA, of(SHADOW, OFF)) == ()
    assert removals_between(of(SHADOW, listed("ann")), BETA, of(SHADOW, OFF)) == ()


@pytest.mark.parametrize("phase", [0, 1])
def test_what_ran_for_everybody_in_a_shadow_phase_may_be_narrowed(phase: int) -> None:
    assert removed(ON, listed("ann"), Position(phase, "shadow")) == []
    assert removed(replace(ON, denylist=frozenset({"bob"})), OFF, Position(phase, "shadow")) == []


@pytest.mark.parametrize("before", [listed("ann"), at(10, "ann"), at(100, "ann")])
def test_whoever_was_chosen_is_named_in_a_shadow_phase_too(before: FlagState) -> None:
    assert removed(before, OFF, STAGING)[0][0] == ("ann",)


def test_a_first_phase_that_lifts_a_safeguard_is_not_in_shadow() -> None:
    live = of(EVENTS, ON)
    live = replace(live, states={**live.states, "SHADOW": OFF})
    assert removals_between(live, STAGING, of(EVENTS, OFF)) == (Removal("EVENTS", (), 100_000),)


@pytest.mark.parametrize("position", [None, BETA, Position(3, "production", Percent(5_000))])
def test_outside_the_shadow_phases_only_a_flags_own_shadow_excuses(position: Position | None) -> None:
    assert removed(ON, OFF, position) == [((), 100_000)]
    assert removed(replace(ON, shadow=True), OFF, position) == []


def test_a_string_flag_that_says_the_same_on_and_off_may_go_off() -> None:
    assert removals_between(of(POLICY, replace(ON, value="default")), BETA, of(POLICY, OFF)) == ()
    assert removals_between(of(POLICY, ON), BETA, of(POLICY, OFF)) == ()
    lost = removals_between(of(POLICY, replace(ON, value="sticky")), BETA, of(POLICY, OFF))
    assert lost == (Removal("POLICY", (), 100_000),)


def test_the_shipped_plans_never_remove_anyone_on_their_way() -> None:
    for folder in (REPOSITORY, REPOSITORY / "examples" / "gradual"):
        wanted = load_project(folder).wanted
        for here, there in itertools.pairwise(wanted.positions()):
            assert removals_between(snapshot_at(wanted, here), here, snapshot_at(wanted, there)) == (), (here, there)


def test_the_share_is_what_a_sample_shows() -> None:
    before = of(ROUTING, at(60))
    before = replace(before, states={**before.states, "EVENTS": at(80)})
    after = replace(before, states={**before.states, "EVENTS": at(30)})
    after = replace(after, definitions={**after.definitions, "ROUTING": replace(ROUTING, salt="another")})
    old, new = Evaluator(before), Evaluator(after)
    ids = [f"shopper-{number}" for number in range(8_000)]
    for removal in removals_between(before, BETA, after):
        lost = sum(old.is_enabled(removal.flag, key) and not new.is_enabled(removal.flag, key) for key in ids)
        assert abs(lost / len(ids) - removal.share / 100_000) < 0.02, removal


def others_are_on(snapshot: Snapshot, flag: str, buckets: Mapping[Salt, int]) -> bool:
    """Rules 3 to 9 for somebody whom no list names, in these buckets."""
    if flag not in snapshot.definitions:
        return False
    definition, state = snapshot.definitions[flag], snapshot.state_of(flag)
    if not state.enabled or not all(others_are_on(snapshot, need, buckets) for need in definition.requires):
        return False
    if state.percent is not None:
        return buckets[salt_of(snapshot, flag)] < state.percent
    return not state.allowlist


def salt_of(snapshot: Snapshot, flag: str) -> Salt:
    unsalted = snapshot.generation is Generation.MD5_MOD_100
    return snapshot.generation, "" if unsalted else snapshot.salt_of(flag)


def exact_share(before: Snapshot, after: Snapshot, flag: str) -> Fraction:
    """Count every bucket there is, in stretches over which nothing changes."""
    edges: dict[Salt, set[int]] = {}
    for snapshot in (before, after):
        for name in snapshot.definitions:
            percent, salt = snapshot.state_of(name).percent or 0, salt_of(snapshot, name)
            whole = -(-percent // 1000) * 1000 if salt[0] is Generation.MD5_MOD_100 else percent
            edges.setdefault(salt, {0, 100_000}).add(whole)
    stretches = [
        [(salt, low, high - low) for low, high in itertools.pairwise(sorted(points))] for salt, points in edges.items()
    ]
    lost = Fraction(0)
    for cell in itertools.product(*stretches):
        buckets = {salt: low for salt, low, _ in cell}
        if others_are_on(before, flag, buckets) and not others_are_on(after, flag, buckets):
            lost += Fraction(math.prod(size for _, _, size in cell), 100_000 ** len(cell))
    return lost * 100_000


def counted(snapshot: Snapshot, flag: str) -> bool:
    """Whether this flag's going off counts at a live position, in the words of the ADR."""
    definition, state = snapshot.definitions[flag], snapshot.state_of(flag)
    if definition.type is FlagType.STRING:
        return state.value not in {None, definition.default}
    return definition.default is not True


def live(snapshot: Snapshot) -> Snapshot:
    states = {name: replace(snapshot.state_of(name), shadow=False) for name in snapshot.definitions}
    return replace(snapshot, states=states)


@given(snapshots(), snapshots(), st.booleans())
@settings(max_examples=examples(70), deadline=None)
def test_removals_are_exactly_those_who_flip_off(before: Snapshot, after: Snapshot, same_kind: bool) -> None:
    before = live(before)
    if same_kind:
        after = replace(after, rollout=before.rollout, generation=before.generation)
    found = {each.flag: (each.ids, each.share) for each in removals_between(before, BETA, after)}
    old, new = Evaluator(before), Evaluator(after)
    wanted = {}
    for name in filter(lambda name: counted(before, name), before.definitions):
        flipped = (key for key in sorted(IDS) if old.is_enabled(name, key) and not new.is_enabled(name, key))
        ids = tuple(key for key in flipped if _is_named(key, before, after))
        exact = exact_share(before, after, name)
        share = -(-exact.numerator // exact.denominator)
        if ids or share:
            wanted[name] = (ids, share)
    assert found == wanted


def _is_named(key: str, *snapshots_: Snapshot) -> bool:
    states = [each.state_of(name) for each in snapshots_ for name in each.definitions]
    return any(key in state.allowlist | state.denylist for state in states)


@given(snapshots(), snapshots(), st.lists(any_key, max_size=12))
@settings(max_examples=examples(70), deadline=None)
def test_the_blast_radius_is_what_asking_both_says(before: Snapshot, after: Snapshot, keys: list[str | None]) -> None:
    ids = [key for key in keys if key is not None]
    radius = blast_radius(before, after, iter(ids))
    names = [*before.definitions, *(name for name in after.definitions if name not in before.definitions)]
    assert radius.asked == len(ids)
    pairs = {name: _answers(before, after, name, ids) for name in names}
    flips = {name: [_flip(was, will) for was, will in pairs[name]] for name in names}
    for found, way in ((radius.ids_on, "on"), (radius.ids_off, "off")):
        assert found == tuple(key for place, key in enumerate(ids) if any(flips[each][place] == way for each in names))
    for name in names:
        turned = radius.flags.get(name)
        changed = sum(was.enabled and will.enabled and was.value != will.value for was, will in pairs[name])
        wanted = (flips[name].count("on"), flips[name].count("off"), changed)
        assert wanted == ((turned.on, turned.off, turned.changed) if turned else (0, 0, 0))


def _answers(before: Snapshot, after: Snapshot, name: str, ids: list[str]) -> list[tuple[Decision, Decision]]:
    """What an application hears that falls back on the flag's default where nobody knows the flag."""
    old, new = Evaluator(before), Evaluator(after)
    was, will = (each.definitions.get(name) for each in (before, after))
    off = [each.off for each in (was or will, will or was) if each is not None]
    return [(old.decide(name, key, default=off[0]), new.decide(name, key, default=off[1])) for key in ids]


def _flip(was: Decision, will: Decision) -> str | None:
    if was.enabled == will.enabled or was.value == will.value:
        return None
    return "on" if will.enabled else "off"


@given(snapshots(), st.sampled_from([0, 10_000, 50_000, 99_999]))
@settings(max_examples=examples(40), deadline=None)
def test_a_higher_percent_removes_nobody(snapshot: Snapshot, percent: int) -> None:
    name = next(iter(snapshot.definitions))
    assume(snapshot.state_of(name).enabled)
    lower = replace(snapshot.state_of(name), percent=Percent(percent), shadow=False)
    higher = replace(lower, percent=Percent(100_000))

    def with_state(state: FlagState) -> Snapshot:
        return replace(snapshot, states={**snapshot.states, name: state})

    assert removals_between(with_state(lower), BETA, with_state(higher)) == ()
