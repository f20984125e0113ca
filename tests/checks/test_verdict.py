"""Several verdicts make one: what failed counts most, then what is open; nothing asked is nothing against it."""

from itertools import permutations, product

import pytest

from rollout_cli.checks.verdict import (
    EXIT_CODES,
    NOWHERE,
    UNASKED,
    Cause,
    CheckResult,
    Outcome,
    Verdict,
    combined,
    failed,
    passed,
    result_of,
    unclear,
)
from rollout_cli.checks.words import say
from rollout_cli.errors import ExitCode
from rollout_cli.plan.models import CheckEntry, Reactions

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
WORDS = say("words")
HINT = say("hint")
ON = Reactions(fail="rollback", inconclusive="hold", error="warn")
OUTCOMES = {
    PASS: passed(WORDS),
    FAIL: failed(WORDS, HINT),
    OPEN: unclear(Cause.NO_DATA, WORDS, HINT),
}


def results(*verdicts: Verdict) -> list[CheckResult]:
    return [CheckResult("c", "flag", OUTCOMES[verdict]) for verdict in verdicts]


def result(outcome: Outcome, **keys: object) -> CheckResult:
    return result_of(CheckEntry.model_validate({"id": "c", "kind": "count", **keys}), NOWHERE, outcome)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [((), PASS), ((PASS, PASS), PASS), ((PASS, OPEN), OPEN), ((PASS, OPEN, FAIL), FAIL), ((OPEN, FAIL), FAIL)],
)
def test_the_worst_verdict_counts_in_any_order(verdicts: tuple[Verdict, ...], expected: Verdict) -> None:
    for order in permutations(verdicts):
        assert combined(results(*order)) is expected


def test_every_verdict_has_its_exit_code() -> None:
    assert EXIT_CODES == {PASS: ExitCode.DONE, FAIL: ExitCode.FAIL, OPEN: ExitCode.NOT_YET}


@pytest.mark.parametrize(("verdict", "cause"), [(OPEN, None), (PASS, Cause.NO_DATA), (FAIL, Cause.NO_DATA)])
def test_exactly_an_inconclusive_outcome_has_a_cause(verdict: Verdict, cause: Cause | None) -> None:
    with pytest.raises(ValueError, match="INCONCLUSIVE"):
        Outcome(verdict, WORDS, HINT, {}, cause)


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_is_answered_by_one_of_the_two_reactions_to_silence(cause: Cause) -> None:
    reaction = result(unclear(cause, WORDS, HINT), on=ON).reaction
    assert reaction == (None if cause in UNASKED else "warn" if cause.is_error else "hold")


def test_a_dead_slow_or_lying_source_is_an_error_and_missing_evidence_is_none() -> None:
    assert {cause.value for cause in Cause if cause.is_error} == {
        "not_set_up", "forbidden", "unreachable", "timeout", "bad_answer", "broken",
    }  # fmt: skip


def test_a_failure_calls_for_what_its_file_says_and_a_pass_for_nothing() -> None:
    assert result(OUTCOMES[FAIL], on=ON).reaction == "rollback"
    assert result(OUTCOMES[PASS], on=ON).reaction is None
    assert result(OUTCOMES[FAIL]).reaction is None


COUNTS = {
    "plain": {PASS: True, FAIL: True, OPEN: True},
    "optional": {PASS: True, FAIL: True, OPEN: False},
    "dry_run": {PASS: False, FAIL: False, OPEN: False},
    "warn": {PASS: True, FAIL: False, OPEN: False},
}
"""For each way to declare a check: which of its answers have a say."""
KEYS = {
    "plain": {},
    "optional": {"optional": True},
    "dry_run": {"dry_run": True},
    "warn": {"on": Reactions(fail="warn", inconclusive="warn", error="warn")},
}


@pytest.mark.parametrize(("manner", "verdict"), [*product(COUNTS, Verdict)])
def test_which_answers_have_a_say(manner: str, verdict: Verdict) -> None:
    assert result(OUTCOMES[verdict], **KEYS[manner]).counts is COUNTS[manner][verdict]


def test_what_was_not_asked_offline_has_no_say_and_calls_for_nothing() -> None:
    found = result(unclear(Cause.OFFLINE, WORDS, HINT), on=ON)
    assert (found.counts, found.reaction) == (False, None)


def test_what_has_no_say_changes_no_verdict() -> None:
    silent = [result(OUTCOMES[FAIL], dry_run=True), result(OUTCOMES[OPEN], optional=True)]
    for verdict in Verdict:
        assert combined([*silent, *results(verdict)]) is verdict
