"""Parts of a recording: nothing is lost, nothing is told twice, and what is one shopper's stays together, in order."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rollout_cli.simulate.partition import in_lanes, partition_of
from rollout_cli.simulate.traffic.sent import Sent

SENT = st.builds(
    Sent,
    at=st.integers(0, 2**41),
    lane=st.just(0),
    number=st.integers(0, 2**31),
    provider=st.sampled_from(["evolution", "cloud_api"]),
    body=st.binary(max_size=4),
    shopper_id=st.none() | st.text(max_size=3),
    instance=st.none() | st.text(max_size=2),
    is_known=st.just(False),
)
PARTS = st.integers(1, 64)


@given(st.lists(SENT, max_size=30), PARTS)
def test_parts_are_the_whole_each_in_its_order(sent: list[Sent], parts: int) -> None:
    whole = list(in_lanes(sent, parts))
    assert [(each.number, each.body) for each in whole] == [(each.number, each.body) for each in sent]
    for part in range(parts):
        assert list(in_lanes(sent, parts, frozenset({part}))) == [each for each in whole if each.lane == part]


@given(SENT, SENT, PARTS)
def test_a_shopper_stays_together_whatever_else_differs(one: Sent, other: Sent, parts: int) -> None:
    other = replace(other, shopper_id=one.shopper_id)
    assert partition_of(one, parts) == partition_of(other, parts)


def test_what_is_nobodys_stays_together() -> None:
    nobody = Sent(0, 0, 0, "evolution", b"", None), Sent(0, 0, 0, "cloud_api", b"", "", "another")
    assert len({partition_of(each, 16) for each in nobody}) == 1


def test_a_shopper_is_in_the_same_part_on_every_machine() -> None:
    named = {each: partition_of(Sent(0, 0, 0, "evolution", b"", each), 16) for each in ("shopper_0001", "shopper_0002")}
    assert named == {"shopper_0001": 10, "shopper_0002": 7}


def test_many_shoppers_are_shared_out_about_evenly() -> None:
    parts = [partition_of(Sent(0, 0, 0, "evolution", b"", f"shopper_{each:04d}"), 16) for each in range(1_600)]
    assert all(70 <= parts.count(each) <= 130 for each in range(16))
