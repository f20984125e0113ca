"""advance once more: to where the rollout is, after the files changed, after denials by hand and after a rollback."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout_cli.control.project import Project
from rollout_cli.control.rollback import Previous, ToPhase
from rollout_cli.errors import ExitCode
from rollout_cli.flags.percent import Percent
from tests.control.person import Person, Rewrite
from tests.control.refusals import Refused

WIDER_BETA = """\
phase: 2
name: beta
flags:
  EVENTS: {enabled: true, allowlist: [beta-1, beta-2, beta-3]}
  SHADOW: {enabled: false}
  ROUTING: {enabled: true, allowlist: [beta-1, beta-2, beta-3]}
soak: 48h
"""
CLEANUP = "phase: 4\nname: cleanup\nflags:\n  EVENTS: {enabled: true}\n  ROUTING: {enabled: true}\n  SHADOW: {enabled: false}\n  POLICY: {value: sticky}\n"  # noqa: E501


# already there


def test_already_there_writes_no_revision(ann: Person) -> None:
    ann.goes_to("2")
    report = ann.advances(2)
    assert (report.applied, report.move, report.revision) == (False, "none", 3)


def test_a_changed_file_is_applied_at_the_same_position_and_the_soak_goes_on(ann: Person, rewritten: Rewrite) -> None:
    ann.goes_to("2")
    entered = ann.latest.entered_at
    ann.ledger.clock.forward(hours=47)
    ann.project = rewritten(beta=WIDER_BETA)
    assert ann.advances(2).move == "reapply"
    assert (ann.place, ann.latest.entered_at) == ("2", entered)
    assert ann.on("ROUTING", "beta-3")
    with Refused(ann, ExitCode.REFUSED, "EVENTS for 1 by name"):  # the ramp's file does not know beta-3
        ann.soaks().advances()


def test_a_changed_file_at_a_step_of_a_ramp_keeps_the_step(ann: Person, rewritten: Rewrite) -> None:
    ann.goes_to("3@50")
    text = WIDER_BETA.replace("phase: 2\nname: beta", "phase: 3\nname: production").replace("soak: 48h", "  POLICY: {value: sticky}\nramp:\n  flags: [EVENTS, ROUTING]\n  steps: [{percent: 10}, {percent: 50}, {percent: 100}]")  # fmt: skip  # noqa: E501
    ann.project = rewritten(production=text)
    assert ann.advances(3).applied
    assert ann.place == "3@50"
    assert ann.on("ROUTING", "beta-3")


def test_completed_stays_completed_when_the_file_changes(ann: Person, rewritten: Rewrite) -> None:
    ann.goes_to("3@100").soaks().advances()
    assert ann.advances().move == "none"
    ann.project = rewritten(cleanup=CLEANUP)
    assert ann.advances().applied
    assert (ann.place, ann.stage) == ("4", "active")


# plans that changed under a running rollout


def test_a_last_phase_that_is_gone_completes_nothing(ann: Person, rewritten: Rewrite) -> None:
    ann.goes_to("3@50").soaks()
    ann.project = rewritten(production=None)
    with Refused(ann, ExitCode.REFUSED, "no longer has this position"):
        ann.advances(force=True, reason="x", allow_removals=True)


def test_a_ramp_that_became_one_phase_is_the_next_position(ann: Person, rewritten: Rewrite) -> None:
    ann.goes_to("3@50")
    ann.project = rewritten(production=CLEANUP.replace("phase: 4\nname: cleanup", "phase: 3\nname: production"))
    assert ann.plans().plan.destination.outcome.name == "advance"  # type: ignore[union-attr]
    ann.advances()
    assert (ann.place, ann.on("ROUTING", "anybody")) == ("3", True)


# denials by hand


def test_denials_by_hand_survive_every_move(ann: Person, rewritten: Rewrite) -> None:
    ann.denies("ROUTING", "beta-1")
    for _ in range(7):
        ann.soaks().advances()
        assert not ann.on("ROUTING", "beta-1")
    ann.rolls_back()
    ann.advances(0)
    assert ann.snapshot.state_of("ROUTING").denylist == {"beta-1"}
    ann.goes_to("2")
    assert ann.on("ROUTING", "beta-2")
    assert not ann.on("ROUTING", "beta-1")


def test_a_denial_outlives_its_flags_absence_from_the_files(ann: Person, rewritten: Rewrite) -> None:
    whole = ann.project
    ann.goes_to("0").denies("POLICY", "bob")
    without = "version: 1\nrollout: test-rollout\nflags:\n  EVENTS: {type: boolean, default: false}\n"
    ann.project = rewritten(without, staging="phase: 1\nname: staging\nflags:\n  EVENTS: {enabled: true}\n", beta=None, production=None)  # fmt: skip  # noqa: E501
    ann.advances(1)
    assert "POLICY" not in ann.snapshot.definitions
    ann.project = whole
    ann.advances(1)
    assert ann.snapshot.state_of("POLICY").denylist == {"bob"}


def test_a_shopper_who_was_taken_back_is_denied_on_flags_that_come_later(ann: Person, rewritten: Rewrite) -> None:
    ann.goes_to("1").takes_back("bob")
    ann.project = rewritten(
        ann_flags_with_one_more(), staging="phase: 1\nname: staging\nflags:\n  NEW: {enabled: true}\n"
    )
    ann.advances(1)
    assert ann.on("NEW", "cid")
    assert not ann.on("NEW", "bob")


def ann_flags_with_one_more() -> str:
    return "version: 1\nrollout: test-rollout\nflags:\n" + "".join(
        f"  {name}: {entry}\n" for name, entry in {
            "EVENTS": "{type: boolean, default: false}",
            "SHADOW": "{type: boolean, default: true}",
            "ROUTING": "{type: boolean, default: false, requires: [EVENTS]}",
            "POLICY": "{type: string, default: default, values: [default, round_robin, sticky]}",
            "NEW": "{type: boolean, default: false}",
        }.items()
    )  # fmt: skip


# after a rollback


def test_after_a_rollback_a_bare_advance_is_refused_and_says_how_to_go_on(ann: Person) -> None:
    ann.goes_to("2").rolls_back()
    with Refused(ann, ExitCode.REFUSED, "rolled back, so nothing moves by itself"):
        ann.advances()
    with Refused(ann, ExitCode.REFUSED, "never skipped"):
        ann.advances(1)
    assert ann.advances(0).applied
    assert (ann.place, ann.stage) == ("0", "active")


@pytest.mark.parametrize(("phase", "percent", "place"), [(2, None, "2"), (3, 10, "3@10")])
def test_after_a_rollback_to_a_phase_that_one_or_the_next_resumes(
    ann: Person, phase: int, percent: float | None, place: str
) -> None:
    ann.goes_to("3@50").rolls_back(ToPhase(2))
    with Refused(ann, ExitCode.REFUSED, "nothing moves by itself"):
        ann.advances()
    with Refused(ann, ExitCode.REFUSED, "never skipped"):
        ann.advances(3, 50)
    ann.soaks().advances(phase, percent)
    assert (ann.place, ann.stage) == (place, "active")


def test_going_on_after_a_rollback_waits_for_the_soak_since_then(ann: Person) -> None:
    ann.goes_to("3@50").rolls_back(Previous())
    assert ann.place == "3@10"
    with Refused(ann, ExitCode.NOT_YET, "soak"):
        ann.advances(3, 50)
    ann.advances(3, 10)
    assert ann.stage == "active"
    with Refused(ann, ExitCode.NOT_YET, "0s of 1d"):
        ann.advances()


def test_beginning_again_from_a_phase_names_whoever_it_switches_off(ann: Person) -> None:
    ann.goes_to("3@10").rolls_back(ToPhase(2))
    with Refused(ann, ExitCode.REFUSED, "ROUTING for 2 by name"):
        ann.advances(0)
    assert ann.advances(0, allow_removals=True).applied


def test_a_report_of_a_refused_move_shows_the_plan_and_the_reason(ann: Person) -> None:
    from rollout_cli.control.advance import advance_report

    ann.goes_to("1")
    report = advance_report(ann.plans())
    assert (report.applied, report.move, report.verdict) == (False, "advance", "INCONCLUSIVE")
    assert report.refusal == "not yet: soak: 0s of 1h"
    assert report.changes


def test_the_soak_is_the_one_the_file_says_now(small_project: Project, ann: Person) -> None:
    ann.goes_to("1")
    shorter = small_project.wanted.phases[1].model_copy(update={"soak": timedelta(minutes=5)})
    phases = (small_project.wanted.phases[0], shorter, *small_project.wanted.phases[2:])
    ann.project = replace(small_project, wanted=replace(small_project.wanted, phases=phases))
    ann.ledger.clock.forward(minutes=5)
    assert ann.advances().applied


def test_a_bare_percent_means_the_ramp(ann: Person) -> None:
    ann.goes_to("2").soaks()
    ann.advances(None, 10)
    assert ann.snapshot.state_of("EVENTS").percent == Percent(10_000)
