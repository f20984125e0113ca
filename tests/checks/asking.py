"""Ask one check, written as a file would write it, about facts that a test states."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rollout_cli.checks.facts import Attestation, Facts
from rollout_cli.checks.kinds import Check
from rollout_cli.checks.verdict import CheckResult, Verdict
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.flags.percent import Percent
from tests.support.files import read_files

FLAGS = """\
version: 1
rollout: test
flags:
  A: {type: boolean, default: false}
  B: {type: boolean, default: false, requires: [A]}
  S: {type: string, default: x, values: [x, y]}
"""
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
DEFINITIONS = {
    "A": FlagDefinition("A", FlagType.BOOLEAN, default=False),
    "B": FlagDefinition("B", FlagType.BOOLEAN, default=False, requires=("A",)),
    "S": FlagDefinition("S", FlagType.STRING, default="x", values=("x", "y")),
}
OFF = Snapshot("test", definitions=DEFINITIONS)


def check(text: str) -> Check:
    """The check that a phase file's line declares; its id is `c`."""
    phase = f"phase: 0\nname: x\ngates:\n  - {{id: c, {text}}}\n"
    return read_files({"flags.yaml": FLAGS, "phases/0-x.yaml": phase}).require().checks[0, "gates"][0]


def problems(text: str) -> list[str]:
    """What reading such a check complains about."""
    phase = f"phase: 0\nname: x\ngates:\n  - {{id: c, {text}}}\n"
    reading = read_files({"flags.yaml": FLAGS, "phases/0-x.yaml": phase})
    return [each.hint for each in reading.findings if each.severity == "error"]


def standing(**states: FlagState) -> Snapshot:
    """The three flags, those that are named in another state than their default."""
    return replace(OFF, states=states)


def percent(number: int) -> Percent:
    """A whole percent in thousandths."""
    return Percent(number * 1000)


def ask(
    text: str,
    *,
    now: datetime = NOW,
    current: Snapshot = OFF,
    planned: Snapshot = OFF,
    yes: Attestation | None = None,
) -> CheckResult:
    """The check's answer; whatever it is, it has to be presentable."""
    attestations = {} if yes is None else {yes.check: yes}
    result = check(text).judge(Facts(now, current, planned, attestations))
    assert result.id == "c"
    assert result.message
    assert result.message.splitlines() == [result.message]
    assert bool(result.hint) == (result.verdict is not Verdict.PASS)
    return result


def attested(*, ago: timedelta = timedelta(0), expires_at: datetime | None = None, actor: str = "ana") -> Attestation:
    """A yes to the check `c`."""
    return Attestation("c", actor, NOW - ago, "looked at it", expires_at, "digest")
