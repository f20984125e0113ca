"""A simulation as Markdown: the verdict first, what is long is folded, and no foreign text dresses it up."""

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from rollout_cli.render.simulation_markdown import simulation_markdown
from rollout_cli.simulate.report import ShopperWay, SimulationReport
from tests.support.simulations import all_off, failing, inconclusive, passing

READ = MarkdownIt("gfm-like", {"linkify": False})
HOSTILE = "<script>|`x`| [a](http://example.test) @somebody #1\n## no"


def test_the_verdict_stands_at_the_top() -> None:
    lines = simulation_markdown(failing()).splitlines()
    assert lines[0] == "## whatsapp-events: simulated at phase 2 (beta)"
    assert lines[2].startswith("**❌ FAIL: The new path does not do what it has to.** 3 of 9 KPIs do not hold: ")
    assert lines[4] == (
        "**Faults were planted on purpose: the store is away for 1.5 s, one event of 500 under another id.**"
    )


def test_kpis_are_a_table_of_their_own() -> None:
    row = "| ❌ FAIL | No event is stored twice (duplicates\\_stored) | 12 | at most 0 | 12 of 24,410 rows have a key"
    assert row in simulation_markdown(failing())


@pytest.mark.parametrize("report", [passing(), failing(), inconclusive(), all_off()])
def test_what_is_folded_is_closed_again(report: SimulationReport) -> None:
    text = simulation_markdown(report)
    assert text.count("<details>") == text.count("</details>") > 0
    assert len(text.encode()) < 60_000


def test_text_of_somebody_else_is_no_markup() -> None:
    report = failing()
    text = simulation_markdown(
        replace(
            report,
            setting=replace(report.setting, rollout=HOSTILE, position=HOSTILE, legacy=HOSTILE, injected=(HOSTILE,)),
            shoppers=(ShopperWay(HOSTILE, "live", HOSTILE, 3),),
            kpis=tuple(replace(each, sum=HOSTILE) for each in report.kpis),
            divergences=tuple(replace(each, path=HOSTILE, legacy=HOSTILE) for each in report.divergences),
            refusals={HOSTILE: 3},
        )
    )
    page = READ.render(text)
    assert "<script" not in page
    assert "<a " not in page
    assert page.count("<h2>") == 1


def test_a_command_with_backticks_stays_in_its_fence() -> None:
    report = passing()
    command = "rollout simulate --profile '```\n# no\n````.yaml'"
    page = READ.render(simulation_markdown(replace(report, setting=replace(report.setting, command=command))))
    assert "<h1>" not in page


def test_many_shoppers_are_cut_with_how_many_more_there_are() -> None:
    shoppers = tuple(ShopperWay(f"shopper_{number}", "live", "GLOBAL", 1) for number in range(500))
    assert "and 480 more" in simulation_markdown(replace(passing(), shoppers=shoppers))
