"""What is spoiled is refused, whatever it was and however it was spoiled; what has grown means the same."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.simulate.traffic.choosing import Draw
from rollout_cli.simulate.traffic.happening import STATES, Happening
from rollout_cli.simulate.traffic.ids import mixed
from rollout_cli.simulate.traffic.people import Thread, group_id, instance, person
from rollout_cli.simulate.traffic.spoiling import grown, spoiled
from rollout_cli.simulate.traffic.words import WORDS
from rollout_cli.simulate.traffic.writing import WRITERS, writer_of
from rollout_cli.whatsapp import CanonicalEvent, NormalizeError, normalize
from tests.support.examples import examples

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
AT = 1_767_614_400_000
CHANCES = st.lists(st.floats(0, 1, exclude_max=True), min_size=3, max_size=3)


def drawn(chances: list[float]) -> Draw:
    return iter(chances).__next__


@st.composite
def bodies(draw: st.DrawFn, *, known: bool = False) -> tuple[str, bytes]:
    """A provider, and a body as it sends it: of any kind, direction and length; `known` ones become events by name."""
    provider = draw(st.sampled_from(WRITERS))
    writer = writer_of(provider)
    kind = draw(st.sampled_from(sorted(writer.kinds.keys() - ({"unknown"} if known else set()))))
    group = group_id(7) if draw(st.booleans()) or kind.startswith("group_") else None
    where = Thread(7, instance(1, provider, "shopper-1"), person(12), group)
    outbound = kind in STATES or draw(st.booleans())
    words = draw(st.sampled_from(WORDS))
    first = draw(st.integers(0, 1000))
    told = [
        Happening(
            kind, where, person(12), place, mixed(7, place), AT + place * 1000, mixed(7, 0), outbound, outbound, words
        )
        for place in range(first, first + draw(st.integers(1, min(writer.most, 4))))
    ]
    written = [writer.write(each) for each in told]
    items = [each.told for each in written if each.folder == written[0].folder]
    return provider, writer.body(where.instance, written[0].folder, items).encode()


def read(provider: str, body: bytes) -> list[CanonicalEvent]:
    return normalize(provider, body, received_at=NOW, tenant="shopper-1")


@given(sent=bodies(), chances=CHANCES)
@settings(deadline=None, max_examples=examples(300))
def test_a_spoiled_body_is_always_refused(sent: tuple[str, bytes], chances: list[float]) -> None:
    provider, body = sent
    assert read(provider, body)
    with pytest.raises(NormalizeError):
        read(provider, spoiled(body, provider, drawn(chances)))


@pytest.mark.parametrize("provider", WRITERS)
def test_bodies_are_spoiled_in_many_ways_and_refused_for_several_reasons(provider: str) -> None:
    body = b'{"event":"messages.upsert","data":{"text":"ol\xc3\xa1"}}'
    spoils = {spoiled(body, provider, drawn([step / 100, 0.5, 0.5])) for step in range(100)}
    reasons = set()
    for each in spoils:
        with pytest.raises(NormalizeError) as refused:
            read(provider, each)
        reasons.add(refused.value.reason)
    assert len(spoils) >= 15
    assert reasons >= {"not_json", "not_utf8", "not_an_object"}


def test_a_body_is_spoiled_the_same_way_by_the_same_draws() -> None:
    for step in range(20):
        chances = [step / 20, 0.3, 0.7]
        assert spoiled(b'{"a":1}', "baileys", drawn(chances)) == spoiled(b'{"a":1}', "baileys", drawn(chances))


@given(sent=bodies(known=True), chances=CHANCES)
@settings(deadline=None, max_examples=examples(300))
def test_a_grown_body_means_the_same(sent: tuple[str, bytes], chances: list[float]) -> None:
    provider, body = sent
    more = grown(body, drawn(chances))
    assert more.count(b'"x_new_') == 2
    before, after = read(provider, body), read(provider, more)
    assert [each.event_id for each in after] == [each.event_id for each in before]
    assert [each.event_type for each in after] == [each.event_type for each in before]
    assert [each.security.risk_flags for each in after] == [each.security.risk_flags for each in before]


@given(sent=bodies(), chances=CHANCES)
@settings(deadline=None)
def test_as_many_events_are_told_by_a_grown_body(sent: tuple[str, bytes], chances: list[float]) -> None:
    provider, body = sent
    assert len(read(provider, grown(body, drawn(chances)))) == len(read(provider, body))


def test_an_object_without_any_field_can_grow() -> None:
    assert grown(b'{"a":{}}', drawn([0.0, 0.0])) == b'{"x_new_version":0,"a":{"x_new_field":{"a":0}}}'


def test_it_grows_in_the_object_around_a_list_of_no_objects() -> None:
    assert grown(b'{"a":{"b":[1]}}', drawn([0.0, 0.0])) == b'{"x_new_version":0,"a":{"b":[1],"x_new_field":{"a":0}}}'
