"""The thread that hears of changes, and the only one that ever waits for a store."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from math import inf
from time import monotonic

from rollout_cli.client.answers import Answers, Watch, changed_flags
from rollout_cli.client.break_glass import BreakGlass
from rollout_cli.client.current import Change, Current
from rollout_cli.client.forks import Forkable
from rollout_cli.client.keeping import Keeping
from rollout_cli.client.knowledge import Knowledge
from rollout_cli.client.last_known_good import LastKnownGood
from rollout_cli.client.saying import say
from rollout_cli.ending import is_asked_for
from rollout_cli.errors import RolloutError
from rollout_cli.store.feeds import Feed

Callback = Callable[[Change], object]

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


class Refresher(Forkable):
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
        self._is_stopped = False
        self._failure = ""
        self._has_begun = True
        current.fresh_until = inf if feed is None else -inf
        self._new_locks()

    def start(self) -> bool:
        """Begin to refresh in a thread of its own.

        Returns:
            Whether there is one: there is none for a process that ends, or that may have no more.
        """
        try:
            for thread in self._threads:
                thread.start()
        except RuntimeError as error:
            say(logging.ERROR, "no change of a flag will be heard of: %s", error)
            return False
        return True

    def wait_for_first(self, seconds: float) -> bool:
        """Wait until the store was asked once, whatever it said."""
        return self._asked_once.wait(seconds)

    def stop(self) -> None:
        """End the thread, and let go of the store. The answers stay."""
        self._is_stopped = True
        with suppress(RuntimeError):  # it was released before
            self._rest.release()
        for thread in self._threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(_STOP_PATIENCE)
        if self._turn.acquire(timeout=_STOP_PATIENCE):
            try:
                self._let_go()
            finally:
                self._turn.release()

    def fall_back(self) -> None:
        """Let what is known without the store answer, where it took too long."""
        with self._publishing:
            if not self._has_published:
                self._publish(self._known())
                self._complain("the store has not answered yet")

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
            if now:
                self._not_before = 0.0
            change = None if self._is_stopped else self._look()
            if self._is_stopped:  # it may be since then, and nobody waited for so long
                self._let_go()
        if not self._asked_once.is_set():  # it takes a lock, which a signal's handler must not wait for
            self._asked_once.set()
        if change is not None:
            self._tell(change)

    def look_at_glass(self) -> None:
        """Look at break-glass alone: it is heard of although a server does not answer."""
        change = None if self._is_stopped else self._killed()
        if change is not None:
            self._tell(change)

    def before_fork(self) -> None:
        """Come to rest, and let go of the store: a connection in two processes loses its locks in both.

        Where a store does not answer now, the child leaves the connection alone instead.
        """
        holds_turn = self._turn.acquire(timeout=_FORK_PATIENCE)
        self._glass_turn.acquire()
        self._holds_turn.append(holds_turn)
        if holds_turn and self._feed is not None:
            self._feed.close()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._glass_turn.release()
        if self._holds_turn.pop():
            self._turn.release()

    def after_fork_in_child(self) -> None:
        """Begin anew, with connections of its own."""
        self._new_locks()
        if self._feed is not None:
            self._feed.abandon()
        if not self._is_stopped:
            self.start()

    def _new_locks(self) -> None:
        self._turn = threading.RLock()  # held while the store is asked, which may take its time
        self._glass_turn = threading.RLock()  # taken after the turn, and held while the kill file is read
        self._publishing = threading.RLock()  # taken last, and held for no longer than compiling takes
        self._rest = threading.Lock()  # held by nobody in particular; released, it ends the pause between two looks
        self._rest.acquire()
        self._asked_once = threading.Event()
        self._threads = [self._new_thread("rollout-refresher", self.refresh)]
        if self._feed is not None and self._feed.path is None:  # a server may hold up the other one for long
            self._threads.append(self._new_thread("rollout-break-glass", self.look_at_glass))
        self._holds_turn: list[bool] = []  # for each fork: a signal's handler may fork while another one begins

    def _new_thread(self, name: str, look: Callable[[], None]) -> threading.Thread:
        return threading.Thread(target=self._run, args=(look,), name=name, daemon=True)

    def _run(self, look: Callable[[], None]) -> None:
        rest = self._rest  # a child of a fork has another one, and a thread for it
        while rest is self._rest and _somebody_may_ask():
            try:
                look()
            except Exception as error:  # noqa: BLE001 - whatever happens, the thread lives on
                self._complain_once(type(error).__name__)
            if rest.acquire(timeout=self._pace.every):
                rest.release()  # for the other one
                return

    def _complain_once(self, failure: str) -> None:
        if failure != self._failure:  # it may come with each look
            say(logging.ERROR, "the flags could not be refreshed; the last answers stand", with_error=True)
        self._failure = failure

    def _tell(self, change: Change) -> None:
        for callback in list(self._callbacks):
            try:
                callback(change)
            except (Exception, SystemExit) as error:  # it is the application's, and must not end this thread
                if is_asked_for(error):
                    raise
                say(logging.ERROR, "a callback of on_change failed", with_error=True)

    def _look(self) -> Change | None:
        """One look at break-glass and the store. What is killed answers before a store is waited for."""
        killed = self._killed()
        heard = self._ask()
        first = None if self._has_published else self._publish_known()
        if killed and heard:
            return replace(heard, flags=killed.flags | heard.flags)
        return killed or heard or first

    def _killed(self) -> Change | None:
        with self._glass_turn:
            return self._publish_known() if self._glass.changed() and self._has_published else None

    def _publish_known(self) -> Change | None:
        with self._publishing:
            return self._publish(self._known())

    def _ask(self) -> Change | None:
        """Ask the store, and let what it says answer before anything is kept on disk."""
        if self._feed is None or monotonic() < self._not_before:
            return None
        asked_at, change = monotonic(), None
        try:
            if self._feed.changed():
                latest = self._feed.read()
                self._note_beginning(has_begun=latest is not None)
                with self._publishing:
                    change = self._publish(self._knowledge.learn(latest, self._glass.kills, self._watch))
                self._keeping.begin()
            self._found(asked_at)
            self._feed.tell(self._current.answers.snapshot.revision)
            self._keeping.go_on(self._feed)
        except RolloutError as error:
            self._lost(error.message)
        except Exception as error:  # the thread must live, and the last answers stand
            if is_asked_for(error):
                raise
            self._feed.close()  # what was announced and not taken is news again
            self._lost(f"this is a bug in rollout: {type(error).__name__}")
        return change

    def _note_beginning(self, *, has_begun: bool) -> None:
        if self._has_begun and not has_begun and self._feed is not None:
            say(logging.WARNING, "%s knows no revision of this rollout: every flag is at its default", self._feed.name)
        self._has_begun = has_begun

    def _found(self, asked_at: float) -> None:
        current = self._current
        current.confirmed_at = asked_at
        current.fresh_until = asked_at + self._pace.grace
        if current.problem is not None:
            say(logging.INFO, "the store answers again")
            current.problem = None
        self._pause = self._pace.every

    def _lost(self, problem: str) -> None:
        self._current.fresh_until = -inf
        self._complain(problem)
        self._pause = min(2 * self._pause, self._pace.at_most)
        self._not_before = monotonic() + self._pause

    def _complain(self, problem: str) -> None:
        if problem != self._current.problem:
            with self._publishing:
                instead = self._knowledge.stand_in()
            say(logging.WARNING, "%s; until it can be used again, %s", problem, instead)
        self._current.problem = problem

    def _let_go(self) -> None:
        if self._feed is not None:
            self._feed.leave()
            self._current.fresh_until = -inf
            self._current.problem = self._current.problem or "the client is closed"

    def _known(self) -> Answers:
        """The best answers there are now."""
        if not self._knowledge.heard_of_store:
            age = self._knowledge.recall()
            if age is not None and self._current.confirmed_at is None:  # it goes on growing by itself
                self._current.confirmed_at = monotonic() - age
        return self._knowledge.answers(self._glass.kills, self._watch)

    def _publish(self, after: Answers) -> Change | None:
        """Let these answer from now on."""
        before, self._current.answers = self._current.answers, after
        is_first, self._has_published = not self._has_published, True
        flags = changed_flags(before, after)
        is_same = before.source is after.source and before.snapshot.revision == after.snapshot.revision
        return None if is_first or (is_same and not flags) else Change(flags, after.snapshot.revision, after.source)


def _somebody_may_ask() -> bool:
    """Whether a thread is left that keeps the process going: a child forked off by a thread ends with that thread."""
    return threading.main_thread().is_alive() or any(not each.daemon for each in threading.enumerate())
