"""The reference pages say what the code says; they are written by scripts/generate_docs.py."""

import importlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from types import ModuleType
from typing import Any

import pytest

from rollout_cli.checks.kinds import KINDS
from rollout_cli.checks.lint_checks import CHECK_RULES
from rollout_cli.checks.sources_file import SourcesFile
from rollout_cli.cli.app import rollout_command
from rollout_cli.errors import ExitCode
from rollout_cli.plan.difference import Actual, plan_move, snapshot_at
from rollout_cli.plan.findings import Severity
from rollout_cli.plan.lint import LINT_RULES
from rollout_cli.plan.models import FlagsFile, PhaseFile
from rollout_cli.plan.moves import MOVES, Move, Stage, resolve
from rollout_cli.plan.reading_rules import ReadingRule
from rollout_cli.sources.project_files import MAX_PHASES, MAX_TOTAL_BYTES
from rollout_cli.sources.strict_yaml import MAX_BYTES, MAX_DEPTH, MAX_SCALAR, MAX_VALUES
from tests.support.files import read_files
from tests.support.projects import REPOSITORY, load_project

DOCS = REPOSITORY / "docs"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The generator, imported the way it imports its own parts."""
    monkeypatch.syspath_prepend(str(REPOSITORY / "scripts"))
    return importlib.import_module("generate_docs")


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def yaml_blocks(name: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", text(name), re.DOTALL)


def test_the_committed_pages_are_current(scripts: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    code = scripts.main(["--check"])
    assert (code, capsys.readouterr().err) == (0, "")


def test_a_stale_page_is_named_and_left_alone(
    scripts: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in scripts.PAGES:
        shutil.copy(DOCS / name, tmp_path / name)
    (tmp_path / "files.md").write_text("old")
    (tmp_path / "checks.md").unlink()
    assert scripts.main(["--check", "--docs", str(tmp_path)]) == 1
    assert re.findall(r"(\w+\.md) is stale", capsys.readouterr().err) == ["checks.md", "files.md"]
    assert (tmp_path / "files.md").read_text() == "old"


def test_writing_mends_what_is_stale_and_nothing_else(scripts: ModuleType, tmp_path: Path) -> None:
    for name in scripts.PAGES:
        shutil.copy(DOCS / name, tmp_path / name)
    (tmp_path / "positions.md").write_text("old")
    (tmp_path / "guide.md").write_text("by hand")
    assert scripts.main(["--docs", str(tmp_path)]) == 0
    assert scripts.main(["--docs", str(tmp_path), "--check"]) == 0
    assert (tmp_path / "guide.md").read_text() == "by hand"


def test_the_pages_do_not_depend_on_the_terminal(scripts: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in ("40", "400"):
        monkeypatch.setenv("COLUMNS", columns)
        assert scripts.main(["--check"]) == 0


def test_every_option_of_every_command_is_shown() -> None:
    def options(group: Any, path: str) -> Iterator[tuple[str, str]]:
        for name, each in group.commands.items():
            if hasattr(each, "commands"):
                yield from options(each, f"{path} {name}")
            elif not each.hidden:
                visible = [one for one in each.params if not getattr(one, "hidden", False)]
                yield from ((f"{path} {name}", option) for one in visible for option in one.opts if option[0] == "-")

    page = text("commands.md")
    shared, _, _ = page.partition("## All commands")
    sections = dict(re.findall(r"^## (rollout .*)\n((?:(?!## ).*\n)*)", page, re.MULTILINE))
    missing = [(path, each) for path, each in options(rollout_command(), "rollout")
               if f"`{each}" not in shared and f"`{each}" not in sections[path]]  # fmt: skip
    assert missing == []


def test_the_example_of_the_files_is_a_sound_project_without_warnings() -> None:
    flags, phase, sources = yaml_blocks("files.md")
    reading = read_files({"flags.yaml": flags, "phases/0-production.yaml": phase, "sources.yaml": sources})
    assert reading.findings == ()


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_of_the_checks_are_sound(kind: str) -> None:
    flags, *_ = yaml_blocks("files.md")
    example = next(block for block in yaml_blocks("checks.md") if re.search(rf"kind: {kind}[,}}\n]", block))
    phase = f"phase: 0\nname: x\nrollback:\n  post_checks:\n{indent(example, '  ')}"
    sources = (REPOSITORY / "sources.yaml").read_text(encoding="utf-8")
    reading = read_files({"flags.yaml": flags, "phases/0-x.yaml": phase, "sources.yaml": sources})
    assert [each for each in reading.findings if each.severity is Severity.ERROR] == []


def test_every_key_kind_rule_and_code_has_its_line() -> None:
    for model in (FlagsFile, PhaseFile, SourcesFile):
        for schema in (model.model_json_schema(), *model.model_json_schema()["$defs"].values()):
            assert all(f"| `{key}` |" in text("files.md") for key in schema["properties"])
    for kind, parameters in KINDS.items():
        assert f"## `{kind}`" in text("checks.md")
        assert all(f"| `{key}` |" in text("checks.md") for key in parameters.model_fields)
    assert all(f"| `{rule}` |" in text("lint-rules.md") for rule in (*ReadingRule, *LINT_RULES, *CHECK_RULES))
    assert all(f"| `{code.value}` |" in text("exit-codes.md") for code in ExitCode)


def test_the_limits_that_the_rules_name_are_those_that_hold() -> None:
    named = {
        ReadingRule.FILE_TOO_LARGE: f"{MAX_BYTES // 1_000_000} MB",
        ReadingRule.PROJECT_TOO_LARGE: f"{MAX_TOTAL_BYTES // 1_000_000} MB",
        ReadingRule.TOO_MANY_PHASES: f"{MAX_PHASES} phase",
        ReadingRule.TOO_DEEP: f"{MAX_DEPTH} levels",
        ReadingRule.TOO_LONG: f"{MAX_SCALAR:,} characters",
        ReadingRule.TOO_MANY_VALUES: f"{MAX_VALUES:,} keys",
    }
    for rule, limit in named.items():
        assert limit in rule.meaning


def test_the_diagram_leads_where_the_moves_lead(scripts: ModuleType, folder: Path) -> None:
    """Every move that can be made in a real plan is an arrow of the diagram, and the other way round."""
    positions = importlib.import_module("docs_positions")
    wanted = load_project(folder).wanted
    places = wanted.positions()
    blank = snapshot_at(wanted, None)
    made = set()
    for stage in Stage:
        for current in (None,) if stage is Stage.OFF else places:
            for goal in (None, *places):
                destination = resolve(stage, current, places, goal)
                if isinstance(destination.outcome, Move):
                    plan = plan_move(Actual(1, stage, current, blank), wanted, destination)
                    made.add((stage, destination.relation, plan.target_stage))
    drawn = {
        (stage, relation, positions.stage_after(stage, relation, outcome))
        for (stage, relation), outcome in MOVES.items()
        if isinstance(outcome, Move)
    }
    assert made <= drawn
    assert {target for _, _, target in made} == {target for _, _, target in drawn}
    for stage in Stage:
        assert f"    {stage.value} --> rolled_back: rollback" in text("positions.md")


def test_links_to_other_pages_lead_somewhere(scripts: ModuleType) -> None:
    for name in scripts.PAGES:
        for target in re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", text(name)):
            assert (DOCS / target).exists(), f"{name} -> {target}"


def test_links_within_generated_pages_lead_to_a_heading(scripts: ModuleType) -> None:
    markdown = importlib.import_module("docs_markdown")
    for name in scripts.PAGES:
        headings = {markdown.anchor(line.lstrip("# ")) for line in text(name).splitlines() if line.startswith("#")}
        assert set(re.findall(r"\]\(#([^)]+)\)", text(name))) <= headings
