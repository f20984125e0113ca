"""What goes on while a simulation runs: a drawing on a terminal, a line now and then elsewhere; on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rollout_cli.cli.live_view import LiveView
from rollout_cli.cli.output import Output
from rollout_cli.render.simulation_text import share_words
from rollout_cli.render.visible import visible
from rollout_cli.render.words import GOOD, QUIET, STRONG, WAIT, counted, duration_words
from rollout_cli.simulate.run import Progress, Tell

_FIRST_SECONDS = 5.0
_LATER = 20
"""A line comes after five seconds, and then every five, or every twentieth of the time that it has taken."""
_WIDEST = 60
_TONE = "cyan"
_SOON = 0.5
"""Seconds before which nothing is said of how long it will take."""
_NOTHING = Progress(0, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Banner:
    """What is run.

    Attributes:
        events: how many will be told; None where nobody knows.
        traffic: the seed, or what is replayed.
    """

    rollout: str
    position: str
    traffic: str
    events: int | None
    workers: int = 1


@contextmanager
def watching(out: Output, banner: Banner) -> Iterator[Tell]:
    """Whom a run has to tell how far it has come; nobody sees anything where it is to be quiet."""
    if out.quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with SimulationView(out, banner) as view:
            yield view.hear
    else:
        yield QuietLines(out, banner).hear


class SimulationView(LiveView):
    """Hears of a run and draws it."""

    def __init__(self, out: Output, banner: Banner) -> None:
        self._banner = banner
        self._now = _NOTHING
        super().__init__(out, times_a_second=8)

    def hear(self, progress: Progress) -> None:
        """This is how far it has come."""
        self._now = progress

    def drawn(self) -> Group:
        """How it looks at this moment."""
        banner, now = self._banner, self._now
        about = [banner.traffic, *([counted(banner.workers, "worker")] if banner.workers > 1 else [])]
        heading = Text.assemble(
            (visible(banner.position), STRONG), f"  {visible(banner.rollout)}  ", (visible(", ".join(about)), QUIET),
        )  # fmt: skip
        return Group(heading, self._bar(), Text(so_far(now, banner.events)), _kpis(now))

    def _bar(self) -> Table:
        now, whole = self._now, self._banner.events
        row = Table.grid(padding=(0, 1))
        share = "" if whole is None else f"{_percent(now, whole)} %"
        bar = ProgressBar(
            total=whole, completed=now.events, width=_WIDEST, pulse=whole is None, complete_style=_TONE,
            finished_style=_TONE, pulse_style=_TONE,
        )  # fmt: skip
        row.add_row(bar, share)
        return row


class QuietLines:
    """Hears of a run, and says a line now and then; nothing of a short one."""

    def __init__(self, out: Output, banner: Banner) -> None:
        self._out = out
        self._banner = banner
        self._due = _FIRST_SECONDS

    def hear(self, progress: Progress) -> None:
        """This is how far it has come."""
        if progress.seconds < self._due:
            return
        self._due = progress.seconds + max(_FIRST_SECONDS, progress.seconds / _LATER)
        whole = self._banner.events
        share = [] if whole is None else [f"{_percent(progress, whole)} %"]
        self._out.talk("  " + _joined([*share, so_far(progress, whole)]))


def so_far(now: Progress, whole: int | None) -> str:
    """How far it has come, how quick it is, and how long it will take."""
    parts = [f"{now.events:,} events" if whole is None else f"{min(now.events, whole):,} of {whole:,} events"]
    rate = now.events / now.seconds if now.seconds > 0 else 0.0
    if now.waits:
        parts.append("the store is away; it is tried again")
    elif rate:
        parts.append(f"{rate:,.0f} a second")
    if whole is not None and rate and now.seconds >= _SOON:
        left = max(whole - now.events, 0) / rate
        parts.append(f"{duration_words(left + 1)} left" if left else "reading what is in the store")
    return _joined(parts)


def _kpis(now: Progress) -> Text:
    """What can be said by now."""
    parts: list[tuple[str, str]] = []
    if now.well_formed:
        parts.append((f"normalized {share_words(now.right / now.well_formed)}", _tone(now.right == now.well_formed)))
    if now.repeats:
        parts.append((f"recognized {share_words(1 - now.unlike / now.repeats)}", _tone(not now.unlike)))
    if now.bodies:
        parts.append((f"failed {now.failed:,}", _tone(not now.failed)))
    if now.p95_ms is not None:
        parts.append((f"95 % within {now.p95_ms:,.1f} ms", ""))
    text = Text()
    for number, (words, tone) in enumerate(parts):
        text.append("  " if number else "").append(words, tone)
    return text or Text("it begins", QUIET)


def _tone(holds: bool) -> str:
    return GOOD if holds else WAIT


def _percent(now: Progress, whole: int) -> int:
    """Never 100 before it is over."""
    return min(now.events * 100 // whole, 99 if now.events < whole else 100)


def _joined(parts: list[str]) -> str:
    separator = " · " if (getattr(sys.stderr, "encoding", None) or "utf-8").lower() in {"utf-8", "utf8"} else ", "
    return separator.join(parts)
