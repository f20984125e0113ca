"""Answered checks in words: by list, what does not pass with its hint, and what it calls for."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rollout_cli.render.words import BAD, GOOD, QUIET, STRONG, WAIT, Line, Spoken, line, speak

if TYPE_CHECKING:
    from rollout_cli.control.check import CheckReport
    from rollout_cli.control.views import CheckView, PositionView

_STYLES = {"PASS": GOOD, "FAIL": BAD, "INCONCLUSIVE": WAIT}
_HEADINGS = {"preflight": "preflight", "gates": "gates", "alerts": "alerts", "post_checks": "post-checks"}
_COUNTS = {"PASS": "{count} passed", "FAIL": "{count} failed", "INCONCLUSIVE": "{count} inconclusive"}
_APART = {"offline": "{count} not asked offline", "pending": "{count} pending"}


def check_report_lines(report: "CheckReport", catalog: Spoken) -> Iterator[Line]:
    """All checks by their lists, how many came to what, and the verdict."""
    place = _position(report.target, catalog)
    yield line((report.rollout, STRONG), ": ", speak("checks for {position}", catalog, position=place))
    yield from check_sections(report.checks, catalog)
    if not report.checks:
        yield line(speak("No checks are declared for this.", catalog), indent=2)
    else:
        yield line(counts_words(report.checks, catalog))
    verdict = report.verdict.value
    yield line(speak("Verdict", catalog), ": ", (speak(verdict, catalog), _STYLES[verdict]))


def check_sections(checks: "Sequence[CheckView]", catalog: Spoken) -> Iterator[Line]:
    """Checks under the headings of their lists."""
    heading = ""
    width = max((len(speak(verdict, catalog)) for verdict in _STYLES), default=0)
    for check in checks:
        if check.section != heading:
            heading = check.section
            yield line((speak(_HEADINGS.get(heading, heading), catalog), STRONG), indent=2)
        yield from check_lines(check, catalog, width)


def check_lines(check: "CheckView", catalog: Spoken, width: int = 12) -> Iterator[Line]:
    """One check: verdict, id and message; its title; and when it does not pass, what to do and what it calls for."""
    word = speak(check.verdict, catalog)
    outer = 4 if check.section else 2  # what stands in no list stands under no heading
    yield line((f"{word:<{width}}", _STYLES[check.verdict]), " ", (check.id, STRONG), ": ", check.message, indent=outer)
    indent = outer + width + 1
    if check.title:
        yield line((check.title, QUIET), indent=indent)
    if check.verdict == "PASS" or check.cause == "offline":
        return
    if check.hint:
        yield line(("-> ", QUIET), check.hint, indent=indent)
    calls = _calls_for(check, catalog)
    if calls:
        yield line((calls, BAD if check.reaction == "rollback" else WAIT), indent=indent)


def counts_words(checks: "Sequence[CheckView]", catalog: Spoken) -> str:
    """How many checks came to what."""
    counts: dict[str, int] = {}
    for check in checks:
        template = _APART.get(check.cause or "") or _COUNTS[check.verdict]
        counts[template] = counts.get(template, 0) + 1
    order = [*_COUNTS.values(), *_APART.values()]
    return ", ".join(speak(each, catalog, count=counts[each]) for each in order if each in counts)


def _calls_for(check: "CheckView", catalog: Spoken) -> str:
    if not check.counts:
        return speak("only a warning", catalog) if check.reaction == "warn" else speak("has no say", catalog)
    return speak("calls for a rollback", catalog) if check.reaction == "rollback" else ""


def _position(position: "PositionView | None", catalog: Spoken) -> str:
    if position is None:
        return speak("off", catalog)
    words = speak("phase {number} ({name})", catalog, number=position.phase, name=position.name)
    return (
        words if position.percent is None else f"{words} {speak('at {percent} %', catalog, percent=position.percent)}"
    )
