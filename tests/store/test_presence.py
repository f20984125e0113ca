"""Who hears of a SQLite store: known for as long as it lives, however that ends, and never in anybody's way."""

import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rollout_cli.control.views import ProcessView
from rollout_cli.store.named_connections import _is_about, name_of_process
from rollout_cli.store.presence import Presence, folder_of
from rollout_cli.store.processes import processes_at

HERE = os.uname().nodename, os.getpid()
LIVING = """
import sys
from pathlib import Path
from rollout_cli.store.presence import Presence
Presence(Path(sys.argv[1])).tell("r", 3)
print("told", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "rollout.db"


def told(store: Path, rollout: str = "r") -> list[tuple[str, int, int]]:
    return [(each.host, each.pid, each.revision) for each in processes_at(store, rollout)]


def test_where_nobody_hears_nobody_is_known_and_no_folder_is_made(store: Path) -> None:
    assert processes_at(store, "r") == []
    assert not list(store.parent.iterdir())


def test_a_process_says_what_it_has_heard_of_and_since_when_until_it_leaves(store: Path) -> None:
    presence = Presence(store)
    before = datetime.now(UTC)
    for revision in (1, 2, 2):
        presence.tell("r", revision)
    (found,) = processes_at(store, "r")
    assert (found.host, found.pid, found.revision) == (*HERE, 2)
    assert found.since is not None
    assert before <= found.since <= datetime.now(UTC) + timedelta(seconds=1)
    assert told(store, "another") == []
    presence.leave()
    assert told(store) == []
    assert not list(folder_of(store).iterdir())
    presence.leave()


def test_of_several_clients_of_one_process_the_one_that_is_furthest_behind_counts(store: Path) -> None:
    clients = [Presence(store) for _ in range(3)]
    for revision, each in enumerate(clients, start=4):
        each.tell("r", revision)
    assert told(store) == [(*HERE, 4)]
    clients[0].leave()
    assert told(store) == [(*HERE, 5)]
    for each in clients:
        each.leave()


def test_who_is_killed_is_known_no_more_and_the_next_one_tidies_up(store: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", LIVING, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "told\n"
    assert told(store) == [(HERE[0], child.pid, 3)]
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert told(store) == []
    presence = Presence(store)
    presence.tell("r", 1)
    assert len(list(folder_of(store).iterdir())) == 1
    presence.leave()


def test_the_child_of_a_fork_takes_nothing_of_the_parents(store: Path) -> None:
    presence = Presence(store)
    presence.tell("r", 1)
    presence.abandon()  # as the child does; here it is the only one that held the lock
    assert told(store) == []
    presence.tell("r", 2)
    assert told(store) == [(*HERE, 2)]
    presence.leave()


@pytest.mark.parametrize("written", [b"", b"{", b"[]", b'{"rollout": "r"}', b'{"rollout": "r", "host": 1, "pid": "x"}'])
def test_what_somebody_else_has_put_there_is_nobody(store: Path, written: bytes) -> None:
    folder_of(store).mkdir()
    (folder_of(store) / "1-00").write_bytes(written)
    os.mkfifo(folder_of(store) / "2-00")
    (folder_of(store) / "3-00").symlink_to("/etc/passwd")
    (folder_of(store) / "4-00").mkdir()
    assert told(store) == []


def test_where_nothing_can_be_written_nothing_happens(store: Path) -> None:
    folder_of(store).write_text("a file")
    presence = Presence(store)
    presence.tell("r", 1)
    assert told(store) == []
    presence.leave()
    missing = Presence(store.parent / "none" / "rollout.db")
    missing.tell("r", 1)
    missing.leave()
    assert not (store.parent / "none").exists()


def test_what_is_copied_or_taken_away_with_the_store_is_the_store_alone(store: Path) -> None:
    presence = Presence(store)
    presence.tell("r", 1)
    assert not list(store.parent.glob("rollout.db*"))
    presence.leave()


def test_nobody_else_may_look(store: Path) -> None:
    presence = Presence(store)
    presence.tell("r", 1)
    (file,) = folder_of(store).iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder_of(store).stat().st_mode) == 0o700
    presence.leave()


@pytest.mark.parametrize("rollout", ["whatsapp", "r" * 300, "ação", "two words", ""])
def test_the_name_of_a_connection_is_short_and_known_again(rollout: str) -> None:
    name = name_of_process(rollout, 12)
    assert name.isascii()
    assert len(name) <= 63
    rest = name.split(" ", 2)[2]
    assert _is_about(rest, rollout, name)
    assert not _is_about(rest, "another", name)


def test_a_view_without_a_time_is_one() -> None:
    assert ProcessView("web-1", 7, 3).since is None
