"""A courier: delivers for one subscriber. It has no thread and no clock of its own."""

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rollout_cli.ending import is_asked_for
from rollout_cli.pipeline.signals import LEASE, Lease, LostLeaseError, Outbox, Signal, Subscription

READ_AT_ONCE = 100
MOST_REMEMBERED = 1000
_LEAP, _LEAP_EVERY = 1000, timedelta(seconds=1)
"""What nobody wants is passed over without a write for each: so many numbers, or so long, at most."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class Courier:
    """Each `step` is one call at most.

    Three places in the log: `_written` is what the outbox knows, `_given` is what the receiver has had, `_looked_to` is
    what was read. Only the writing of what was given is repeated where the store goes away after a call.
    """

    def __init__(
        self,
        outbox: Outbox,
        subscription: Subscription,
        holder: str,
        *,
        lease: timedelta = LEASE,
        passed_over: deque[int] | None = None,
    ) -> None:
        self._outbox = outbox
        self._wanted = subscription
        self._holder = holder
        self._term = lease
        self._lease: Lease | None = None
        self._renew_at = self._held_until = self._leap_at = _NEVER
        self._waiting: list[Signal] = []
        self._written = self._given = self._looked_to = 0
        self._is_in_doubt = False
        self._is_known = self._was_taken = False
        self.attempts = 0
        """How often the next call was refused in a row."""
        self.refusals = 0
        """How often any call was refused."""
        self.given = 0
        """How many events the receiver has had."""
        self.passed_over = deque[int](maxlen=MOST_REMEMBERED) if passed_over is None else passed_over
        """The numbers of events that were given up, the latest ones."""

    def enlist(self) -> None:
        """Know the subscriber: what is published from here on, it will get.

        Raises:
            StoreError: it is not known yet; the next step tries again.
        """
        if not self._is_known:
            self._outbox.enlist(self._wanted.name, from_beginning=self._wanted.from_beginning)
            self._is_known = True

    def step(self, now: datetime) -> bool:
        """Make the next call, or look further; whether there may be more to do at once.

        Raises:
            Exception: what the receiver raised: the same events come again with the next step, unless `attempts` is 0,
                which says that they were passed over.
            StoreError: the log cannot be read or written just now.
        """
        self.enlist()
        if not self._has_lease(now):
            return False
        try:
            if self._given > self._written:  # the store went away after the call: the call is not made again
                self._write()
            has_more = bool(self._waiting) or self._look()
            if self._waiting:
                self._deliver(self._waiting[: self._wanted.batch])
            else:
                self._leap(now)
        except LostLeaseError:
            self._lease = None
            return False
        return has_more

    def renew(self, now: datetime) -> None:
        """Keep the right while a call takes its time. The one thing that another thread may do here."""
        if self._lease is not None and now >= self._renew_at:
            self._held_until = max(self._held_until, now + self._term)
            if self._outbox.renew(self._wanted.name, self._holder, self._held_until):
                self._renew_at = now + self._term / 2

    def rest(self) -> None:
        """Write down where things stand, and give the right back.

        Raises:
            StoreError: it could not be given back; it will run out.
        """
        if not self._was_taken:
            return
        is_behind = self._looked_to > self._written and (self._given > self._written or not self._waiting)
        held, self._lease = self._lease, None
        if held is not None and is_behind:
            with suppress(LostLeaseError):  # it is there already, or somebody else's affair
                self._write()
        self._outbox.release(self._wanted.name, self._holder, in_doubt=self._is_in_doubt)

    def _has_lease(self, now: datetime) -> bool:
        if self._lease is not None and now < self._renew_at:
            return True
        self._held_until = max(self._held_until, now + self._term)
        before, self._lease = self._lease, self._outbox.take(self._wanted.name, self._holder, now, self._held_until)
        if self._lease is None:
            return False
        self._was_taken = True
        self._renew_at = now + self._term / 2
        if before is None or self._lease.position != self._written:
            self._begin_at(self._lease)
        self._is_in_doubt |= self._lease.was_abandoned
        return True

    def _begin_at(self, lease: Lease) -> None:
        if lease.position != self._given:
            self.attempts = 0
        self._written = self._given = self._looked_to = lease.position
        self._waiting, self._is_in_doubt = [], False

    def _look(self) -> bool:
        """Read on; whether there was anything, wanted or not."""
        before, limit = self._looked_to, max(READ_AT_ONCE, self._wanted.batch)
        self._waiting, self._looked_to = self._outbox.read(before, limit, self._wanted.types)
        if self._looked_to == before:
            self._is_in_doubt = False  # there is nothing that could have been given
        return self._looked_to > before

    def _leap(self, now: datetime) -> None:
        """Write down that what is not wanted was passed over, if that is due."""
        if self._looked_to - self._written >= _LEAP or (self._looked_to > self._written and now >= self._leap_at):
            self._leap_at = now + _LEAP_EVERY
            self._write()

    def _deliver(self, some: Sequence[Signal]) -> None:
        """One call, and what follows from it."""
        try:
            if self._wanted.is_transactional:
                self._give_within(some)
            else:
                self._give(some)
        except LostLeaseError:
            raise
        except (Exception, SystemExit) as error:
            if is_asked_for(error):  # by a signal: it says nothing of the call
                raise
            limit = self._wanted.give_up_after
            if limit is not None and self.attempts >= limit:
                self.passed_over.extend(each.number for each in some)
                self._done(some)
                self._write()
            raise

    def _give(self, some: Sequence[Signal]) -> None:
        marked = [replace(each, again=True) for each in some] if self._is_in_doubt else some
        self._is_in_doubt = True  # from here on, to make the call again is to repeat it
        self._call(marked)
        self.given += len(some)
        self._done(some)
        self._write()

    def _give_within(self, some: Sequence[Signal]) -> None:
        to, until = self._end_of(some), self._held_until
        with self._outbox.advancing(self._wanted.name, self._holder, to, until) as connection:
            self._call([replace(each, connection=connection) for each in some])
        self.given += len(some)
        self._done(some)
        self._written = self._given = to

    def _call(self, some: Sequence[Signal]) -> None:
        try:
            self._wanted.receive(list(some) if self._wanted.batch > 1 else some[0])
        except (Exception, SystemExit) as error:
            if is_asked_for(error):
                raise
            self.attempts += 1
            self.refusals += 1
            raise

    def _end_of(self, some: Sequence[Signal]) -> int:
        return some[-1].number if len(some) < len(self._waiting) else self._looked_to

    def _done(self, some: Sequence[Signal]) -> None:
        """These are behind us, whatever became of them."""
        self._given = self._end_of(some)
        self._waiting = self._waiting[len(some) :]
        self._is_in_doubt, self.attempts = False, 0

    def _write(self) -> None:
        place = self._given if self._waiting else self._looked_to
        self._outbox.advance(self._wanted.name, self._holder, place, self._held_until)
        self._written = self._given = place
