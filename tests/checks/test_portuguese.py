"""The Portuguese catalog: a sentence for every sentence, with the same gaps, and none too many."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from string import Formatter

import pytest

from rollout_cli.checks.portuguese import FRAME, PORTUGUESE
from rollout_cli.checks.portuguese_checks import CHECKS
from rollout_cli.checks.portuguese_moves import MOVES
from rollout_cli.checks.portuguese_refusals import FORMS, REFUSALS
from rollout_cli.checks.portuguese_sources import SOURCES
from rollout_cli.checks.retelling import retold
from rollout_cli.checks.verdict import Verdict
from rollout_cli.control.recovery import Recovered
from rollout_cli.render import check_text
from tests.support.for_each import for_each
from tests.support.projects import REPOSITORY

SAYING = ("checks", "control", "sources")
"""The rooms whose sentences are said with `say`; the others have a `say` of their own, or none."""
TITLES = {"The position has soaked", "The clock can be trusted"}


def calls(function: str, *rooms: str) -> Iterator[tuple[str, ast.expr]]:
    """Where a function is called, and its first argument."""
    for room in rooms:
        for file in sorted((REPOSITORY / "rollout_cli" / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
                    yield f"{file.relative_to(REPOSITORY)}:{node.lineno}", node.args[0]


@cache
def literals(function: str, *rooms: str) -> set[str]:
    return {each.value for _, each in calls(function, *rooms) if isinstance(each, ast.Constant)}


AWAITED = {
    found
    for file in (REPOSITORY / "phases").glob("*.yaml")
    for found in re.findall(r"(?m)^ +pending: (.+)$", file.read_text(encoding="utf-8"))
}
"""What checks of the shipped plan wait for."""
TABLES = {
    *Verdict,
    *Recovered,
    *check_text._HEADINGS.values(),
    *check_text._COUNTS.values(),
    *check_text._APART.values(),
    check_text._UNHEARD,
    check_text._NOT_ASKED,
    *AWAITED,
}


def said() -> set[str]:
    return literals("say", *SAYING)


def spoken() -> set[str]:
    return literals("speak", "render", "cli")


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_every_sentence_is_a_literal_where_it_is_said() -> None:
    assert [place for place, each in calls("say", *SAYING) if not isinstance(each, ast.Constant)] == []
    assert len(said()) > 200


def test_every_sentence_has_its_portuguese() -> None:
    assert sorted(said() - set(PORTUGUESE)) == []


def test_every_phrase_around_the_checks_has_its_portuguese() -> None:
    assert sorted((spoken() | TABLES | TITLES) - set(PORTUGUESE)) == []


def test_no_entry_outlives_its_sentence() -> None:
    assert sorted(set(PORTUGUESE) - said() - spoken() - TABLES - TITLES - set(REFUSALS)) == []


def test_no_sentence_stands_in_two_places() -> None:
    assert len(PORTUGUESE) == len(FRAME) + len(CHECKS) + len(MOVES) + len(SOURCES) + len(REFUSALS)
    for file in ("portuguese", "portuguese_checks", "portuguese_moves", "portuguese_refusals", "portuguese_sources"):
        tree = ast.parse((REPOSITORY / "rollout_cli" / "checks" / f"{file}.py").read_text(encoding="utf-8"))
        for table in (node for node in ast.walk(tree) if isinstance(node, ast.Dict)):
            keys = [key.value for key in table.keys if isinstance(key, ast.Constant)]
            assert len(keys) == len(set(keys))


@for_each("english", PORTUGUESE)
def test_both_languages_have_the_same_gaps(english: str) -> None:
    portuguese = PORTUGUESE[english]
    assert gaps(portuguese) == gaps(english)
    assert portuguese == " ".join(portuguese.split())
    assert portuguese
    assert not portuguese.endswith(".") or english.endswith(".")


@for_each("english", PORTUGUESE)
def test_names_in_backquotes_are_not_translated(english: str) -> None:
    assert sorted(PORTUGUESE[english].split("`")[1::2]) == sorted(english.split("`")[1::2])


def test_whole_words_of_english_do_not_stay_behind() -> None:
    same = {english for english, portuguese in PORTUGUESE.items() if english == portuguese and english in said()}
    assert all(
        not any(word.isalpha() and len(word) > 2 for word in each.split()) for each in same - {"migration {name}"}
    )


def test_the_files_of_the_catalog_are_all_read() -> None:
    found = {file.stem for file in (REPOSITORY / "rollout_cli" / "checks").glob("portuguese*.py")}
    assert found == {f"portuguese{each}" for each in ("", "_checks", "_moves", "_refusals", "_sources")}


REFUSING = (
    "plan/moves", "control/advance", "control/plan", "control/rollback", "cli/rollback_command", "store/failures",
    "store/sqlite_failures",
)  # fmt: skip
"""Where errors are raised that somebody meets at night: each of them is translated."""


def unnamed(template: str) -> str:
    return re.sub(r"{[^{}]*}", "{}", template)


def written(node: ast.AST) -> Iterator[str]:
    """Every text under a node as a template, its gaps without names."""
    for each in ast.walk(node):
        if isinstance(each, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in each.values)
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield unnamed(each.value)


def refused(module: str) -> Iterator[str]:
    """Every error and hint that a module may give, as far as they stand where they are given."""
    tree = ast.parse((REPOSITORY / "rollout_cli" / f"{module}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and re.search("(Error|Refusal)$", getattr(node.func, "id", "")):
            given = [*node.args, *(each.value for each in node.keywords if each.arg == "hint")]
            yield from (next(written(each)) for each in given if isinstance(each, ast.Constant | ast.JoinedStr))


def test_every_error_of_the_night_has_its_portuguese() -> None:
    found = {each for module in REFUSING for each in refused(module)}
    assert len(found) > 50
    told = {unnamed(each) for each in REFUSALS}
    assert sorted(each for each in found if each not in told and "{} {}" not in each) == []


def test_no_error_outlives_its_english() -> None:
    said: set[str] = set()
    for file in (REPOSITORY / "rollout_cli").rglob("*.py"):
        if not file.name.startswith("portuguese"):
            said.update(written(ast.parse(file.read_text(encoding="utf-8"))))
    kept = {unnamed(each) for each in REFUSALS} - {"{}; {}"}
    parts = {each: {each, each.removeprefix("the store {} "), each.removeprefix("{}; ")} for each in kept}
    assert sorted(each for each in kept if not parts[each] & said) == []


@pytest.mark.parametrize("template", FORMS)
def test_an_error_is_known_by_its_form_and_what_fills_it_stays(template: str) -> None:
    names = gaps(template)
    values = {name: f"<{name}>" for name in names}
    assert retold(template.format(**values), PORTUGUESE) == PORTUGUESE[template].format(**values)


def test_what_stands_in_the_gaps_is_told_so_too() -> None:
    english = "cannot advance from off to phase 3 (production) at 25 %: positions are never skipped"
    assert retold(english, PORTUGUESE) == (
        "não dá para avançar de desligado para fase 3 (production) em 25 %: nenhuma posição é pulada"
    )
    assert retold("restore a backup; when it works again: `rollout rollback`, then remove /srv/kill", PORTUGUESE) == (
        "restaure um backup; quando ele voltar: `rollout rollback`, depois apague /srv/kill"
    )


@pytest.mark.parametrize("text", ["", "what nobody knows", "one thing: another", "x" * 5000, "the store is", "{0}"])
def test_what_is_not_known_stays_as_it_is(text: str) -> None:
    assert retold(text, PORTUGUESE) == text
    assert retold("positions are never skipped", {}) == "positions are never skipped"
