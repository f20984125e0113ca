"""Streams of ids."""

import io
import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.errors import UsageError
from rollout_cli.sources.ids import open_ids, read_ids
from tests.support.examples import examples


def ids(data: bytes) -> list[str]:
    return list(read_ids(io.BytesIO(data), "ids.txt"))


def test_ids_come_in_order_and_empty_lines_are_passed_over() -> None:
    assert ids(b"b\n\na\r\n\r\nb\nlast") == ["b", "a", "b", "last"]


def test_a_byte_order_mark_belongs_to_the_file_and_not_to_the_first_id() -> None:
    assert ids(b"\xef\xbb\xbffirst\n\xef\xbb\xbfsecond\n") == ["first", "\ufeffsecond"]


def test_spaces_and_tabs_belong_to_an_id() -> None:
    assert ids(b" a\nb \nc\td\n") == [" a", "b ", "c\td"]


@given(st.lists(st.text(min_size=1)))
@settings(deadline=None, max_examples=examples(50))
def test_any_id_can_be_written_as_a_json_string(wanted: list[str]) -> None:
    data = "".join(json.dumps(each) + "\n" for each in wanted)
    assert ids(data.encode()) == wanted


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b'fine\n"open\n', "2: this line is not a JSON string"),
        (b'"a" "b"\n', "1: this line is not a JSON string"),
        (b'"\xff"\n', "1: this line is not a JSON string"),
        (b"\n\n\xff\xfe\n", "3: this line is not UTF-8"),
        (b"x" * 65_537 + b"\n", "1: a line is longer than 65,536 bytes"),
        (b"x" * 10_000_000, "1: a line is longer than 65,536 bytes"),
    ],
)
def test_a_line_that_is_no_id_is_named(data: bytes, what: str) -> None:
    with pytest.raises(UsageError) as error:
        ids(data)
    assert error.value.message == f"ids.txt:{what}"


@pytest.mark.parametrize("before", [1, 5_000, 40_000])
@pytest.mark.parametrize("bad", [b"\xff", b'"open', b"x" * 65_537])
def test_a_bad_line_is_named_however_far_in_it_is_and_all_before_it_are_given(before: int, bad: bytes) -> None:
    stream = read_ids(io.BytesIO(b"shopper-0000001\n" * before + bad + b"\nlast\n"), "ids.txt")
    assert [next(stream) for _ in range(before)] == ["shopper-0000001"] * before
    with pytest.raises(UsageError, match=f"^ids.txt:{before + 1}: "):
        next(stream)


class Dripping(io.BytesIO):
    """A stream that gives what it has in pieces."""

    def __init__(self, data: bytes, piece: int) -> None:
        super().__init__(data)
        self.piece = piece

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(self.piece)


@given(
    st.lists(st.sampled_from(["a", "ção", "\n", "\r", "\r\n", '"', '"q"', "\ufeff", "日本", " "])), st.integers(1, 5)
)
@settings(deadline=None, max_examples=examples(200))
def test_it_does_not_matter_in_which_pieces_a_stream_comes(parts: list[str], piece: int) -> None:
    data = "".join(parts).encode()

    def read(stream: io.BytesIO) -> list[str]:
        found = []
        try:
            found.extend(read_ids(stream, "ids.txt"))
        except UsageError as error:
            found.append(error.message)
        return found

    assert read(Dripping(data, piece)) == read(io.BytesIO(data))


def test_a_line_without_an_end_is_refused_and_not_waited_for() -> None:
    class Endless(io.BytesIO):
        taken = 0

        def read1(self, size: int | None = -1, /) -> bytes:
            self.taken += size or 0
            assert self.taken < 1_000_000
            return b"x" * (size or 0)

    with pytest.raises(UsageError, match=r"^ids\.txt:1: a line is longer than 65,536 bytes"):
        list(read_ids(Endless(), "ids.txt"))


def test_the_longest_id_is_read() -> None:
    assert [len(each) for each in ids(b"x" * 65_536 + b"\ny\n")] == [65_536, 1]


def test_a_stream_is_read_as_it_comes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    more = threading.Event()

    def write() -> None:
        with pipe.open("wb", buffering=0) as stream:
            stream.write(b"first\n")
            more.wait(10)
            stream.write(b"second\n")

    writer = threading.Thread(target=write)
    writer.start()
    with open_ids(str(pipe)) as stream:
        assert next(stream) == "first"
        more.set()
        assert list(stream) == ["second"]
    writer.join()


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_what_cannot_be_read_is_a_usage_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot read"), open_ids(str(tmp_path / name)):
        pass
