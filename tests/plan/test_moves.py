"""Moves: the table knows every case, and finding the case agrees with a plain reading of the rules."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.flags.percent import Percent
from rollout_cli.plan.moves import MOVES, Destination, Move, Need, Refusal, Relation, Stage, next_position, resolve
from rollout_cli.plan.position import Position
from tests.support.examples import examples

P0, P1, P2 = Position(0, "development"), Position(1, "staging"), Position(2, "beta")
R10, R25, R50, R100 = (Position(3, "production", Percent(percent * 1000)) for percent in (10, 25, 50, 100))
P3, P4 = Position(3, "production"), Position(4, "cleanup")
PLAN = (P0, P1, P2, R10, R50, R100)


def outcome(stage: Stage, current: Position | None, wanted: Position | None, plan: tuple[Position, ...] = PLAN) -> str:
    found = resolve(stage, current, plan, wanted)
    return "refused" if isinstance(found.outcome, Refusal) else f"{found.outcome.name} {found.position}"


def test_the_table_knows_every_stage_and_relation() -> None:
    assert set(MOVES) == {(stage, relation) for stage in Stage for relation in Relation}


def test_whoever_refuses_says_why_and_what_to_do() -> None:
    refusals = [entry for entry in MOVES.values() if isinstance(entry, Refusal)]
    assert all(each.because and each.hint.format(next="n", wanted=1, resume=2) for each in refusals)


def test_entering_asks_preflight_and_leaving_asks_gates_and_soak() -> None:
    for (stage, relation), entry in MOVES.items():
        if isinstance(entry, Move):
            assert (Need.PREFLIGHT in entry.needs) == (entry.name != "complete")
            leaves = stage in {Stage.ACTIVE, Stage.ROLLED_BACK} and relation in {
                Relation.NEXT,
                Relation.UNNAMED,
                Relation.END,
            }
            assert ({Need.GATES, Need.SOAK} <= entry.needs) == leaves, (stage, relation)


@pytest.mark.parametrize(
    ("stage", "current", "wanted", "found"),
    [
        (Stage.OFF, None, None, "enter 0"),
        (Stage.OFF, None, P0, "enter 0"),
        (Stage.OFF, None, P1, "refused"),
        (Stage.ACTIVE, P0, None, "advance 1"),
        (Stage.ACTIVE, P0, P1, "advance 1"),
        (Stage.ACTIVE, P0, P2, "refused"),
        (Stage.ACTIVE, P1, P1, "reapply 1"),
        (Stage.ACTIVE, P1, P0, "refused"),
        (Stage.ACTIVE, P2, None, "advance 3@10"),
        (Stage.ACTIVE, P2, R50, "refused"),
        (Stage.ACTIVE, R10, R50, "advance 3@50"),
        (Stage.ACTIVE, R50, R10, "refused"),
        (Stage.ACTIVE, R100, None, "complete 3@100"),
        (Stage.COMPLETED, R100, None, "reapply 3@100"),
        (Stage.COMPLETED, R100, R100, "reapply 3@100"),
        (Stage.COMPLETED, R100, P0, "refused"),
        (Stage.COMPLETED, R100, R50, "refused"),
        (Stage.ROLLED_BACK, None, None, "refused"),
        (Stage.ROLLED_BACK, None, P0, "resume 0"),
        (Stage.ROLLED_BACK, None, P1, "refused"),
        (Stage.ROLLED_BACK, P2, None, "refused"),
        (Stage.ROLLED_BACK, P2, P0, "restart 0"),
        (Stage.ROLLED_BACK, P2, P1, "refused"),
        (Stage.ROLLED_BACK, P2, P2, "resume 2"),
        (Stage.ROLLED_BACK, P2, R10, "resume 3@10"),
        (Stage.ROLLED_BACK, P2, R50, "refused"),
        (Stage.ROLLED_BACK, R100, None, "refused"),
    ],
)  # fmt: skip
def test_legal_and_illegal_moves(stage: Stage, current: Position | None, wanted: Position | None, found: str) -> None:
    assert outcome(stage, current, wanted) == found


@pytest.mark.parametrize(
    ("change", "stage", "current", "wanted", "plan", "found"),
    [
        ("the current step is gone", Stage.ACTIVE, R50, None, (P2, R10, R25, R100), "advance 3@100"),
        ("the current step is gone", Stage.ACTIVE, R50, R100, (P2, R10, R25, R100), "advance 3@100"),
        ("the current step is gone", Stage.ACTIVE, R50, R25, (P2, R10, R25, R100), "refused"),
        ("all steps from here on are gone", Stage.ACTIVE, R50, None, (P2, R10, R25), "refused"),
        ("a step came between", Stage.ACTIVE, R10, None, (P2, R10, R25, R50), "advance 3@25"),
        ("the current phase is gone", Stage.ACTIVE, P1, None, (P0, P2, R10), "advance 2"),
        ("the current phase is gone, the last", Stage.ACTIVE, P2, None, (P0, P1), "refused"),
        ("the first phase is gone", Stage.ACTIVE, P0, P1, (P1, P2), "advance 1"),
        ("the next phase is gone", Stage.ACTIVE, P1, None, (P0, P1, R10), "advance 3@10"),
        ("a phase came after the end", Stage.COMPLETED, R100, None, (*PLAN, P4), "advance 4"),
        ("a phase came after the end", Stage.COMPLETED, R100, P4, (*PLAN, P4), "advance 4"),
        ("the last phase went after the end", Stage.COMPLETED, P4, None, PLAN, "refused"),
        ("the ramp is one phase now", Stage.ACTIVE, R50, None, (P2, P3, P4), "advance 3"),
        ("the ramp is one phase now", Stage.ACTIVE, R50, P3, (P2, P3, P4), "advance 3"),
        ("the ramp is one phase now, the last", Stage.ACTIVE, R50, None, (P2, P3), "advance 3"),
        ("the phase is a ramp now", Stage.ACTIVE, P3, None, (P2, R10, R50), "advance 3@10"),
        ("there is no plan any more", Stage.ACTIVE, P2, None, (), "refused"),
        ("there never was a plan", Stage.OFF, None, None, (), "refused"),
    ],
)  # fmt: skip
def test_a_plan_that_changed_under_a_running_rollout(
    change: str, stage: Stage, current: Position | None, wanted: Position | None, plan: tuple[Position, ...], found: str
) -> None:
    assert outcome(stage, current, wanted, plan) == found, change


some_positions = st.builds(
    Position, st.integers(0, 3), st.just("p"), st.one_of(st.none(), st.sampled_from([10_000, 50_000]).map(Percent))
)


def plainly(stage: Stage, current: Position | None, plan: tuple[Position, ...], wanted: Position | None) -> Relation:
    """The relation, as the rules say it in words."""
    here = -1 if current is None else (current.phase, -1 if current.percent is None else current.percent)
    ahead = [
        each for each in plan
        if current is None
        or (each.phase, -1 if each.percent is None else each.percent) > here  # type: ignore[operator]
        or (each.phase == current.phase and each.percent is None and current.percent is not None)
    ]  # fmt: skip
    if wanted is None:
        if ahead or stage is Stage.ROLLED_BACK:
            return Relation.UNNAMED
        return Relation.GONE if current is not None and current not in plan else Relation.END
    if wanted == current:
        return Relation.SAME
    if ahead and wanted == ahead[0]:
        return Relation.NEXT
    if plan and wanted == plan[0]:
        return Relation.FIRST
    return Relation.AHEAD if current is None or wanted > current else Relation.BEHIND


@st.composite
def situations(draw: st.DrawFn) -> tuple[Stage, Position | None, tuple[Position, ...], Position | None]:
    plan = tuple(sorted(draw(st.sets(some_positions, max_size=6))))
    stage = draw(st.sampled_from(list(Stage)))
    current = None if stage is Stage.OFF else draw(st.one_of(st.none(), some_positions, st.sampled_from(plan or (P0,))))
    return stage, current, plan, draw(st.sampled_from([None, *plan]))


@given(situations())
@settings(max_examples=examples(150), deadline=None)
def test_every_situation_is_read_as_the_rules_say(
    situation: tuple[Stage, Position | None, tuple[Position, ...], Position | None],
) -> None:
    stage, current, plan, wanted = situation
    found = resolve(stage, current, plan, wanted)
    relation = plainly(stage, current, plan, wanted)
    assert found.relation is relation
    assert found.outcome == MOVES[stage, relation]
    assert found.following == next_position(current, plan)


@given(situations())
@settings(max_examples=examples(150), deadline=None)
def test_no_move_ever_skips_a_position_or_goes_back_in_an_active_rollout(
    situation: tuple[Stage, Position | None, tuple[Position, ...], Position | None],
) -> None:
    stage, current, plan, wanted = situation
    found: Destination = resolve(stage, current, plan, wanted)
    if not isinstance(found.outcome, Move) or found.position == current:
        return
    assert found.position in plan
    restarts = stage is Stage.ROLLED_BACK and found.position == plan[0]
    assert found.position == next_position(current, plan) or restarts
