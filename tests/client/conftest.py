"""Stores for the clients of this room's tests."""

from pathlib import Path

import pytest

from tests.client.clients import EVENTS_ON, client_over, write
from tests.support.memory_feed import MemoryStore
from tests.support.stores import new_sqlite


@pytest.fixture
def store() -> MemoryStore:
    """A store in memory with one revision: EVENTS and ROUTING are on, POLICY is `sticky`."""
    memory = MemoryStore()
    memory.write(EVENTS_ON)
    return memory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The same in a file."""
    file = new_sqlite(tmp_path / "rollout.db")
    write(file)
    return file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where last known good answers are to be kept, in a folder of their own; not there yet."""
    (tmp_path / "kept").mkdir()
    return tmp_path / "kept" / "last.json"


@pytest.fixture
def kept(store: MemoryStore, file: Path) -> Path:
    """The file, as a client has left it that heard that EVENTS is on."""
    with client_over(store, last_known_good=file):
        pass
    return file
