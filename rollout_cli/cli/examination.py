"""What `doctor` looks at: versions, files, store, history, clock, break-glass, environment."""

import os
import platform
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING

from rollout_cli.checks.verdict import Verdict
from rollout_cli.control.doctor import DoctorReport, doctor_report, finding
from rollout_cli.control.history import verify_history
from rollout_cli.control.standing import read_standing
from rollout_cli.errors import RolloutError
from rollout_cli.flags.environment import is_set, state_from_environment
from rollout_cli.wiring import Workspace

if TYPE_CHECKING:
    from rollout_cli.control.views import CheckView


def examine(workspace: Workspace) -> DoctorReport:
    """Look at everything; what breaks is a finding, not the end."""
    looks: list[Callable[[Workspace], list[CheckView]]] = [_versions, _files, _store, _kills]
    checks: list[CheckView] = []
    for look in looks:
        try:
            checks += look(workspace)
        except RolloutError as error:
            checks.append(finding(look.__name__.strip("_"), Verdict.FAIL, error.message, error.hint))
    return doctor_report(checks)


def _versions(_workspace: Workspace) -> "list[CheckView]":
    import sqlite3
    from importlib.metadata import version

    from rollout_cli import __version__

    libraries = ", ".join(f"{name} {version(name)}" for name in ("SQLAlchemy", "pydantic", "typer"))
    words = f"rollout {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}"
    return [finding("versions", Verdict.PASS, words)]


def _files(workspace: Workspace) -> "list[CheckView]":
    files = workspace.files
    if files.project is None:
        return [finding("files", Verdict.FAIL, f"{len(files.findings)} findings", "see `rollout validate`")]
    wanted = files.project.wanted
    words = f"{wanted.rollout}: {len(wanted.file.flags)} flags, {len(wanted.phases)} phases in {workspace.folder}"
    if files.findings:
        return [
            finding("files", Verdict.INCONCLUSIVE, f"{words}; {len(files.findings)} warnings", "see `rollout validate`")
        ]
    return [finding("files", Verdict.PASS, words)]


def _store(workspace: Workspace) -> "list[CheckView]":
    store = workspace.open_store()
    name = workspace.address.name
    if store is None:
        return [
            finding("store", Verdict.INCONCLUSIVE, f"there is no store at {name} yet", "the first change creates it")
        ]
    checks = [finding("store", Verdict.PASS, f"{name}: reachable, schema known"), *_permissions(workspace)]
    with store.ledger(workspace.rollout_name(None, store)).reading() as reading:
        chain = verify_history(workspace.rollout_name(None, store), reading)
        words = f"{chain.revisions} revisions, each follows from the one before"
        checks.append(
            finding("history", Verdict.PASS, words)
            if chain.sound
            else finding("history", Verdict.FAIL, chain.problems[0], "see `rollout history verify`")
        )
        if not chain.sound:
            return checks
        standing = read_standing(reading)
    behind = standing.clock_is_behind
    checks.append(
        finding(
            "clock",
            Verdict.FAIL,
            "the store's clock is behind the last entry",
            "set it right; until then nothing advances",
        )
        if behind
        else finding("clock", Verdict.PASS, f"the store's time is {standing.now:%Y-%m-%d %H:%M:%S} UTC")
    )
    return checks + _environment(workspace)


def _permissions(workspace: Workspace) -> "list[CheckView]":
    path = workspace.address.path
    if path is None:
        return []
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return [
            finding("permissions", Verdict.INCONCLUSIVE, f"others may open {path} ({mode:04o})", f"chmod 600 {path}")
        ]
    if not os.access(path, os.W_OK):
        return [
            finding("permissions", Verdict.INCONCLUSIVE, f"{path} is read-only for you", "changes need write access")
        ]
    return [finding("permissions", Verdict.PASS, f"only its owner may open {path}")]


def _environment(workspace: Workspace) -> "list[CheckView]":
    """With a store, the flags' variables are ignored; when they say something else, somebody is mistaken."""
    project = workspace.project
    store = workspace.open_store()
    if store is None:
        return []
    with store.ledger(project.wanted.rollout).reading() as reading:
        standing = read_standing(reading)
    if standing.latest is None:
        return []
    snapshot = standing.latest.draft.evaluated
    differing = [
        name
        for name, definition in snapshot.definitions.items()
        if is_set(name, workspace.environment)
        and state_from_environment(definition, workspace.environment) != snapshot.state_of(name)
    ]
    if not differing:
        return [finding("environment", Verdict.PASS, "no flag's variables differ from the store")]
    words = f"ignored, because there is a store, and different from it: {', '.join(differing)}"
    return [finding("environment", Verdict.INCONCLUSIVE, words, "remove the variables: the store decides")]


def _kills(workspace: Workspace) -> "list[CheckView]":
    switches = workspace.kill_switches
    if not switches.kills:
        return [finding("break-glass", Verdict.PASS, "nothing is killed")]
    names = "every flag" if switches.kills.everything else ", ".join(sorted(switches.kills.names))
    where = "ROLLOUT_KILL" if switches.by_variable else str(switches.path)
    return [
        finding(
            "break-glass", Verdict.INCONCLUSIVE, f"{names} kept at the default by {where}", "lift it when it is over"
        )
    ]
