"""One question: the answer of the evaluator, whatever the key is and whatever the store is doing; it never raises."""

import decimal
import enum
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.client import RolloutClient, Source
from rollout_cli.client.rollout_client import _complain_once
from rollout_cli.flags.decision import EVALUATION_ERROR, Decision, Reason
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.kill import KILL_VARIABLE, Kills
from rollout_cli.flags.model import FlagState, Snapshot
from rollout_cli.flags.percent import Percent
from tests.client.clients import EVENTS_OFF, client_over, standing
from tests.flags.random_snapshots import NAMES, any_key, kill_switches, snapshots
from tests.support.asked_to_end import OutOfTimeError, asked_to_end, give_up, heard_by
from tests.support.examples import examples
from tests.support.memory_feed import MemoryStore
from tests.support.stores import draft


def assert_agrees(client: RolloutClient, expected: Evaluator, key: str | None, *, stale: bool) -> None:
    """Every way to ask gives what the evaluator gives."""
    decisions = client.decide_all(key)
    assert list(decisions) == list(expected.names())
    for name in NAMES:
        wanted = expected.decide(name, key, default="x")
        decision = client.decide(name, key, default="x")
        assert decision.stale is stale
        assert (decision.age_seconds is not None) is stale
        assert decision._replace(stale=False, age_seconds=None) == wanted
        assert client.is_enabled(name, key, default=True) is expected.is_enabled(name, key, default=True)
        assert client.value(name, key, default="x") == expected.value(name, key, default="x")
        if name in decisions:
            assert decisions[name].stale is stale
            assert decisions[name]._replace(stale=False, age_seconds=None) == wanted


def killing(kills: Kills) -> dict[str, str]:
    return {KILL_VARIABLE: ",".join([*kills.names, *("*" * kills.everything)])}


@settings(max_examples=examples(60), deadline=None)
@given(snapshots(), kill_switches, st.lists(any_key, min_size=1, max_size=5))
def test_the_client_agrees_with_the_evaluator_fresh_and_stale(
    snapshot: Snapshot, kills: Kills, keys: list[str | None]
) -> None:
    store = MemoryStore()
    written = store.write(draft(snapshot=snapshot))
    expected = Evaluator(written.draft.evaluated, kills)
    with client_over(store, environment=killing(kills)) as client:
        for key in keys:
            assert_agrees(client, expected, key, stale=False)
        store.go_away()
        client.refresh()
        for key in keys:
            assert_agrees(client, expected, key, stale=True)


@settings(max_examples=examples(60), deadline=None)
@given(snapshots(), snapshots(), any_key)
def test_after_a_change_the_client_agrees_with_the_evaluator_of_the_new_revision(
    first: Snapshot, second: Snapshot, key: str | None
) -> None:
    store = MemoryStore()
    store.write(draft(snapshot=first))
    with client_over(store) as client:
        written = store.write(draft(snapshot=second))
        client.refresh()
        assert_agrees(client, Evaluator(written.draft.evaluated), key, stale=False)


class Loud(str):
    """A text that shows itself differently, as those of template engines may."""

    __slots__ = ()

    def __str__(self) -> str:
        return "something else"


class Shopper(enum.StrEnum):
    LISTED = "listed"


class Number(enum.IntEnum):
    LISTED = 42


class Written:
    def __str__(self) -> str:
        return "listed"

    def __repr__(self) -> str:
        return "Written()"


class Unwritable:
    def __str__(self) -> str:
        raise RuntimeError("+5511999999999")


class Unhashable:
    __hash__ = None  # type: ignore[assignment]


class Nameless:
    def __hash__(self) -> int:
        raise RuntimeError


ID = uuid.UUID(int=7)
LISTED_KEYS: list[Any] = [
    42, Number.LISTED, b"42", "42", decimal.Decimal(42), ID, str(ID), "listed", b"listed", Loud("listed"),
    Shopper.LISTED, Written(), "", None, "\udcff", b"\xff", "日本", "日本".encode(),
]  # fmt: skip


@pytest.fixture
def listed(store: MemoryStore) -> MemoryStore:
    """On for everybody but some, and for some only."""
    ids = frozenset({"42", str(ID), "listed", "日本", "\udcff"})
    store.write(
        standing(
            EVENTS=FlagState(enabled=True, denylist=ids),
            SHADOW=FlagState(enabled=True, allowlist=ids),
            POLICY=FlagState(enabled=True, value="sticky", percent=Percent(0), allowlist=ids),
        )
    )
    return store


@pytest.mark.parametrize("key", LISTED_KEYS, ids=repr)
def test_a_key_counts_as_it_is_written_whatever_it_is(listed: MemoryStore, key: Any) -> None:
    is_listed = key not in ("", None)
    with client_over(listed) as client:
        assert client.is_enabled("EVENTS", key) is not is_listed
        assert client.is_enabled("SHADOW", key) is is_listed
        assert client.value("POLICY", key) == ("sticky" if is_listed else "default")
        assert client.decide("EVENTS", key).reason == (Reason.DENYLIST if is_listed else Reason.GLOBAL)
        assert client.decide_all(key)["SHADOW"].reason == (Reason.ALLOWLIST if is_listed else Reason.NOT_ALLOWLISTED)


def test_zero_is_a_key_and_nothing_is_none(store: MemoryStore) -> None:
    store.write(standing(EVENTS=FlagState(enabled=True, percent=Percent(100_000), denylist=frozenset({"0", "None"}))))
    with client_over(store) as client:
        assert client.decide("EVENTS", 0).reason == Reason.DENYLIST  # type: ignore[arg-type]
        assert client.decide("EVENTS", None).reason == Reason.TARGETING_KEY_MISSING
        assert client.decide("EVENTS", "").reason == Reason.TARGETING_KEY_MISSING


def test_a_key_that_cannot_be_written_gets_the_callers_default_and_is_not_named(
    store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    _complain_once.cache_clear()
    key: Any = Unwritable()
    with client_over(store) as client:
        assert client.is_enabled("EVENTS", key) is False
        assert client.is_enabled("EVENTS", key, default=True) is True
        assert client.value("POLICY", key, default="mine") == "mine"
        decision = client.decide("EVENTS", key, default=True)
        assert decision[:4] == ("EVENTS", True, True, EVALUATION_ERROR)
        assert decision.revision == 1
        assert {each.reason for each in client.decide_all(key).values()} == {EVALUATION_ERROR}
    assert len(caplog.records) == 1
    assert "RuntimeError" in caplog.text
    assert "+5511999999999" not in caplog.text


@pytest.mark.parametrize("has_store", [True, False])
@pytest.mark.parametrize(
    "flag", [None, 42, b"EVENTS", ("EVENTS",), [], {}, Unhashable(), Nameless()], ids=lambda flag: type(flag).__name__
)
def test_a_flag_that_cannot_be_one_gets_the_callers_default(store: MemoryStore, flag: Any, has_store: bool) -> None:
    with client_over(store) if has_store else RolloutClient.connect(None, environment={}) as client:
        assert client.is_enabled(flag, "shopper-1") is False
        assert client.is_enabled(flag, "shopper-1", default=True) is True
        assert client.value(flag, default="mine") == "mine"
        assert client.decide(flag, default="mine").reason == EVALUATION_ERROR


@pytest.mark.parametrize("flag", ["", "UNKNOWN", "events", "EVENTS ", "\udcff"], ids=repr)
@pytest.mark.parametrize("default", [True, False])
def test_an_unknown_flag_gets_the_callers_default(store: MemoryStore, flag: Any, default: bool) -> None:
    with client_over(store) as client:
        assert client.is_enabled(flag, "shopper-1", default=default) is default
        assert client.value(flag, "shopper-1", default=default) is default
        assert client.decide(flag, "shopper-1", default=default) == Decision(
            flag, default, default, Reason.FLAG_NOT_FOUND, revision=1
        )
        assert client.value(flag) is None


def test_a_name_that_is_a_kind_of_text_is_that_name(store: MemoryStore) -> None:
    flag = enum.StrEnum("flag", {"EVENTS": "EVENTS"})
    with client_over(store) as client:
        assert client.is_enabled(flag.EVENTS)
        assert client.is_enabled(Loud("EVENTS"))


def test_a_question_that_is_interrupted_is_interrupted(store: MemoryStore) -> None:
    class Interrupting:
        def __str__(self) -> str:
            raise KeyboardInterrupt

    key: Any = Interrupting()
    with client_over(store) as client, pytest.raises(KeyboardInterrupt):
        client.is_enabled("EVENTS", key)


@pytest.mark.parametrize("flag", ["EVENTS", "NO_SUCH_FLAG"])
def test_a_question_within_which_a_handler_of_signals_raises_lets_that_through(store: MemoryStore, flag: str) -> None:
    class Interrupted:
        def __str__(self) -> str:
            return str(asked_to_end())

    key: Any = Interrupted()
    with client_over(store) as client, heard_by(give_up):
        for ask in (client.is_enabled, client.decide, client.value):
            with pytest.raises(OutOfTimeError):
                ask(flag, key)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.one_of(any_key, st.integers(), st.floats(), st.binary(max_size=8), st.uuids(), st.lists(st.none(), max_size=1)),
    st.one_of(st.sampled_from(["EVENTS", "POLICY"]), st.text(max_size=3), st.none(), st.lists(st.none(), max_size=1)),
    st.one_of(st.none(), st.booleans(), st.text(max_size=3), st.lists(st.none(), max_size=1)),
)
def test_whatever_is_asked_nothing_is_raised(key: Any, flag: Any, default: Any) -> None:
    for recorded in (None, _RECORDS):
        with client_over(_STORE, records=recorded) as client:
            assert isinstance(client.is_enabled(flag, key), bool)
            assert isinstance(client.decide(flag, key, default=default), Decision)
            client.value(flag, key, default=default)
            assert len(client.decide_all(key)) == 4


def _with_a_percent() -> MemoryStore:
    store = MemoryStore()
    store.write(standing(EVENTS=FlagState(enabled=True, percent=Percent(50_000))))
    return store


def _records() -> Any:
    from rollout_cli.client import Records

    return Records(log_every=1)


_STORE, _RECORDS = _with_a_percent(), _records()


def test_a_decision_is_as_true_as_its_flag_is_on(store: MemoryStore) -> None:
    with client_over(store) as client:
        assert client.decide("EVENTS")
        assert client.decide("POLICY")
        store.write(EVENTS_OFF)
        client.refresh()
        assert not client.decide("EVENTS")
        assert not client.decide("POLICY")  # although its value is a text
        assert client.decide("POLICY").value == "default"


def test_all_decisions_are_of_one_revision_also_while_it_changes(store: MemoryStore) -> None:
    with client_over(store) as client:
        answers = client._current.answers
        for _ in range(3):
            store.write(EVENTS_OFF)
            client.refresh()
            assert len({each.revision for each in client.decide_all().values()}) == 1
        assert client._current.answers is not answers
        assert client.health().source is Source.STORE


def test_denials_by_hand_count(store: MemoryStore) -> None:
    from dataclasses import replace

    change = standing(EVENTS=FlagState(enabled=True))
    store.write(replace(change, denied_by_hand={"EVENTS": frozenset({"shopper-9"})}))
    with client_over(store) as client:
        assert not client.is_enabled("EVENTS", "shopper-9")
        assert client.is_enabled("EVENTS", "shopper-1")
