"""Several verdicts make one: what failed counts most, then what is open; nothing asked is nothing against it."""

from itertools import permutations

import pytest

from rollout_cli.checks.verdict import EXIT_CODES, CheckResult, Verdict, combined
from rollout_cli.errors import ExitCode

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


def results(*verdicts: Verdict) -> list[CheckResult]:
    return [CheckResult("c", "flag", verdict, "words") for verdict in verdicts]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [((), PASS), ((PASS, PASS), PASS), ((PASS, OPEN), OPEN), ((PASS, OPEN, FAIL), FAIL), ((OPEN, FAIL), FAIL)],
)
def test_the_worst_verdict_counts_in_any_order(verdicts: tuple[Verdict, ...], expected: Verdict) -> None:
    for order in permutations(verdicts):
        assert combined(results(*order)) is expected


def test_every_verdict_has_its_exit_code() -> None:
    assert EXIT_CODES == {PASS: ExitCode.DONE, FAIL: ExitCode.FAIL, OPEN: ExitCode.NOT_YET}


def test_a_message_is_one_line_whatever_is_in_it() -> None:
    assert CheckResult("c", "flag", PASS, "a\nb\r\n  c\u2028d").message == "a b c d"
