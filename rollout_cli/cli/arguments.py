"""Values of the command line that need more than a type."""

from typing import TYPE_CHECKING

from rollout_cli.errors import UsageError
from rollout_cli.flags.percent import Percent, percent_from_number

if TYPE_CHECKING:
    from rollout_cli.control.rollback import Target


def percent_argument(text: str | None) -> Percent | None:
    """A percent as typed: `25`, `12.5`, `25%`.

    Raises:
        UsageError: it is none.
    """
    if text is None:
        return None
    try:
        return percent_from_number(float(text.strip().removesuffix("%")))
    except ValueError:
        raise UsageError(
            f"{text!r} is not a percent", hint="a number from 0 to 100 with at most three decimals"
        ) from None


def rollback_target(text: str) -> "Target":
    """A rollback's target as typed.

    Raises:
        UsageError: there is no such kind of target.
    """
    from rollout_cli.control.rollback import Previous, Safe, ToPhase, ToRevision

    kind, _, number = text.partition(":")
    if text in {"safe", "off"}:
        return Safe()
    if text == "previous":
        return Previous()
    if kind in {"phase", "revision"} and number.isascii() and number.isdigit() and len(number) < 10:  # noqa: PLR2004
        return ToPhase(int(number)) if kind == "phase" else ToRevision(int(number))
    raise UsageError(f"there is no rollback to {text!r}", hint="targets: safe, previous, phase:N, revision:R")
