"""`--format json`: one document on stdout, held to the schema that `rollout schema` publishes."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from rollout_cli.render.schemas import SCHEMAS, json_schema
from tests.support.program import Run
from tests.support.projects import PHASES, write_project

Rollout = Callable[..., Run]
ATTESTATION = "  - {id: team-trained, kind: attestation, title: Trained, expires: 30d}\n"
PLAN = {**PHASES, "0-development": PHASES["0-development"] + "preflight:\n" + ATTESTATION}
WHAT_PEOPLE_TYPE = "bad\x1b[31m \u202eesrever\u2066 \u200b\nnext"

KEYS = {
    "status": "rollout revision position state entered_at soak flags processes drift",
    "check": "target verdict checks",
    "plan": "base_revision from to changes blast_radius",
    "advance": "base_revision from to changes blast_radius applied revision verdict checks",
    "rollback": "applied revision from to changes duration_ms",
    "evaluate": "id flag value enabled reason bucket shadow revision stale",
    "history": "revisions",
}
"""What other programs rely on."""

EVENT = "canonical-event"


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json_schema(name), format_checker=Draft202012Validator.FORMAT_CHECKER)


def sound(run: Run, name: str) -> Any:
    """The run's one document, which its schema allows."""
    document = run.document
    assert document["schema"] == f"rollout/{name}/v1"
    assert set(KEYS.get(name, "").split()) <= document.keys()
    validator(name).validate(document)
    return document


def test_the_schema_of_an_event_allows_the_keys_of_newer_versions() -> None:
    schema = json_schema(EVENT)
    Draft202012Validator.check_schema(schema)
    assert schema.get("additionalProperties", True)


@pytest.mark.parametrize("name", sorted(SCHEMAS - {EVENT}))
def test_every_published_schema_is_a_schema_that_allows_nothing_undeclared(name: str) -> None:
    schema = json_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert not validator(name).is_valid({"unheard": "of"})


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_every_command_prints_the_document_of_its_schema(rollout: Rollout, folder: Path, steps: int) -> None:
    write_project(folder, phases=PLAN)
    (folder / "ids.txt").write_text("beta-1\nshopper-1\n")
    for _ in range(steps):
        sound(rollout("advance", "--force", "--reason", "hurry", "--format", "json"), "advance")

    def ask(*arguments: str) -> Run:
        run = rollout(*arguments, "--format", "json")
        assert "error" not in run.err
        return run

    sound(ask("status"), "status")
    sound(ask("plan", "--ids", "ids.txt"), "plan")
    sound(ask("plan", "--phase", "3"), "plan")
    sound(ask("check"), "check")
    sound(ask("flags", "list"), "flags")
    sound(ask("evaluate", "EVENTS", "--shopper", "shopper-1"), "evaluate")
    sound(ask("evaluate", "NOWHERE"), "evaluate")
    sound(ask("validate"), "validate")
    sound(ask("doctor"), "doctor")
    sound(ask("attest", "--list"), "attest")
    sound(ask("export", "json"), "export")
    sound(ask("advance", "--dry-run", "--force", "--reason", "x"), "advance")
    sound(ask("attest", "team-trained", "--note", "all"), "attest")
    sound(ask("attest", "--list"), "attest")
    assert sound(ask("attest", "team-trained", "--revoke"), "attest")["recorded"] is True
    assert sound(ask("attest", "team-trained", "--revoke"), "attest")["recorded"] is False
    sound(ask("flags", "set", "POLICY", "--value", "sticky"), "flags")
    sound(ask("rollback", "--to", "previous"), "rollback")
    sound(ask("rollback"), "rollback")
    sound(ask("status"), "status")
    sound(ask("history"), "history")
    sound(ask("history", "verify"), "history-verify")
    sound(ask("db", "current"), "db")
    sound(ask("db", "upgrade"), "db")
    sound(ask("db", "backup", "copy.db"), "db-backup")
    sound(ask("init"), "init")


def test_documents_of_what_went_wrong_are_sound_too(rollout: Rollout, folder: Path) -> None:
    rollout("advance")
    unsound = rollout("history", "verify", "--head", "abc", "--format", "json")
    assert (unsound.code, sound(unsound, "history-verify")["sound"]) == (7, False)
    (folder / "phases" / "1-staging.yaml").write_text("phase: [\n")
    invalid = rollout("validate", "--format", "json")
    assert (invalid.code, sound(invalid, "validate")["valid"]) == (2, False)
    assert sound(rollout("status", "--format", "json"), "status")["drift"] is None
    assert sound(rollout("doctor", "--format", "json"), "doctor")["verdict"] == "FAIL"


@pytest.mark.parametrize(
    ("asked", "code"),
    [(("--phase", "3"), 5), (("--expect-revision", "9"), 6), ((), 4)],
    ids=["not a legal move", "changed meanwhile", "not yet"],
)
def test_a_refused_advance_still_prints_its_document(
    rollout: Rollout, folder: Path, asked: tuple[str, ...], code: int
) -> None:
    write_project(folder, phases=PLAN)
    run = rollout("advance", *asked, "--format", "json")
    document = sound(run, "advance")
    assert run.code == code
    assert document["applied"] is False
    assert document["refusal"]
    assert f"error: {document['refusal']}\n" in run.err


def test_times_are_utc_and_durations_are_seconds(rollout: Rollout) -> None:
    rollout("advance")
    rollout("advance")
    status = sound(rollout("status", "--format", "json"), "status")
    assert status["entered_at"].endswith("Z")
    assert status["soak"]["required_seconds"] == 3600
    assert status["position"] == {"phase": 1, "name": "staging", "percent": None}


def test_what_people_type_is_whole_in_json_and_harmless_on_screen(rollout: Rollout, folder: Path) -> None:
    phase = PLAN["0-development"].replace("title: Trained", "title: " + "tã 🚀")
    write_project(folder, phases={**PLAN, "0-development": phase})
    rollout("attest", "team-trained", "--note", WHAT_PEOPLE_TYPE, ROLLOUT_ACTOR=WHAT_PEOPLE_TYPE)
    rollout("advance", "--reason", WHAT_PEOPLE_TYPE, ROLLOUT_ACTOR=WHAT_PEOPLE_TYPE)
    attested = sound(rollout("attest", "--list", "--format", "json"), "attest")["attestations"][0]
    given = attested["yeses"][0]
    assert (given["note"], given["actor"], attested["title"]) == (WHAT_PEOPLE_TYPE, WHAT_PEOPLE_TYPE, "tã 🚀")
    revision = sound(rollout("history", "--format", "json"), "history")["revisions"][0]
    assert (revision["reason"], revision["actor"]) == (WHAT_PEOPLE_TYPE, WHAT_PEOPLE_TYPE)
    screens = [rollout(*words) for words in (("attest", "--list"), ("history",), ("advance",), ("-v", "status"))]
    for screen in screens:
        said = screen.out + screen.err
        assert not set(said) & set("\x1b\u202e\u2066\u200b")
    assert r"bad\x1b[31m \u202eesrever\u2066 \u200b\nnext" in screens[1].out


def test_bytes_that_are_no_text_are_kept_as_escapes(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=PLAN)
    run = rollout("attest", "team-trained", "--note", "\udcff!", ROLLOUT_ACTOR="caf\udce9")
    assert run.code == 0
    assert rollout("advance", "--reason", "\udcff").code == 0
    assert rollout("rollback", "--reason", "\udcff", ROLLOUT_ACTOR="caf\udce9").code == 0
    given = rollout("attest", "--list", "--format", "json").document["attestations"][0]["yeses"][0]
    assert (given["note"], given["actor"]) == (r"\udcff!", r"caf\udce9")


def test_the_environment_sets_what_the_options_set(rollout: Rollout, folder: Path, tmp_path: Path) -> None:
    other = write_project(tmp_path / "other")
    assert rollout("status", ROLLOUT_FORMAT="json").document["state"] == "off"
    assert rollout("status", "--format", "text", ROLLOUT_FORMAT="json").out.startswith("test-rollout: off")
    assert rollout("advance", ROLLOUT_PROJECT=str(other), ROLLOUT_ACTOR="ana").code == 0
    assert (other / ".rollout" / "rollout.db").exists()
    assert not (folder / ".rollout").exists()
    url = f"sqlite:///{other / '.rollout' / 'rollout.db'}"
    revision = rollout("history", "--format", "json", ROLLOUT_STORE=url).document["revisions"][0]
    assert revision["actor"] == "ana"
    assert rollout("status", ROLLOUT_STORE="", ROLLOUT_FORMAT="", ROLLOUT_PROJECT="").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "json", "flags", "list"),
        ("flags", "--format", "json", "list"),
        ("flags", "list", "--format", "json"),
        ("--format", "text", "flags", "list", "--format=json"),
    ],
)
def test_shared_options_may_stand_before_and_behind_the_command(rollout: Rollout, arguments: tuple[str, ...]) -> None:
    sound(rollout(*arguments), "flags")
