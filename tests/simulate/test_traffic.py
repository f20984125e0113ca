"""Traffic is the same for the same seed, as much as was asked for, and true to its profile."""

from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.simulate.traffic.cast import lanes, shopper_ids
from rollout_cli.simulate.traffic.ids import mixed, unmixed
from rollout_cli.simulate.traffic.kinds import USUAL
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.sent import Sent
from rollout_cli.simulate.traffic.stream import lane_traffic, traffic
from rollout_cli.whatsapp import normalize
from tests.support.examples import examples

SIMULATED = Profile.model_validate({"providers": {"simulated": 1}})


def sent(events: int = 2_000, seed: int = 7, profile: Profile = SIMULATED, shoppers: int = 20) -> list[Sent]:
    return list(traffic(lanes(profile, seed, events, shopper_ids(shoppers)), profile, seed))


def test_the_same_seed_is_the_same_bytes_in_this_and_every_other_process_and_version() -> None:
    digest = sha256()
    for each in sent(500):
        digest.update(b"%d %s\n" % (each.at, each.body))
    assert digest.hexdigest()[:16] == PINNED


def test_another_seed_is_other_traffic() -> None:
    assert {each.body for each in sent(300)}.isdisjoint(each.body for each in sent(300, seed=8))


@given(events=st.integers(1, 600), shoppers=st.integers(1, 40), seed=st.integers(0, 2**40))
@settings(max_examples=examples(25), deadline=None)
def test_as_many_events_are_told_as_were_asked_for_but_for_the_rest_of_each_last_body(
    events: int, shoppers: int, seed: int
) -> None:
    told = sum(len(each.facts) for each in sent(events, seed, shoppers=shoppers))
    assert events <= told <= events + 16 * 20


def test_deliveries_come_in_the_order_of_their_times() -> None:
    times = [each.at for each in sent()]
    assert times == sorted(times)


def test_a_lane_is_the_same_whoever_else_runs() -> None:
    everybody = lanes(SIMULATED, 7, 2_000, shopper_ids(20))
    alone = list(lane_traffic(everybody[3], SIMULATED, 7))
    assert [each for each in traffic(everybody, SIMULATED, 7) if each.lane == 3] == alone


@pytest.mark.parametrize("provider", ["simulated", "cloud_api", "evolution"])
@pytest.mark.parametrize(("share", "events", "seeds"), [("2%", 200, 60), ("10%", 200, 30), ("30%", 2_000, 2)])
def test_as_much_is_told_twice_as_was_asked_for_however_short_the_run(
    provider: str, share: str, events: int, seeds: int
) -> None:
    profile = Profile.model_validate({"providers": {provider: 1}, "duplicates": share})
    facts = [fact for seed in range(seeds) for each in sent(events, seed, profile) for fact in each.facts]
    new = sum(fact.is_new for fact in facts)
    wanted = new * float(share.removesuffix("%")) / 100
    assert abs(len(facts) - new - wanted) < 4 * (_SPREAD * wanted) ** 0.5


_SPREAD = 2.0
"""Whole bodies that come again are not as even as single events: the variance of their number, as a share of it."""


@given(events=st.integers(1, 400), seed=st.integers(0, 2**40), share=st.integers(0, 100))
@settings(max_examples=examples(25), deadline=None)
def test_what_is_to_be_told_again_is_told_again(events: int, seed: int, share: int) -> None:
    profile = Profile.model_validate({"duplicates": f"{share}%", "malformed": "5%"})
    told: set[tuple[int, int]] = set()
    owed: set[tuple[int, int]] = set()
    for each in sent(events, seed, profile):
        for fact in each.facts:
            name = (each.lane, fact.name)
            assert fact.is_new == (name not in told)
            told.add(name)
            (owed.add if fact.is_told_again and fact.is_new else owed.discard)(name)
    assert not owed


def test_what_comes_again_was_told_before_and_only_then() -> None:
    told: set[tuple[int, int]] = set()
    for each in sent(5_000):
        for fact in each.facts:
            assert fact.is_new == ((each.lane, fact.name) not in told)
        told |= {(each.lane, fact.name) for fact in each.facts}


def test_what_nobody_knows_comes_again_only_in_the_same_bytes() -> None:
    profile = Profile.model_validate({
        "providers": {"simulated": 1, "baileys": 1}, "kinds": {"unknown": 100}, "duplicates": "20%",
    })  # fmt: skip
    told: dict[tuple[int, int], set[bytes]] = {}
    for each in sent(3_000, profile=profile):
        for fact in each.facts:
            if fact.event_type == "whatsapp.unknown":
                told.setdefault((each.lane, fact.name), set()).add(each.body)
    assert {len(bodies) for bodies in told.values()} == {1}


def test_shares_are_about_those_of_the_profile() -> None:
    profile = Profile.model_validate({"providers": {"simulated": 1}, "duplicates": "10%", "malformed": "5%"})
    all_sent = sent(20_000, profile=profile)
    facts = [fact for each in all_sent for fact in each.facts]
    assert 0.08 < sum(not fact.is_new for fact in facts) / len(facts) < 0.14
    assert 0.04 < sum(each.is_malformed for each in all_sent) / len(all_sent) < 0.06


def test_as_much_is_said_to_many_as_the_profile_says_and_nothing_where_the_provider_tells_of_no_such() -> None:
    profile = Profile.model_validate({
        "providers": {"evolution": 1, "baileys": 1}, "posts": {"status": "20%", "newsletter": "10%", "list": "5%"},
        "statuses": {"sent": "0%", "delivered": "0%", "failed": "0%"},
    })  # fmt: skip
    facts = [fact for each in sent(10_000, profile=profile) for fact in each.facts if fact.is_new]
    where = Counter(fact.what.thread.audience or "" for fact in facts if fact.what is not None)
    assert 0.18 < where["status@broadcast"] / len(facts) < 0.22
    assert 0.09 < sum(where[each] for each in where if each.endswith("@newsletter")) / len(facts) < 0.11
    lists = [each for each in where if each.endswith("@broadcast") and not each.startswith("status@")]
    assert 0.04 < sum(where[each] for each in lists) / len(facts) < 0.06
    ours = {fact.what.outbound for fact in facts if fact.what is not None and fact.what.thread.is_newsletter}
    assert ours == {False}
    cloud = Profile.model_validate({"providers": {"cloud_api": 1}, "posts": {"status": "50%"}})
    assert not any(fact.is_to_many for each in sent(1_000, profile=cloud) for fact in each.facts)


def test_what_is_said_to_many_opens_no_conversation() -> None:
    facts = [fact for each in sent(5_000) for fact in each.facts if fact.is_to_many]
    assert len(facts) > 100
    assert not any(fact.speaks or fact.in_group for fact in facts)


def test_kinds_that_do_not_happen_are_not_said_to_many_either() -> None:
    profile = Profile.model_validate({"kinds": dict.fromkeys([*USUAL], 0) | {"call": 1, "presence": 1}})
    assert {fact.what.kind for each in sent(500, profile=profile) for fact in each.facts if fact.what} <= {
        "call", "presence", "text",
    }  # fmt: skip


def test_posts_are_not_more_than_everything() -> None:
    with pytest.raises(ValueError, match="at most 100%"):
        Profile.model_validate({"posts": {"status": "60%", "newsletter": "41%"}})


def test_statuses_follow_the_messages_that_they_are_about() -> None:
    facts = [fact for each in sent(5_000) for fact in each.facts if fact.is_new]
    counts = Counter(fact.event_type for fact in facts)
    assert counts["whatsapp.message.status.sent"] > counts["whatsapp.message.status.read"] > 0
    ours = {fact.message for fact in facts if fact.event_type == "whatsapp.message.outbound"}
    about = {fact.message for fact in facts if fact.event_type == "whatsapp.message.status.sent"}
    assert len(about - ours) < len(about) / 40  # messages that are late, and not there yet at the end


@pytest.mark.parametrize("seed", [1, 2])
def test_no_two_things_that_are_told_are_one_event_and_none_told_again_is_another(seed: int) -> None:
    keys: dict[str, tuple[int, int]] = {}
    for each in sent(6_000, seed, Profile.model_validate({"duplicates": "20%"})):
        at = datetime.fromtimestamp(each.at / 1000, UTC)
        if not each.is_malformed:
            events = normalize(each.provider, each.body, received_at=at, instance=each.instance, tenant=each.shopper_id)
            for fact, event in zip(each.facts, events, strict=True):
                name = (each.lane, fact.name)
                assert keys.setdefault(event.trace.idempotency_key, name) == name
    assert len(set(keys.values())) == len(keys)


def test_those_who_are_named_are_there_and_nobody_twice() -> None:
    ids = shopper_ids(5, ["beta", "shopper_0002"])
    assert len(ids) == len(set(ids)) == 5
    assert {"beta", "shopper_0002"} <= set(ids)


@given(thread=st.integers(0, 2**32 - 1), place=st.integers(0, 2**32 - 1), seed=st.integers(0, 2**64 - 1))
def test_an_id_tells_where_it_is_from(thread: int, place: int, seed: int) -> None:
    assert unmixed(mixed(thread, place, seed), seed) == (thread, place)


PINNED = "86a8f18222089c40"
