"""How long a thread was kept from a processor by others, where the system tells it."""

import hashlib
import time
from pathlib import Path
from threading import Thread

import pytest

from rollout_cli.sources.processor import processor_waits


def switched() -> None:
    """Who was never switched has not waited, and the system is not asked."""
    time.sleep(0.001)


def test_it_is_told_in_seconds_and_asked_anew_after_each_switch(tmp_path: Path) -> None:
    place = tmp_path / "schedstat"
    place.write_text("510974548 2012802024 381\n")
    with processor_waits(str(place)) as waits:
        assert waits is not None
        begun = waits()
        place.write_text("510974548 4512802024 382\n")
        switched()
        assert waits() - begun == pytest.approx(2.5, abs=0.1)
        switched()
        assert waits() - begun == pytest.approx(2.5, abs=0.1)


def test_what_other_threads_of_this_process_had_is_not_blamed_on_others(tmp_path: Path) -> None:
    place = tmp_path / "schedstat"
    place.write_text("1 0 1\n")
    with processor_waits(str(place)) as waits:
        assert waits is not None
        begun = waits()
        before = time.process_time() - time.thread_time()
        busy = Thread(target=lambda: hashlib.pbkdf2_hmac("sha256", b"", b"", 300_000))
        busy.start()
        busy.join()
        had = time.process_time() - time.thread_time() - before
        place.write_text(f"1 {int((had + 1) * 1e9)} 2\n")
        switched()
        assert waits() - begun == pytest.approx(1, abs=0.05)
        place.write_text(f"1 {int((had + 1) * 1e9)} 3\n")
        switched()
        assert waits() - begun >= 1 - 0.05  # it never goes back


@pytest.mark.parametrize("written", ["", "7\n", "a b c\n", "0 0 0\n"])
def test_where_the_system_tells_something_else_or_does_not_count_nobody_knows(tmp_path: Path, written: str) -> None:
    place = tmp_path / "schedstat"
    place.write_text(written)
    with processor_waits(str(place)) as waits:
        assert waits is None
    with processor_waits(str(tmp_path / "none")) as waits:
        assert waits is None


def test_to_sleep_or_to_work_is_no_wait_for_a_processor() -> None:
    with processor_waits() as waits:
        if waits is None:
            pytest.skip("this system does not tell it")
        begun, waited, worked = time.perf_counter(), waits(), time.thread_time()
        time.sleep(0.2)
        hashlib.pbkdf2_hmac("sha256", b"", b"", 100_000)
        took, worked = time.perf_counter() - begun, time.thread_time() - worked
        assert 0 <= waits() - waited <= took - worked - 0.2 + 0.01
