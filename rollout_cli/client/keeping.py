"""When the file with the last known good answers is written: after a change, as soon as nobody else is at it."""

import logging
from time import monotonic

from rollout_cli.client.last_known_good import LastKnownGood
from rollout_cli.client.saying import say
from rollout_cli.store.feeds import Feed

_CONFIRM_SECONDS = 30.0
_RETRY_SECONDS = 30.0


class Keeping:
    """What is still to be done about the file; nothing where there is none."""

    def __init__(self, file: LastKnownGood | None) -> None:
        self._file = file
        self._is_due = False
        self._not_before = 0.0

    def begin(self) -> None:
        """Something changed."""
        self._is_due = self._file is not None
        self._not_before = 0.0

    def go_on(self, feed: Feed) -> None:
        """Do what is due.

        Raises:
            StoreError: the store does not answer now.
        """
        now = monotonic()
        if self._file is None or now < self._not_before:
            return
        if not self._is_due:
            self._file.confirm()
            self._not_before = now + _CONFIRM_SECONDS
            return
        try:
            self._is_due = not self._file.keep(feed.read)
        except OSError as error:
            problem = "the last known good answers cannot be kept at %s: %s"
            say(logging.WARNING, problem, self._file.path, error.strerror)
            self._not_before = now + _RETRY_SECONDS
