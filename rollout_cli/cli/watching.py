"""status, once or until Ctrl-C."""

import sys
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
    from rich.console import Console, Group
    from rich.live import Live

    from rollout_cli.render.status_text import status_lines

    with Live(console=Console(), auto_refresh=False, screen=False) as live:
        while True:
            live.update(Group(*status_lines(status_now(session))), refresh=True)
            time.sleep(interval)


def status_now(session: Session) -> "StatusReport":
    """Where the rollout stands at this moment; the files may be broken, the store says the rest."""
    from rollout_cli.cli.standing import look
    from rollout_cli.control.status import status_report
    from rollout_cli.sources.project_files import rollout_name_at_a_glance

    files = session.workspace.files
    name = rollout_name_at_a_glance(session.workspace.folder) if files.project is None else files.project.wanted.rollout
    if files.project is None:
        session.out.complain("warning: the files are invalid, so drift and soak are unknown; see `rollout validate`")
        if name is None:
            files.require()
    with look(session, rollout=name) as view:
        return status_report(view.rollout, view.standing, files.project, session.workspace.kill_switches.kills)


def _watch_plainly(session: Session, interval: float) -> int:
    import time
    from dataclasses import replace

    from rollout_cli.render.documents import document, json_text
    from rollout_cli.render.status_text import status_lines

    seen = None
    while True:
        report = status_now(session)
        if replace(report, soak=None) != seen:
            seen = replace(report, soak=None)
            if session.out.as_json:
                session.out.raw(json_text(document("status", report), indent=None) + "\n")
            else:
                session.out.lines(status_lines(report))
        if session.out.is_closed:
            return ExitCode.DONE
        time.sleep(interval)
