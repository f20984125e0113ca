"""Faults that are planted on purpose, as people write them: `latency:50ms@5%`, `store-gone@500:3s`, `clock:-1h`."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rollout_cli.errors import UsageError
from rollout_cli.plan.duration import duration_from_text

FORMS = (
    "latency:TIME[@SHARE%]", "exception[@SHARE%]", "hang:TIME[@SHARE%]", "store-locked:TIME[@EVERY]",
    "store-gone:TIME[@N]", "clock:+TIME[@N]", "clock:-TIME[@N]",
)  # fmt: skip
_LONGEST = 600.0
"""Seconds that a run may be held up at once."""
_MOST = 10**9
_WHOLE = re.compile(r"(?P<name>[a-z-]+)(?:@(?P<early>[^:@]+))?(?::(?P<what>[^:@]*))?(?:@(?P<late>[^:@]+))?")
_MILLISECONDS = re.compile(r"([0-9]{1,6})ms")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)%")


@dataclass(frozen=True, slots=True)
class Latency:
    """The new path takes so many seconds longer for a share of deliveries."""

    seconds: float
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Raising:
    """The normalizer raises what it never should, for a share of deliveries."""

    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Hang:
    """The new path hangs for so many seconds at a share of deliveries, and is given up: what it had comes again."""

    seconds: float
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class StoreLocked:
    """Somebody else holds the store's lock for so many seconds: once, or again every so many."""

    seconds: float
    every: float | None = None


@dataclass(frozen=True, slots=True)
class StoreGone:
    """The store is away for so many seconds, after so many deliveries."""

    seconds: float
    after: int = 0


@dataclass(frozen=True, slots=True)
class ClockJump:
    """The clock is so many seconds ahead (or behind, where they are below zero), after so many deliveries."""

    seconds: float
    after: int = 0


Fault = Latency | Raising | Hang | StoreLocked | StoreGone | ClockJump
_NEVER = 2**62


def of_share(faults: Sequence[Fault], share: float) -> tuple[Fault, ...]:
    """The same for a worker who takes a share of the deliveries: what comes after so many of all comes in time."""
    return tuple(
        replace(each, after=round(each.after * share)) if isinstance(each, StoreGone | ClockJump) else each
        for each in faults
    )


def going_on(faults: Sequence[Fault], done: int) -> tuple[Fault, ...]:
    """The same where so many deliveries were taken before: what went away then has come back."""
    return tuple(_going_on(each, done) for each in faults)


def _going_on(fault: Fault, done: int) -> Fault:
    if isinstance(fault, ClockJump):
        return replace(fault, after=max(fault.after - done, 0))
    if isinstance(fault, StoreGone):
        return replace(fault, after=fault.after - done if fault.after >= done else _NEVER)
    return fault


def fault_from_text(text: str) -> Fault:
    """Read a fault. What follows `@` may be written behind the name, too.

    Raises:
        UsageError: there is no such fault.
    """
    found = _WHOLE.fullmatch(text.strip())
    if found is None or (found["early"] is not None and found["late"] is not None):
        raise _no_fault(text, "it is not of the form NAME:TIME@WHEN")
    read = _READERS.get(found["name"])
    if read is None:
        raise _no_fault(text, f"there is none of the name {found['name']}")
    try:
        return read(found["what"], found["early"] or found["late"])
    except ValueError as error:
        raise _no_fault(text, str(error)) from None


def _no_fault(text: str, why: str) -> UsageError:
    return UsageError(f"--inject {text!r} is no fault: {why}", hint="there are " + ", ".join(FORMS))


def _seconds(text: str | None, *, most: float = _LONGEST) -> float:
    if not text:
        raise ValueError("it does not say how long, like :2s or :50ms")
    short = _MILLISECONDS.fullmatch(text)
    found = int(short[1]) / 1000 if short else duration_from_text(text).total_seconds()
    if not 0 < found <= most:
        raise ValueError(f"{text} is not more than nothing and at most {most:g} seconds")
    return found


def _share(text: str | None) -> float:
    if text is None:
        return 1.0
    found = _SHARE.fullmatch(text)
    share = float(found[1]) / 100 if found else 0.0
    if not 0 < share <= 1:
        raise ValueError(f"@{text} is no share, like @5%")
    return share


def _after(text: str | None) -> int:
    if text is None:
        return 0
    if not text.isascii() or not text.isdigit() or int(text) > _MOST:
        raise ValueError(f"@{text} is no number of deliveries, like @500")
    return int(text)


def _raising(what: str | None, when: str | None) -> Fault:
    if what is not None:
        raise ValueError("an exception takes no time")
    return Raising(_share(when))


def _locked(what: str | None, when: str | None) -> Fault:
    seconds = _seconds(what)
    every = None if when is None else _seconds(when)
    if every is not None and every <= seconds:
        raise ValueError("it would be locked all the time")
    return StoreLocked(seconds, every)


def _clock(what: str | None, when: str | None) -> Fault:
    if not what or what[0] not in "+-":
        raise ValueError("it does not say which way, like :+2h or :-1h")
    seconds = _seconds(what[1:], most=10 * 365 * 86_400.0)
    return ClockJump(seconds if what[0] == "+" else -seconds, _after(when))


_READERS: dict[str, Callable[[str | None, str | None], Fault]] = {
    "latency": lambda what, when: Latency(_seconds(what), _share(when)),
    "exception": _raising,
    "hang": lambda what, when: Hang(_seconds(what), _share(when)),
    "store-locked": _locked,
    "store-gone": lambda what, when: StoreGone(_seconds(what), _after(when)),
    "clock": _clock,
}
