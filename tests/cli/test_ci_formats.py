"""The formats for CI, by command line: who writes them, where to, and what becomes of the others."""

import json
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from rollout_cli.cli.session import CI_FORMATS, PLAIN_FORMATS
from tests.ci.reports import junit_schema, sarif_schema
from tests.ci.workshop import BROKEN, SOUND
from tests.support.program import Run, text
from tests.support.projects import FLAGS, REPOSITORY, write_project

Rollout = Callable[..., Run]
BEGINNINGS = {
    "text": "Invalid: 1 error",
    "json": '{\n  "schema": "rollout/validate/v1"',
    "junit": "<?xml version",
    "sarif": '{\n  "$schema"',
    "github": "::error file=phases/0-development.yaml,line=4,col=3,title=unknown-flag::",
    "markdown": "## rollout validate: invalid\n",
}


@pytest.fixture
def broken(folder: Path) -> Path:
    """A project with one error, and gates everywhere."""
    return write_project(folder, phases=BROKEN)


@pytest.mark.parametrize("written_as", CI_FORMATS)
def test_validate_writes_every_format_with_the_same_exit_code(rollout: Rollout, broken: Path, written_as: str) -> None:
    run = rollout("validate", "--format", written_as)
    assert (run.code, run.err) == (2, "")
    assert BEGINNINGS[written_as] in run.out
    assert run.out.endswith("\n")
    assert rollout("validate", ROLLOUT_FORMAT=written_as).out == run.out


@pytest.mark.parametrize("written_as", CI_FORMATS[1:])
def test_what_is_for_programs_is_written_also_when_quiet(rollout: Rollout, broken: Path, written_as: str) -> None:
    loud, quiet = rollout("validate", "--format", written_as), rollout("-q", "validate", "--format", written_as)
    assert (quiet.code, quiet.out, quiet.err) == (loud.code, loud.out, "")


@pytest.mark.parametrize("written_as", CI_FORMATS[2:])
@pytest.mark.parametrize("command", ["status", "plan", "advance", "rollback", "history", "flags list", "doctor"])
def test_other_commands_refuse_them_and_do_nothing(
    rollout: Rollout, folder: Path, command: str, written_as: str
) -> None:
    run = rollout(*command.split(), "--format", written_as)
    assert (run.code, run.out) == (2, "")
    assert run.err == text(f"""
        error: this command does not write '{written_as}'
          -> formats: text, json; validate and check write the others, too
        """)
    assert not (folder / ".rollout").exists()


def test_a_format_that_is_none_is_refused_with_the_one_that_was_meant(rollout: Rollout) -> None:
    run = rollout("validate", "--format", "sarrif")
    assert (run.code, run.err) == (2, "error: there is no format 'sarrif'\n  -> did you mean sarif?\n")


@pytest.mark.parametrize(
    ("named", "problem"),
    [("junit", "which this command does not write"), ("markdwn", "which is no format")],
)
def test_a_variable_never_keeps_anybody_from_a_rollback(rollout: Rollout, named: str, problem: str) -> None:
    rollout("advance")
    run = rollout("rollback", ROLLOUT_FORMAT=named)
    assert run.code == 0
    assert run.out.startswith("~ EVENTS") or "Rolled back" in run.out
    assert run.err == f"warning: ROLLOUT_FORMAT is {named!r}, {problem}: this is text\n"


def test_the_format_may_stand_before_the_command(rollout: Rollout, broken: Path) -> None:
    assert rollout("--format", "junit", "validate").out.startswith("<?xml")
    assert rollout("--format", "junit", "status").code == 2


def test_reports_go_to_files_beside_the_answer(rollout: Rollout, broken: Path) -> None:
    names = [f"{each}={broken / each}.out" for each in CI_FORMATS]
    run = rollout("validate", *(word for name in names for word in ("--report", name)))
    assert (run.code, run.err) == (2, "")
    for each in CI_FORMATS:
        assert (broken / f"{each}.out").read_text() == rollout("validate", "--format", each).out
    assert (broken / "text.out").read_text() == run.out


def test_reports_are_written_when_quiet_and_over_those_of_the_last_run(rollout: Rollout, broken: Path) -> None:
    (broken / "r.md").write_text("old " * 5000)
    run = rollout("-q", "validate", "--report", "markdown=r.md")
    assert run.out == ""
    assert (broken / "r.md").read_text() == rollout("validate", "--format", "markdown").out


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("junit", "a report needs a format and a file, not 'junit'"),
        ("junit=", "a report needs a format and a file, not 'junit='"),
        ("=x.xml", "there is no format ''"),
        ("yaml=x", "there is no format 'yaml'"),
        ("junit=nowhere/x.xml", "the report cannot be written to nowhere/x.xml: No such file or directory"),
        ("junit=phases", "the report cannot be written to phases: Is a directory"),
    ],
)
def test_a_report_that_cannot_be_written_is_an_error(rollout: Rollout, words: str, error: str) -> None:
    run = rollout("validate", "--report", words)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"error: {error}\n  -> ")


def test_reports_are_for_commands_that_ci_runs(rollout: Rollout) -> None:
    run = rollout("status", "--report", "junit=x.xml")
    assert (run.code, run.out) == (2, "")
    assert "there is no option --report for `rollout status`" in run.err


def test_help_names_the_formats_of_the_command(rollout: Rollout) -> None:
    def words(*command: str) -> str:
        return " ".join(rollout(*command, "--help").out.split())

    assert "--format FORMAT How the answer is written: text, json, junit, sarif, github or markdown." in words("check")
    assert "--format text|json How the answer is written." in words("status")
    assert "--format FORMAT How the answer is written: text or json; for validate and check also junit," in words()


def test_a_project_below_the_root_of_the_checkout_names_its_files_from_there(rollout: Rollout, broken: Path) -> None:
    (broken.parent / ".git").mkdir()
    place = f"{broken.name}/phases/0-development.yaml"
    assert f"::error file={place}," in rollout("validate", "--format", "github").out
    result = rollout("validate", "--format", "sarif").document["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == place
    named = rollout("validate", "--format", "github", GITHUB_WORKSPACE=str(broken.parent.parent))
    assert f"::error file={broken.parent.name}/{place}," in named.out


def test_documents_hold_to_their_schemas(rollout: Rollout, broken: Path) -> None:
    junit_schema().validate(rollout("validate", "--format", "junit").out)
    sarif_schema().validate(rollout("validate", "--format", "sarif").document)


def test_names_that_are_no_text_are_written_all_the_same(rollout: Rollout, folder: Path) -> None:
    (Path(os.fsdecode(os.fsencode(folder / "phases") + b"/9-caf\xe9.yaml"))).write_text("phase: [\n")
    for each in CI_FORMATS[1:]:
        run = rollout("validate", "--format", each, "--report", f"{each}=copy")
        assert (run.code, run.err) == (2, "")
        assert (folder / "copy").read_bytes().decode("utf-8") == run.out.encode("utf-8", "backslashreplace").decode()
    results = rollout("validate", "--format", "sarif").document["runs"][0]["results"]
    places = [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results]
    assert "phases/9-caf%E9.yaml" in places


def test_hostile_titles_and_names_end_no_document(rollout: Rollout, folder: Path) -> None:
    flags = FLAGS.replace("EVENTS: {", "EVENTS: {owner: ']]><x>::error::|@all', ownr: '</failure>\\n::error::', ")
    write_project(folder, flags=flags)
    ET.fromstring(rollout("validate", "--format", "junit").out)
    json.loads(rollout("validate", "--format", "sarif").out)
    told = rollout("validate", "--format", "github").out.splitlines()
    assert all(each.startswith(("::error file=", "::warning file=", "::notice title=rollout")) for each in told)


def test_the_page_about_ci_names_every_format_and_its_lines_work(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=SOUND)
    page = (REPOSITORY / "docs" / "ci.md").read_text(encoding="utf-8")
    assert all(f"`{each}`" in page for each in CI_FORMATS)
    lines = re.findall(r"^rollout (.+)$", page, re.MULTILINE)
    assert "check --phase 1 --offline --format junit > report.xml" in lines
    for words in lines:
        run = rollout(*shlex.split(words.partition(" > ")[0]))
        assert (run.code, "error:" in run.err) == (0, False), words


def test_only_validate_and_check_write_what_ci_reads(rollout: Rollout) -> None:
    from rollout_cli.cli.app import rollout_command

    options = {
        name: next(param for param in each.params if param.name == "format").metavar
        for name, each in rollout_command().commands.items()
        if not hasattr(each, "commands")
    }
    assert {name for name, shown in options.items() if shown != "|".join(PLAIN_FORMATS)} == {"validate", "check"}
