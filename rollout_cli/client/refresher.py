"""The thread that hears of changes, and the only one that ever waits for a store."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from time import monotonic

from rollout_cli.client.answers import Watch, changed_flags
from rollout_cli.client.break_glass import BreakGlass
from rollout_cli.client.current import Change, Current
from rollout_cli.client.keeping import Keeping
from rollout_cli.client.knowledge import Knowledge
from rollout_cli.client.last_known_good import LastKnownGood
from rollout_cli.errors import RolloutError
from rollout_cli.store.feeds import Feed

Callback = Callable[[Change], object]

_log = logging.getLogger("rollout.client")
_FORK_PATIENCE = 0.25
_STOP_PATIENCE = 0.5
_LEAST_GRACE = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a store is looked at, in seconds.

    Attributes:
        every: between two looks.
        at_most: between two looks at a store that does not answer.
    """

    every: float
    at_most: float

    @property
    def grace(self) -> float:
        """How long answers count as current after a look: a busy machine is no lost store."""
        return max(_LEAST_GRACE, 4 * self.every)


class Refresher:
    """Keeps `current` current."""

    def __init__(
        self,
        current: Current,
        knowledge: Knowledge,
        glass: BreakGlass,
        *,
        feed: Feed | None,
        kept: LastKnownGood | None,
        pace: Pace,
        watch: Watch | None,
    ) -> None:
        self._current = current
        self._knowledge = knowledge
        self._glass = glass
        self._feed = feed
        self._keeping = Keeping(kept)
        self._pace = pace
        self._watch = watch
        self._callbacks: list[Callback] = []
        self._has_published = False
        self._not_before = 0.0
        self._pause = pace.every
        self._new_locks()

    def start(self) -> None:
        """Begin to refresh in a thread of its own."""
        self._thread.start()

    def wait_for_first(self, seconds: float) -> bool:
        """Wait until the store was asked once, whatever it said."""
        return self._asked_once.wait(seconds)

    def stop(self) -> None:
        """End the thread, and let go of the store. The answers stay."""
        self._stopping.set()
        thread = self._thread
        if thread.is_alive() and thread is not threading.current_thread():
            thread.join(_STOP_PATIENCE)
        if self._feed is not None and self._turn.acquire(timeout=_STOP_PATIENCE):
            try:
                self._feed.close()
                self._current.fresh_until = -inf
            finally:
                self._turn.release()

    @property
    def is_stopped(self) -> bool:
        """Whether it was told to end."""
        return self._stopping.is_set()

    def fall_back(self) -> None:
        """Let what is known without the store answer, where it took too long."""
        with self._publishing:
            if not self._has_published:
                self._publish()

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Have a function told of changes.

        Returns:
            What ends that.
        """
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            with suppress(ValueError):
                self._callbacks.remove(callback)

        return unsubscribe

    def refresh(self, *, now: bool = False) -> None:
        """Look once. What changed is published before this returns.

        Args:
            now: ask a store that did not answer, although it is not time yet.
        """
        with self._turn:
            if self._stopping.is_set():
                return
            if now:
                self._not_before = 0.0
            change = self._look()
        self._asked_once.set()
        if change is not None:
            self._tell(change)

    def before_fork(self) -> None:
        """Come to rest: nothing of ours is under way when the process doubles, unless a server does not answer."""
        self._holds_turn = self._turn.acquire(timeout=_FORK_PATIENCE)

    def after_fork_in_parent(self) -> None:
        """Go on."""
        if self._holds_turn:
            self._turn.release()

    def after_fork_in_child(self) -> None:
        """Begin anew, with connections of its own."""
        stopped = self._stopping.is_set()
        self._new_locks()
        if self._feed is not None:
            self._feed.abandon()
        if stopped:
            self._stopping.set()
        else:
            self.start()

    def _new_locks(self) -> None:
        self._turn = threading.RLock()  # held while the store is asked, which may take its time
        self._publishing = threading.RLock()  # held for no longer than compiling takes
        self._stopping = threading.Event()
        self._asked_once = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rollout-refresher", daemon=True)
        self._holds_turn = False

    def _run(self) -> None:
        stopping = self._stopping  # a child of a fork has another one
        while True:
            try:
                self.refresh()
            except Exception:  # noqa: BLE001 - whatever happens, the thread lives on
                _log.exception("the flags could not be refreshed; the last answers stand")
            if stopping.wait(self._pace.every):
                return

    def _tell(self, change: Change) -> None:
        for callback in list(self._callbacks):
            try:
                callback(change)
            except Exception:  # noqa: BLE001 - it is the application's
                _log.exception("a callback of on_change failed")

    def _look(self) -> Change | None:
        """One look at break-glass and the store."""
        killed = self._glass.changed()
        learned = self._ask()
        with self._publishing:
            return self._publish() if killed or learned or not self._has_published else None

    def _ask(self) -> bool:
        """Ask the store.

        Returns:
            Whether something else is known now.
        """
        if self._feed is None or monotonic() < self._not_before:
            return False
        asked_at = monotonic()
        try:
            learned = self._feed.changed()
            if learned:
                latest = self._feed.read()
                with self._publishing:
                    self._knowledge.learn(latest)
                self._keeping.begin()
            self._keeping.go_on(self._feed)
        except RolloutError as error:
            return self._lost(error.message)
        except Exception as error:  # noqa: BLE001 - the thread must live, and the last answers stand
            return self._lost(f"this is a bug in rollout: {type(error).__name__}")
        self._found(asked_at)
        return learned

    def _found(self, asked_at: float) -> None:
        current = self._current
        current.confirmed_at = asked_at
        current.fresh_until = asked_at + self._pace.grace
        if current.problem is not None:
            _log.info("the store answers again")
            current.problem = None
        self._pause = self._pace.every

    def _lost(self, problem: str) -> bool:
        if problem != self._current.problem:
            with self._publishing:
                instead = self._knowledge.stand_in()
            _log.warning("%s; until it can be used again, %s", problem, instead)
        self._current.problem = problem
        self._current.fresh_until = -inf
        self._pause = min(2 * self._pause, self._pace.at_most)
        self._not_before = monotonic() + self._pause
        return False

    def _publish(self) -> Change | None:
        """Compile what is known, and let it answer."""
        if not self._knowledge.heard_of_store:
            age = self._knowledge.recall()
            self._current.confirmed_at = None if age is None else monotonic() - age
        before = self._current.answers
        after = self._knowledge.answers(self._glass.kills, self._watch)
        self._current.answers = after
        is_first, self._has_published = not self._has_published, True
        flags = changed_flags(before, after)
        is_same = before.source is after.source and before.snapshot.revision == after.snapshot.revision
        return None if is_first or (is_same and not flags) else Change(flags, after.snapshot.revision, after.source)
