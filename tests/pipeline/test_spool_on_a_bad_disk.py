"""A spool on a disk that loses what it had, or refuses what it should do."""

from pathlib import Path

import pytest

from rollout_cli.errors import StoreError
from rollout_cli.pipeline.metrics import DROPPED, FAILED
from rollout_cli.pipeline.spool import writing
from rollout_cli.pipeline.spool.segment import SEGMENT
from tests.pipeline.compat_doubles import AwayFor, Raising, Remembering
from tests.pipeline.spooling import delivery, names_in, numbered, spool_in


def test_a_disk_that_syncs_no_folder_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    candidate = Remembering()
    with spool_in(tmp_path, candidate, sync="each") as (spool, metrics):
        with monkeypatch.context() as broken:
            broken.setattr(writing, "_sync_folder", lambda _: (_ for _ in ()).throw(OSError))
            assert not any(spool.offer(delivery(each)) for each in numbered(5))
        assert names_in(tmp_path) == []
        assert spool.offer(delivery(b"6"))
        assert spool.close(10)
    assert (candidate.bodies, metrics.counts) == ([b"6"], {(DROPPED, "unwritable"): 5})


@pytest.mark.parametrize(("damaged", "attempts"), [(b"104", 0), (b"100", 2)])
def test_damage_in_a_file_is_said_and_counted_once_however_often_the_store_is_away_and_the_rest_of_it_is_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damaged: bytes, attempts: int
) -> None:
    with spool_in(tmp_path, Raising(StoreError("away", hint="wait"))) as (spool, _):
        for each in numbered(9, start=100):
            spool.offer(delivery(each * 10))
        assert not spool.close(0.1)
    (name,) = names_in(tmp_path, SEGMENT)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole.replace(damaged * 2, b"1?" + damaged[2:] + damaged))
    candidate = AwayFor(attempts)
    with spool_in(tmp_path, candidate, longest_pause=5) as (spool, metrics):
        assert spool.close(10)
    assert candidate.bodies == [each * 10 for each in numbered(9, start=100) if each != damaged]
    assert metrics.counts == {(FAILED, "damaged"): 1}
    assert "is damaged" in caplog.text
