"""What several tests of simulations need."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rollout_cli.simulation import running
from rollout_cli.whatsapp import CanonicalEvent, normalize

Change = Callable[[CanonicalEvent], CanonicalEvent]


@pytest.fixture(autouse=True)
def _stores_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A run's own store lies in memory, where the system has a place for files there: nobody waits for a disk."""
    tmp_path_factory.getbasetemp()  # chosen once for all tests: those of other rooms keep to the usual place
    memory = Path("/dev/shm")
    if memory.is_dir():
        monkeypatch.setattr(tempfile, "tempdir", str(memory))


@pytest.fixture
def in_normalizer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], None]:
    """Have every event of the normalizer changed."""

    def change(how: Change) -> None:
        monkeypatch.setattr(running, "normalize", lambda *words, **more: [how(e) for e in normalize(*words, **more)])

    return change
