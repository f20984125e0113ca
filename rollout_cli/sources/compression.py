"""Files that are compressed, or not: read by how they begin, written by how their name ends."""

import gzip
import io
import sys
from importlib import import_module
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol, cast

from rollout_cli.errors import UsageError

GZIP, ZSTD = ".gz", ".zst"
_GZIP_BEGINS, _ZSTD_BEGINS = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_QUICK = 4
"""The level of gzip: six times as fast as the best one, and a tenth larger."""


class Compressed(Protocol):
    """A file that is written, compressed or not."""

    def write(self, data: bytes, /) -> object:
        """Write something; it may stay in memory for now."""
        ...  # pragma: no cover - a protocol

    def flush(self) -> object:
        """Bring to the file what was written, so that it can be read as far as that."""
        ...  # pragma: no cover - a protocol

    def close(self) -> object:
        """End what was written. The file below stays open."""
        ...  # pragma: no cover - a protocol


def reading(file: io.BufferedReader) -> io.BufferedReader:
    """What a file holds, decompressed where it is gzip or zstd.

    Reading what was cut off raises EOFError or ends early; what is damaged raises OSError or another error of the
    library's.

    Raises:
        UsageError: it is zstd, and nothing here reads that.
    """
    begin = file.peek(4)
    if begin.startswith(_GZIP_BEGINS):
        return cast("io.BufferedReader", gzip.GzipFile(fileobj=file, mode="rb"))
    if not begin.startswith(_ZSTD_BEGINS):
        return file
    if (standard := _standard_zstd()) is not None:
        return cast("io.BufferedReader", standard.ZstdFile(file, "rb"))
    library = _zstd_library()
    stream = library.ZstdDecompressor().stream_reader(file, read_across_frames=True, closefd=False)
    return io.BufferedReader(stream, buffer_size=1 << 17)


def writing(file: BinaryIO, name: Path) -> Compressed:
    """What writes into a file, compressed as a name's end says.

    Raises:
        UsageError: it is to be zstd, and nothing here writes that.
    """
    if name.suffix == GZIP:
        return gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=_QUICK, mtime=0)
    if name.suffix != ZSTD:
        return _Plain(file)
    if (standard := _standard_zstd()) is not None:
        return _StandardZstd(standard.ZstdFile(file, "wb"))
    return cast("Compressed", _zstd_library().ZstdCompressor().stream_writer(file, closefd=False))


def require_zstd() -> None:
    """See that zstd can be read and written.

    Raises:
        UsageError: it cannot.
    """
    if _standard_zstd() is None:
        _zstd_library()


def zstd_errors() -> tuple[type[Exception], ...]:
    """What reading damaged zstd raises."""
    if (standard := _standard_zstd()) is not None:
        return (standard.ZstdError,)
    library = sys.modules.get("zstandard")
    return () if library is None else (library.ZstdError,)


def _standard_zstd() -> Any:
    """The standard library's, from Python 3.14 on; None before."""
    try:
        return import_module("compression.zstd")
    except ImportError:
        return None


def _zstd_library() -> Any:
    try:
        return import_module("zstandard")
    except ImportError:
        raise UsageError(
            "nothing here reads or writes zstd",
            hint="pip install zstandard, or use gzip; Python 3.14 needs neither",
        ) from None


class _Plain:
    """A file as it is; ending it leaves it open."""

    def __init__(self, file: IO[bytes]) -> None:
        self.write, self.flush, self.close = file.write, file.flush, file.flush


class _StandardZstd:
    """The standard library's writer, whose usual `flush` ends nothing that could be read."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.write, self.close = file.write, file.close

    def flush(self) -> None:
        """End a block."""
        self._file.flush(self._file.FLUSH_BLOCK)
