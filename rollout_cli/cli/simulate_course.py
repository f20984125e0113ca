"""How a simulation goes, as it was typed: a recording instead of traffic, a pace, and what is kept of it."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from rollout_cli.cli.session import Session
from rollout_cli.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from rollout_cli.flags.model import Snapshot
    from rollout_cli.simulate.pacing import Pace
    from rollout_cli.simulate.replay import Recording, Whose
    from rollout_cli.simulation.resuming import Keeper
    from rollout_cli.simulation.running import Course
    from rollout_cli.simulation.weight import Complain

_RATE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(?:/s)?")
_SPEED = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)x")
_FASTEST = "max"
_RECORDED = "recorded"
_COMPLAINTS = 20
"""How many records that cannot be read are told one by one."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The options, as they were typed."""

    replay: tuple[str, ...] = ()
    shopper: str | None = None
    instance: str | None = None
    pace: str | None = None
    rate: str | None = None
    save_traffic: Path | None = None
    resume: Path | None = None

    @property
    def can_be_shared(self) -> bool:
        """Whether several workers can do it: what is ordered over all shoppers, they cannot."""
        alone = (self.pace, self.rate, self.save_traffic, self.resume)
        return "-" not in self.replay and all(each is None for each in alone)

    @property
    def source(self) -> str:
        """What is run, for people."""
        return f"replay of {', '.join(self.replay)}" if self.replay else "traffic"


@dataclass(frozen=True, slots=True)
class Whole:
    """What else the replay depends on.

    Attributes:
        provider: of bare bodies; None where none was named.
        events_store: None for a temporary one.
        legacy, legacy_facts: what it is compared with; None for nothing.
        injected: the faults that are planted.
    """

    snapshot: "Snapshot"
    provider: str | None
    events_store: str | None
    legacy: str | None = None
    legacy_facts: str | None = None
    injected: tuple[str, ...] = ()


def require_sense(ways: Ways, *, is_alone: bool) -> None:
    """See that options go together, before anything is opened.

    Raises:
        UsageError: they do not.
    """
    if not ways.replay:
        for name in ("shopper", "instance", "pace", "resume"):
            if getattr(ways, name) is not None:
                raise UsageError(f"--{name} is of a replay", hint="name what is replayed with --replay")
    if ways.pace is not None and ways.rate is not None:
        raise UsageError("--pace and --rate are both given", hint="a recording keeps its own pace, or has another")
    if ways.save_traffic is not None and ways.resume is not None:
        raise UsageError("--save-traffic is given with --resume", hint="what was sent before it would be missing in it")
    if not is_alone and not ways.can_be_shared:
        options = "--rate, --pace, --save-traffic, --resume and a replay of standard input"
        raise UsageError(f"{options} are for one worker", hint="leave --workers and --engine out")


@contextmanager
def on_course(session: Session, ways: Ways, whole: Whole) -> "Iterator[Course]":
    """The course of a run, with all that it needs open until it is over.

    Raises:
        UsageError: an option cannot be meant, or a file cannot be read or written.
        RefusedError: the replay cannot be resumed like this.
    """
    from rollout_cli.simulate.replay import Place, Replay, line_of
    from rollout_cli.simulation.running import Course
    from rollout_cli.sources.recording_file import recording
    from rollout_cli.sources.recordings import pieces, require_recordings

    pace = pace_of(ways)
    require_recordings(ways.replay)
    with ExitStack() as stack:
        keeper = _keeper(ways, whole, stack)
        replay = None
        if ways.replay:
            complaints = _Complaints(session)
            stack.callback(complaints.end)
            at = int(time() * 1000) if keeper is None else keeper.at
            begin = Place() if keeper is None else keeper.begin
            replay = Replay(pieces(ways.replay), _whose(ways, whole, at), complaints.hear, begin)
        recorded = None
        if ways.save_traffic is not None:
            recorded = partial(stack.enter_context(recording(ways.save_traffic)).through, line_of=line_of)
        if keeper is not None:
            stack.enter_context(_telling(session, keeper.file))
        yield Course(replay, pace, recorded, keeper)


@contextmanager
def on_shared_course(session: Session, ways: Ways, whole: Whole) -> "Iterator[tuple[Recording | None, Complain]]":
    """The recording for several workers, and whoever hears what of it cannot be read.

    Raises:
        UsageError: it cannot be read at all.
    """
    from rollout_cli.simulate.replay import Recording
    from rollout_cli.sources.recordings import require_recordings

    require_recordings(ways.replay)
    complaints = _Complaints(session)
    names = tuple(str(Path(each).absolute()) for each in ways.replay)
    yield Recording(names, _whose(ways, whole, int(time() * 1000))) if names else None, complaints.hear
    complaints.end()


def pace_of(ways: Ways) -> "Pace":
    """When deliveries are handed over.

    Raises:
        UsageError: an option is none.
    """
    from rollout_cli.simulate.pacing import Rate, Recorded, Unpaced

    if ways.rate not in (None, _FASTEST):
        found = _RATE.fullmatch(ways.rate or "")
        if found is None or not float(found[1]):
            raise UsageError(f"{ways.rate!r} is no rate", hint="events a second, like 200 or 200/s; or max")
        return Rate(float(found[1]))
    if ways.pace in (None, _FASTEST):
        return Unpaced()
    if ways.pace == _RECORDED:
        return Recorded()
    found = _SPEED.fullmatch(ways.pace or "")
    if found is None or not float(found[1]):
        raise UsageError(f"{ways.pace!r} is no pace", hint="recorded, so many times as fast like 10x, or max")
    return Recorded(float(found[1]))


def _whose(ways: Ways, whole: Whole, at: int) -> "Whose":
    from rollout_cli.simulate.replay import SHOPPER, Whose

    return Whose(whole.provider, ways.shopper or SHOPPER, ways.instance, at)


def _keeper(ways: Ways, whole: Whole, stack: ExitStack) -> "Keeper | None":
    from rollout_cli.cli.held_interrupts import HeldInterrupts
    from rollout_cli.simulation.resuming import Keeper

    if ways.resume is None:
        return None
    if whole.events_store is None:
        raise RefusedError(
            "a replay into a temporary store cannot be resumed: the store is gone when it ends",
            hint="name one that stays with --events-store",
        )
    interrupts = HeldInterrupts()
    stack.enter_context(interrupts.heard())
    return Keeper(ways.resume, _name(ways, whole), int(time() * 1000), whole=interrupts.whole)


def _name(ways: Ways, whole: Whole) -> str:
    """The same for the same replay into the same store, and for no other."""
    from rollout_cli.flags.document import snapshot_document

    files = [each if each == "-" else str(Path(each).absolute()) for each in ways.replay]
    parts = [
        files, ways.shopper, ways.instance, whole.provider, whole.events_store, snapshot_document(whole.snapshot),
        whole.legacy, whole.legacy_facts, whole.injected,
    ]  # fmt: skip
    return blake2b(json.dumps(parts, default=str).encode(), digest_size=16).hexdigest()


@contextmanager
def _telling(session: Session, file: Path) -> Iterator[None]:
    """Say how to go on when it is interrupted."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        session.out.complain(f"{file} says how far it came: the same command goes on from there")
        raise


class _Complaints:
    """Says what cannot be read, and does not go on for ever."""

    def __init__(self, session: Session) -> None:
        self._out = session.out
        self._count = 0

    def hear(self, place: str, problem: str) -> None:
        """Say where something stands that cannot be read, and why."""
        self._count += 1
        if self._count <= _COMPLAINTS:
            self._out.complain(f"{place}: {problem}")

    def end(self) -> None:
        """Say how many more there were."""
        if self._count > _COMPLAINTS:
            self._out.complain(f"and {self._count - _COMPLAINTS:,} more records that cannot be read")
