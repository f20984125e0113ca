"""What is seen while a simulation runs: a drawing on a terminal, a line now and then in a pipe, nothing when quiet."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from rollout_cli.cli.output import Output
from rollout_cli.cli.simulation_view import Banner, QuietLines, SimulationView, so_far, watching
from rollout_cli.simulate.run import Progress, together
from rollout_cli.simulate.sketch import Sketch
from rollout_cli.simulate.telling import sparingly
from tests.support.program import Screen, rollout_here

BANNER = Banner("whatsapp-events", "phase 3 (production) at 25 %", "seed 7", 30_000)
NOW = Progress(11_400, 12_000, 5.0, well_formed=11_000, right=10_999, repeats=90, p95_ms=41.25)


@contextlib.contextmanager
def on(stream: io.StringIO) -> Iterator[Output]:
    with contextlib.redirect_stderr(stream):
        yield Output(as_json=False, color=True, quiet=False)


def drawn(progress: Progress, banner: Banner = BANNER, columns: int = 80) -> str:
    with on(Screen()) as out:
        view = SimulationView(out, banner)
        view.hear(progress)
        console = Console(file=io.StringIO(), width=columns, color_system=None)
        with console.capture() as captured:
            console.print(view.drawn())
    return captured.get()


def test_a_terminal_shows_where_how_far_how_quick_and_how_good() -> None:
    lines = drawn(NOW).splitlines()
    assert lines[0] == "phase 3 (production) at 25 %  whatsapp-events  seed 7"
    assert lines[1].endswith(" 40 %")
    assert lines[2] == "12,000 of 30,000 events · 2,400 a second · 8s left"
    assert lines[3] == "normalized 99.99 %  recognized 100.0 %  failed 0  95 % within 41.2 ms"


@pytest.mark.parametrize("columns", [20, 40, 60, 100])
def test_nothing_is_wider_than_the_terminal(columns: int) -> None:
    assert all(len(line) <= columns for line in drawn(NOW, replace(BANNER, workers=4), columns).splitlines())


def test_it_says_what_it_waits_for() -> None:
    assert "the store is away; it is tried again" in drawn(replace(NOW, waits=True))
    assert "reading what is in the store" in drawn(replace(NOW, events=30_004))
    assert "it begins" in drawn(Progress(0, 0, 0.0))


def test_of_what_nobody_knows_the_length_nothing_is_promised() -> None:
    told = drawn(NOW, replace(BANNER, events=None))
    assert "12,000 events · 2,400 a second" in told
    assert "left" not in told


def test_a_pipe_hears_nothing_of_a_short_run_and_a_line_every_few_seconds_of_a_long_one() -> None:
    stream = io.StringIO()
    with on(stream) as out:
        lines = QuietLines(out, BANNER)
        for second in range(12):
            lines.hear(replace(NOW, seconds=float(second), events=2_400 * second))
    assert stream.getvalue() == (
        "  40 % · 12,000 of 30,000 events · 2,400 a second · 8s left\n"
        "  80 % · 24,000 of 30,000 events · 2,400 a second · 3s left\n"
    )


def test_a_run_of_hours_does_not_fill_a_log() -> None:
    stream = io.StringIO()
    with on(stream) as out:
        lines = QuietLines(out, replace(BANNER, events=10**9))
        for second in range(6 * 3_600):
            lines.hear(replace(NOW, seconds=float(second), events=2_400 * second))
    assert 50 < len(stream.getvalue().splitlines()) < 150


def test_a_pipe_that_knows_no_more_than_ascii_gets_no_more() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with contextlib.redirect_stderr(stream):
        QuietLines(Output(as_json=False, color=True, quiet=False), BANNER).hear(NOW)
        stream.flush()
    assert stream.buffer.getvalue() == b"  40 %, 12,000 of 30,000 events, 2,400 a second, 8s left\n"  # type: ignore[attr-defined]


@pytest.mark.parametrize("stream", [io.StringIO, Screen])
def test_quiet_is_quiet(stream: type[io.StringIO]) -> None:
    screen = stream()
    with contextlib.redirect_stderr(screen):
        quiet = Output(as_json=False, color=True, quiet=True)
        with watching(quiet, BANNER) as tell:
            tell(NOW)
    assert screen.getvalue() == ""


def test_nothing_is_left_on_the_terminal() -> None:
    with on(Screen()) as out, watching(out, BANNER) as tell:
        tell(NOW)


PROGRESS = st.builds(
    Progress,
    bodies=st.integers(0, 10**9),
    events=st.integers(0, 10**9),
    seconds=st.floats(0, 1e6),
    waits=st.booleans(),
    well_formed=st.integers(1, 10**6),
    right=st.just(1),
    repeats=st.integers(1, 10**6),
    unlike=st.just(1),
    failed=st.integers(0, 10**6),
    p95_ms=st.none() | st.floats(0, 1e6),
)


@given(PROGRESS, st.none() | st.integers(1, 10**9))
def test_any_progress_can_be_said(progress: Progress, whole: int | None) -> None:
    assert so_far(progress, whole)


@given(st.lists(PROGRESS, min_size=1, max_size=4))
def test_workers_together_have_done_what_each_has(parts: list[Progress]) -> None:
    whole = together(parts)
    assert (whole.events, whole.failed) == (sum(each.events for each in parts), sum(each.failed for each in parts))
    assert whole.p95_ms == max((each.p95_ms for each in parts if each.p95_ms is not None), default=None)


def test_a_watcher_is_told_some_times_a_second_with_what_was_measured() -> None:
    told: list[Progress] = []
    latency = Sketch()
    latency.add(10.0)
    hear = sparingly(told.append, latency)
    for hundredth in range(100):
        hear(replace(NOW, seconds=hundredth / 100, p95_ms=None))
    assert 9 <= len(told) <= 11
    assert told[0].p95_ms == 10.0
    hear(replace(NOW, seconds=0.99, waits=True))
    assert told[-1].waits


def test_a_person_at_a_terminal_sees_it_and_a_program_does_not(tmp_path: Path) -> None:
    rollout_here("init", ".", cwd=tmp_path)
    words = ("simulate", "--phase", "3", "--events", "300", "--provider", "simulated")
    seen = rollout_here(*words, cwd=tmp_path, terminal=True)
    assert "phase 3 (production) at 100 %" in seen.err
    assert "of 300 events" in seen.err
    assert rollout_here(*words, cwd=tmp_path).err == ""
    assert rollout_here(*words, "-q", cwd=tmp_path, terminal=True).err == ""
