"""rollback: reaches its target after any history, never goes forward, and nothing can block the safe state."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.control.ledger import Head
from rollout_cli.control.project import Project
from rollout_cli.control.record import Revision
from rollout_cli.control.rollback import Previous, RollbackReport, Safe, Target, ToPhase, ToRevision
from rollout_cli.errors import ConflictError, ExitCode, RefusedError, RolloutError
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import Snapshot, default_state
from rollout_cli.plan.position import Position
from tests.control.person import Person, Rewrite
from tests.support.memory_ledger import MemoryLedger, MemoryTransaction

SHOPPERS = ("beta-1", "beta-2", "friend", *(f"shopper-{number}" for number in range(12)))


def refused(action: Callable[[], object], code: ExitCode, words: str) -> None:
    with pytest.raises(RolloutError, match=words) as caught:
        action()
    assert caught.value.exit_code is code
    assert caught.value.hint


# the safe state


def test_the_default_is_the_safe_state_for_everybody(ann: Person) -> None:
    ann.goes_to("3@50")
    report = ann.rolls_back(reason="error rate")
    assert (report.applied, report.to, ann.place, ann.stage) == (True, None, "off", "rolled_back")
    assert all(ann.snapshot.state_of(name) == default_state(each) for name, each in ann.snapshot.definitions.items())
    draft = ann.latest.draft
    assert (draft.action, draft.reason, str(draft.came_from)) == ("rollback", "error rate", "3@50")


def test_a_second_one_changes_nothing(ann: Person) -> None:
    ann.goes_to("3@50").rolls_back()
    again = ann.rolls_back()
    assert (again.applied, again.revision, again.changes) == (False, 6, [])
    assert len(ann.ledger.records) == 6


def test_where_nothing_was_ever_applied_there_is_nothing_to_roll_back(ann: Person) -> None:
    report = ann.rolls_back()
    assert (report.applied, report.revision) == (False, 0)
    assert ann.ledger.records == []


def test_changes_by_hand_are_taken_back_where_the_rollout_is_off(ann: Person) -> None:
    ann.sets("EVENTS", enabled=True)
    assert ann.on("EVENTS", "anybody")
    assert ann.rolls_back().applied
    assert not ann.on("EVENTS", "anybody")


def test_a_completed_rollout_can_be_rolled_back(ann: Person) -> None:
    ann.goes_to("3@100").soaks().advances()
    ann.rolls_back()
    assert (ann.place, ann.stage) == ("off", "rolled_back")


# previous


def test_previous_walks_down_step_by_step_to_off(ann: Person) -> None:
    ann.goes_to("3@100")
    places = []
    for _ in range(8):
        ann.rolls_back(Previous())
        places.append(ann.place)
    assert places == ["3@50", "3@10", "2", "1", "0", "off", "off", "off"]


def test_previous_gives_back_the_state_of_then_as_it_last_was(ann: Person) -> None:
    ann.goes_to("2").allows("ROUTING", "friend")
    ann.soaks().advances(allow_removals=True)
    ann.allows("ROUTING", "friend")
    ann.rolls_back(Previous())
    assert ann.snapshot.state_of("ROUTING").allowlist == {"beta-1", "beta-2", "friend"}


def test_previous_never_returns_to_where_a_rollback_came_from(ann: Person) -> None:
    ann.goes_to("3@50").rolls_back(ToPhase(1))
    ann.soaks().advances(2)
    ann.rolls_back(Previous())
    assert ann.place == "1"
    ann.rolls_back(Previous())
    assert ann.place == "0"


# a phase


def test_a_phase_is_given_back_as_the_rollout_last_stood_in_it(ann: Person, rewritten: Rewrite) -> None:
    ann.goes_to("3@100")
    ann.project = rewritten(cleanup="phase: 4\nname: cleanup\nflags:\n  EVENTS: {enabled: true}\n  ROUTING: {enabled: true}\n  POLICY: {value: sticky}\n")  # fmt: skip  # noqa: E501
    ann.soaks().advances()
    assert ann.place == "4"
    ann.rolls_back(ToPhase(3))
    assert (ann.place, ann.stage) == ("3@100", "rolled_back")
    assert not ann.rolls_back(ToPhase(3)).applied


def test_the_phase_of_the_current_ramp_is_its_first_step_and_twice_is_once(ann: Person) -> None:
    ann.goes_to("3@100").rolls_back(ToPhase(3))
    assert (ann.place, ann.stage) == ("3@10", "rolled_back")
    assert not ann.rolls_back(ToPhase(3)).applied


def test_the_phase_where_the_rollout_is_stops_it_there(ann: Person) -> None:
    ann.goes_to("2")
    report = ann.rolls_back(ToPhase(2))
    assert (report.applied, report.changes, ann.place, ann.stage) == (True, [], "2", "rolled_back")
    assert not ann.rolls_back(ToPhase(2)).applied


@pytest.mark.parametrize("phase", [3, 9])
def test_a_phase_ahead_is_refused(ann: Person, phase: int) -> None:
    ann.goes_to("2")
    refused(lambda: ann.rolls_back(ToPhase(phase)), ExitCode.REFUSED, "lies ahead of phase 2")


def test_a_phase_that_never_was_is_refused(small_project: Project, ann: Person) -> None:
    without = replace(small_project.wanted, phases=(small_project.wanted.phases[0], *small_project.wanted.phases[2:]))
    ann.project = replace(small_project, wanted=without)
    ann.goes_to("2")
    refused(lambda: ann.rolls_back(ToPhase(1)), ExitCode.REFUSED, "never in phase 1")


def test_from_off_every_phase_lies_ahead(ann: Person) -> None:
    ann.goes_to("2").rolls_back()
    refused(lambda: ann.rolls_back(ToPhase(0)), ExitCode.REFUSED, "lies ahead of off")


# a revision


def test_a_revision_is_given_back_exactly(ann: Person) -> None:
    ann.goes_to("2").allows("EVENTS", "friend")
    wanted = ann.latest
    ann.soaks().advances(allow_removals=True)
    ann.allows("EVENTS", "friend")
    ann.rolls_back(ToRevision(wanted.number))
    assert (ann.place, ann.snapshot.states) == ("2", wanted.draft.snapshot.states)
    assert ann.latest.base == wanted.number
    assert not ann.rolls_back(ToRevision(wanted.number)).applied


def test_revision_zero_is_the_safe_state(ann: Person) -> None:
    ann.goes_to("1").rolls_back(ToRevision(0))
    assert ann.place == "off"


@pytest.mark.parametrize("number", [4, 5, 6])
def test_a_revision_ahead_is_refused_also_after_a_rollback(ann: Person, number: int) -> None:
    ann.goes_to("3@50").rolls_back(ToRevision(3))
    ann.rolls_back(ToRevision(2))
    refused(lambda: ann.rolls_back(ToRevision(number)), ExitCode.REFUSED, "is ahead of phase 1|no revision|is ahead")


def test_what_a_rollback_undid_is_not_brought_back_by_another(ann: Person) -> None:
    ann.goes_to("3@10").rolls_back()
    for number in range(1, 5):
        refused(lambda number=number: ann.rolls_back(ToRevision(number)), ExitCode.REFUSED, "is ahead of off")  # type: ignore[misc]


def test_a_revision_that_is_not_there_is_refused(ann: Person) -> None:
    ann.goes_to("1")
    refused(lambda: ann.rolls_back(ToRevision(77)), ExitCode.REFUSED, "no revision 77")


def test_a_mistake_made_by_hand_is_undone_by_the_revision_before_it(ann: Person) -> None:
    ann.goes_to("2").sets("ROUTING", enabled=False)
    ann.rolls_back(ToRevision(3))
    assert (ann.place, ann.on("ROUTING", "beta-1")) == ("2", True)


# a target is exact


@pytest.mark.parametrize("target", [Previous(), ToPhase(3)])
def test_what_was_changed_by_hand_since_stands_again_as_it_stood_there(ann: Person, target: Target) -> None:
    ann.goes_to("3@10")
    then = ann.snapshot.states
    ann.goes_to("3@50").sets("EVENTS", percent=1)
    ann.sets("ROUTING", enabled=False)
    ann.rolls_back(target)
    assert (ann.place, ann.snapshot.states) == ("3@10", then)


def test_whoever_a_file_took_off_a_list_since_is_on_it_again(ann: Person, rewritten: Rewrite) -> None:
    ann.goes_to("2")
    ramp = "phase: 3\nname: production\nflags:\n  EVENTS: {allowlist: [beta-2]}\n  SHADOW: {enabled: false}\nramp: {flags: [EVENTS], steps: [{percent: 0}]}\n"  # noqa: E501
    ann.project = rewritten(production=ramp)
    ann.soaks().advances(allow_removals=True)
    ann.rolls_back(Previous())
    assert ann.snapshot.state_of("EVENTS").allowlist == {"beta-1", "beta-2"}


def test_the_salt_of_then_holds_again(ann: Person) -> None:
    ann.goes_to("3@50")
    snapshot = ann.latest.draft.snapshot
    events = replace(snapshot.definitions["EVENTS"], salt="another")
    draft = replace(
        ann.latest.draft, snapshot=replace(snapshot, definitions={**snapshot.definitions, "EVENTS": events})
    )
    with ann.ledger.writing() as writing:
        writing.append(draft)
    ann.rolls_back(Previous())
    assert (ann.place, ann.snapshot.salt_of("EVENTS")) == ("3@10", "test-rollout")


# one shopper


def test_one_shopper_is_denied_on_every_flag_and_all_others_stay(ann: Person) -> None:
    ann.goes_to("3@100")
    others = exposure(ann.snapshot, tuple(key for key in SHOPPERS if key != "friend"))
    report = ann.takes_back("friend")
    assert (report.applied, ann.place, ann.stage) == (True, "3@100", "active")
    assert all("friend" in ann.snapshot.state_of(name).denylist for name in ann.snapshot.definitions)
    assert exposure(ann.snapshot, tuple(key for key in SHOPPERS if key != "friend")) == others
    assert not ann.takes_back("friend").applied


def test_a_shopper_who_was_taken_back_stays_so_through_every_move_and_rollback(ann: Person) -> None:
    ann.goes_to("2").takes_back("beta-1")
    for action in (
        lambda: ann.soaks().advances(),
        ann.rolls_back,
        lambda: ann.advances(0),
        lambda: ann.goes_to("3@100"),
    ):
        action()
        assert not any(ann.on(name, "beta-1") for name in ann.snapshot.definitions)


def test_taking_a_shopper_back_keeps_the_soak_and_the_stage(ann: Person) -> None:
    ann.goes_to("2")
    entered = ann.latest.entered_at
    ann.ledger.clock.forward(hours=1)
    ann.takes_back("friend")
    assert (ann.latest.entered_at, ann.stage) == (entered, "active")
    ann.rolls_back(Previous())
    ann.takes_back("another")
    assert ann.stage == "rolled_back"
    refused(lambda: ann.rolls_back(ToRevision(3)), ExitCode.REFUSED, "ahead")


def test_taking_a_shopper_back_does_not_bring_within_reach_what_was_undone(ann: Person) -> None:
    ann.goes_to("2").sets("EVENTS", shadow=True)
    ann.rolls_back(ToRevision(3))
    ann.takes_back("friend")
    refused(lambda: ann.rolls_back(ToRevision(4)), ExitCode.REFUSED, "is ahead of")


def test_taking_a_shopper_back_keeps_every_earlier_denial(ann: Person) -> None:
    ann.goes_to("1").denies("POLICY", "bob")
    draft = ann.latest.draft
    definitions = {name: each for name, each in draft.snapshot.definitions.items() if name != "POLICY"}
    with ann.ledger.writing() as writing:
        writing.append(replace(draft, snapshot=replace(draft.snapshot, definitions=definitions)))
    ann.takes_back("friend")
    assert ann.latest.draft.denied_by_hand["POLICY"] == {"bob"}


def test_a_shopper_cannot_be_denied_where_no_flag_was_ever_applied(ann: Person) -> None:
    refused(lambda: ann.takes_back("friend"), ExitCode.REFUSED, "nothing was ever applied")


@pytest.mark.parametrize("shopper", ["", " ", "beta-1 ", "\tbeta-1", "beta\u200b1", "beta\n1"])
def test_an_id_that_is_none_does_not_pretend_to_take_anybody_back(ann: Person, shopper: str) -> None:
    ann.goes_to("2")
    refused(lambda: ann.takes_back(shopper), ExitCode.USAGE, "an id has no spaces")


# damage and bad luck


def test_a_damaged_latest_record_does_not_keep_anybody_from_safety(ann: Person) -> None:
    ann.goes_to("3@50")
    ann.damages(5)
    report = ann.rolls_back()
    assert (report.applied, report.revision, ann.place, ann.stage) == (True, 6, "off", "rolled_back")


def test_a_damaged_latest_record_is_followed_even_if_the_one_before_was_safe(ann: Person) -> None:
    ann.goes_to("1").rolls_back()
    ann.advances(0)
    ann.damages(4)
    assert ann.rolls_back().applied
    assert (ann.place, len(ann.ledger.records)) == ("off", 5)


@pytest.mark.parametrize("target", [Previous(), ToPhase(2), ToRevision(2)])
def test_with_a_damaged_latest_record_only_the_safe_state_is_certain(ann: Person, target: Target) -> None:
    ann.goes_to("3@50").rolls_back()
    ann.damages(6)  # what is readable says 3@50, what is true is off
    refused(lambda: ann.rolls_back(target), ExitCode.REFUSED, "nobody knows where the rollout stands")
    refused(lambda: ann.takes_back("friend"), ExitCode.REFUSED, "nobody knows where the rollout stands")
    assert ann.rolls_back().applied


def test_damage_in_the_middle_is_stepped_over(ann: Person) -> None:
    ann.goes_to("3@50")
    ann.damages(4)
    ann.damages(3)
    refused(lambda: ann.rolls_back(ToRevision(3)), ExitCode.REFUSED, "no revision 3 that can be read")
    refused(lambda: ann.rolls_back(ToPhase(2)), ExitCode.REFUSED, "never in phase 2")
    ann.rolls_back(Previous())
    assert ann.place == "1"
    assert ann.rolls_back().applied


def test_where_no_record_can_be_read_nobody_is_told_that_all_is_well(ann: Person) -> None:
    ann.goes_to("1")
    ann.damages(1)
    ann.damages(2)
    refused(ann.rolls_back, ExitCode.STORE, "none of its records can be read")
    refused(lambda: ann.takes_back("friend"), ExitCode.STORE, "none of its records can be read")


class Tampered(MemoryLedger):
    """A ledger whose pointer was changed behind the program's back."""

    pointer: Head | None = None

    @contextmanager
    def reading(self) -> Iterator[MemoryTransaction]:
        with super().reading() as transaction:
            yield self._changed(transaction)

    @contextmanager
    def writing(self) -> Iterator[MemoryTransaction]:
        with super().writing() as transaction:
            yield self._changed(transaction)

    def _changed(self, transaction: MemoryTransaction) -> MemoryTransaction:
        transaction.pointer = lambda: self.pointer  # type: ignore[method-assign]
        return transaction


def tampered(ann: Person, pointer: Head | None) -> Person:
    ledger = Tampered()
    ledger.records, ledger.pointer = ann.ledger.records, pointer
    return Person(ann.project, ledger)


def test_a_pointer_that_is_gone_is_not_taken_for_a_new_rollout(ann: Person) -> None:
    lost = tampered(ann.goes_to("1"), None)
    assert lost.rolls_back().applied
    refused(lost.standing, ExitCode.STORE, "pointer to the latest revision is gone")


def test_a_latest_record_that_was_deleted_is_not_taken_for_the_one_before(ann: Person) -> None:
    cut = tampered(ann.goes_to("3@10"), Head(5, "0" * 64))
    refused(cut.standing, ExitCode.STORE, "its latest record is gone")
    refused(lambda: cut.rolls_back(Previous()), ExitCode.REFUSED, "nobody knows")
    assert cut.rolls_back().applied


def test_a_latest_record_that_was_exchanged_is_not_believed(ann: Person) -> None:
    refused(tampered(ann.goes_to("1"), Head(2, "0" * 64)).standing, ExitCode.STORE, "not the one that was written")


class Contended(MemoryLedger):
    """A ledger in which somebody else wins a number of times."""

    losses = 3

    def writing(self) -> Any:
        if self.losses:
            self.losses -= 1
            raise ConflictError("somebody else wrote", hint="again")
        return super().writing()


def test_it_repeats_until_it_wins(small_project: Project) -> None:
    ledger = Contended()
    ledger.losses = 0
    ann = Person(small_project, ledger).goes_to("2")
    ledger.losses = 42
    assert ann.rolls_back().applied
    ledger.losses = 1_000_000
    refused(ann.rolls_back, ExitCode.STORE, "100 attempts")


def test_it_asks_no_clock(ann: Person) -> None:
    ann.goes_to("3@50")
    ann.ledger.clock.back(days=4000)
    assert ann.rolls_back(Previous()).applied
    assert ann.rolls_back().applied


# any history


def exposure(snapshot: Snapshot, keys: tuple[str | None, ...] = (*SHOPPERS, None)) -> set[tuple[str, str | None]]:
    """Whom which flag tells something else than when it is off, those that are on by default left aside."""
    answers = Evaluator(snapshot)
    off = {name: each.off for name, each in snapshot.definitions.items() if each.default is not True}
    return {(name, key) for name in off for key in keys if answers.value(name, key) != off[name]}


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
@settings(max_examples=100, deadline=None)
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
@settings(max_examples=100, deadline=None)
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
@settings(max_examples=50, deadline=None)
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
