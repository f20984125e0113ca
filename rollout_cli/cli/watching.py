"""status, once or until Ctrl-C."""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from rollout_cli.cli.session import Session
from rollout_cli.errors import ExitCode

if TYPE_CHECKING:
    from rollout_cli.control.status import StatusReport


def show_status(session: Session) -> int:
    """Say once where the rollout stands."""
    from rollout_cli.render.status_text import status_lines

    report = status_now(session)
    session.out.report("status", report, status_lines(report))
    return ExitCode.DONE


def watch_status(session: Session, interval: float) -> int:
    """Keep saying it: redrawn in place on a terminal, a new document whenever something changed elsewhere."""
    import time

    if session.out.as_json or not sys.stdout.isatty():
        return _watch_plainly(session, interval)
    from rich.console import Group
    from rich.live import Live

    from rollout_cli.render.status_text import status_lines
    from rollout_cli.render.terminal import terminal_lines

    console = session.out.console(sys.stdout)
    first = status_now(session)
    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
        report = first
        while True:
            live.update(Group(*terminal_lines(status_lines(report), console)), refresh=True)
            time.sleep(interval)
            report = status_now(session)


def status_now(session: Session) -> "StatusReport":
    """Where the rollout stands at this moment; the files may be broken, the store says the rest."""
    from rollout_cli.cli.standing import known_project, standing_of
    from rollout_cli.control.status import status_report

    now = replace(session, workspace=replace(session.workspace))  # a workspace reads its files once
    name, project = known_project(now, without="drift and soak are unknown")
    standing, _ = standing_of(now, name)
    kills = now.workspace.kill_switches.kills
    report = status_report(name, standing, project, kills, now.workspace.processes(name))
    mistaken = sorted(kills.names - set(report.flags))
    if mistaken:
        session.out.complain(f"warning: break-glass names no flag and so kills nothing: {', '.join(mistaken)}")
    return report


def _watch_plainly(session: Session, interval: float) -> int:
    from rollout_cli.render.documents import document, json_text
    from rollout_cli.render.status_text import status_lines

    seen = None
    while not session.out.is_closed:
        report = status_now(session)
        if replace(report, soak=None) != seen:
            seen = replace(report, soak=None)
            if session.out.as_json:
                session.out.raw(json_text(document("status", report), indent=None) + "\n")
            else:
                session.out.lines(status_lines(report))
        session.out.wait(interval)
    return ExitCode.DONE
