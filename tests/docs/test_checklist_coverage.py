"""Every line of the two checklists is answered by a check, and every check answers a line."""

import importlib
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.projects import REPOSITORY

SEEDS = os.environ.get("ROLLOUT_SEEDS")
ITEM = re.compile(r"\s*(?:[-*]|\d+\.)\s+(?:\[[ x]\]\s+|✅\s+)?(.+)")
LABELLED = re.compile(r"\*\*[^*]+:\*\*\s+(.+)")
NOTED = re.compile(r"#\s+(?:-\s+)?(.+)")
WORTH_NOTING = re.compile(r"#\s+(?:- |\[|GET |POST )")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(REPOSITORY / "scripts"))
    return importlib.import_module("docs_coverage")


def lines_of(text: str) -> Iterator[tuple[int, str, str]]:
    """A checklist's lines with number and section: its list items, labelled sentences, and what stands in its code."""
    upper = lower = ""
    in_code = False
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("```"):
            in_code = not in_code
        elif in_code and bare:
            found = NOTED.match(bare) if bare.startswith("#") else re.match("(.+)", bare)
            if found and (not bare.startswith("#") or WORTH_NOTING.match(bare)):
                yield number, section(upper, lower), found[1]
        elif bare.startswith("#"):
            words = re.sub(r"^\W+", "", bare)
            upper, lower = (upper, words) if bare.startswith("###") else (words.partition(":")[0], "")
        elif found := ITEM.match(line) or LABELLED.match(bare):
            yield number, section(upper, lower), found[1].strip()


def section(upper: str, lower: str) -> str:
    if not lower or re.match(r"\d+\.", lower):
        return lower or upper
    return f"{upper} / {lower}"


def test_every_line_is_answered_and_every_name_is_a_line(script: ModuleType) -> None:
    assert script.coverage(script.read_lines(), script.read_plans()).problems == []


def test_a_line_that_no_check_answers_is_a_problem(script: ModuleType) -> None:
    asked = [each for each in script.read_plans() if each.check.entry.id != "tables-stay-small"]
    (problem,) = script.coverage(script.read_lines(), asked).problems
    assert problem.endswith("is answered by nothing: Tamanho das tabelas")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"title_pt": "Palavras de ninguém"}, "its title_pt 'Palavras de ninguém' is no line"),
        ({"title_pt": ""}, "its title_pt '' is no line"),
        ({"covers": ["Palavras de ninguém"]}, "'Palavras de ninguém' is no line"),
        ({"covers": ["Taxa de erros"]}, "'Taxa de erros' is 2 lines: add the section"),
        ({"title_pt": "Taxa de erros"}, "its title_pt 'Taxa de erros' is 2 lines: say which in `covers`"),
        ({"covers": ["config.save()"]}, "'config.save()' is 2 lines: add the section"),
        ({"covers": ["5.1 Configurar Allowlist: config.save()"]}, "is no question, and `tables-stay-small`"),
    ],
)
def test_a_name_that_is_not_one_line_is_a_problem(
    script: ModuleType, changes: dict[str, object], complaint: str
) -> None:
    asked = script.read_plans()
    index = next(i for i, each in enumerate(asked) if each.check.entry.id == "tables-stay-small")
    check = asked[index].check
    asked[index] = replace(asked[index], check=replace(check, entry=check.entry.model_copy(update=changes)))
    assert any(complaint in problem for problem in script.coverage(script.read_lines(), asked).problems)


def test_words_in_several_sections_are_told_apart_by_their_section(script: ModuleType) -> None:
    answers = script.coverage(script.read_lines(), script.read_plans()).answers
    phases = {
        line.section: {each.phase for each in checks}
        for line, checks in answers.items()
        if line.words == "Taxa de erros"
    }
    assert phases == {"Fase 2 / Monitoramento": {2}, "Fase 3 / Monitoramento Contínuo": {3}}


def test_two_lines_of_one_name_are_a_problem(script: ModuleType) -> None:
    lines = script.read_lines()
    twice = [*lines, replace(lines[0], number=999, reason="again")]
    assert f"two lines are called {lines[0].key!r}" in script.coverage(twice, script.read_plans()).problems


def test_the_page_has_a_row_for_every_line_and_totals_that_add_up(script: ModuleType) -> None:
    page = script.coverage_page()
    lines = script.read_lines()
    rows = re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    assert [int(each) for each in rows] == [line.number for line in lines]
    *states, total = (int(each) for each in re.search(r"\| both \|([\d |]+)\|", page)[1].split("|"))
    assert (sum(states), total) == (len(lines), len(lines))
    assert states[-1] == sum(bool(line.reason) for line in lines)


def test_a_question_without_an_answer_is_never_excused_in_the_first_checklist(script: ModuleType) -> None:
    excused = [line for line in script.read_lines() if line.reason and line.document == "safe-rollout-checklist"]
    assert excused == []


@pytest.mark.skipif(SEEDS is None, reason="ROLLOUT_SEEDS does not say where the two checklists are")
def test_no_line_of_the_two_documents_is_missing(script: ModuleType) -> None:
    kept: dict[str, list[tuple[int, str, str]]] = {}
    for line in script.read_lines():
        kept.setdefault(line.document, []).append((line.number, line.section, line.words))
    assert len(kept) == 2
    for document, lines in kept.items():
        assert lines == list(lines_of((Path(str(SEEDS)) / f"{document}.md").read_text(encoding="utf-8")))
