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


def plan_lines(report: "PlanReport | AdvanceReport", catalog: Spoken = ENGLISH) -> Iterator[Line]:
    """A plan in the way people know: what goes, what comes, what changes."""
    here, there = position_words(report.from_, catalog), position_words(report.to, catalog)
    way = here if here == there else f"{here} -> {there}"
    yield line((report.rollout, STRONG), f": {way}")
    if report.move == "none":
        yield line(speak("No changes: the rollout stands as the files want it.", catalog))
        return
    yield Line()
    yield from change_lines(report.changes, catalog=catalog)
    for removal in report.removals:
        yield _removal_line(removal, catalog)
    yield line((f"{speak('Plan', catalog)}: ", STRONG), _summary(report, catalog))
    if report.blast_radius is not None:
        yield from _radius_lines(report.blast_radius, catalog)
        if report.blast_radius.off and not report.removals:
            words = speak("what flips off served nobody: it was in shadow, or is on by default", catalog)
            yield line(words, indent=2)


def refusal_lines(report: "PlanReport", catalog: Spoken = ENGLISH) -> Iterator[Line]:
    """Why the planned move would be refused, if it would."""
    if report.refusal is None:
        return
    why, hint = report.refusal, report.hint or ""
    if catalog:
        from rollout_cli.checks.retelling import retold  # noqa: PLC0415 - nobody needs it in English

        why, hint = retold(why, catalog), retold(hint, catalog)
    yield line((f"{speak('Not a legal move', catalog)}: ", BAD), why)
    yield line(("-> ", QUIET), hint)


def change_lines(changes: "Sequence[ChangeView]", indent: int = 2, catalog: Spoken = ENGLISH) -> Iterator[Line]:
    """Changes, grouped by flag."""
    previous: object = ()
    for change in changes:
        if change.flag != previous:
            named = change.flag or speak("the whole rollout", catalog)
            yield line(("~ ", WAIT), (named, STRONG), indent=indent)
            previous = change.flag
        yield _change_line(change, indent + 4, catalog)


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
    yield from change_lines(report.changes, catalog=catalog)
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


def _change_line(change: "ChangeView", indent: int, catalog: Spoken) -> Line:
    if isinstance(change.before, list) and isinstance(change.after, list):
        gone = [each for each in change.before if each not in set(change.after)]
        come = [each for each in change.after if each not in set(change.before)]
        parts: list[Any] = [f"{change.field}:"]
        parts += [(f" +{names_words(come, catalog=catalog)}", GOOD)] if come else []
        parts += [(f" -{names_words(gone, catalog=catalog)}", BAD)] if gone else []
        return line(*parts, indent=indent)
    before, after = value_words(change.before, catalog), value_words(change.after, catalog)
    return line(f"{change.field}: ", (before, QUIET), " -> ", (after, STRONG), indent=indent)


def _removal_line(removal: "RemovalView", catalog: Spoken) -> Line:
    who = []
    if removal.ids:
        names = names_words(removal.ids, catalog=catalog)
        who.append(speak("{count} by name: {names}", catalog, count=len(removal.ids), names=names))
    if removal.percent:
        who.append(speak("{percent} % of all others", catalog, percent=f"{removal.percent:g}"))
    verb = speak("switches off", catalog)
    return line(("- ", BAD), (removal.flag, STRONG), (f" {verb} ", BAD), "; ".join(who), indent=2)


def _summary(report: "PlanReport | AdvanceReport", catalog: Spoken) -> str:
    flags, lost = len({change.flag for change in report.changes}), len(report.removals)
    changed, removed = speak("no flag changes", catalog), speak("nobody is switched off", catalog)
    if flags:
        changed = (
            speak("1 flag to change", catalog) if flags == 1 else speak("{count} flags to change", catalog, count=flags)
        )
    if lost:
        removed = (
            speak("1 flag loses shoppers", catalog) if lost == 1
            else speak("{count} flags lose shoppers", catalog, count=lost)
        )  # fmt: skip
    return f"{changed}, {removed}."


def _radius_lines(radius: "BlastRadiusView", catalog: Spoken) -> Iterator[Line]:
    words = speak(
        "{asked} asked, {on} flip on, {off} flip off", catalog,
        asked=f"{radius.asked:,}", on=f"{radius.on:,}", off=f"{radius.off:,}",
    )  # fmt: skip
    yield line((f"{speak('Of the ids', catalog)}: ", STRONG), words)
    for name, flips in radius.flags.items():
        how = {"on": f"{flips.on:,}", "off": f"{flips.off:,}"}
        said = speak("{on} on, {off} off", catalog, **how)
        if flips.changed:
            said = speak(
                "{on} on, {off} off, {changed} get another value", catalog, **how, changed=f"{flips.changed:,}"
            )
        yield line(f"{name}: {said}", indent=2)
    if radius.ids_on:
        yield line((f"{speak('on', catalog)}:  ", GOOD), names_words(radius.ids_on, catalog=catalog), indent=2)
    if radius.ids_off:
        yield line((f"{speak('off', catalog)}: ", BAD), names_words(radius.ids_off, catalog=catalog), indent=2)
