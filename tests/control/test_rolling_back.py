"""rollback: to the safe state, a position, a phase or a revision, exactly; and one shopper alone."""

from dataclasses import replace

import pytest

from rollout_cli.control.project import Project
from rollout_cli.control.rollback import Previous, Target, ToPhase, ToRevision
from rollout_cli.errors import ExitCode
from rollout_cli.flags.model import default_state
from tests.control.exposure import SHOPPERS, exposure
from tests.control.person import Person, Rewrite
from tests.control.refusals import refused

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
