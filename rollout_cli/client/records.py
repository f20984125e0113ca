"""Decisions counted and, now and then, written to the log: in the form that people already search for.

Counting takes no lock, so a decision cannot wait for another thread, a signal handler or the other side of a fork:
`next` on a counter is one step of the interpreter.
"""

import logging
import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from rollout_cli.client.forks import Forkable
from rollout_cli.ending import is_asked_for
from rollout_cli.flags.compiled import Explainer
from rollout_cli.flags.decision import Decision, Reason
from rollout_cli.flags.model import FlagValue
from rollout_cli.flags.pseudonym import pseudonym
from rollout_cli.process_key import PROCESS_KEY

KEY_VARIABLE = "ROLLOUT_PSEUDONYM_KEY"
LOGGER = "rollout.decisions"
_MOST_CELLS = 10_000
_MOST_UNKNOWN = 5_000
"""The rest is kept for the flags there are, so that invented names do not take their counts."""
_UNKNOWN = "(unknown flags)"
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,127}\Z")

Cell = tuple[str, str, FlagValue | None]


@dataclass(frozen=True, slots=True)
class Records:
    """What to record of the decisions.

    Attributes:
        log_every: write the first decision of each flag, reason and value, and every so many-th after it; 1 is every
            one, None is none.
        key: for the pseudonyms of ids; two processes with the same key write the same ones. Without one the variable
            `ROLLOUT_PSEUDONYM_KEY`, and without that one of this process alone.
        logger: where the decisions go, at level INFO.
    """

    log_every: int | None = None
    key: bytes | str | None = field(default=None, repr=False)
    logger: logging.Logger = field(default_factory=lambda: logging.getLogger(LOGGER))

    def __post_init__(self) -> None:
        if self.log_every is not None and self.log_every < 1:
            raise ValueError("log_every is a whole number from 1, or None for no log")


@dataclass(frozen=True, slots=True)
class Count:
    """How often one answer was given since the process began."""

    flag: str
    reason: str
    value: FlagValue | None
    count: int


class _Tally:
    """How often one answer was given.

    Attributes:
        turns: which time it is; never read but by who gives the answer.
        total: the same, and the looks at it: to look at a counter is a step of it.
    """

    __slots__ = ("_looks", "total", "turns")

    def __init__(self) -> None:
        self.turns = count(1)
        self.total = count()
        self._looks = count()

    def so_far(self) -> int:
        """How often. For one thread at a time."""
        return next(self.total) - next(self._looks)


class Recorder(Forkable):
    """Counts the decisions of one client, and writes some of them down."""

    def __init__(self, records: Records, environment: Mapping[str, str], is_stale: Callable[[], bool]) -> None:
        self._is_stale = is_stale
        self._every = records.log_every
        self._logger = records.logger
        self._key = _key(records.key, environment)
        self._begin()

    def watching(self, decide: Explainer) -> Explainer:
        """The same function, watched."""
        saw = self.saw

        def watched(key: str | None) -> Decision:
            decision = decide(key)
            saw(decision, key)
            return decision

        return watched

    def saw(self, decision: Decision, key: str | None) -> None:
        """Record one decision. Whatever goes wrong in a log handler stays there."""
        cell = (decision.flag, decision.reason, decision.value)
        tally = self._cells.get(cell) or self._tally(cell)
        number = next(tally.turns)
        next(tally.total)
        if self._every is not None and (number - 1) % self._every == 0:
            try:
                self._write(decision, key)
            except Exception as error:  # a log that fails must not change an answer
                if is_asked_for(error):
                    raise

    def saw_unknown(self, decision: Decision, key: str | None) -> None:
        """Record a decision about a flag that there is not, without what may be an id in the wrong place."""
        flag = decision.flag if is_name(decision.flag) else _UNKNOWN
        value = decision.value if isinstance(decision.value, bool) else None
        self.saw(decision._replace(flag=flag, value=value), key)

    def counts(self) -> list[Count]:
        """How often each answer was given."""
        with self._looking:
            found = [Count(*cell, tally.so_far()) for cell, tally in list(self._cells.items())]
        return sorted(found, key=lambda each: (each.flag, each.reason, str(each.value)))

    def after_fork_in_child(self) -> None:
        """Begin at nothing: the counts are the parent's, who goes on with them."""
        self._begin()

    def name_of(self, identity: str) -> str:
        """The pseudonym that the log has for an id."""
        return pseudonym(self._key, identity)

    def _begin(self) -> None:
        self._cells: dict[Cell, _Tally] = {}
        self._looking = threading.RLock()  # for those who look; who decides waits for nobody

    def _tally(self, cell: Cell) -> "_Tally":
        """The tally of a new cell. Names that callers invent must not fill the memory."""
        if len(self._cells) >= (_MOST_UNKNOWN if cell[1] == Reason.FLAG_NOT_FOUND else _MOST_CELLS):
            cell = (_UNKNOWN, Reason.FLAG_NOT_FOUND, None)
        return self._cells.setdefault(cell, _Tally())

    def _write(self, decision: Decision, key: str | None) -> None:
        if not self._logger.isEnabledFor(logging.INFO):
            return
        value = str(decision.value).lower() if isinstance(decision.value, bool) else decision.value
        shopper = None if not key else self.name_of(key)
        fields = {
            "flag": decision.flag,
            "value": decision.value,
            "reason": decision.reason.lower(),
            "shopper": shopper,
            "bucket": decision.bucket,
            "shadow": decision.shadow,
            "revision": decision.revision,
            "stale": self._is_stale(),
            "sampled_every": self._every,
        }
        self._logger.info(
            "[FEATURE_FLAG] %s=%s (reason: %s) shopper=%s revision=%d",
            decision.flag, value, decision.reason.lower(), shopper, decision.revision,
            extra={"feature_flag": fields},
        )  # fmt: skip


def is_name(flag: object) -> bool:
    """Whether this may be a flag's name and nobody's id: who asks with the two in the wrong order must not log ids."""
    return isinstance(flag, str) and _NAME.match(flag) is not None


def _key(given: bytes | str | None, environment: Mapping[str, str]) -> bytes:
    text = given or os.fsencode(environment.get(KEY_VARIABLE, ""))
    key = text.encode() if isinstance(text, str) else text
    return key or PROCESS_KEY
