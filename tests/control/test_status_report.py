"""status and check: where the rollout stands, in one word and in full."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rollout_cli.control.rollback import Safe, ToPhase
from rollout_cli.control.status import GateView, State
from rollout_cli.control.views import ChangeView, PositionView
from rollout_cli.flags.kill import Kills
from rollout_cli.render.status_text import status_lines
from tests.control.person import Person, Rewrite
from tests.support.memory_ledger import BEGINNING
from tests.support.projects import PHASES


def test_before_anything_was_applied_it_is_off(ann: Person) -> None:
    report = ann.status()
    assert (report.state, report.revision, report.position, report.entered_at) == (State.OFF, 0, None, None)
    assert (report.soak, report.drift) == (None, [])
    assert report.next == PositionView(0, "development", None)
    assert (report.flags["EVENTS"].enabled, report.flags["SHADOW"].enabled) == (False, True)


def test_a_soak_goes_from_soaking_to_ready(ann: Person) -> None:
    ann.goes_to("2")
    entered = ann.latest.entered_at
    ann.ledger.clock.forward(hours=47, minutes=59)
    report = ann.status()
    assert report.soak is not None
    assert (report.state, report.soak.required_seconds, report.soak.elapsed_seconds) == (
        State.SOAKING,
        172_800,
        172_740,
    )
    assert report.soak.ready_at == entered + timedelta(hours=48)
    ann.ledger.clock.forward(minutes=1)
    assert ann.status().state is State.READY


def test_a_position_without_a_soak_is_ready_at_once(ann: Person) -> None:
    assert ann.goes_to("0").status().state is State.READY


def test_a_clock_behind_the_last_entry_holds(ann: Person) -> None:
    ann.goes_to("2").ledger.clock.back(seconds=1)
    report = ann.status()
    assert report.state is State.HELD
    assert report.soak is not None
    assert report.soak.elapsed_seconds == 0


def test_files_that_cannot_be_read_hold_for_nobody_knows_the_soak(ann: Person) -> None:
    report = ann.goes_to("2").soaks().status(files=False)
    assert (report.state, report.soak, report.drift, report.next) == (State.HELD, None, None, None)
    assert report.gates is None
    assert report.position == PositionView(2, "beta", None)
    assert report.flags["EVENTS"].allowlist == ["beta-1", "beta-2"]


def test_files_that_cannot_be_read_do_not_hide_a_rollback(ann: Person) -> None:
    ann.goes_to("2").rolls_back()
    assert ann.status(files=False).state is State.ROLLED_BACK


@pytest.mark.parametrize("target", [Safe(), ToPhase(1)])
def test_a_rolled_back_rollout_says_so_wherever_it_is(ann: Person, target: Safe | ToPhase) -> None:
    ann.goes_to("2").rolls_back(target)
    assert ann.soaks().status().state is State.ROLLED_BACK


def test_the_end_is_completed(ann: Person) -> None:
    report = ann.goes_to("3@100").status()
    assert (report.state, report.next) == (State.SOAKING, None)
    ann.soaks().advances()
    assert ann.status().state is State.COMPLETED


def test_drift_is_what_differs_from_the_files_at_this_position(ann: Person) -> None:
    ann.goes_to("2")
    assert ann.status().drift == []
    ann.allows("EVENTS", "friend")
    assert ann.status().drift == [
        ChangeView("EVENTS", "allowlist", ["beta-1", "beta-2"], ["beta-1", "beta-2", "friend"])
    ]


def test_denials_by_hand_are_no_drift(ann: Person) -> None:
    ann.goes_to("2").denies("EVENTS", "beta-1")
    ann.takes_back("friend")
    assert ann.status().drift == []


def test_a_changed_file_is_drift_until_it_is_applied(ann: Person, rewritten: Rewrite) -> None:
    ann.goes_to("0")
    ann.project = rewritten(development="phase: 0\nname: development\nflags: {EVENTS: {enabled: true, shadow: true}}\n")
    assert ann.status().drift == [ChangeView("EVENTS", "shadow", before=True, after=False)]
    ann.advances(0)
    assert ann.status().drift == []


def test_break_glass_is_shown(ann: Person) -> None:
    assert ann.status().killed is None
    killed = ann.status(Kills(frozenset({"ROUTING", "EVENTS"}))).killed
    assert killed is not None
    assert killed.names == ["EVENTS", "ROUTING"]
    everything = ann.status(Kills(everything=True)).killed
    assert everything is not None
    assert everything.names == ["*"]


def test_since_when_is_the_entry_of_the_position_not_the_last_change(ann: Person) -> None:
    ann.advances()
    ann.ledger.clock.forward(hours=5)
    ann.denies("EVENTS", "bob")
    assert ann.status().entered_at == BEGINNING


CHECKED = """\
phase: 3
name: production
flags:
  EVENTS: {allowlist: [beta-1, beta-2]}
  ROUTING: {enabled: true, allowlist: [beta-1, beta-2]}
  SHADOW: {enabled: false}
ramp: {flags: [EVENTS], steps: [{percent: 100}]}
preflight: [{id: on-call, kind: attestation, expires: 1h}]
gates: [{id: shadow-off, kind: flag, flag: SHADOW, enabled: false, on: {fail: hold, inconclusive: hold, error: hold}}]
"""


def test_check_asks_the_preflight_of_the_next_position_and_the_gates_of_this_one(
    ann: Person, rewritten: Rewrite
) -> None:
    ann.goes_to("2")
    ann.project = rewritten(production=CHECKED)
    report = ann.checks()
    assert ([check.id for check in report.checks], report.verdict) == (["on-call"], "INCONCLUSIVE")
    assert report.target == PositionView(3, "production", 100)
    ann.attests("on-call")
    assert ann.checks().verdict == "PASS"
    assert ann.checks(2).checks == []


def test_at_the_end_check_asks_only_what_completing_needs(ann: Person, rewritten: Rewrite) -> None:
    ann.goes_to("2")
    ann.project = rewritten(production=CHECKED)
    ann.attests("on-call")
    ann.soaks().advances(force=True, reason="on call by phone")
    report = ann.soaks().checks()
    assert ([check.id for check in report.checks], report.verdict) == (["shadow-off"], "PASS")
    assert ann.advances().applied
    assert ann.stage == "completed"


HOLD = "on: {fail: hold, inconclusive: hold, error: hold}"
GATED = f"""\
{PHASES["3-production"]}gates: [{{id: shadow-off, kind: flag, flag: SHADOW, enabled: false, {HOLD}}}]
alerts: [{{id: policy-on, kind: flag, flag: POLICY, enabled: true, {HOLD}}}]
"""


def test_gates_and_alerts_of_the_position_are_named_and_not_asked(rewritten: Rewrite) -> None:
    ann = Person(rewritten(production=GATED))
    assert ann.status().gates == []
    ann.goes_to("3@10")
    assert ann.status().gates == [
        GateView("shadow-off", "flag", None, None), GateView("policy-on", "flag", None, None)
    ]  # fmt: skip


def test_on_a_ramp_gates_have_the_verdict_of_the_last_step(rewritten: Rewrite) -> None:
    ann = Person(rewritten(production=GATED)).goes_to("3@50")
    at = ann.latest.at
    ann.ledger.clock.forward(hours=3)
    assert ann.status().gates == [
        GateView("shadow-off", "flag", "PASS", at), GateView("policy-on", "flag", "PASS", at)
    ]  # fmt: skip
    ann.rolls_back(ToPhase(2))
    assert ann.status().gates == []


def test_without_files_nobody_knows_what_holds_the_next_step(ann: Person) -> None:
    assert ann.goes_to("2").status(files=False).gates is None


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([None], ["gates:   1 check must hold to move on: `rollout check` asks"]),
        (
            ["PASS", "FAIL", None, "PASS"],
            [
                "gates:   4 checks must hold to move on: `rollout check` asks",
                "         at the last step, 2026-01-05 00:00 UTC: 2 PASS; 1 FAIL: b",
            ],
        ),
    ],
)
def test_gates_are_said_in_a_line_or_two(ann: Person, verdicts: list[str | None], said: list[str]) -> None:
    gates = [
        GateView(name, "flag", verdict, None if verdict is None else datetime(2026, 1, 5, tzinfo=UTC))
        for name, verdict in zip("abcd", verdicts, strict=False)
    ]
    lines = [each.plain for each in status_lines(replace(ann.status(), gates=gates))]
    assert lines[lines.index(said[0]) :][: len(said)] == said
