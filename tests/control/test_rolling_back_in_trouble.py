"""rollback where records are damaged, others win, and the clock is wrong: nothing can block the safe state."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rollout_cli.control.ledger import Head
from rollout_cli.control.project import Project
from rollout_cli.control.rollback import Previous, Target, ToPhase, ToRevision
from rollout_cli.errors import ConflictError, ExitCode
from tests.control.person import Person
from tests.control.refusals import refused
from tests.support.memory_ledger import MemoryLedger, MemoryTransaction

# damage and bad luck


def test_a_damaged_latest_record_does_not_keep_anybody_from_safety(ann: Person) -> None:
    ann.goes_to("3@50")
    ann.damages(5)
    report = ann.rolls_back()
    assert (report.applied, report.revision, ann.place, ann.stage) == (True, 6, "off", "rolled_back")


def test_a_damaged_latest_record_is_followed_even_if_the_one_before_was_safe(ann: Person) -> None:
    ann.goes_to("1").rolls_back()
    ann.advances(0)
    ann.damages(4)
    assert ann.rolls_back().applied
    assert (ann.place, len(ann.ledger.records)) == ("off", 5)


@pytest.mark.parametrize("target", [Previous(), ToPhase(2), ToRevision(2)])
def test_with_a_damaged_latest_record_only_the_safe_state_is_certain(ann: Person, target: Target) -> None:
    ann.goes_to("3@50").rolls_back()
    ann.damages(6)  # what is readable says 3@50, what is true is off
    refused(lambda: ann.rolls_back(target), ExitCode.REFUSED, "nobody knows where the rollout stands")
    refused(lambda: ann.takes_back("friend"), ExitCode.REFUSED, "nobody knows where the rollout stands")
    assert ann.rolls_back().applied


def test_damage_in_the_middle_is_stepped_over(ann: Person) -> None:
    ann.goes_to("3@50")
    ann.damages(4)
    ann.damages(3)
    refused(lambda: ann.rolls_back(ToRevision(3)), ExitCode.REFUSED, "no revision 3 that can be read")
    refused(lambda: ann.rolls_back(ToPhase(2)), ExitCode.REFUSED, "never in phase 2")
    ann.rolls_back(Previous())
    assert ann.place == "1"
    assert ann.rolls_back().applied


def test_where_no_record_can_be_read_nobody_is_told_that_all_is_well(ann: Person) -> None:
    ann.goes_to("1")
    ann.damages(1)
    ann.damages(2)
    refused(ann.rolls_back, ExitCode.STORE, "none of its records can be read")
    refused(lambda: ann.takes_back("friend"), ExitCode.STORE, "none of its records can be read")


class Tampered(MemoryLedger):
    """A ledger whose pointer was changed behind the program's back."""

    pointer: Head | None = None

    @contextmanager
    def reading(self) -> Iterator[MemoryTransaction]:
        with super().reading() as transaction:
            yield self._changed(transaction)

    @contextmanager
    def writing(self) -> Iterator[MemoryTransaction]:
        with super().writing() as transaction:
            yield self._changed(transaction)

    def _changed(self, transaction: MemoryTransaction) -> MemoryTransaction:
        transaction.pointer = lambda: self.pointer  # type: ignore[method-assign]
        return transaction


def tampered(ann: Person, pointer: Head | None) -> Person:
    ledger = Tampered()
    ledger.records, ledger.pointer = ann.ledger.records, pointer
    return Person(ann.project, ledger)


def test_a_pointer_that_is_gone_is_not_taken_for_a_new_rollout(ann: Person) -> None:
    lost = tampered(ann.goes_to("1"), None)
    assert lost.rolls_back().applied
    refused(lost.standing, ExitCode.STORE, "pointer to the latest revision is gone")


def test_a_latest_record_that_was_deleted_is_not_taken_for_the_one_before(ann: Person) -> None:
    cut = tampered(ann.goes_to("3@10"), Head(5, "0" * 64))
    refused(cut.standing, ExitCode.STORE, "its latest record is gone")
    refused(lambda: cut.rolls_back(Previous()), ExitCode.REFUSED, "nobody knows")
    assert cut.rolls_back().applied


def test_a_latest_record_that_was_exchanged_is_not_believed(ann: Person) -> None:
    refused(tampered(ann.goes_to("1"), Head(2, "0" * 64)).standing, ExitCode.STORE, "not the one that was written")


class Contended(MemoryLedger):
    """A ledger in which somebody else wins a number of times."""

    losses = 3

    def writing(self) -> Any:
        if self.losses:
            self.losses -= 1
            raise ConflictError("somebody else wrote", hint="again")
        return super().writing()


def test_it_repeats_until_it_wins(small_project: Project) -> None:
    ledger = Contended()
    ledger.losses = 0
    ann = Person(small_project, ledger).goes_to("2")
    ledger.losses = 42
    assert ann.rolls_back().applied
    ledger.losses = 1_000_000
    refused(ann.rolls_back, ExitCode.STORE, "100 attempts")


def test_it_asks_no_clock(ann: Person) -> None:
    ann.goes_to("3@50")
    ann.ledger.clock.back(days=4000)
    assert ann.rolls_back(Previous()).applied
    assert ann.rolls_back().applied
