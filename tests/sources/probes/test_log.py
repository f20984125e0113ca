"""The last lines of a log come quickly, however long it is and whatever is in it."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollout_cli.checks.questions import Answer, LogQuestion, LogSeen, NoAnswer
from rollout_cli.checks.verdict import Cause, Verdict
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from rollout_cli.sources.probes.log import LONGEST_LINE, MOST_BYTES, LogProbe
from tests.checks.asking import ask
from tests.sources.probes.running import open_descriptors, settings_for
from tests.support.children import without_privileges

LOOSE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def last(folder: Path, *, path: str = "log", lines: int = 1000) -> Answer:
    return LogProbe(settings_for(folder))(LogQuestion(path=path, lines=lines), Leash(5))


def printed(folder: Path, text: str, *, lines: int = 1000) -> Answer:
    return LogProbe(settings_for(folder, "sh"))(LogQuestion(command=("sh", "-c", text), lines=lines), Leash(10))


def seen(answer: Answer) -> LogSeen:
    assert isinstance(answer, LogSeen), answer
    return answer


def refused(answer: Answer) -> NoAnswer:
    assert isinstance(answer, NoAnswer), answer
    return answer


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", ()),
        (b"\n", ("",)),
        (b"a", ("a",)),
        (b"a\n", ("a",)),
        (b"a\r\nb\r\n", ("a", "b")),
        (b"a\nb\nc\nd", ("b", "c", "d")),
        (b"a\nb\nc\nd\n", ("b", "c", "d")),
        (b"a\n\n\n\n", ("", "", "")),
        (b"\xff\xfeb\0c\n", ("��b\0c",)),
        ("a\u2028b\vc\x85d\n".encode(), ("a\u2028b\vc\x85d",)),
    ],
)
def test_the_last_three_lines(tmp_path: Path, data: bytes, lines: tuple[str, ...]) -> None:
    (tmp_path / "log").write_bytes(data)
    assert seen(last(tmp_path, lines=3)).lines == lines
    (tmp_path / "copy").write_bytes(data)
    assert seen(printed(tmp_path, "cat copy", lines=3)).lines == lines


@LOOSE
@given(st.lists(st.binary(max_size=200).map(lambda each: each.replace(b"\n", b"")), min_size=1), st.integers(1, 30))
def test_whatever_is_written_its_last_lines_come_back(tmp_path: Path, written: list[bytes], most: int) -> None:
    (tmp_path / "log").write_bytes(b"".join(each + b"\n" for each in written))
    expected = tuple(each.removesuffix(b"\r").decode("utf-8", "replace") for each in written[-most:])
    assert seen(last(tmp_path, lines=most)).lines == expected


@pytest.mark.parametrize("length", [65_530 + each for each in range(12)])
def test_lines_across_the_edge_of_what_is_read_at_once_are_whole(tmp_path: Path, length: int) -> None:
    (tmp_path / "log").write_bytes(b"first\nsecond\n" + b"x" * length + b"\nlast\n")
    lines = seen(last(tmp_path, lines=3)).lines
    assert (lines[0], len(lines[1]), lines[2]) == ("second", LONGEST_LINE, "last")


def test_a_file_of_500_gb_is_read_in_milliseconds(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        file.seek(500_000_000_000)
        file.write(b"\nlast but one\nlast\n")
    begun = time.monotonic()
    lines = seen(last(tmp_path, lines=100_000)).lines
    assert time.monotonic() - begun < 5  # on a busy machine
    assert lines[-2:] == ("last but one", "last")
    assert seen(last(tmp_path, lines=2)).lines == ("last but one", "last")


def test_no_more_than_8_mb_are_read_and_no_part_of_a_line_counts_as_one(tmp_path: Path) -> None:
    line = b"x" * 1_023 + b"\n"
    (tmp_path / "log").write_bytes(line * 9_000)
    lines = seen(last(tmp_path, lines=100_000)).lines
    assert len(lines) == MOST_BYTES // len(line) - 1
    assert {len(each) for each in lines} == {1_023}
    assert len(seen(printed(tmp_path, "cat log", lines=100_000)).lines) == len(lines)


def test_a_line_that_is_very_long_is_cut(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("日" * 20_000 + "\nshort\n")
    assert seen(last(tmp_path)).lines == ("日" * LONGEST_LINE, "short")
    (tmp_path / "log").write_bytes(b"x" * (MOST_BYTES + 10))
    assert seen(last(tmp_path)).lines == ("x" * LONGEST_LINE,)


def test_the_age_is_that_of_the_last_write_and_negative_in_the_future(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a\n")
    os.utime(tmp_path / "log", (0, time.time() - 600))
    assert seen(last(tmp_path)).age_seconds == pytest.approx(600, abs=30)
    os.utime(tmp_path / "log", (0, time.time() + 600))
    assert seen(last(tmp_path)).age_seconds == pytest.approx(-600, abs=30)
    assert seen(printed(tmp_path, "echo a")).age_seconds is None


def test_a_log_that_is_cut_short_while_it_is_read_just_has_less_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"old\n" * 100_000)
    really = os.pread

    def and_then_cut(descriptor: int, length: int, position: int) -> bytes:
        data = really(descriptor, length, position)
        os.truncate(log, 8)
        return data

    monkeypatch.setattr(os, "pread", and_then_cut)
    assert set(seen(last(tmp_path, lines=100_000)).lines) == {"old"}


def test_a_log_that_is_renamed_and_begun_anew_is_read_as_it_is_now(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("old\n")
    (tmp_path / "log").rename(tmp_path / "log.1")
    (tmp_path / "log").write_text("new\n")
    assert seen(last(tmp_path)).lines == ("new",)


def test_only_plain_files_are_logs(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in ("pipe", "."):
        answer = refused(last(tmp_path, path=path))
        assert answer.cause is Cause.NOT_SET_UP
        assert str(answer.message) == f"{path} is not a plain file"


@pytest.mark.parametrize("path", ["/proc/self/environ", "/dev/zero", "../other/log", "link"])
def test_a_log_outside_of_the_project_is_read_only_where_sources_yaml_says_so(tmp_path: Path, path: str) -> None:
    project, other = tmp_path / "project", tmp_path / "other"
    project.mkdir()
    other.mkdir()
    (other / "log").write_text("a\n")
    (project / "link").symlink_to(other / "log")
    assert refused(last(project, path=path)).cause is Cause.FORBIDDEN
    answer = LogProbe(settings_for(project, files=("/proc", "/dev", str(other))))(LogQuestion(path), Leash(5))
    if path.startswith("/"):
        assert refused(answer).cause is Cause.FORBIDDEN
    else:
        assert seen(answer).lines == ("a",)


@pytest.mark.parametrize(
    ("data", "lines", "is_cut"),
    [
        (b"x\n" * 50, 10, False),
        (b"x\n" * 5, 10, False),
        (b"x" * LONGEST_LINE + b"\ny\n", 10, False),
        (b"\xc3\xa9" * LONGEST_LINE + b"\n", 10, False),
        (b"x" * (LONGEST_LINE + 1) + b"\ny\n", 10, True),
        (b"x" * (LONGEST_LINE + 1) + b"\ny\n", 1, False),
        ((b"x" * 9_000 + b"\n") * 1_000, 1_000, True),
        ((b"x" * 9_000 + b"\n") * 1_000, 900, False),
        (b"x" * (MOST_BYTES + 10), 1, True),
    ],
)
def test_what_is_missing_of_what_was_asked_for_is_told(tmp_path: Path, data: bytes, lines: int, is_cut: bool) -> None:
    (tmp_path / "log").write_bytes(data)
    assert seen(last(tmp_path, lines=lines)).is_cut is is_cut
    assert seen(printed(tmp_path, "cat log", lines=lines)).is_cut is is_cut


def test_a_log_that_was_not_read_as_far_as_it_is_asked_about_is_not_free_of_errors() -> None:
    def verdict(text: str, *lines: str) -> Verdict:
        return ask(f"kind: log, path: a, {text}", answers={"log": LogSeen(lines, 1.0, is_cut=True)}).verdict

    assert verdict("absent: ERROR", "ok") is Verdict.INCONCLUSIVE
    assert verdict("absent: ERROR", "ERROR") is Verdict.FAIL
    assert verdict("contains: ok", "ok") is Verdict.PASS
    assert verdict("contains: started", "ok") is Verdict.INCONCLUSIVE
    assert verdict("contains: ok, absent: ERROR", "ok") is Verdict.INCONCLUSIVE


def test_a_log_that_is_not_there_or_not_ours_to_read_is_unreachable(tmp_path: Path) -> None:
    missing = refused(last(tmp_path))
    assert (missing.cause, str(missing.message)) == (Cause.UNREACHABLE, "log is not there")
    assert str(missing.hint) == ("see where the service logs, or let a program print it: `command: [docker, logs, …]`")
    tmp_path.chmod(0o755)
    (tmp_path / "log").touch(mode=0)
    cause, message = without_privileges(lambda: (refused(last(tmp_path)).cause, str(refused(last(tmp_path)).message)))
    assert (cause, message) == (Cause.UNREACHABLE, "log may not be read by whoever runs the checks")


def test_a_log_below_a_file_or_behind_a_link_to_nothing_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for path in ("log/below", "link"):
        assert str(refused(last(tmp_path, path=path)).message) == f"{path} is not there"


def test_a_program_needs_the_same_permission_as_in_a_command_check(tmp_path: Path) -> None:
    question = LogQuestion(command=("touch", "there"))
    assert refused(LogProbe(settings_for(tmp_path))(question, Leash(5))).cause is Cause.FORBIDDEN
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo ok; exit 3", "exit status 3: what it printed is not the log"),
        ("echo ok; kill -9 $$", "ended by signal 9"),
    ],
)
def test_a_program_that_fails_printed_no_log(tmp_path: Path, text: str, said: str) -> None:
    answer = refused(printed(tmp_path, text))
    assert (answer.cause, str(answer.message)) == (Cause.BROKEN, said)


def test_a_program_that_prints_200_mb_is_kept_from_its_end(tmp_path: Path) -> None:
    assert seen(printed(tmp_path, "yes old | head -c 200000000; echo; echo new", lines=1)).lines == ("new",)


def test_a_program_that_never_ends_is_out_of_time(tmp_path: Path) -> None:
    question = LogQuestion(command=("sh", "-c", "yes"))
    begun = time.monotonic()
    with pytest.raises(OutOfTimeError):
        LogProbe(settings_for(tmp_path, "sh"))(question, Leash(0.3))
    assert time.monotonic() - begun < 6


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a\n")
    before = open_descriptors()
    for _ in range(5):
        last(tmp_path)
        last(tmp_path, path="nothing")
    assert open_descriptors() == before
