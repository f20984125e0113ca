"""Lint rules about kinds: the one that a check waits for, and the statements that databases are asked with."""

from collections.abc import Iterator

from rollout_cli.checks.kinds import KINDS, Check
from rollout_cli.checks.lint_subject import CheckSubject, check_rule
from rollout_cli.checks.pending_check import PendingCheck
from rollout_cli.checks.sources_file import OWN_STORE
from rollout_cli.checks.statements import begins_to_read
from rollout_cli.plan.findings import Severity
from rollout_cli.plan.lint_rules import Complaint
from rollout_cli.plan.suggestion import closest


@check_rule("pending-kind", Severity.WARNING)
def pending_kind(subject: CheckSubject) -> Iterator[Complaint]:
    """A pending check is of a kind that there is: its parameters are not read until then."""
    for check, document in subject.placed():
        if isinstance(check.kind, PendingCheck) and not check.kind.is_known:
            close = closest(check.entry.kind, KINDS)
            hint = f"did you mean `{close}`?" if close else f"kinds: {', '.join(sorted(KINDS))}"
            message = f"{check.entry.id} waits for a kind of check that there is not: {check.entry.kind}"
            yield document, (*check.path, "kind"), message, hint


@check_rule("statement-not-select")
def statement_not_select(subject: CheckSubject) -> Iterator[Complaint]:
    """A database is asked with a statement that reads: it begins with SELECT, WITH, VALUES or TABLE."""
    for check, document in subject.placed():
        queries = (*getattr(check.kind, "QUERIES", ()), "newest")  # without importing the kinds of a plan
        for key in queries if _asks_a_database(check, subject) else ():
            statement = getattr(check.kind, key, None)
            if statement is not None and not begins_to_read(statement):
                message = f"the `{key}` of {check.entry.id} does not begin with SELECT, so it is never sent"
                hint = "ask with one SELECT, WITH, VALUES or TABLE; checks change nothing"
                yield document, (*check.path, key), message, hint


def _asks_a_database(check: Check, subject: CheckSubject) -> bool:
    if check.is_of("sql"):
        return True
    source = getattr(check.kind, "source", None)
    declared = None if source is None or subject.sources is None else subject.sources.sources.get(source)
    return source == OWN_STORE or (declared is not None and declared.kind == "sql")
