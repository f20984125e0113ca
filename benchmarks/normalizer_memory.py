"""How much memory a large body takes, in a process of its own.

`python -m benchmarks.normalizer_memory READER PROVIDER FILE` prints the peaks in bytes beyond the body and what was
there before: of the resident set, and of what Python has allocated.
"""

import subprocess
import sys
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

from benchmarks.normalizer_bodies import TEXT
from benchmarks.normalizer_readers import FLOOR, OURS, WRITTEN, Read
from rollout_cli.whatsapp.vocabulary import PROVIDERS, Provider

READERS = {"orjson": FLOOR, "ours": OURS, "written": WRITTEN}
_PROCESS = Path("/proc/self")
_RESET_PEAK = "5"
_RESIDENT, _PEAK = "VmRSS", "VmHWM"


@dataclass(frozen=True, slots=True)
class Peak:
    """Beyond the body, as multiples of its size; what was made of it is still held.

    Attributes:
        resident: of the process's resident set, with what allocators keep for later.
        traced: of what Python allocates, to the byte.
    """

    resident: float
    traced: float


def peak(reader: str, provider: Provider, file: Path) -> Peak:
    """The peaks of one reading, in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.normalizer_memory", reader, provider, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    resident, traced = map(int, done.stdout.split())
    size = file.stat().st_size
    return Peak(resident / size, traced / size)


def resident_beyond(read: Read, body: bytes) -> int:
    """By how many bytes the resident set has been larger while the body was read."""
    (_PROCESS / "clear_refs").write_text(_RESET_PEAK, encoding="ascii")
    before = _kernel(_RESIDENT)
    made = read(body)
    after = _kernel(_PEAK)
    del made
    return after - before


def traced_beyond(read: Read, body: bytes) -> int:
    """How many bytes Python has allocated at most while the body was read."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        made = read(body)
        most = tracemalloc.get_traced_memory()[1]
        del made
    finally:
        tracemalloc.stop()
    return most - before


def main(arguments: list[str]) -> int:
    """Measure once, after a small body has warmed up what is made at the first."""
    reader, provider, file = arguments
    read = READERS[reader].open(PROVIDERS[PROVIDERS.index(provider)])
    read(TEXT.make(0))
    body = Path(file).read_bytes()
    print(resident_beyond(read, body), traced_beyond(read, body))  # noqa: T201 - the answer
    return 0


def _kernel(name: str) -> int:
    """A number of bytes that the kernel tells of this process."""
    for line in (_PROCESS / "status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"the kernel tells no {name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
