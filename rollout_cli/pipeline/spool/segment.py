"""One file of a spool. Whoever has its lock owns it: its writer while it lives, then whoever adopts it."""

import errno
import fcntl
import os
import stat
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from time import monotonic, time_ns
from typing import Self
from zlib import crc32

from rollout_cli.pipeline.spool.framing import Stretch, framed, marker_of, read_frames

SEGMENT, REFUSED, NOTED, UNBORN = ".segment", ".refused", ".position", ".new"

_NUMBER = struct.Struct("<Q")
_POSITION = struct.Struct("<QI")  # the number, and its CRC-32
_FLAGS = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_MODE = 0o600


class Segment:
    """Frames, appended by one process, and how many bytes of them are done with.

    Attributes:
        written: how many bytes there are; no part of a frame is counted before all of it is there.
        drained: how many of them are done with.
        is_finished: nothing will be appended any more.
        born: when it was created or adopted, on the monotonic clock.
    """

    __slots__ = ("_marker", "_position", "born", "descriptor", "drained", "is_finished", "path", "written")

    def __init__(self, path: Path, descriptor: int, position: int, *, written: int, is_finished: bool) -> None:
        self.path = path
        self.descriptor = descriptor
        self.written = written
        self.is_finished = is_finished
        self.born = monotonic()
        self._position = position
        self._marker = marker_of(path.stem)
        self.drained = min(self._remembered(), written) if is_finished else 0

    @classmethod
    def create(cls, folder: Path, ending: str = SEGMENT) -> Self:
        """A new one, of this process. It has its name only when it is locked: nobody adopts it in between.

        Raises:
            OSError: there can be none.
        """
        path = folder / f"{time_ns():020d}-{os.getpid()}-{token_hex(8)}{ending}"
        unborn = path.with_suffix(UNBORN)
        opened: list[int] = []
        try:
            opened.append(os.open(unborn, _FLAGS | os.O_APPEND | os.O_CREAT | os.O_EXCL, _MODE))
            fcntl.flock(opened[0], fcntl.LOCK_EX | fcntl.LOCK_NB)
            opened.append(os.open(path.with_suffix(NOTED), _FLAGS | os.O_CREAT, _MODE))
            segment = cls(path, *opened, written=0, is_finished=False)
            segment.advance(0)  # takes the room for it now: a full disk is no hindrance later
            unborn.rename(path)
        except BaseException:
            _discard(opened, (unborn, path.with_suffix(NOTED)))
            raise
        return segment

    @classmethod
    def adopt(cls, path: Path) -> Self | None:
        """One whose writer is gone; None where somebody owns it, or nobody can.

        Raises:
            OSError: it cannot be opened.
        """
        opened: list[int] = []
        try:
            opened.append(os.open(path, _FLAGS))
            fcntl.flock(opened[0], fcntl.LOCK_EX | fcntl.LOCK_NB)
            found = os.fstat(opened[0])
            if found.st_nlink and stat.S_ISREG(found.st_mode):  # else somebody has just been done with it
                opened.append(os.open(path.with_suffix(NOTED), _FLAGS | os.O_CREAT, _MODE))
                return cls(path, *opened, written=found.st_size, is_finished=True)
        except (BlockingIOError, FileNotFoundError):
            pass
        except BaseException:
            _discard(opened)
            raise
        _discard(opened)
        return None

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to be drained, now."""
        return self.drained >= self.written

    def append(self, header: bytes, body: bytes, *, syncs: bool = False) -> None:
        """Append a frame.

        Raises:
            OSError: it is not there. Nothing that was there before has changed.
        """
        frame = framed(self._marker, header, body)
        size = sum(map(len, frame))
        written = 0
        try:
            written = os.writev(self.descriptor, frame)
            if syncs:
                os.fdatasync(self.descriptor)
        except OSError:
            self._take_back()
            raise
        if written != size:
            self._take_back()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.written += size

    def read(self) -> Stretch:
        """The next frames.

        Raises:
            OSError: they cannot be read.
        """
        return read_frames(self.descriptor, self._marker, self.drained, self.written)

    def advance(self, drained: int) -> None:
        """Note how many bytes are done with.

        Raises:
            OSError: it is noted in memory only.
        """
        self.drained = drained
        os.pwrite(self._position, _POSITION.pack(drained, crc32(_NUMBER.pack(drained))), 0)

    def remove(self) -> None:
        """Be done with it.

        Raises:
            OSError: the file stays.
        """
        self.path.unlink(missing_ok=True)
        self.path.with_suffix(NOTED).unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        """Let go of the file and its lock."""
        if self.descriptor < 0:
            return
        with suppress(OSError):
            fcntl.flock(self.descriptor, fcntl.LOCK_UN)  # closing is not enough where a fork has it, too
        self.abandon()

    def abandon(self) -> None:
        """Close it, in the child of a fork: the lock is the parent's."""
        opened = [self.descriptor, self._position]
        self.descriptor = self._position = -1
        _discard(opened)

    def _take_back(self) -> None:
        """Cut off what was appended in part. Where there is something before, let it go when it is drained."""
        self.is_finished = self.written > 0
        try:
            os.ftruncate(self.descriptor, self.written)
        except OSError:
            self.is_finished = True  # a part of a frame is harmless only where nothing follows

    def _remembered(self) -> int:
        """The position that was noted; 0 where there is none that can be believed."""
        noted = os.pread(self._position, _POSITION.size, 0)
        if len(noted) != _POSITION.size:
            return 0
        drained, expected = _POSITION.unpack(noted)
        return int(drained) if crc32(_NUMBER.pack(drained)) == expected else 0


def _discard(descriptors: Iterable[int], paths: Iterable[Path] = ()) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()
    for descriptor in descriptors:
        with suppress(OSError):
            os.close(descriptor)
