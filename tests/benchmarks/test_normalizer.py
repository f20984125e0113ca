"""The section of the normalizer: its bodies are what they say, everybody reads them, and it does not flatter."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks import normalizer
from benchmarks.normalizer_bodies import LARGE, TEN, TEXT, THOUSAND, USUAL, Kind, cloud_batch
from benchmarks.normalizer_memory import Peak, peak, resident_beyond, traced_beyond
from benchmarks.normalizer_models import BodyModel, decode_body, events_of
from benchmarks.normalizer_readers import FLOOR, OURS, PYWA, READERS, RECEIVED_AT, Reader, verify
from benchmarks.question import UnequalError
from rollout_cli.whatsapp import normalize

INSTALLED = [each for each in READERS if each.name.startswith(("msgspec", "pydantic", "rollout"))]
"""Those that need no package but the project's own."""
MEGABYTE = 1_000_000
linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells the peak of a process on Linux only")


@pytest.mark.parametrize("kind", [*USUAL, *LARGE], ids=lambda kind: kind.name)
def test_a_body_holds_as_many_messages_as_it_says_and_all_of_them_are_read_as_messages(kind: Kind) -> None:
    events = normalize(kind.provider, kind.make(3), received_at=RECEIVED_AT)
    assert {event.event_type for event in events} == {"whatsapp.message.inbound"}
    assert {event.security.risk_flags for event in events} == {()}
    assert len(events) == kind.events


@pytest.mark.parametrize("kind", [kind for kind in USUAL if kind is not THOUSAND], ids=lambda kind: kind.name)
def test_no_two_messages_of_a_round_are_the_same_fact_or_of_one_second(kind: Kind) -> None:
    read = [normalize(kind.provider, body, received_at=RECEIVED_AT) for body in kind.bodies(30)]
    events = [event for found in read for event in found]
    for told in ("trace.idempotency_key", "occurred_at", "routing.thread_key"):
        section, _, name = told.rpartition(".")
        assert len({getattr(getattr(event, section) if section else event, name) for event in events}) == len(events)


@pytest.mark.parametrize(("kind", "least", "most"), [(TEXT, 550, 750), (TEN, 3_000, 6_500)], ids=["one", "ten"])
def test_texts_of_the_cloud_api_are_as_long_as_real_ones(kind: Kind, least: int, most: int) -> None:
    assert least < len(kind.make(1)) < most


@pytest.mark.parametrize("kind", LARGE, ids=lambda kind: kind.name)
def test_the_bodies_for_the_memory_have_about_a_megabyte(kind: Kind) -> None:
    assert 0.8 * MEGABYTE < len(kind.make(0)) < 1.2 * MEGABYTE


@pytest.mark.parametrize("kind", USUAL, ids=lambda kind: kind.name)
@pytest.mark.parametrize("reader", INSTALLED, ids=lambda reader: reader.name)
def test_whoever_is_measured_finds_all_messages(reader: Reader, kind: Kind) -> None:
    if reader.reads(kind):
        verify(reader, kind)


def test_whoever_drops_messages_is_not_measured_by_all_of_them() -> None:
    blind = Reader("blind", "", lambda _provider: lambda _body: [1], len)
    verify(blind, TEXT)
    with pytest.raises(UnequalError, match="blind: 1 of 10 events"):
        verify(blind, TEN)


def test_a_reader_of_the_first_message_alone_is_measured_by_one() -> None:
    assert [PYWA.made(kind) for kind in (TEXT, TEN, THOUSAND)] == [1, 1, 1]
    assert [OURS.made(kind) for kind in (TEXT, TEN, THOUSAND)] == [1, 10, 1_000]


def test_the_typed_wires_and_the_pydantic_events_say_what_ours_say() -> None:
    body = cloud_batch(2, 3)
    ours = normalize("cloud_api", body, received_at=RECEIVED_AT)
    wires = decode_body(body), BodyModel.model_validate_json(body)
    told = [(e.message.message_id, e.actor.phone, e.message.text) for e in ours if e.message]
    for wire in wires:
        assert [(m.id, m.sender, m.text and m.text.body) for m in wire.entry[0].changes[0].value.messages] == told
    theirs = events_of(json.loads(body))
    for left, right in zip(theirs, ours, strict=True):
        assert left.idempotency_key == right.trace.idempotency_key
        assert left.occurred_at == right.occurred_at
        assert left.thread_key == right.routing.thread_key
        assert left.actor.display_name == right.actor.display_name
        assert left.actor.bsuid == right.actor.bsuid


def test_time_is_that_of_a_message_and_everybody_has_one_reading_a_round() -> None:
    taken = normalizer.measure(TEN, INSTALLED, messages=20, rounds=3)
    assert {name: len(readings) for name, readings in taken.items()} == {each.name: 3 for each in INSTALLED}
    assert all(0 < each < 10_000 for readings in taken.values() for each in readings)


def invented(text: float, ten: float) -> dict[str, dict[str, list[float]]]:
    return {
        kind.name: {FLOOR.name: [1.0, 2.0], OURS.name: [ratio, 2 * ratio]} for kind, ratio in ((TEXT, text), (TEN, ten))
    }


def test_what_is_near_the_floor_and_small_is_said_to_be() -> None:
    found = normalizer.verdicts(invented(5.0, 3.0), {"large": {"orjson": Peak(9.0, 9.0), "ours": Peak(6.0, 2.0)}})
    assert [each.met for each in found] == [True, True, True]


def test_what_is_slow_or_large_in_either_way_of_counting_is_said_to_be() -> None:
    found = normalizer.verdicts(invented(5.1, 3.1), {"large": {"orjson": Peak(1.0, 1.0), "ours": Peak(2.0, 6.1)}})
    assert [each.met for each in found] == [False, False, False]
    assert [each.measured for each in found] == ["measured 5.1 x", "measured 3.1 x", "measured 6.1 x"]


def test_rows_have_a_cell_for_every_column() -> None:
    timed = normalizer.rows_of(TEN, {**invented(5, 3)[TEN.name], PYWA.name: [70.0, 140.0]})
    held = normalizer.rows_of_memory(LARGE[0], {"ours": Peak(1.25, 0.5)})
    assert {len(row) for row in (*timed, *held)} == {len(normalizer.COLUMNS)}
    assert [row[4:7] for row in timed] == [("10", "1.50", "1.00"), ("10", "4.50", "3.00"), ("1", "105.00", "70.00")]
    assert held[0][4:] == ("1", "", "", "1.2 x", "0.5 x")


def test_the_memory_that_is_traced_is_that_of_what_was_made_without_the_body() -> None:
    body = bytes(MEGABYTE)
    assert 3 * MEGABYTE <= traced_beyond(lambda told: [bytearray(told) for _ in range(3)], body) < 3.1 * MEGABYTE


@linux
def test_the_resident_memory_has_what_was_given_back_before_the_end() -> None:
    def read(told: bytes) -> int:
        return len(bytearray(told) * 40)

    assert 40 * MEGABYTE * 0.9 < resident_beyond(read, bytes(range(250)) * 4_000) < 100 * MEGABYTE


@linux
def test_a_body_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(cloud_batch(0, 1_000))
    taken = peak("ours", "cloud_api", file)
    assert 0.5 < taken.traced < 20
    assert 0 < taken.resident < 40
