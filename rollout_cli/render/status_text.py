"""Where a rollout stands, its flags, its history and its attestations, in words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rollout_cli.control.attest import AttestationView, AttestReport, YesView
from rollout_cli.control.history import HistoryReport, RevisionView, VerifyReport
from rollout_cli.control.manual import FlagsReport
from rollout_cli.control.status import State, StatusReport
from rollout_cli.control.views import FlagView
from rollout_cli.render.moves_text import change_lines
from rollout_cli.render.words import (
    BAD,
    GOOD,
    QUIET,
    STRONG,
    WAIT,
    Line,
    Spoken,
    counted,
    duration_words,
    line,
    names_words,
    position_words,
    speak,
    value_words,
)

_STATE_WORDS: dict[State, tuple[str, str]] = {
    State.OFF: ("off: not begun", QUIET),
    State.SOAKING: ("soaking", WAIT),
    State.READY: ("ready to move on", GOOD),
    State.HELD: ("held: the store's clock is behind the last entry, so no soak can be counted", BAD),
    State.ROLLED_BACK: ("rolled back: nothing moves by itself", BAD),
    State.COMPLETED: ("completed", GOOD),
}
_FILES_UNKNOWN = ("held: the files, which say how long to stay, cannot be read", BAD)


def status_lines(report: StatusReport) -> Iterator[Line]:
    """The position first, then what is due, then every flag, then what is not as it should be."""
    yield line((report.rollout, STRONG), f": {position_words(report.position)}, revision {report.revision}")
    words, style = _FILES_UNKNOWN if report.state is State.HELD and report.drift is None else _STATE_WORDS[report.state]
    yield line("state:   ", (words, style))
    if report.entered_at is not None:
        yield line(f"since:   {report.entered_at:%Y-%m-%d %H:%M:%S} UTC")
    if report.soak is not None and report.soak.required_seconds:
        elapsed, required = report.soak.elapsed_seconds, report.soak.required_seconds
        share = min(elapsed / required, 1.0)
        until = "over" if share >= 1 else f"until {report.soak.ready_at:%Y-%m-%d %H:%M} UTC"
        yield line(f"soak:    {duration_words(elapsed)} of {duration_words(required)} ({share:.0%}), {until}")
    if report.state is State.ROLLED_BACK:
        resume = report.position or report.next
        yield line(f"next:    when you name it: `rollout advance --phase {0 if resume is None else resume.phase}`")
    elif report.next is not None:
        yield line(f"next:    {position_words(report.next)}")
    if report.killed is not None:
        yield line(("KILLED:  ", BAD), names_words(report.killed.names), ", whatever the flags below say")
    yield Line()
    for name, flag in report.flags.items():
        yield from flag_lines(name, flag)
    if report.drift is None:
        yield line(("drift:   unknown, the files cannot be read", WAIT))
    elif report.drift:
        yield line(("drift:   what the files want -> what is", WAIT))
        yield from change_lines(report.drift)


def flag_lines(name: str, flag: FlagView) -> Iterator[Line]:
    """One flag in a line, its lists below it."""
    style = GOOD if flag.enabled else QUIET
    parts: list[Any] = [("on  " if flag.enabled else "off ", style), (name, STRONG)]
    parts += [f" = {flag.value}"] if flag.value is not None else []
    parts += [f" at {flag.percent:g} %"] if flag.percent is not None else []
    parts += [(" (shadow)", WAIT)] if flag.shadow else []
    yield line(*parts, indent=2)
    if flag.allowlist:
        yield line((f"allow: {names_words(flag.allowlist)}", QUIET), indent=6)
    if flag.denylist:
        yield line((f"deny:  {names_words(flag.denylist)}", QUIET), indent=6)


def flags_lines(report: FlagsReport) -> Iterator[Line]:
    """Flags as they stand; after a change, what changed."""
    yield line((report.rollout, STRONG), f": revision {report.revision}")
    if report.changes:
        yield from change_lines(report.changes)
        yield line(("Applied", GOOD), f": revision {report.revision}") if report.applied else line("Not applied.")
        return
    for name, flag in report.flags.items():
        yield from flag_lines(name, flag)
    if not report.flags:
        yield line("Nothing to change." if report.revision else "No flags.")


def history_lines(report: HistoryReport) -> Iterator[Line]:
    """The history, newest first."""
    yield line((report.rollout, STRONG), f": {counted(len(report.revisions), 'revision')}")
    for problem in report.problems:
        yield line(("damaged: ", BAD), problem)
    for revision in report.revisions:
        yield from _revision_lines(revision)


def verify_lines(report: VerifyReport) -> Iterator[Line]:
    """Whether the chain holds."""
    if report.sound:
        yield line(
            ("Sound", GOOD),
            f": {counted(report.revisions, 'revision')} of {report.rollout}, each follows from the one before",
        )
        if report.head:
            yield line((f"head {report.head}", QUIET))
        return
    yield line(("Not sound", BAD), f": the history of {report.rollout} is not what was written")
    for problem in report.problems:
        yield line(f"- {problem}", indent=2)


def attest_lines(report: AttestReport, catalog: Spoken) -> Iterator[Line]:
    """Attestations: whether enough people have said yes, who they are, and why a yes does not count."""
    if not report.attestations:
        yield line(speak("The plan asks for no attestation.", catalog))
    for view in report.attestations:
        word, style = _how_far(view, catalog)
        phase = speak("phase {number}", catalog, number=view.phase)
        yield line((f"{word:<8}", style), (view.check, STRONG), f" ({phase})")
        yield from _attestation_details(view, catalog)


def _how_far(view: AttestationView, catalog: Spoken) -> tuple[str, str]:
    if view.valid:
        return speak("yes", catalog), GOOD
    if view.approvals == 1:
        return speak("open", catalog), WAIT
    return speak("{given} of {needed}", catalog, given=view.given, needed=view.approvals), WAIT


def _attestation_details(view: AttestationView, catalog: Spoken) -> Iterator[Line]:
    title = (view.title_pt if catalog else "") or view.title
    if title:
        yield line((title, QUIET), indent=8)
    if view.pending is not None:
        words = speak(
            "stands in for a check that waits for {thing}", catalog, thing=catalog.get(view.pending, view.pending)
        )
        yield line((words, QUIET), indent=8)
    if view.revoked is not None and not view.valid:
        who = {"actor": view.revoked.actor, "time": _minute(view.revoked.at)}
        yield line((speak("revoked by {actor} on {time} UTC", catalog, **who), WAIT), indent=8)
        yield from _note_lines(view.revoked.note, catalog)
    for yes in view.yeses:
        yield from _yes_lines(yes, catalog)


def _yes_lines(yes: YesView, catalog: Spoken) -> Iterator[Line]:
    who = {"actor": yes.actor, "time": _minute(yes.at)}
    if yes.counts and yes.expires_at is not None:
        until = _minute(yes.expires_at)
        yield line(speak("{actor} on {time} UTC, until {end} UTC", catalog, **who, end=until), indent=8)
    else:
        yield line(speak("{actor} on {time} UTC", catalog, **who), indent=8)
    if not yes.counts:
        yield line((speak("does not count: {problem}", catalog, problem=yes.problem), WAIT), indent=8)
    yield from _note_lines(yes.note, catalog)


def _note_lines(note: str, catalog: Spoken) -> Iterator[Line]:
    if note:
        yield line(speak("note: {note}", catalog, note=note), indent=8)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _revision_lines(revision: RevisionView) -> Iterator[Line]:
    forced = " (forced)" if revision.forced else ""
    here, there = position_words(revision.from_), position_words(revision.to)
    way = there if here == there else f"{here} -> {there}"
    when = f"{revision.at:%Y-%m-%d %H:%M:%S} "
    yield line((f"r{revision.revision:<4}", STRONG), when, (revision.action + forced, STRONG), f" {way}")
    yield line((f"by {revision.actor}", QUIET), f": {revision.reason}" if revision.reason else "", indent=5)
    for change in revision.changes:
        before, after = _short(change["before"]), _short(change["after"])
        yield line((f"{change['flag'] or 'rollout'}.{change['field']}: {before} -> {after}", QUIET), indent=5)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} ids" if len(value) > 1 else value_words(value)
    return value_words(value)
