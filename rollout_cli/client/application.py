"""One client for the whole process, for code that asks a module: `is_enabled('NAME', shopper_id=…)`."""

import logging
import os
import threading
from typing import Any

from rollout_cli.client.forks import Forkable, tell_of_forks
from rollout_cli.client.rollout_client import RolloutClient
from rollout_cli.client.saying import say
from rollout_cli.errors import RolloutError
from rollout_cli.flags.decision import Decision
from rollout_cli.flags.model import FlagValue
from rollout_cli.sources.project_place import STORE_VARIABLE

_client: RolloutClient | None = None
_configuring = threading.RLock()


class _Anew(Forkable):
    """In the child of a fork nobody is configuring, whatever was under way in its parent."""

    def after_fork_in_child(self) -> None:
        global _configuring  # noqa: PLW0603 - it is this module's
        _configuring = threading.RLock()


_anew = _Anew()
tell_of_forks(_anew)


def configure(store: str | None = None, **options: Any) -> RolloutClient:
    """Set up the process's client, in place of the one before.

    Args:
        store: its URL; `ROLLOUT_STORE` when left out, and the environment's answers alone without that.
        options: those of `RolloutClient.connect`.

    Returns:
        The client.

    Raises:
        UsageError, ValueError: as `RolloutClient.connect`; the one before stays.
    """
    with _configuring:
        named = store or os.environ.get(STORE_VARIABLE) or None
        if named is None:
            say(logging.WARNING, "no store is named, here or by %s: the environment answers alone", STORE_VARIABLE)
        return _put(RolloutClient.connect(named, **options))


def client() -> RolloutClient:
    """The process's client; set up from the environment when nobody did so before."""
    with _configuring:
        if _client is not None:
            return _client
        try:
            return configure()
        except RolloutError as error:  # a question must not fail because a variable is wrong
            say(logging.ERROR, "%s cannot be used: %s; the environment answers", STORE_VARIABLE, error.message)
            return _put(RolloutClient.connect(None))


def _put(after: RolloutClient) -> RolloutClient:
    """Set the process's client, in place of the one before."""
    global _client
    before, _client = _client, after
    if before is not None:
        before.close()
    return after


def is_enabled(flag: str, shopper_id: str | None = None, *, default: bool = False) -> bool:
    """Whether a flag is on for a shopper. See `RolloutClient.is_enabled`."""
    return (_client or client()).is_enabled(flag, shopper_id, default=default)


def decide(flag: str, shopper_id: str | None = None, *, default: FlagValue | None = None) -> Decision:
    """The same with value, reason and bucket. See `RolloutClient.decide`."""
    return (_client or client()).decide(flag, shopper_id, default=default)


def value(flag: str, shopper_id: str | None = None, *, default: FlagValue | None = None) -> FlagValue | None:
    """The bare value. See `RolloutClient.value`."""
    return (_client or client()).value(flag, shopper_id, default=default)
