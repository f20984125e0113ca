"""docs/lint-rules.md and docs/exit-codes.md: what can be wrong, and what a process says when it is."""

from collections.abc import Mapping

from docs_markdown import literal, page, sentence, table

from rollout_cli.checks.lint_checks import CHECK_RULES
from rollout_cli.errors import ExitCode
from rollout_cli.plan.findings import Severity
from rollout_cli.plan.lint import LINT_RULES
from rollout_cli.plan.reading_rules import ReadingRule

_INTRO = """\
`rollout validate` checks the files, opens no store, and exits with 0 when they can be used and with 2 when they cannot.
An error makes the files unusable for every command except `rollback` and `status`; a warning does not. A finding
carries the id of its rule:

```
phases/2-beta.yaml:6:3: error [unknown-flag] WHATSAPP_ROUTNG_ENABLED is not declared in flags.yaml
    -> did you mean WHATSAPP_ROUTING_ENABLED?
```"""
_READING = """\
These come from reading the files, before any lint rule is asked. They are errors unless the sentence says otherwise."""
_LINT = "These are asked of files that could be read."
_CHECKS = """\
These are asked of the checks in the phases, and of `sources.yaml`. A `pending` check is no finding: `rollout validate`
lists it beside them."""

EXIT_CODES = {
    ExitCode.DONE: "Done, or there was nothing to do; of a check: PASS.",
    ExitCode.CRASH: "The program crashed. That is a bug of ours: run it again with `--debug` and report it.",
    ExitCode.USAGE: "The command line or the files cannot be used; the message says where and what to do. Also: "
    "nothing was changed and the answer cannot be written (a closed output, a full disk). "
    "Of `normalize`: at least one body was refused; the others were answered.",
    ExitCode.FAIL: "A check failed, and what it guards was not done. "
    "Of `rollback --watch`: rolled back, and not recovered.",
    ExitCode.NOT_YET: "A check is inconclusive, an attestation is missing, or the soak is not over. Ask again later. "
    "Of `rollback --watch`: rolled back, and nobody can say whether it helped.",
    ExitCode.REFUSED: "The move is not legal from here, or it would switch shoppers off. No check can change that.",
    ExitCode.CONFLICT: "Somebody else changed the rollout in between. Nothing was written; look, and ask again.",
    ExitCode.STORE: "The store is missing, unreachable, locked, damaged, full or newer than the program.",
    ExitCode.INTERRUPTED: "Interrupted with Ctrl-C, or a question was answered with no: nothing more was done.",
    ExitCode.TERMINATED: "Terminated by SIGTERM or SIGHUP: nothing more was done.",
}
_EXIT_INTRO = """\
Exit codes are API: scripts may rely on them, and one code has one meaning in every command. Standard output is the
answer; errors are one line and a hint on standard error. Of several checks the worst verdict
counts; `doctor` fails only for what is broken, not for what wants attention."""


def lint_rules_page() -> str:
    """docs/lint-rules.md."""
    reading = table(("Rule", "What it says"), [(literal(rule.value), rule.meaning) for rule in ReadingRule])
    lint = _weighed(LINT_RULES)
    checks = _weighed({name: (severity, rule.__doc__ or "") for name, (severity, rule) in CHECK_RULES.items()})
    return page(
        "Lint rules", _INTRO, "## Reading", _READING, reading, "## Lint", _LINT, lint, "## Checks", _CHECKS, checks,
    )  # fmt: skip


def _weighed(rules: Mapping[str, tuple[Severity, str]]) -> str:
    rows = [(literal(name), severity.value, sentence(meaning)) for name, (severity, meaning) in rules.items()]
    return table(("Rule", "Weight", "What it says"), rows)


def exit_codes_page() -> str:
    """docs/exit-codes.md."""
    rows = [(literal(code.value), code.name.lower().replace("_", " "), EXIT_CODES[code]) for code in ExitCode]
    return page("Exit codes", _EXIT_INTRO, table(("Code", "Name", "Meaning"), rows))
