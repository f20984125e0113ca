"""Waiting for what another thread or process does: as short as it may be, and never for ever."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], object], *, within: float = 5) -> None:
    """Wait until something holds; where it does not in time, the test has failed."""
    given_up = time.monotonic() + within
    while not holds():
        assert time.monotonic() < given_up, f"still not so after {within} seconds"
        time.sleep(0.004)
