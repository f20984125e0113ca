"""Whatever lies at a path, looking at it says what it is, and never waits for it."""

import errno
import os
import time
from pathlib import Path

import pytest

from rollout_cli.checks.portuguese import PORTUGUESE
from rollout_cli.checks.questions import Answer, FileQuestion, FileSeen, NoAnswer
from rollout_cli.checks.verdict import Cause, Verdict
from rollout_cli.sources.probes.files import MOST_CONTENT, FileProbe, unreachable
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from tests.checks.asking import ask
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


def test_the_age_of_a_file_from_the_future_is_negative_so_that_nobody_takes_it_for_new(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    os.utime(tmp_path / "a", (0, time.time() + 100_000))
    assert -100_001 < seen(look(tmp_path, "a")).age_seconds < -99_000


@pytest.mark.parametrize(
    ("path", "what"),
    [("nothing", "nothing"), ("no/where", "nowhere"), ("file/below", "nowhere"), ("dangling", "something else")],
)
def test_what_is_not_there_is_told_from_what_leads_nowhere(tmp_path: Path, path: str, what: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nothing")
    found = seen(look(tmp_path, path, content=True))
    assert found.what == what
    outcome = ask(f"kind: file, path: {path}, exists: false", answers={"file": found})
    expected = {"nothing": Verdict.PASS, "nowhere": Verdict.INCONCLUSIVE, "something else": Verdict.FAIL}
    assert outcome.verdict is expected[what]
    assert ask(f"kind: file, path: {path}", answers={"file": found}).verdict is Verdict.FAIL


def test_a_link_is_followed_and_a_folder_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    assert seen(look(tmp_path, "link", content=True)).content == b"x"
    assert seen(look(tmp_path, ".", content=True)).what == "folder"


def test_pipes_are_seen_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert seen(look(tmp_path, str(tmp_path / "pipe"), content=True)).what == "something else"


@pytest.mark.parametrize("path", ["/proc/self/environ", "/proc/1/status", "/dev/zero", "/sys/kernel", "/dev", "link"])
def test_the_insides_of_the_system_are_never_looked_into(tmp_path: Path, path: str) -> None:
    (tmp_path / "link").symlink_to("/proc/self/environ")
    for files in ((), ("/proc", "/sys", "/dev"), ("/",), (str(tmp_path / "link"),)):
        answer = FileProbe(settings_for(tmp_path, files=files))(FileQuestion(path, wants_content=True), Leash(5))
        assert isinstance(answer, NoAnswer)
        assert answer.cause is Cause.FORBIDDEN


@pytest.mark.parametrize("path", ["../outside/a", "link", "folder/a", "../project-2/a", "{outside}/a"])
def test_what_is_outside_of_the_project_is_read_only_where_sources_yaml_says_so(tmp_path: Path, path: str) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    for folder in (project, outside, tmp_path / "project-2"):
        folder.mkdir()
        (folder / "a").write_bytes(b"hello")
    (project / "link").symlink_to(outside / "a")
    (project / "folder").symlink_to(outside)
    question = FileQuestion(path.format(outside=outside), wants_content=True)
    answer = FileProbe(settings_for(project))(question, Leash(5))
    assert isinstance(answer, NoAnswer)
    assert answer.cause is Cause.FORBIDDEN
    named = str(answer.hint).partition("files: [")[2].removesuffix("]")
    assert seen(FileProbe(settings_for(project, files=(named,)))(question, Leash(5))).content == b"hello"
    assert seen(FileProbe(settings_for(project, files=(f"{named}/a",)))(question, Leash(5))).content == b"hello"
    near = FileProbe(settings_for(project, files=(f"{named}-2", f"{named}/b", "outside")))(question, Leash(5))
    assert isinstance(near, NoAnswer)


def test_a_link_that_is_changed_while_we_read_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    for folder in (project / "inside", outside):
        folder.mkdir(parents=True)
        (folder / "a").write_bytes(b"secret" if folder == outside else b"harmless")
    really = Path.stat

    def and_then_another(path: Path) -> os.stat_result:
        monkeypatch.undo()
        (project / "inside").rename(project / "before")
        (project / "inside").symlink_to(outside)
        return really(path)

    monkeypatch.setattr(Path, "stat", and_then_another)
    answer = look(project, "inside/a", content=True)
    assert isinstance(answer, NoAnswer)
    assert answer.cause is Cause.FORBIDDEN


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


def test_what_we_may_not_read_is_unreachable(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "file").chmod(0)
    (tmp_path / "shut").mkdir(mode=0)

    def refusals() -> list[tuple[Cause, str] | None]:
        answers = [look(tmp_path, path, content=True) for path in ("file", "shut/file")]
        return [(answer.cause, str(answer.message)) if isinstance(answer, NoAnswer) else None for answer in answers]

    assert without_privileges(refusals) == [
        (Cause.UNREACHABLE, f"{path} may not be read by whoever runs the checks") for path in ("file", "shut/file")
    ]


@pytest.mark.parametrize(("path", "error"), [("loop", "ELOOP"), ("x" * 900, "ENAMETOOLONG")])
def test_what_the_system_does_not_find_its_way_to_is_unreachable(tmp_path: Path, path: str, error: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    answer = look(tmp_path, path)
    assert isinstance(answer, NoAnswer)
    assert (answer.cause, str(answer.message)) == (Cause.UNREACHABLE, f"{path} cannot be read: {error}")


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOENT, "a is not there"),
        (errno.ENOTDIR, "a is not there"),
        (errno.EACCES, "a may not be read by whoever runs the checks"),
        (errno.EPERM, "a may not be read by whoever runs the checks"),
        (errno.EISDIR, "a is a folder"),
        (errno.EIO, "a cannot be read: EIO"),
        (None, "a cannot be read: EIO"),
    ],
)
def test_what_the_system_says_is_put_in_words_that_can_be_translated(number: int | None, message: str) -> None:
    answer = unreachable("a", OSError(number, "words of the system") if number else OSError())
    assert str(answer.message) == message
    assert PORTUGUESE[answer.message.template]
    assert PORTUGUESE[answer.hint.template]


def test_a_link_that_leads_nowhere_any_more_is_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    really = Path.stat

    def and_then_gone(path: Path) -> os.stat_result:
        status = really(path)
        (tmp_path / "file").unlink(missing_ok=True)
        return status

    monkeypatch.setattr(Path, "stat", and_then_gone)
    assert seen(look(tmp_path, "link", content=True)).what == "something else"


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
