"""Candidates of every temper, and metrics that can be looked at."""

import threading
from collections import Counter
from collections.abc import Sequence

from rollout_cli.errors import StoreError
from rollout_cli.pipeline.delivery import Delivery


class Counted:
    """Metrics, by name and outcome."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.levels: dict[str, float] = {}

    def add(self, name: str, amount: int = 1, *, provider: str = "", path: str = "", outcome: str = "") -> None:
        self.counts[name, outcome] += amount

    def observe(self, name: str, milliseconds: float, *, provider: str = "", path: str = "", outcome: str = "") -> None:
        pass

    def level(self, name: str, value: float) -> None:
        self.levels[name] = value


class Remembering:
    """Takes everything."""

    def __init__(self) -> None:
        self.taken: list[Delivery] = []
        self.batches: list[int] = []

    def take(self, deliveries: Sequence[Delivery]) -> object:
        self.batches.append(len(deliveries))
        self.taken.extend(deliveries)
        return [each.body for each in deliveries]

    @property
    def bodies(self) -> list[bytes]:
        return [each.body for each in self.taken]


class Hanging(Remembering):
    """Hangs on some bodies until it is let go."""

    def __init__(self, *bodies: bytes) -> None:
        super().__init__()
        self.hangs_on = set(bodies)
        self.entered = threading.Semaphore(0)
        self.let_go = threading.Event()

    def take(self, deliveries: Sequence[Delivery]) -> object:
        if not self.hangs_on or any(each.body in self.hangs_on for each in deliveries):
            self.entered.release()
            self.let_go.wait()
        return super().take(deliveries)


class Raising(Remembering):
    """Raises for some bodies, or for all."""

    def __init__(self, error: BaseException, *bodies: bytes) -> None:
        super().__init__()
        self.error = error
        self.raises_for = set(bodies)
        self.asked = 0

    def take(self, deliveries: Sequence[Delivery]) -> object:
        self.asked += 1
        if not self.raises_for or any(each.body in self.raises_for for each in deliveries):
            raise self.error
        return super().take(deliveries)


class Eating(Remembering):
    """Keeps more and more memory."""

    def __init__(self) -> None:
        super().__init__()
        self.eaten: list[bytes] = []

    def take(self, deliveries: Sequence[Delivery]) -> object:
        self.eaten.append(bytes(256 * 1024))
        if len(self.eaten) > 16:
            raise MemoryError
        return super().take(deliveries)


class AwayFor(Remembering):
    """A store that is away for so many attempts."""

    def __init__(self, attempts: int) -> None:
        super().__init__()
        self.left = attempts

    def take(self, deliveries: Sequence[Delivery]) -> object:
        if self.left:
            self.left -= 1
            raise StoreError("the store is away", hint="wait")
        return super().take(deliveries)
