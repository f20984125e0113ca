"""An inquiry: checks side by side, each within its limit, all within theirs; what needs others waits for them."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.checks.questions import Number
from rollout_cli.checks.verdict import Cause, CheckResult, Verdict, combined
from rollout_cli.control.inquiry import NOBODY, Asked, Limits, Observer, inquire
from rollout_cli.plan.models import Reactions
from tests.control.asking import SILENT, Breaks, Diary, MustAnswer, VirtualWorld, asks

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
ON = Reactions(fail="rollback", inconclusive="hold", error="warn")
BAD = {"bad": Number(1), "away": SILENT}


def limits(check: float = 10, total: float = 60, parallel: int = 8) -> Limits:
    return Limits(timedelta(seconds=check), timedelta(seconds=total), parallel)


USUAL = limits()


def inquiry(
    world: VirtualWorld, *asked: Asked, within: Limits = USUAL, observer: Observer = NOBODY
) -> dict[str, CheckResult]:
    """The results by id, in the order in which they come."""
    results = inquire(asked, world, within, observer)
    assert [each.id for each in results] == [each.check.entry.id for each in asked]
    assert not world.under_way
    return {each.id: each for each in results}


def test_results_come_in_the_order_of_the_checks_whoever_answers_first() -> None:
    world = VirtualWorld(takes={"a": 3, "b": 1, "c": 2})
    assert list(inquiry(world, asks("x", "a"), asks("y", "b"), asks("z", "c"))) == ["x", "y", "z"]
    assert world.now == 3


@pytest.mark.parametrize(("parallel", "seconds"), [(1, 6), (2, 3), (3, 2), (6, 1), (64, 1)])
def test_as_many_questions_are_asked_side_by_side_as_is_allowed(parallel: int, seconds: float) -> None:
    names = "abcdef"
    world = VirtualWorld(takes=dict.fromkeys(names, 1.0))
    inquiry(world, *(asks(name, name) for name in names), within=limits(parallel=parallel))
    assert (world.now, world.most_under_way) == (seconds, min(parallel, 6))


def test_a_check_that_asks_nothing_is_answered_at_once() -> None:
    world = VirtualWorld()
    assert inquiry(world, asks("x"))["x"].verdict is PASS
    assert world.started == []


def test_nothing_asked_is_nothing_answered() -> None:
    assert inquire((), VirtualWorld(), limits()) == []


def test_a_check_is_asked_once_what_it_needs_has_passed() -> None:
    world = VirtualWorld(takes={"a": 2, "b": 1})
    results = inquiry(world, asks("last", "b", needs=["first", "files"]), asks("first", "a"), asks("files"))
    assert [each.verdict for each in results.values()] == [PASS] * 3
    assert world.started == [(0, "a"), (2, "b")]


@pytest.mark.parametrize("question", BAD)
def test_a_check_is_not_asked_when_what_it_needs_has_not_passed(question: str) -> None:
    world = VirtualWorld(answers=BAD)
    results = inquiry(world, asks("z", "a", needs=["y"]), asks("y", "b", needs=["x"]), asks("x", question))
    assert world.started == [(0, question)]
    assert [(results[name].outcome.cause, str(results[name].outcome.message)) for name in "zy"] == [
        (Cause.NEEDS, "not asked: y did not pass"),
        (Cause.NEEDS, "not asked: x did not pass"),
    ]


def test_one_need_that_has_not_passed_is_enough_and_the_others_are_not_waited_for() -> None:
    world = VirtualWorld(answers=BAD, takes={"slow": 9})
    diary = Diary()
    inquiry(world, asks("z", "a", needs=["slow", "x"]), asks("slow", "slow"), asks("x", "bad"), observer=diary)
    assert [name for what, name in diary.lines if what == "answered"] == ["x", "z", "slow"]


def test_checks_that_need_each_other_themselves_or_nobody_are_given_up() -> None:
    results = inquiry(
        VirtualWorld(),
        asks("a", "q", needs=["b"]),
        asks("b", "q", needs=["a"]),
        asks("self", "q", needs=["self"]),
        asks("lost", "q", needs=["fine", "nowhere"]),
        asks("fine", "q"),
    )
    assert {name: each.outcome.cause for name, each in results.items()} == {
        "a": Cause.NEEDS, "b": Cause.NEEDS, "self": Cause.NEEDS, "lost": Cause.NEEDS, "fine": None,
    }  # fmt: skip
    assert str(results["a"].outcome.message) == "not asked: it needs b, which will never be answered"


def test_a_need_is_a_check_of_the_same_list() -> None:
    world = VirtualWorld(answers=BAD)
    asked = (
        asks("x", "bad", section="alerts"),
        asks("y", "a", section="alerts", needs=["x"]),
        asks("x", "good"),
        asks("y", "b", needs=["x"]),
    )
    assert [each.verdict for each in inquire(asked, world, limits())] == [FAIL, OPEN, PASS, PASS]


def test_a_check_has_its_limit_for_all_of_its_questions_together() -> None:
    world = VirtualWorld(takes=dict.fromkeys("abc", 4.0))
    found = inquiry(world, asks("x", "a", "b", "c"), within=limits(parallel=1))["x"]
    assert (found.outcome.cause, world.now) == (Cause.TIMEOUT, 10)
    assert world.started == [(0, "a"), (4, "b"), (8, "c")]


def test_a_question_whose_turn_comes_too_late_is_not_asked() -> None:
    world = VirtualWorld(takes={"a": 10})
    found = inquiry(world, asks("x", "a", "b"), within=limits(parallel=1))["x"]
    assert (found.outcome.cause, world.started) == (Cause.TIMEOUT, [(0, "a")])
    assert str(found.outcome.message) == "no answer within 10s"


def test_a_check_may_say_its_own_limit() -> None:
    world = VirtualWorld(takes={"a": 25, "b": 25})
    results = inquiry(world, asks("patient", "a", timeout="30s"), asks("hasty", "b", timeout="2s"))
    assert [each.verdict for each in results.values()] == [PASS, OPEN]
    assert str(results["hasty"].outcome.message) == "no answer within 2s"


def test_waiting_for_its_turn_takes_nothing_from_a_check() -> None:
    world = VirtualWorld(takes=dict.fromkeys("abc", 9.0))
    results = inquiry(world, *(asks(name, name) for name in "abc"), within=limits(parallel=1))
    assert {each.verdict for each in results.values()} == {PASS}


def test_the_limit_for_all_ends_everything_and_says_so() -> None:
    world = VirtualWorld(takes=dict.fromkeys("abcd", 9.0))
    results = inquiry(world, *(asks(name, name) for name in "abcd"), asks("e"), within=limits(total=20, parallel=1))
    assert world.now == 20
    assert [each.verdict for each in results.values()] == [PASS, PASS, OPEN, OPEN, PASS]
    for name in "cd":
        assert results[name].outcome.cause is Cause.TIMEOUT
        assert str(results[name].outcome.message) == "the limit of 20s for all checks was over"
        assert str(results[name].outcome.hint) == "see which checks are slow, or raise `limits.total` in sources.yaml"


def test_what_others_left_no_time_for_never_fails_even_where_silence_would() -> None:
    world = VirtualWorld(takes=dict.fromkeys("abc", 50.0))
    kinds = {name: MustAnswer((name,)) for name in "abc"}
    results = inquiry(
        world, *(asks(name, kind=kind) for name, kind in kinds.items()), within=limits(total=15, parallel=1)
    )
    assert [each.verdict for each in results.values()] == [FAIL, OPEN, OPEN]


def test_what_needs_a_check_that_ran_out_of_time_says_that_one_and_not_that_it_never_can() -> None:
    world = VirtualWorld(takes={"a": 50})
    results = inquiry(
        world, asks("a", "a"), asks("b", "b"), asks("c", "c", needs=["b"]), within=limits(check=60, total=5, parallel=1)
    )
    assert str(results["c"].outcome.message) == "not asked: b did not pass"


@pytest.mark.parametrize("where", ["questions", "judge"])
def test_a_kind_that_breaks_leaves_the_others_their_answers(where: str) -> None:
    results = inquiry(VirtualWorld(), asks("broken", kind=Breaks(where)), asks("fine", "a"))
    assert [each.verdict for each in results.values()] == [OPEN, PASS]
    outcome = results["broken"].outcome
    assert outcome.cause is Cause.BROKEN
    assert str(outcome.message) == "the check broke: RuntimeError"


@pytest.mark.parametrize(
    ("question", "keys", "reaction", "counts"),
    [
        ("good", {"on": ON}, None, True),
        ("bad", {"on": ON}, "rollback", True),
        ("away", {"on": ON}, "warn", False),
        ("bad", {}, None, True),
        ("bad", {"optional": True}, None, True),
        ("away", {"optional": True}, None, False),
        ("bad", {"dry_run": True, "on": ON}, "rollback", False),
        ("bad", {"on": ON.model_copy(update={"fail": "warn"})}, "warn", False),
    ],
)
def test_a_result_has_what_its_file_says_about_it(
    question: str, keys: dict[str, object], reaction: str | None, counts: bool
) -> None:
    found = inquiry(VirtualWorld(answers=BAD), asks("x", question, **keys))["x"]
    assert (found.reaction, found.counts) == (reaction, counts)
    assert (combined([found]) is PASS) == (not counts or found.verdict is PASS)


def test_a_check_that_one_of_its_needs_has_ended_is_not_asked_when_the_others_pass() -> None:
    diary = Diary()
    asked = [asks("x", "bad"), asks("y", "a"), asks("z", "b", needs=["x", "y"]), asks("w", "c")]
    results = inquiry(VirtualWorld(answers=BAD, takes={"a": 3, "c": 9}), *asked, observer=diary)
    assert results["z"].outcome.cause is Cause.NEEDS
    assert ("asking", "z") not in diary.lines


def test_what_was_not_asked_for_want_of_another_is_no_error() -> None:
    results = inquiry(VirtualWorld(answers=BAD), asks("x", "bad"), asks("y", "a", needs=["x"], on=ON))
    assert results["y"].reaction == "hold"


questions = st.sampled_from(["a", "b", "c", "d", "bad", "away"])
checks = st.lists(
    st.tuples(
        st.lists(questions, max_size=3, unique=True),
        st.sampled_from([None, "1s", "7s", "1m"]),
        st.lists(st.integers(min_value=0, max_value=8), max_size=2, unique=True),
    ),
    max_size=8,
)
latencies = st.dictionaries(questions, st.floats(min_value=0, max_value=100))


def random_asked(declared: list[tuple[list[str], str | None, list[int]]]) -> list[Asked]:
    return [
        asks(f"c{index}", *names, timeout=timeout, needs=[f"c{need}" for need in needs])
        for index, (names, timeout, needs) in enumerate(declared)
    ]


@given(checks, latencies, st.integers(min_value=1, max_value=4), st.integers(min_value=1, max_value=40))
def test_whatever_is_asked_it_is_over_within_the_limit_and_everything_is_told_once(
    declared: list[tuple[list[str], str | None, list[int]]], takes: dict[str, float], parallel: int, total: int
) -> None:
    world, diary = VirtualWorld(answers=BAD, takes=takes), Diary()
    asked = random_asked(declared)
    results = inquiry(world, *asked, within=limits(total=total, parallel=parallel), observer=diary)
    assert world.now <= total + 1e-9
    assert world.most_under_way <= parallel
    told = Counter(diary.lines)
    assert set(told.values()) == {1}
    assert diary.lines[0] == ("begun", " ".join(results))
    assert {name for what, name in told if what == "answered"} == set(results)
    begun = {name for what, name in told if what == "asking"}
    assert all(diary.lines.index(("asking", name)) < diary.lines.index(("answered", name)) for name in begun)
    silent = {name for name, each in results.items() if name not in begun and each.verdict is not PASS}
    assert all(results[name].outcome.cause in {Cause.NEEDS, Cause.TIMEOUT} for name in silent)


@given(checks, latencies, st.integers(min_value=1, max_value=4), st.integers(min_value=1, max_value=40))
def test_only_answers_pass_and_only_answers_fail(
    declared: list[tuple[list[str], str | None, list[int]]], takes: dict[str, float], parallel: int, total: int
) -> None:
    world = VirtualWorld(answers=BAD, takes=takes)
    results = inquiry(world, *random_asked(declared), within=limits(total=total, parallel=parallel))
    for index, (names, _, needs) in enumerate(declared):
        found = results[f"c{index}"]
        if found.verdict is not OPEN:
            assert set(found.outcome.evidence) == set(names)
            assert all(results[f"c{need}"].verdict is PASS for need in needs)
        if found.verdict is PASS:
            assert not set(names) & set(BAD)
        if found.verdict is FAIL:
            assert "bad" in names


def test_a_chain_of_a_thousand_needs_is_asked_link_by_link_and_breaks_as_one() -> None:
    chain = [asks(f"c{at}", needs=[f"c{at + 1}"]) for at in range(1_000)]
    assert {each.verdict for each in inquiry(VirtualWorld(), *chain, asks("c1000")).values()} == {PASS}
    broken = inquiry(VirtualWorld(answers=BAD), *chain, asks("c1000", "bad"))
    assert broken.pop("c1000").verdict is FAIL
    assert {each.outcome.cause for each in broken.values()} == {Cause.NEEDS}


def test_an_answer_that_comes_when_the_time_for_all_is_over_is_not_weighed() -> None:
    world = VirtualWorld(takes={"slow": 3.0, "late": 9.0})
    results = inquiry(world, asks("x", "slow"), asks("y", "late"), within=limits(check=60, total=5))
    assert (results["x"].verdict, results["y"].outcome.cause) == (PASS, Cause.TIMEOUT)
    assert world.now == 5
