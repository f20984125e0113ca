"""Positions: their order, what makes two the same, and how they are written."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.flags.percent import Percent
from rollout_cli.plan.position import Position, position_document, position_from_document, position_text
from tests.support.examples import examples

any_position = st.builds(
    Position, st.integers(0, 9), st.sampled_from(["beta", "production"]),
    st.one_of(st.none(), st.integers(0, 100_000).map(Percent)),
)  # fmt: skip


def test_positions_are_ordered_as_a_rollout_goes() -> None:
    way = [
        Position(0, "a"),
        Position(1, "b"),
        Position(2, "c"),
        *(Position(3, "d", Percent(p)) for p in (0, 1, 100_000)),
    ]
    assert sorted({*way}) == way
    assert all(lower < higher and not higher < lower for lower, higher in pairwise(way))


def test_a_phase_without_a_ramp_stands_before_the_steps_that_it_is_given_later() -> None:
    assert Position(3, "production") < Position(3, "production", Percent(0))


def test_a_phases_name_is_only_its_label() -> None:
    assert Position(2, "beta") == Position(2, "friends")
    assert hash(Position(2, "beta")) == hash(Position(2, "friends"))
    assert Position(2, "beta") != Position(2, "beta", Percent(5_000))
    assert Position(2, "beta") != "2"


@given(any_position, any_position, any_position)
@settings(max_examples=examples(100), deadline=None)
def test_the_order_is_total(one: Position, two: Position, three: Position) -> None:
    assert (one < two) + (one == two) + (one > two) == 1
    assert not (one <= two <= three) or one <= three


@given(st.one_of(st.none(), any_position))
@settings(max_examples=examples(100), deadline=None)
def test_a_position_comes_back_from_its_document(position: Position | None) -> None:
    back = position_from_document(position_document(position))
    assert back == position
    assert position is None or (back is not None and back.name == position.name)


@pytest.mark.parametrize(
    ("position", "text", "short"),
    [
        (Position(2, "beta"), "phase 2 (beta)", "2"),
        (Position(3, "production", Percent(25_000)), "phase 3 (production) at 25 %", "3@25"),
        (Position(3, "production", Percent(12_500)), "phase 3 (production) at 12.5 %", "3@12.5"),
    ],
)
def test_a_position_is_said_in_words(position: Position, text: str, short: str) -> None:
    assert (position_text(position), str(position)) == (text, short)


def test_no_position_is_off() -> None:
    assert position_text(None) == "off"
    assert position_document(None) is None
