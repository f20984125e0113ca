"""Frames: whatever happens to a file, what is whole in it is read once, in order."""

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.pipeline.delivery import Delivery, LegacyOutcome
from rollout_cli.pipeline.spool.framing import delivery_of, framed, header_of, marker_of, read_frames

MARKER = marker_of("a-segment")

texts = st.none() | st.text(alphabet=st.characters(exclude_categories=[]), max_size=10)
deliveries = st.builds(
    Delivery,
    provider=st.sampled_from(["cloud_api", "evolution"]),
    body=st.binary(max_size=60),
    received_at=st.datetimes(timezones=st.just(UTC)),
    instance=texts,
    event=texts,
    headers=st.none() | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    shopper_id=texts,
    signature_valid=st.none() | st.booleans(),
)


def written(frames: list[Delivery], marker: bytes = MARKER) -> list[bytes]:
    return [b"".join(framed(marker, header_of(each), each.body)) for each in frames]


def read_all(data: bytes, **limits: int) -> tuple[list[Delivery], int]:
    """All that can be read, and how many bytes were skipped."""
    descriptor = os.memfd_create("segment")
    try:
        os.write(descriptor, data)
        found: list[Delivery] = []
        at = skipped = 0
        while at < len(data):
            stretch = read_frames(descriptor, MARKER, at, len(data), **limits)
            found += [delivery_of(each.header, each.body) for each in stretch.frames]
            assert stretch.end > at
            at, skipped = stretch.end, skipped + stretch.skipped
        return found, skipped
    finally:
        os.close(descriptor)


@given(deliveries)
def test_a_delivery_is_the_same_when_it_is_read_again(delivery: Delivery) -> None:
    assert delivery_of(header_of(delivery), delivery.body) == delivery


def test_a_response_that_is_no_answer_over_http_is_not_kept() -> None:
    delivery = Delivery("evolution", b"{}", datetime(2026, 1, 1, tzinfo=UTC), legacy=LegacyOutcome("a response"))
    assert delivery_of(header_of(delivery), b"{}").legacy is None


def test_the_moment_is_kept_to_the_microsecond_from_every_zone() -> None:
    moment = datetime(2026, 1, 1, 12, 30, 0, 123456, timezone(timedelta(hours=-3)))
    assert delivery_of(header_of(Delivery("evolution", b"", moment)), b"").received_at == moment


def test_headers_that_are_no_texts_are_kept_as_they_look() -> None:
    odd = Delivery("evolution", b"", datetime(2026, 1, 1, tzinfo=UTC), headers={"x-length": Path("/a")})  # type: ignore[dict-item]
    assert delivery_of(header_of(odd), b"").headers == {"x-length": "/a"}


def test_a_header_of_a_newer_program_is_read_without_what_is_new() -> None:
    header = header_of(Delivery("evolution", b"", datetime(2026, 1, 1, tzinfo=UTC)))
    assert delivery_of(header[:-1] + b',"new"]', b"").provider == "evolution"


@pytest.mark.parametrize("header", [b"", b"{}", b"[]", b"[1]", b"\xff", b'["evolution"]', b"[" * 5000])
def test_a_header_that_is_none_is_refused(header: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is a library's
        delivery_of(header, b"")


@given(st.lists(deliveries, max_size=6), st.data())
def test_all_whole_frames_before_a_cut_are_read_in_order(frames: list[Delivery], data: st.DataObject) -> None:
    parts = written(frames)
    whole = b"".join(parts)
    cut = data.draw(st.integers(0, len(whole)))
    ends = [sum(map(len, parts[: number + 1])) for number in range(len(parts))]
    found, skipped = read_all(whole[:cut])
    assert found == [each for each, end in zip(frames, ends, strict=True) if end <= cut]
    assert not skipped


@given(st.lists(deliveries, min_size=1, max_size=6), st.data())
def test_a_flipped_byte_costs_the_frame_that_it_is_in_and_no_other(frames: list[Delivery], data: st.DataObject) -> None:
    parts = written(frames)
    whole = bytearray(b"".join(parts))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    hit = next(number for number in range(len(parts)) if at < sum(map(len, parts[: number + 1])))
    found, skipped = read_all(bytes(whole))
    assert found == frames[:hit] + frames[hit + 1 :]
    assert skipped == (len(parts[hit]) if hit + 1 < len(parts) else 0)


@given(st.lists(deliveries, max_size=6), st.binary(min_size=1, max_size=80), st.data())
def test_rubbish_between_two_frames_is_skipped(frames: list[Delivery], rubbish: bytes, data: st.DataObject) -> None:
    parts = written(frames)
    at = data.draw(st.integers(0, len(parts)))
    parts.insert(at, rubbish)
    found, skipped = read_all(b"".join(parts))
    assert found == frames
    assert skipped == (len(rubbish) if at < len(frames) else 0)


@given(st.lists(deliveries, max_size=8), st.integers(1, 3), st.integers(1, 100))
def test_small_batches_hold_the_same_as_one(frames: list[Delivery], most: int, most_bytes: int) -> None:
    assert read_all(b"".join(written(frames)), most=most, most_bytes=most_bytes) == (frames, 0)


def test_a_frame_of_another_file_in_a_damaged_body_is_not_taken_for_one() -> None:
    forged = written([Delivery("evolution", b"forged", datetime(2026, 1, 1, tzinfo=UTC))], marker_of("another"))[0]
    real = [
        Delivery("evolution", forged, datetime(2026, 1, 1, tzinfo=UTC)),
        Delivery("evolution", b"2", datetime(2026, 1, 1, tzinfo=UTC)),
    ]
    parts = written(real)
    damaged = b"\0" + parts[0][1:] + parts[1]
    assert read_all(damaged) == (real[1:], len(parts[0]))


def test_a_file_that_somebody_has_cut_meanwhile_ends_there() -> None:
    descriptor = os.memfd_create("segment")
    try:
        assert read_frames(descriptor, MARKER, 0, 10**12).end == 10**12
    finally:
        os.close(descriptor)


def test_a_marker_that_lies_across_two_windows_is_found() -> None:
    frame = written([Delivery("evolution", b"1", datetime(2026, 1, 1, tzinfo=UTC))])[0]
    for before in range(4 * 1024 * 1024 - 10, 4 * 1024 * 1024 + 2):
        found, skipped = read_all(bytes(before) + frame)
        assert (len(found), skipped) == (1, before)
