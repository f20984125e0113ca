"""Limits: what is no JSON that everybody reads alike is refused with a reason, whoever sends it, and in linear time."""

import gc
import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.whatsapp import PROVIDERS, CanonicalEvent, NormalizeError, Reason, normalize
from rollout_cli.whatsapp.decoding import MAX_BYTES, MAX_DEPTH, checked
from tests.support.for_each import for_each
from tests.whatsapp.building import is_harmless

NOW = datetime(2026, 11, 1, tzinfo=UTC)
every_provider = for_each("provider", PROVIDERS)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text().filter(is_harmless), inner, max_size=4),
)  # fmt: skip


def read(body: bytes, provider: str = "simulated") -> list[CanonicalEvent]:
    return normalize(provider, body, received_at=NOW)


def reason(body: bytes, provider: str = "simulated") -> Reason:
    with pytest.raises(NormalizeError) as caught:
        read(body, provider)
    return caught.value.reason


def holding(value: bytes) -> bytes:
    """A body that no provider knows, with a value somewhere in it."""
    return b'{"a":[{"b":' + value + b"}]}"


def raw_of(value: bytes, provider: str = "simulated") -> Any:
    (event,) = read(holding(value), provider)
    return event.raw["a"][0]["b"]


@every_provider
@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"x", b"{", b'{"a"', b'{"a":1', b'{"a":1}}', b'{"a":1} x', b'{"a":1}{"a":1}', b"{}\x00", b"\x00{}",
        b"{'a':1}", b"{a:1}", b'{"a":1,}', b'{"a":[1,]}', b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":1.}',
        b'{"a":0x1}', b'{"a":True}', b'{"a":undefined}', b'{"a":"\n"}', b'{"a":"\x00"}', b'{"a":"\\x"}',
        b'{"a":"\\u12"}', b'{"a":1}//', b'{/**/"a":1}', b'\xef\xbb\xbf{"a":1}', b'{"a":1]', b'[{"a":1}',
        b"event=message.inbound", b"<?xml version='1.0'?><a/>",
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(provider: str, body: bytes) -> None:
    assert reason(body, provider) == Reason.NOT_JSON


@every_provider
@pytest.mark.parametrize("word", [b"NaN", b"-NaN", b"nan", b"Infinity", b"-Infinity", b"inf", b"1e", b"--1"])
def test_no_number_is_nan_or_infinite(provider: str, word: bytes) -> None:
    assert reason(holding(word), provider) == Reason.NOT_JSON


@every_provider
@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"1E+400", b"1" * 400 + b".0", b"9" * 5000])
def test_a_number_that_no_program_holds_is_refused_wherever_it_stands(provider: str, number: bytes) -> None:
    assert reason(holding(number), provider) == Reason.NUMBER_OUT_OF_RANGE


@every_provider
@pytest.mark.parametrize("number", ["1e308", "-1e308", "1e-400", "0", "-0", "18446744073709551616", "0.1"])
def test_a_number_that_every_program_holds_is_read(provider: str, number: str) -> None:
    assert raw_of(number.encode(), provider) == json.loads(number)


@every_provider
@pytest.mark.parametrize(
    "text", [b"\\ud800", b"\\udfff", b"\\ud800x", b"\\udc00\\ud800", b"\\ud800\\ud800", b"\\ud83d\\u0041"]
)
def test_half_a_character_is_refused_as_a_value_and_as_a_name(provider: str, text: bytes) -> None:
    assert reason(holding(b'"' + text + b'"'), provider) == Reason.NOT_JSON
    assert reason(holding(b'{"' + text + b'":1}'), provider) == Reason.NOT_JSON


@every_provider
def test_both_halves_are_a_character(provider: str) -> None:
    assert raw_of(b'"\\ud83d\\ude00"', provider) == "😀"


@every_provider
@pytest.mark.parametrize(
    "text", [b"\xed\xa0\x80", b"\xff", b"\xc0\xaf", b"\xe9", b"\xf5\x80\x80\x80", b"\xf0\x9f\x98", b"\x80"]
)
def test_bytes_that_are_no_utf8_are_refused(provider: str, text: bytes) -> None:
    assert reason(holding(b'"' + text + b'"'), provider) == Reason.NOT_UTF8


@every_provider
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_are_refused(provider: str, encoding: str) -> None:
    assert reason('{"a":"é"}'.encode(encoding), provider) in {Reason.NOT_UTF8, Reason.NOT_JSON}


@every_provider
@pytest.mark.parametrize("body", [b"null", b"true", b"1", b"1.5", b'"{}"', b" null "])
def test_json_that_is_no_object_is_refused(provider: str, body: bytes) -> None:
    assert reason(body, provider) == Reason.NOT_AN_OBJECT


@every_provider
def test_white_space_around_a_body_is_nothing(provider: str) -> None:
    spaced = read(b' \t\r\n{ "x" : [ 1 ] } \n', provider)
    assert [event.raw["x"] for event in spaced] == [event.raw["x"] for event in read(b'{"x":[1]}', provider)] == [[1]]


@every_provider
def test_of_two_fields_of_one_name_the_last_counts(provider: str) -> None:
    assert raw_of(b'{"n":1,"n":2}', provider) == {"n": 2}


def test_of_two_fields_of_one_name_the_last_counts_for_what_is_read_as_well() -> None:
    body = b'{"kind":"presence","kind":"call","id":"old","id":"c-1"}'
    (event,) = read(body)
    assert (event.event_type, event.trace.idempotency_key) == ("whatsapp.call", ":simulated:call::c-1")


def test_the_longest_body_is_read_and_one_byte_more_refused() -> None:
    frame = b'{"a":""}'
    longest = b'{"a":"' + b"x" * (MAX_BYTES - len(frame)) + b'"}'
    assert len(longest) == MAX_BYTES
    assert checked(longest) is longest
    assert reason(longest + b" ") == Reason.TOO_LARGE
    assert reason(b"x" * (MAX_BYTES + 1)) == Reason.TOO_LARGE


@every_provider
@pytest.mark.parametrize(("begin", "end"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")])
def test_the_deepest_body_is_read_and_one_level_more_refused(provider: str, begin: bytes, end: bytes) -> None:
    levels = begin.count(b"[") + begin.count(b"{")
    count = (MAX_DEPTH - 2) // levels
    inner = begin * count + b"0" + end * count
    assert read(b'{"x":[' + inner + b"]}", provider)
    assert reason(b'{"x":[[' + inner + b"]]}", provider) == Reason.TOO_DEEP


@every_provider
@pytest.mark.parametrize(
    "body", [b"[" * 1_000_000, b'{"a":' * 200_000, b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"]
)
def test_the_deepest_attack_is_refused_for_its_depth(provider: str, body: bytes) -> None:
    assert reason(body, provider) in {Reason.TOO_DEEP, Reason.NOT_JSON}


@every_provider
@pytest.mark.parametrize(
    "text", ["[" * 500, "{" * 500, "]" * 500, '\\"[' * 300, "\\\\[" * 300, '\\\\\\"[{' * 300, "[]" * 300 + "[" * 300]
)
def test_brackets_in_a_string_are_no_levels(provider: str, text: str) -> None:
    assert raw_of(f'"{text}"'.encode(), provider) == json.loads(f'"{text}"')


def test_breadth_is_no_depth() -> None:
    assert raw_of(b"[" + b"[]," * 5000 + b"{}]") == [*[[]] * 5000, {}]


@given(json_values)
def test_what_is_json_is_read_as_everybody_reads_it(value: Any) -> None:
    (event,) = read(json.dumps({"a": {"x": value}}).encode())
    (spelled,) = read(json.dumps({"a": {"x": value}}, ensure_ascii=False, indent=1).encode())
    assert event.raw == spelled.raw == {"a": {"x": value}}


@pytest.mark.parametrize("provider", PROVIDERS)
@given(body=st.binary(max_size=60) | st.text(st.sampled_from('{}[]",:\\u0d8 1eE-.ntf'), max_size=60).map(str.encode))
def test_whatever_comes_there_are_events_or_a_reason(provider: str, body: bytes) -> None:
    try:
        events = read(body, provider)
    except NormalizeError:
        return
    assert [CanonicalEvent.from_json(event.to_json()) for event in events] == events


# Byte arrays


def indexed(data: bytes, *, space: str = "") -> bytes:
    return ("{" + ",".join(f'{space}"{at}"{space}:{space}{each}{space}' for at, each in enumerate(data)) + "}").encode()


@given(st.binary(min_size=256, max_size=600), st.sampled_from(["", " ", "\n\t"]))
def test_a_long_byte_array_is_read_in_base64(data: bytes, space: str) -> None:
    assert raw_of(indexed(data, space=space)) == b64encode(data).decode()


@given(st.binary(min_size=1, max_size=255))
def test_a_short_one_is_kept_as_it_is(data: bytes) -> None:
    assert raw_of(indexed(data)) == {str(at): each for at, each in enumerate(data)}


LONG = indexed(bytes(300))[:-1]


@every_provider
@pytest.mark.parametrize(
    "written",
    [
        LONG + b',"302":1}',  # a gap
        LONG + b',"299":1}',  # the same again
        LONG + b',"300":256}',
        LONG + b',"300":999}',
        LONG + b',"300":-1}',
        LONG + b',"300":1.0}',
        LONG + b',"300":"1"}',
        LONG + b',"300":null}',
        LONG + b',"300":{"0":1}}',
        LONG + b',"a":1}',
        LONG + b',"00300":1}',
        LONG.replace(b'"7":0,"8":0', b'"8":0,"7":0') + b"}",
        LONG.replace(b'"0":0,', b"") + b"}",
        LONG.replace(b'{"0":0,', b'{"a":0,"0":0,') + b"}",
        json.dumps(LONG.decode()).encode(),
    ],
    ids=lambda written: (written[:8] + written[-14:]).decode(),
)
def test_what_only_looks_like_a_long_byte_array_is_kept_as_it_is(provider: str, written: bytes) -> None:
    assert raw_of(written, provider) == json.loads(written)


@every_provider
@pytest.mark.parametrize(
    "value",
    [
        {},
        {"1": 1, "0": 2},
        {"0": 1, "2": 2},
        {"0": 1, "01": 2},
        {"0": 256},
        {"0": 255, "1": 999},
        {"0": 1000},
        {"0": -1},
        {"0": 1.0},
        {"0": "1"},
        {"0": None},
        {"0": [1]},
        {"0": {"0": "a"}},
        {"0": 1, "a": 2},
        {"a": 2, "0": 1},
        {"1": 1},
        {"0": 1, "1": {"x": 1}},
        ["0", 1],
        '{"0":1}',
        {"x": '{"0":1}'},
    ],
    ids=json.dumps,
)
def test_what_only_looks_like_a_byte_array_is_kept_as_it_is(provider: str, value: Any) -> None:
    assert raw_of(json.dumps(value).encode(), provider) == value
    assert raw_of(json.dumps(value, separators=(",", ":")).encode(), provider) == value


@pytest.mark.parametrize("written", [b'{"0":01}', LONG + b',"300":007}', LONG + b',"300":00}'])
def test_a_byte_array_with_leading_zeros_is_no_json(written: bytes) -> None:
    assert reason(holding(written)) == Reason.NOT_JSON


def test_several_byte_arrays_are_read_each_for_itself() -> None:
    one, other = bytes(range(256)), bytes(range(255, -1, -1))
    expected = [b64encode(one).decode(), b64encode(other).decode(), json.loads(LONG + b',"a":1}')]
    assert raw_of(b"[" + b",".join([indexed(one), indexed(other), LONG + b',"a":1}']) + b"]") == expected


# Time


@pytest.fixture
def no_collector() -> Iterator[None]:
    """The collector looks at all objects of the process now and then: that is not the work that is measured."""
    gc.disable()
    yield
    gc.enable()


def sixteen_times(shape: Callable[[int], bytes], count: int) -> float:
    """How much longer sixteen times as much takes: about 16 where the work is linear, 256 where it is quadratic."""
    return _seconds(shape(16 * count)) / _seconds(shape(count))


def _seconds(body: bytes) -> float:
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        try:
            for event in read(body):
                event.to_json()
        except NormalizeError:
            pass
        best = min(best, time.process_time() - begun)
    return max(best, 1e-4)


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "unfinished byte arrays": lambda n: holding(b"[" + b'{"0":1,' * n),
    "one endless byte array": lambda n: holding(b'{"0":1' + b',"1":1' * n + b',"x":1}'),
    "byte arrays that fail at their end": lambda n: holding(b"[" + (LONG + b"x}") * (n // 300)),
    "spaces within byte arrays": lambda n: holding(b'{ "0"' + b" " * (6 * n) + b"x}"),
    "opening braces": lambda n: b"{" * (6 * n),
    "nesting within strings": lambda n: holding(b'"' + b"[{" * (3 * n) + b'"'),
    "quotes": lambda n: holding(b'"' + b'\\"' * (3 * n) + b'"'),
    "unfinished quotes": lambda n: holding(b'"' * (6 * n)),
    "backslashes": lambda n: holding(b'"' + b"\\" * (6 * n)),
    "pairs next to each other": lambda n: holding(b"[" + b"[],{}," * n + b"0]"),
    "pairs within each other": lambda n: holding(b"[" + (b"[" * 100 + b"]" * 100 + b",") * (n // 40) + b"0]"),
    "names": lambda n: b'{"a":{' + b",".join(b'"k%d":1' % each for each in range(n // 2)) + b"}}",
    "digits": lambda n: holding(b"1" * (6 * n)),
    "marks of credentials": lambda n: holding(b'"' + b"token" * n + b'"'),
    "events": lambda n: b'{"events":[' + b",".join([b'{"kind":"call"}'] * (n // 10)) + b"]}",
}


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("shape", HOSTILE.values(), ids=HOSTILE)
def test_the_work_grows_as_the_body_does(shape: Callable[[int], bytes]) -> None:
    assert sixteen_times(shape, 4_000) < 80
