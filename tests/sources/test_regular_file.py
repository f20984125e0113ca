"""Whatever lies at a path, reading it ends quickly, with bytes or with a reason."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from rollout_cli.sources.regular_file import UnreadableFileError, read_regular_file

NOBODY = 65_534


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Root may read everything; as somebody else, a file's permissions count."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.mkdir()


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(path.parent)  # the name of a socket is short
        try:
            server.bind(path.name)
        finally:
            os.chdir(here)


def make_loop(path: Path) -> None:
    path.symlink_to(path)


def make_link_to_nothing(path: Path) -> None:
    path.symlink_to(path.parent / "nothing")


def make_sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(40_000_000)


def make_large(path: Path) -> None:
    path.write_bytes(b"a: 1\n" * 8_000_000)


def make_memory(path: Path) -> None:
    path.symlink_to("/proc/self/mem")


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (make_fifo, "not-a-file"),
        (make_folder, "not-a-file"),
        (make_device, "not-a-file"),
        (make_socket, "not-a-file"),
        (make_loop, "unreadable-file"),
        (make_link_to_nothing, "unreadable-file"),
        (make_sparse, "file-too-large"),
        (make_large, "file-too-large"),
        (make_memory, "unreadable-file"),
    ],
)
def test_what_is_no_ordinary_file_is_refused(tmp_path: Path, make, rule: str) -> None:
    make(tmp_path / "file")
    with pytest.raises(UnreadableFileError) as caught:
        read_regular_file(tmp_path / "file", limit=1_000_000)
    assert caught.value.rule == rule
    assert caught.value.message
    assert caught.value.hint


def test_a_file_of_the_allowed_size_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 10)
    assert read_regular_file(tmp_path / "file", limit=10) == b"x" * 10
    with pytest.raises(UnreadableFileError):
        read_regular_file(tmp_path / "file", limit=9)


def test_a_file_that_does_not_tell_its_size_is_read_and_bounded() -> None:
    status = Path("/proc/self/status")
    assert status.stat().st_size == 0
    assert read_regular_file(status, limit=100_000).startswith(b"Name:")
    with pytest.raises(UnreadableFileError) as caught:
        read_regular_file(status, limit=10)
    assert caught.value.rule == "file-too-large"


def test_a_file_that_is_not_ours_to_read_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    file = tmp_path / "file"
    file.write_text("secret")
    file.chmod(0)
    for folder in tmp_path.parents[:2]:
        folder.chmod(0o755)
    with as_somebody_else(), pytest.raises(UnreadableFileError) as caught:
        read_regular_file(file, limit=100)
    assert caught.value.rule == "unreadable-file"
    assert "denied" in caught.value.message


def test_a_link_to_a_plain_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("a")
    (tmp_path / "here").symlink_to("there")
    assert read_regular_file(tmp_path / "here", limit=10) == b"a"


def test_where_there_is_nothing_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_regular_file(tmp_path / "file", limit=1)


def test_below_a_file_there_is_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    with pytest.raises(UnreadableFileError):
        read_regular_file(tmp_path / "file" / "inside", limit=1)


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("a" * 100)
    before = open_descriptors()
    for name, limit in (("folder", 10), ("file", 10), ("file", 1000), ("none", 1)):
        with pytest.raises((UnreadableFileError, FileNotFoundError)) if limit != 1000 else nullcontext():
            read_regular_file(tmp_path / name, limit=limit)
    assert open_descriptors() == before
