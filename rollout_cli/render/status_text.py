"""Where a rollout stands, and its flags, in words."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rollout_cli.control.status import GateView, State, StatusReport
from rollout_cli.control.views import FlagView
from rollout_cli.render.moves_text import change_lines
from rollout_cli.render.words import (
    BAD,
    GOOD,
    QUIET,
    STRONG,
    VERDICT_STYLES,
    WAIT,
    Line,
    counted,
    duration_words,
    line,
    names_words,
    position_words,
)

if TYPE_CHECKING:
    from rollout_cli.control.manual import FlagsReport

_STATE_WORDS: dict[State, tuple[str, str]] = {
    State.OFF: ("off: not begun", QUIET),
    State.SOAKING: ("soaking", WAIT),
    State.READY: ("ready: the soak is over", GOOD),
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
    yield from _way_on_lines(report)
    if report.processes:
        yield _processes_line(report)
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


def _way_on_lines(report: StatusReport) -> Iterator[Line]:
    """What comes next, and what guards the way there; none of it is asked for that."""
    if report.state is State.ROLLED_BACK:
        resume = report.position or report.next
        yield line(f"next:    when you name it: `rollout advance --phase {0 if resume is None else resume.phase}`")
        return
    if report.next is not None:
        yield line(f"next:    {position_words(report.next)}")
    if report.gates and report.state is not State.COMPLETED:
        yield line(f"gates:   {counted(len(report.gates), 'check')} must hold to move on: `rollout check` asks")
        yield from _verdict_lines([each for each in report.gates if each.verdict])


def _verdict_lines(told: Sequence[GateView]) -> Iterator[Line]:
    """What gates said when they were last asked; those that did not pass by name."""
    if not told:
        return
    parts: list[Any] = [f"at the last step, {told[0].asked_at:%Y-%m-%d %H:%M} UTC: "]
    for number, verdict in enumerate(dict.fromkeys(each.verdict or "" for each in told)):
        said = [each.id for each in told if each.verdict == verdict]
        parts += ["; " if number else "", (f"{len(said)} {verdict}", VERDICT_STYLES.get(verdict, STRONG))]
        parts += [f": {names_words(said)}"] if verdict != "PASS" else []
    yield line(*parts, indent=9)


def _processes_line(report: StatusReport) -> Line:
    """How many application processes there are, and which have not heard of the latest revision."""
    behind = [each for each in report.processes if each.revision != report.revision]
    count = f"heard:   {counted(len(report.processes), 'process', 'processes')}"
    if not behind:
        return line(f"{count} of revision {report.revision}")
    names = names_words([f"{each.host}:{each.pid} at {each.revision}" for each in behind])
    return line(f"{count}, ", (f"{len(behind)} behind: {names}", BAD))


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


def flags_lines(report: "FlagsReport") -> Iterator[Line]:
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
