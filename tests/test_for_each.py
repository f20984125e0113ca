"""Many cases as one test are held to as much as many tests are."""

import pytest

from tests.support.for_each import for_each

tried: list[tuple[int, int]] = []


@pytest.mark.parametrize("more", [0, 1])
@for_each("number", range(3))
def test_every_case_is_tried_with_what_else_the_test_is_given(number: int, more: int) -> None:
    tried.append((number, more))
    if number == 2:
        assert tried[-3:] == [(0, more), (1, more), (2, more)]


def test_all_cases_that_fail_are_told_by_name_and_one_that_skips_itself_is_passed_over() -> None:
    @for_each("name, number", [("low", 1), ("high", 7), ("none", None), ("higher", 8)], ids=lambda case: case[0])
    def small(name: str, number: int | None) -> None:
        if number is None:
            pytest.skip("nothing to say")
        if name == "higher":
            with pytest.raises(ValueError, match="never"):
                int(number)
        assert number < 5

    with pytest.raises(BaseExceptionGroup, match="2 of 4 cases: high, higher") as caught:
        small()
    assert [each.__notes__ for each in caught.value.exceptions] == [["the case: high"], ["the case: higher"]]


def test_where_there_are_no_cases_a_test_is_skipped_and_not_passed() -> None:
    with pytest.raises(pytest.skip.Exception, match="no cases"):
        for_each("case", [])(lambda case: None)()
