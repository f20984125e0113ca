"""A store that an older program left behind, and the project it belongs to; both exactly as they were then."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config

from rollout_cli.store import migrations
from rollout_cli.store.address import address_from_url
from rollout_cli.store.engine import WRITING, open_engine
from tests.support.projects import write_project

OLD_SCHEMA = "0001"
DUMP = Path(__file__).with_name("old_store_0001.sql")
FLAGS = """\
version: 1
rollout: test-rollout
flags:
  EVENTS: {type: boolean, default: false}
"""
PHASES = {
    "0-development": """\
phase: 0
name: development
flags:
  EVENTS: {enabled: true}
preflight:
  - {id: trained, kind: attestation, title: Trained, expires: 30d}
  - {id: for-ever, kind: attestation}
""",
    "1-staging": """\
phase: 1
name: staging
flags:
  EVENTS: {enabled: true}
""",
}


def old_project(folder: Path) -> Path:
    """The project, with its store; its rollout is at phase 1, and EVENTS is on for all but bob."""
    write_project(folder, FLAGS, PHASES)
    old_sqlite(folder / ".rollout" / "rollout.db")
    return folder


def old_sqlite(path: Path) -> Path:
    """The store as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(DUMP.read_text(encoding="utf-8"))
    path.chmod(0o600)
    return path


def old_server_store(url: str) -> None:
    """The same on a server: its tables by the migrations of then, its rows as they were."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with open_engine(address_from_url(url)).connect() as connection:
        held = connection.execution_options(**WRITING)
        config.attributes["connection"] = held
        with held.begin():
            command.upgrade(config, OLD_SCHEMA)
            for statement in _rows():
                held.exec_driver_sql(statement)


def _rows() -> list[str]:
    """What was in the tables, but for the version; the server numbers attestations itself."""
    names = "rollout, check_id, actor, at, note, expires_at, plan_digest"
    rows = [line for line in DUMP.read_text(encoding="utf-8").splitlines() if line.startswith("INSERT INTO")]
    return [
        row.replace("VALUES(1,", f"({names}) VALUES(").replace("VALUES(2,", f"({names}) VALUES(")
        if "rollout_attestations" in row
        else row
        for row in rows
        if "rollout_schema" not in row
    ]
