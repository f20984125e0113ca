"""docs/client.md: its examples run as they stand, and what it says about reasons, options and failures is true."""

import contextlib
import errno
import importlib.util
import inspect
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from rollout_cli.client import Health, RolloutClient, Source
from rollout_cli.client.assembly import SERVER_SECONDS, SQLITE_SECONDS
from rollout_cli.client.rollout_client import WAIT_SECONDS
from rollout_cli.errors import UsageError
from rollout_cli.flags.decision import EVALUATION_ERROR, Decision, Reason
from tests.docs.running import ran
from tests.support.projects import REPOSITORY
from tests.support.stores import meddle

PAGE = (REPOSITORY / "docs" / "client.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", PAGE, re.DOTALL)
NAMED = {match[1]: code for code, _ in PYTHON if (match := re.match(r"# (\S+\.py)\n", code))}
SCRIPTS = [(code, output) for code, output in PYTHON if output]
EXCERPTS = {match[1]: code for code, _ in PYTHON if (match := re.match(r"# part of (\S+)\n", code))}
CONSOLES = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
LOGGED = re.findall(r"^there is no store at PATH; (until .*)$", PAGE, re.MULTILINE)
STORE = ".rollout/rollout.db"

DRIVE_SERVICE = """
import asyncio, json
from service import app

async def asked(state, method, path):
    sent = []
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        sent.append(message)
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": [], "state": dict(state)}
    await app(scope, receive, send)
    return json.loads(b"".join(each.get("body", b"") for each in sent))

async def main():
    async with app.router.lifespan_context(app) as state:
        shoppers = ("shopper_beta_001", "shopper-1")
        print([(await asked(state, "POST", f"/webhooks/{each}"))["path"] for each in shoppers])
        print((await asked(state, "GET", "/internal/flags"))["source"])

asyncio.run(main())
"""
DRIVE_TASKS = """
from tasks import app, connect_flags, route
connect_flags()
app.conf.task_always_eager = True
print([route.delay(each).get() for each in ("shopper_beta_001", "shopper-1")])
"""
DRIVE_METRICS = """
from flag_metrics import client
from prometheus_client import generate_latest
client.is_enabled("WHATSAPP_ROUTING_ENABLED", "shopper_beta_001")
client.value("WHATSAPP_ASSIGNMENT_POLICY", "shopper_beta_001")
client.value("WHATSAPP_ASSIGNMENT_POLICY", "shopper-1")
print(*[line for line in generate_latest().decode().splitlines() if line.startswith("rollout_")], sep="\\n")
"""
DRIVE_WATCHING = """
import logging, subprocess, sys, threading
told = threading.Event()
logging.basicConfig(format="%(message)s", stream=sys.stdout)
logging.getLogger("shop.flags").addFilter(lambda _: told.set() or True)
import watching
subprocess.run([sys.executable, "-m", "rollout_cli.cli.main", "rollback"], check=True, capture_output=True)
assert told.wait(10)
watching.stop_telling()
"""
CHANGED = [
    "WHATSAPP_ASSIGNMENT_POLICY",
    "WHATSAPP_CANONICAL_EVENTS_ENABLED",
    "WHATSAPP_CANONICAL_SHADOW_MODE",
    "WHATSAPP_GROUP_ROUTING_ENABLED",
    "WHATSAPP_ROUTING_ENABLED",
]
DRIVEN = [
    ("service.py", DRIVE_SERVICE, ("fastapi",), "['canonical', 'legacy']\nstore\n"),
    ("tasks.py", DRIVE_TASKS, ("celery",), "['canonical', 'legacy']\n"),
    (
        "flag_metrics.py",
        DRIVE_METRICS,
        ("prometheus_client",),
        """\
rollout_decisions_total{flag="WHATSAPP_ASSIGNMENT_POLICY",reason="GLOBAL",value="default"} 2.0
rollout_decisions_total{flag="WHATSAPP_ROUTING_ENABLED",reason="ALLOWLIST",value="True"} 1.0
""",
    ),
    (
        "watching.py",
        DRIVE_WATCHING,
        (),
        f"revision 4 (store): {', '.join(CHANGED)}\n",
    ),
]


def rows_of(heading: str) -> list[list[str]]:
    """The cells of the first table behind a heading, without its head."""
    behind = PAGE.split(f"\n{heading}\n", 1)[1]
    table = re.search(r"(?:^\|.*\n)+", behind, re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[0].splitlines()[2:]]


def words_of(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# Examples


def test_every_example_is_run_or_is_an_excerpt() -> None:
    assert len(PYTHON) == len(SCRIPTS) + len(NAMED) + len(EXCERPTS)
    assert NAMED.keys() == {name for name, *_ in DRIVEN} | {"decisions_log.py"}


@pytest.mark.parametrize(("code", "output"), SCRIPTS)
def test_a_script_prints_what_the_page_says(project: Path, code: str, output: str) -> None:
    (project / "script.py").write_text(code)
    assert ran(project, "python", "-W", "error", "script.py") == output


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md"])
def test_the_examples_of_other_pages_run_without_a_word(project: Path, page: str) -> None:
    codes = re.findall(r"```python\n(.*?)```", (REPOSITORY / page).read_text(encoding="utf-8"), re.DOTALL)
    assert codes
    for code in codes:
        (project / "example.py").write_text(code)
        assert ran(project, "python", "-W", "error", "example.py") == ""


@pytest.mark.parametrize(("name", "drive", "needs", "output"), DRIVEN, ids=[name for name, *_ in DRIVEN])
def test_a_module_does_what_the_page_says(
    project: Path, name: str, drive: str, needs: tuple[str, ...], output: str
) -> None:
    compile(NAMED[name], name, "exec")
    missing = [each for each in needs if importlib.util.find_spec(each) is None]
    if missing:
        pytest.skip(f"compiled, not run: {' and '.join(missing)} not installed")
    (project / name).write_text(NAMED[name])
    assert ran(project, "python", "-c", drive) == output


def test_the_log_is_found_by_the_commands_of_the_page(project: Path) -> None:
    (project / "decisions_log.py").write_text(NAMED["decisions_log.py"])
    assert ran(project, "python", "-W", "error", "decisions_log.py") == ""
    for console in CONSOLES:
        commands = [line[2:] for line in console.splitlines() if line.startswith(("$ ", "> "))]
        expected = [line for line in console.splitlines() if not line.startswith(("$ ", "> "))]
        assert ran(project, "/bin/sh", "-c", "\n".join(commands)).splitlines() == expected


@pytest.mark.parametrize("file", EXCERPTS)
def test_an_excerpt_stands_in_its_file(file: str) -> None:
    assert EXCERPTS[file].split("\n", 1)[1] in (REPOSITORY / file).read_text()


# What there is


def test_every_option_of_connect_has_its_line_and_its_order() -> None:
    named = [words_of(row[0])[0] for row in rows_of("process than never.\n")]
    assert named == list(inspect.signature(RolloutClient.connect).parameters)
    assert f"| {SQLITE_SECONDS:g} for SQLite, else {SERVER_SECONDS:g} |" in PAGE
    assert f"| `wait_seconds` | {WAIT_SECONDS:g} |" in PAGE


def test_everything_a_client_does_has_its_line() -> None:
    named = {re.split(r"[(,]", words_of(row[0])[0])[0].split(".")[-1] for row in rows_of("## What there is")}
    offered = {name for name in vars(RolloutClient) if not name.startswith("_")}
    assert offered <= named


@pytest.mark.parametrize(
    ("of", "names"), [("Decision", Decision._fields), ("Health", tuple(field.name for field in fields(Health)))]
)
def test_a_value_has_the_fields_that_the_page_names(of: str, names: tuple[str, ...]) -> None:
    assert f"`{of}`: `{', '.join(names)}`" in PAGE


def test_every_reason_has_its_line() -> None:
    named = [words_of(row[0])[0] for row in rows_of("## Reasons")]
    assert sorted(named) == sorted([*Reason, EVALUATION_ERROR, "ENV_…"])


def test_every_source_is_explained() -> None:
    assert re.findall(r"^- `(\w+)`:", PAGE, re.MULTILINE) == list(Source)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", PAGE):
        assert (REPOSITORY / "docs" / target).exists(), target


# Failures


def several(store: Path) -> None:
    meddle(store, "UPDATE rollout_heads SET rollout = 'other'")


def changed_record(store: Path) -> None:
    meddle(store, "UPDATE rollout_revisions SET record = replace(record, 'beta', 'BETA') WHERE revision = 3")


def overwritten(store: Path) -> None:
    store.write_bytes(b"not a database" * 1000)


@contextlib.contextmanager
def locked(store: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN EXCLUSIVE")
        yield


FAILURES: dict[str, Callable[[Path], object]] = {
    "the store is missing at the start": Path.unlink,
    "it is locked": locked,
    "it is emptied": lambda store: os.truncate(store, 0),
    "it is cut off or overwritten": overwritten,
    "its latest record was changed": changed_record,
    "its schema is newer": lambda store: meddle(store, "UPDATE rollout_schema SET version_num = '0099'"),
    "the store holds several rollouts": several,
}


@pytest.mark.parametrize("what", FAILURES)
def test_a_failure_is_named_with_the_words_of_the_page_and_the_environment_answers(
    project: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    (row,) = [cells for cells in rows_of("## When something fails") if cells[0] == what]
    store = project / STORE
    failure = FAILURES[what](store)
    with (
        failure if isinstance(failure, contextlib.AbstractContextManager) else contextlib.nullcontext(),
        RolloutClient.connect(f"sqlite:///{store}", project=project, environment={}) as client,
    ):
        health, decision = client.health(), client.decide("WHATSAPP_CANONICAL_SHADOW_MODE", "shopper-1")
    assert str(health.problem).replace(str(store), "PATH") in words_of(row[2])
    assert (health.source, health.stale, decision.stale) == (Source.ENVIRONMENT, True, True)
    assert (decision.value, decision.reason) == (True, Reason.GLOBAL)
    (line,) = [each.getMessage() for each in caplog.records if each.name == "rollout.client"]
    assert line == f"{health.problem}; {LOGGED[2]}"


def test_the_log_names_who_answers_instead(project: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store, kept = project / STORE, tmp_path / "kept.json"
    with RolloutClient.connect(f"sqlite:///{store}", last_known_good=kept, environment={}) as client:
        client.refresh()
        store.unlink()
        client.refresh()
    with RolloutClient.connect(f"sqlite:///{store}", last_known_good=kept, environment={}):
        pass
    kept.write_text("{}")
    with RolloutClient.connect(f"sqlite:///{store}", last_known_good=kept, environment={}):
        pass
    lines = [each.getMessage().partition("; ")[2] for each in caplog.records if each.name == "rollout.client"]
    assert lines == [LOGGED[0], LOGGED[1].replace("FILE", str(kept)), f"{LOGGED[2]} ({kept} is not what was written)"]


def test_a_file_that_cannot_be_written_is_named_with_the_words_of_the_page(
    project: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = [cells for cells in rows_of("## When something fails") if "cannot be written" in cells[0]]
    kept = tmp_path / "kept.json"

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with RolloutClient.connect(f"sqlite:///{project / STORE}", last_known_good=kept, environment={}) as client:
        client.refresh()
        assert (client.health().source, client.health().problem) == (Source.STORE, None)
    (line,) = [each.getMessage() for each in caplog.records if each.name == "rollout.client"]
    assert line.replace(str(kept), "PATH") in words_of(row[2])


def test_a_server_that_is_down_is_named_with_the_words_of_the_page_and_without_its_password(project: Path) -> None:
    url = "postgresql://rollout:hunter2@127.0.0.1:1/rollout"
    (row,) = [cells for cells in rows_of("## When something fails") if cells[0] == "the database server is down"]
    with RolloutClient.connect(url, project=project, environment={}, wait_seconds=10) as client:
        problem = client.health().problem
    assert str(problem).replace(url.replace("hunter2", "***"), "URL") in words_of(row[2])


def test_a_url_that_is_none_is_refused_with_a_hint() -> None:
    with pytest.raises(UsageError) as caught:
        RolloutClient.connect("rollout.db")
    assert "sqlite:///rollout.db" in caught.value.hint


def test_a_rollout_that_is_not_in_the_store_is_at_revision_0_and_not_stale(project: Path) -> None:
    with RolloutClient.connect(f"sqlite:///{project / STORE}", rollout="nonsense", environment={}) as client:
        assert (client.health().revision, client.health().stale) == (0, False)
        assert client.decide("WHATSAPP_ROUTING_ENABLED").reason == Reason.FLAG_NOT_FOUND


def test_an_unreadable_kill_file_kills_everything(project: Path) -> None:
    (project / ".rollout" / "kill").mkdir()
    with RolloutClient.connect(f"sqlite:///{project / STORE}", environment={}) as client:
        assert client.health().killed == ("*",)
        assert client.decide("WHATSAPP_ROUTING_ENABLED", "shopper_beta_001").reason == Reason.KILLED
