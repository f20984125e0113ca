"""An outbox whose store goes away now and then, and what tests of couriers need beside it."""

from datetime import datetime

import msgspec

from rollout_cli.errors import StoreError
from rollout_cli.pipeline.courier import Courier
from rollout_cli.whatsapp import CanonicalEvent
from tests.support.event_stores import NOW, text_event
from tests.support.memory_outbox import MemoryOutbox

AWAY = StoreError("the store is away", hint="wait")


class Shaky(MemoryOutbox):
    """Its store goes away now and then.

    Attributes:
        fails: raised by the next write of a position; where `after`, when it is written already.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fails: BaseException | None = None
        self.after = False

    def advance(self, name: str, holder: str, position: int, until: datetime) -> None:
        fails, self.fails = self.fails, None
        if fails is None or self.after:
            super().advance(name, holder, position, until)
        if fails is not None:
            raise fails


def drain(each: Courier, now: datetime = NOW) -> None:
    """Deliver all that is there."""
    while each.step(now):
        pass


def presence(number: int) -> CanonicalEvent:
    """An event that most subscribers do not want."""
    return msgspec.structs.replace(text_event(number), event_type="whatsapp.presence")
