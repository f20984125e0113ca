"""Every KPI is honest: a planted fault is caught by the KPI that names it, and by no other."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any

import msgspec
import pytest

from rollout_cli.errors import StoreError
from rollout_cli.flags.model import FlagState
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.event_store import Conversation, Entry
from rollout_cli.pipeline.new_path import Taken
from rollout_cli.pipeline.routing.teams import FixedTeams, Skm, SkmTeam
from rollout_cli.pipeline.switches import EVENTS, GROUP_ROUTING, POLICY, ROUTING, SHADOW
from rollout_cli.simulate.evidence import Row
from rollout_cli.simulate.kpis import KPIS
from rollout_cli.simulate.ledger import Ledger
from rollout_cli.simulate.planting import NOTHING, Planting
from rollout_cli.simulate.replay import Piece, Replay, Whose, line_of
from rollout_cli.simulate.traffic import post
from rollout_cli.simulate.traffic.cast import lanes, shopper_ids
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.simulation import running
from rollout_cli.simulation.running import Course, Order, quiet_log, simulate
from rollout_cli.whatsapp import CanonicalEvent, NormalizeError, normalize
from tests.support.planted import (
    COMPARED,
    EVENTS_TOLD,
    IN_SHADOW,
    LIVE,
    PATIENT,
    PROFILE,
    SAFE,
    TRUE,
    Around,
    failing,
    for_some,
    not_passing,
    on_publication,
)

DELIVERY = Delivery("simulated", b"{}", datetime(2026, 1, 1, tzinfo=UTC))


def failing_of_recording(planting: Planting = NOTHING, *, cut: bool = False) -> set[str]:
    """The KPIs that do not pass when the same traffic is replayed, every tenth body twice."""
    cast = lanes(PROFILE, 5, 600, shopper_ids(6))
    flow = [each for each in traffic(cast, PROFILE, 5) if not each.is_malformed]
    pieces = [Piece(f"{at}", line_of(each)) for at, each in enumerate([*flow, *flow[::10]])]
    pieces += [Piece("cut", pieces[0].data[:40])] if cut else []
    replay = Replay(pieces, Whose(), lambda *_: None)
    with quiet_log():
        totals = simulate(Order(LIVE, PROFILE, 5, 1, shopper_ids(6)), planting=planting, course=Course(replay))
    return not_passing(totals, PATIENT)


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


# the store


def test_a_row_whose_key_another_has_is_a_duplicate() -> None:
    def rows(real: Callable[[], Iterator[Row]]) -> Iterator[Row]:
        for row in real():
            yield from [row] * 2 if row.key.endswith("0") else [row]

    planting = Planting(evidence=lambda its: Around(its, rows=rows))
    assert failing(planting) == {"duplicates_stored"}
    assert failing_of_recording(planting) == {"duplicates_stored"}


def losing() -> Planting:
    """A store that says of some messages that they are written, and does not write them."""
    is_one = for_some(50)

    def append(real: Callable[..., list[Entry]], entries: Sequence[Entry]) -> list[Entry]:
        kept = [each for each in entries if each.event.message is None or not is_one()]
        lost = {id(each) for each in entries} - {id(each) for each in kept}
        written = real(kept)
        new = {id(each) for each in written} | lost
        return [each for each in entries if id(each) in new]

    return on_publication(append=append)


def test_an_event_that_is_acknowledged_and_not_written_is_missing() -> None:
    assert failing(losing()) == {"stored_rate"}
    assert failing_of_recording(losing()) == {"stored_rate"}


def test_an_event_too_many_does_not_make_up_for_one_that_is_missing() -> None:
    """A store that writes some messages under a key of its own."""
    is_one = for_some(50)

    def append(real: Callable[..., list[Entry]], entries: Sequence[Entry]) -> list[Entry]:
        for each in entries:
            if each.event.message is not None and is_one():
                each.key += "?"
                trace = msgspec.structs.replace(each.event.trace, idempotency_key=each.key)
                each.event = msgspec.structs.replace(each.event, trace=trace)
        return real(entries)

    assert failing(on_publication(append=append)) == {"stored_rate"}
    assert failing_of_recording(on_publication(append=append)) == {"stored_rate"}


def test_a_thread_named_by_the_id_in_the_body_is_split() -> None:
    is_one = for_some(40)

    def append(real: Callable[..., list[Entry]], entries: Sequence[Entry]) -> list[Entry]:
        for each in entries:
            if each.thread_key and each.event.message is not None and is_one():
                each.thread_key += "0"
        return real(entries)

    assert failing(on_publication(append=append)) == {"threads_correct"}


def test_a_status_post_or_a_newsletter_that_is_taken_for_a_conversation_is_in_a_thread_that_must_not_be(
    in_normalizer: Any,
) -> None:
    def threaded(event: CanonicalEvent) -> CanonicalEvent:
        if event.context.chat_type not in ("broadcast", "newsletter"):
            return event
        key = f"{event.source.provider}:{event.source.instance}:{event.context.chat_id}"
        return msgspec.structs.replace(event, routing=msgspec.structs.replace(event.routing, thread_key=key))

    in_normalizer(threaded)
    assert failing() == {"threads_correct"}


def test_a_conversation_of_what_is_said_to_many_is_wrong_also_without_a_thread() -> None:
    def append(real: Callable[..., list[Entry]], entries: Sequence[Entry]) -> list[Entry]:
        for each in entries:
            if each.event.context.chat_type == "broadcast":
                each.conversation_id = "c-1"
        return real(entries)

    assert failing(on_publication(append=append)) == {"conversations_correct"}


def test_a_second_conversation_of_a_thread_is_wrong() -> None:
    def opened(real: Callable[..., None], conversations: Collection[Conversation]) -> None:
        more = [replace(each, id=f"{each.id[:-1]}x", closed_at=each.opened_at) for each in conversations]
        real([*conversations, *more])

    assert failing(on_publication(open_conversations=opened)) == {"conversations_correct"}


@pytest.mark.parametrize("off", [{GROUP_ROUTING}, {ROUTING, GROUP_ROUTING}])
def test_a_conversation_of_a_thread_that_is_not_routed_is_wrong(off: set[str]) -> None:
    snapshot = replace(LIVE, states={**LIVE.states, **dict.fromkeys(off, FlagState(enabled=False))})

    def is_enabled(real: Callable[..., bool], flag: str, *words: Any, **more: Any) -> bool:
        return flag in off or real(flag, *words, **more)

    assert failing(snapshot=snapshot) == set()
    planting = Planting(flags=lambda flags: Around(flags, is_enabled=is_enabled))
    assert failing(planting, snapshot) == {"conversations_correct"}


def test_an_skm_of_another_team_serves_wrongly() -> None:
    strangers = FixedTeams({}, SkmTeam("stranger", (Skm("stranger"),)))
    assert failing(Planting(teams=lambda _: strangers)) == {"assignments_correct"}


def test_an_skm_of_a_group_in_which_nobody_has_called_one_serves_wrongly() -> None:
    def opened(real: Callable[..., None], conversations: Collection[Conversation]) -> None:
        for each in conversations:
            if each.chat_type == "group" and each.skm_id is None:
                each.skm_id = f"{each.shopper_id}-skm-2"
        real(conversations)

    assert failing(on_publication(open_conversations=opened), events=1_500) == {"assignments_correct"}


def test_an_skm_that_is_mentioned_in_a_group_and_does_not_serve_it_is_missing() -> None:
    def of(real: Callable[[str], SkmTeam], shopper_id: str) -> SkmTeam:
        team = real(shopper_id)
        return replace(team, members=tuple(Skm(each.id) for each in team.members))

    planting = Planting(teams=lambda teams: Around(teams, of=of))
    assert failing(planting, events=1_500) == {"assignments_correct"}


def test_a_signal_that_is_not_sent_is_missing_also_where_another_is_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unsteady(Ledger):
        def add(self, events: Iterable[CanonicalEvent]) -> None:
            told = list(events)
            super().add([*told[:-1], *told[:1]])

    monkeypatch.setattr(running, "Ledger", Unsteady)
    assert failing() == {"signals_missing"}


def test_what_is_stored_for_a_shopper_who_is_off_is_an_effect() -> None:
    off = shopper_ids(6)[2]
    partly = replace(LIVE, states={**LIVE.states, EVENTS: FlagState(enabled=True, denylist=frozenset({off}))})

    def decide(real: Callable[..., Any], flag: str, shopper: str | None = None, **more: Any) -> Any:
        return real(flag, None if shopper == off else shopper, **more)

    assert failing(snapshot=partly) == set()
    planting = Planting(flags=lambda flags: Around(flags, decide=decide))
    assert failing(planting, partly) == {"shadow_effects"}


def test_what_is_stored_in_shadow_is_an_effect() -> None:
    planting = Planting(flags=lambda flags: Around(flags, is_enabled=lambda real, flag, *words, **more: False))
    assert failing(planting, IN_SHADOW) == {"shadow_effects"}


def test_a_dead_letter_of_a_shopper_in_shadow_is_an_effect_also_where_others_are_live() -> None:
    hidden = shopper_ids(6)[0]
    partly = replace(LIVE, states={**LIVE.states, SHADOW: FlagState(enabled=True, allowlist=frozenset({hidden}))})

    def letters(real: Callable[[], Iterator[str | None]]) -> Iterator[str | None]:
        yield from [*real(), hidden]

    assert failing(snapshot=partly) == set()
    assert failing(Planting(evidence=lambda its: Around(its, letters=letters)), partly) == {"shadow_effects"}


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
    def publication(real: Callable[[], Any]) -> Iterator[Any]:
        sleep(seconds)
        with real() as its:
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
