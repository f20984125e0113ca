"""The client of an application."""

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import TIMEOUT_MAX
from time import monotonic
from types import TracebackType
from typing import Self
from weakref import finalize

from rollout_cli.client.answers import Answers, Source, answers_of_snapshot
from rollout_cli.client.break_glass import BreakGlass, project_of
from rollout_cli.client.current import Current, Health
from rollout_cli.client.forks import tell_of_forks
from rollout_cli.client.knowledge import Knowledge
from rollout_cli.client.last_known_good import LastKnownGood
from rollout_cli.client.records import Count, Recorder, Records
from rollout_cli.client.refresher import Callback, Pace, Refresher
from rollout_cli.client.targeting import targeting_key
from rollout_cli.flags.decision import EVALUATION_ERROR, Decision
from rollout_cli.flags.evaluator import not_found
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import FlagValue, Snapshot
from rollout_cli.store.feeds import open_feed
from rollout_cli.store.sqlite_feed import SqliteFeed

_log = logging.getLogger("rollout.client")

SQLITE_SECONDS = 0.05
SERVER_SECONDS = 0.5
MOST_SECONDS = 1.0
"""Between two looks at a store that does not answer."""
WAIT_SECONDS = 2.0


class RolloutClient:
    """Answers from memory, kept current by a thread. One for each process and rollout is enough; more do no harm."""

    __slots__ = ("__weakref__", "_current", "_recorder", "_refresher", "_stop")

    def __init__(self, current: Current, refresher: Refresher, recorder: Recorder | None) -> None:
        self._current = current
        self._refresher = refresher
        self._recorder = recorder
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
        if refresh_seconds is not None and not 0 < refresh_seconds <= TIMEOUT_MAX:
            raise ValueError("refresh_seconds is a positive number")
        if not 0 <= wait_seconds <= TIMEOUT_MAX:
            raise ValueError("wait_seconds is a number from 0")
        variables = dict(os.environ if environment is None else environment)
        feed = None if store is None else open_feed(store, rollout)
        folder = project_of(project, feed.path if isinstance(feed, SqliteFeed) else None, variables)
        kept = None
        if feed is not None and last_known_good is not None:
            kept = LastKnownGood(Path(os.path.abspath(last_known_good)))  # noqa: PTH100 - resolves no link
        current = Current(answers_of_snapshot(Snapshot(rollout or ""), Kills(), Source.ENVIRONMENT, None))
        recorder = None if records is None else Recorder(records, variables, lambda: current.is_stale)
        watch = None if recorder is None else recorder.watching
        every = refresh_seconds or (SQLITE_SECONDS if feed is None or isinstance(feed, SqliteFeed) else SERVER_SECONDS)
        refresher = Refresher(
            current, Knowledge(folder, rollout, variables, kept), BreakGlass(folder, variables),
            feed=feed, kept=kept, pace=Pace(every, max(every, MOST_SECONDS)), watch=watch,
        )  # fmt: skip
        client = cls(current, refresher, recorder)
        tell_of_forks(refresher)
        if recorder is not None:
            tell_of_forks(recorder)
        refresher.start()
        if not refresher.wait_for_first(wait_seconds):
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
        except Exception:  # noqa: BLE001 - an application goes on, whatever it asked
            return self._decide(flag, shopper_id, default).enabled

    def decide(self, flag: str, shopper_id: str | None = None, *, default: FlagValue | None = None) -> Decision:
        """The same with value, reason and bucket. Never raises, never waits."""
        try:
            current = self._current
            decision = current.answers.decide[flag](
                shopper_id if shopper_id.__class__ is str else targeting_key(shopper_id)
            )
            return decision if monotonic() < current.fresh_until else current.marked(decision)
        except Exception:  # noqa: BLE001 - an application goes on, whatever it asked
            return self._decide(flag, shopper_id, default)

    def value(self, flag: str, shopper_id: str | None = None, *, default: FlagValue | None = None) -> FlagValue | None:
        """The bare value: true or false, or the text of a string flag. Never raises, never waits."""
        try:
            return self._current.answers.value[flag](
                shopper_id if shopper_id.__class__ is str else targeting_key(shopper_id)
            )
        except Exception:  # noqa: BLE001 - an application goes on, whatever it asked
            return self._decide(flag, shopper_id, default).value

    def decide_all(self, shopper_id: str | None = None) -> dict[str, Decision]:
        """Every flag's decision for one shopper, all of the same revision. Never raises, never waits."""
        answers = self._current.answers
        return {flag: self._decide(flag, shopper_id, None, answers) for flag in answers.decide}

    def health(self) -> Health:
        """Who answers, how old that is, and what is wrong."""
        return self._current.health()

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
        except Exception as error:  # noqa: BLE001 - an application goes on, whatever it asked
            _complain_once(type(error).__name__)
            decision = Decision(flag, default, default is True, EVALUATION_ERROR, revision=answers.snapshot.revision)
        return current.marked(decision) if current.is_stale else decision

    def _found(self, answers: Answers, flag: str, key: str | None, default: FlagValue | None) -> Decision:
        explain = answers.decide.get(flag)
        if explain is None:
            asked = answers.undeclared(flag, default)
            explain = None if asked is None else asked.decide
        if explain is not None:
            return explain(key)
        decision = not_found(flag, default, answers.snapshot.revision)
        if self._recorder is not None:
            self._recorder.saw(decision, key)
        return decision


@lru_cache
def _complain_once(problem: str) -> None:
    with suppress(Exception):  # a log that fails must not change an answer
        _log.error("a flag was asked for in a way that cannot be answered (%s); it got the caller's default", problem)
