"""What every kind makes of a pass, a fail, no data, a source that is away, a time-out, and of hostile answers.

Only evidence passes and only evidence fails. Whatever else comes back is INCONCLUSIVE, and says why.
"""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.kinds import KINDS
from rollout_cli.checks.plugin import PluginCheck
from rollout_cli.checks.verdict import Cause, Outcome, Verdict
from rollout_cli.plan.models import CheckEntry
from tests.checks.asking import NOW, OFF, ask
from tests.checks.matrix import ROWS, Facing, Row, silence
from tests.support.for_each import for_each

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
COLUMNS = ("pass", "fail", "no data", "error", "timeout", "hostile")
ERRORS = [cause for cause in Cause if cause.is_error and cause is not Cause.TIMEOUT]


class NoKeys(BaseModel):
    """A plugin whose checks say nothing but their kind."""


def judged(row: Row, facing: Facing) -> Outcome:
    """The outcome; a plugin's kind is in no file here, so it is judged beside them."""
    if row.kind != "ours":
        return ask(row.text, **facing)
    entry = CheckEntry.model_validate({"id": "c", "kind": "ours"})
    return PluginCheck(NoKeys()).judge(entry, Facts(NOW, OFF, OFF), facing["answers"])


def silent(row: Row, cause: Cause) -> Iterator[Facing]:
    """Each question in turn without an answer, all others answered as for a pass."""
    for name in row.questions:
        yield {"answers": {**row.passes[0]["answers"], name: silence(cause)}}


def cases() -> Iterator[tuple[str, str, Facing, Verdict, Cause | None]]:
    """Row, column, what it is faced with, what it comes to."""
    for name, row in ROWS.items():
        yield from ((name, "pass", each, PASS, None) for each in row.passes)
        yield from ((name, "fail", each, FAIL, None) for each in row.fails)
        yield from ((name, "no data", each, OPEN, cause) for each, cause in row.no_data)
        yield from ((name, "error", each, OPEN, cause) for cause in ERRORS for each in silent(row, cause))
        yield from ((name, "timeout", each, OPEN, Cause.TIMEOUT) for each in silent(row, Cause.TIMEOUT))
        yield from ((name, "hostile", each, OPEN, cause) for each, cause in row.hostile)


CASES = list(cases())


@for_each("name, column, facing, verdict, cause", CASES)
def test_what_a_kind_makes_of_it(name: str, column: str, facing: Facing, verdict: Verdict, cause: Cause | None) -> None:
    outcome = judged(ROWS[name], facing)
    assert (outcome.verdict, outcome.cause) == (verdict, cause)


def test_every_kind_is_faced_with_everything_that_it_can_meet() -> None:
    met = {(ROWS[name].kind, column) for name, column, *_ in CASES}
    cannot = {(row.kind, column) for row in ROWS.values() for column in row.cannot}
    kinds = {*KINDS, "later", "ours"}
    assert met | cannot == {(kind, column) for kind in kinds for column in COLUMNS}
    assert not met & cannot


def test_no_silence_and_no_lie_ever_passes_or_fails() -> None:
    assert {verdict for _, column, _, verdict, _ in CASES if column in COLUMNS[2:]} == {OPEN}


@pytest.mark.parametrize("cause", Cause)
def test_a_service_that_must_be_there_fails_when_nobody_answers_and_in_no_other_case(cause: Cause) -> None:
    text = "kind: http, url: 'http://app.example/health', unreachable: fail"
    outcome = ask(text, answers={"reply": silence(cause)})
    fails = cause in {Cause.UNREACHABLE, Cause.TIMEOUT}
    assert (outcome.verdict, outcome.cause) == ((FAIL, None) if fails else (OPEN, cause))
