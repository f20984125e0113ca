"""On how many examples a property is tried."""

import os

ALL = os.environ.get("EXAMPLES") == "all"
"""Whether each property is tried on as many as it asks for, as `make heavy` does: every run draws others."""
FEWEST = 10


def examples(asked: int) -> int:
    """A third of the examples that a property asks for, where nobody has time for all; at least ten of them."""
    return asked if ALL else max(min(asked, FEWEST), asked // 3)
