"""A simulation that a check asks for runs in a process of its own, and answers in time, or says why it does not."""

from dataclasses import replace
from pathlib import Path

import pytest

from rollout_cli.checks.questions import NoAnswer, SimulationQuestion, SimulationSeen
from rollout_cli.checks.verdict import Cause
from rollout_cli.flags.document import snapshot_document
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.pipeline.switches import EVENTS, GROUP_ROUTING, ROUTING, SHADOW
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from rollout_cli.sources.probes.simulation import SimulationProbe
from tests.sources.probes.running import settings_for

FLAGS = {name: FlagDefinition(name, FlagType.BOOLEAN, default=name == SHADOW)
         for name in (EVENTS, SHADOW, ROUTING, GROUP_ROUTING)}  # fmt: skip
IN_SHADOW = Snapshot("test", definitions=FLAGS, states={EVENTS: FlagState(enabled=True)})
PROFILE = {"providers": {"simulated": 1}, "duplicates": "20%"}
QUESTION = SimulationQuestion(snapshot_document(IN_SHADOW), PROFILE, 200, 3, 1)


def asked(question: SimulationQuestion, folder: Path, seconds: float = 60) -> SimulationSeen | NoAnswer:
    return SimulationProbe(settings_for(folder))(question, Leash(seconds))


def test_what_a_run_shows_comes_back_with_the_flags_as_they_stand(tmp_path: Path) -> None:
    seen = asked(QUESTION, tmp_path)
    assert isinstance(seen, SimulationSeen)
    assert seen.events >= 200
    assert (seen.kpis["normalized_rate"], seen.kpis["idempotency"], seen.kpis["shadow_effects"]) == (1, 1, 0)
    assert "stored_rate" not in seen.kpis
    assert seen.without_waits is None or seen.without_waits.keys() == {"latency_p95_ms"}


def test_asked_as_if_everybody_were_live_it_stores_and_leaves_nothing_in_the_project(tmp_path: Path) -> None:
    seen = asked(replace(QUESTION, is_live=True), tmp_path)
    assert isinstance(seen, SimulationSeen)
    assert (seen.kpis["stored_rate"], seen.kpis["duplicates_stored"]) == (1, 0)
    assert "shadow_effects" not in seen.kpis
    assert list(tmp_path.iterdir()) == []


def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(OutOfTimeError):
        asked(replace(QUESTION, events=1_000_000), tmp_path, seconds=2)


def test_one_that_cannot_be_run_says_so(tmp_path: Path) -> None:
    answer = asked(replace(QUESTION, profile={"providers": {"telegram": 1}}), tmp_path)
    assert isinstance(answer, NoAnswer)
    assert answer.cause is Cause.BROKEN
