"""attest: a person's yes, with name, time and expiry."""

from datetime import timedelta

import pytest

from rollout_cli.control.attest import list_attestations
from rollout_cli.control.project import Project
from rollout_cli.errors import UsageError
from tests.control.person import Person, Rewrite
from tests.support.memory_ledger import BEGINNING

BETA = """\
phase: 2
name: beta
flags: {EVENTS: {enabled: true}}
preflight:
  - {id: trained, kind: attestation, title: The team has been trained, title_pt: Equipe treinada, expires: 30d}
  - {id: for-ever, kind: attestation}
gates:
  - {id: looked-at, kind: attestation, expires: 1h}
"""
PRODUCTION = """\
phase: 3
name: production
flags: {EVENTS: {enabled: true}}
preflight:
  - {id: trained, kind: attestation, expires: 7d}
"""


@pytest.fixture
def attested(rewritten: Rewrite) -> Project:
    return rewritten(beta=BETA, production=PRODUCTION)


@pytest.fixture
def bob(attested: Project) -> Person:
    return Person(attested)


def listed(bob: Person) -> dict[tuple[str, int], tuple[bool, str | None]]:
    with bob.ledger.reading() as reading:
        report = list_attestations(reading, bob.project)
    return {(view.check, view.phase): (view.valid, view.actor) for view in report.attestations}


def test_a_yes_has_a_name_a_time_a_note_and_an_end(bob: Person) -> None:
    (view,) = bob.attests("looked-at", "all five").attestations
    assert (view.actor, view.at, view.note, view.valid) == ("ann", BEGINNING, "all five", True)
    assert view.expires_at == BEGINNING + timedelta(hours=1)
    assert bob.ledger.yeses[0].plan_digest == bob.project.wanted.digest


def test_a_yes_without_an_expiry_counts_for_ever(bob: Person) -> None:
    (view,) = bob.attests("for-ever").attestations
    bob.ledger.clock.forward(days=3_000)
    assert (view.expires_at, listed(bob)["for-ever", 2]) == (None, (True, "ann"))


def test_a_yes_ends_at_its_expiry_to_the_second(bob: Person) -> None:
    bob.attests("looked-at")
    bob.ledger.clock.forward(minutes=59, seconds=59)
    assert listed(bob)["looked-at", 2] == (True, "ann")
    bob.ledger.clock.forward(seconds=1)
    assert listed(bob)["looked-at", 2] == (False, "ann")


def test_an_id_that_two_phases_ask_for_ends_with_the_shorter_of_the_two(bob: Person) -> None:
    report = bob.attests("trained")
    assert [(view.phase, view.expires_at) for view in report.attestations] == [
        (2, BEGINNING + timedelta(days=7)), (3, BEGINNING + timedelta(days=7)),
    ]  # fmt: skip


def test_the_latest_yes_counts(bob: Person) -> None:
    bob.attests("looked-at", "first")
    bob.ledger.clock.forward(minutes=50)
    bob.attests("looked-at", "second")
    bob.ledger.clock.forward(minutes=50)
    assert listed(bob)["looked-at", 2] == (True, "ann")


def test_a_lifetime_that_the_file_shortens_ends_older_yeses_too(bob: Person, rewritten: Rewrite) -> None:
    bob.attests("trained")
    bob.ledger.clock.forward(days=2)
    bob.project = rewritten(beta=BETA.replace("30d", "1d"), production=PRODUCTION)
    assert (listed(bob)["trained", 2][0], listed(bob)["trained", 3][0]) == (False, True)


def test_a_lifetime_that_the_file_extends_does_not_stretch_older_yeses(bob: Person, rewritten: Rewrite) -> None:
    bob.attests("looked-at")
    bob.ledger.clock.forward(hours=2)
    bob.project = rewritten(beta=BETA.replace("1h", "9d"), production=PRODUCTION)
    assert listed(bob)["looked-at", 2] == (False, "ann")


def test_everything_the_plan_asks_for_is_listed_said_or_not(bob: Person) -> None:
    bob.attests("for-ever")
    assert listed(bob) == {
        ("trained", 2): (False, None), ("for-ever", 2): (True, "ann"), ("looked-at", 2): (False, None),
        ("trained", 3): (False, None),
    }  # fmt: skip
    without_store = list_attestations(None, bob.project)
    assert [view.valid for view in without_store.attestations] == [False] * 4


@pytest.mark.parametrize("check", ["no-such", "soak", "Trained"])
def test_what_the_plan_does_not_ask_for_cannot_be_attested(bob: Person, check: str) -> None:
    with pytest.raises(UsageError, match="no attestation called") as caught:
        bob.attests(check)
    assert caught.value.hint == "the plan asks for: for-ever, looked-at, trained"
    assert bob.ledger.yeses == []


def test_a_plan_that_asks_for_none_says_so(ann: Person) -> None:
    with pytest.raises(UsageError) as caught:
        ann.attests("trained")
    assert caught.value.hint == "the plan asks for no attestation"


def test_a_yes_writes_no_revision(bob: Person) -> None:
    bob.attests("trained")
    assert bob.ledger.records == []
