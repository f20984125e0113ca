"""The page of a simulation: readable by anybody, self-contained, and whatever text it shows stays text."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.render.simulation_html import simulation_html
from rollout_cli.render.simulation_style import DARK, LIGHT
from rollout_cli.simulate.report import ShopperWay, SimulationReport
from tests.support.examples import examples
from tests.support.simulations import all_off, failing, inconclusive, passing

ALL = [passing(), failing(), inconclusive(), all_off()]
VOID = {"meta", "br"}
HOSTILE = '<script>alert("x")</script><img src=x onerror=y>\'"&\u202e'


class Reader(HTMLParser):
    """Reads a page, and holds every element that is opened against the one that is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID and tag not in {"rect", "line"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def hostile() -> SimulationReport:
    report = failing()
    return replace(
        report,
        setting=replace(report.setting, rollout=HOSTILE, position=HOSTILE, legacy=HOSTILE, command=HOSTILE,
                        injected=(HOSTILE,), store=HOSTILE),
        shoppers=(ShopperWay(HOSTILE, "live", HOSTILE, 3),),
        divergences=tuple(replace(each, path=HOSTILE, legacy=HOSTILE, candidate=HOSTILE, providers=[HOSTILE])
                          for each in report.divergences),
        wrong=tuple(replace(each, event_type=HOSTILE, provider=HOSTILE) for each in report.wrong),
        refusals={HOSTILE: 1},
        kpis=tuple(replace(each, sum=HOSTILE) for each in report.kpis),
    )  # fmt: skip


@pytest.mark.parametrize("report", ALL)
def test_the_page_is_well_formed_says_its_language_and_loads_nothing(report: SimulationReport) -> None:
    page = Reader(simulation_html(report))
    names = {tag for tag, _ in page.tags}
    assert page.of("html") == [{"lang": "en"}]
    assert {"content": "default-src 'none'; style-src 'unsafe-inline'", "http-equiv": "Content-Security-Policy"} in (
        page.of("meta")
    )
    assert not names & {"script", "link", "img", "iframe", "object", "a", "form"}
    assert not any("src" in attributes or "href" in attributes for _, attributes in page.tags)
    assert not re.search(r"url\(|@import|https?:", simulation_html(report))


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (passing(), "✓ PASS: The new path does what it has to. All 9 KPIs hold."),
        (failing(), "✗ FAIL: The new path does not do what it has to. 3 of 9 KPIs do not hold: “What comes again is"),
        (
            inconclusive(),
            "? INCONCLUSIVE: It cannot be said whether the new path does what it has to. 1 of 9 KPIs cannot",
        ),
        (all_off(), "the new path is off for everybody."),
    ],
)
def test_the_verdict_comes_first_and_in_words(report: SimulationReport, words: str) -> None:
    text = Reader(simulation_html(report)).text.replace(" .", ".").replace("PASS: ", "PASS: ")
    before = text.partition("What was simulated")[0]
    assert " ".join(words.split()) in " ".join(before.split())


def test_what_a_reader_asks_is_on_it() -> None:
    text = Reader(simulation_html(failing())).text
    for words in (
        "24,007, of them 23,480 different", "12 with another key of 480 events", "more than is allowed",
        "Half of the deliveries took at most 17 ms, 95 % at most 42 ms", "evolution", "NOT_ALLOWLISTED",
        "text of 0 characters", "not_utf8", "Faults were planted on purpose: the store is away for 1.5 s",
        "rollout simulate --phase 2 --events 24000 --shoppers 12 --seed 7", "whatsapp.message.inbound",
    ):  # fmt: skip
        assert words in text


def test_tables_and_drawings_say_what_they_are_to_who_cannot_see_them() -> None:
    page = Reader(simulation_html(failing()))
    assert len(page.of("caption")) == len(page.of("table"))
    assert all(each.get("scope") for each in page.of("th"))
    assert all(each.get("aria-label") for each in page.of("svg"))
    assert all(each.get("aria-label") for _, each in page.tags if each.get("role") == "img")
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}


def test_text_of_somebody_else_stays_text() -> None:
    written = simulation_html(hostile())
    page = Reader(written)
    assert not {tag for tag, _ in page.tags} & {"script", "img"}
    assert not any("onerror" in attributes for _, attributes in page.tags)
    assert '<script>alert("x")</script>' in page.text
    assert "\u202e" not in written


@settings(max_examples=examples(30))
@given(st.text(max_size=30))
def test_no_name_of_a_shopper_breaks_the_page(name: str) -> None:
    report = passing()
    page = simulation_html(replace(report, shoppers=(ShopperWay(name, "live", name, 1),)))
    assert [tag for tag, _ in Reader(page).tags].count("details") == 1


@settings(max_examples=examples(30))
@given(st.lists(st.tuples(st.floats(0, 1e9), st.none() | st.floats(0, 1e9)), max_size=60))
def test_a_timeline_of_any_numbers_can_be_drawn(values: list[tuple[float, float | None]]) -> None:
    moments = tuple(
        replace(passing().timeline[0], at_seconds=place + 1.0, events_per_s=rate, slowest_ms=slowest)
        for place, (rate, slowest) in enumerate(values)
    )
    page = Reader(simulation_html(replace(passing(), timeline=moments)))
    assert len(page.of("svg")) <= 2


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_can_be_told_from_its_background(colours: dict[str, str]) -> None:
    for paper in ("paper", "card", "hollow"):
        assert contrast(colours["ink"], colours[paper]) >= 4.5
    for paper in ("paper", "card"):
        assert contrast(colours["soft"], colours[paper]) >= 4.5
    assert contrast(colours["soft"], colours["hollow"]) >= 4.5
    for tone in ("pass", "fail", "open"):
        assert contrast(colours[tone], colours[f"{tone}-tint"]) >= 4.5
        assert contrast(colours["ink"], colours[f"{tone}-tint"]) >= 4.5
    assert contrast(colours["fail"], colours["card"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """By WCAG 2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
