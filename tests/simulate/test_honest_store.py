"""Every KPI of what is stored and announced is honest: a planted fault is caught by the one that names it alone."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from rollout_cli.flags.model import FlagState
from rollout_cli.pipeline.event_store import Conversation, Entry
from rollout_cli.pipeline.routing.teams import FixedTeams, Skm, SkmTeam
from rollout_cli.pipeline.switches import EVENTS, GROUP_ROUTING, ROUTING, SHADOW
from rollout_cli.simulate.evidence import Row
from rollout_cli.simulate.ledger import Ledger
from rollout_cli.simulate.planting import Planting
from rollout_cli.simulate.traffic.cast import shopper_ids
from rollout_cli.simulation import stores
from rollout_cli.whatsapp import CanonicalEvent
from tests.support.planted import (
    IN_SHADOW,
    LIVE,
    Around,
    failing,
    failing_of_recording,
    for_some,
    on_publication,
)


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

    monkeypatch.setattr(stores, "Ledger", Unsteady)
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
