"""Whatever lies at a path, looking at it says what it is, and never waits for it."""

import os
import time
from pathlib import Path

import pytest

from rollout_cli.checks.questions import Answer, FileQuestion, FileSeen, NoAnswer
from rollout_cli.checks.verdict import Cause
from rollout_cli.sources.probes.files import MOST_CONTENT, FileProbe
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from tests.sources.probes.running import open_descriptors, settings_for
from tests.support.children import without_privileges


def look(folder: Path, path: str, *, content: bool = False) -> FileSeen | NoAnswer:
    return FileProbe(settings_for(folder))(FileQuestion(path, content), Leash(5))


def seen(answer: Answer) -> FileSeen:
    assert isinstance(answer, FileSeen), answer
    return answer


def test_a_file_is_seen_from_the_project_with_its_size_and_age(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_bytes(b"hello")
    os.utime(tmp_path / "docs" / "a.md", (0, time.time() - 3600))
    file = seen(look(tmp_path, "docs/a.md"))
    assert (file.what, file.size, file.content) == ("file", 5, b"")
    assert file.age_seconds == pytest.approx(3600, abs=30)


def test_content_comes_only_when_it_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hel\0lo\xff")
    assert seen(look(tmp_path, "a", content=True)).content == b"hel\0lo\xff"


def test_a_file_from_the_future_is_new(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    os.utime(tmp_path / "a", (0, time.time() + 100_000))
    assert seen(look(tmp_path, "a")).age_seconds == 0


@pytest.mark.parametrize("path", ["nothing", "no/where", "file/below", "dangling"])
def test_what_is_not_there_is_nothing(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nothing")
    assert seen(look(tmp_path, path, content=True)) == FileSeen("nothing")


def test_a_link_is_followed_and_a_folder_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    assert seen(look(tmp_path, "link", content=True)).content == b"x"
    assert seen(look(tmp_path, ".", content=True)).what == "folder"


def test_pipes_and_devices_are_seen_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (str(tmp_path / "pipe"), "/dev/zero", "/dev/tty"):
        assert seen(look(tmp_path, path, content=True)).what == "something else"


def test_a_large_file_can_be_looked_at_and_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(5_000_000_000)
    (tmp_path / "fits").write_bytes(b"x" * MOST_CONTENT)
    assert seen(look(tmp_path, "large")).size == 5_000_000_000
    assert len(seen(look(tmp_path, "fits", content=True)).content) == MOST_CONTENT
    answer = look(tmp_path, "large", content=True)
    assert isinstance(answer, NoAnswer)
    assert answer.cause is Cause.BAD_ANSWER
    assert str(answer.message) == "large is larger than 1 MB: its content is not read"


def test_a_file_without_a_size_is_read_within_the_same_limit(tmp_path: Path) -> None:
    assert seen(look(tmp_path, "/proc/self/status", content=True)).content.startswith(b"Name:")


def test_what_we_may_not_read_is_unreachable(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "file").chmod(0)
    (tmp_path / "shut").mkdir(mode=0)

    def causes() -> list[Cause | None]:
        answers = [look(tmp_path, path, content=True) for path in ("file", "shut/file")]
        return [answer.cause if isinstance(answer, NoAnswer) else None for answer in answers]

    assert without_privileges(causes) == [Cause.UNREACHABLE, Cause.UNREACHABLE]


@pytest.mark.parametrize("path", ["loop", "x" * 900])
def test_what_the_system_does_not_find_its_way_to_is_unreachable(tmp_path: Path, path: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    answer = look(tmp_path, path)
    assert isinstance(answer, NoAnswer)
    assert answer.cause is Cause.UNREACHABLE


def test_a_file_that_became_a_pipe_is_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    really = Path.stat

    def and_then_a_pipe(path: Path) -> os.stat_result:
        status = really(path)
        path.unlink()
        os.mkfifo(path)
        monkeypatch.undo()
        return status

    monkeypatch.setattr(Path, "stat", and_then_a_pipe)
    assert seen(look(tmp_path, "file", content=True)).what == "something else"


def test_no_descriptor_stays_open_and_a_cut_leash_is_obeyed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 2_000_000)
    before = open_descriptors()
    for _ in range(5):
        look(tmp_path, "a", content=True)
    assert open_descriptors() == before
    leash = Leash(5)
    leash.cut()
    with pytest.raises(OutOfTimeError):
        FileProbe(settings_for(tmp_path))(FileQuestion("a"), leash)
