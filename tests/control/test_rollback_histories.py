"""rollback after any history: it reaches its target, never goes forward, and takes back whom it is told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.control.project import Project
from rollout_cli.control.record import Revision
from rollout_cli.control.rollback import Previous, RollbackReport, Safe, Target, ToPhase, ToRevision
from rollout_cli.errors import RefusedError
from rollout_cli.flags.model import default_state
from rollout_cli.plan.position import Position
from tests.control.exposure import SHOPPERS, exposure
from tests.control.person import Person
from tests.support.examples import examples


def step_number(position: Position | None) -> tuple[int, int]:
    return (-1, -1) if position is None else position.key


BLINDLY = {"force": True, "reason": "on", "allow_removals": True}
SETTINGS: list[dict[str, Any]] = [
    {"enabled": True}, {"enabled": False}, {"percent": 0}, {"percent": 30}, {"percent": 100}, {"no_percent": True},
]  # fmt: skip
targets = st.one_of(
    st.just(Safe()), st.just(Previous()), st.integers(0, 4).map(ToPhase), st.integers(0, 14).map(ToRevision)
)
flag_names = st.sampled_from(["EVENTS", "ROUTING", "POLICY", "SHADOW"])
shoppers = st.sampled_from(SHOPPERS[:6])
Verb = tuple[str, tuple[Any, ...], dict[str, Any]]
History = list[Verb]
verbs: st.SearchStrategy[Verb] = st.one_of(
    *[st.just(("advances", (), BLINDLY))] * 4,
    st.tuples(st.just("advances"), st.tuples(st.integers(0, 3)), st.just(BLINDLY)),
    st.tuples(st.just("pulls"), st.tuples(st.integers(0, 2)), st.just({})),
    st.tuples(st.just("rolls_back"), st.tuples(targets), st.just({})),
    st.tuples(st.just("takes_back"), st.tuples(shoppers), st.just({})),
    st.tuples(st.just("sets"), st.tuples(flag_names), st.sampled_from(SETTINGS)),
    st.tuples(st.sampled_from(["allows", "denies", "undenies"]), st.tuples(flag_names, shoppers), st.just({})),
)  # fmt: skip
histories = st.lists(verbs, min_size=1, max_size=14)


@pytest.fixture(scope="session")
def newcomer(small_project: Project, other_projects: tuple[Project, ...]) -> Callable[[], Person]:
    """Somebody at the controls of a rollout that was never begun."""
    return lambda: Person(small_project, None, other_projects)


def lived(ann: Person, history: History) -> Person:
    for verb, arguments, said in history:
        ann.tries(verb, *arguments, **said)
    return ann


def attempted(ann: Person, target: Target) -> RollbackReport | None:
    """The rollback, or None when it was refused; then nothing was written."""
    before = list(ann.ledger.records)
    try:
        return ann.rolls_back(target)
    except RefusedError:
        assert ann.ledger.records == before
        return None


@given(histories, targets)
@settings(max_examples=examples(100), deadline=None)
def test_after_any_history_a_rollback_reaches_its_target(
    newcomer: Callable[[], Person], history: History, target: Target
) -> None:
    ann = lived(newcomer(), history)
    came_from = ann.standing().actual(ann.blank).position
    report = attempted(ann, target)
    if report is None:
        assert isinstance(target, ToPhase | ToRevision)
        return
    if not ann.ledger.records:
        assert (report.applied, ann.place) == (False, "off")
        return
    assert ann.stage in {"rolled_back", "off"}
    here = ann.standing().actual(ann.blank).position
    match target:
        case Safe():
            assert_safe(ann)
        case Previous():
            assert_previous(ann, came_from)
        case ToPhase(phase):
            assert here is not None
            assert here.phase == phase
        case ToRevision(number) if number:
            assert_restored(ann, number)
    assert isinstance(target, Previous) or not ann.rolls_back(target).applied


def assert_safe(ann: Person) -> None:
    assert ann.place == "off"
    for name, definition in ann.snapshot.definitions.items():
        assert replace(ann.snapshot.state_of(name), denylist=frozenset()) == default_state(definition)


def assert_previous(ann: Person, came_from: Position | None) -> None:
    """The state is that of the latest revision at a lower position than the one it came from; else the safe one."""
    with ann.ledger.reading() as reading:
        history = [each for each in reading.revisions() if isinstance(each, Revision)][1:]
    lower = next(
        (each for each in history if each.draft.position and came_from and each.draft.position < came_from), None
    )
    if lower is None:
        assert_safe(ann)
    else:
        assert_restored(ann, lower.number)


def assert_restored(ann: Person, number: int) -> None:
    with ann.ledger.reading() as reading:
        wanted = next(each for each in reading.revisions() if isinstance(each, Revision) and each.number == number)
    assert ann.latest.draft.position == wanted.draft.position
    assert ann.latest.draft.snapshot.states.items() >= wanted.draft.snapshot.states.items()


@given(histories, st.lists(targets, min_size=1, max_size=3))
@settings(max_examples=examples(100), deadline=None)
def test_after_any_history_rollbacks_never_go_forward(
    newcomer: Callable[[], Person], history: History, wanted: list[Target]
) -> None:
    ann = lived(newcomer(), history)
    for target in wanted:
        came_from = ann.standing().actual(ann.blank).position
        attempted(ann, target)
        here = ann.standing().actual(ann.blank).position
        assert step_number(here) <= step_number(came_from)


@given(histories, shoppers)
@settings(max_examples=examples(50), deadline=None)
def test_after_any_history_one_shopper_can_be_taken_back(
    newcomer: Callable[[], Person], history: History, shopper: str
) -> None:
    ann = lived(newcomer(), history)
    if ann.standing().latest is None:
        return
    others = tuple(key for key in (*SHOPPERS, None) if key != shopper)
    before = exposure(ann.snapshot, others)
    ann.takes_back(shopper)
    assert not any(ann.on(name, shopper) for name in ann.snapshot.definitions)
    assert exposure(ann.snapshot, others) == before
    ann.tries("advances", **BLINDLY)
    assert not any(ann.on(name, shopper) for name in ann.snapshot.definitions)
