"""`rollout divergences`: what differs, grouped and masked; with --fail-on, an exit code for CI."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from rollout_cli.errors import ExitCode
from rollout_cli.pipeline.dual_run.observation import Kind, Observation, Severity
from rollout_cli.render.schemas import json_schema
from rollout_cli.store.events.observing import stored_observations
from tests.support.event_stores import new_events_file
from tests.support.program import Run, rollout_here

Rollout = Callable[..., Run]


def observation(kind: Kind, severity: Severity, path: str = "", number: int = 0, **more: str) -> Observation:
    now = datetime.now(UTC)
    return Observation(now, "evolution", kind, severity, path, "text(3 characters, id-1)", None, f"id-{number}",
                       None, 4.0, **more)  # fmt: skip


@pytest.fixture
def divergences(tmp_path: Path) -> Rollout:
    rollout_here("init", ".", cwd=tmp_path)
    store = new_events_file(tmp_path / ".rollout")
    store.observe(
        [
            observation(Kind.MATCH, Severity.NONE),
            observation(Kind.FIELD, Severity.MINOR, "actor.display_name", 1),
            observation(Kind.MISSING, Severity.CRITICAL, "message", 2),
            observation(Kind.FIELD, Severity.CRITICAL, "message.text", 3, ignored="the old path cuts texts"),
        ]
    )
    return lambda *words: rollout_here("divergences", *words, cwd=tmp_path)


def test_groups_are_shown_the_worst_first(divergences: Rollout) -> None:
    run = divergences()
    assert run.code == 0
    assert run.answer.replace("<time> to ", "").count("\n") == 8
    assert run.out.splitlines()[0] == "4 deliveries compared: 2 match, 1 critical and 1 minor divergences"
    assert run.out.splitlines()[2] == "1 x missing at message (critical, 25 %)"
    assert "the old path cuts texts" not in run.out
    assert "ignored: the old path cuts texts" in divergences("--all").out


def test_a_pipeline_of_ci_is_told_by_the_exit_code(divergences: Rollout, tmp_path: Path) -> None:
    assert divergences("--fail-on", "critical").code == ExitCode.FAIL
    assert divergences("--fail-on", "any").code == ExitCode.FAIL
    assert divergences("--fail-on", "some").code == ExitCode.USAGE
    empty = f"sqlite:///{tmp_path}/empty.db"
    rollout_here("events", "upgrade", "--events-store", empty, cwd=tmp_path)
    nothing = divergences("--fail-on", "any", "--events-store", empty)
    assert nothing.code == ExitCode.NOT_YET
    assert nothing.err == "Nothing was compared: nobody can say\n"
    assert nothing.out.startswith("0 deliveries compared since")


def test_the_document_fits_its_schema(divergences: Rollout) -> None:
    document = divergences("--format", "json").document
    jsonschema.validate(document, json_schema("divergences"))
    assert [each["path"] for each in document["groups"]] == ["message", "actor.display_name"]


def test_a_duration_that_is_none_is_refused(divergences: Rollout) -> None:
    run = divergences("--since", "long")
    assert (run.code, run.err.splitlines()[0]) == (ExitCode.USAGE, "error: 'long' is no duration")


def test_what_was_observed_is_read_as_it_was_written(tmp_path: Path) -> None:
    store = new_events_file(tmp_path)
    written = [observation(Kind.FIELD, Severity.MINOR, "message.text"), observation(Kind.LATE, Severity.MINOR)]
    store.observe(written)
    read = list(stored_observations(store, datetime(2020, 1, 1, tzinfo=UTC)))
    assert read == written
