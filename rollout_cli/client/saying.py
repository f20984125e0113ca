"""What the client says in the log. A handler or a filter that raises must not end the thread that says it."""

import logging

from rollout_cli.ending import overlooked

_log = logging.getLogger("rollout.client")


def say(level: int, message: str, *arguments: object, with_error: bool = False) -> None:
    """Write to the log of clients, if that can be done; with the error that is being handled, where asked for."""
    with overlooked():
        _log.log(level, message, *arguments, exc_info=with_error)
