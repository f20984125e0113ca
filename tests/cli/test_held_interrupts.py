"""What asks for an end while something is done whole waits for that; what comes a second time does not."""

import signal
from collections.abc import Iterator

import pytest

from rollout_cli.cli.held_interrupts import HeldInterrupts
from rollout_cli.ending import Terminated

ENDS = [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated), (signal.SIGHUP, Terminated)]


def nobody(*_: object) -> None:
    raise AssertionError("nobody has held it")


@pytest.fixture(autouse=True)
def others_hear_nothing() -> Iterator[None]:
    before = {number: signal.signal(number, nobody) for number, _ in ENDS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def work(held: HeldInterrupts, *numbers: int) -> Iterator[str]:
    """Work that is done whole, in two parts; between them these signals come."""
    with held.whole():
        yield "one part"
        for number in numbers:
            signal.raise_signal(number)
        yield "the other"


@pytest.mark.parametrize(("number", "end"), ENDS)
def test_an_end_waits_until_the_work_is_done(number: int, end: type[BaseException]) -> None:
    held, done = HeldInterrupts(), list[str]()
    with held.heard():
        with pytest.raises(end):
            done.extend(work(held, number))
        with pytest.raises(end):
            signal.raise_signal(number)
    assert done == ["one part", "the other"]
    assert signal.getsignal(number) is nobody


@pytest.mark.parametrize(("number", "end"), ENDS)
def test_the_second_one_does_not_wait(number: int, end: type[BaseException]) -> None:
    held, done = HeldInterrupts(), list[str]()
    with held.heard(), pytest.raises(end):
        done.extend(work(held, signal.SIGTERM, number))
    assert done == ["one part"]


def test_who_is_to_stay_when_the_connection_is_lost_stays() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    held = HeldInterrupts()
    with held.heard():
        assert list(work(held, signal.SIGHUP, signal.SIGHUP)) == ["one part", "the other"]
