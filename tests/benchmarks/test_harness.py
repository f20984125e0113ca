"""How the benchmarks count: everybody in turn, medians, ratios within a round."""

import gc
from collections.abc import Callable, Sequence

import pytest

from benchmarks.harness import interleave, paired_ratio, undisturbed
from benchmarks.question import Question, UnequalError, question, verify


def test_everybody_runs_once_a_round_and_another_one_begins_each_time() -> None:
    order: list[str] = []

    def run(name: str) -> Callable[[int], int]:
        return lambda number: order.append(name) or number

    readings = interleave({name: run(name) for name in "abc"}, 4)
    assert "".join(order) == "abcbcacababc"
    assert readings == {name: [0, 1, 2, 3] for name in "abc"}


def test_a_slow_round_of_the_machine_does_not_change_a_ratio() -> None:
    assert paired_ratio([2.0, 20.0, 2.0], [1.0, 10.0, 1.0]) == 2.0


def test_a_ratio_is_the_median_of_those_within_the_rounds() -> None:
    assert paired_ratio([1.0, 3.0, 8.0], [1.0, 1.0, 2.0]) == 3.0
    with pytest.raises(ValueError, match="zip"):
        paired_ratio([1.0, 2.0], [1.0])


def test_the_garbage_collector_rests_while_time_is_taken_and_works_again_afterwards() -> None:
    with undisturbed():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(KeyError), undisturbed():
        raise KeyError
    assert gc.isenabled()


@pytest.mark.parametrize("listed", [0, 100, 1_000])
def test_the_lists_hold_as_many_ids_as_they_say_and_nobody_twice(listed: int) -> None:
    asked = question(listed)
    assert len(asked.ids) == 100_000
    assert len({*asked.allow, *asked.deny}) == len(asked.allow) + len(asked.deny) == 2 * listed
    assert len(list(asked.others())) == 100_000 - 2 * listed


def counting(is_on: Callable[[str], bool]) -> Callable[[Sequence[str]], int]:
    return lambda ids: sum(map(is_on, ids))


def quarter(asked: Question, key: str) -> bool:
    return key in asked.allow or (key not in asked.deny and int(key[-6:]) // 50 % 4 == 0)


def test_whoever_honours_the_lists_and_the_percent_may_be_measured() -> None:
    asked = question(100)
    verify("sound", counting(lambda key: quarter(asked, key)), asked)


@pytest.mark.parametrize(
    ("is_on", "because"),
    [
        (lambda _asked, _key: False, "0 of 100 allowed"),
        (lambda _asked, _key: True, "100 denied ids are on"),
        (lambda asked, key: key in asked.allow, "0.0 % of the others are on, not 25 %"),
        (lambda asked, key: key not in asked.deny, "100.0 % of the others"),
    ],
)
def test_whoever_was_set_up_wrongly_is_not_measured(is_on: Callable[[Question, str], bool], because: str) -> None:
    asked = question(100)
    with pytest.raises(UnequalError, match=because):
        verify("unconfigured", counting(lambda key: is_on(asked, key)), asked)
