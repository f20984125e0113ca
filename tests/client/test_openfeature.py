"""The OpenFeature provider: the client's answers in OpenFeature's words, and its changes as OpenFeature's events."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason as Theirs

from rollout_cli.client import RolloutClient
from rollout_cli.client.openfeature import RolloutProvider
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import FlagState, Snapshot
from rollout_cli.flags.percent import Percent
from tests.client.clients import EVENTS_OFF, ON, client_over, standing
from tests.flags.random_snapshots import NAMES, any_key, kill_switches, snapshots
from tests.support.examples import examples
from tests.support.memory_feed import MemoryStore
from tests.support.stores import draft

HALF = standing(EVENTS=FlagState(enabled=True, percent=Percent(50_000), denylist=frozenset({"no"}), shadow=True))


@pytest.fixture
def client(store: MemoryStore) -> Iterator[RolloutClient]:
    with client_over(store) as connected:
        yield connected


@pytest.fixture
def application(client: RolloutClient) -> Iterator[OpenFeatureClient]:
    """What an application asks."""
    api.set_provider_and_wait(RolloutProvider(client), domain="test")
    yield api.get_client(domain="test")
    api.clear_providers()


def test_an_application_asks_by_the_targeting_key(application: OpenFeatureClient) -> None:
    shopper = EvaluationContext("shopper-1")
    assert application.get_boolean_value("ROUTING", False, shopper) is True
    assert application.get_string_value("POLICY", "default", shopper) == "sticky"
    found = application.get_boolean_details("EVENTS", False, shopper)
    assert (found.value, found.reason, found.variant, found.error_code) == (True, Theirs.STATIC, "on", None)
    assert found.flag_metadata == {"reason": "GLOBAL", "revision": 1}


@pytest.mark.parametrize(
    ("key", "reason", "ours"),
    [
        ("no", Theirs.TARGETING_MATCH, "DENYLIST"),
        ("shopper-1", Theirs.SPLIT, "PERCENT"),
        (None, Theirs.DEFAULT, "TARGETING_KEY_MISSING"),
    ],
)
def test_the_reason_is_said_in_their_words_and_in_ours(
    store: MemoryStore,
    client: RolloutClient,
    application: OpenFeatureClient,
    key: str | None,
    reason: Theirs,
    ours: str,
) -> None:
    store.write(HALF)
    client.refresh()
    found = application.get_boolean_details("EVENTS", True, EvaluationContext(key))
    assert (found.reason, found.flag_metadata["reason"], found.flag_metadata["shadow"]) == (reason, ours, True)
    assert ("bucket" in found.flag_metadata) == (ours == "PERCENT")


def test_what_cannot_be_answered_is_the_default_with_its_error(application: OpenFeatureClient) -> None:
    asked: list[tuple[Any, Any, ErrorCode]] = [
        (application.get_boolean_details("UNKNOWN", True), True, ErrorCode.FLAG_NOT_FOUND),
        (application.get_boolean_details("POLICY", True), True, ErrorCode.TYPE_MISMATCH),
        (application.get_string_details("EVENTS", "mine"), "mine", ErrorCode.TYPE_MISMATCH),
        (application.get_integer_details("EVENTS", 7), 7, ErrorCode.TYPE_MISMATCH),
        (application.get_float_details("UNKNOWN", 0.5), 0.5, ErrorCode.FLAG_NOT_FOUND),
        (application.get_object_details("POLICY", {"a": 1}), {"a": 1}, ErrorCode.TYPE_MISMATCH),
        (application.get_boolean_details(None, True), True, ErrorCode.GENERAL),  # type: ignore[arg-type]
    ]
    for found, value, code in asked:
        assert (found.value, found.reason, found.error_code) == (value, Theirs.ERROR, code)


def test_the_environment_answers_where_there_is_no_store(tmp_path: Path) -> None:
    variables = {"EVENTS": "on", "POLICY": "sticky"}
    with RolloutClient.connect(None, environment=variables, project=tmp_path) as client:
        provider = RolloutProvider(client)
        found = provider.resolve_boolean_details("EVENTS", False)
        assert (found.value, found.reason, found.flag_metadata["reason"]) == (True, Theirs.STATIC, "ENV_GLOBAL")
        assert provider.resolve_string_details("POLICY", "default").value == "sticky"


def test_what_is_stale_says_so(store: MemoryStore, client: RolloutClient, application: OpenFeatureClient) -> None:
    client.close()
    assert application.get_boolean_details("EVENTS", False).reason is Theirs.STALE
    assert application.get_boolean_value("EVENTS", False) is True


def test_a_change_is_an_event_until_the_provider_is_shut_down(
    store: MemoryStore, client: RolloutClient, application: OpenFeatureClient
) -> None:
    told: list[EventDetails] = []
    application.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, told.append)
    store.write(EVENTS_OFF)
    client.refresh()
    assert [each.flags_changed for each in told] == [["EVENTS", "POLICY", "ROUTING"]]
    assert application.get_boolean_value("ROUTING", True) is False
    api.clear_providers()
    store.write(standing(EVENTS=ON))
    client.refresh()
    assert len(told) == 1
    assert client.is_enabled("EVENTS")


@given(snapshots(), kill_switches, any_key)
@settings(max_examples=examples(60), deadline=None)
def test_every_answer_is_the_client_s(snapshot: Snapshot, kills: Kills, key: str | None) -> None:
    memory = MemoryStore()
    memory.write(draft(snapshot=snapshot))
    with client_over(memory, environment={"ROLLOUT_KILL": ",".join(kills.names)} if kills.names else {}) as client:
        provider = RolloutProvider(client)
        context = EvaluationContext(key)
        for name in NAMES:
            decision = client.decide(name, key, default="mine")
            as_text = provider.resolve_string_details(name, "mine", context)
            as_switch = provider.resolve_boolean_details(name, False, context)
            if isinstance(decision.value, bool):
                assert (as_switch.value, as_text.value) == (decision.value, "mine")
            else:
                assert (as_switch.value, as_text.value) == (False, decision.value)
