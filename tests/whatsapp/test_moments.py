"""When something happened: every way in which a time is written, and what is said of one that cannot be."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.whatsapp.moments import TIME_ABSURD, TIME_MISSING, milliseconds, minute, moment, parse

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECONDS = 1_760_000_000
AT = datetime.fromtimestamp(SECONDS, UTC)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["low", "high", "x"]), inner),
)


@pytest.mark.parametrize(
    "written",
    [
        SECONDS,
        str(SECONDS),
        float(SECONDS),
        SECONDS + 0.9,
        f"{SECONDS}",
        f"+{SECONDS}",
        SECONDS * 1000,
        str(SECONDS * 1000 + 999),
        SECONDS * 1_000_000,
        {"low": SECONDS, "high": 0, "unsigned": True},
        {"low": (SECONDS * 1000) % 2**32, "high": SECONDS * 1000 // 2**32, "unsigned": False},
        {"low": (SECONDS * 1000) % 2**32 - 2**32, "high": SECONDS * 1000 // 2**32, "unsigned": False},
        "2025-10-09T08:53:20Z",
        "2025-10-09T08:53:20.000+00:00",
        "2025-10-09T05:53:20-03:00",
    ],
)
def test_one_time_is_the_same_however_it_is_written(written: Any) -> None:
    assert moment(written, NOW) == (AT, ())


@given(st.integers(1_230_768_000, 1_790_000_000), st.integers(-23 * 60, 23 * 60))
def test_a_time_with_an_offset_is_told_in_utc(seconds: int, minutes: int) -> None:
    at = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes)))
    told = parse(at.isoformat())
    assert told == at
    assert told is not None
    assert told.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "written",
    [
        None, "", "soon", "2025-10-09T08:53:20", "2025-10-09", True, False, 0, -1, "-5", "0", [SECONDS], {},
        {"low": SECONDS}, {"low": str(SECONDS), "high": 0}, {"low": True, "high": False}, {"low": 0, "high": -1},
        "1760000000.5", "٠١٢٣", "1e9", 2**70, 10**18, "9" * 5000, float("inf"), float("nan"),
        "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
    ],
)  # fmt: skip
def test_what_tells_no_time_has_that_of_receipt_and_a_flag(written: Any) -> None:
    assert moment(written, NOW) == (NOW, (TIME_MISSING,))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (1, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        ("2008-12-31T23:59:59Z", datetime(2008, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-11-02T12:00:01Z", NOW + timedelta(days=1, seconds=1)),
        (99_999_999_999, datetime(5138, 11, 16, 9, 46, 39, tzinfo=UTC)),
    ],
)
def test_an_absurd_time_is_kept_and_flagged(written: Any, told: datetime) -> None:
    assert moment(written, NOW) == (told, (TIME_ABSURD,))


@pytest.mark.parametrize("written", ["2009-01-01T00:00:00Z", "2026-11-02T12:00:00Z"])
def test_the_first_and_the_last_time_that_are_believed(written: str) -> None:
    assert moment(written, NOW)[1] == ()


@given(anything)
def test_whatever_is_written_there_is_a_time_in_utc(written: Any) -> None:
    at, flags = moment(written, NOW)
    assert at.utcoffset() == timedelta(0)
    assert flags in ((), (TIME_MISSING,), (TIME_ABSURD,))
    assert (TIME_MISSING in flags) is (parse(written) is None)


@given(st.integers(1, 99_999_999))
def test_seconds_and_milliseconds_give_one_key(seconds: int) -> None:
    at = SECONDS + seconds
    assert milliseconds(at) == milliseconds(str(at)) == milliseconds(at * 1000) == at * 1000


@pytest.mark.parametrize("written", [None, "x", 0, -5, True, [], {}, float("inf")])
def test_what_is_no_number_has_no_milliseconds(written: Any) -> None:
    assert milliseconds(written) is None


def test_a_minute_is_cut_off_and_not_rounded() -> None:
    assert minute(datetime(2026, 1, 2, 3, 4, 59, 999_999, tzinfo=UTC)) == "2026-01-02T03:04"
