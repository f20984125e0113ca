"""Every KPI is honest: a planted fault is caught by the KPI that names it, and by no other."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any

import msgspec
import pytest

from rollout_cli.errors import StoreError
from rollout_cli.flags.model import FlagState
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.new_path import Taken
from rollout_cli.pipeline.switches import POLICY
from rollout_cli.simulate.kpis import KPIS
from rollout_cli.simulate.planting import Planting
from rollout_cli.simulate.traffic import post
from rollout_cli.simulation import running
from rollout_cli.whatsapp import CanonicalEvent, NormalizeError, normalize
from tests.support.planted import (
    COMPARED,
    EVENTS_TOLD,
    IN_SHADOW,
    LIVE,
    SAFE,
    TRUE,
    Around,
    failing,
    failing_of_recording,
    for_some,
)

# nothing is wrong


def test_with_nothing_planted_a_recording_passes_and_what_cannot_be_read_in_it_is_told_by_its_kpi() -> None:
    assert failing_of_recording() == set()
    assert failing_of_recording(cut=True) == {"records_read"}


def test_with_nothing_planted_everything_passes() -> None:
    assert failing() == set()
    assert failing(snapshot=IN_SHADOW) == set()
    assert failing(snapshot=SAFE) == set()


def test_the_policies_assign_as_they_say() -> None:
    for policy in ("round_robin", "sticky"):
        states = {**LIVE.states, POLICY: FlagState(enabled=True, value=policy)}
        assert failing(snapshot=replace(LIVE, states=states)) == set()


# the normalizer


def test_an_event_of_the_wrong_type_is_not_normalized(in_normalizer: Any) -> None:
    is_one = for_some(20)

    def mistyped(event: CanonicalEvent) -> CanonicalEvent:
        is_text = event.event_type == "whatsapp.message.inbound"
        return msgspec.structs.replace(event, event_type="whatsapp.unknown") if is_text and is_one() else event

    in_normalizer(mistyped)
    assert failing() == {"normalized_rate"}


def test_an_event_that_names_another_message_is_not_normalized(in_normalizer: Any) -> None:
    is_one = for_some(20)

    def misnamed(event: CanonicalEvent) -> CanonicalEvent:
        if event.source.provider_message_id is None or not is_one():
            return event
        return msgspec.structs.replace(
            event, source=msgspec.structs.replace(event.source, provider_message_id="3EB00000000000000000")
        )

    in_normalizer(misnamed)
    assert failing(snapshot=IN_SHADOW) == {"normalized_rate"}


def test_a_text_that_is_not_what_was_written_is_not_normalized(in_normalizer: Any) -> None:
    is_one = for_some(20)

    def cut(event: CanonicalEvent) -> CanonicalEvent:
        if event.message is None or event.message.type != "text" or not is_one():
            return event
        return msgspec.structs.replace(event, message=msgspec.structs.replace(event.message, text=""))

    in_normalizer(cut)
    assert failing(snapshot=IN_SHADOW) == {"normalized_rate"}


def test_an_event_that_is_dropped_is_not_normalized(monkeypatch: pytest.MonkeyPatch) -> None:
    is_one = for_some(30)

    def dropping(*words: Any, **more: Any) -> list[CanonicalEvent]:
        events = normalize(*words, **more)  # what is no delivery is refused all the same
        return [] if is_one() else events

    monkeypatch.setattr(running, "normalize", dropping)
    assert failing() == {"normalized_rate"}


def test_a_key_of_the_time_of_receipt_is_not_idempotent(in_normalizer: Any) -> None:
    counted = [0]

    def keyed(event: CanonicalEvent) -> CanonicalEvent:
        counted[0] += 1
        key = f"{event.trace.idempotency_key}:{counted[0]}"
        return msgspec.structs.replace(event, trace=msgspec.structs.replace(event.trace, idempotency_key=key))

    in_normalizer(keyed)
    assert failing() == {"idempotency"}
    assert failing(snapshot=IN_SHADOW) == {"idempotency"}


@pytest.mark.parametrize(("seed", "events"), [(5, EVENTS_TOLD), (3, 1500)])
def test_a_key_of_whichever_id_of_the_person_is_told_is_not_idempotent_nor_anything_else(
    in_normalizer: Any, seed: int, events: int
) -> None:
    def keyed(event: CanonicalEvent) -> CanonicalEvent:
        key = f"{event.trace.idempotency_key}:{event.context.chat_id}"
        return msgspec.structs.replace(event, trace=msgspec.structs.replace(event.trace, idempotency_key=key))

    in_normalizer(keyed)
    assert failing(events=events, seed=seed) == {"idempotency"}


@pytest.mark.parametrize("seed", [1, 5])
def test_a_repeat_that_comes_soon_under_another_key_is_told_as_that_and_not_as_a_second_conversation(
    in_normalizer: Any, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    counted = count()

    def keyed(event: CanonicalEvent) -> CanonicalEvent:
        key = f"{event.trace.idempotency_key}:{next(counted)}"
        return msgspec.structs.replace(event, trace=msgspec.structs.replace(event.trace, idempotency_key=key))

    monkeypatch.setattr(post, "_AGAIN_MS", 100.0)
    assert failing(seed=seed) == set()
    in_normalizer(keyed)
    assert failing(seed=seed) == {"idempotency"}


def test_rubbish_that_becomes_an_event_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def lenient(provider: str, body: bytes, **more: Any) -> list[CanonicalEvent]:
        try:
            return normalize(provider, body, **more)
        except NormalizeError:
            return normalize("simulated", b'{"kind": "call", "id": "%d"}' % hash(body), **more)

    monkeypatch.setattr(running, "normalize", lenient)
    assert failing() == {"malformed_refused"}


def test_an_event_that_cannot_be_read_back_keeps_to_no_schema(in_normalizer: Any) -> None:
    def misformed(event: CanonicalEvent) -> CanonicalEvent:
        context = msgspec.structs.replace(event.context, mentions=("", None))  # type: ignore[arg-type]
        return msgspec.structs.replace(event, context=context)

    in_normalizer(misformed)
    assert failing(snapshot=IN_SHADOW) == {"schema_kept"}


def test_a_body_that_comes_again_and_gets_other_keys_is_not_recognized(in_normalizer: Any) -> None:
    counted = [0]

    def keyed(event: CanonicalEvent) -> CanonicalEvent:
        counted[0] += 1
        key = f"{event.trace.idempotency_key}:{counted[0]}"
        return msgspec.structs.replace(event, trace=msgspec.structs.replace(event.trace, idempotency_key=key))

    in_normalizer(keyed)
    assert failing_of_recording() == {"idempotency"}


# the whole path


def test_an_attempt_that_fails_is_an_error_also_where_the_next_one_succeeds() -> None:
    is_one = for_some(3)

    def fragile(take: Callable[..., Sequence[Taken]]) -> Callable[..., Sequence[Taken]]:
        def taken(deliveries: Sequence[Delivery]) -> Sequence[Taken]:
            if is_one():
                raise StoreError("the store is away", hint="wait")
            return take(deliveries)

        return taken

    assert failing(Planting(take=fragile)) == {"error_rate"}


def slow(seconds: float) -> Planting:
    """A store that takes so much longer for each publication."""

    @contextmanager
    def publication(real: Callable[..., Any], **more: Any) -> Iterator[Any]:
        sleep(seconds)
        with real(**more) as its:
            yield its

    return Planting(store=lambda store: Around(store, publication=publication))


def test_a_slow_store_is_slow() -> None:
    assert failing(slow(0.25), latency_p95_ms=200) == {"latency_p95_ms"}


def test_what_a_batch_waits_for_is_not_added_to_the_legacy_path_and_what_each_delivery_waits_for_is() -> None:
    assert failing(slow(0.02), COMPARED, legacy=TRUE, added_latency_p95_ms=20) == {"added_latency_p95_ms"}


def test_every_kpi_has_its_fault() -> None:
    tests = Path(__file__).parent.glob("test_honest*.py")
    written = "".join(each.read_text(encoding="utf-8") for each in tests)
    assert [name for name in KPIS if f'{{"{name}"}}' not in written] == []
