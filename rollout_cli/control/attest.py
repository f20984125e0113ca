"""attest: a person's signed yes."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rollout_cli.checks.attestation_check import AttestationCheck
from rollout_cli.checks.facts import Attestation
from rollout_cli.checks.kinds import Check
from rollout_cli.control.ledger import Reading, Writing
from rollout_cli.control.project import Project
from rollout_cli.errors import UsageError


class AttestedReading(Reading, Protocol):
    """A view of a rollout with the yeses that were said."""

    def attestations(self) -> list[Attestation]:
        """Every recorded yes, oldest first."""
        ...


class AttestedWriting(AttestedReading, Writing, Protocol):
    """The same, held alone."""

    def attest(self, attestation: Attestation) -> None:
        """Record a person's yes."""
        ...


class AttestedLedger(Protocol):
    """One rollout in a store, with its attestations."""

    @property
    def rollout(self) -> str:
        """The rollout's name."""
        ...

    def reading(self) -> AbstractContextManager[AttestedReading]:
        """Look at the rollout."""
        ...

    def writing(self) -> AbstractContextManager[AttestedWriting]:
        """Change the rollout: all of it when the block ends well, else nothing."""
        ...


@dataclass(frozen=True, slots=True)
class AttestationView:
    """One attestation that the plan asks for, and the latest yes to it."""

    check: str
    phase: int
    title: str
    title_pt: str
    actor: str | None
    at: datetime | None
    note: str
    expires_at: datetime | None
    valid: bool


@dataclass(frozen=True, slots=True)
class AttestReport:
    """What `rollout attest` says: the attestations, or the one that was just recorded."""

    rollout: str
    attestations: list[AttestationView]


def attest(ledger: AttestedLedger, project: Project, check_id: str, *, actor: str, note: str) -> AttestReport:
    """Record that a person says yes to a check, from now until it expires.

    Raises:
        UsageError: the plan has no such attestation.
    """
    asked = [(phase, check) for phase, check in attestation_checks(project) if check.entry.id == check_id]
    if not asked:
        known = sorted({check.entry.id for _, check in attestation_checks(project)})
        hint = f"the plan asks for: {', '.join(known)}" if known else "the plan asks for no attestation"
        raise UsageError(f"there is no attestation called {check_id!r}", hint=hint)
    with ledger.writing() as writing:
        now = writing.now()
        lifetimes = [_parameters(check).expires for _, check in asked]
        ends = [now + lifetime for lifetime in lifetimes if lifetime is not None]
        given = Attestation(check_id, actor, now, note, min(ends, default=None), project.wanted.digest)
        writing.attest(given)
    return AttestReport(ledger.rollout, [_view(phase, check, given, now) for phase, check in asked])


def list_attestations(reading: AttestedReading | None, project: Project) -> AttestReport:
    """Every attestation that the plan asks for, with the latest yes; `None` where there is no store yet."""
    latest = {} if reading is None else latest_attestations(reading)
    now = None if reading is None else reading.now()
    views = [_view(phase, check, latest.get(check.entry.id), now) for phase, check in attestation_checks(project)]
    return AttestReport(project.wanted.rollout, views)


def latest_attestations(reading: AttestedReading) -> dict[str, Attestation]:
    """The latest yes to each check."""
    return {attestation.check: attestation for attestation in reading.attestations()}


def attestation_checks(project: Project) -> list[tuple[int, Check]]:
    """Every attestation in the plan, with its phase."""
    return [
        (phase, check)
        for (phase, _), checks in sorted(project.checks.items())
        for check in checks
        if isinstance(check.parameters, AttestationCheck)
    ]


def _parameters(check: Check) -> AttestationCheck:
    assert isinstance(check.parameters, AttestationCheck)  # noqa: S101 - attestation_checks yields no other
    return check.parameters


def _view(phase: int, check: Check, given: Attestation | None, now: datetime | None) -> AttestationView:
    entry = check.entry
    if given is None or now is None:
        return AttestationView(entry.id, phase, entry.title, entry.title_pt, None, None, "", None, valid=False)
    expires_at = given.ends(_parameters(check).expires)
    valid = expires_at is None or now < expires_at
    return AttestationView(
        entry.id, phase, entry.title, entry.title_pt, given.actor, given.at, given.note, expires_at, valid
    )
