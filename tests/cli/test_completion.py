"""What the shell completes."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.support.program import PROGRAM, rollout_in_shell
from tests.support.projects import FLAGS, PHASES, write_project

Complete = Callable[..., set[str]]


@pytest.fixture
def complete(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Complete:
    """What bash is offered behind some words, in the small project."""
    from rollout_cli.cli.main import run

    monkeypatch.chdir(folder)

    def completed(*words: str) -> set[str]:
        monkeypatch.setenv("_ROLLOUT_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", " ".join(["rollout", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        with pytest.raises(SystemExit) as leaving:
            run([])
        said = capsys.readouterr()
        assert (leaving.value.code, said.err) == (0, "")
        return set(said.out.split())

    return completed


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ro"], {"rollback"}),
        (["flags", "de"], {"deny"}),
        (["rollback", "--sh"], {"--shopper"}),
        (["status", "--format", ""], {"text", "json"}),
        (["evaluate", ""], {"EVENTS", "SHADOW", "ROUTING", "POLICY"}),
        (["flags", "show", "RO"], {"ROUTING"}),
        (["flags", "set", "POLICY", "--value", ""], {"default", "round_robin", "sticky"}),
        (["advance", "--phase", ""], {"0", "1", "2", "3"}),
        (["advance", "--phase", "3", "--percent", ""], {"10", "50", "100"}),
        (["advance", "--phase", "2", "--percent", ""], set()),
        (["plan", "--percent", "1"], {"10", "100"}),
        (["attest", ""], {"team-trained"}),
        (["export", ""], {"flagd", "env", "json"}),
        (["rollback", "--to", "p"], {"previous", "phase:"}),
        (["history", ""], {"verify"}),
        (["schema", "sta"], {"status"}),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "offered",
)  # fmt: skip
def test_commands_options_and_names_are_completed(
    complete: Complete, folder: Path, words: Sequence[str], offered: set[str]
) -> None:
    asked = "preflight:\n  - {id: team-trained, kind: attestation}\n  - {id: flag-off, kind: flag, flag: EVENTS}\n"
    write_project(folder, phases={**PHASES, "0-development": PHASES["0-development"] + asked})
    assert complete(*words) == offered


def test_what_a_yes_answers_is_completed_in_every_list(complete: Complete, folder: Path) -> None:
    asked = """\
preflight:
  - {id: normalizes, kind: simulate, pending: the normalizer}
gates:
  - {id: flag-off, kind: flag, flag: EVENTS}
rollback:
  post_checks:
    - {id: logs-read, kind: attestation}
"""
    write_project(folder, phases={**PHASES, "0-development": PHASES["0-development"] + asked})
    assert complete("attest", "") == {"normalizes", "logs-read"}


@pytest.mark.parametrize("content", [None, "flags: [1, 2]\n", "flags: {A: 5}\n", "- x\n", "{", "\0", "flags:\n"])
def test_where_the_files_are_broken_or_missing_completion_is_silent(
    complete: Complete, folder: Path, content: str | None
) -> None:
    for path in [folder / "flags.yaml", *(folder / "phases").iterdir()]:
        path.unlink() if content is None else path.write_text(content)
    assert complete("evaluate", "E") == set()
    assert complete("flags", "set", "POLICY", "--value", "") == set()
    assert complete("advance", "--percent", "") == set()
    assert complete("attest", "") == set()


def test_the_project_that_is_named_is_the_one_that_is_completed(complete: Complete, tmp_path: Path) -> None:
    write_project(tmp_path / "other", flags=FLAGS.replace("EVENTS", "EXTRAS"))
    assert complete("--project", str(tmp_path / "other"), "evaluate", "E") == {"EXTRAS"}
    assert complete("evaluate", "--project", str(tmp_path / "other"), "E") == {"EXTRAS"}


def test_bash_completes_with_the_script_that_the_program_prints(folder: Path) -> None:
    script = f"""
    shim=$(mktemp -d); printf '#!/bin/sh\\nexec {PROGRAM[0]} -m rollout_cli.cli.main "$@"\\n' > $shim/rollout
    chmod +x $shim/rollout; PATH=$shim:$PATH; unset -f rollout
    eval "$(_ROLLOUT_COMPLETE=source_bash rollout)"
    COMP_WORDS=(rollout evaluate EV); COMP_CWORD=2; _rollout_completion rollout; echo "${{COMPREPLY[@]}}"
    complete -p rollout; rm -r $shim
    """
    run = rollout_in_shell(script, cwd=folder, PATH=os.environ["PATH"])
    assert run.out.splitlines() == ["EVENTS", "complete -o default -F _rollout_completion rollout"]
    assert (run.code, run.err) == (0, "")
