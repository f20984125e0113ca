"""Keys: equal only when all of their parts are."""

import uuid

from hypothesis import example, given
from hypothesis import strategies as st

from rollout_cli.whatsapp.keys import digest, event_id, joined, part

NAMESPACE = uuid.UUID("9fd3b94a-b1f0-539e-8a4f-0dcb4a2f6c11")
parts = st.lists(st.text(st.sampled_from("a:%3A2 é")) | st.text(), min_size=1, max_size=5)


@given(parts, parts)
@example(["a", "b"], ["a:b"])
@example(["a%3A"], ["a:"])
@example(["a", ""], ["a"])
@example(["", "a"], ["a", ""])
def test_two_lists_of_parts_give_one_key_only_if_they_are_equal(one: list[str], other: list[str]) -> None:
    assert (joined(*one) == joined(*other)) is (one == other)


@given(parts)
def test_the_parts_can_be_read_back(told: list[str]) -> None:
    written = joined(*told).split(":")
    assert [each.replace("%3A", ":").replace("%25", "%") for each in written] == told


@given(st.text())
def test_a_part_never_ends_the_next_one(value: str) -> None:
    assert ":" not in part(value)
    if ":" not in value and "%" not in value:
        assert part(value) == value


@given(st.text())
def test_an_events_id_is_the_uuid5_of_its_key(key: str) -> None:
    assert event_id(key) == str(uuid.uuid5(NAMESPACE, key))


def test_the_id_of_a_known_key_never_changes() -> None:
    assert event_id(":cloud_api:msg:1:wamid.A") == "cf63793a-517a-5e55-9c3e-c93a00720137"


@given(st.binary(), st.binary())
def test_a_digest_is_short_and_tells_apart(one: bytes, other: bytes) -> None:
    assert len(digest(one)) == 32
    assert (digest(one) == digest(other)) is (one == other)
