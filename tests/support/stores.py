"""Stores to test with: drafts, SQLite files set up once and copied, and what may happen to a row."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from rollout_cli.control.record import Draft, Revision
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.plan.moves import Stage
from rollout_cli.plan.position import Position
from rollout_cli.store.address import StoreAddress, address_from_url
from rollout_cli.store.sql_store import SqlStore, open_store
from rollout_cli.store.sqlite_file import create_database
from tests.support.memory_ledger import Clock

SNAPSHOT = Snapshot(
    "test-rollout",
    definitions={
        "EVENTS": FlagDefinition("EVENTS", FlagType.BOOLEAN, default=False),
        "POLICY": FlagDefinition("POLICY", FlagType.STRING, "default", values=("default", "sticky")),
    },
    states={"EVENTS": FlagState(enabled=True, percent=12_500, allowlist=frozenset({"b", "a"})), "POLICY": FlagState()},
)


def draft(reason: str = "", **changed: Any) -> Draft:
    """A change as the verbs write them; what a test is about is named by it."""
    values: dict[str, Any] = {
        "action": "advance",
        "actor": "tester",
        "stage": Stage.ACTIVE,
        "came_from": None,
        "position": Position(0, "development"),
        "snapshot": SNAPSHOT,
        "denied_by_hand": {},
        "changes": ({"flag": "EVENTS", "field": "enabled", "before": False, "after": True},),
    }
    return Draft(reason=reason, **{**values, **changed})


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="rollout-template-")) / "rollout.db"
    create_database(path)
    return path


def new_sqlite(path: Path) -> Path:
    """A fresh store at a path, copied from one that was set up once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_template(), path)
    path.chmod(0o600)
    return path


def address_of(path: Path) -> StoreAddress:
    """The address of a file, as `--store` names it."""
    return address_from_url(f"sqlite:///{path}")


def open_sqlite(path: Path, clock: Clock | None = None) -> SqlStore:
    """An opened store."""
    return open_store(address_of(path), **({} if clock is None else {"clock": clock}))


def add_one(path: Path, times: int) -> None:
    """Read what the latest revision says, and write one more than that; again and again."""
    ledger = open_sqlite(path).ledger("test-rollout")
    for _ in range(times):
        with ledger.writing() as writing:
            latest = next(writing.revisions(), None)
            before = int(latest.draft.reason) if isinstance(latest, Revision) else 0
            writing.append(draft(str(before + 1)))


def sums(path: Path) -> list[int]:
    """What all revisions say, oldest first."""
    with open_sqlite(path).ledger("test-rollout").reading() as reading:
        history = list(reading.revisions(newest_first=False))
    return [int(each.draft.reason) for each in history if isinstance(each, Revision)]


def meddle(path: Path, *statements: str) -> None:
    """Somebody writes into a store's tables by hand."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def listing(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, with its contents."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
