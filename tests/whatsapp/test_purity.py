"""The room can be lifted out: it imports nothing else of the program, and reads, opens and asks nothing."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import REPOSITORY

FORBIDDEN = (
    "socket", "ssl", "asyncio", "sqlite3", "selectors", "select", "subprocess", "multiprocessing", "concurrent.futures",
    "queue", "tempfile", "logging", "urllib.request", "http", "random", "secrets", "pydantic", "yaml", "sqlalchemy",
    "typer", "rich", "orjson",
)  # fmt: skip
BODIES: dict[str, Any] = {
    "cloud_api": {"object": "x", "entry": [{"id": "1", "changes": [{"field": "messages", "value": {
        "metadata": {"phone_number_id": "10"}, "contacts": [{"wa_id": "5541999990000", "profile": {"name": "Ana"}}],
        "messages": [{"from": "5541999990000", "id": "wamid.A1", "timestamp": "1760000000", "type": "text",
                      "text": {"body": "hello"}}],
        "statuses": [{"id": "wamid.A2", "status": "read", "timestamp": "1760000000"}]}}]}]},
    "evolution": {"event": "messages.upsert", "instance": "shop", "apikey": "secret",
        "data": {"key": {"remoteJid": "1@lid", "id": "A1"}, "message": {"conversation": "a"}}},
    "baileys": {"event": "connection.update", "data": {"connection": "open"}},
    "simulated": {"kind": "message.inbound", "id": "1", "message": {"type": "text", "text": "a"}},
}  # fmt: skip
IMPORTING = """
import json, sys
before = set(sys.modules)
import rollout_cli.whatsapp
print(json.dumps(sorted(set(sys.modules) - before)))
"""
NORMALIZING = """
import json, sys
from datetime import datetime, UTC
from rollout_cli.whatsapp import CanonicalEvent, challenge, normalize, verify_signature
from rollout_cli.whatsapp import cloud_events
bodies, now, seen = json.load(sys.stdin), datetime(2026, 11, 1, tzinfo=UTC), []
sys.addaudithook(lambda name, _: seen.append(name))
events = [e for provider, body in bodies for e in normalize(provider, body.encode(), received_at=now)]
for event in events:
    assert CanonicalEvent.from_json(event.to_json()) == event and event.to_cloudevents()
verify_signature(b"", "sha256=", "secret"), challenge({}, "token")
told = list(seen)
print(json.dumps([len(events), sorted(set(told))]))
"""
ALLOWED = frozenset({"object.__getattr__", "object.__setattr__", "sys._getframe", "code.__new__"})


def run(program: str, stdin: str = "") -> Any:
    done = subprocess.run(
        [sys.executable, "-c", program], input=stdin, capture_output=True, text=True, check=False, cwd=REPOSITORY
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_else_of_the_program_is_imported() -> None:
    loaded = run(IMPORTING)
    own = {name for name in loaded if name.startswith("rollout_cli")}
    assert {name for name in own if not name.startswith("rollout_cli.whatsapp")} == {
        "rollout_cli",
        "rollout_cli.version",
    }
    assert "rollout_cli.whatsapp.schema" not in own, "it is made when somebody asks for it"
    assert set(loaded) & set(FORBIDDEN) == set()


def test_neither_files_nor_sockets_nor_programs_are_touched_by_normalizing() -> None:
    bodies = [[provider, json.dumps(body)] for provider, body in BODIES.items()]
    count, seen = run(NORMALIZING, json.dumps(bodies))
    assert count == 5
    assert set(seen) - ALLOWED == set()


@pytest.mark.parametrize(
    "file", sorted((REPOSITORY / "rollout_cli" / "whatsapp").rglob("*.py")), ids=lambda file: file.name
)
def test_no_clock_and_no_random_number_is_asked(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    for word in (
        "import time",
        "datetime.now(",
        "utcnow(",
        "import random",
        "import secrets",
        "uuid4",
        "import os",
        "open(",
    ):
        assert word not in source.replace("such as datetime.now(UTC)", ""), word
