"""Kind `attestation`: has a person said yes, and does it still count?"""

from pydantic import Field

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.verdict import CheckResult, Verdict
from rollout_cli.plan.fields import DurationField
from rollout_cli.plan.models import CheckEntry, FileModel


class AttestationCheck(FileModel):
    """Asks for a person's recorded yes (`rollout attest ID`)."""

    expires: DurationField | None = Field(default=None, description="How long a yes counts.")

    def judge(self, entry: CheckEntry, facts: Facts) -> CheckResult:
        """Look for the latest yes; none, or one that has run out, is INCONCLUSIVE: somebody has to say it."""
        hint = f"ask the person who knows to run `rollout attest {entry.id} --note …`"
        found = facts.attestations.get(entry.id)
        if found is None:
            return CheckResult(
                entry.id, entry.kind, Verdict.INCONCLUSIVE, "nobody has attested this", hint, entry.title
            )
        evidence = {"actor": found.actor, "at": found.at, "note": found.note, "expires_at": found.expires_at}
        end = found.ends(self.expires)
        if end is not None and facts.now >= end:
            message = f"{found.actor}'s yes of {found.at:%Y-%m-%d} expired on {end:%Y-%m-%d %H:%M} UTC"
            return CheckResult(entry.id, entry.kind, Verdict.INCONCLUSIVE, message, hint, entry.title, evidence)
        until = f", until {end:%Y-%m-%d %H:%M} UTC" if end else ""
        message = f"attested by {found.actor} on {found.at:%Y-%m-%d}{until}"
        return CheckResult(entry.id, entry.kind, Verdict.PASS, message, "", entry.title, evidence)
