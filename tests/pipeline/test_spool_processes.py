"""One folder, many processes: each writes files of its own, and what one leaves behind another one takes."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from rollout_cli.errors import StoreError
from rollout_cli.pipeline.spool import Spool
from rollout_cli.pipeline.spool.segment import SEGMENT, Segment
from tests.pipeline.compat_doubles import Counted, Hanging, Raising, Remembering
from tests.pipeline.spooling import delivery, names_in, numbered, spool_in
from tests.support.children import in_child, in_children
from tests.support.waiting import eventually

AWAY = StoreError("away", hint="wait")

_OFFERS_FOR_EVER = """
import sys
from pathlib import Path
from rollout_cli.errors import StoreError
from rollout_cli.pipeline.spool import Spool
from tests.pipeline.compat_doubles import Counted
from tests.pipeline.spooling import delivery

class TakesSome:
    def __init__(self, path):
        self.taken = open(path, "ab", buffering=0)
        self.turns = 0

    def take(self, deliveries):
        self.turns += 1
        if self.turns % 3 == 0:
            raise StoreError("away", hint="wait")
        self.taken.write(b"".join(each.body + b"\\n" for each in deliveries))

spool = Spool(Path(sys.argv[1]), TakesSome(sys.argv[2]), metrics=Counted(), segment_bytes=50_000)
number = 0
while True:
    if spool.offer(delivery(b"%d" % number)):
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
    number += 1
"""

_OFFERS_FORKS_AND_DIES = """
import os, sys
from pathlib import Path
from rollout_cli.errors import StoreError
from rollout_cli.pipeline.spool import Spool
from tests.pipeline.compat_doubles import Counted, Raising
from tests.pipeline.spooling import delivery

spool = Spool(Path(sys.argv[1]), Raising(StoreError("away", hint="wait")), metrics=Counted())
assert spool.offer(delivery(b"1"))
if not os.fork():
    sys.stdin.read()  # until the test is over
os._exit(0)
"""


def test_what_a_killed_process_has_accepted_is_taken_by_the_next(tmp_path: Path) -> None:
    folder, taken = tmp_path / "spool", tmp_path / "taken"
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", _OFFERS_FOR_EVER, folder, taken], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            accepted = [child.stdout.readline() for _ in range(3000)]
            os.kill(child.pid, signal.SIGKILL)
            accepted += child.stdout.readlines()
        acknowledged = [each.strip().encode() for each in accepted if each.endswith("\n")]
        candidate = Remembering()
        with spool_in(folder, candidate) as (spool, metrics):
            assert spool.close(20)
        before = taken.read_bytes().split()
        assert set(acknowledged) <= set(before) | set(candidate.bodies)
        assert len(set(candidate.bodies)) == len(candidate.bodies)
        assert candidate.bodies == sorted(candidate.bodies, key=int)
        assert not metrics.counts
        assert names_in(folder) == []
        taken.unlink()


def test_a_living_process_adopts_what_a_dead_one_left_and_not_what_a_living_one_has(tmp_path: Path) -> None:
    busy, candidate = Hanging(), Remembering()
    with spool_in(tmp_path, busy) as (living, _):
        living.offer(delivery(b"of the living"))
        assert busy.entered.acquire(timeout=10)  # until it is let go, it adopts nothing
        with spool_in(tmp_path, candidate) as (_, __):

            def offers_and_dies() -> None:
                spool = Spool(tmp_path, Raising(AWAY), metrics=Counted())
                assert all(spool.offer(delivery(each)) for each in numbered(10))

            in_child(offers_and_dies)
            eventually(lambda: candidate.bodies == numbered(10), within=10)
        assert candidate.bodies == numbered(10)
        busy.let_go.set()


def test_two_that_live_take_what_the_dead_left_once_between_them(tmp_path: Path) -> None:
    def offers_and_dies(number: int) -> None:
        spool = Spool(tmp_path, Raising(AWAY), metrics=Counted(), segment_bytes=3000)
        assert all(spool.offer(delivery(each)) for each in numbered(100, start=1000 * number))

    in_children(3, offers_and_dies)
    one, other = Remembering(), Remembering()
    with spool_in(tmp_path, one) as (first, _), spool_in(tmp_path, other) as (second, _):
        eventually(lambda: len(one.bodies) + len(other.bodies) >= 300, within=20)
        assert first.close(10)
        assert second.close(10)
    expected = [each for number in range(3) for each in numbered(100, start=1000 * number)]
    assert sorted(one.bodies + other.bodies, key=int) == expected
    assert names_in(tmp_path) == []


def test_processes_write_to_one_folder_at_once(tmp_path: Path) -> None:
    def offers(number: int) -> list[bytes]:
        candidate = Remembering()
        with spool_in(tmp_path, candidate) as (spool, _):
            assert all(spool.offer(delivery(each)) for each in numbered(300, start=1000 * number))
            assert spool.close(20)
        return candidate.bodies

    taken = in_children(3, offers)
    assert sorted((body for each in taken for body in each), key=int) == [
        each for n in range(3) for each in numbered(300, start=1000 * n)
    ]
    assert names_in(tmp_path) == []


def test_after_a_fork_both_sides_go_on_with_files_of_their_own(tmp_path: Path) -> None:
    candidate = Remembering()
    with spool_in(tmp_path, candidate) as (spool, _):
        spool.offer(delivery(b"before"))

        def offers() -> list[bytes]:
            before = list(candidate.bodies)
            assert all(spool.offer(delivery(each)) for each in numbered(50))
            assert spool.close(10)
            return candidate.bodies[len(before) :]

        assert in_child(offers) == numbered(50)
        assert spool.offer(delivery(b"after"))
        assert spool.close(10)
    assert candidate.bodies == [b"before", b"after"]
    assert names_in(tmp_path) == []


def test_what_waits_at_a_fork_stays_the_parents_while_it_lives(tmp_path: Path) -> None:
    candidate = Raising(AWAY)
    with spool_in(tmp_path, candidate) as (spool, _):
        assert all(spool.offer(delivery(each)) for each in numbered(20))

        def drains() -> list[bytes]:
            own = Remembering()
            with spool_in(tmp_path, own) as (mine, _):
                assert mine.close(10)
            return own.bodies

        assert in_child(drains) == []
        candidate.raises_for = {b"none"}
        assert spool.close(10)
    assert list(dict.fromkeys(candidate.bodies)) == numbered(20)


def test_a_child_holds_no_lock_of_a_parent_that_has_gone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _OFFERS_FORKS_AND_DIES, tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as parent:
        assert parent.wait(20) == 0  # its child is still there
        candidate = Remembering()
        with spool_in(tmp_path, candidate) as (spool, _):
            assert spool.close(10)
        assert candidate.bodies == [b"1"]


def test_forks_from_threads_that_offer_leave_every_side_able_to_offer(tmp_path: Path) -> None:
    candidate = Remembering()
    with spool_in(tmp_path, candidate, segment_bytes=2000) as (spool, _):
        is_over = threading.Event()

        def offers() -> None:
            while not is_over.is_set():
                spool.offer(delivery(b"of a thread"))

        thread = threading.Thread(target=offers)
        thread.start()
        try:
            for _ in range(10):
                assert in_child(lambda: spool.offer(delivery(b"of a child")) and spool.close(10))
        finally:
            is_over.set()
            thread.join()
        assert spool.close(20)


def test_a_server_that_forks_past_python_is_noticed_at_the_next_delivery(tmp_path: Path) -> None:
    candidate = Hanging()
    with spool_in(tmp_path, candidate) as (spool, _):
        spool.offer(delivery(b"of the parent"))
        spool._process = -1  # as in the child of such a fork
        assert spool.offer(delivery(b"of the child"))
        assert len(names_in(tmp_path, SEGMENT)) == 2
        candidate.let_go.set()


def test_an_unborn_segment_is_adopted_by_nobody(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path)
    assert Segment.adopt(segment.path) is None
    segment.remove()
    assert Segment.adopt(segment.path) is None
