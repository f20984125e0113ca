"""Remarks as SARIF 2.1.0, the format of static analysis that code hosts read."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from rollout_cli.checks.kinds import KINDS
from rollout_cli.checks.lint_checks import CHECK_RULES
from rollout_cli.plan.lint import LINT_RULES
from rollout_cli.plan.reading_rules import ReadingRule
from rollout_cli.render.documents import json_text
from rollout_cli.render.remarks import Remark, Remarks, Weight
from rollout_cli.render.visible import visible
from rollout_cli.version import VERSION

SCHEMA = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/sarif-2.1/schema/sarif-schema-2.1.0.json"
_LEVELS = {Weight.FAILED: "error", Weight.UNCLEAR: "error", Weight.WARNED: "warning", Weight.PENDING: "note"}
_ROOT = "%SRCROOT%"
_PROJECT_FILE = "flags.yaml"
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def sarif_text(remarks: Remarks, base: str = "") -> str:
    """One SARIF log with one run: a result for every remark but those that passed or were not asked.

    Args:
        remarks: what is said.
        base: the project's folder, from the root of the checkout.
    """
    return json_text(sarif_log(remarks, base)) + "\n"


def sarif_log(remarks: Remarks, base: str = "") -> dict[str, Any]:
    """The same as a document."""
    told = remarks.weighing(*_LEVELS)
    rules = sorted({each.rule for each in told})
    driver = {"name": "rollout", "version": VERSION, "rules": [_rule(each) for each in rules]}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"rollout/{remarks.command}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True}],
        "properties": {**_harmless(remarks.about), "verdict": remarks.verdict},
        "results": list(_results(told, rules, base)),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: str) -> dict[str, Any]:
    meaning, page = _meaning(rule)
    text = " ".join(meaning.split())
    return {
        "id": visible(rule),
        "shortDescription": {"text": _message(text)},
        "help": {"text": _message(f"{text} See docs/{page} of rollout.")},
    }


def _meaning(rule: str) -> tuple[str, str]:
    """What a rule says, and the page that tells of it; kinds of other packages are only known by name."""
    if rule.startswith("check/"):
        kind = rule.removeprefix("check/")
        model = KINDS.get(kind)
        return (model.__doc__ if model is not None else None) or f"A check of the kind {kind}.", "checks.md"
    known = {str(each): each.meaning for each in ReadingRule}
    known |= {name: sentence for name, (_, sentence) in LINT_RULES.items()}
    known |= {name: each.__doc__ or "" for name, (_, each) in CHECK_RULES.items()}
    return known.get(rule) or f"The rule {rule}.", "lint-rules.md"


def _results(told: Sequence[Remark], rules: Sequence[str], base: str) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for remark in told:
        print_ = _fingerprint(remark)
        seen[print_] += 1
        yield {
            "ruleId": visible(remark.rule),
            "ruleIndex": rules.index(remark.rule),
            "level": _LEVELS[remark.weight],
            "message": {"text": _message(_words(remark))},
            "locations": [{"physicalLocation": _place(remark, base)}],
            "partialFingerprints": {"rollout/v1": f"{print_}:{seen[print_]}"},
        }


def _words(remark: Remark) -> str:
    said = remark.message if remark.is_finding else f"{remark.name}: {remark.word}: {remark.message}"
    lines = [visible(each) for each in (remark.title, said, remark.hint and f"-> {remark.hint}") if each]
    return "\n".join(lines) or visible(remark.name)  # a message is never empty


def _place(remark: Remark, base: str) -> dict[str, Any]:
    """Where it is said; what belongs to no file stands at the project's first, because hosts refuse what is nowhere."""
    file = remark.file or _PROJECT_FILE
    uri = quote(f"{base}/{file}" if base else file, errors="surrogateescape")
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": _ROOT}}
    if remark.file and remark.line:
        place["region"] = {"startLine": remark.line, "startColumn": max(remark.column, 1)}
    return place


def _fingerprint(remark: Remark) -> str:
    """The same for the same thing when its line moves or its numbers change."""
    what = re.sub(r"\d+", "0", remark.message) if remark.is_finding else remark.name
    text = f"{remark.rule}\n{remark.file}\n{remark.group}\n{what}"
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _message(text: str) -> str:
    """Text in which nothing is taken for a placeholder or a link."""
    text = _PLACEHOLDER.sub(r"{{\1}}", text)
    return text if "](" not in text else text.replace("[", r"\[").replace("]", r"\]")


def _harmless(about: Any) -> dict[str, str]:
    return {name: visible(value) for name, value in about.items()}
