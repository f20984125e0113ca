"""advance: what it does, and everything that keeps it from doing it, with the exit code of each."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from rollout_cli.control.advance import apply_advance
from rollout_cli.control.project import Project
from rollout_cli.control.rollback import Previous, ToPhase
from rollout_cli.errors import ExitCode, RolloutError
from rollout_cli.flags.percent import Percent
from tests.control.person import Person, Rewrite

CHECKED_BETA = """\
phase: 2
name: beta
flags:
  EVENTS: {enabled: true, allowlist: [beta-1, beta-2]}
  SHADOW: {enabled: false}
  ROUTING: {enabled: true, allowlist: [beta-1, beta-2]}
soak: 48h
preflight:
  - {id: team-trained, kind: attestation, title: The team has been trained, expires: 30d}
gates:
  - id: ann-is-on
    kind: flag
    flag: EVENTS
    shopper: ann
    enabled: true
    on: {fail: hold, inconclusive: hold, error: hold}
"""
WIDER_BETA = """\
phase: 2
name: beta
flags:
  EVENTS: {enabled: true, allowlist: [beta-1, beta-2, beta-3]}
  SHADOW: {enabled: false}
  ROUTING: {enabled: true, allowlist: [beta-1, beta-2, beta-3]}
soak: 48h
"""
NARROWER_BETA = WIDER_BETA.replace("beta-1, ", "")
CLEANUP = "phase: 4\nname: cleanup\nflags:\n  EVENTS: {enabled: true}\n  ROUTING: {enabled: true}\n  SHADOW: {enabled: false}\n  POLICY: {value: sticky}\n"  # noqa: E501


class Refused:
    """Expects an error of one exit code whose words are these, and that nothing was written."""

    def __init__(self, ann: Person, code: ExitCode, words: str) -> None:
        self._ann, self._code, self._words, self._before = ann, code, words, list(ann.ledger.records)
        self._expected = pytest.raises(RolloutError, match=words)

    def __enter__(self) -> None:
        self._caught = self._expected.__enter__()

    def __exit__(self, *details: object) -> bool:
        caught = self._expected.__exit__(*details)  # type: ignore[arg-type]
        assert self._caught.value.exit_code is self._code
        assert self._caught.value.hint
        assert self._ann.ledger.records == self._before
        return bool(caught)


def test_a_rollout_goes_through_all_positions_and_completes(ann: Person) -> None:
    places = []
    while ann.stage != "completed":
        report = ann.soaks().advances()
        assert report.applied
        places.append((ann.place, ann.stage))
    assert places == [
        ("0", "active"), ("1", "active"), ("2", "active"), ("3@10", "active"), ("3@50", "active"), ("3@100", "active"),
        ("3@100", "completed"),
    ]  # fmt: skip


def test_a_revision_keeps_who_what_why_and_from_where(ann: Person) -> None:
    ann.goes_to("1").soaks()
    report = ann.advances(reason="looks good")
    draft = ann.latest.draft
    assert (draft.action, draft.actor, draft.reason, draft.forced) == ("advance", "ann", "looks good", False)
    assert (str(draft.came_from), str(draft.position)) == ("1", "2")
    assert [check["id"] for check in draft.checks] == ["soak"]
    assert draft.plan_digest == ann.project.wanted.digest == report.digest
    assert {(change["flag"], change["field"]) for change in draft.changes} == {
        ("EVENTS", "allowlist"), ("SHADOW", "enabled"), ("ROUTING", "enabled"), ("ROUTING", "allowlist"),
    }  # fmt: skip


# not a legal move: 5


def test_a_position_is_never_skipped_not_even_by_force(ann: Person) -> None:
    ann.goes_to("0").soaks()
    with Refused(ann, ExitCode.REFUSED, "never skipped"):
        ann.advances(2)
    with Refused(ann, ExitCode.REFUSED, "never skipped"):
        ann.advances(2, force=True, reason="in a hurry", allow_removals=True)


def test_advance_never_goes_back(ann: Person) -> None:
    ann.goes_to("3@50").soaks()
    for phase, percent in ((0, None), (2, None), (3, 10)):
        with Refused(ann, ExitCode.REFUSED, "never goes back"):
            ann.advances(phase, percent, force=True, reason="x")


@pytest.mark.parametrize(
    ("phase", "percent", "words"), [(7, None, "no phase 7"), (3, 11, "no step at 11 %"), (2, 10, "no step at 10 %")]
)
def test_a_position_that_the_plan_does_not_have_is_a_mistake_of_the_caller(
    ann: Person, phase: int, percent: float | None, words: str
) -> None:
    with Refused(ann, ExitCode.USAGE, words):
        ann.advances(phase, percent)


# shoppers switched off: 5


def test_a_move_that_switches_somebody_off_is_refused_and_names_them(ann: Person, rewritten: Rewrite) -> None:
    ann.goes_to("2")
    ann.project = rewritten(beta=NARROWER_BETA)
    decided = ann.plans(2)
    assert [(each.flag, each.ids) for each in decided.plan.removals] == [
        ("EVENTS", ("beta-1",)),
        ("ROUTING", ("beta-1",)),
    ]
    assert decided.refusal is not None
    assert decided.refusal.hint.startswith("see who with `rollout plan --phase 2`;")
    with Refused(ann, ExitCode.REFUSED, "switch off shoppers who are on today: EVENTS for 1 by name"):
        ann.advances(2)
    with Refused(ann, ExitCode.REFUSED, "switch off"):
        ann.advances(2, force=True, reason="force does not mean that")
    assert ann.advances(2, allow_removals=True).applied
    assert not ann.on("EVENTS", "beta-1")


def test_leaving_the_shadow_phases_switches_nobody_off(ann: Person) -> None:
    ann.goes_to("1").soaks()
    assert ann.on("EVENTS", "somebody")
    assert ann.advances(2).applied
    assert not ann.on("EVENTS", "somebody")


def test_drift_is_replaced_by_the_next_move_and_named_when_it_holds_somebody_on(ann: Person) -> None:
    ann.goes_to("2").allows("EVENTS", "friend")
    ann.soaks()
    with Refused(ann, ExitCode.REFUSED, "EVENTS for 1 by name"):
        ann.advances()
    assert ann.advances(allow_removals=True).applied
    assert ann.snapshot.state_of("EVENTS").allowlist == {"beta-1", "beta-2"}


def test_drift_that_holds_nobody_on_is_replaced_without_a_word(ann: Person) -> None:
    ann.goes_to("3@10").sets("EVENTS", percent=5)
    assert ann.soaks().advances().applied
    assert ann.snapshot.state_of("EVENTS").percent == 50_000


# checks that do not hold: 3, or 4


@pytest.fixture
def guarded(ann: Person, rewritten: Rewrite) -> Iterator[Person]:
    ann.goes_to("1").soaks()
    ann.project = rewritten(beta=CHECKED_BETA)
    return ann  # type: ignore[return-value]


def test_a_missing_attestation_is_not_yet(guarded: Person) -> None:
    with Refused(guarded, ExitCode.NOT_YET, "not yet: team-trained: nobody has attested this"):
        guarded.advances()
    guarded.attests("team-trained")
    assert guarded.advances().applied


def test_an_expired_attestation_is_not_yet(guarded: Person) -> None:
    guarded.attests("team-trained")
    guarded.ledger.clock.forward(days=30)
    with Refused(guarded, ExitCode.NOT_YET, "expired"):
        guarded.advances()


def test_a_failed_gate_is_a_failure_even_while_others_are_open(guarded: Person) -> None:
    guarded.attests("team-trained")
    guarded.advances()
    with Refused(guarded, ExitCode.FAIL, "failed: ann-is-on"):
        guarded.advances()
    guarded.allows("EVENTS", "ann")
    with Refused(guarded, ExitCode.NOT_YET, "not yet: soak"):
        guarded.advances(allow_removals=True)
    assert guarded.soaks().advances(allow_removals=True).applied


def test_force_overrides_checks_gates_and_soak_and_is_recorded(guarded: Person) -> None:
    guarded.advances(force=True, reason="trained yesterday")
    assert (guarded.place, guarded.latest.draft.forced, guarded.latest.draft.reason) == ("2", True, "trained yesterday")
    guarded.advances(force=True, reason="no time")
    verdicts = {check["id"]: check["verdict"] for check in guarded.latest.draft.checks}
    assert (guarded.place, verdicts) == ("3@10", {"soak": "INCONCLUSIVE", "ann-is-on": "FAIL"})


@pytest.mark.parametrize("reason", ["", "  ", "\t"])
def test_force_needs_a_reason(ann: Person, reason: str) -> None:
    with Refused(ann, ExitCode.USAGE, "--force needs a reason"):
        ann.advances(force=True, reason=reason)


# soak and clock: 4


def test_a_soak_is_counted_in_the_ledgers_time(ann: Person) -> None:
    ann.goes_to("1")
    ann.ledger.clock.forward(minutes=59, seconds=59)
    with Refused(ann, ExitCode.NOT_YET, "not yet: soak: 59m59s of 1h"):
        ann.advances()
    ann.ledger.clock.forward(seconds=1)
    assert ann.advances().applied


def test_each_step_of_a_ramp_has_its_own_soak(ann: Person) -> None:
    ann.goes_to("3@10")
    ann.ledger.clock.forward(hours=24)
    ann.advances()
    ann.ledger.clock.forward(hours=23)
    with Refused(ann, ExitCode.NOT_YET, "23h of 1d"):
        ann.advances()


def test_completing_waits_for_the_last_soak(ann: Person) -> None:
    ann.goes_to("3@100")
    ann.ledger.clock.forward(days=6)
    with Refused(ann, ExitCode.NOT_YET, "6d of 7d"):
        ann.advances()


def test_a_clock_behind_the_last_entry_refuses_to_advance_but_never_to_roll_back(ann: Person) -> None:
    ann.goes_to("0")
    ann.ledger.clock.back(hours=3)
    with Refused(ann, ExitCode.NOT_YET, "clock: the store's clock is 3h behind"):
        ann.advances()
    assert ann.rolls_back().applied


def test_a_clock_behind_is_not_forgotten_by_a_change_made_meanwhile(ann: Person) -> None:
    ann.goes_to("1")
    ann.ledger.clock.back(hours=3)
    ann.denies("EVENTS", "bob")
    with Refused(ann, ExitCode.NOT_YET, "3h behind"):
        ann.advances()


# somebody else: 6


def test_the_expected_revision_must_be_the_latest(ann: Person) -> None:
    ann.goes_to("1").soaks()
    with Refused(ann, ExitCode.CONFLICT, "expected revision 1, found 2"):
        ann.advances(expect_revision=1)
    assert ann.advances(expect_revision=2).applied


def test_a_change_between_plan_and_apply_is_a_conflict(ann: Person) -> None:
    ann.goes_to("1").soaks()
    decided = ann.plans()
    ann.denies("EVENTS", "bob")
    with Refused(ann, ExitCode.CONFLICT, "changed meanwhile"):
        apply_advance(ann.ledger, decided)


def test_two_who_begin_at_once_do_not_both_win(ann: Person) -> None:
    first, second = ann.plans(), ann.plans()
    apply_advance(ann.ledger, first)
    with Refused(ann, ExitCode.CONFLICT, "changed meanwhile"):
        apply_advance(ann.ledger, second)


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
