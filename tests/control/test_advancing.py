"""advance: what it does, and everything that keeps it from doing it, with the exit code of each."""

from collections.abc import Iterator

import pytest

from rollout_cli.control.advance import apply_advance
from rollout_cli.errors import ExitCode
from tests.control.person import Person, Rewrite
from tests.control.refusals import Refused

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
NARROWER_BETA = """\
phase: 2
name: beta
flags:
  EVENTS: {enabled: true, allowlist: [beta-2, beta-3]}
  SHADOW: {enabled: false}
  ROUTING: {enabled: true, allowlist: [beta-2, beta-3]}
soak: 48h
"""


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
