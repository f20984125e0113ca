"""The client of an application."""

import logging
import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from threading import TIMEOUT_MAX
from time import monotonic
from types import TracebackType
from typing import Self
from weakref import finalize

from rollout_cli.client.answers import Answers, Source
from rollout_cli.client.assembly import assemble
from rollout_cli.client.current import Current, Health
from rollout_cli.client.forks import tell_of_forks
from rollout_cli.client.records import Count, Recorder, Records, is_name
from rollout_cli.client.refresher import Callback, Refresher
from rollout_cli.client.saying import say
from rollout_cli.client.targeting import targeting_key
from rollout_cli.ending import is_asked_for
from rollout_cli.flags.decision import EVALUATION_ERROR, Decision
from rollout_cli.flags.evaluator import not_found
from rollout_cli.flags.model import FlagValue

WAIT_SECONDS = 2.0
MOST_UNKNOWN = 100
"""Names that the log mentions; code may make them up."""


class RolloutClient:
    """Answers from memory, kept current by a thread. One for each process and rollout is enough; more do no harm."""

    __slots__ = ("__weakref__", "_current", "_recorder", "_refresher", "_stop", "_unknown")

    def __init__(self, current: Current, refresher: Refresher, recorder: Recorder | None) -> None:
        self._current = current
        self._refresher = refresher
        self._recorder = recorder
        self._unknown: set[str] = set()
        self._stop = finalize(self, refresher.stop)  # also when the process ends, and when nobody has it any more

    @classmethod
    def connect(
        cls,
        store: str | None,
        *,
        rollout: str | None = None,
        project: str | Path | None = None,
        refresh_seconds: float | None = None,
        wait_seconds: float = WAIT_SECONDS,
        last_known_good: str | Path | None = None,
        records: Records | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """Read the store, and go on hearing of its changes.

        A store that cannot be read now is no error: what was kept on disk answers, or the environment, until it can.

        Args:
            store: its URL, like `sqlite:///rollout.db`; None for the environment's answers alone.
            rollout: which one is meant; the only one in the store when left out.
            project: the folder with `flags.yaml` and `.rollout/kill`; found like the command does when left out.
            refresh_seconds: how often to look for a change: 0.05 for SQLite, else 0.5.
            wait_seconds: how long to wait for the first answer of the store.
            last_known_good: a file to keep the latest revision in, for a start without the store.
            records: count decisions, and log some.
            environment: the variables to read once, now; those of the process when left out.

        Raises:
            UsageError: the store's URL is none.
            ValueError: a number of seconds is not positive.
        """
        every = None if refresh_seconds is None else float(refresh_seconds)  # a lock waits for no Decimal
        if every is not None and not 0 < every <= TIMEOUT_MAX:
            raise ValueError("refresh_seconds is a positive number")
        if not 0 <= float(wait_seconds) <= TIMEOUT_MAX:
            raise ValueError("wait_seconds is a number from 0")
        variables = dict(os.environ if environment is None else environment)
        current, refresher, recorder = assemble(
            store, rollout or None, project, variables, every=every, kept=last_known_good, records=records
        )
        client = cls(current, refresher, recorder)
        tell_of_forks(refresher)
        if recorder is not None:
            tell_of_forks(recorder)
        if not refresher.start():
            refresher.refresh()
        if not refresher.wait_for_first(float(wait_seconds)):
            refresher.fall_back()
        return client

    def is_enabled(self, flag: str, shopper_id: str | None = None, *, default: bool = False) -> bool:
        """Whether a flag is on for a shopper. Never raises, never waits.

        Args:
            flag: its name.
            shopper_id: the targeting key. What is no text counts as it is written: 42 is "42".
            default: the answer for a flag that nobody knows.
        """
        try:
            return self._current.answers.is_on[flag](
                shopper_id if shopper_id.__class__ is str else targeting_key(shopper_id)
            )
        except Exception as error:  # an application goes on, whatever it asked
            if is_asked_for(error):
                raise
            return self._decide(flag, shopper_id, default).enabled

    def decide(self, flag: str, shopper_id: str | None = None, *, default: FlagValue | None = None) -> Decision:
        """The same with value, reason and bucket. Never raises, never waits."""
        try:
            current = self._current
            decision = current.answers.decide[flag](
                shopper_id if shopper_id.__class__ is str else targeting_key(shopper_id)
            )
            return decision if monotonic() < current.fresh_until else current.marked(decision)
        except Exception as error:  # an application goes on, whatever it asked
            if is_asked_for(error):
                raise
            return self._decide(flag, shopper_id, default)

    def value(self, flag: str, shopper_id: str | None = None, *, default: FlagValue | None = None) -> FlagValue | None:
        """The bare value: true or false, or the text of a string flag. Never raises, never waits."""
        try:
            return self._current.answers.value[flag](
                shopper_id if shopper_id.__class__ is str else targeting_key(shopper_id)
            )
        except Exception as error:  # an application goes on, whatever it asked
            if is_asked_for(error):
                raise
            return self._decide(flag, shopper_id, default).value

    def decide_all(self, shopper_id: str | None = None) -> dict[str, Decision]:
        """Every flag's decision for one shopper, all of the same revision. Never raises, never waits."""
        answers = self._current.answers
        return {flag: self._decide(flag, shopper_id, None, answers) for flag in answers.decide}

    def health(self) -> Health:
        """Who answers, how old that is, and what is wrong."""
        return self._current.health()

    @property
    def phase(self) -> str:
        """Where the rollout stands: `off`, or the phase's number; empty where no store has said so. Never waits."""
        return self._current.answers.phase

    def counts(self) -> list[Count]:
        """How often each flag gave each answer since the process began; empty unless `records` were asked for."""
        return [] if self._recorder is None else self._recorder.counts()

    def pseudonym(self, shopper_id: str) -> str | None:
        """The name that the log of decisions has for a shopper; None unless `records` were asked for."""
        return None if self._recorder is None else self._recorder.name_of(targeting_key(shopper_id) or "")

    def on_change(self, callback: Callback) -> Callable[[], None]:
        """Have a function told, in the refreshing thread, when flags may answer differently.

        What it raises is logged and forgotten. Keep it short: nothing is refreshed meanwhile.

        Returns:
            What ends that.
        """
        return self._refresher.subscribe(callback)

    def refresh(self) -> Health:
        """Look at the store now instead of soon. Waits for it."""
        self._refresher.refresh(now=True)
        return self.health()

    def close(self) -> None:
        """End the thread and let go of the store. What is asked after that gets the last answers, as stale ones."""
        self._stop()

    def __reduce__(self) -> str:
        raise TypeError("a client cannot be copied, or sent to another process: connect another one there")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _decide(
        self, flag: str, shopper_id: str | None, default: FlagValue | None, answers: Answers | None = None
    ) -> Decision:
        """The long way: for what is not in the tables, and for whatever went wrong on the short one."""
        current = self._current
        answers = answers or current.answers
        try:
            decision = self._found(answers, flag, targeting_key(shopper_id), default)
        except Exception as error:  # an application goes on, whatever it asked
            if is_asked_for(error):
                raise
            _complain_once(type(error).__name__)
            decision = Decision(flag, default, default is True, EVALUATION_ERROR, revision=answers.snapshot.revision)
        return current.marked(decision) if current.is_stale else decision

    def _found(self, answers: Answers, flag: str, key: str | None, default: FlagValue | None) -> Decision:
        explain = answers.decide.get(flag)
        if explain is None:
            if not isinstance(flag, str):
                raise TypeError("a flag's name is text")
            asked = answers.undeclared(flag, default)
            explain = None if asked is None else asked.decide
        if explain is not None:
            return explain(key)
        decision = not_found(flag, default, answers.snapshot.revision)
        if answers.source is Source.STORE and len(self._unknown) < MOST_UNKNOWN:
            self._name_unknown(flag)
        if self._recorder is not None:
            self._recorder.saw_unknown(decision, key)
        return decision

    def _name_unknown(self, flag: str) -> None:
        if flag not in self._unknown and is_name(flag):
            self._unknown.add(flag)
            say(logging.WARNING, "the store knows no flag %s; the caller's default answers", flag)


@lru_cache
def _complain_once(error: str) -> None:
    problem = "a flag was asked for in a way that cannot be answered (%s); it got the caller's default"
    say(logging.ERROR, problem, error)
