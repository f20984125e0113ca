"""history, history verify."""

from typing import Annotated

import typer

from rollout_cli.cli.completion import complete_verify
from rollout_cli.cli.session import Session, command
from rollout_cli.errors import ExitCode, StoreError, UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    examples = ("rollout history --limit 5", "rollout history verify", "rollout history verify --head HASH")
    command(app, "history", panel="Look", examples=examples)(history)


def history(
    session: Session,
    action: Annotated[
        str | None,
        typer.Argument(metavar="verify", help="Prove that nothing was altered.", autocompletion=complete_verify),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many revisions, newest first.")] = 20,
    head: Annotated[
        str | None, typer.Option("--head", metavar="HASH", help="With verify: a hash you kept elsewhere.")
    ] = None,
) -> int:
    """Who changed what, when and why; `history verify` proves that the record is whole."""
    from rollout_cli.cli.standing import look_tolerantly
    from rollout_cli.control.history import history_report, verify_history
    from rollout_cli.render.history_text import history_lines, verify_lines

    if action not in {None, "verify"}:
        raise UsageError(f"there is no `history {action}`", hint="use `rollout history` or `rollout history verify`")
    if head is not None and action is None:
        raise UsageError("--head belongs to `history verify`", hint=f"rollout history verify --head {head}")
    with look_tolerantly(session) as (name, reading):
        if action is None:
            entries = history_report(name, reading, limit)
            session.out.report("history", entries, history_lines(entries))
            return ExitCode.DONE
        report = verify_history(name, reading, expected_head=head)
    session.out.report("history-verify", report, verify_lines(report))
    if not report.sound:
        raise StoreError(
            f"the history of {name} is not sound: {report.problems[0]}",
            hint="compare with a backup; until it is explained, do not trust the store: `rollout rollback` works",
        )
    return ExitCode.DONE
