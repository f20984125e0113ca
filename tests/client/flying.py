"""Work of other processes on a store; they start quickly, so what only a test needs is not imported here."""

from pathlib import Path

from tests.client.clients import EVENTS_OFF, EVENTS_ON
from tests.support.stores import open_sqlite


def let_revisions_fly(path: Path, count: int) -> None:
    """Commit so many changes, whoever else does."""
    for _ in range(count):
        with open_sqlite(path).ledger("test-rollout").writing() as writing:
            head = writing.pointer()
            assert head is not None
            writing.append(EVENTS_OFF if head.number % 2 else EVENTS_ON)
