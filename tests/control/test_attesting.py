"""attest: people's yeses, with name, time and expiry; how many it takes; and how they are taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.checks.attestation_check import AttestationCheck, binding_digest
from rollout_cli.checks.verdict import Verdict
from rollout_cli.control.attest import AttestationView, AttestReport, attestation_checks, list_attestations
from rollout_cli.control.project import Project
from rollout_cli.errors import UsageError
from tests.control.person import Person, Rewrite
from tests.support.files import read_files
from tests.support.memory_ledger import BEGINNING, Clock, MemoryLedger

ON = "on: {fail: hold, inconclusive: hold, error: hold}"
BETA = f"""\
phase: 2
name: beta
flags: {{EVENTS: {{enabled: true}}}}
preflight:
  - {{id: trained, kind: attestation, title: The team has been trained, title_pt: Equipe treinada, expires: 30d}}
  - {{id: for-ever, kind: attestation}}
  - {{id: normalizes, kind: simulate, provider: evolution, pending: the simulator, title: All is normalized}}
gates:
  - {{id: looked-at, kind: attestation, expires: 1h, {ON}}}
  - {{id: go, kind: attestation, expires: 2h, approvals: 2, {ON}}}
rollback:
  post_checks:
    - {{id: quiet, kind: attestation, expires: 1h}}
"""
PRODUCTION = """\
phase: 3
name: production
flags: {EVENTS: {enabled: true}}
preflight:
  - {id: trained, kind: attestation, title: The team has been trained, title_pt: Equipe treinada, expires: 7d}
"""
ALONE = PRODUCTION.replace("7d", "7d, bound_to: check")


@pytest.fixture
def attested(rewritten: Rewrite) -> Project:
    return rewritten(beta=BETA, production=PRODUCTION)


@pytest.fixture
def bob(attested: Project) -> Person:
    return Person(attested)


def report(bob: Person) -> AttestReport:
    with bob.ledger.reading() as reading:
        return list_attestations(reading, bob.project)


def view(bob: Person, check: str, phase: int = 2) -> AttestationView:
    (found,) = [each for each in report(bob).attestations if (each.check, each.phase) == (check, phase)]
    return found


def is_valid(bob: Person, check: str, phase: int = 2) -> bool:
    return view(bob, check, phase).valid


# one yes


def test_a_yes_has_a_name_a_time_a_note_and_an_end(bob: Person) -> None:
    said = bob.attests("looked-at", "all five")
    (given,) = said.attestations[0].yeses
    assert (said.recorded, len(said.attestations), said.attestations[0].valid) == (True, 1, True)
    assert (given.actor, given.at, given.note, given.counts, given.problem) == ("ann", BEGINNING, "all five", True, "")
    assert given.expires_at == BEGINNING + timedelta(hours=1)
    (asked,) = (check for _, check in attestation_checks(bob.project) if check.entry.id == "looked-at")
    assert isinstance(asked.kind, AttestationCheck)
    digest = binding_digest(asked.kind, asked.entry, bob.project.wanted.digest)
    assert [each.plan_digest for each in bob.ledger.yeses] == [digest]


def test_a_yes_without_an_expiry_counts_for_ever(bob: Person) -> None:
    assert bob.attests("for-ever").attestations[0].yeses[0].expires_at is None
    bob.ledger.clock.forward(days=3_000)
    assert is_valid(bob, "for-ever")


def test_a_yes_ends_at_its_expiry_to_the_second(bob: Person) -> None:
    bob.attests("looked-at")
    bob.ledger.clock.forward(minutes=59, seconds=59)
    assert is_valid(bob, "looked-at")
    bob.ledger.clock.forward(seconds=1)
    assert not is_valid(bob, "looked-at")
    assert view(bob, "looked-at").yeses[0].problem == "ann's yes of 2026-01-05 expired on 2026-01-05 13:00 UTC"


def test_the_latest_yes_counts(bob: Person) -> None:
    bob.attests("looked-at", "first")
    bob.ledger.clock.forward(minutes=50)
    bob.attests("looked-at", "second")
    bob.ledger.clock.forward(minutes=50)
    assert [each.note for each in view(bob, "looked-at").yeses] == ["second"]
    assert is_valid(bob, "looked-at")


def test_a_yes_writes_no_revision(bob: Person) -> None:
    bob.attests("trained")
    bob.revokes("trained")
    assert bob.ledger.records == []


# what the plan asks for


def test_everything_the_plan_asks_for_is_listed_said_or_not_in_the_order_of_the_files(bob: Person) -> None:
    bob.attests("for-ever")
    assert [(each.check, each.phase, each.valid) for each in report(bob).attestations] == [
        ("trained", 2, False), ("for-ever", 2, True), ("normalizes", 2, False), ("looked-at", 2, False),
        ("go", 2, False), ("quiet", 2, False), ("trained", 3, False),
    ]  # fmt: skip


def test_without_a_store_everything_is_open(bob: Person) -> None:
    without_store = list_attestations(None, bob.project)
    assert [(each.valid, each.yeses, each.revoked) for each in without_store.attestations] == [(False, [], None)] * 7
    assert not without_store.recorded


def test_one_check_can_be_listed_alone(bob: Person) -> None:
    found = list_attestations(None, bob.project, "trained").attestations
    assert [(each.check, each.phase) for each in found] == [("trained", 2), ("trained", 3)]
    with pytest.raises(UsageError, match="no attestation called 'soak'"):
        list_attestations(None, bob.project, "soak")


@pytest.mark.parametrize("check", ["no-such", "soak", "Trained"])
def test_what_the_plan_does_not_ask_for_can_be_neither_attested_nor_revoked(bob: Person, check: str) -> None:
    for verb in (bob.attests, bob.revokes):
        with pytest.raises(UsageError, match="no attestation called") as caught:
            verb(check)
        assert caught.value.hint == "the plan asks for: for-ever, go, looked-at, normalizes, quiet, trained"
    assert bob.ledger.yeses == []


def test_a_plan_that_asks_for_none_says_so(ann: Person) -> None:
    with pytest.raises(UsageError) as caught:
        ann.attests("trained")
    assert caught.value.hint == "the plan asks for no attestation"


# four eyes


def test_two_approvals_take_two_people_and_hold_the_move_until_then(bob: Person) -> None:
    bob.goes_to("1").soaks()
    for check in ("trained", "for-ever", "normalizes"):
        bob.attests(check)
    bob.advances()
    bob.attests("looked-at")
    assert bob.attests("go", actor="ann").attestations[0].given == 1
    bob.attests("go", actor=" ANN ")
    held = {each.id: each for each in bob.checks().checks}["go"]
    assert (held.verdict, held.cause) == ("INCONCLUSIVE", "no_yes")
    assert held.message.startswith("1 of 2 approvals: ANN on ")
    bob.attests("go", actor="carl")
    assert {each.id: each.verdict for each in bob.checks().checks}["go"] == "PASS"
    assert bob.advances().applied
    assert bob.place == "3"


def test_when_one_of_two_ends_the_other_alone_is_not_enough(bob: Person) -> None:
    bob.attests("go", actor="ann")
    bob.ledger.clock.forward(hours=1)
    bob.attests("go", actor="carl")
    assert is_valid(bob, "go")
    bob.ledger.clock.forward(hours=1)
    assert (view(bob, "go").given, is_valid(bob, "go")) == (1, False)
    assert [each.counts for each in view(bob, "go").yeses] == [False, True]


# taken back


def test_a_revocation_says_who_when_and_why_and_voids_what_everybody_said(bob: Person) -> None:
    bob.attests("go", actor="ann")
    bob.attests("go", actor="carl")
    bob.ledger.clock.forward(minutes=1)
    said = bob.revokes("go", "the numbers were old", actor="dora")
    revoked = said.attestations[0].revoked
    assert said.recorded
    assert revoked is not None
    assert (revoked.actor, revoked.at - BEGINNING, revoked.note) == (
        "dora", timedelta(minutes=1), "the numbers were old",
    )  # fmt: skip
    assert (view(bob, "go").valid, view(bob, "go").given, view(bob, "go").yeses) == (False, 0, [])


def test_after_a_revocation_a_new_yes_counts_again(bob: Person) -> None:
    bob.attests("looked-at")
    bob.revokes("looked-at")
    assert not is_valid(bob, "looked-at")
    bob.attests("looked-at")
    assert is_valid(bob, "looked-at")


def test_a_revocation_reaches_every_phase_that_asks_the_same_and_nothing_else(bob: Person) -> None:
    bob.attests("trained")
    bob.attests("for-ever")
    bob.revokes("trained")
    assert [is_valid(bob, "trained", phase) for phase in (2, 3)] == [False, False]
    assert is_valid(bob, "for-ever")


def test_where_there_is_nothing_to_revoke_nothing_is_recorded(bob: Person) -> None:
    assert not bob.revokes("trained").recorded
    bob.attests("for-ever")
    assert not bob.revokes("trained").recorded
    bob.attests("trained")
    assert bob.revokes("trained").recorded
    assert not bob.revokes("trained").recorded
    assert [each.is_revocation for each in bob.ledger.yeses] == [False, False, True]


def test_what_does_not_count_any_more_can_be_revoked_too_and_never_comes_back(bob: Person, rewritten: Rewrite) -> None:
    files = bob.project
    bob.attests("for-ever")
    bob.project = rewritten(beta=BETA, production=PRODUCTION.replace("7d", "8d"))
    assert not is_valid(bob, "for-ever")
    assert bob.revokes("for-ever").recorded
    bob.project = files
    assert not is_valid(bob, "for-ever")


# the files change


def test_a_lifetime_that_the_file_shortens_ends_older_yeses_too(bob: Person, rewritten: Rewrite) -> None:
    bob.project = rewritten(beta=BETA, production=ALONE)
    bob.attests("trained")
    bob.ledger.clock.forward(days=2)
    assert is_valid(bob, "trained", 3)
    bob.project = rewritten(beta=BETA, production=ALONE.replace("7d", "1d"))
    assert not is_valid(bob, "trained", 3)


def test_a_lifetime_that_the_file_extends_does_not_stretch_older_yeses(bob: Person, rewritten: Rewrite) -> None:
    bob.project = rewritten(beta=BETA, production=ALONE)
    bob.attests("trained")
    bob.ledger.clock.forward(days=8)
    bob.project = rewritten(beta=BETA, production=ALONE.replace("7d", "90d"))
    assert not is_valid(bob, "trained", 3)


def test_a_yes_is_void_while_any_file_differs_and_counts_again_when_it_is_as_it_was(
    bob: Person, rewritten: Rewrite
) -> None:
    files = bob.project
    bob.attests("for-ever")
    bob.project = rewritten(beta=BETA, production=PRODUCTION.replace("name: production", "name: production\ntitle: x"))
    assert view(bob, "for-ever").yeses[0].problem == "ann's yes of 2026-01-05 is void: the files have changed since"
    bob.project = files
    assert is_valid(bob, "for-ever")


def test_a_yes_that_is_bound_to_its_check_survives_changes_elsewhere(bob: Person, rewritten: Rewrite) -> None:
    bob.project = rewritten(beta=BETA, production=ALONE)
    bob.attests("trained")
    bob.project = rewritten(beta=BETA.replace("1h", "2h"), production=ALONE)
    assert [is_valid(bob, "trained", phase) for phase in (2, 3)] == [False, True]
    beta, alone = (each.replace("The team has been trained", "Trained anew") for each in (BETA, ALONE))
    bob.project = rewritten(beta=beta, production=alone)
    assert view(bob, "trained", 3).yeses[0].problem == "ann's yes of 2026-01-05 is void: the check has changed since"


def test_an_id_that_two_phases_ask_for_alike_ends_with_the_shorter_of_the_two(bob: Person) -> None:
    said = bob.attests("trained")
    assert [(each.phase, each.yeses[0].expires_at) for each in said.attestations] == [
        (2, BEGINNING + timedelta(days=7)), (3, BEGINNING + timedelta(days=7)),
    ]  # fmt: skip
    assert len(bob.ledger.yeses) == 1


def test_an_id_that_two_phases_bind_differently_is_answered_for_both_by_one_yes(
    bob: Person, rewritten: Rewrite
) -> None:
    bob.project = rewritten(beta=BETA, production=ALONE)
    said = bob.attests("trained")
    assert [(each.phase, each.valid, each.yeses[0].expires_at) for each in said.attestations] == [
        (2, True, BEGINNING + timedelta(days=30)), (3, True, BEGINNING + timedelta(days=7)),
    ]  # fmt: skip
    assert [len(each.yeses) for each in said.attestations] == [1, 1]
    assert len({each.plan_digest for each in bob.ledger.yeses}) == 2
    bob.revokes("trained")
    assert [is_valid(bob, "trained", phase) for phase in (2, 3)] == [False, False]


# pending


def test_a_pending_check_is_answered_by_a_yes_for_thirty_days(bob: Person, rewritten: Rewrite) -> None:
    assert (view(bob, "normalizes").pending, is_valid(bob, "normalizes")) == ("the simulator", False)
    given = bob.attests("normalizes", "two hundred bodies, by hand").attestations[0]
    assert (given.valid, given.yeses[0].expires_at) == (True, BEGINNING + timedelta(days=30))
    bob.project = rewritten(beta=BETA.replace("1h", "2h"), production=PRODUCTION)
    assert is_valid(bob, "normalizes")
    bob.ledger.clock.forward(days=30)
    assert not is_valid(bob, "normalizes")


def test_what_a_pending_check_waits_for_may_be_said_in_other_words(bob: Person, rewritten: Rewrite) -> None:
    bob.attests("normalizes")
    bob.project = rewritten(beta=BETA.replace("the simulator", "simulate in May"), production=PRODUCTION)
    assert is_valid(bob, "normalizes")
    bob.project = rewritten(beta=BETA.replace("provider: evolution", "provider: baileys"), production=PRODUCTION)
    assert not is_valid(bob, "normalizes")


# whatever happens, in whatever order

LIFE = timedelta(hours=10)


@cache
def project_of(bound_to: str, title: str, elsewhere: str) -> Project:
    """A project with one attestation; its title is part of what it asks, the phase's title is not."""
    asked = f"{{id: c, kind: attestation, title: {title}, expires: 10h, approvals: 2, bound_to: {bound_to}}}"
    phase = f"phase: 0\nname: x\ntitle: {elsewhere}\npreflight:\n  - {asked}\n"
    return read_files({"phases/0-x.yaml": phase}).require()


@dataclass(frozen=True)
class Heard:
    """What the reference keeps of a yes: nothing but who, when, and how the files were."""

    person: str
    at: datetime
    title: str
    elsewhere: str

    def counts(self, now: datetime, title: str, elsewhere: str, bound_to: str) -> bool:
        is_bound = self.title == title and (bound_to == "check" or self.elsewhere == elsewhere)
        return is_bound and now - self.at < LIFE


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("yes"), st.sampled_from(["ann", "Ann ", "bob", "carl"])),
        st.tuples(st.just("yes"), st.sampled_from(["ann", "bob"])),
        st.tuples(st.just("revoke"), st.just("dora")),
        st.tuples(st.just("time"), st.sampled_from([1, 3_600, 5 * 3_600, 10 * 3_600 - 1, 10 * 3_600])),
        st.tuples(st.just("title"), st.sampled_from(["one", "two"])),
        st.tuples(st.just("elsewhere"), st.sampled_from(["one", "two"])),
    ),
    max_size=25,
)


@given(bound_to=st.sampled_from(["plan", "check"]), events=EVENTS)
def test_whatever_is_said_and_changed_the_verdict_is_the_one_that_follows(
    bound_to: str, events: list[tuple[str, Any]]
) -> None:
    clock, files, heard = Clock(), ["one", "one"], list[Heard]()
    person = Person(project_of(bound_to, *files), MemoryLedger("test", clock))
    for what, value in events:
        if what == "yes":
            heard.append(Heard(value.strip().lower(), clock(), *files))
            assert person.attests("c", actor=value).recorded
        elif what == "revoke":
            assert person.revokes("c", actor=value).recorded is bool(heard)
            heard.clear()
        elif what == "time":
            clock.forward(seconds=value)
        else:
            files[what == "elsewhere"] = value
            person.project = project_of(bound_to, *files)
        people = {each.person for each in heard if each.counts(clock(), *files, bound_to)}
        (check,) = person.checks().checks
        (listed,) = report(person).attestations
        assert (check.verdict == Verdict.PASS) is (len(people) >= 2) is listed.valid
        assert check.verdict in {Verdict.PASS, Verdict.INCONCLUSIVE}
        assert (check.evidence["given"], listed.given) == (len(people), len(people))
        assert {each.actor.strip().lower() for each in listed.yeses if each.counts} == people
