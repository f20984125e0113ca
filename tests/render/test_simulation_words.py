"""How a simulation is said to who was not there."""

from dataclasses import replace

import pytest

from rollout_cli.checks.verdict import Verdict
from rollout_cli.render.simulation_words import because, bound_sentence, facts, remarks, used_up, used_words, whose
from tests.support.simulations import failing, finding, inconclusive, passing


@pytest.mark.parametrize(
    ("name", "value", "used", "words"),
    [
        ("normalized_rate", 0.995, 0.5, "50 % used up"),
        ("normalized_rate", 1.0, 0.0, "nothing used up"),
        ("normalized_rate", 0.98, 2.0, "more than is allowed"),
        ("latency_p95_ms", 50.0, 0.25, "25 % used up"),
        ("latency_p95_ms", 0.2, 0.001, "less than 1 % used up"),
        ("latency_p95_ms", 200.0, 1.0, "100 % used up"),
        ("latency_p95_ms", 200.4, 1.002, "more than is allowed"),
        ("duplicates_stored", 0, 0.0, "nothing used up"),
        ("duplicates_stored", 1, 2.0, "more than is allowed"),
        ("idempotency", 0.999, 2.0, "more than is allowed"),
        ("idempotency", None, None, "no data"),
        ("divergences", 14, None, "no bound"),
    ],
)
def test_an_allowance_is_used_up_from_nothing_to_all(
    name: str, value: float | None, used: float | None, words: str
) -> None:
    kpi = finding(name, value, "")
    assert used_up(kpi) == (None if used is None else pytest.approx(used))
    assert used_words(kpi) == words


def test_bounds_are_said_in_words() -> None:
    assert bound_sentence(finding("normalized_rate", 1.0, "")) == "at least 99 %"
    assert bound_sentence(finding("latency_p95_ms", 1.0, "")) == "at most 200 ms"
    assert bound_sentence(finding("divergences", 1, "")) == "not judged"


def test_who_went_which_way_is_said_in_the_same_breath() -> None:
    assert whose(passing()) == (
        "24,007 events of 12 shoppers came: 2 of them live on the new path, 1 of them in shadow, 9 of them off."
    )
    alike = tuple(replace(each, path="shadow") for each in passing().shoppers)
    assert whose(replace(passing(), shoppers=alike)).endswith("came: all of them in shadow.")


def test_what_does_not_hold_is_named() -> None:
    assert because(failing()).startswith("3 of 9 KPIs do not hold: “What comes again is recognized”, “No event is ")
    assert because(inconclusive()).startswith("1 of 9 KPIs cannot be judged: “What comes again is recognized”.")


def test_what_has_to_be_known_to_read_the_verdict_is_said() -> None:
    assert remarks(passing()) == ()
    assert remarks(inconclusive()) == ()
    assert remarks(failing())[0].startswith("Faults were planted on purpose: the store is away for 1.5 s, ")


def test_a_kpi_that_other_programs_held_up_is_to_be_judged_another_time() -> None:
    held_up = replace(finding("latency_p95_ms", 260.0, "40 deliveries"), verdict=Verdict.INCONCLUSIVE, without_waits=30)
    report = replace(passing(), kpis=(held_up,))
    told = "Other programs had the processor for so long that latency_p95_ms cannot be judged: run it again when less"
    assert remarks(report) == (f"{told} runs on this machine.",)
    several = replace(report, setting=replace(report.setting, workers=4))
    assert remarks(several) == (f"{told} runs on this machine, or with fewer workers.",)


def test_a_recording_has_a_source_and_no_seed() -> None:
    report = replace(passing(), seed=None, setting=replace(passing().setting, source="recorded.ndjson", seed=None))
    assert ("Traffic", "recorded.ndjson") in facts(report)


def test_what_was_not_compared_and_where_the_legacy_path_failed_is_said() -> None:
    silent = finding("divergences", None, "nothing was compared in 40 deliveries: 0 of 38 legacy answers say what came")
    failed = finding("legacy_error_rate", 0.1, "it raised at 4 of 40 sound bodies: KeyError 4")
    told = remarks(replace(passing(), kpis=(silent, failed)))
    assert told[0].startswith("Legacy and new path were not held against each other: nothing was compared in 40 ")
    assert told[1] == "The legacy path failed: it raised at 4 of 40 sound bodies: KeyError 4."
    assert remarks(replace(passing(), kpis=(finding("legacy_error_rate", 0.0, "it raised at 0"),))) == ()
