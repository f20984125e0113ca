"""Help that teaches, on any screen."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rollout_cli.cli.app import rollout_command
from tests.support.program import Run

Rollout = Callable[..., Run]


def every_command(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, each in getattr(command, "commands", {}).items():
        yield from every_command(each, (*path, name))


COMMANDS = sorted(every_command(rollout_command()))


def test_every_command_of_the_design_is_there() -> None:
    wanted = "init validate status plan check advance rollback attest evaluate flags history export db doctor schema"
    assert set(wanted.split()) <= {path[0] for path in COMMANDS if path}


@pytest.mark.parametrize("columns", ["40", "80"])
@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "rollout")
def test_help_has_an_example_and_fits_the_screen(rollout: Rollout, path: tuple[str, ...], columns: str) -> None:
    run = rollout(*path, "--help", COLUMNS=columns)
    assert (run.code, run.err) == (0, "")
    page, _, examples = run.out.partition("\nExample")
    assert f"  rollout {' '.join(path[:1])}".rstrip() in examples
    assert max(map(len, page.splitlines())) <= max(int(columns), 40)
    assert run.out.isascii()
    assert "…" not in run.out


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "rollout")
def test_help_names_every_option_in_full_on_a_narrow_screen(rollout: Rollout, path: tuple[str, ...]) -> None:
    command = rollout_command()
    for name in path:
        command = command.commands[name]
    page = rollout(*path, "--help", COLUMNS="40").out.split()
    shown = [option for param in command.params if not getattr(param, "hidden", False) for option in param.opts]
    assert {option for option in shown if option.startswith("-")} <= {word.rstrip(",") for word in page}


@pytest.mark.parametrize("columns", ["1", "0", "-5", "many", "100000", ""])
def test_a_width_that_makes_no_sense_does_no_harm(rollout: Rollout, columns: str) -> None:
    run = rollout("advance", "--help", COLUMNS=columns)
    assert (run.code, run.err) == (0, "")
    assert max(map(len, run.out.splitlines())) <= 100


def test_a_page_reads_like_this(rollout: Rollout) -> None:
    assert rollout("attest", "-h").out.startswith("""\
Usage: rollout attest [OPTIONS] [CHECK]

  Say yes to a check, with your name, the time and an expiry.

Arguments:
  CHECK  The check's id.

Options:
  --note TEXT    What you looked at.
  --reason TEXT  The same as --note.
  --revoke       Say that no yes so far counts, whoever gave it.
  --list         What the plan asks for, and who said yes.
  --lang en|pt   The language of checks and errors; else ROLLOUT_LANG.
  -h, --help     Show this page and leave.

Options of every command:
  --project DIR       The project; else the folder upward with a flags.yaml.
""")


@pytest.mark.parametrize("path", [(), ("flags",), ("db",), ("-v",)])
def test_a_group_alone_shows_its_help_as_talk_and_exits_2(rollout: Rollout, path: tuple[str, ...]) -> None:
    run = rollout(*path)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("Usage: rollout")


def test_version(rollout: Rollout) -> None:
    assert (rollout("--version").code, rollout("--version").out) == (0, "rollout 0.1.0\n")
