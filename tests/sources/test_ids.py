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


def ids(data: bytes) -> list[str]:
    return list(read_ids(io.BytesIO(data), "ids.txt"))


def test_ids_come_in_order_and_empty_lines_are_passed_over() -> None:
    assert ids(b"b\n\na\r\n\r\nb\nlast") == ["b", "a", "b", "last"]


def test_a_byte_order_mark_belongs_to_the_file_and_not_to_the_first_id() -> None:
    assert ids(b"\xef\xbb\xbffirst\n\xef\xbb\xbfsecond\n") == ["first", "\ufeffsecond"]


def test_spaces_and_tabs_belong_to_an_id() -> None:
    assert ids(b" a\nb \nc\td\n") == [" a", "b ", "c\td"]


@given(st.lists(st.text(min_size=1)))
@settings(deadline=None, max_examples=50)
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
