"""docs/positions.md: the table of legal moves, and the state diagram that is drawn from it."""

import re

from docs_markdown import code, literal, page, table

from rollout_cli.plan.moves import MOVES, Move, Need, Refusal, Relation, Stage

_INTRO = """\
A rollout goes through the positions of its plan in their order: off, then each phase, and on a ramp each step, until
it is completed; with the shipped plan off → 0 → 1 → 2 → 3@10 → 3@25 → 3@50 → 3@75 → 3@100 → completed.

`rollout advance` moves it on by one, or to the position that is named. Positions are never skipped. `rollout rollback`
takes it back from anywhere, and no rule holds it up.

## Stages"""
_STAGES = {
    Stage.OFF: "No position was entered yet.",
    Stage.ACTIVE: "The rollout stands at a position of the plan.",
    Stage.ROLLED_BACK: "It was taken back. Nothing moves by itself until a position is named.",
    Stage.COMPLETED: "The last position has soaked and its gates have held.",
}
_NEEDS = """\
**preflight**: the checks that the wanted phase asks before it is entered. **gates**: the checks that the current phase
asks before it is left. **soak**: the time to stay at the current position. All three can be overridden with
`--force --reason TEXT`; what is refused cannot."""
_ROLLBACK = """\
A rollback leads to `rolled_back` from every stage, whatever its target is. When the rollout is off or rolled back and
stands already as the target wants, nothing is written."""


def positions_page() -> str:
    """docs/positions.md."""
    stages = table(("Stage", "Meaning"), [(literal(stage.value), _STAGES[stage]) for stage in Stage])
    return page("Positions", _INTRO, stages, code(diagram(), "mermaid"), _ROLLBACK, "## Moves", _NEEDS, _moves_table())


def diagram() -> str:
    """The stages and what leads from one to another, as a Mermaid state diagram."""
    arrows: dict[tuple[Stage, Stage, str], None] = {}
    for (stage, relation), outcome in MOVES.items():
        if isinstance(outcome, Move):
            arrows[stage, stage_after(stage, relation, outcome), _label(outcome)] = None
    for stage in Stage:
        arrows[stage, Stage.ROLLED_BACK, "rollback"] = None
    lines = [f"    {start.value} --> {end.value}: {label}" for start, end, label in arrows]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {Stage.OFF.value}", *lines])


def stage_after(stage: Stage, relation: Relation, move: Move) -> Stage:
    """Where a move leads: a completed rollout stays so while its position stays the same."""
    stays = stage is Stage.COMPLETED and relation in {Relation.SAME, Relation.END}
    return Stage.COMPLETED if move.name == "complete" or stays else Stage.ACTIVE


def _moves_table() -> str:
    rows = [(literal(stage.value), relation.value, *_outcome(outcome)) for (stage, relation), outcome in MOVES.items()]
    return table(("Stage", "Wanted", "Move", "What must hold, or why not"), rows)


def _outcome(outcome: Move | Refusal) -> tuple[str, str]:
    if isinstance(outcome, Move):
        return f"**{outcome.name}**", _needs(outcome)
    return "refused", f"{outcome.because}; {re.sub(r'{[a-z]+}', '…', outcome.hint)}"


def _needs(move: Move) -> str:
    return ", ".join(need.value for need in Need if need in move.needs)


def _label(move: Move) -> str:
    return f"{move.name} ({_needs(move)})"
