"""doctor: what is wrong with an installation, and what only looks odd."""

from dataclasses import dataclass

from rollout_cli.checks.verdict import Verdict
from rollout_cli.control.views import CheckView


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """What `rollout doctor` says: one line for each thing that was looked at."""

    verdict: Verdict
    checks: list[CheckView]


def finding(name: str, verdict: Verdict, message: str, hint: str = "") -> CheckView:
    """One thing that was looked at."""
    return CheckView(name, "doctor", verdict.value, message, {}, hint)


def doctor_report(checks: list[CheckView]) -> DoctorReport:
    """The report: unhealthy when anything failed; what only wants attention does not make it so."""
    failed = any(check.verdict == Verdict.FAIL.value for check in checks)
    return DoctorReport(Verdict.FAIL if failed else Verdict.PASS, checks)
