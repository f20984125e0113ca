"""db upgrade, current, backup."""

from pathlib import Path
from typing import Annotated

import typer

from rollout_cli.cli.session import Session, command, command_group, example_text
from rollout_cli.errors import ExitCode


def register(app: typer.Typer) -> None:
    """Add the commands."""
    safely = ("rollout db backup before.db && rollout db upgrade",)
    db = command_group("db", "The store's schema and backups.", epilog=example_text(safely))
    command(db, "upgrade", examples=safely)(upgrade)
    command(db, "current", examples=("rollout db current",))(current)
    command(db, "backup", examples=("rollout db backup /backups/rollout-2026-11-22.db",))(backup)
    app.add_typer(db, name="db", rich_help_panel="Keep")


def upgrade(session: Session, reason: Annotated[str, typer.Option("--reason", hidden=True)] = "") -> int:  # noqa: ARG001
    """Bring the store to this program's schema; create the project's own store if there is none."""
    from rollout_cli.control.reports import SchemaReport
    from rollout_cli.render.words import GOOD, line
    from rollout_cli.store.schema_versions import SCHEMA_HEAD
    from rollout_cli.store.sql_store import create_store, upgrade_store

    address = session.workspace.address
    if address.is_default and address.path is not None and not address.path.exists() and create_store(address):
        before: str | None = None
    else:
        before, _ = upgrade_store(address)
    report = SchemaReport(address.name, before, SCHEMA_HEAD, applied=before != SCHEMA_HEAD)
    words = (
        f": schema {before or 'none'} -> {SCHEMA_HEAD}" if report.applied else f": schema {SCHEMA_HEAD}, nothing to do"
    )
    session.out.report("db", report, [line((address.name, GOOD), words)], done=report.applied)
    return ExitCode.DONE


def current(session: Session) -> int:
    """The store's schema, and the one this program knows."""
    from rollout_cli.control.reports import SchemaReport
    from rollout_cli.render.words import line
    from rollout_cli.store.schema_versions import SCHEMA_HEAD
    from rollout_cli.store.sql_store import version_of

    address = session.workspace.address
    version = version_of(address)
    report = SchemaReport(address.name, version, SCHEMA_HEAD, applied=False)
    session.out.report(
        "db", report, [line(f"{address.name}: schema {version or 'none'}, this program knows {SCHEMA_HEAD}")]
    )
    return ExitCode.DONE


def backup(
    session: Session, target: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")]
) -> int:
    """Copy the store while it is in use, and check the copy."""
    from rollout_cli.control.reports import BackupReport
    from rollout_cli.render.words import GOOD, line
    from rollout_cli.store.sql_store import backup_store

    address = session.workspace.address
    size = backup_store(address, target)
    report = BackupReport(address.name, str(target), size)
    words = f": {target}, {size:,} bytes, checked"
    session.out.report("db-backup", report, [line(("Backed up", GOOD), words)], done=True)
    return ExitCode.DONE
