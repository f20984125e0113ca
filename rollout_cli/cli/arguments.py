"""Values of the command line that need more than a type."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from rollout_cli.errors import UsageError
from rollout_cli.flags.percent import Percent, percent_from_number

if TYPE_CHECKING:
    from rollout_cli.control.rollback import Target

_NUMBER = re.compile(r"[0-9]{1,3}(\.[0-9]{1,9})?")


def percent_argument(text: str | None) -> Percent | None:
    """A percent as typed: `25`, `12.5`, `25%`.

    Raises:
        UsageError: it is none.
    """
    if text is None:
        return None
    number = text.strip().removesuffix("%").rstrip()
    try:
        return percent_from_number(Decimal(number if _NUMBER.fullmatch(number) else "NaN"))
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
    from rollout_cli.cli.spelling import meant

    hint = meant(text, ["previous", "safe"]) or "targets: safe, previous, phase:N, revision:R"
    raise UsageError(f"there is no rollback to {text!r}", hint=hint)


def shopper_id(text: str) -> str:
    """A shopper's id that is to be kept, as typed: one that could never match anybody is refused.

    Raises:
        UsageError: it is empty, or has spaces around it or invisible characters in it.
    """
    if not text:
        raise UsageError("an id is empty", hint="check the variable it comes from")
    if text != text.strip() or not text.isprintable():
        raise UsageError("an id has no spaces around it and no invisible characters", hint="check the quotes")
    return text
