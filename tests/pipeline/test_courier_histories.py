"""Whatever happens in whatever order: every event is given, in order; twice only where a process died, and marked."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.errors import StoreError
from rollout_cli.pipeline.courier import Courier
from rollout_cli.pipeline.signals import LEASE, Signal, Subscription
from tests.support.event_stores import NOW, text_event
from tests.support.shaky_outbox import AWAY, Shaky, drain, presence

STEPS = ("publish", "publish other", "give", "refuse", "store away", "answer lost", "dies in the call",
         "dies after the call", "restart", "look, a lease later")  # fmt: skip


class DeathError(BaseException):
    """The process dies here: whoever catches it goes on with a new courier, as a new process would."""


class World:
    """A log, and one process after the other that delivers from it to one subscriber."""

    def __init__(self, batch: int) -> None:
        self.outbox = Shaky()
        self.got: list[Signal] = []
        self.wanted: list[int] = []
        self.now = NOW
        self.mood = ""
        self._batch = batch
        self._processes = 0
        self.new_process()

    def new_process(self) -> None:
        self._processes += 1
        wanted = Subscription("crm", self._receive, ("whatsapp.message.",), from_beginning=True, batch=self._batch)
        self.courier = Courier(self.outbox, wanted, f"process-{self._processes}")

    def publish(self, *, is_wanted: bool) -> None:
        number = len(self.outbox.log) + 1
        self.outbox.publish((text_event if is_wanted else presence)(number))
        if is_wanted:
            self.wanted.append(number)

    def step(self, mood: str) -> None:
        self.mood = mood
        self.outbox.fails = {"store away": AWAY, "answer lost": AWAY, "dies after the call": DeathError()}.get(mood)
        self.outbox.after = mood == "answer lost"
        try:
            with suppress(StoreError, ValueError):
                self.courier.step(self.now)
        except DeathError:
            self.now += LEASE + timedelta(seconds=1)
            self.new_process()
        self.mood, self.outbox.fails = "", None

    def _receive(self, given_now: Any) -> None:
        if self.mood == "refuse":
            raise ValueError
        if self.mood == "dies in the call":
            raise DeathError
        self.got += given_now if isinstance(given_now, list) else [given_now]


@given(st.lists(st.sampled_from(STEPS), max_size=40), st.integers(1, 3))
def test_whatever_happens_no_event_is_lost_or_twice_without_a_mark_and_only_a_death_makes_it_twice(
    steps: list[str], batch: int
) -> None:
    world = World(batch)
    for step in steps:
        if step.startswith("publish"):
            world.publish(is_wanted=step == "publish")
        elif step == "restart":
            world.courier.rest()
            world.new_process()
        elif step == "look, a lease later":
            world.now += LEASE + timedelta(seconds=1)
            world.step("give")
        else:
            world.step(step)
    for _ in range(3):
        drain(world.courier, world.now)
    world.courier.rest()
    first: dict[int, Signal] = {}
    repeated = [each for each in world.got if first.setdefault(each.number, each) is not each]
    assert list(first) == world.wanted
    assert all(each.again for each in repeated)
    assert len(repeated) <= batch * steps.count("dies after the call")
    assert world.outbox.lag("crm") == 0
