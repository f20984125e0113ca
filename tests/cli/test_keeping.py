"""What the commands say that keep a project in order: init, validate, doctor, schema, db, export."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import Run, rollout_here, text
from tests.support.projects import FLAGS, PHASES, REPOSITORY, write_project

Rollout = Callable[..., Run]
AFTER_ROLLBACK = "rollback: {observe: 15m, post_checks: [{id: now, kind: clock, after: 2026-01-01T00:00:00Z}]}\n"
ON = "on: {fail: hold, inconclusive: hold, error: hold}"
UNGATED = {name: phase + AFTER_ROLLBACK for name, phase in PHASES.items()}
GATED = {
    name: f"{phase}gates:\n  - {{id: after-{name[0]}, kind: clock, after: 2026-01-01T00:00:00Z, {ON}}}\n"
    for name, phase in UNGATED.items()
}


def test_init_writes_the_shipped_plan_and_a_store(tmp_path: Path) -> None:
    run = rollout_here("init", "new", cwd=tmp_path)
    assert (run.code, run.err) == (0, "")
    assert run.answer == text("""
        written flags.yaml
        written sources.yaml
        written phases/0-development.yaml
        written phases/1-staging.yaml
        written phases/2-beta.yaml
        written phases/3-production.yaml
        written docs/runbooks/allowlist.md
        written docs/runbooks/metrics.md
        written docs/runbooks/rollback.md
        created <folder>/new/.rollout/rollout.db
        Next: look at flags.yaml and phases/, then `rollout validate` and `rollout plan`.
        """)
    assert (tmp_path / "new" / "flags.yaml").read_bytes() == (REPOSITORY / "flags.yaml").read_bytes()
    assert rollout_here("validate", cwd=tmp_path / "new").code == 0


def test_init_never_writes_over_a_file(rollout: Rollout, folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    rollout("init")
    run = rollout("init")
    assert run.code == 0
    assert run.answer == text("""
        kept    flags.yaml
        kept    phases/0-development.yaml
        kept    phases/1-staging.yaml
        kept    phases/2-beta.yaml
        kept    phases/3-production.yaml
        kept    <folder>/.rollout/rollout.db
        Next: look at flags.yaml and phases/, then `rollout validate` and `rollout plan`.
        """)
    assert {path: path.read_bytes() for path in folder.rglob("*.yaml")} == before


def test_init_where_nothing_can_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = rollout_here("init", "file/below", cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert run.talk == text("""
        error: cannot write the plan into <folder>/file/below: Not a directory
          -> name another folder
        """)


def test_validate_names_all_errors_of_all_files_at_once(rollout: Rollout, folder: Path) -> None:
    write_project(folder, flags=FLAGS.replace("default: true", "default: maybe"), phases=GATED)
    (folder / "phases" / "0-development.yaml").write_text(GATED["0-development"].replace("EVENTS", "EVNTS"))
    run = rollout("validate")
    assert (run.code, run.err) == (2, "")
    lines = run.out.splitlines()
    assert [line.split(" [")[0] for line in lines if "[" in line] == [
        "flags.yaml:5:27: error",
        "phases/0-development.yaml:4:3: error",
    ]
    assert "    -> did you mean EVENTS?" in lines or "    -> did you mean `EVENTS`?" in lines
    assert lines[-1] == "Invalid: 2 errors, 0 warnings"


def test_validate_of_sound_files_counts_the_warnings(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases={**GATED, "3-production": UNGATED["3-production"]})
    run = rollout("validate")
    assert (run.code, run.err) == (0, "")
    assert run.answer == text("""
        phases/3-production.yaml:1:1: warning [phase-without-gates] phase 3 has no gates
            -> say under `gates` what must hold before moving on
        Valid: 0 errors, 1 warning
        """)


def test_validate_as_json_holds_every_finding_with_its_place(rollout: Rollout, folder: Path) -> None:
    (folder / "phases" / "1-staging.yaml").write_text("phase: 1\nname: staging\nname: staging\n")
    run = rollout("validate", "--format", "json")
    assert (run.code, run.err) == (2, "")
    findings = [each for each in run.document["findings"] if each["severity"] == "error"]
    assert run.document["valid"] is False
    assert run.document["errors"] == len(findings) > 0
    assert {(each["file"], each["line"], each["column"]) for each in findings} == {("phases/1-staging.yaml", 3, 1)}


def test_other_commands_print_the_findings_and_exit_2(rollout: Rollout, folder: Path) -> None:
    (folder / "phases" / "1-staging.yaml").write_text("phase: [\n")
    run = rollout("advance")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("phases/1-staging.yaml:")
    assert run.err.endswith("error: 1 error in 1 file\n  -> mend them and run `rollout validate`\n")


def test_outside_of_a_project_the_error_says_how_to_find_one(tmp_path: Path) -> None:
    run = rollout_here("plan", cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert run.talk == text("""
        error: there is no flags.yaml in <folder> or above
          -> go to your project, name it with --project DIR, or begin one with `rollout init`
        """)


def test_doctor_finds_a_new_installation_healthy(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=GATED)
    rollout("advance")
    run = rollout("doctor")
    assert (run.code, run.err) == (0, "")
    assert run.answer.startswith("  PASS         versions: rollout 0.1.0, Python 3.")
    assert run.answer.split("\n", 1)[1] == text("""
          PASS         files: test-rollout: 4 flags, 4 phases in <folder>
          PASS         store: <folder>/.rollout/rollout.db: reachable, schema known
          PASS         permissions: only its owner may open <folder>/.rollout/rollout.db
          PASS         history: revisions: 1, each follows from the one before
          PASS         clock: the store's time is <time>
          PASS         environment: no flag's variables differ from the store
          PASS         break-glass: nothing is killed
        Verdict: PASS
        """)


def test_doctor_looks_at_the_rest_when_something_is_broken(rollout: Rollout, folder: Path) -> None:
    rollout("advance")
    (folder / "flags.yaml").write_text("rollout: test-rollout\nversion: [\n")
    (folder / ".rollout" / "rollout.db").chmod(0o644)
    run = rollout("doctor", "--format", "json", EVENTS="false", ROLLOUT_KILL="EVENTS")
    assert run.code == 3
    verdicts = {check["id"]: check["verdict"] for check in run.document["checks"]}
    assert verdicts == {
        "versions": "PASS",
        "files": "FAIL",
        "store": "PASS",
        "permissions": "INCONCLUSIVE",
        "history": "PASS",
        "clock": "PASS",
        "environment": "INCONCLUSIVE",
        "break-glass": "INCONCLUSIVE",
    }


def test_doctor_before_the_first_change_finds_nothing_wrong(rollout: Rollout, folder: Path) -> None:
    run = rollout("doctor", "--format", "json")
    assert run.code == 0
    store = next(check for check in run.document["checks"] if check["id"] == "store")
    assert (store["verdict"], store["hint"]) == ("INCONCLUSIVE", "the first change creates it")
    assert not (folder / ".rollout").exists()


def test_doctor_names_a_damaged_store_and_never_a_password(rollout: Rollout, folder: Path) -> None:
    (folder / ".rollout").mkdir()
    (folder / ".rollout" / "rollout.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    assert "  FAIL         store: " in rollout("doctor").out
    remote = rollout("-v", "doctor", "--store", "mysql://ana:hunter2@nowhere/db")
    assert "hunter2" not in remote.out + remote.err


def test_schema_lists_the_names_and_prints_one(rollout: Rollout) -> None:
    names = rollout("schema").out.split()
    assert {"status", "plan", "advance", "rollback", "export", "flags.yaml", "phase.yaml"} <= set(names)
    assert json.loads(rollout("schema", "--format", "json").out) == names
    assert rollout("schema", "status").document["title"] == "rollout/status/v1"


def test_db_current_upgrade_and_backup_say_what_they_found_and_did(rollout: Rollout, folder: Path) -> None:
    assert rollout("db", "upgrade").answer == "<folder>/.rollout/rollout.db: schema none -> 0002\n"
    assert rollout("db", "upgrade").answer == "<folder>/.rollout/rollout.db: schema 0002, nothing to do\n"
    assert rollout("db", "current").answer == "<folder>/.rollout/rollout.db: schema 0002, this program knows 0002\n"
    rollout("advance")
    run = rollout("db", "backup", "copy.db")
    assert (run.code, run.err) == (0, "")
    assert run.out == f"Backed up: copy.db, {(folder / 'copy.db').stat().st_size:,} bytes, checked\n"
    assert rollout("history", "--store", "sqlite:///copy.db").out == rollout("history").out
    again = rollout("db", "backup", "copy.db")
    assert (again.code, again.err) == (2, "error: copy.db is already there\n  -> name a file that does not exist yet\n")


def test_db_current_without_a_store_is_exit_7(rollout: Rollout) -> None:
    run = rollout("db", "current")
    assert (run.code, run.out) == (7, "")
    assert run.talk.startswith("error: there is no store at <folder>/.rollout/rollout.db\n  -> ")


def test_export_env_writes_what_deployments_without_a_store_read(rollout: Rollout) -> None:
    for _ in range(3):
        rollout("advance", "--force", "--reason", "hurry")
    rollout("flags", "deny", "EVENTS", "o'neil", "ção")
    rollout("flags", "set", "ROUTING", "--percent", "12.5", "--shadow")
    run = rollout("export", "env")
    assert (run.code, run.err) == (0, "")
    assert run.out == text("""
        # rollout test-rollout, revision 5
        EVENTS=true
        EVENTS_ALLOWLIST=beta-1,beta-2
        EVENTS_DENYLIST='o'\\''neil,ção'
        SHADOW=false
        ROUTING=true
        ROUTING_PERCENT=12.5
        ROUTING_ALLOWLIST=beta-1,beta-2
        ROUTING_SHADOW_MODE=true
        POLICY=
        """)


def test_export_env_refuses_an_id_that_a_variable_cannot_hold(rollout: Rollout) -> None:
    rollout("advance")
    rollout("flags", "deny", "EVENTS", "one,two")
    run = rollout("export", "env")
    assert (run.code, run.out) == (2, "")
    assert "'one,two' cannot be written into an environment variable" in run.err


def test_export_json_and_flagd_hold_the_state_and_its_revision(rollout: Rollout) -> None:
    rollout("advance")
    exported = rollout("export", "json").document
    assert (exported["schema"], exported["revision"]) == ("rollout/export/v1", 1)
    assert exported["flags"]["EVENTS"]["state"]["enabled"] is True
    assert exported["flags"]["POLICY"]["definition"]["values"] == ["default", "round_robin", "sticky"]
    flagd = rollout("export", "flagd").document
    assert flagd["metadata"] == {"rollout": "test-rollout", "revision": 1}
    assert set(flagd["flags"]) == {"EVENTS", "SHADOW", "ROUTING", "POLICY"}


@pytest.mark.parametrize("arguments", [("status", "-q"), ("plan", "--quiet"), ("-q", "validate"), ("advance", "-q")])
def test_quiet_says_nothing_when_all_is_well(rollout: Rollout, arguments: tuple[str, ...]) -> None:
    run = rollout(*arguments)
    assert (run.code, run.out, run.err) == (0, "", "")


def test_quiet_still_says_errors_and_prints_json(rollout: Rollout, folder: Path) -> None:
    assert rollout("advance", "--phase", "3", "-q").err.startswith("error: cannot advance")
    assert rollout("status", "-q", "--format", "json").document["state"] == "off"
    (folder / "phases" / "1-staging.yaml").write_text("phase: [\n")
    run = rollout("validate", "-q")
    assert (run.code, run.out) == (2, "")
    assert "Invalid: 1 error" in run.err


def test_verbose_says_which_project_store_and_actor(rollout: Rollout) -> None:
    talk = rollout("-v", "validate").talk
    assert talk == "project <folder>, store <folder>/.rollout/rollout.db, actor tester\n"
