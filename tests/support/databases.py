"""Databases to ask: a SQLite file made by statements, a project that points at one, and whoever asks."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from rollout_cli.checks.questions import Answer, NoAnswer, Number, NumberQuestion, Question, TablesQuestion
from rollout_cli.checks.sources_file import SourceEntry, SourcesFile
from rollout_cli.checks.verdict import Cause
from rollout_cli.sources.probes.crew import Crew
from rollout_cli.sources.probes.settings import OwnStore, ProbeSettings
from rollout_cli.sources.probes.sql import SqlReader
from rollout_cli.sources.probes.tables import TablesProbe

EVENTS = (
    "CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT, cost REAL)",
    "INSERT INTO events (kind, cost) VALUES ('sent', 1.5), ('read', 2.5), ('read', NULL)",
)


def new_file(path: Path, *statements: str) -> Path:
    """A SQLite file, made by these statements."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")  # it is for a test: no disk has to keep it
        for statement in statements:
            connection.execute(statement)
    return path


def pointing_at(url: str, folder: Path, *, store: OwnStore | None = None) -> ProbeSettings:
    """A project whose source `shop` has this address in its environment."""
    sources = SourcesFile(version=1, sources={"shop": SourceEntry(kind="sql", url_env="SHOP_URL")})
    return ProbeSettings(folder, {"SHOP_URL": url}, sources, store)


def asked(settings: ProbeSettings, question: Question, seconds: float = 10) -> tuple[Answer, float]:
    """The answer that a crew brings, as in a check run, and the seconds it took."""
    crew = Crew({NumberQuestion: SqlReader(settings).number, TablesQuestion: TablesProbe(settings)})
    begun = time.monotonic()
    crew.start(1, question, seconds)
    _, answer = crew.wait()
    return answer, time.monotonic() - begun


def number(settings: ProbeSettings, query: str, *, source: str = "shop", seconds: float = 10) -> Answer:
    """What a query answers."""
    return asked(settings, NumberQuestion(source, query), seconds)[0]


def value(settings: ProbeSettings, query: str) -> float:
    """The number that a query answers with."""
    answer = number(settings, query)
    assert isinstance(answer, Number), answer
    return answer.value


def cause(answer: Answer) -> Cause:
    """Why there is no answer. Whatever the reason, it comes with something to do."""
    assert isinstance(answer, NoAnswer), answer
    assert str(answer.message)
    assert str(answer.hint)
    return answer.cause


def spoken(answer: Answer) -> str:
    """Everything that is said where there is no answer."""
    assert isinstance(answer, NoAnswer), answer
    return f"{answer.message} {answer.hint}"
