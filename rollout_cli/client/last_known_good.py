"""The latest revision on disk, for the process that starts while the store is away.

One file may serve many processes. Whoever writes it holds a lock and reads the store *while* holding it, so a slow
process never puts an older revision over a newer one: after a rollback no "on" comes back from this file.
"""

import errno
import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import time

from rollout_cli.control.record import DamagedRecordError, Revision, seal, unseal
from rollout_cli.sources.regular_file import UnreadableFileError, read_regular_file

SCHEMA = "rollout/last-known-good/v1"
_MAX_BYTES = 50_000_000
_TOUCH_SECONDS = 60
"""How often the file's time is set: it says when its content was last known to be current."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the file holds, and how long ago it was known to be current."""

    revision: Revision
    age_seconds: float


class LastKnownGood:
    """A file with the latest revision of one rollout."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, rollout: str | None) -> Remembered | None:
        """Read the file, and check its seal.

        Args:
            rollout: whose revision it has to be, where that is known.

        Returns:
            What it holds; None when there is no file.

        Raises:
            ValueError: it is not what was written, or another rollout's; the message says which.
        """
        try:
            text = read_regular_file(self.path, limit=_MAX_BYTES)
            age = max(0.0, time() - self.path.stat().st_mtime)
        except FileNotFoundError:
            return None
        except (OSError, UnreadableFileError) as error:
            raise ValueError(f"{self.path} cannot be read: {error}") from None
        return Remembered(_unpacked(text, rollout, self.path), age)

    def keep(self, latest: Callable[[], Revision | None]) -> bool:
        """Bring the file to what the store says.

        Args:
            latest: reads the store; asked while nobody else writes the file.

        Returns:
            False when somebody else is writing it just now: try again soon.

        Raises:
            OSError: the file cannot be written.
        """
        with _alone(Path(f"{self.path}.lock")) as is_alone:
            if not is_alone:
                return False
            revision = latest()
            if revision is None:
                self.path.unlink(missing_ok=True)
            else:
                self._write(_packed(revision))
        return True

    def confirm(self) -> None:
        """Note that what the file holds is current. Costs nothing most of the time."""
        with suppress(OSError):
            if time() - self.path.stat().st_mtime > _TOUCH_SECONDS:
                os.utime(self.path)

    def _write(self, text: str) -> None:
        with suppress(OSError, UnreadableFileError):
            if read_regular_file(self.path, limit=_MAX_BYTES) == text.encode():
                os.utime(self.path)
                return
        if self.path.exists() and not self.path.is_file():
            raise FileExistsError(errno.EEXIST, "there is something else than a file", str(self.path))
        descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}-")  # mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            Path(temporary).replace(self.path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _packed(revision: Revision) -> str:
    name = revision.draft.snapshot.rollout
    record, digest = seal(
        name, revision.draft, number=revision.number, at=revision.at, previous_hash=revision.previous_hash
    )
    document = {"schema": SCHEMA, "rollout": name, "revision": revision.number, "hash": digest, "record": record}
    return json.dumps(document, indent=1) + "\n"


def _unpacked(text: bytes, rollout: str | None, path: Path) -> Revision:
    damaged = ValueError(f"{path} is not what was written")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise damaged from None
    try:
        if document["schema"] != SCHEMA:
            raise ValueError(f"{path} is of another program")
        name = document["rollout"]
        if rollout not in (None, name):
            raise ValueError(f"{path} is of another rollout")
        return unseal(document["record"], document["hash"], rollout=name, number=document["revision"])
    except (DamagedRecordError, LookupError, TypeError):
        raise damaged from None


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Hold a lock file if nobody else does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            try:
                yield True
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing is not enough where a child of a fork has it, too
    finally:
        os.close(descriptor)
