"""What the files themselves say of a check of flags, at every position of the way; and that looking is quick."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.verdict import Verdict, result_of
from rollout_cli.control.project import Project
from rollout_cli.plan.difference import snapshot_at
from rollout_cli.plan.findings import Severity
from rollout_cli.sources.strict_yaml import MAX_BYTES
from tests.checks.test_lint_checks import ENABLED, FLAGS, HEAD, ON, RAMP, SOURCES, TODAY, found
from tests.support.examples import examples
from tests.support.files import read_files

NOW = datetime(2026, 1, 5, tzinfo=UTC)
SECONDS = 3.0
"""Several times what it takes, for slow machines; what is quadratic takes ten times as long."""


def test_a_percent_that_a_ramp_has_at_one_step_only_stops_it_at_the_next() -> None:
    check = "{id: c, kind: flag, flag: A, percent: 10, state: planned}"
    reading = read_files({"flags.yaml": FLAGS, "phases/0-x.yaml": f"{HEAD}preflight: [{check}]\n{RAMP}"}, TODAY)
    (message,) = [each.message for each in reading.findings if each.rule == "unreachable-phase"]
    assert message == "phase 0 (x) at 50 % can never be entered, because of c: A: percent 50; wanted percent 10"


def test_who_may_have_been_denied_by_hand_makes_no_phase_unreachable() -> None:
    check = "{id: c, kind: flag, flag: A, shopper: s, enabled: false, state: planned}"
    phase = f"{HEAD}preflight: [{check}]\n{ENABLED}"
    assert found({"phases/0-x.yaml": phase}, "unreachable-phase") == []
    assert found({"phases/0-x.yaml": phase.replace("shopper: s, ", "")}, "unreachable-phase")


@pytest.mark.parametrize(
    "flags", ["A: {type: boolean, default: false, requires: [A]}", "B: {type: boolean, default: false}"]
)
def test_flags_that_are_circles_or_unknown_are_not_followed(flags: str) -> None:
    check = "{id: c, kind: flag, flag: A, enabled: true, state: planned}"
    phase = f"{HEAD}flags: {{A: {{enabled: false}}}}\npreflight: [{check}]\n"
    text = f"version: 1\nrollout: test\nflags:\n  {flags}\n"
    assert found({"flags.yaml": text, "phases/0-x.yaml": phase}, "unreachable-phase") == []


@dataclass(frozen=True)
class Phase:
    """A random phase with one check of a flag."""

    flags: dict[str, str]
    steps: tuple[float, ...]
    section: str
    check: str

    def text(self, number: int) -> str:
        flags = ", ".join(f"{name}: {{{said}}}" for name, said in self.flags.items())
        steps = ", ".join(f"{{percent: {step}}}" for step in self.steps)
        ramp = f"ramp: {{flags: [A, B], steps: [{steps}]}}\n" if steps else ""
        more = "" if self.section == "preflight" else f", {ON}"
        checks = f"{self.section}: [{{id: c, kind: flag, {self.check}{more}}}]\n"
        return f"phase: {number}\nname: p\nflags: {{{flags}}}\n{ramp}{checks}"


lists = st.sampled_from(["enabled: true", "allowlist: [s], enabled: true", "denylist: [s], enabled: true"])
percents = st.sampled_from(["enabled: false", "percent: 5, enabled: true", "percent: 75, enabled: true"])
wishes = st.sampled_from(["enabled: true", "enabled: false", "percent: 5", "percent: 75", "shadow: true"])
shoppers = st.sampled_from(["", ", shopper: s", ", shopper: t", ", shopper: shopper-7"])


@st.composite
def phases(draw: st.DrawFn) -> Phase:
    steps = tuple(sorted(draw(st.lists(st.sampled_from([0, 5, 20, 50, 75, 99, 100]), unique=True, max_size=6))))
    states = lists if steps else st.one_of(lists, percents)
    named = draw(st.lists(st.sampled_from(["A", "B", "ON"]), unique=True))
    state = draw(st.sampled_from(["current", "planned"]))
    check = f"flag: {draw(st.sampled_from(['A', 'B', 'ON']))}, {draw(wishes)}, state: {state}{draw(shoppers)}"
    section = draw(st.sampled_from(["preflight", "gates", "alerts"]))
    return Phase({name: draw(states) for name in named}, steps, section, check)


def failing_at_some_position(project: Project) -> set[int]:
    """The phases whose check fails somewhere on the way, asked at every position, one by one."""
    positions = [None, *project.wanted.positions()]
    snapshots = [snapshot_at(project.wanted, position) for position in positions]
    failing = set()
    for (phase, section), (check,) in project.checks.items():
        for index, position in enumerate(positions):
            if position is not None and position.phase == phase:
                here = index - 1 if section == "preflight" else index
                facts = Facts(NOW, snapshots[here], snapshots[min(here + 1, len(positions) - 1)])
                outcome = check.kind.judge(check.entry, facts, {})
                if outcome.verdict is Verdict.FAIL and result_of(check.entry, check.origin, outcome).counts:
                    failing.add(phase)
    return failing


@settings(max_examples=examples(50), deadline=None)
@given(plan=st.lists(phases(), min_size=1, max_size=3))
def test_what_is_said_of_the_way_is_what_every_position_of_it_says(plan: list[Phase]) -> None:
    """The rules look at four steps of a ramp; asking every step comes to the same, but for denials made by hand."""
    files = {f"phases/{number}-p.yaml": phase.text(number) for number, phase in enumerate(plan)}
    findings = read_files({"flags.yaml": FLAGS, **files}, TODAY).findings
    sure = {int(each.file[7]) for each in findings if each.rule == "unreachable-phase"}
    said = sure | {int(each.file[7]) for each in findings if each.rule == "contradicted-check"}
    # the same checks without the word that makes a finding an error, so that there is a project to ask
    asked = {name: text.replace("preflight: [{", "preflight: [{dry_run: true, ") for name, text in files.items()}
    project = read_files({"flags.yaml": FLAGS, **asked}, TODAY).require()
    slow = failing_at_some_position(with_a_say(project))
    assert said <= slow
    assert all("shopper" in plan[each].check and "enabled: false" in plan[each].check for each in slow - said)
    assert all("planned" in plan[each].check and plan[each].section == "preflight" for each in sure)


def with_a_say(project: Project) -> Project:
    """The project, its dry runs made earnest again."""
    checks = {
        key: tuple(
            type(each)(each.entry.model_copy(update={"dry_run": False}), each.kind, each.origin, each.path)
            for each in checks
        )
        for key, checks in project.checks.items()
    }
    return Project(project.wanted, checks)


def many(piece: str, size: int) -> str:
    """A piece over and over, N in it replaced by a number."""
    count = size // len(piece.replace("N", "10000"))
    return "".join(piece.replace("N", str(number)) for number in range(count))


IDS = ",".join(f"shopper-{number}" for number in range(20_000))
STEPS = "ramp:\n  flags: [A]\n  steps:\n" + many("  - {percent: 0.N}\n", 100_000).replace("0.", "5.")
COUNT = f"{{id: aN, kind: count, source: prom, count: c, max: 0, window: 1h, {ON}}}"
PLANNED = "{id: aN, kind: flag, flag: A, shopper: shopper-7, enabled: true, state: planned}"
SLOW = {
    "needs the next": "preflight:\n" + many("- {id: aN, kind: clock, days: [mon], needs: [aN1, b]}\n", 300_000),
    "one after the other": "preflight:\n" + many("- {id: aN, kind: clock, days: [mon], needs: [aN]}\n", 300_000),
    "checks of a flag": "preflight:\n" + many("- {id: aN, kind: flag, flag: A, enabled: false}\n", 300_000),
    "steps and checks": STEPS + "gates:\n" + many(f"- {{id: aN, kind: flag, flag: A, enabled: true, {ON}}}\n", 200_000),
    "steps and windows": STEPS + "soak: 1h\ngates:\n" + many(f"- {COUNT}\n", 200_000),
    "a shopper among many": f"flags: {{A: {{enabled: true, allowlist: [{IDS}]}}}}\npreflight:\n"
    + many(f"- {PLANNED}\n", 100_000),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_phase_full_of_checks_is_judged_quickly(name: str) -> None:
    assert len(HEAD + SLOW[name]) <= MAX_BYTES
    begun = time.process_time()
    read_files({"flags.yaml": FLAGS, "sources.yaml": SOURCES, "phases/0-x.yaml": HEAD + SLOW[name]}, TODAY)
    assert time.process_time() - begun < SECONDS


def test_a_way_with_too_many_names_to_follow_is_said_and_not_followed() -> None:
    more = "".join(f"  X{n}: {{type: boolean, default: false, requires: [A]}}\n" for n in range(100))
    texts = [f"phase: {n}\nname: x\nflags: {{A: {{enabled: true, allowlist: [{IDS[n * 10 :]}]}}}}\n" for n in (0, 1)]
    begun = time.process_time()
    files = {"flags.yaml": FLAGS + more, "phases/0-x.yaml": texts[0], "phases/1-x.yaml": texts[1]}
    assert found(files, "removals") == [("phases/1-x.yaml 3:1", Severity.WARNING, "look there with `rollout plan`")]
    assert time.process_time() - begun < SECONDS


def test_a_beta_of_twenty_thousand_that_loses_one_is_judged_quickly() -> None:
    texts = [f"phase: {n}\nname: x\nflags: {{A: {{enabled: true, allowlist: [{IDS[n * 10 :]}]}}}}\n" for n in (0, 1)]
    begun = time.process_time()
    removals = found({"phases/0-x.yaml": texts[0], "phases/1-x.yaml": texts[1]}, "removals")
    assert time.process_time() - begun < SECONDS
    assert [where for where, _, _ in removals] == ["phases/1-x.yaml 3:9"]
