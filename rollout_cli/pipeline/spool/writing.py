"""The segments that this process writes, one at a time."""

import os
import threading
from collections import deque
from pathlib import Path
from time import monotonic

from rollout_cli.pipeline.backlog import CLOSED, FULL, MOST_BYTES, OVERSIZED
from rollout_cli.pipeline.spool.segment import Segment

LONGEST_STAY = 60.0
"""Seconds after which a segment that is drained to its end is removed, although there is room in it."""

MOST_SEGMENTS = 128
"""Each takes two descriptors, and the application needs some, too."""


class Writer:
    """Appends frames. May be shared by threads.

    Attributes:
        own: the segments of this process that are still there, the eldest first; only the last one is written.
        elsewhere: how many bytes the segments of others have, when somebody last looked.
        is_closed: nothing is accepted any more.
    """

    def __init__(self, folder: Path, *, most_bytes: int, segment_bytes: int, syncs: bool) -> None:
        self.turn = threading.RLock()  # a signal's handler may come in between
        self.own: deque[Segment] = deque()
        self.elsewhere = 0
        self.is_closed = False
        self._folder = folder
        self._most_bytes = most_bytes
        self._segment_bytes = min(max(segment_bytes, 2 * most_bytes // MOST_SEGMENTS), most_bytes // 4)
        self._syncs = syncs

    @property
    def size(self) -> int:
        """How many bytes all segments have, as far as is known."""
        return self.elsewhere + sum(each.written for each in self.held())

    def held(self) -> list[Segment]:
        """The segments that are there now."""
        with self.turn:
            return list(self.own)

    def write(self, header: bytes, body: bytes) -> str:
        """Append a frame.

        Returns:
            Why it is not there; an empty text where it is.

        Raises:
            OSError: it is not there.
        """
        more = len(header) + len(body)
        with self.turn:
            if self.is_closed:
                return CLOSED
            if more > min(self._most_bytes, MOST_BYTES):
                return OVERSIZED
            if self.size + more > self._most_bytes or len(self.own) >= MOST_SEGMENTS:
                self.finish()  # so that it can go when it is drained
                return FULL
            segment = self._current()
            segment.append(header, body, syncs=self._syncs)
            if segment.written >= self._segment_bytes:
                segment.is_finished = True
        return ""

    def finish(self, *, older_than: float = 0.0) -> None:
        """Append no more to the segment that is written now, unless there is nothing in it, or it is too young."""
        with self.turn:
            if self.own and self.own[-1].written and monotonic() - self.own[-1].born >= older_than:
                self.own[-1].is_finished = True

    def close(self) -> None:
        """Accept nothing any more."""
        with self.turn:
            self.is_closed = True
            for each in self.own:
                each.is_finished = True

    def forget(self, segment: Segment) -> None:
        """One of them is not there any more."""
        with self.turn:
            self.own.remove(segment)

    def _current(self) -> Segment:
        if self.own and not self.own[-1].is_finished:
            return self.own[-1]
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # somebody may have cleaned up
        segment = Segment.create(self._folder)
        try:
            if self._syncs:
                _sync_folder(self._folder)
        except OSError:  # each try would leave another one
            segment.remove()
            raise
        self.own.append(segment)
        return segment


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
