"""Beside the legacy path: each delivery goes to the legacy handler first, through the real compat layer."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from rollout_cli.pipeline.compat import CompatLayer
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.metrics import Metrics
from rollout_cli.pipeline.new_path import UNPUBLISHABLE, Outcome, Taken
from rollout_cli.pipeline.switches import Flags
from rollout_cli.simulate.legacy import Handler
from rollout_cli.simulate.tallied import Tallied
from rollout_cli.simulate.traffic.moments import moment_of
from rollout_cli.simulate.traffic.sent import Sent
from rollout_cli.whatsapp import PROVIDERS

_NAMES = 20
"""How many names of errors are told apart."""
_OTHERS = "other errors"


class Beside:
    """A legacy handler with the compat layer around it. What the layer passes on is kept, for the new path."""

    def __init__(
        self, handler: Handler, flags: Flags, metrics: Metrics, tallied: Tallied, errors: Counter[str]
    ) -> None:  # fmt: skip
        """Wrap a handler.

        Args:
            handler: the legacy one.
            flags: whoever answers the layer.
            metrics: what it counts by.
            tallied: counts answers, and those that did not come through as they were.
            errors: counts what the handler raised at sound bodies.
        """
        self._handler = handler
        self._tallied = tallied
        self._errors = errors
        self._raised: list[str | None] = []
        self._waiting: list[Delivery] = []
        self._now = moment_of(0)
        self._ended: Any = None
        self._form: bytes | None = None
        self._error: str | None = None
        self._calls = 0
        layer = CompatLayer(flags, self, metrics=metrics, clock=self._time)
        self._wrapped: dict[str, Callable[[Sent], Any]] = {
            each: layer.wrap(
                self._called, provider=each, instance=_instance, event=_event, shopper=_shopper, body=_body
            )
            for each in PROVIDERS
        }

    def offer(self, delivery: Delivery) -> bool:
        """Keep what the layer passes on."""
        self._waiting.append(delivery)
        return True

    def call(self, batch: Sequence[Sent]) -> list[Delivery | None]:
        """Have the legacy handler called for each; what is left for the new path, None where nothing is."""
        passed: list[Delivery | None] = []
        self._raised = []
        for sent in batch:
            self._now = moment_of(sent.at)
            self._hold(sent)
            passed.append(self._waiting.pop() if self._waiting else None)
            self._waiting.clear()
        return passed

    def took(self, place: int, sent: Sequence[Sent], taken: Sequence[Taken]) -> None:
        """Note what became of deliveries of the last call: which of their bodies were sound.

        Of a recording the new path has to say that.

        Args:
            place: of the first of them within the call.
            sent: one after the other.
            taken: what became of each.
        """
        tallied = self._tallied
        raised_at = self._raised[place : place + len(sent)]
        for each, became, raised in zip(sent, taken, raised_at, strict=True):
            if not _is_sound(each, became):
                continue
            tallied.legacy_sound += 1
            if raised is not None:
                tallied.legacy_failed += 1
                self._errors[raised if raised in self._errors or len(self._errors) < _NAMES else _OTHERS] += 1

    def _hold(self, sent: Sent) -> None:
        """Call through the layer, and hold what comes out against what the handler returned or raised, called once."""
        self._ended, self._form, self._calls, self._error = self, None, 0, None
        try:
            answer: Any = self._wrapped[sent.provider](sent)
        except Exception as error:  # noqa: BLE001 - the application's code: whatever it raises has to come through
            answer = error
        self._raised.append(self._error)
        self._tallied.legacy_called += 1
        self._tallied.legacy_answered += self._error is None
        is_whole = self._calls == 1 and answer is self._ended and _form(answer) == self._form
        self._tallied.legacy_changed += not is_whole

    def _called(self, sent: Sent) -> Any:
        self._calls += 1
        try:
            self._ended = self._handler(sent.body, sent.provider, sent.instance)
            self._form = _form(self._ended)
        except Exception as error:
            self._ended, self._error = error, type(error).__name__
            raise
        return self._ended

    def _time(self) -> datetime:
        return self._now


def _is_sound(sent: Sent, taken: Taken) -> bool:
    if sent.is_known:
        return not sent.is_malformed
    if taken.outcome is Outcome.MALFORMED:
        return taken.reason == UNPUBLISHABLE
    return taken.outcome is not Outcome.OFF


def _form(answer: Any) -> bytes | None:
    """What an answer says, where it could be changed without becoming another: such answers are mostly JSON."""
    if not isinstance(answer, dict | list):
        return None
    try:
        return msgspec.json.encode(answer)
    except Exception:  # noqa: BLE001 - whatever is in it is the application's; then it counts which answer it is
        return None


def _instance(sent: Sent) -> str | None:
    return sent.instance


def _event(sent: Sent) -> str | None:
    return sent.event


def _shopper(sent: Sent) -> str | None:
    return sent.shopper_id


def _body(sent: Sent) -> bytes:
    return sent.body
