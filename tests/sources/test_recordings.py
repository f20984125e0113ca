"""Recordings are read line by line whatever they are packed in, and what cannot be read is told in its place."""

import gzip
import io
import os
import resource
import sys
from pathlib import Path

import pytest

from rollout_cli.errors import UsageError
from rollout_cli.simulate.replay import Piece
from rollout_cli.sources import compression
from rollout_cli.sources.recording_file import RecordingError, partial, recording, require_place
from rollout_cli.sources.recordings import pieces, require_recordings

LINES = [b'{"number":%d}' % number for number in range(3)]


def write(path: Path, lines: list[bytes] = LINES) -> Path:
    with recording(path) as out:
        for line in lines:
            out.write(line + b"\n")
    return path


def read(*paths: Path | str, limit: int = 1_000) -> list[Piece]:
    return list(pieces([str(each) for each in paths], limit))


@pytest.mark.parametrize("suffix", [".ndjson", ".ndjson.gz", ".ndjson.zst"])
def test_what_is_written_is_read_back_as_its_name_says(tmp_path: Path, suffix: str) -> None:
    if suffix.endswith(".zst"):
        pytest.importorskip("zstandard")
    path = write(tmp_path / f"traffic{suffix}")
    found = read(path)
    assert [each.data for each in found] == LINES
    assert [each.place for each in found] == [f"{path}:{line}" for line in (1, 2, 3)]
    assert path.read_bytes().startswith({".ndjson": b"{", ".ndjson.gz": b"\x1f\x8b"}.get(suffix, b"\x28\xb5\x2f\xfd"))


def test_what_a_file_is_packed_in_is_seen_from_itself_and_not_from_its_name(tmp_path: Path) -> None:
    path = tmp_path / "packed.ndjson"
    path.write_bytes(gzip.compress(b"{}\n"))
    assert [each.data for each in read(path)] == [b"{}"]


def test_two_packed_files_in_one_are_read_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "two.ndjson.gz"
    path.write_bytes(gzip.compress(b"1\n") + gzip.compress(b"2\n"))
    assert [each.data for each in read(path)] == [b"1", b"2"]


def test_a_recording_is_not_in_its_place_before_it_is_whole_and_what_was_cut_off_stays_beside_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cut.ndjson.gz"

    def cut_off() -> None:
        with recording(path) as out:
            out.write(LINES[0] + b"\n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    assert not path.exists()
    assert [each.data for each in read(partial(path))] == [LINES[0]]
    assert partial(path).stat().st_mode & 0o777 == 0o600


def test_a_packed_file_that_was_cut_off_is_read_as_far_as_it_goes_and_its_end_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.ndjson.gz", [b'{"n":%d,"x":"%s"}' % (n, str(n * n).encode() * 9) for n in range(2000)])
    path.write_bytes(path.read_bytes()[:-2_000])
    *whole, last = read(path)
    assert len(whole) > 1_000
    assert not any(each.problem for each in whole)
    assert "cut off" in last.problem


def test_a_damaged_file_is_told_and_the_next_one_goes_on(tmp_path: Path) -> None:
    broken = tmp_path / "a.ndjson.gz"
    broken.write_bytes(gzip.compress(b"{}\n" * 50)[:12] + b"\xff" * 40)
    other = write(tmp_path / "b.ndjson")
    found = read(broken, other)
    assert found[-4].problem
    assert [each.data for each in found[-3:]] == LINES


def test_a_line_that_is_too_long_is_told_and_the_next_one_goes_on(tmp_path: Path) -> None:
    path = write(tmp_path / "long.ndjson", [b"x" * 50, b"short"])
    first, second = read(path, limit=20)
    assert (first.problem, second.data) == ("it is longer than 20 bytes", b"short")


def test_a_folder_gives_its_bodies_by_name_and_its_own_name_may_be_the_provider(tmp_path: Path) -> None:
    for name in ("evolution/2.json", "evolution/10.json", "evolution/deep/1.json", "other/1.json", "b.ndjson"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{\n}\n")
    (tmp_path / "readme.txt").write_text("none of it")
    (tmp_path / ".hidden.json").write_text("{}")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    found = [(str(Path(each.place).relative_to(tmp_path)), each.provider) for each in read(tmp_path)]
    assert found == [
        ("b.ndjson:1", None), ("b.ndjson:2", None), ("evolution/10.json", "evolution"),
        ("evolution/2.json", "evolution"),
        ("evolution/deep/1.json", "evolution"), ("other/1.json", None),
    ]  # fmt: skip
    assert read(tmp_path / "evolution")[0].provider == "evolution"


def test_standard_input_is_read_packed_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (b"1\n2\n", gzip.compress(b"1\n2\n")):
        stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(data)))  # type: ignore[arg-type]
        monkeypatch.setattr(sys, "stdin", stream)
        assert [(each.place, each.data) for each in read("-")] == [
            ("standard input:1", b"1"),
            ("standard input:2", b"2"),
        ]


def test_what_is_not_there_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        require_recordings([str(tmp_path / "no.ndjson")])
    with pytest.raises(UsageError, match="named twice"):
        require_recordings(["-", "-"])


def test_without_a_library_zstd_is_refused_with_the_way_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(compression, "import_module", nothing)
    (tmp_path / "a.ndjson.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    for refused in (
        lambda: require_recordings([str(tmp_path / "a.ndjson.zst")]),
        lambda: require_place(tmp_path / "b.ndjson.zst"),
        lambda: read(tmp_path / "a.ndjson.zst"),
    ):
        with pytest.raises(UsageError) as told:
            refused()
        assert "zstandard" in told.value.hint


def test_a_place_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    for place, words in (("traffic.json", "no name of a recording"), ("no/traffic.ndjson", "there is no folder")):
        with pytest.raises(UsageError, match=words):
            require_place(tmp_path / place)


def test_a_full_disk_is_told_as_that(tmp_path: Path) -> None:
    path = tmp_path / "full.ndjson"
    partial(path).mkdir()
    with pytest.raises(RecordingError), recording(path):
        pass


@pytest.mark.parametrize("name", ["traffic.ndjson", "traffic.ndjson.gz"])
def test_a_disk_that_is_full_is_told_as_that_whatever_was_held_back(tmp_path: Path, name: str) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, before[1]))
    try:
        with pytest.raises(RecordingError, match="cannot be written"), recording(tmp_path / name) as out:
            list(out.through((os.urandom(1_000) for _ in range(9)), lambda line: line))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (tmp_path / name).exists()
