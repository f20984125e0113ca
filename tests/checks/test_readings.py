"""Whatever an answer holds, it is one finite number, or the reason why it is none."""

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollout_cli.checks.questions import NoAnswer, Number
from rollout_cli.checks.readings import json_number, prometheus_number
from rollout_cli.checks.verdict import Cause

NOW = 1_767_614_400.0


def success(kind: str, result: Any, **more: Any) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more}).encode()


def series(value: Any, at: Any = NOW, **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [at, value]}


def read(body: bytes, status: int = 200) -> Number | NoAnswer:
    return prometheus_number(status, body, NOW)


def cause(answer: Number | NoAnswer) -> Cause:
    assert isinstance(answer, NoAnswer), answer
    assert str(answer.message)
    assert str(answer.hint)
    return answer.cause


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("3", 3), ("-0.5", -0.5), ("0.00023", 0.00023), ("1.5e+06", 1.5e6), ("1e-9", 1e-9), ("+2", 2),
     ("9" * 300, float("9" * 300)), ("0." + "0" * 320 + "5", 5e-321)],
)  # fmt: skip
def test_a_sample_is_a_number(text: str, number: float) -> None:
    assert read(success("vector", [series(text, job="x")])) == Number(number)
    assert read(success("scalar", [NOW, text])) == Number(number)


def test_warnings_and_notes_beside_a_result_do_not_spoil_it() -> None:
    body = success("vector", [series("7")], warnings=["some store was away"], infos=["a counter?"])
    assert read(body) == Number(7)


def test_no_series_is_no_data_and_the_hint_says_what_to_write_when_it_means_none() -> None:
    answer = read(success("vector", []))
    assert cause(answer) is Cause.NO_DATA
    assert isinstance(answer, NoAnswer)
    assert "or vector(0)" in str(answer.hint)


def test_several_series_are_counted_and_none_is_chosen() -> None:
    answer = read(success("vector", [series("1", job="a"), series("1", job="b"), series("1", job="c")]))
    assert cause(answer) is Cause.SEVERAL_SERIES
    assert isinstance(answer, NoAnswer)
    assert "3 series" in str(answer.message)


@pytest.mark.parametrize("text", ["NaN", "+Inf", "-Inf", "Inf", "1e999", "9" * 310])
def test_what_is_not_finite_is_not_a_number(text: str) -> None:
    assert cause(read(success("scalar", [NOW, text]))) is Cause.NOT_A_NUMBER


@pytest.mark.parametrize("at", [0, NOW - 301, NOW + 301, -NOW, 1e300, 10**400, -(10**400), math.nan, math.inf], ids=str)
def test_a_sample_of_another_time_is_stale(at: float) -> None:
    assert cause(read(success("vector", [series("1", at=at)]))) is Cause.STALE


def test_clocks_may_be_a_little_apart() -> None:
    assert read(success("scalar", [NOW - 299, "1"])) == read(success("scalar", [NOW + 299, "1"])) == Number(1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"1",
        b"[]",
        b"{}",
        b"<html>please log in</html>",
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"status":' * 100_000,
        b'{"status": "success"}',
        b'{"status": "success", "data": []}',
        b'{"status": "success", "status": "success", "data": {"resultType": "scalar", "result": [1767614400, "1"]}}',
        b'{"status": "fine", "data": {"resultType": "scalar", "result": [1767614400, "1"]}}',
        b'{"data": {"resultType": "scalar", "result": [1767614400, "1"]}}',
        success("scalar", [NOW, "1"]) + b" {}",
        success("scalar", [NOW, "1"])[:-1],
        b"9" * 10_000,
        success("string", [NOW, "1"]),
        success("matrix", [{"metric": {}, "values": [[NOW, "1"]]}]),
        success("matrix", []),
        success("vektor", [series("1")]),
        success("vector", {"0": series("1")}),
        success("vector", series("1")),
        success("vector", [[NOW, "1"]]),
        success("vector", ["1"]),
        success("vector", [{"metric": {}, "histogram": [NOW, {"count": "1"}]}]),
        success("vector", [{"metric": {}}]),
        success("scalar", []),
        success("scalar", [NOW]),
        success("scalar", [NOW, "1", "2"]),
        success("scalar", [NOW, 1]),
        success("scalar", [NOW, True]),
        success("scalar", [NOW, None]),
        success("scalar", [str(NOW), "1"]),
        success("scalar", [True, "1"]),
        success("scalar", "1"),
        *(
            success("scalar", [NOW, text])
            for text in ("", " 1", "1 ", "1_0", "0x10", "\u0661", "nan", "infinity", "1,5", "--1", "1e", "1" * 401)
        ),
    ],
)  # fmt: skip
def test_what_prometheus_does_not_say_is_a_bad_answer(body: bytes) -> None:
    assert cause(read(body)) is Cause.BAD_ANSWER


def test_prometheus_own_error_is_repeated_without_what_may_be_secret() -> None:
    words = {"status": "error", "errorType": "bad_data", "error": "parse error at token=abc123: 1:5 \ud800"}
    answer = read(json.dumps(words).encode(), 400)
    assert cause(answer) is Cause.BAD_ANSWER
    assert isinstance(answer, NoAnswer)
    assert "bad_data: parse error" in str(answer.message)
    assert "abc123" not in str(answer.message)
    assert str(answer.message).encode()  # half a character was among them


def test_an_error_counts_also_when_the_status_is_200() -> None:
    body = success("scalar", [NOW, "1"]).replace(b'"success"', b'"error"')
    assert cause(read(body)) is Cause.BAD_ANSWER


def test_a_query_that_took_prometheus_too_long_is_a_time_out() -> None:
    assert cause(read(b'{"status": "error", "errorType": "timeout", "error": "query timed out"}', 503)) is Cause.TIMEOUT


@pytest.mark.parametrize("status", [201, 204, 301, 302, 401, 403, 404, 429, 500, 502, 503])
def test_another_status_is_said_even_when_a_number_comes_with_it(status: int) -> None:
    for answer in (
        read(success("scalar", [NOW, "1"]), status),
        read(b"<html>", status),
        json_number(status, b"1", ""),
    ):
        assert cause(answer) is Cause.BAD_ANSWER
        assert isinstance(answer, NoAnswer)
        assert str(status) in str(answer.message)


def test_a_number_stands_at_a_place_in_json() -> None:
    body = b'{"errors": {"total": 3}, "list": [1, 2.5], "zero": 0, "large": 1e300}'
    assert json_number(200, body, "/errors/total") == Number(3)
    assert json_number(200, body, "/list/1") == Number(2.5)
    assert json_number(200, body, "/zero") == Number(0)
    assert json_number(200, body, "/large") == Number(1e300)
    assert json_number(200, b" 12 ", "") == Number(12)
    assert json_number(200, b"\xef\xbb\xbf[4]", "/0") == Number(4)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{}", Cause.NO_DATA),
        (b'{"b": 1}', Cause.NO_DATA),
        (b"[1]", Cause.NO_DATA),
        (b"1", Cause.NO_DATA),
        (b'{"a": null}', Cause.NO_DATA),
        (b'{"a": true}', Cause.BAD_ANSWER),
        (b'{"a": "3"}', Cause.BAD_ANSWER),
        (b'{"a": [3]}', Cause.BAD_ANSWER),
        (b'{"a": {"a": 3}}', Cause.BAD_ANSWER),
        (b'{"a": 1, "a": 2}', Cause.BAD_ANSWER),
        (b'{"a": ' + b"9" * 400 + b"}", Cause.BAD_ANSWER),
        (b'{"a": ' + b"9" * 5_000 + b"}", Cause.BAD_ANSWER),
        (b'{"a": 01}', Cause.BAD_ANSWER),
        (b'{"a": 1,}', Cause.BAD_ANSWER),
        (b'{"a": 1} 2', Cause.BAD_ANSWER),
        (b"", Cause.BAD_ANSWER),
        (b"<html>", Cause.BAD_ANSWER),
        (b'{"a": NaN}', Cause.NOT_A_NUMBER),
        (b'{"a": Infinity}', Cause.NOT_A_NUMBER),
        (b'{"a": -Infinity}', Cause.NOT_A_NUMBER),
        (b'{"a": 1e999}', Cause.NOT_A_NUMBER),
    ],
)
def test_what_is_no_number_at_that_place_says_why(body: bytes, why: Cause) -> None:
    assert cause(json_number(200, body, "/a")) is why


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["success", "error", "vector", "scalar", "NaN", "1", "1e999", NOW, 10**400])
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "data", "resultType", "result", "value", "metric", "error", "errorType", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
SHAPED = st.builds(
    lambda kind, result: {"status": "success", "data": {"resultType": kind, "result": result}},
    st.sampled_from(["vector", "scalar", "matrix", "string"]) | ANY_JSON,
    ANY_JSON | st.lists(st.builds(lambda sample: {"metric": {}, "value": sample}, ANY_JSON), max_size=2),
)
BODIES = st.binary(max_size=200) | st.text(max_size=100).map(str.encode) | (ANY_JSON | SHAPED).map(
    lambda document: json.dumps(document).encode()
)  # fmt: skip
STATUSES = st.sampled_from([200, 200, 200, 302, 400, 422, 500, 503])


@given(BODIES, STATUSES, st.floats(allow_nan=False, allow_infinity=False) | st.just(NOW))
@example(success("scalar", [10**400, "1"]), 200, NOW)
@example(json.dumps({"status": "error", "error": "\ud800{}{0}{x"}).encode(), 200, NOW)
def test_whatever_prometheus_says_it_is_a_finite_number_or_no_answer(body: bytes, status: int, now: float) -> None:
    finite_or_why_not(prometheus_number(status, body, now))


@given(BODIES, STATUSES, st.sampled_from(["", "/x", "/data/result/0", "/0", "/{x}"]))
def test_whatever_json_says_it_is_a_finite_number_or_no_answer(body: bytes, status: int, pointer: str) -> None:
    finite_or_why_not(json_number(status, body, pointer))


def finite_or_why_not(answer: Number | NoAnswer) -> None:
    if isinstance(answer, Number):
        assert math.isfinite(answer.value)
        assert type(answer.value) is float
    else:
        cause(answer)
        assert str(answer.message).encode()
