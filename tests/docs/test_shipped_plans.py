"""The shipped plan and the gradual one: files alone answer what they can, the queries run, the limits hold."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollout_cli.checks.attestation_check import AttestationCheck
from rollout_cli.checks.facts import Facts
from rollout_cli.checks.kinds import Check
from rollout_cli.checks.measured import Measured
from rollout_cli.checks.migrations_check import MigrationsCheck
from rollout_cli.checks.pending_check import PendingCheck
from rollout_cli.checks.questions import FileSeen, TableSeen, TablesSeen
from rollout_cli.checks.simulate_check import SimulateCheck
from rollout_cli.checks.verdict import Verdict
from rollout_cli.control.project import Project, read_project
from rollout_cli.sources.project_files import read_project_files
from rollout_cli.sources.scaffold import write_scaffold
from tests.checks.asking import NOW, OFF
from tests.support.files import TODAY
from tests.support.program import rollout_here
from tests.support.projects import REPOSITORY, load_project

GRADUAL = REPOSITORY / "examples" / "gradual"
WATCHED = "monitoring-declared"
EVENTS = """\
CREATE TABLE whatsapp_events (
  idempotency_key TEXT UNIQUE, event_type TEXT, occurred_at TEXT, received_at TEXT, shopper_id TEXT, skm_id TEXT,
  conversation_id TEXT, thread_key TEXT, payload TEXT
);
CREATE TABLE whatsapp_conversations (
  thread_key TEXT, shopper_id TEXT, skm_id TEXT, chat_type TEXT, closed_at TEXT
);
INSERT INTO whatsapp_events VALUES
  ('k1', 'whatsapp.message.inbound', '2026-01-05', '2026-01-05', 'shopper_beta_001', 'skm-1', 'c1', 't1', '{}'),
  ('k2', 'whatsapp.unknown', '2026-01-05', '2026-01-05', 'shopper_beta_001', 'skm-1', NULL, NULL, '{}');
INSERT INTO whatsapp_conversations VALUES
  ('t1', 'shopper_beta_001', 'skm-1', 'private', NULL), ('t2', 'shopper_beta_001', 'skm-1', 'group', NULL);
"""


@pytest.fixture(scope="module")
def shipped() -> Project:
    return load_project(REPOSITORY)


@pytest.fixture
def new_project(tmp_path: Path) -> Path:
    write_scaffold(tmp_path / "new")
    return tmp_path / "new"


@pytest.fixture
def events() -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(":memory:")
    database.executescript(EVENTS)
    yield database
    database.close()


def checks_of(project: Project, *sections: str) -> list[Check]:
    return [each for (_, section), checks in project.checks.items() if section in sections for each in checks]


def judged_on_file(project: Project, name: str, text: str) -> Verdict:
    """What a check before entering makes of a file with this text."""
    (check,) = (each for each in checks_of(project, "preflight") if each.entry.id == name)
    seen = FileSeen("file", len(text), 1.0, text.encode())
    return check.kind.judge(check.entry, Facts(NOW, OFF, OFF), {"file": seen}).verdict


def sql_queries(project: Project) -> dict[str, str]:
    """Every query of the source `events`, under its check and key."""
    return {
        f"{check.file} {check.entry.id} {key}": query
        for checks in project.checks.values()
        for check in checks
        if isinstance(check.kind, Measured) and check.kind.source == "events"
        for key in check.kind.QUERIES
        if (query := getattr(check.kind, key)) is not None
    }


@pytest.mark.parametrize("folder", [REPOSITORY, GRADUAL], ids=["shipped", "gradual"])
def test_the_files_are_without_a_finding(folder: Path) -> None:
    files = read_project_files(folder)
    reading = read_project(files.flags, files.phases, files.findings, TODAY, sources_document=files.sources)
    assert [f"{each.file}:{each.line} {each.rule}" for each in reading.findings] == []


@pytest.mark.parametrize("simulates", [False, pytest.param(True, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("phase", range(4))
def test_a_new_project_passes_offline_in_every_phase(new_project: Path, phase: int, simulates: bool) -> None:
    for file in () if simulates else (new_project / "phases").iterdir():
        file.write_text(re.sub(r"(?m)^  - id: .*\n    kind: simulate.*\n(    .*\n)*", "", file.read_text()))
    run = rollout_here("check", "--phase", str(phase), "--offline", "--format", "json", cwd=new_project)
    answered = [each for each in run.document["checks"] if each["cause"] not in {"offline", "later", "pending"}]
    assert (run.code, {each["verdict"] for each in answered}) == (0, {"PASS"})
    assert len(answered) > 3


@pytest.mark.parametrize("phase", range(4))
def test_the_gradual_plan_passes_offline_in_every_phase(phase: int) -> None:
    run = rollout_here("check", "--phase", str(phase), "--offline", "--format", "json", cwd=GRADUAL)
    assert (run.code, run.document["verdict"]) == (0, "PASS")


@pytest.mark.parametrize(
    ("kept", "check"),
    [
        ("{percent: 10, soak: 24h}", "steps-as-agreed"),
        ("{percent: 25, soak: 24h}", "steps-as-agreed"),
        ("{percent: 50, soak: 24h}", "steps-as-agreed"),
        ("{percent: 75, soak: 24h}", "last-steps-as-agreed"),
        ("{percent: 100, soak: 7d}", "last-steps-as-agreed"),
    ],
)
def test_a_ramp_that_is_changed_in_passing_fails(new_project: Path, kept: str, check: str) -> None:
    phase = new_project / "phases" / "3-production.yaml"
    phase.write_text(phase.read_text().replace(f"- {kept}", f"- {kept.replace('soak: ', 'soak: 1h')}"))
    assert judged_on_file(load_project(new_project), check, phase.read_text()) is Verdict.FAIL


@pytest.mark.parametrize("folder", [REPOSITORY, GRADUAL], ids=["shipped", "gradual"])
def test_a_ramp_may_say_its_keys_in_either_order(tmp_path: Path, folder: Path) -> None:
    shutil.copytree(folder / "phases", tmp_path / "phases")
    for file in folder.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    phase = tmp_path / "phases" / "3-production.yaml"
    turned, count = re.subn(r"(?m)^(    - )\{(percent: \d+), (soak: \w+)\}$", r"\1{\3, \2}", phase.read_text())
    phase.write_text(turned)
    project = load_project(tmp_path)
    about_steps = {"first-step-is-small", "steps-as-agreed", "last-steps-as-agreed", "last-step-is-everybody"}
    for name in about_steps & {each.entry.id for each in checks_of(project, "preflight")}:
        assert judged_on_file(project, name, turned) is Verdict.PASS, name
    assert count == 5


def test_a_project_that_was_only_begun_does_not_pass_for_watched(new_project: Path) -> None:
    (check,) = (each for each in checks_of(load_project(new_project), "preflight") if each.entry.id == WATCHED)
    run = rollout_here("check", "--phase", "2", "--format", "json", cwd=new_project)
    (answer,) = (each for each in run.document["checks"] if each["id"] == WATCHED)
    assert check.entry.needs == ["metrics-arrive"]
    assert (answer["verdict"], answer["cause"]) == ("INCONCLUSIVE", "needs")


@pytest.mark.parametrize("phase", [2, 3])
def test_that_nothing_comes_through_is_asked_only_where_the_flag_is_off(shipped: Project, phase: int) -> None:
    checks = {each.entry.id: each.entry for each in shipped.checks[phase, "post_checks"]}
    assert checks["nothing-comes-through"].needs == ["events-are-off"]
    assert "events-are-off" in checks


def test_no_two_checks_after_a_rollback_have_one_title(shipped: Project) -> None:
    for (_, section), checks in shipped.checks.items():
        if section == "post_checks":
            assert len({each.entry.title_pt for each in checks}) == len(checks)


def test_every_query_of_the_event_store_answers_with_one_number(shipped: Project, events: sqlite3.Connection) -> None:
    queries = sql_queries(shipped)
    assert len(queries) > 15
    for name, query in queries.items():
        (row,) = events.execute(query).fetchall()
        assert len(row) == 1, name
        assert isinstance(row[0], int), name


@pytest.mark.parametrize(
    ("harm", "broken"),
    [
        ("INSERT INTO whatsapp_conversations VALUES ('t1', 's', 'k', 'private', NULL)", "one-conversation-a-thread"),
        ("UPDATE whatsapp_conversations SET skm_id = NULL", "conversations-have-skms"),
        ("UPDATE whatsapp_events SET conversation_id = NULL", "messages-have-conversations"),
        ("UPDATE whatsapp_events SET payload = NULL", "events-are-whole"),
        ("UPDATE whatsapp_events SET payload = NULL", "raw-payloads-are-kept"),
        ("UPDATE whatsapp_events SET idempotency_key = '' WHERE idempotency_key = 'k1'", "keys-are-made"),
        ("UPDATE whatsapp_events SET thread_key = ''", "threads-are-named"),
        ("UPDATE whatsapp_events SET conversation_id = NULL", "no-message-left-behind"),
    ],
)
def test_what_is_wrong_in_the_event_store_is_counted(
    shipped: Project, events: sqlite3.Connection, harm: str, broken: str
) -> None:
    query = next(
        query for name, query in sql_queries(shipped).items() if f" {broken} " in name and not name.endswith(" total")
    )
    assert events.execute(query).fetchone() == (0,)
    events.execute(harm)
    assert events.execute(query).fetchone()[0] > 0


def test_duplicates_are_counted_where_nothing_forbids_them(shipped: Project, events: sqlite3.Connection) -> None:
    queries = [query for name, query in sql_queries(shipped).items() if "no-duplicates count" in name]
    events.executescript("CREATE TABLE t AS SELECT * FROM whatsapp_events; DROP TABLE whatsapp_events;")
    events.executescript(
        "ALTER TABLE t RENAME TO whatsapp_events; INSERT INTO whatsapp_events SELECT * FROM whatsapp_events;"
    )
    assert [events.execute(query).fetchone() for query in queries] == [(2,), (2,)]


def test_a_schema_without_its_uniqueness_does_not_pass(shipped: Project) -> None:
    (check,) = (each for each in checks_of(shipped, "preflight") if each.entry.id == "events-are-unique")
    assert isinstance(check.kind, MigrationsCheck)
    facts = Facts(NOW, OFF, OFF)
    for unique, verdict in ((frozenset({("idempotency_key",)}), Verdict.PASS), (frozenset(), Verdict.FAIL)):
        seen = TablesSeen({"whatsapp_events": TableSeen(unique=unique)})
        assert check.kind.judge(check.entry, facts, {"schema": seen}).verdict is verdict


@pytest.mark.parametrize(
    ("phase", "check", "limits"),
    [
        (1, "adds-little-latency", {"quantile": 0.95, "max": 100.0}),
        (3, "normalized-rate", {"min": 0.99}),
        (3, "idempotency-rate", {"min": 1.0}),
        (3, "latency-p95", {"quantile": 0.95, "max": 200.0}),
        (3, "error-rate", {"max": 0.001}),
        (3, "no-duplicates", {"max": 0.0}),
        (3, "adds-little-latency", {"quantile": 0.95, "max": 100.0}),
        (3, "error-spike", {"max": 0.01}),
        (3, "latency-spike", {"quantile": 0.95, "max": 500.0}),
        (3, "duplicates", {"max": 0.001}),
        (3, "processors-full", {"max": 80.0}),
        (3, "memory-full", {"max": 80.0}),
        (3, "disk-full", {"min": 20.0}),
    ],
)
def test_the_limits_are_those_of_the_checklists(
    shipped: Project, phase: int, check: str, limits: dict[str, float]
) -> None:
    (kind,) = (
        each.kind
        for section in ("gates", "alerts")
        for each in shipped.checks.get((phase, section), ())
        if each.entry.id == check
    )
    assert {key: getattr(kind, key) for key in limits} == pytest.approx(limits)


def test_where_the_checklists_ask_for_right_events_their_fields_are_asked_for_as_well(shipped: Project) -> None:
    """What is asked for something else (repeats, the schema, all providers at once) may leave them to these."""
    providers = {f"{each}-normalizes" for each in ("evolution", "cloud-api", "baileys", "simulated", "every-provider")}
    asked = {
        check.entry.id
        for check in checks_of(shipped, "preflight", "gates", "alerts", "post_checks")
        if isinstance(check.kind, SimulateCheck) and check.kind.min.get("fields_correct") == 1
    }
    assert asked == {*providers, "events-match-payloads", "events-are-right"}


def test_every_alert_calls_for_a_rollback(shipped: Project) -> None:
    alerts = checks_of(shipped, "alerts")
    assert len(alerts) == 8
    assert {each.entry.on and each.entry.on.fail for each in alerts} == {"rollback"}


def test_a_yes_to_a_step_is_over_before_the_next_step_has_soaked() -> None:
    for folder, check in ((REPOSITORY, "metrics-analysed"), (REPOSITORY, "logs-reviewed"), (GRADUAL, "monitored-24h")):
        project = load_project(folder)
        (kind,) = (each.kind for each in project.checks[3, "gates"] if each.entry.id == check)
        ramp = project.wanted.phases[3].ramp
        assert isinstance(kind, AttestationCheck)
        assert kind.expires is not None
        assert ramp is not None
        assert all(step.soak is not None and kind.expires < step.soak for step in ramp.steps)


def test_what_waits_for_another_room_says_for_which(shipped: Project) -> None:
    pending = {
        each.entry.kind: each.entry.pending
        for each in checks_of(shipped, "preflight", "gates")
        if isinstance(each.kind, PendingCheck)
    }
    assert pending == {"http": "the server"}


def test_no_program_is_run_by_a_shipped_check(shipped: Project) -> None:
    assert shipped.sources.commands.allow == []
    assert not [each.entry.id for checks in shipped.checks.values() for each in checks if each.entry.kind == "command"]
