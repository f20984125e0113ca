"""Small reports that need no verb of their own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FindingView:
    """One thing that is wrong with a file."""

    file: str
    line: int
    column: int
    rule: str
    severity: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class PendingView:
    """A check that is declared and cannot be asked yet, and what it waits for."""

    file: str
    line: int
    column: int
    check: str
    kind: str
    waits_for: str


@dataclass(frozen=True, slots=True)
class ValidateReport:
    """What `rollout validate` says; `pending` is no complaint."""

    valid: bool
    rollout: str | None
    digest: str | None
    errors: int
    warnings: int
    findings: list[FindingView]
    pending: list[PendingView]


@dataclass(frozen=True, slots=True)
class InitReport:
    """What `rollout init` did."""

    folder: str
    written: list[str]
    kept: list[str]
    store: str
    store_created: bool


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """What `rollout db upgrade`, `db current` and `events upgrade` say."""

    store: str
    schema_version: str | None
    known: str
    applied: bool


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What `rollout db backup` did."""

    store: str
    file: str
    size_bytes: int
