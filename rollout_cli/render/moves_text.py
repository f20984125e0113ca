"""Plans, moves and rollbacks in words."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rollout_cli.render.check_text import check_sections, counts_words
from rollout_cli.render.words import (
    BAD,
    ENGLISH,
    GOOD,
    QUIET,
    STRONG,
    WAIT,
    Line,
    Spoken,
    counted,
    line,
    names_words,
    position_words,
    speak,
    value_words,
)

if TYPE_CHECKING:  # rollback is rendered here, and must not depend on what plans and checks import
    from rollout_cli.control.advance import AdvanceReport
    from rollout_cli.control.plan import BlastRadiusView, PlanReport
    from rollout_cli.control.rollback import RollbackReport
    from rollout_cli.control.views import ChangeView, RemovalView


def plan_lines(report: "PlanReport | AdvanceReport") -> Iterator[Line]:
    """A plan in the way people know: what goes, what comes, what changes."""
    here, there = position_words(report.from_), position_words(report.to)
    way = here if here == there else f"{here} -> {there}"
    yield line((report.rollout, STRONG), f": {way}")
    if report.move == "none":
        yield line("No changes: the rollout stands as the files want it.")
        return
    yield Line()
    yield from change_lines(report.changes)
    for removal in report.removals:
        yield from _removal_lines(removal)
    yield line(("Plan: ", STRONG), _summary(report))
    if report.blast_radius is not None:
        yield from _radius_lines(report.blast_radius)
        if report.blast_radius.off and not report.removals:
            yield line("what flips off served nobody: it was in shadow, or is on by default", indent=2)


def refusal_lines(report: "PlanReport") -> Iterator[Line]:
    """Why the planned move would be refused, if it would."""
    if report.refusal is not None:
        yield line(("Not a legal move: ", BAD), report.refusal)
        yield line(("-> ", QUIET), report.hint or "")


def change_lines(changes: "Sequence[ChangeView]", indent: int = 2) -> Iterator[Line]:
    """Changes, grouped by flag."""
    previous: object = ()
    for change in changes:
        if change.flag != previous:
            yield line(("~ ", WAIT), (change.flag or "the whole rollout", STRONG), indent=indent)
            previous = change.flag
        yield _change_line(change, indent + 4)


def advance_lines(report: "AdvanceReport", catalog: Spoken) -> Iterator[Line]:
    """What was asked, and what came of it."""
    if report.checks:
        yield line(("Checks", STRONG))
        yield from check_sections(report.checks, catalog)
        if len(report.checks) > 1:
            yield line(counts_words(report.checks, catalog), indent=2)
    if report.applied:
        yield line((speak("Applied", catalog), GOOD), ": ", _where(report, catalog))
    elif report.move == "none":
        yield line((speak("Already there", catalog), GOOD), ": ", _where(report, catalog))


def rollback_lines(report: "RollbackReport", shopper: str | None = None, catalog: Spoken = ENGLISH) -> Iterator[Line]:
    """What was taken back, for everybody or for one shopper."""
    yield from change_lines(report.changes)
    here, there = position_words(report.from_, catalog), position_words(report.to, catalog)
    way = there if here == there else f"{here} -> {there}"
    number = report.revision
    if shopper is not None:
        word = speak("Taken back", catalog) if report.applied else speak("Taken back before", catalog)
        words = speak(
            "{shopper}, on every flag; {position} stays, revision {revision}", catalog,
            shopper=shopper, position=there, revision=number,
        )  # fmt: skip
        yield line((word, GOOD), ": ", words)
    elif report.applied:
        time = f"{report.duration_ms:.0f}"
        words = speak("{way}, revision {revision}, in {time} ms", catalog, way=way, revision=number, time=time)
        yield line((speak("Rolled back", catalog), GOOD), ": ", words)
    else:
        yield line((speak("Nothing to roll back", catalog), GOOD), ": ", _where(report, catalog))


def _where(report: "AdvanceReport | RollbackReport", catalog: Spoken) -> str:
    position = position_words(report.to, catalog)
    return speak("{position}, revision {revision}", catalog, position=position, revision=report.revision)


def _change_line(change: "ChangeView", indent: int) -> Line:
    if isinstance(change.before, list) and isinstance(change.after, list):
        gone = [each for each in change.before if each not in set(change.after)]
        come = [each for each in change.after if each not in set(change.before)]
        parts: list[Any] = [f"{change.field}:"]
        parts += [(f" +{names_words(come)}", GOOD)] if come else []
        parts += [(f" -{names_words(gone)}", BAD)] if gone else []
        return line(*parts, indent=indent)
    before, after = value_words(change.before), value_words(change.after)
    return line(f"{change.field}: ", (before, QUIET), " -> ", (after, STRONG), indent=indent)


def _removal_lines(removal: "RemovalView") -> Iterator[Line]:
    who = [f"{len(removal.ids)} by name: {names_words(removal.ids)}"] if removal.ids else []
    who += [f"{removal.percent:g} % of all others"] if removal.percent else []
    yield line(("- ", BAD), (removal.flag, STRONG), (" switches off ", BAD), "; ".join(who), indent=2)


def _summary(report: "PlanReport | AdvanceReport") -> str:
    flags = len({change.flag for change in report.changes})
    changed = f"{counted(flags, 'flag')} to change" if flags else "no flag changes"
    lost = len(report.removals)
    removed = (
        f"{counted(lost, 'flag')} {'loses' if lost == 1 else 'lose'} shoppers" if lost else "nobody is switched off"
    )
    return f"{changed}, {removed}."


def _radius_lines(radius: "BlastRadiusView") -> Iterator[Line]:
    yield line(("Of the ids: ", STRONG), f"{radius.asked:,} asked, {radius.on:,} flip on, {radius.off:,} flip off")
    for name, flips in radius.flags.items():
        changed = f", {flips.changed:,} get another value" if flips.changed else ""
        yield line(f"{name}: {flips.on:,} on, {flips.off:,} off{changed}", indent=2)
    if radius.ids_on:
        yield line(("on:  ", GOOD), names_words(radius.ids_on), indent=2)
    if radius.ids_off:
        yield line(("off: ", BAD), names_words(radius.ids_off), indent=2)
