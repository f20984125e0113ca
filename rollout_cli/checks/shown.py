"""How a sentence shows what a file says at length."""

from rollout_cli.plan.findings import shortened

_MOST_OF_A_PATTERN = 60


def shown_pattern(pattern: str) -> str:
    """A pattern whole, or its beginning: whoever wants all of it has the file."""
    return shortened(pattern, _MOST_OF_A_PATTERN)
