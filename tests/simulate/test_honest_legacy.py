"""What happens to the legacy path is caught by the KPI that names it, and by no other."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from rollout_cli.pipeline.compat import CompatLayer
from rollout_cli.simulate import beside
from rollout_cli.whatsapp import CanonicalEvent, NormalizeError
from tests.support.planted import COMPARED, IN_SHADOW, TRUE, failing


def changed(answer: Any) -> Any:
    return list(answer)


def changed_in_place(answer: Any) -> Any:
    answer.append("more")
    return answer


@pytest.mark.parametrize("change", [changed, changed_in_place])
def test_an_answer_that_does_not_come_through_as_it_was_is_changed(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], Any]
) -> None:
    class Meddling(CompatLayer):
        def wrap(self, handler: Any, **more: Any) -> Any:
            real = super().wrap(handler, **more)
            return lambda sent: change(real(sent))

    monkeypatch.setattr(beside, "CompatLayer", Meddling)
    assert failing(snapshot=IN_SHADOW, legacy=TRUE) == {"legacy_changed"}


def test_a_legacy_path_that_is_called_twice_is_not_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    class Repeating(CompatLayer):
        def wrap(self, handler: Any, **more: Any) -> Any:
            return super().wrap(lambda sent: (call_in_vain(handler, sent), handler(sent))[1], **more)

    monkeypatch.setattr(beside, "CompatLayer", Repeating)
    assert failing(snapshot=IN_SHADOW, legacy=TRUE) == {"legacy_changed"}


def call_in_vain(handler: Callable[[Any], Any], sent: Any) -> None:
    with suppress(NormalizeError):
        handler(sent)


def test_an_exception_that_does_not_come_through_as_it_was_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Swallowing(CompatLayer):
        def wrap(self, handler: Any, **more: Any) -> Any:
            real = super().wrap(handler, **more)

            def swallow(sent: Any) -> Any:
                with suppress(NormalizeError):
                    return real(sent)

            return swallow

    monkeypatch.setattr(beside, "CompatLayer", Swallowing)
    assert failing(snapshot=IN_SHADOW, legacy=TRUE) == {"legacy_changed"}


def test_a_legacy_path_that_fails_at_sound_bodies_is_told() -> None:
    failing_one = "tests.support.true_legacy:fails_at_statuses"
    assert failing(snapshot=IN_SHADOW, legacy=failing_one) == {"legacy_error_rate"}


def test_a_title_that_the_legacy_path_reads_otherwise_is_a_divergence(in_normalizer: Any) -> None:
    def misread(event: CanonicalEvent) -> CanonicalEvent:
        if event.message is None or event.message.type != "button_reply":  # of others the traffic knows what they say
            return event
        message = msgspec.structs.replace(event.message, text=(event.message.text or "") + "?")
        return msgspec.structs.replace(event, message=message)

    assert failing(snapshot=COMPARED, legacy=TRUE) == set()
    in_normalizer(misread)
    assert failing(snapshot=COMPARED, legacy=TRUE) == {"divergences"}
