"""Where words go."""

import io

import pytest

from rollout_cli.cli.output import Output
from rollout_cli.errors import UsageError
from rollout_cli.render.words import line


class Broken(io.StringIO):
    """A stream that refuses what is written to it."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error
        self.tries = 0

    def write(self, _: str) -> int:
        self.tries += 1
        raise self.error


def output(*, quiet: bool = False) -> Output:
    return Output(as_json=False, color=True, quiet=quiet)


def test_what_was_said_is_not_said_again(capsys: pytest.CaptureFixture[str]) -> None:
    out = output()
    for _ in range(3):
        out.talk("There is no store yet.")
    out.complain("one", "two")
    out.complain("one", "three")
    assert capsys.readouterr().err == "There is no store yet.\none\ntwo\none\nthree\n"


def test_quiet_talk_is_silent_and_complaints_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    out = output(quiet=True)
    out.talk("by the way")
    out.complain("attention")
    assert capsys.readouterr().err == "attention\n"


def test_where_nobody_reads_any_more_writing_ends_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = Broken(BrokenPipeError())
    monkeypatch.setattr("sys.stdout", pipe)
    out = output()
    out.lines([line("first")])
    out.lines([line("second")])
    assert out.raw("third") is False
    assert pipe.tries == 1


def test_an_answer_that_cannot_be_written_is_an_error_unless_the_work_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout", Broken(OSError(28, "No space left on device")))
    with pytest.raises(UsageError, match="the answer cannot be written: No space left on device"):
        output().lines([line("first")])
    output().lines([line("first")], done=True)
    assert capsys.readouterr().err.startswith("warning: the answer cannot be written: No space left on device; ")


def test_talk_that_nobody_can_read_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Broken(OSError(28, "No space left on device")))
    output().complain("the house is on fire")
