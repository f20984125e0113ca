"""history verify: whatever is altered in the record is found, and a rollback works all the same."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rollout_cli.control.history import VerifyReport, verify_history
from rollout_cli.control.ledger import Head
from rollout_cli.control.record import GENESIS, Revision, record_hash
from rollout_cli.control.rollback import Safe, roll_back
from rollout_cli.control.standing import read_standing
from rollout_cli.errors import ExitCode, StoreError
from tests.support.program import rollout_here
from tests.support.stores import draft, meddle, new_sqlite, open_sqlite

ROLLOUT = "test-rollout"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with six revisions, and one of another rollout."""
    path = new_sqlite(tmp_path_factory.mktemp("written") / "rollout.db")
    for rollout, count in ((ROLLOUT, 6), ("other", 1)):
        with open_sqlite(path).ledger(rollout).writing() as writing:
            for number in range(count):
                writing.append(draft(f"number {number}"))
    return path


@pytest.fixture
def store(written: Path, tmp_path: Path) -> Path:
    """A copy of it, to be altered."""
    return Path(shutil.copy(written, tmp_path / "rollout.db"))


def _verify(path: Path, head: str | None = None) -> VerifyReport:
    with open_sqlite(path).ledger(ROLLOUT).reading() as reading:
        return verify_history(ROLLOUT, reading, expected_head=head)


def _rows(path: Path) -> list[tuple[int, str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT revision, hash, record FROM rollout_revisions WHERE rollout = ? ORDER BY revision"
        return connection.execute(query, (ROLLOUT,)).fetchall()


def _replace(path: Path, rows: list[tuple[int, str, str]], head: tuple[int, str] | None = None) -> None:
    """Write the history anew."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM rollout_revisions WHERE rollout = ?", (ROLLOUT,))
        query = "INSERT INTO rollout_revisions (rollout, revision, hash, record) VALUES (?, ?, ?, ?)"
        connection.executemany(query, [(ROLLOUT, *row) for row in rows])
        if head is not None:
            connection.execute("UPDATE rollout_heads SET revision = ?, hash = ? WHERE rollout = ?", (*head, ROLLOUT))


def _edited(record: str) -> str:
    return record.replace('"actor":"tester"', '"actor":"nobody"')


def _forge(path: Path) -> None:
    """Somebody who knows the format edits one record and seals all that follow anew, the pointer included."""
    rows, previous = [], GENESIS
    for number, _, record in _rows(path):
        content = json.loads(_edited(record) if number == 3 else record)
        content["previous_hash"] = previous
        text = json.dumps(content, separators=(",", ":"))
        previous = record_hash(text)
        rows.append((number, previous, text))
    _replace(path, rows, (len(rows), previous))


def _edit_record(path: Path) -> None:
    _replace(path, [(n, h, _edited(r) if n == 3 else r) for n, h, r in _rows(path)])


def _edit_hash(path: Path) -> None:
    _replace(path, [(n, "0" * 64 if n == 3 else h, r) for n, h, r in _rows(path)])


def _edit_both(path: Path) -> None:
    _replace(path, [(n, *((record_hash(_edited(r)), _edited(r)) if n == 3 else (h, r))) for n, h, r in _rows(path)])


def _edit_both_of_the_last(path: Path) -> None:
    _replace(path, [(n, *((record_hash(_edited(r)), _edited(r)) if n == 6 else (h, r))) for n, h, r in _rows(path)])


def _swap(path: Path) -> None:
    rows = _rows(path)
    rows[2], rows[3] = (3, *rows[3][1:]), (4, *rows[2][1:])
    _replace(path, rows)


def _renumber(path: Path) -> None:
    _replace(path, [(n + 10 if n > 3 else n, h, r) for n, h, r in _rows(path)])


def _renumber_from_two(path: Path) -> None:
    _replace(path, [(n + 1, h, r) for n, h, r in _rows(path)])


def _bring_from_elsewhere(path: Path) -> None:
    where = f"WHERE rollout = '{ROLLOUT}' AND revision = 1"
    other = "FROM rollout_revisions WHERE rollout = 'other'"
    meddle(path, f"UPDATE rollout_revisions SET (hash, record) = (SELECT hash, record {other}) {where}")


def _statement(text: str) -> Callable[[Path], None]:
    return lambda path: meddle(path, text.replace("{it}", f"rollout = '{ROLLOUT}'"))


ALTERATIONS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a record edited": (_edit_record, "revision 3 is not what was written"),
    "a hash edited": (_edit_hash, "revision 3 is not what was written"),
    "record and hash edited": (_edit_both, "revision 4 does not follow from revision 3"),
    "record and hash of the last edited": (_edit_both_of_the_last, "the latest revision is not the one"),
    "one deleted in the middle": (
        _statement("DELETE FROM rollout_revisions WHERE {it} AND revision = 3"),
        "revision 3 is missing",
    ),
    "the first deleted": (
        _statement("DELETE FROM rollout_revisions WHERE {it} AND revision = 1"),
        "revision 1 is missing",
    ),
    "the last two deleted": (
        _statement("DELETE FROM rollout_revisions WHERE {it} AND revision > 4"),
        "the latest revision ought to be 6, the history ends with 4",
    ),
    "all deleted": (
        _statement("DELETE FROM rollout_revisions WHERE {it}"),
        "the latest revision ought to be 6, the history ends with 0",
    ),
    "two swapped": (_swap, "revision 3 holds another one's record"),
    "numbers changed": (_renumber, "revision 4 to 13 is missing"),
    "numbers moved by one": (_renumber_from_two, "revision 1 is missing"),
    "a number that is none": (
        _statement("UPDATE rollout_revisions SET revision = 'x' WHERE {it} AND revision = 3"),
        "revision 3 is missing",
    ),
    "a record of another rollout": (_bring_from_elsewhere, "revision 1 holds another one's record"),
    "a record that is no text": (
        _statement("UPDATE rollout_revisions SET record = x'ff00' WHERE {it} AND revision = 3"),
        "revision 3 is not text",
    ),
    "a record with bytes that are no UTF-8": (
        _statement("UPDATE rollout_revisions SET record = CAST(x'ffff' AS TEXT) WHERE {it} AND revision = 3"),
        "revision 3 is not text",
    ),
    "the pointer deleted": (_statement("DELETE FROM rollout_heads WHERE {it}"), "the pointer to the latest"),
    "the pointer set back": (
        _statement("UPDATE rollout_heads SET revision = 5 WHERE {it}"),
        "the latest revision ought to be 5, the history ends with 6",
    ),
    "the pointer's number is none": (
        _statement("UPDATE rollout_heads SET revision = 'x' WHERE {it}"),
        "the latest revision ought to be 0",
    ),
    "the pointer's hash edited": (
        _statement("UPDATE rollout_heads SET hash = 'aa' WHERE {it}"),
        "the latest revision is not the one that was written",
    ),
    "the pointer's hash is no text": (
        _statement("UPDATE rollout_heads SET hash = x'ff' WHERE {it}"),
        "the latest revision is not the one that was written",
    ),
}
altered = pytest.mark.parametrize(("alter", "problem"), ALTERATIONS.values(), ids=ALTERATIONS.keys())


def test_a_sound_history_passes(store: Path) -> None:
    report = _verify(store)
    assert (report.sound, report.problems, report.revisions) == (True, [], 6)
    assert report.head == _rows(store)[-1][1]


@altered
def test_an_altered_history_is_found(store: Path, alter: Callable[[Path], None], problem: str) -> None:
    alter(store)
    report = _verify(store)
    assert not report.sound
    assert problem in report.problems[0], report.problems


BEYOND_REPAIR = {"all deleted", "numbers moved by one"}
"""Where nobody can say what the rollout's flags are, or what to follow: there the kill file takes over."""


@pytest.mark.parametrize("alteration", sorted(set(ALTERATIONS) - BEYOND_REPAIR))
def test_a_rollback_works_in_an_altered_history_and_hides_nothing(store: Path, alteration: str) -> None:
    ALTERATIONS[alteration][0](store)
    ledger = open_sqlite(store).ledger(ROLLOUT)
    report = roll_back(ledger, Safe(), actor="tester", reason="now")
    assert report.applied
    with ledger.reading() as reading:
        latest = read_standing(reading).latest
        assert latest is not None
        assert latest.number == report.revision
        assert not latest.draft.evaluated.states["EVENTS"].enabled
    assert not _verify(store).sound


@pytest.mark.parametrize("alteration", sorted(BEYOND_REPAIR))
def test_a_rollback_that_cannot_work_says_so(store: Path, alteration: str) -> None:
    ALTERATIONS[alteration][0](store)
    with pytest.raises(StoreError, match="is damaged"):
        roll_back(open_sqlite(store).ledger(ROLLOUT), Safe(), actor="tester", reason="now")


@altered
def test_an_altered_history_can_be_continued_and_stays_found(
    store: Path, alter: Callable[[Path], None], problem: str
) -> None:
    alter(store)
    with open_sqlite(store).ledger(ROLLOUT).writing() as writing:
        revision = writing.append(draft("goes on"))
    with open_sqlite(store).ledger(ROLLOUT).reading() as reading:
        assert next(iter(reading.revisions())) == revision
        assert reading.pointer() == Head(revision.number, revision.hash)
    assert not _verify(store).sound, problem


@pytest.mark.parametrize(
    "alteration",
    ["the last two deleted", "all deleted", "the pointer deleted", "the pointer set back", "the pointer's hash edited"],
)
def test_a_history_without_its_end_is_never_taken_for_how_things_stand(store: Path, alteration: str) -> None:
    ALTERATIONS[alteration][0](store)
    with open_sqlite(store).ledger(ROLLOUT).reading() as reading, pytest.raises(StoreError, match="is damaged"):
        read_standing(reading)


def test_a_history_that_was_written_anew_is_found_with_a_hash_kept_elsewhere(store: Path) -> None:
    kept = _rows(store)[4][1]
    assert _verify(store, kept).sound
    assert _verify(store, f" {kept.upper()}\n").sound
    _forge(store)
    assert _verify(store).sound
    assert _verify(store, kept).problems == ["the hash you gave is not in this history"]


def test_a_history_cut_short_with_its_pointer_is_found_with_a_hash_kept_elsewhere(store: Path) -> None:
    rows = _rows(store)
    _replace(store, rows[:4], (4, rows[3][1]))
    assert _verify(store).sound
    assert not _verify(store, rows[5][1]).sound


@pytest.mark.parametrize(
    "change",
    [
        {"at": "2026-01-05T12:00:00"},
        {"at": 5},
        {"entered_at": None},
        {"stage": "sideways"},
        {"to": {"phase": 1}},
        {"snapshot": []},
        {"denied_by_hand": {"EVENTS": 7}},
        {"snapshot": {"flags": {"E": {"definition": {}, "state": {"percent": float("inf")}}}}},
    ],
)
def test_a_record_that_is_sealed_but_makes_no_sense_is_damaged(store: Path, change: dict[str, object]) -> None:
    number, _, record = _rows(store)[5]
    text = json.dumps({**json.loads(record), **change})
    _replace(store, [*_rows(store)[:5], (number, record_hash(text), text)], (6, record_hash(text)))
    assert _verify(store).problems == [each for each in _verify(store).problems if each.startswith("revision 6 cannot")]
    assert _verify(store).problems


def test_a_record_nested_without_end_is_damaged(store: Path) -> None:
    text = "[" * 100_000
    _replace(store, [*_rows(store)[:5], (6, record_hash(text), text)])
    assert _verify(store).problems[0].startswith("revision 6 cannot be read")


def test_the_other_rollout_stays_sound(store: Path) -> None:
    _edit_record(store)
    with open_sqlite(store).ledger("other").reading() as reading:
        assert verify_history("other", reading).sound
        assert all(isinstance(each, Revision) for each in reading.revisions())


@pytest.mark.parametrize("alteration", ["record and hash edited", "the last two deleted", "two swapped"])
def test_the_program_says_that_a_history_is_not_sound(store: Path, folder: Path, alteration: str) -> None:
    ALTERATIONS[alteration][0](store)
    run = rollout_here("--store", f"sqlite:///{store}", "history", "verify", "--format", "json", cwd=folder)
    assert (run.code, run.document["sound"]) == (ExitCode.STORE, False)
    assert ALTERATIONS[alteration][1] in run.document["problems"][0]
    assert "is not sound" in run.err


def test_the_program_says_that_a_history_is_sound_and_compares_a_hash(store: Path, folder: Path) -> None:
    verify = ("--store", f"sqlite:///{store}", "history", "verify")
    kept = _rows(store)[-1][1]
    assert kept in rollout_here(*verify, cwd=folder).out
    assert rollout_here(*verify, "--head", kept, cwd=folder).code == 0
    assert rollout_here(*verify, "--head", "0" * 64, cwd=folder).code == ExitCode.STORE
