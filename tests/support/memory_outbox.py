"""An outbox in memory that keeps every promise of the real one; held to the same contract suite."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from rollout_cli.pipeline.signals import Lease, LostLeaseError, Signal
from rollout_cli.whatsapp import CanonicalEvent


@dataclass(frozen=True)
class _Subscriber:
    position: int
    holder: str | None = None
    held_until: datetime | None = None


class MemoryOutbox:
    """A log in a list."""

    def __init__(self) -> None:
        self.log: list[CanonicalEvent] = []
        self._known: dict[str, _Subscriber] = {}

    def publish(self, *events: CanonicalEvent) -> None:
        """Put events into the log."""
        self.log += events

    def enlist(self, name: str, *, from_beginning: bool) -> None:
        self._known.setdefault(name, _Subscriber(0 if from_beginning else len(self.log)))

    def take(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        known = self._known[name]
        if known.holder not in (None, holder) and known.held_until is not None and known.held_until > now:
            return None
        self._known[name] = replace(known, holder=holder, held_until=until)
        return Lease(known.position, known.holder not in (None, holder))

    def renew(self, name: str, holder: str, until: datetime) -> bool:
        known = self._known[name]
        if known.holder == holder:
            self._known[name] = replace(known, held_until=until)
        return known.holder == holder

    def read(self, after: int, limit: int, types: Sequence[str]) -> tuple[list[Signal], int]:
        wanted = [
            Signal(number, event)
            for number, event in enumerate(self.log, start=1)
            if number > after and (not types or event.event_type.startswith(tuple(types)))
        ][:limit]
        return wanted, wanted[-1].number if len(wanted) == limit else max(len(self.log), after)

    def advance(self, name: str, holder: str, position: int, until: datetime) -> None:
        if self._known[name].holder != holder or self._known[name].position >= position:
            raise LostLeaseError
        self._known[name] = _Subscriber(position, holder, until)

    @contextmanager
    def advancing(self, name: str, holder: str, position: int, until: datetime) -> Iterator[None]:
        before = self._known[name]
        self.advance(name, holder, position, until)
        try:
            yield None
        except BaseException:
            self._known[name] = before
            raise

    def release(self, name: str, holder: str, *, in_doubt: bool = False) -> None:
        if self._known[name].holder == holder:
            self._known[name] = _Subscriber(self._known[name].position, holder if in_doubt else None)

    def lag(self, name: str) -> int:
        known = self._known.get(name)
        return len(self.log) - (0 if known is None else known.position)
