"""The store of events, in words. No person is in them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rollout_cli.render.words import BAD, GOOD, QUIET, STRONG, Line, counted, line

if TYPE_CHECKING:
    from rollout_cli.pipeline.reports import (
        DeadLettersReport,
        EventsReport,
        ForgetReport,
        PruneReport,
        ReplayReport,
    )


_SIGNED = {None: "", True: ", well signed", False: ", badly signed"}


def event_lines(report: "EventsReport") -> Iterator[Line]:
    """Events, by the provider's time."""
    if not report.events:
        yield line("No such events")
    for each in report.events:
        when = f"{each.occurred_at:%Y-%m-%d %H:%M:%S} "
        yield line((f"{each.number:<8}", STRONG), when, each.event_type)
        where = [each.provider, each.shopper, each.thread, each.skm and f"served by {each.skm}"]
        yield line((", ".join(filter(None, where)), QUIET), indent=8)
    if report.more:
        yield line(("There are more: --limit", QUIET))


def dead_letter_lines(report: "DeadLettersReport") -> Iterator[Line]:
    """Dead letters, oldest first."""
    yield line((counted(report.total, "dead letter"), STRONG if report.total else GOOD))
    for each in report.letters:
        times = f", {each.times} times" if each.times > 1 else ""
        signed = _SIGNED[each.signature_valid]
        yield line((f"{each.id:<6}", STRONG), f"{each.at:%Y-%m-%d %H:%M:%S} {each.provider} ", (each.reason, BAD))
        yield line((f"{each.explanation} ({each.bytes:,} bytes{times}{signed})", QUIET), indent=6)
        if each.now is not None:
            yield line(each.now, indent=6)
    if len(report.letters) < report.total and not any(each.now for each in report.letters):
        yield line(("There are more: --limit", QUIET))


def replay_lines(report: "ReplayReport") -> Iterator[Line]:
    """What became of dead letters."""
    became = f"{report.become_events} of {counted(report.asked, 'dead letter')}"
    done = "became" if report.applied else "would become"
    yield line(
        (became, STRONG), f" {done} events, {report.events} of them new" if report.applied else f" {done} events"
    )
    if report.still_refused:
        yield line((f"{report.still_refused} stay", BAD), ": they are refused as before, or their shopper is off")


def forget_lines(report: "ForgetReport") -> Iterator[Line]:
    """What was forgotten, in numbers."""
    done = ("Forgotten", GOOD) if report.applied else ("Would be forgotten", STRONG)
    yield line(done, f": {counted(report.people, 'person')} known by that id")
    yield line(
        f"{counted(report.emptied, 'event')} of theirs emptied; of each type, time and provider are left", indent=2
    )
    yield line(f"{counted(report.blotted, 'event')} of others in which they stood", indent=2)
    yield line(
        f"{counted(report.conversations, 'conversation')}, {counted(report.dead_letters, 'dead letter')}", indent=2
    )


def prune_lines(report: "PruneReport") -> Iterator[Line]:
    """What was let go."""
    yield line(("Let go", GOOD) if report.applied else ("Would let go", STRONG), " of")
    for number, noun in (
        (report.raw, "raw payload"),
        (report.events, "event"),
        (report.dead_letters, "dead letter"),
        (report.observations, "observation"),
    ):
        yield line(counted(number, noun), indent=2)
    if report.kept_for_subscribers:
        kept = counted(report.kept_for_subscribers, "event")
        yield line((f"{kept} stay: a subscriber has not had them yet", QUIET), indent=2)
