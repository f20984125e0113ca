"""The spool: what was accepted is on disk, and is taken in order, whatever candidate and disk do."""

import logging
import os
import resource
import stat
import threading
from pathlib import Path

import pytest

from rollout_cli.errors import StoreError, UsageError
from rollout_cli.pipeline.metrics import DROPPED, FAILED
from rollout_cli.pipeline.spool import Spool, draining, writing
from rollout_cli.pipeline.spool.segment import REFUSED, SEGMENT, Segment
from tests.pipeline.compat_doubles import AwayFor, Counted, Hanging, Raising, Remembering
from tests.pipeline.spooling import delivery, names_in, numbered, spool_in
from tests.support.children import in_child, with_small_files, without_privileges
from tests.support.waiting import eventually


def test_deliveries_are_taken_in_order_and_in_batches_and_leave_nothing_behind(tmp_path: Path) -> None:
    candidate = Remembering()
    with spool_in(tmp_path, candidate) as (spool, metrics):
        assert all(spool.offer(delivery(each)) for each in numbered(1200))
        assert spool.close(10)
    assert candidate.bodies == numbered(1200)
    assert max(candidate.batches) <= 100
    assert names_in(tmp_path) == []
    assert not metrics.counts
    assert metrics.levels[draining.SPOOLED] == 0


def test_what_is_accepted_is_on_disk_for_its_owner_alone(tmp_path: Path) -> None:
    candidate = Hanging()
    folder = tmp_path / "deep" / "spool"
    with spool_in(folder, candidate) as (spool, _):
        assert spool.offer(delivery(b"a body that is looked for"))
        (name,) = names_in(folder, SEGMENT)
        assert b"a body that is looked for" in (folder / name).read_bytes()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}
        candidate.let_go.set()


def test_a_delivery_comes_out_as_it_went_in(tmp_path: Path) -> None:
    candidate = Remembering()
    given = delivery(b"\x00\xff", "shopper-\ud800")
    with spool_in(tmp_path, candidate) as (spool, _):
        spool.offer(given)
        assert spool.close(10)
    assert candidate.taken == [given]


def test_many_threads_may_offer_and_each_keeps_its_order(tmp_path: Path) -> None:
    candidate = Remembering()
    with spool_in(tmp_path, candidate, segment_bytes=5000, most_bytes=10**7) as (spool, _):

        def offer(number: int) -> None:
            for each in numbered(200):
                assert spool.offer(delivery(b"%d " % number + each))

        threads = [threading.Thread(target=offer, args=[number]) for number in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert spool.close(20)
    for number in range(4):
        own = [each for each in candidate.bodies if each.startswith(b"%d " % number)]
        assert own == [b"%d " % number + each for each in numbered(200)]


def test_segments_are_rotated_and_removed_when_they_are_drained(tmp_path: Path) -> None:
    candidate = Hanging()
    with spool_in(tmp_path, candidate, segment_bytes=100_000, most_bytes=6_000_000) as (spool, _):
        bodies = [each * 1000 for each in numbered(300)]
        assert all(spool.offer(delivery(each)) for each in bodies)
        assert len(names_in(tmp_path, SEGMENT)) > 5
        candidate.let_go.set()
        eventually(lambda: candidate.bodies == bodies, within=20)
        eventually(lambda: len(names_in(tmp_path, SEGMENT)) <= 1)
        assert spool.offer(delivery(b"one more"))


def test_a_segment_that_is_drained_does_not_stay_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "LONGEST_STAY", 0.0)
    with spool_in(tmp_path, Remembering()) as (spool, _):
        spool.offer(delivery(b"a body"))
        eventually(lambda: names_in(tmp_path) == [], within=10)
        assert spool.offer(delivery(b"another"))


def test_a_delivery_larger_than_a_batch_is_taken_alone(tmp_path: Path) -> None:
    candidate = Remembering()
    large = bytes(3_000_000)
    with spool_in(tmp_path, candidate) as (spool, _):
        for each in (b"1", large, b"2"):
            spool.offer(delivery(each))
        assert spool.close(10)
    assert candidate.bodies == [b"1", large, b"2"]


def test_a_store_that_is_away_gets_the_same_again_until_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    candidate = AwayFor(7)
    with caplog.at_level(logging.INFO, "rollout.pipeline"), spool_in(tmp_path, candidate) as (spool, metrics):
        for each in numbered(50):
            spool.offer(delivery(each))
        eventually(lambda: len(candidate.bodies) >= 50, within=20)
        assert spool.close(10)
    assert sorted(set(candidate.bodies), key=int) == numbered(50)
    assert not metrics.counts
    said = [each.message for each in caplog.records]
    assert said == [
        "deliveries wait in the spool: StoreError",
        "the new path takes what was spooled again",
    ]


def test_a_store_that_stays_away_loses_nothing_and_the_next_spool_goes_on(tmp_path: Path) -> None:
    with spool_in(tmp_path, Raising(StoreError("away", hint="wait"))) as (spool, metrics):
        assert all(spool.offer(delivery(each)) for each in numbered(20))
        assert not spool.close(0.1)
        assert not spool.offer(delivery(b"too late"))
        assert metrics.counts == {(DROPPED, "closed"): 1}
    candidate = Remembering()
    with spool_in(tmp_path, candidate) as (spool, _):
        assert spool.close(10)
    assert candidate.bodies == numbered(20)
    assert names_in(tmp_path) == []


def test_what_was_taken_before_is_not_given_again_by_the_next_spool(tmp_path: Path) -> None:
    away = Raising(StoreError("away", hint="wait"), b"here")
    with spool_in(tmp_path, away) as (spool, _):
        for each in numbered(5):
            spool.offer(delivery(each))
        eventually(lambda: len(away.taken) == 5)
        spool.offer(delivery(b"here"))
        eventually(lambda: away.asked > len(away.batches))
        assert not spool.close(0.1)
    candidate = Remembering()
    with spool_in(tmp_path, candidate) as (spool, _):
        assert spool.close(10)
    assert candidate.bodies == [b"here"]


@pytest.mark.parametrize("error", [ValueError("secret text"), SystemExit(), MemoryError(), StoreError("x", hint="y")])
def test_one_that_cannot_be_taken_is_put_aside_and_blocks_no_other(
    tmp_path: Path, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    candidate = Raising(error, b"7")
    with spool_in(tmp_path, candidate) as (spool, metrics):
        for each in numbered(20):
            spool.offer(delivery(each))
        eventually(lambda: metrics.counts[FAILED, "refused"], within=20)
        assert spool.close(10)
    taken = [each for number, each in enumerate(candidate.bodies) if each not in candidate.bodies[:number]]
    assert sorted(taken, key=int) == [each for each in numbered(20) if each != b"7"]
    if not isinstance(error, StoreError):  # else some are given again, to find out whether it is the store
        assert candidate.bodies == taken
    assert metrics.counts == {(FAILED, "refused"): 1}
    assert len(names_in(tmp_path, REFUSED)) == 1
    assert f"kept aside: {type(error).__name__}" in caplog.text
    assert "secret" not in caplog.text


def test_what_was_put_aside_is_taken_when_its_file_is_named_a_segment(tmp_path: Path) -> None:
    with spool_in(tmp_path, Raising(ValueError(), b"7")) as (spool, _):
        spool.offer(delivery(b"7"))
        assert spool.close(10)
    (name,) = names_in(tmp_path, REFUSED)
    (tmp_path / name).rename((tmp_path / name).with_suffix(SEGMENT))
    candidate = Remembering()
    with spool_in(tmp_path, candidate) as (spool, _):
        assert spool.close(10)
    assert candidate.bodies == [b"7"]
    assert names_in(tmp_path) == []


def test_a_single_one_that_the_store_refuses_is_given_again_and_again(tmp_path: Path) -> None:
    candidate = Raising(StoreError("x", hint="y"), b"7")
    with spool_in(tmp_path, candidate) as (spool, metrics):
        spool.offer(delivery(b"7"))
        eventually(lambda: candidate.asked > 8)
        assert not metrics.counts


def test_a_candidate_that_hangs_holds_up_neither_the_caller_nor_the_end(tmp_path: Path) -> None:
    candidate = Hanging()
    with spool_in(tmp_path, candidate) as (spool, _):
        assert all(spool.offer(delivery(each)) for each in numbered(1000))
        assert not spool.close(0.1)
        candidate.let_go.set()
    after = Remembering()
    with spool_in(tmp_path, after) as (spool, _):
        assert spool.close(10)
    assert after.bodies == numbered(1000)


def test_more_than_may_be_there_is_refused_and_there_is_room_again_when_it_is_drained(tmp_path: Path) -> None:
    candidate = Hanging()
    with spool_in(tmp_path, candidate, most_bytes=10_000) as (spool, metrics):
        accepted = [spool.offer(delivery(bytes(400))) for _ in range(100)]
        assert 10 < sum(accepted) < 30
        assert metrics.counts == {(DROPPED, "full"): accepted.count(False)}
        assert spool.size <= 10_000
        candidate.let_go.set()
        eventually(lambda: spool.offer(delivery(b"again")))
        assert not spool.offer(delivery(bytes(20_000)))
        assert metrics.counts[DROPPED, "oversized"] == 1
        assert spool.close(10)
    assert len(candidate.taken) == sum(accepted) + 1


def test_files_of_others_count_too(tmp_path: Path) -> None:
    stays = Raising(StoreError("away", hint="wait"))
    with spool_in(tmp_path, stays) as (first, _), spool_in(tmp_path, stays, most_bytes=10_000) as (second, metrics):
        first.offer(delivery(bytes(9_990)))
        eventually(lambda: second.size > 9_000)
        assert not second.offer(delivery(bytes(1000)))
        assert metrics.counts == {(DROPPED, "full"): 1}


def test_the_number_of_open_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_SEGMENTS", 4)
    with spool_in(tmp_path, Raising(StoreError("away", hint="wait")), most_bytes=10**6) as (spool, metrics):
        accepted = [spool.offer(delivery(bytes(30_000))) for _ in range(100)]
        assert len(names_in(tmp_path, SEGMENT)) <= 4
        assert metrics.counts == {(DROPPED, "full"): accepted.count(False)}


def test_a_full_disk_refuses_what_it_cannot_hold_and_loses_nothing_of_the_rest(tmp_path: Path) -> None:
    def offers() -> tuple[list[bytes], list[bytes], int]:
        candidate = Hanging()
        with spool_in(tmp_path, candidate, segment_bytes=1_000_000) as (spool, metrics):
            bodies = [each * 100 for each in numbered(60)]
            accepted = [each for each in bodies if spool.offer(delivery(each))]
            candidate.let_go.set()
            assert spool.close(10)
        return accepted, candidate.bodies, metrics.counts[DROPPED, "unwritable"]

    accepted, taken, dropped = with_small_files(4096, offers)
    assert accepted == taken
    assert 0 < dropped == 60 - len(accepted)


def test_a_disk_that_holds_nothing_any_more_costs_no_files(tmp_path: Path) -> None:
    def offers() -> tuple[int, int, int]:
        with spool_in(tmp_path, Hanging()) as (spool, _):
            assert spool.offer(delivery(b"1"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            before = len(names_in(Path("/proc/self/fd")))
            accepted = sum(spool.offer(delivery(b"2")) for _ in range(500))
            return accepted, len(names_in(Path("/proc/self/fd"))) - before, len(names_in(tmp_path, SEGMENT))

    assert in_child(offers) == (0, 0, 1)


def test_a_folder_that_goes_away_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    candidate = Remembering()
    with spool_in(folder, candidate, most_bytes=400) as (spool, _):
        folder.rmdir()
        assert spool.offer(delivery(b"1"))
        assert spool.close(10)
    assert candidate.bodies == [b"1"]


def test_a_folder_that_may_not_be_written_refuses_everything_and_raises_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "spool"

    def offers() -> tuple[bool, int]:
        with spool_in(folder, Remembering()) as (spool, metrics):
            folder.chmod(0o500)
            return spool.offer(delivery(b"1")), metrics.counts[DROPPED, "unwritable"]

    tmp_path.chmod(0o777)
    assert without_privileges(offers) == (False, 1)


def test_a_place_where_no_folder_can_be_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="there can be no spool"):
        Spool(tmp_path / "file", Remembering(), metrics=Counted())


def test_metrics_that_raise_are_nobodys_trouble(tmp_path: Path) -> None:
    class Broken(Counted):
        def add(self, *_: object, **__: object) -> None:
            raise RuntimeError

        def level(self, *_: object) -> None:
            raise RuntimeError

    candidate = Raising(ValueError(), b"1")
    spool = Spool(tmp_path, candidate, metrics=Broken(), most_bytes=10_000)
    assert all(spool.offer(delivery(each)) for each in numbered(3))
    assert not spool.offer(delivery(bytes(10_000)))
    assert spool.close(10)
    assert candidate.bodies == [b"0", b"2"]


def test_each_delivery_may_be_waited_for_until_the_disk_has_it(tmp_path: Path) -> None:
    candidate = Remembering()
    with spool_in(tmp_path, candidate, sync="each") as (spool, _):
        assert all(spool.offer(delivery(each)) for each in numbered(5))
        assert spool.close(10)
    assert candidate.bodies == numbered(5)


def test_a_frame_that_was_not_written_to_its_end_is_left_out_silently(tmp_path: Path) -> None:
    with spool_in(tmp_path, Raising(StoreError("away", hint="wait"))) as (spool, _):
        for each in numbered(3):
            spool.offer(delivery(each))
        assert not spool.close(0.1)
    (name,) = names_in(tmp_path, SEGMENT)
    os.truncate(tmp_path / name, (tmp_path / name).stat().st_size - 1)
    candidate = Remembering()
    with spool_in(tmp_path, candidate) as (spool, metrics):
        assert spool.close(10)
    assert candidate.bodies == numbered(2)
    assert not metrics.counts
    assert names_in(tmp_path) == []


def test_a_frame_of_another_program_is_put_aside(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path)
    segment.append(b'{"of": "another program"}', b"1")
    segment.release()
    candidate = Remembering()
    with spool_in(tmp_path, candidate) as (spool, metrics):
        spool.offer(delivery(b"2"))
        assert spool.close(10)
    assert candidate.bodies == [b"2"]
    assert metrics.counts == {(FAILED, "refused"): 1}


def test_a_position_that_cannot_be_believed_means_from_the_beginning(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path)
    segment.append(b"header", b"1")
    segment.advance(segment.written)
    segment.release()
    position = segment.path.with_suffix(".position")
    adopted = Segment.adopt(segment.path)
    assert adopted is not None
    assert adopted.is_done
    adopted.release()
    for noted in (b"", b"x", b"\1" + position.read_bytes()[1:]):
        position.write_bytes(noted)
        adopted = Segment.adopt(segment.path)
        assert adopted is not None
        assert adopted.drained == 0
        adopted.release()


def test_files_that_nobody_needs_are_removed_and_files_of_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "1.position").touch()
    (tmp_path / "2.new").touch()
    os.utime(tmp_path / "2.new", (0, 0))
    (tmp_path / "3.new").touch()
    (tmp_path / "4.refused").touch()
    (tmp_path / "4.position").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "5.segment").symlink_to("/etc/hostname")
    (tmp_path / "6.segment").mkdir()
    with spool_in(tmp_path, Remembering()) as (spool, _):
        eventually(lambda: "1.position" not in names_in(tmp_path))
        spool.close(5)
    assert names_in(tmp_path) == ["3.new", "4.position", "4.refused", "5.segment", "6.segment", "notes.txt"]
