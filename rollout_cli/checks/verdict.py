"""Verdicts, why there is none, and how several make one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rollout_cli.checks.words import NOTHING, Said
from rollout_cli.errors import ExitCode
from rollout_cli.plan.models import CheckEntry, Reaction


class Verdict(StrEnum):
    """What a check came to."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


class Cause(StrEnum):
    """Why a check is INCONCLUSIVE."""

    NO_DATA = "no_data"
    TOO_FEW = "too_few"
    LOADED = "loaded"
    NOT_A_NUMBER = "not_a_number"
    SEVERAL_SERIES = "several_series"
    STALE = "stale"
    NOT_YET = "not_yet"
    NO_YES = "no_yes"
    UNKNOWN_FLAG = "unknown_flag"
    PENDING = "pending"
    NEEDS = "needs"
    OFFLINE = "offline"
    LATER = "later"
    NOT_SET_UP = "not_set_up"
    FORBIDDEN = "forbidden"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    BAD_ANSWER = "bad_answer"
    BROKEN = "broken"

    @property
    def is_error(self) -> bool:
        """Whether the question could not be asked: `on.error` speaks of these, `on.inconclusive` of the others."""
        return self in _ERRORS


_ERRORS = frozenset(
    {Cause.NOT_SET_UP, Cause.FORBIDDEN, Cause.UNREACHABLE, Cause.TIMEOUT, Cause.BAD_ANSWER, Cause.BROKEN}
)


UNASKED = frozenset({Cause.OFFLINE, Cause.LATER})
"""Why a check was not asked, and is only shown."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check's kind makes of the answers.

    Attributes:
        evidence: what it was drawn from, whole and ready for JSON; no personal data, no secrets.
        cause: why, exactly when it is INCONCLUSIVE.
    """

    verdict: Verdict
    message: Said
    hint: Said = NOTHING
    evidence: Mapping[str, Any] = field(default_factory=dict)
    cause: Cause | None = None

    def __post_init__(self) -> None:
        """An unclear outcome says why; a clear one has nothing to explain."""
        if (self.verdict is Verdict.INCONCLUSIVE) != (self.cause is not None):
            raise ValueError("exactly an INCONCLUSIVE outcome has a cause")


Evidence = Mapping[str, Any]
_NO_EVIDENCE: Evidence = {}


def passed(message: Said, evidence: Evidence = _NO_EVIDENCE) -> Outcome:
    """It holds."""
    return Outcome(Verdict.PASS, message, NOTHING, evidence)


def failed(message: Said, hint: Said, evidence: Evidence = _NO_EVIDENCE) -> Outcome:
    """It does not hold."""
    return Outcome(Verdict.FAIL, message, hint, evidence)


def unclear(cause: Cause, message: Said, hint: Said, evidence: Evidence = _NO_EVIDENCE) -> Outcome:
    """Nobody can say."""
    return Outcome(Verdict.INCONCLUSIVE, message, hint, evidence, cause)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a check is declared.

    Attributes:
        section: the list it stands in: `preflight`, `gates`, `alerts` or `post_checks`; empty for the soak.
    """

    section: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    phase: int | None = None


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One answered check.

    Attributes:
        reaction: what its phase file calls for now; None when it passed, or the file says nothing.
        counts: whether it has a say in the verdict of all.
        covers: further lines of the original checklist that it answers.
    """

    id: str
    kind: str
    outcome: Outcome
    title: str = ""
    title_pt: str = ""
    origin: Origin = NOWHERE
    reaction: Reaction | None = None
    counts: bool = True
    covers: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What it came to."""
        return self.outcome.verdict


def result_of(entry: CheckEntry, origin: Origin, outcome: Outcome) -> CheckResult:
    """An outcome as the answer to a check: with what its file says about it."""
    reaction = _reaction(entry, outcome)
    return CheckResult(
        entry.id, entry.kind, outcome, entry.title, entry.title_pt, origin, reaction,
        _counts(entry, outcome, reaction), tuple(entry.covers),
    )  # fmt: skip


def _reaction(entry: CheckEntry, outcome: Outcome) -> Reaction | None:
    if entry.on is None or outcome.verdict is Verdict.PASS or outcome.cause in UNASKED:
        return None
    if outcome.verdict is Verdict.FAIL:
        return entry.on.fail
    return entry.on.error if outcome.cause is not None and outcome.cause.is_error else entry.on.inconclusive


def _counts(entry: CheckEntry, outcome: Outcome, reaction: Reaction | None) -> bool:
    """An optional check may stay unanswered; a dry run has no say; a warning is only heard."""
    if entry.dry_run or outcome.cause in UNASKED:
        return False
    if entry.optional and outcome.verdict is Verdict.INCONCLUSIVE:
        return False
    return reaction != "warn"


def combined(results: Iterable[CheckResult]) -> Verdict:
    """FAIL when one fails, else INCONCLUSIVE when one is, else PASS; nothing asked is nothing against it."""
    verdicts = {result.verdict for result in results if result.counts}
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return Verdict.PASS


EXIT_CODES = {
    Verdict.PASS: ExitCode.DONE,
    Verdict.FAIL: ExitCode.FAIL,
    Verdict.INCONCLUSIVE: ExitCode.NOT_YET,
}
