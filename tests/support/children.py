"""Work done in a child process that may do less than we: no root's rights, or a small limit on files."""

import ctypes
import os
import pickle
import resource
import traceback
import warnings
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_CAPABILITY_VERSION_3 = 0x20080522


def without_privileges(work: Callable[[], T]) -> T:
    """Do the work with permissions that count: root gives up the rights that let it past them."""
    return in_child(work, _give_up_rights if os.geteuid() == 0 else lambda: None)


def _give_up_rights() -> None:
    header, none = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None).capset(header, none) == 0, "capset failed"


def with_small_files(limit: int, work: Callable[[], T]) -> T:
    """Do the work where no file can grow beyond a size: what a full disk does, without a disk."""
    return in_child(work, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY)))


def in_child(work: Callable[[], T], prepare: Callable[[], None] = lambda: None) -> T:
    """Fork, prepare, work; what comes out is handed back, or fails the test."""
    return _finish(*_fork(lambda: (prepare(), work())[1]))


def in_children(count: int, work: Callable[[int], T]) -> list[T]:
    """The same in several children at once; each is given its number."""
    return [_finish(*child) for child in [_fork(lambda number=number: work(number)) for number in range(count)]]  # type: ignore[misc]


def _fork(work: Callable[[], T]) -> tuple[int, int]:
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads of a test runner are no harm to the child
        child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        answer: tuple[bool, object] = (True, work())
    except BaseException:  # noqa: BLE001 - the parent fails with it
        answer = (False, traceback.format_exc())
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(pickle.dumps(answer))
    os._exit(0)


def _finish(child: int, reading: int) -> T:  # type: ignore[type-var]
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    assert data, "the child died"
    done, result = pickle.loads(data)
    assert done, f"in the child: {result}"
    return result
