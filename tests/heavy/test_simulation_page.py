"""The page of a simulation in a real browser: it fits, complains of nothing, and asks nobody for anything."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rollout_cli.render.simulation_html import simulation_html
from rollout_cli.simulate.report import SimulationReport
from tests.render.test_simulation_html import hostile
from tests.support.chromium import Chromium, is_installed, running_chromium
from tests.support.simulations import all_off, failing, inconclusive, passing

pytestmark = [pytest.mark.heavy, pytest.mark.skipif(not is_installed(), reason="Chromium is not installed")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with running_chromium() as browser:
        yield browser


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("wide", [320, 400, 768, 1280])
@pytest.mark.parametrize(
    "report",
    [passing(), failing(), inconclusive(), all_off(), hostile()],
    ids=["passing", "failing", "inconclusive", "all off", "hostile"],
)
def test_it_fits_complains_of_nothing_and_asks_for_nothing(
    browser: Chromium, tmp_path: Path, report: SimulationReport, wide: int, *, dark: bool
) -> None:
    page = tmp_path / "simulation.html"
    page.write_text(simulation_html(report), encoding="utf-8")
    seen = browser.look(page, wide=wide, dark=dark)
    assert seen.complaints == []
    assert seen.requests == []
    assert seen.wide <= wide


def test_light_and_dark_are_not_the_same(browser: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "simulation.html"
    page.write_text(simulation_html(failing()), encoding="utf-8")
    assert browser.look(page, wide=1280, dark=False).picture != browser.look(page, wide=1280, dark=True).picture


def test_whoever_looks_would_see_it(browser: Chromium, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<!DOCTYPE html><html lang=en><meta name=viewport content='width=device-width'>"
        "<div style='width:900px'>wide</div><img src='http://127.0.0.1:9/x.png'><script>console.error('no')</script>"
    )
    seen = browser.look(page, wide=400, dark=False)
    assert seen.wide == 8 + 900
    assert seen.requests == ["http://127.0.0.1:9/x.png"]
    assert any("no" in each for each in seen.complaints)
