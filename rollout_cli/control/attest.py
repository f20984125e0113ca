"""attest: a person's yes to a check, or that no yes given before counts any more."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rollout_cli.checks.attestation_check import AttestationCheck, Yes, binding_digest, latest_revocation, yeses_of
from rollout_cli.checks.facts import Attestation, Attestations
from rollout_cli.checks.kinds import Check
from rollout_cli.checks.pending_check import PendingCheck, stand_in
from rollout_cli.checks.words import ENGLISH, Catalog
from rollout_cli.control.ledger import Reading, Writing
from rollout_cli.control.project import Project
from rollout_cli.errors import UsageError


class AttestedReading(Reading, Protocol):
    """A view of a rollout with what people said."""

    def attestations(self) -> list[Attestation]:
        """Every recorded yes and every revocation, oldest first."""
        ...


class AttestedWriting(AttestedReading, Writing, Protocol):
    """The same, held alone."""

    def attest(self, attestation: Attestation) -> None:
        """Record what a person says."""
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
class YesView:
    """One person's latest yes; `problem` says why it does not count, if it does not."""

    actor: str
    at: datetime
    note: str
    expires_at: datetime | None
    counts: bool
    problem: str


@dataclass(frozen=True, slots=True)
class RevocationView:
    """Who last said that no yes given before counts any more, when and why."""

    actor: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class AttestationView:
    """One attestation that the plan asks for, and each person's latest yes to it since it was revoked, if it was.

    Attributes:
        pending: what the check waits for, when the yes only stands in for it.
        approvals: how many different people have to say yes.
        given: how many yeses count.
        valid: whether these are enough.
    """

    check: str
    phase: int
    title: str
    title_pt: str
    pending: str | None
    approvals: int
    given: int
    valid: bool
    yeses: list[YesView]
    revoked: RevocationView | None


@dataclass(frozen=True, slots=True)
class AttestReport:
    """What `rollout attest` says: all attestations, or those of the one check that was named.

    Attributes:
        recorded: whether anything was written just now.
    """

    rollout: str
    recorded: bool
    attestations: list[AttestationView]


def attest(
    ledger: AttestedLedger,
    project: Project,
    check_id: str,
    *,
    actor: str,
    note: str,
    revoke: bool = False,
    catalog: Catalog = ENGLISH,
) -> AttestReport:
    """Record that a person says yes to a check, from now until it expires; or that no yes so far counts any more.

    A revocation needs something to revoke: when nobody has said yes since the last one, nothing is recorded.

    Raises:
        UsageError: the plan has no such attestation.
    """
    asked = _asked_by_name(project, check_id)
    with ledger.writing() as writing:
        now, before = writing.now(), attestations_by_check(writing.attestations()).get(check_id, [])
        if revoke:
            has_yeses = bool(before) and not before[-1].is_revocation
            statements = [_revocation(check_id, now, actor, note)] if has_yeses else []
        else:
            statements = [_given(now, digest, checks, actor, note) for digest, checks in _by_binding(project, asked)]
        for each in statements:
            writing.attest(each)
        known = _Known(attestations_by_check(writing.attestations()), now, project.wanted.digest)
    return AttestReport(ledger.rollout, bool(statements), [_view(each, known, catalog) for each in asked])


def list_attestations(
    reading: AttestedReading | None, project: Project, check_id: str | None = None, catalog: Catalog = ENGLISH
) -> AttestReport:
    """Every attestation that the plan asks for, or those of one check, with what people said.

    Args:
        reading: None where there is no store yet.
        project: the files.
        check_id: the check; None for all of them.
        catalog: the language of what is wrong with a yes.

    Raises:
        UsageError: the plan has no such attestation.
    """
    said = {} if reading is None else attestations_by_check(reading.attestations())
    known = _Known(said, None if reading is None else reading.now(), project.wanted.digest)
    asked = attestation_checks(project) if check_id is None else _asked_by_name(project, check_id)
    views = [_view(each, known, catalog) for each in asked]
    return AttestReport(project.wanted.rollout, recorded=False, attestations=views)


def attestations_by_check(said: list[Attestation]) -> dict[str, list[Attestation]]:
    """Everything that people said, by check, oldest first."""
    found: dict[str, list[Attestation]] = {}
    for each in said:
        found.setdefault(each.check, []).append(each)
    return found


def attestation_checks(project: Project) -> list[tuple[int, Check]]:
    """Every check in the plan that a person's yes answers, with its phase; phases in order, lists as in the file."""
    lists = sorted(project.checks.items(), key=lambda item: item[0][0])
    return [
        (phase, check)
        for (phase, _), checks in lists
        for check in checks
        if isinstance(check.kind, AttestationCheck | PendingCheck)
    ]


def refuse_what_is_asked_by_itself(project: Project, check_id: str) -> None:
    """Refuse a yes to a check that the program asks.

    Raises:
        UsageError: the id is that of such a check, and of no attestation.
    """
    if any(check.entry.id == check_id for _, check in attestation_checks(project)):
        return
    every = (check.entry for checks in project.checks.values() for check in checks)
    kind = next((entry.kind for entry in every if entry.id == check_id), None)
    if kind is not None:
        message = f"{check_id} is asked by the program itself (kind {kind}): nobody's yes counts for it"
        raise UsageError(
            message, hint="see what it says: `rollout check`; what people are asked: `rollout attest --list`"
        )


def _asked_by_name(project: Project, check_id: str) -> list[tuple[int, Check]]:
    every = attestation_checks(project)
    asked = [(phase, check) for phase, check in every if check.entry.id == check_id]
    if not asked:
        refuse_what_is_asked_by_itself(project, check_id)
        known = sorted({check.entry.id for _, check in every})
        hint = f"the plan asks for: {', '.join(known)}" if known else "the plan asks for no attestation"
        raise UsageError(f"there is no attestation called {check_id!r}", hint=hint)
    return asked


def _way_of_asking(check: Check) -> AttestationCheck:
    """How a check asks for its yes; one that is pending takes a yes until it can be asked."""
    return check.kind if isinstance(check.kind, AttestationCheck) else stand_in(check.entry)


def _by_binding(project: Project, asked: list[tuple[int, Check]]) -> list[tuple[str, list[Check]]]:
    """Checks of one id by what their yes is bound to; mostly one, several where phases ask differently."""
    found: dict[str, list[Check]] = {}
    for _, check in asked:
        digest = binding_digest(_way_of_asking(check), check.entry, project.wanted.digest)
        found.setdefault(digest, []).append(check)
    return list(found.items())


def _given(now: datetime, digest: str, checks: list[Check], actor: str, note: str) -> Attestation:
    """A yes that ends when the first of the checks wants it to end."""
    lifetimes = [_way_of_asking(check).expires for check in checks]
    ends = [now + lifetime for lifetime in lifetimes if lifetime is not None]
    return Attestation(checks[0].entry.id, actor, now, note, min(ends, default=None), digest)


def _revocation(check_id: str, now: datetime, actor: str, note: str) -> Attestation:
    return Attestation(check_id, actor, now, note, None, "", is_revocation=True)


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to judge yeses by; there is no time where there is no store."""

    said: Attestations
    now: datetime | None
    plan_digest: str


def _view(placed: tuple[int, Check], known: _Known, catalog: Catalog) -> AttestationView:
    phase, check = placed
    entry, asked, said = check.entry, _way_of_asking(check), known.said.get(check.entry.id, ())
    yeses = [] if known.now is None else yeses_of(asked, entry, said, known.now, known.plan_digest)
    given = sum(each.counts for each in yeses)
    revocation = latest_revocation(said)
    return AttestationView(
        check=entry.id,
        phase=phase,
        title=entry.title,
        title_pt=entry.title_pt,
        pending=entry.pending,
        approvals=asked.approvals,
        given=given,
        valid=given >= asked.approvals,
        yeses=[_yes_view(each, catalog) for each in yeses],
        revoked=None if revocation is None else RevocationView(revocation.actor, revocation.at, revocation.note),
    )


def _yes_view(yes: Yes, catalog: Catalog) -> YesView:
    given = yes.given
    return YesView(given.actor, given.at, given.note, yes.ends, yes.counts, yes.problem.spoken(catalog))
