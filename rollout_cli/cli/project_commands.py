"""init, validate, doctor, schema."""

import os
from pathlib import Path
from typing import Annotated

import typer

from rollout_cli.cli.completion import complete_schemas
from rollout_cli.cli.session import CI_FORMATS, Session, command
from rollout_cli.errors import ExitCode


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "init", panel="Keep", examples=("rollout init my-rollout",))(init)
    validates = ("rollout validate", "rollout validate --format github --report junit=report.xml")
    command(app, "validate", panel="Look", examples=validates, formats=CI_FORMATS)(validate)
    command(app, "doctor", panel="Keep", examples=("rollout doctor",))(doctor)
    schemas = ("rollout schema", "rollout schema status > status.schema.json")
    command(app, "schema", panel="Keep", examples=schemas)(schema)


def init(
    session: Session,
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="Where; else the project, or here.")] = None,
    reason: Annotated[str, typer.Option("--reason", hidden=True)] = "",  # noqa: ARG001
) -> int:
    """Write a first plan (never over existing files) and create the store."""
    from dataclasses import replace

    from rollout_cli.control.reports import InitReport
    from rollout_cli.render.words import GOOD, QUIET, line
    from rollout_cli.sources.scaffold import write_scaffold
    from rollout_cli.store.sql_store import create_store

    workspace = session.workspace
    if folder is not None:
        workspace = replace(workspace, folder=Path(os.path.abspath(folder)))  # noqa: PTH100
    written, kept = write_scaffold(workspace.folder)
    created = create_store(workspace.address)
    report = InitReport(str(workspace.folder), written, kept, workspace.address.name, created)
    lines = [line(("written ", GOOD), name) for name in written] + [line(("kept    ", QUIET), name) for name in kept]
    lines.append(line(("created " if created else "kept    ", GOOD if created else QUIET), workspace.address.name))
    lines.append(line("Next: look at flags.yaml and phases/, then `rollout validate` and `rollout plan`."))
    session.out.report("init", report, lines, done=bool(written) or created)
    return ExitCode.DONE


def validate(session: Session) -> int:
    """Check the files; no store is opened. For CI."""
    from rollout_cli.control.pending import pending_checks
    from rollout_cli.control.reports import FindingView, ValidateReport
    from rollout_cli.plan.findings import Severity
    from rollout_cli.render.findings_text import validate_lines

    files = session.workspace.files
    errors = sum(finding.severity is Severity.ERROR for finding in files.findings)
    warnings = len(files.findings) - errors
    project = files.project
    report = ValidateReport(
        valid=project is not None,
        rollout=None if project is None else project.wanted.rollout,
        digest=None if project is None else project.wanted.digest,
        errors=errors,
        warnings=warnings,
        findings=[
            FindingView(each.file, each.line, each.column, each.rule, each.severity.value, each.message, each.hint)
            for each in files.findings
        ],
        pending=[] if project is None else pending_checks(project),
    )
    lines = validate_lines(report, files.findings)
    session.out.report("validate", report, lines)
    if session.out.quiet and not session.out.is_for_programs and not report.valid:
        session.out.complain(*lines)
    return ExitCode.DONE if report.valid else ExitCode.USAGE


def doctor(session: Session) -> int:
    """Is this installation healthy? Secrets are never shown."""
    from rollout_cli.checks.verdict import EXIT_CODES
    from rollout_cli.control.doctor import examine
    from rollout_cli.render.words import check_lines, line
    from rollout_cli.wiring import Installed

    report = examine(Installed(session.workspace))
    session.out.report("doctor", report, [*check_lines(report.checks), line(f"Verdict: {report.verdict.value}")])
    return EXIT_CODES[report.verdict]


def schema(
    session: Session,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Which; leave it out for the list.", autocompletion=complete_schemas),
    ] = None,
) -> int:
    """The JSON Schema of a document that a command prints, or of a file."""
    from rollout_cli.cli.spelling import unknown
    from rollout_cli.render.documents import json_text
    from rollout_cli.render.schemas import SCHEMAS, json_schema

    if name is None:
        session.out.raw(json_text(sorted(SCHEMAS)) + "\n" if session.out.as_json else "\n".join(sorted(SCHEMAS)) + "\n")
        return ExitCode.DONE
    if name not in SCHEMAS:
        raise unknown("schema", name, sorted(SCHEMAS))
    session.out.raw(json_text(json_schema(name)) + "\n")
    return ExitCode.DONE
