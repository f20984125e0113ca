"""`rollout status` says which application processes hear of the store, and who has not heard of the latest revision."""

import os
from collections.abc import Callable
from pathlib import Path

from rollout_cli import RolloutClient
from rollout_cli.store.presence import Presence
from tests.support.children import in_child
from tests.support.program import Run
from tests.support.waiting import eventually

Rollout = Callable[..., Run]


def url(folder: Path) -> str:
    return f"sqlite:///{folder}/.rollout/rollout.db"


def processes(rollout: Rollout) -> list[tuple[int, int]]:
    return [(each["pid"], each["revision"]) for each in rollout("status", "--format", "json").document["processes"]]


def test_a_client_is_known_while_it_lives_with_what_it_has_heard_of(rollout: Rollout, folder: Path) -> None:
    rollout("advance")
    with RolloutClient.connect(url(folder), environment={}) as client:
        assert processes(rollout) == [(os.getpid(), 1)]
        rollout("rollback")
        eventually(lambda: client.health().revision == 2)
        eventually(lambda: processes(rollout) == [(os.getpid(), 2)])
        assert "heard:   1 process of revision 2\n" in rollout("status").out
    assert processes(rollout) == []
    assert "heard:" not in rollout("status").out


def test_both_sides_of_a_fork_are_known(rollout: Rollout, folder: Path) -> None:
    rollout("advance")

    def ask() -> None:
        eventually(lambda: len(processes(rollout)) == 2)
        assert {pid for pid, _ in processes(rollout)} == {os.getpid(), os.getppid()}

    with RolloutClient.connect(url(folder), environment={}):
        in_child(ask)
        assert [pid for pid, _ in processes(rollout)] == [os.getpid()]


def test_who_has_not_heard_of_the_latest_revision_is_named(rollout: Rollout, folder: Path) -> None:
    rollout("advance")
    rollout("rollback")
    hanging = Presence(folder / ".rollout" / "rollout.db")
    hanging.tell("test-rollout", 1)
    host = os.uname().nodename
    assert f"heard:   1 process, 1 behind: {host}:{os.getpid()} at 1\n" in rollout("status").out
    hanging.leave()


def test_a_client_without_rights_to_write_there_is_not_known_and_answers_as_ever(
    rollout: Rollout, folder: Path
) -> None:
    rollout("advance")
    (folder / ".rollout" / ".rollout.db-processes").write_text("in the way")
    with RolloutClient.connect(url(folder), environment={}) as client:
        assert client.health().problem is None
        assert client.health().revision == 1
        assert processes(rollout) == []
