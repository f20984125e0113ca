"""What keeps a replay: every few seconds, how far it is; so that one that was cut off, however, goes on from there.

What was stored after the last checkpoint is delivered once more, and the store knows it already. It is counted as new
all the same, by the rows that are there since: the totals are those of a replay that was never cut off.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Protocol

from rollout_cli.errors import RefusedError, RolloutError, UsageError
from rollout_cli.simulate.checkpoint import Checkpoint, packed, unpacked
from rollout_cli.simulate.evidence import Mark
from rollout_cli.simulate.judging import Judge
from rollout_cli.simulate.replay import Place, Replay
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulate.traffic.sent import Sent

EVERY_SECONDS = 5.0
_MOST_BYTES = 100_000_000


class Marked(Protocol):
    """A store that is replayed into."""

    since: Mark

    def now(self) -> Mark:
        """How far it is."""
        ...  # pragma: no cover - a protocol


@dataclass
class Keeper:
    """Keeps one replay in one file.

    Attributes:
        file: where; it is replaced in one step.
        what: names what is replayed, and how.
        at: when what has no time of its own comes, milliseconds since 1970; of the first part, for all of them.
        saved: what an earlier part has left; None where there was none.
        whole: is entered for each batch, so that nothing is left between two.
    """

    file: Path
    what: str
    at: int
    every: float = EVERY_SECONDS
    whole: Callable[[], AbstractContextManager[None]] = nullcontext
    clock: Callable[[], float] = monotonic
    saved: Checkpoint | None = field(init=False)

    def __post_init__(self) -> None:
        """Read what an earlier part has left.

        Raises:
            UsageError: the file is something else.
            RefusedError: it is of another replay.
        """
        self.saved = _read(self.file)
        if self.saved is None:
            return
        self.at = self.saved.at
        if self.saved.what != self.what:
            raise RefusedError(
                f"{self.file} is of another replay: other files, flags or options, or another store",
                hint="give the same as before; or begin anew with another file, and another store",
            )

    @property
    def begin(self) -> Place:
        """How far the recording was read."""
        return Place() if self.saved is None else self.saved.read

    def keeping(self, replay: Replay, judge: Judge, store: Marked, totals: Callable[[float], Totals]) -> "Keeping":
        """Keep a replay, from now on.

        Args:
            replay: what is read.
            judge: of what became of it.
            store: where it is stored.
            totals: all that was counted after so many seconds.

        Raises:
            KeepingError: the file cannot be written.
        """
        return Keeping(self, replay, judge, store, totals)


class KeepingError(RolloutError):
    """The checkpoint of a replay cannot be written."""


class Keeping:
    """A replay that is kept."""

    def __init__(
        self, keeper: Keeper, replay: Replay, judge: Judge, store: Marked, totals: Callable[[float], Totals]
    ) -> None:
        self._keeper = keeper
        self._replay = replay
        self._judge = judge
        self._store = store
        self._totals = totals
        self._seconds = 0.0 if keeper.saved is None else keeper.saved.totals.seconds
        self._place = keeper.begin
        self.save()

    def after(self, batch: Sequence[Sent], seconds: float) -> None:
        """Note a batch that was taken and counted; write it down when it is time.

        Raises:
            KeepingError: the file cannot be written.
        """
        self._place, self._seconds = self._replay.at(batch[-1]), seconds
        if self._keeper.clock() >= self._due:
            self.save()

    def end(self, seconds: float) -> None:
        """Note that all was read.

        Raises:
            KeepingError: the file cannot be written.
        """
        self._place, self._seconds = self._replay.read, seconds
        self.save()

    def save(self) -> None:
        """Write down how far it is. Only between two batches.

        Raises:
            KeepingError: the file cannot be written.
        """
        keeper = self._keeper
        checkpoint = Checkpoint(
            keeper.what, self._place, self._store.since, self._store.now(), keeper.at, self._totals(self._seconds),
            self._judge.repeats.dump(),
        )  # fmt: skip
        _write(keeper.file, packed(checkpoint))
        self._due = keeper.clock() + keeper.every


def _read(file: Path) -> Checkpoint | None:
    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES)
    except FileNotFoundError:
        if not file.absolute().parent.is_dir():
            raise UsageError(f"there is no folder {file.absolute().parent}", hint="make it first") from None
        return None
    except OSError as error:
        raise UsageError(
            f"cannot read {file}: {error.strerror}", hint="name a file, or one that is not there"
        ) from None
    try:
        return unpacked(data)
    except UsageError as error:
        raise UsageError(f"{file}: {error.message}", hint=error.hint) from None


def _write(file: Path, data: bytes) -> None:
    """Put a file in its place, whole, private to its owner."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=file.absolute().parent, prefix=f".{file.name}-")
        try:
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(data)
                opened.flush()
                os.fsync(descriptor)
            Path(temporary).replace(file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise KeepingError(
            f"{file} cannot be written: {error.strerror}", hint="see whether there is room, and may be written"
        ) from error
