"""Four operators change one rollout at the same time: one linear history, one entry for each success."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rollout_cli.control.advance import AdvanceRequest, apply_advance, prepare_advance
from rollout_cli.control.attest import AttestedLedger
from rollout_cli.control.history import verify_history
from rollout_cli.control.manual import Edit, apply_change, deny_edit, prepare_change, undeny_edit
from rollout_cli.control.record import Revision
from rollout_cli.control.rollback import Previous, Safe, roll_back, take_back_shopper
from rollout_cli.control.standing import Standing, read_standing
from rollout_cli.errors import ConflictError, RefusedError, RolloutError
from rollout_cli.plan.difference import snapshot_at
from rollout_cli.store.address import StoreAddress, address_from_url
from rollout_cli.store.sql_store import open_store, upgrade_store
from tests.support.children import in_children
from tests.support.postgres import Postgres
from tests.support.probing import ask_in_memory
from tests.support.projects import load_project, write_project
from tests.support.stores import add_one, address_of, new_sqlite, sums

pytestmark = pytest.mark.heavy

OPERATORS = 4


@dataclass(frozen=True)
class Attempt:
    """What one operator tried, and what it was told."""

    verb: str
    reason: str
    revision: int | None
    error: str | None


class Operator:
    """One of several people at the same rollout, each in a process of their own."""

    def __init__(self, address: StoreAddress, folder: Path, number: int) -> None:
        self._ledger: AttestedLedger = open_store(address).ledger("test-rollout")
        self._project = load_project(folder)
        self._name = f"operator-{number}"
        self._random = random.Random(number)

    def race(self, rounds: int) -> list[Attempt]:
        verbs = [self._advance, self._advance, self._roll_back, self._take_back, self._deny, self._undeny]
        return [self._attempt(self._random.choice(verbs), f"{self._name} round {number}") for number in range(rounds)]

    def _attempt(self, verb: Callable[[str], Any], reason: str) -> Attempt:
        name = verb.__name__.strip("_")
        try:
            report = verb(reason)
        except RolloutError as error:
            return Attempt(name, reason, None, type(error).__name__)
        return Attempt(name, reason, report.revision if report.applied else None, None)

    def _standing(self) -> Standing:
        with self._ledger.reading() as reading:
            return read_standing(reading)

    def _advance(self, reason: str) -> Any:
        with self._ledger.reading() as reading:
            standing = read_standing(reading)
            latest = standing.latest
            back = latest is not None and latest.draft.stage == "rolled_back"
            here = None if latest is None else latest.draft.position
            request = AdvanceRequest(
                self._name,
                0 if back and here is None else here.phase if back and here else None,
                None,
                True,
                reason,
                True,
            )
            decided = prepare_advance(self._project, standing, {}, request, ask_in_memory)
        return apply_advance(self._ledger, decided)

    def _roll_back(self, reason: str) -> Any:
        target = self._random.choice([Safe(), Previous(), Previous()])
        return roll_back(self._ledger, target, actor=self._name, reason=reason)

    def _take_back(self, reason: str) -> Any:
        shopper = f"shopper-{self._random.randrange(20)}"
        return take_back_shopper(self._ledger, shopper, actor=self._name, reason=reason)

    def _deny(self, reason: str) -> Any:
        return self._change("deny", deny_edit(frozenset({f"ann-{self._random.randrange(9)}"})), reason)

    def _undeny(self, reason: str) -> Any:
        return self._change("undeny", undeny_edit(frozenset({f"ann-{self._random.randrange(9)}"})), reason)

    def _change(self, action: str, edit: Edit, reason: str) -> Any:
        blank = snapshot_at(self._project.wanted, None)
        change = prepare_change(self._standing(), blank, "EVENTS", edit, action=action, actor=self._name, reason=reason)
        return apply_change(self._ledger, change)


def race(address: StoreAddress, folder: Path, rounds: int) -> list[Attempt]:
    write_project(folder)
    done = in_children(OPERATORS, lambda number: Operator(address, folder, number).race(rounds))
    return [attempt for attempts in done for attempt in attempts]


def assert_one_linear_history(address: StoreAddress, attempts: list[Attempt]) -> None:
    with open_store(address).ledger("test-rollout").reading() as reading:
        report = verify_history("test-rollout", reading)
        history = list(reading.revisions(newest_first=False))
    assert report.sound, report.problems
    assert all(isinstance(each, Revision) for each in history)
    entries = {each.number: each.draft.reason for each in history if isinstance(each, Revision)}
    assert {attempt.revision: attempt.reason for attempt in attempts if attempt.revision is not None} == entries
    successes = [attempt.revision for attempt in attempts if attempt.revision is not None]
    assert sorted(successes) == list(range(1, len(history) + 1))
    for before, after in pairwise(history):
        assert isinstance(before, Revision)
        assert isinstance(after, Revision)
        assert after.draft.came_from == before.draft.position
        assert after.at >= before.at


def assert_only_the_careful_lost(attempts: list[Attempt]) -> None:
    errors = Counter((attempt.verb, attempt.error) for attempt in attempts if attempt.error is not None)
    rollbacks = {(verb, error): count for (verb, error), count in errors.items() if verb in {"roll_back", "take_back"}}
    assert set(rollbacks) <= {("take_back", RefusedError.__name__)}, errors  # before there is any flag in the store
    assert sum(rollbacks.values()) < 20, errors
    others = {error for verb, error in errors if verb not in {"roll_back", "take_back"}}
    assert others <= {ConflictError.__name__, RefusedError.__name__}, errors
    assert errors["advance", ConflictError.__name__] > 0, "nobody was in anybody's way"
    assert {attempt.verb for attempt in attempts if attempt.revision} >= {"advance", "roll_back", "deny", "take_back"}


def test_four_operators_on_one_file(tmp_path: Path) -> None:
    address = address_of(new_sqlite(tmp_path / "rollout.db"))
    attempts = race(address, tmp_path / "project", 250)
    assert len(attempts) == 1000
    assert_one_linear_history(address, attempts)
    assert_only_the_careful_lost(attempts)


def test_four_operators_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    address = address_from_url(postgres.new_database())
    upgrade_store(address)
    attempts = race(address, tmp_path / "project", 60)
    assert_one_linear_history(address, attempts)
    assert_only_the_careful_lost(attempts)


def test_eight_processes_lose_no_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollout_cli.store.engine.WAIT_SECONDS", 300)  # a slow disk is no failure
    path = new_sqlite(tmp_path / "rollout.db")
    in_children(8, lambda _number: add_one(path, 100))
    assert sums(path) == list(range(1, 801))
