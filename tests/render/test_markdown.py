"""Markdown: what a pull request shows of a report. Read back by a parser that knows tables, HTML and links."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from rollout_cli.control.check import CheckReport
from rollout_cli.control.reports import ValidateReport
from rollout_cli.render.ci import ci_text
from rollout_cli.render.markdown import MOST_BYTES, cell
from rollout_cli.render.visible import visible
from tests.ci.reports import EVERY_SORT, HOSTILE, WAITS, any_report, check, checks, files, finding
from tests.support.examples import examples

_OURS = {"<details>", "</details>", "<summary>", "</summary>", "<br>"}
_PLAIN = {"text", "strong_open", "strong_close", "html_inline"}


def tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)


def rows(text: str) -> list[list[str]]:
    """The cells of all tables, as a reader sees them."""
    found: list[list[str]] = []
    for token, inside in zip(tokens(text), tokens(text)[1:], strict=False):
        if token.type == "tr_open":
            found.append([])
        if token.type in {"td_open", "th_open"}:
            found[-1].append(_seen(inside))
    return found


def _seen(inline: Token) -> str:
    words = [" / " if each.content == "<br>" else each.content for each in inline.children or ()]
    return "".join(words).replace("\u200b", "")


def harmless(text: str) -> bool:
    """Whether there is nothing but our own markup: no link, image, code, foreign tag; nobody is mentioned."""
    for token in tokens(text):
        tags = re.findall(r"<[^>]*>", token.content) if token.type == "html_block" else []
        inner = [each for each in token.children or () if token.type == "inline"]
        tags += [each.content for each in inner if each.type == "html_inline"]
        if not set(tags) <= _OURS or not {each.type for each in inner} <= _PLAIN:
            return False
        if any(re.search(r"[@#!$~](?=\w)|://|\bwww\.|\bGH-\d", each.content) for each in inner if each.type == "text"):
            return False
    return True


def test_a_page_reads_like_this() -> None:
    assert (
        ci_text("markdown", EVERY_SORT)
        == """\
## rollout check: FAIL

test-rollout, phase 2 (beta): 1 failed, 1 inconclusive, 2 only a warning, 1 pending, 1 not asked, 1 passed

| Status | What | What was found | What to do |
| --- | --- | --- | --- |
| **FAIL, calls for a rollback** | gates: fails<br>Few errors | 40 bad of 100 | look at the log |
| **INCONCLUSIVE** | alerts: unclear<br>Few errors | no answer |  |
| **FAIL, only a warning** | gates: warned<br>Few errors | a bit slow |  |
| **INCONCLUSIVE, has no say** | gates: dry<br>Few errors | no data |  |

<details><summary>1 pending</summary>

| What | What was found |
| --- | --- |
| preflight: waits<br>Few errors | waits for simulate |

</details>

<details><summary>1 not asked</summary>

| What | What was found |
| --- | --- |
| preflight: unasked<br>Few errors | not asked |

</details>

<details><summary>1 passed</summary>

| What | What was found |
| --- | --- |
| gates: passes<br>Few errors | 3 bad of 12 840 |

</details>
"""
    )


def test_findings_are_named_by_place_and_rule() -> None:
    told = rows(ci_text("markdown", files(finding())))
    assert told[1] == [
        "error", "phases/1-staging.yaml:3:5 unknown-flag", "EVENS is not declared", "did you mean EVENTS?",
    ]  # fmt: skip


def test_pending_checks_of_files_are_folded() -> None:
    text = ci_text("markdown", files(pending=[WAITS]))
    assert "<details><summary>1 declared and pending</summary>" in text
    assert rows(text) == [["What", "What was found"], ["phases/2-beta.yaml: normalizes", "waits for the normalizer"]]


@pytest.mark.parametrize("words", HOSTILE)
def test_foreign_words_are_seen_as_they_are_and_do_nothing(words: str) -> None:
    view = replace(check("a", "FAIL", words, hint=words, title=words), id=words)
    text = ci_text("markdown", checks(view))
    assert harmless(text)
    seen = visible(" ".join(words.split()))
    assert rows(text)[1] == ["FAIL", f"gates: {seen} / {seen}", seen, seen]


@settings(max_examples=examples(60), deadline=None)
@given(report=any_report)
def test_every_report_is_harmless_and_every_remark_has_its_row(report: ValidateReport | CheckReport) -> None:
    text = ci_text("markdown", report)
    assert harmless(text)
    told = report.findings if isinstance(report, ValidateReport) else report.checks
    cells = [seen for row in rows(text) for seen in row]
    assert all(visible(" ".join(each.message.split())) in cells for each in told)
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize(
    ("words", "count"),
    [("short", 3000), ("\U0001f600&<>|`*_" * 200, 300), ("@x" * 400, 300)],
    ids=["many", "wide", "long"],
)
def test_a_page_has_room_in_a_comment_and_says_what_it_leaves_out(words: str, count: int) -> None:
    views = [check(f"c{each}", ("FAIL", "PASS", "INCONCLUSIVE")[each % 3], words, hint=words) for each in range(count)]
    text = ci_text("markdown", checks(*views))
    assert MOST_BYTES * 0.8 < len(text.encode()) <= MOST_BYTES
    more = sum(int(each) for each in re.findall(r"^(\d+) more: no room", text, re.MULTILINE))
    assert more + sum(row[0] not in {"Status", "What"} for row in rows(text)) == count
    assert text.count("<details>") == text.count("</details>") == 1


def test_a_cell_is_short() -> None:
    assert len(cell("x" * 10_000)) == 400
