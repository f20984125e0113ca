"""What is said of a legacy path that answers nothing, or nothing that could be compared."""

from rollout_cli.checks.verdict import Verdict
from rollout_cli.flags.model import Snapshot
from rollout_cli.simulate.kpis import Finding, findings, overall
from rollout_cli.simulate.replay import Piece, Replay, Whose, line_of
from rollout_cli.simulate.traffic.cast import lanes, shopper_ids
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.simulation.running import STRAIGHT, Course, Order, quiet_log, simulate
from tests.support.planted import COMPARED, IN_SHADOW, PATIENT, PROFILE, SAFE, TRUE

HERE = "tests.support.true_legacy"
EVENTS = 300
LATE = {name: PATIENT[name] for name in ("latency_p95_ms", "added_latency_p95_ms")}


def found(
    legacy: str, facts: str | None = None, snapshot: Snapshot = COMPARED, course: Course = STRAIGHT, **bounds: float
) -> dict[str, Finding]:
    """What a small run says, by KPI."""
    order = Order(snapshot, PROFILE, 5, EVENTS, shopper_ids(6), legacy=legacy, legacy_facts=facts, signals=False)
    with quiet_log():
        return {each.id: each for each in findings(simulate(order, course=course), {**LATE, **bounds})}


def verdict(told: dict[str, Finding]) -> Verdict:
    return overall(tuple(told.values()))


def test_where_no_answer_says_what_came_nothing_is_a_match() -> None:
    told = found(TRUE, f"{HERE}:talks_of_nothing", divergences=0)
    assert told["divergences"].value is None
    assert " 0 of " in told["divergences"].sum
    assert verdict(told) is Verdict.INCONCLUSIVE


def test_an_answer_of_another_form_than_the_bundled_one_is_not_compared_without_an_extractor() -> None:
    told = found(TRUE)
    assert told["divergences"].value is None
    assert verdict(told) is Verdict.PASS  # where nobody set a bound, it is told and not judged


def test_of_how_many_answers_it_was_known_what_they_say_is_told() -> None:
    told = found(TRUE, f"{HERE}:facts", divergences=0)
    assert told["divergences"].value == 0
    assert told["divergences"].sum.endswith(" legacy answers say what came")
    known, whole = told["divergences"].sum.rpartition("; ")[2].split()[0:3:2]
    assert known == whole
    assert verdict(told) is Verdict.PASS


def test_a_legacy_path_that_fails_for_every_body_says_nothing_of_its_answers() -> None:
    for snapshot in (IN_SHADOW, COMPARED, SAFE):
        told = found(f"{HERE}:fails", snapshot=snapshot)
        assert told["legacy_changed"].verdict is Verdict.INCONCLUSIVE
        assert verdict(told) is Verdict.INCONCLUSIVE
        assert told["legacy_error_rate"].value == 1.0
        assert ": ConnectionRefusedError " in told["legacy_error_rate"].sum


def test_one_that_fails_for_some_is_told_and_on_request_judged() -> None:
    told = found(f"{HERE}:fails_at_statuses", f"{HERE}:facts", IN_SHADOW)
    assert 0.1 < (told["legacy_error_rate"].value or 0) < 0.9
    assert (told["legacy_error_rate"].verdict, verdict(told)) == (None, Verdict.PASS)
    judged = found(f"{HERE}:fails_at_statuses", f"{HERE}:facts", IN_SHADOW, legacy_error_rate=0.05)
    assert {each.id for each in judged.values() if each.verdict is Verdict.FAIL} == {"legacy_error_rate"}


def test_what_it_raises_where_the_new_path_does_not_is_a_divergence_as_well() -> None:
    told = found(f"{HERE}:fails_at_statuses", f"{HERE}:facts")
    failed = int(told["legacy_error_rate"].sum.split()[3])
    assert told["divergences"].value == failed > 20


def test_of_a_recording_the_new_path_says_which_bodies_are_sound() -> None:
    flow = traffic(lanes(PROFILE, 5, EVENTS, shopper_ids(6)), PROFILE, 5)
    pieces = [Piece(f"{at}", line_of(each)) for at, each in enumerate(flow)]
    told = found(TRUE, f"{HERE}:facts", course=Course(Replay(pieces, Whose(), lambda *_: None)))
    assert told["legacy_error_rate"].value == 0
    broken = Course(Replay(pieces, Whose(), lambda *_: None))
    assert found(f"{HERE}:fails", course=broken)["legacy_error_rate"].value == 1.0
