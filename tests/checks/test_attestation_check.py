"""Kind `attestation`: a person's yes counts until it ends; without one the answer is open."""

from datetime import timedelta

import pytest

from rollout_cli.checks.verdict import Verdict
from tests.checks.asking import NOW, ask, attested, problems

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def test_without_a_yes_it_is_inconclusive_and_says_how_to_give_one() -> None:
    result = ask("kind: attestation, expires: 1d")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "rollout attest c" in result.hint


def test_a_yes_to_another_check_does_not_count() -> None:
    other = attested()
    assert ask("kind: attestation", yes=other.__class__("d", "ana", NOW, "", None, "")).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("ago", "verdict"),
    [(timedelta(0), "PASS"), (DAY - SECOND, "PASS"), (DAY, "INCONCLUSIVE"), (9 * DAY, "INCONCLUSIVE")],
)
def test_a_yes_counts_for_as_long_as_the_file_says(ago: timedelta, verdict: str) -> None:
    assert ask("kind: attestation, expires: 1d", yes=attested(ago=ago)).verdict == verdict


@pytest.mark.parametrize(
    ("left", "verdict"), [(SECOND, "PASS"), (timedelta(0), "INCONCLUSIVE"), (-SECOND, "INCONCLUSIVE")]
)
def test_a_yes_counts_until_the_end_that_was_promised_then(left: timedelta, verdict: str) -> None:
    yes = attested(ago=DAY, expires_at=NOW + left)
    assert ask("kind: attestation", yes=yes).verdict == verdict
    assert ask("kind: attestation, expires: 30d", yes=yes).verdict == verdict


def test_the_earlier_of_both_ends_counts() -> None:
    yes = attested(ago=2 * DAY, expires_at=NOW + DAY)
    assert ask("kind: attestation, expires: 1d", yes=yes).verdict is Verdict.INCONCLUSIVE


def test_a_yes_without_an_end_counts_for_ever() -> None:
    result = ask("kind: attestation", yes=attested(ago=3_000 * DAY))
    assert result.verdict is Verdict.PASS
    assert "until" not in result.message


def test_the_message_says_who_and_until_when() -> None:
    assert (
        ask("kind: attestation, expires: 1d", yes=attested()).message
        == "attested by ana on 2026-01-05, until 2026-01-06 12:00 UTC"
    )
    expired = ask("kind: attestation, expires: 1d", yes=attested(ago=DAY))
    assert expired.message == "ana's yes of 2026-01-04 expired on 2026-01-05 12:00 UTC"


def test_the_evidence_is_whole_and_the_message_one_line_whatever_the_name() -> None:
    result = ask("kind: attestation", yes=attested(actor="ana\n\x1b[31mPASS"))
    assert result.evidence["actor"] == "ana\n\x1b[31mPASS"


def test_a_lifetime_is_a_duration() -> None:
    assert problems("kind: attestation, expires: 30") == [
        "a duration is a number with a unit, like 48h, 7d, 15m, 90s or 1h30m"
    ]
