"""Watching whether a rollback helped: the phase's post-checks, again and again, with a view on a terminal."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rollout_cli.checks.verdict import CheckResult, Verdict
from rollout_cli.checks.words import ENGLISH, Catalog, said
from rollout_cli.cli.asking import inquirer
from rollout_cli.cli.session import Session
from rollout_cli.control.check import asked_of, attestations_in
from rollout_cli.control.recovery import (
    DEFAULT_TIME,
    INTERRUPTED,
    NOTHING_WAS_ON,
    Round,
    Watcher,
    no_post_checks,
    nothing_known,
    observe_recovery,
    pause_between,
    recovery_view,
    require_unmoved,
)
from rollout_cli.control.views import RecoveryView
from rollout_cli.errors import RolloutError
from rollout_cli.plan.duration import duration_from_text, duration_text
from rollout_cli.render.words import speak

if TYPE_CHECKING:
    from rollout_cli.checks.kinds import Check
    from rollout_cli.control.project import Project
    from rollout_cli.control.record import Revision
    from rollout_cli.control.rollback import RollbackReport


class RealTime:
    """A `Pacer` that really waits."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def elapsed(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._begun

    def pause(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Times:
    """How long to observe, and how often to look; None for what the files say."""

    observe: timedelta | None = None
    pause: timedelta | None = None


def times_said(session: Session, observe: str | None, pause: str | None) -> Times:
    """Durations from the command line. One that makes no sense is said, and stops no rollback."""
    return Times(_duration(session, "--for", observe), _duration(session, "--every", pause))


def watch_recovery(
    session: Session, report: "RollbackReport", times: Times, catalog: Catalog, rounds: list[Round]
) -> RecoveryView:
    """Observe after a rollback. Whatever keeps that from being done, the rollback stands, and nobody can say.

    `rounds` is filled with what is seen, for whoever ends this before its time.
    """
    try:
        project = session.workspace.project
        phase = _phase_left(session, report)
        checks = () if phase is None else project.checks.get((phase, "post_checks"), ())
    except RolloutError as error:
        return nothing_known(said(error.message), said(error.hint))
    if phase is None:
        return nothing_known(*NOTHING_WAS_ON, catalog)
    if not checks:
        return nothing_known(*no_post_checks(phase), catalog)
    asked = _without_flags(session, report, checks, catalog)
    observe = times.observe or _observe_of(project, phase) or DEFAULT_TIME
    pause = times.pause or pause_between(observe)
    words = speak(
        "Watching {count} post-checks of phase {number} for {time}.", catalog,
        count=len(asked), number=phase, time=duration_text(observe),
    )  # fmt: skip
    session.out.talk(words)
    try:
        before = _latest(session, project)
        with _watched(session, asked, catalog) as watcher:
            recovery = observe_recovery(
                lambda: _ask(session, project, asked, before), RealTime(), observe, pause, watcher, rounds=rounds
            )
    except RolloutError as error:  # the store went away, or somebody moved the rollout, while it was watched
        return nothing_known(said(error.message), said(error.hint), catalog, rounds)
    return recovery_view(recovery, catalog)


def cut_off(rounds: "Sequence[Round]", catalog: Catalog) -> RecoveryView:
    """What is known when the watching ends before its time."""
    return nothing_known(*INTERRUPTED, catalog, rounds)


def _without_flags(
    session: Session, report: "RollbackReport", checks: "Sequence[Check]", catalog: Catalog
) -> "Sequence[Check]":
    """Post-checks know flags in the safe state; where a rollback went less far, they stand as its target says.

    What needs such a check is about the safe state, too.
    """
    from rollout_cli.checks.flag_check import FlagCheck

    if report.to is None:
        return checks
    left = [check for check in checks if not isinstance(check.kind, FlagCheck)]
    while True:
        names = {check.entry.id for check in left}
        still = [check for check in left if names.issuperset(check.entry.needs)]
        if len(still) == len(left):
            break
        left = still
    if len(left) < len(checks):
        gone = len(checks) - len(left)
        words = speak(
            "This is not the safe state: {count} post-checks that speak of it are not asked.", catalog, count=gone
        )
        session.out.talk(words)
    return left


def _latest(session: Session, project: "Project") -> "Revision | None":
    from rollout_cli.cli.standing import look

    with look(session, rollout=project.wanted.rollout) as view:
        return view.standing.latest


def _ask(
    session: Session, project: "Project", checks: "Sequence[Check]", before: "Revision | None"
) -> list[CheckResult]:
    """Every post-check once, about the rollout as it stands now."""
    from rollout_cli.checks.facts import Facts
    from rollout_cli.cli.standing import look
    from rollout_cli.plan.difference import snapshot_at

    with look(session, rollout=project.wanted.rollout) as view:
        standing, attested = view.standing, attestations_in(view.reading)
    require_unmoved(before, standing.latest)
    current = standing.actual(snapshot_at(project.wanted, None)).snapshot
    entered = None if standing.latest is None else standing.latest.entered_at
    facts = Facts(standing.now, current, current, attested, project.wanted.digest, entered)
    with inquirer(session, project, ENGLISH, is_shown=False) as ask:
        return ask(asked_of(checks, facts))


def _phase_left(session: Session, report: "RollbackReport") -> int | None:
    """The phase that was left: now, or when somebody rolled back before."""
    from rollout_cli.cli.standing import look

    if report.applied and report.from_ is not None:
        return report.from_.phase
    with look(session, rollout=report.rollout) as view:
        latest = view.standing.latest
    came_from = None if latest is None else latest.draft.came_from or latest.draft.position
    return None if came_from is None else came_from.phase


def _observe_of(project: "Project", phase: int) -> timedelta | None:
    found = next((each.rollback for each in project.wanted.phases if each.phase == phase), None)
    return None if found is None else found.observe


def _duration(session: Session, option: str, text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        duration = duration_from_text(text)
    except ValueError as error:
        session.out.complain(f"warning: {option} {text!r} is no duration, so it does not count: {error}")
        return None
    return duration or None


@contextmanager
def _watched(session: Session, checks: "Sequence[Check]", catalog: Catalog) -> Iterator[Watcher]:
    if session.out.quiet or not sys.stderr.isatty():
        yield _Changes(session, catalog)
        return
    from rollout_cli.cli.recovery_view import RecoveryDisplay

    with RecoveryDisplay(session.out, [check.entry for check in checks], catalog) as display:
        yield display


class _Changes:
    """Where there is no terminal: a line whenever a check changes its answer."""

    def __init__(self, session: Session, catalog: Catalog) -> None:
        self._out = session.out
        self._catalog = catalog
        self._seen: dict[str, Verdict] = {}

    def __call__(self, rounds: Sequence[Round], seconds: float) -> None:  # noqa: ARG002
        for result in rounds[-1].results:
            if self._seen.get(result.id) is not result.verdict:
                self._seen[result.id] = result.verdict
                at = duration_text(timedelta(seconds=rounds[-1].at))
                word, message = speak(result.verdict.value, self._catalog), result.outcome.message.spoken(self._catalog)
                self._out.talk(f"{at}: {word} {result.id}: {message}")
