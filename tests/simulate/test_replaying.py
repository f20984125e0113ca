"""A replay that was cut off, wherever and however, goes on and ends with the totals of one that never was."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollout_cli.errors import RefusedError, UsageError
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.new_path import Taken
from rollout_cli.pipeline.switches import EVENTS, GROUP_ROUTING, ROUTING, SHADOW
from rollout_cli.simulate.kpis import findings
from rollout_cli.simulate.planting import NOTHING, Planting
from rollout_cli.simulate.position import with_everything_on
from rollout_cli.simulate.repeats import Repeats
from rollout_cli.simulate.replay import Piece, Place, Replay, Whose, line_of
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulate.traffic.cast import lanes, shopper_ids
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.sent import Sent
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.simulation.resuming import Keeper
from rollout_cli.simulation.running import Course, Order, simulate
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import upgrade_event_store

FLAGS = {name: FlagDefinition(name, FlagType.BOOLEAN, default=name == SHADOW)
         for name in (EVENTS, SHADOW, ROUTING, GROUP_ROUTING)}  # fmt: skip
LIVE = with_everything_on(Snapshot("test", definitions=FLAGS))
PROFILE = Profile.model_validate({"duplicates": "10%", "malformed": "3%"})
SHOPPERS = shopper_ids(5)
OFF = replace(LIVE, states={**LIVE.states, EVENTS: FlagState(enabled=True, denylist=frozenset(SHOPPERS[:1]))})


def recorded(events: int = 500) -> list[Piece]:
    """Traffic, some of it twice, with damaged lines among it and at its end."""
    flow = [line_of(each) for each in traffic(lanes(PROFILE, 3, events, SHOPPERS), PROFILE, 3)]
    lines = [each if at % 50 else each[:30] for at, each in enumerate([*flow, *flow[::7]])]
    return [Piece(f"file:{at}", each) for at, each in enumerate([*lines, b"{}"], 1)]


PIECES = recorded()


class Killed(BaseException):
    """Nothing can be done any more, as after kill -9."""


def killed_after(batches: int, *, is_taken: bool) -> Planting:
    """The end at one of the batches, before it was taken or when it was, and nobody knows."""
    left = [batches]

    def around(take: Any) -> Any:
        def taken(deliveries: Sequence[Delivery]) -> Sequence[Taken]:
            left[0] -= 1
            if left[0] < 0:
                if is_taken:
                    take(deliveries)
                raise Killed
            found: Sequence[Taken] = take(deliveries)
            return found

        return taken

    return Planting(take=around)


def store(folder: Path) -> str:
    url = f"sqlite:///{folder / 'events.db'}"
    upgrade_event_store(address_from_url(url))
    return url


def replayed(url: str, state: Path | None, planting: Planting = NOTHING, **more: Any) -> Totals:
    keeper = None if state is None else Keeper(state, "this", 5, **{"every": 0.0, **more})
    order = Order(OFF, PROFILE, 1, 1, SHOPPERS, url, batch=20, signals=False)
    begin = Place() if keeper is None else keeper.begin
    replay = Replay(PIECES, Whose(), lambda *_: None, begin)
    return simulate(order, planting=planting, course=Course(replay, keeper=keeper))


def counts(totals: Totals) -> dict[str, Any]:
    """All that does not depend on how quick a machine is."""
    told = msgspec.structs.asdict(totals)
    del told["seconds"], told["measures"], told["timeline"]
    told["kpis"] = [each for each in findings(totals) if each.unit != "ms"]
    told["deliveries"] = totals.measures.latency.count
    told["batches"] = sum(each.events for each in totals.timeline.spans)
    return told


class Counts(dict[str, Any]):
    """Shown in a word: hypothesis gives up on an example that it cannot show shortly, whatever failed."""

    def __repr__(self) -> str:
        return "<counts>"


@pytest.fixture(scope="module")
def uncut(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a replay counts that is not cut off."""
    return Counts(counts(replayed(store(tmp_path_factory.mktemp("uncut")), None)))


def test_a_recording_is_counted_as_far_as_it_can_be_known(uncut: dict[str, Any]) -> None:
    tallied = uncut["tallied"]
    assert uncut["records"] == len(PIECES)
    assert uncut["unreadable"] == len(range(0, len(PIECES) - 1, 50)) + 1
    assert tallied.bodies == uncut["records"] - uncut["unreadable"]
    assert tallied.claimed == tallied.unique == uncut["audit"].rows - uncut["audit"].told > 200
    assert tallied.repeats > 20
    assert not uncut["knows_truth"]


@given(cuts=st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=3), rarely=st.booleans())
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_often_it_is_killed_a_replay_ends_with_the_totals_of_one_that_was_not(
    cuts: list[tuple[int, bool]], rarely: bool, uncut: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    url, state = store(folder), folder / "state"
    seconds = 1e9 if rarely else 0.0  # with nothing written but the beginning, all is told once more
    for batches, is_taken in cuts:
        with suppress(Killed):  # what is left may be less than that
            replayed(url, state, killed_after(batches, is_taken=is_taken), every=seconds)
    assert counts(replayed(url, state, every=seconds)) == uncut
    assert counts(replayed(url, state)) == uncut  # nothing is left to be replayed


def test_an_interrupt_between_batches_is_kept_at_once(uncut: dict[str, Any], tmp_path: Path) -> None:
    def interrupted() -> Any:
        for at, piece in enumerate(PIECES):
            if at == 110:
                raise KeyboardInterrupt
            yield piece

    url, state = store(tmp_path), tmp_path / "state"
    keeper = Keeper(state, "this", 5, every=1e9)
    order = Order(OFF, PROFILE, 1, 1, SHOPPERS, url, batch=20, signals=False)
    with pytest.raises(KeyboardInterrupt):
        simulate(order, course=Course(Replay(interrupted(), Whose(), lambda *_: None), keeper=keeper))
    assert 100 <= Keeper(state, "this", 5).begin.records <= 110
    assert state.stat().st_mode & 0o777 == 0o600
    assert counts(replayed(url, state)) == uncut


def test_what_is_of_another_replay_or_is_something_else_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state"
    replayed(store(tmp_path), state)
    with pytest.raises(RefusedError, match="another replay"):
        Keeper(state, "that", 5)
    for rubbish in (b"", b"{}", state.read_bytes()[:-5], b"\xc1"):
        state.write_bytes(rubbish)
        with pytest.raises(UsageError, match="no checkpoint"):
            Keeper(state, "this", 5)
    with pytest.raises(UsageError, match="there is no folder"):
        Keeper(tmp_path / "no" / "state", "this", 5)


@given(st.lists(st.binary(max_size=1), max_size=60), st.integers(1, 20), st.integers(0, 60))
def test_of_bodies_the_latest_are_remembered_also_across_a_break(bodies: list[bytes], most: int, at: int) -> None:
    kept: dict[bytes, None] = {}
    repeats = Repeats(most=most)
    for number, body in enumerate(bodies):
        if number == at:
            repeats = Repeats(repeats.dump(), most)
        came = repeats.came_before(Sent(0, 0, number, "baileys", body, "s"), ())
        assert came == (True if body in kept else None)
        kept.setdefault(body)
        if len(kept) > most:
            del kept[next(iter(kept))]


def test_a_body_is_another_one_at_another_address() -> None:
    repeats = Repeats()
    for place in (
        {"shopper_id": "a"},
        {"shopper_id": "b"},
        {"instance": "a"},
        {"event": "a"},
        {"provider": "evolution"},
    ):
        sent = Sent(
            **{"at": 0, "lane": 0, "number": 1, "provider": "baileys", "body": b"", "shopper_id": None, **place}
        )
        assert repeats.came_before(sent, ()) is None
