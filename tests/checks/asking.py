"""Ask one check, written as a file would write it, about facts that a test states."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rollout_cli.checks.attestation_check import AttestationCheck, binding_digest
from rollout_cli.checks.facts import Attestation, Facts
from rollout_cli.checks.kinds import Check
from rollout_cli.checks.questions import Answer
from rollout_cli.checks.verdict import Outcome, Verdict
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
SOURCES = """\
version: 1
sources:
  prometheus: {kind: prometheus, url: "http://prometheus.example:9090"}
  app: {kind: http, url: "http://app.example"}
  events: {kind: sql, url_env: EVENTS_URL}
commands: {allow: [tool]}
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
    return read_files(_files(text)).require().checks[0, "preflight"][0]


def problems(text: str) -> list[str]:
    """What reading such a check complains about."""
    reading = read_files(_files(text))
    return [each.hint for each in reading.findings if each.severity == "error"]


def _files(text: str) -> dict[str, str]:
    phase = f"phase: 0\nname: x\npreflight:\n  - {{id: c, {text}}}\n"
    return {"flags.yaml": FLAGS, "phases/0-x.yaml": phase, "sources.yaml": SOURCES}


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
    said: tuple[Attestation, ...] = (),
    answers: Mapping[str, Answer] | None = None,
    entered_at: datetime | None = None,
    digest: str = "digest",
) -> Outcome:
    """The check's outcome; whatever it is, it has to be presentable. Every question must be given its answer."""
    asked = check(text)
    yeses = [_bound(each, asked) for each in (said if yes is None else (*said, yes))]
    facts = Facts(now, current, planned, {"c": yeses}, digest, entered_at)
    given = answers or {}
    assert set(asked.kind.questions(asked.entry, facts)) == set(given)
    outcome = asked.kind.judge(asked.entry, facts, given)
    assert str(outcome.message)
    assert str(outcome.message).splitlines() == [str(outcome.message)]
    assert bool(str(outcome.hint)) == (outcome.verdict is not Verdict.PASS)
    return outcome


def _bound(said: Attestation, asked: Check) -> Attestation:
    """A yes given to this check while the files had the digest that the test says."""
    if said.is_revocation or not isinstance(asked.kind, AttestationCheck) or asked.kind.bound_to == "check":
        return said
    return replace(said, plan_digest=binding_digest(asked.kind, asked.entry, said.plan_digest))


def attested(*, ago: timedelta = timedelta(0), expires_at: datetime | None = None, actor: str = "ana") -> Attestation:
    """A yes to the check `c`."""
    return Attestation("c", actor, NOW - ago, "looked at it", expires_at, "digest")
