"""What is wrong beside the legacy path, said once for each kind: it may be so for every delivery."""

import logging

from rollout_cli.ending import overlooked

_MOST_KINDS = 100
_log = logging.getLogger("rollout.pipeline")


class Complaints:
    """The log, told of each kind of trouble once; the counters tell how often. Never raises."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def once(self, kind: str, message: str, *arguments: object) -> None:
        """Say something, unless this kind has been spoken of."""
        if kind not in self._said and len(self._said) < _MOST_KINDS:
            self._said.add(kind)
            with overlooked():
                _log.warning(message, *arguments)

    def over(self, kind: str, message: str) -> None:
        """Say that trouble of a kind is over, if it was there. It may be spoken of again."""
        if kind in self._said:
            self._said.discard(kind)
            with overlooked():
                _log.info(message)
