"""Durations as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.plan.duration import duration_from_text, duration_text


@pytest.mark.parametrize(
    ("text", "seconds"), [("48h", 172_800), ("7d", 604_800), ("15m", 900), ("90s", 90), ("1h30m", 5_400), ("0s", 0)]
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert duration_from_text(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "48", "h", "-1h", "1.5h", "1 h", "1w", "1H", "1h\n", "٤h", "1h 30m", "1234567s", "3651d", "999999d" * 999],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a duration is"):
        duration_from_text(text)


@given(st.integers(0, 3_650 * 86_400))
def test_a_duration_that_is_written_is_read_back(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert duration_from_text(duration_text(duration)) == duration


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (129_600, "1d12h"), (86_400, "1d"), (61.9, "1m1s")])
def test_a_duration_is_written_as_shortly_as_it_goes(seconds: float, text: str) -> None:
    assert duration_text(timedelta(seconds=seconds)) == text
