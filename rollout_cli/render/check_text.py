"""Answered checks in words: by list, what does not pass with its hint, and what it calls for."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rollout_cli.render.words import BAD, QUIET, STRONG, VERDICT_STYLES, WAIT, Line, Spoken, line, speak

if TYPE_CHECKING:
    from rollout_cli.control.check import CheckReport
    from rollout_cli.control.views import CheckView, PositionView

_HEADINGS = {
    "preflight": "preflight of phase {number}",
    "gates": "gates of phase {number}",
    "alerts": "alerts of phase {number} (PASS: no alarm)",
    "post_checks": "post-checks of phase {number}",
}
_COUNTS = {"PASS": "{count} passed", "FAIL": "{count} failed", "INCONCLUSIVE": "{count} inconclusive"}
_APART = {"offline": "{count} not asked offline", "later": "{count} not asked yet", "pending": "{count} pending"}
_UNHEARD = "{count} without a say"
_NOT_ASKED, _UNASKED = "NOT ASKED", frozenset({"offline", "later"})
_MANY = 8
"""With more checks than this, those that do not pass are named again at the end."""


def check_report_lines(report: "CheckReport", catalog: Spoken) -> Iterator[Line]:
    """All checks by their lists, how many came to what, and the verdict."""
    place = _position(report.target, catalog)
    yield line((report.rollout, STRONG), ": ", speak("checks for {position}", catalog, position=place))
    yield from check_sections(report.checks, catalog)
    if not report.checks:
        yield line(speak("No checks are declared for this.", catalog), indent=2)
    else:
        yield line(counts_words(report.checks, catalog))
        yield from _named_again(report.checks, catalog)
    if report.checks and not any(check.counts for check in report.checks):
        yield line((speak("Nothing that counts was asked.", catalog), WAIT))
    for obstacle in report.obstacles:
        yield line((speak("Besides", catalog), WAIT), f": {obstacle}")
    verdict = report.verdict.value
    word = (speak(verdict, catalog), VERDICT_STYLES[verdict])
    yield line(speak("Verdict", catalog), ": ", word, _of_how_many(report, catalog))


def check_sections(checks: "Sequence[CheckView]", catalog: Spoken) -> Iterator[Line]:
    """Checks under the headings of their lists."""
    heading: tuple[str, int | None] = ("", None)
    width = max((len(speak(verdict, catalog)) for verdict in VERDICT_STYLES), default=0)
    for check in checks:
        if check.section and (check.section, check.phase) != heading:
            heading = (check.section, check.phase)
            words = speak(_HEADINGS.get(check.section, check.section), catalog, number=check.phase)
            yield line((words, STRONG), indent=2)
        yield from check_lines(check, catalog, width)


def check_lines(check: "CheckView", catalog: Spoken, width: int = 12) -> Iterator[Line]:
    """One check: verdict, id and message; its title; and when it does not pass, what to do and what it calls for."""
    is_asked = check.cause not in _UNASKED
    word, style = (check.verdict, VERDICT_STYLES[check.verdict]) if is_asked else (_NOT_ASKED, QUIET)
    word = speak(word, catalog)
    outer = 4 if check.section else 2  # what stands in no list stands under no heading
    yield line((f"{word:<{width}}", style), " ", (check.id, STRONG), ": ", check.message, indent=outer)
    indent = outer + width + 1
    if check.title:
        yield line((check.title, QUIET), indent=indent)
    covered = [each for each in check.covers if not each.endswith(check.title)] if catalog else []
    if covered:  # the checklist's own words, for those who look for them
        yield line((speak("also: {lines}", catalog, lines="; ".join(covered)), QUIET), indent=indent)
    if check.verdict == "PASS" or not is_asked:
        return
    if check.hint:
        yield line(("-> ", QUIET), check.hint, indent=indent)
    calls = _calls_for(check, catalog)
    if calls:
        yield line((calls, BAD if check.reaction == "rollback" else WAIT), indent=indent)


def counts_words(checks: "Sequence[CheckView]", catalog: Spoken) -> str:
    """How many checks came to what; what has no say is counted apart."""
    counts: dict[str, int] = {}
    for check in checks:
        template = _counted_as(check)
        counts[template] = counts.get(template, 0) + 1
    order = [*_COUNTS.values(), _UNHEARD, *_APART.values()]
    return ", ".join(speak(each, catalog, count=counts[each]) for each in order if each in counts)


def _counted_as(check: "CheckView") -> str:
    if check.verdict == "PASS":
        return _COUNTS["PASS"]
    if check.cause in _APART:
        return _APART[check.cause]
    return _COUNTS[check.verdict] if check.counts else _UNHEARD


def _named_again(checks: "Sequence[CheckView]", catalog: Spoken) -> Iterator[Line]:
    """Where there are many: what holds, and what calls for a rollback, by name at the end."""
    if len(checks) <= _MANY:
        return
    counting = [check for check in checks if check.counts]
    for verdict in ("FAIL", "INCONCLUSIVE"):
        names = [check.id for check in counting if check.verdict == verdict]
        if names:
            yield line((speak(verdict, catalog), VERDICT_STYLES[verdict]), f": {', '.join(names)}")
    alarming = [check.id for check in counting if check.reaction == "rollback"]
    if alarming:
        yield line((speak("calls for a rollback", catalog), BAD), f": {', '.join(alarming)}")


def _of_how_many(report: "CheckReport", catalog: Spoken) -> str:
    """How much an offline verdict is worth."""
    if not report.offline:
        return ""
    asked = sum(check.cause not in {*_UNASKED, "pending"} for check in report.checks)
    whole = len(report.checks)
    return ", " + speak("of what files alone can answer: {asked} of {all} checks", catalog, asked=asked, all=whole)


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
