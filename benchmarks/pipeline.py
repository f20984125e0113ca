"""The whole new path: from the bytes of a delivery to a stored, routed event."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from benchmarks.harness import interleave, paired_ratio, undisturbed
from benchmarks.normalizer_bodies import cloud_message, packed, phone
from benchmarks.normalizer_models import decode_body
from benchmarks.pipeline_postgres import events_a_second
from benchmarks.report import Section, Verdict, at_least
from rollout_cli import RolloutClient
from rollout_cli.pipeline.counting import Counts
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.event_store import EventStore
from rollout_cli.pipeline.logs import PipelineLog
from rollout_cli.pipeline.new_path import NewPath
from rollout_cli.pipeline.routing.router import Router
from rollout_cli.pipeline.routing.teams import FixedTeams, Skm, SkmTeam
from rollout_cli.pipeline.switches import DUAL_RUN, EVENTS, GROUP_ROUTING, ROUTING, SHADOW
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.inserting import OnSqlite
from rollout_cli.store.events.opening import open_event_store, upgrade_event_store
from rollout_cli.store.events.rows import COLUMNS
from rollout_cli.store.sqlite_connection import connect_sqlite
from rollout_cli.whatsapp import normalize

BATCH = 1_000
CUSTOMERS = 2_000
SHOPPER = "shopper-1"
WANTED = 0.35
WANTED_POSTGRES = 5_000
RECEIVED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FLOOR, ROWS, NORMALIZE, DECIDE, STORE, ROUTE = (
    "floor: typed decode, one INSERT of one row",
    "SQLite alone: our rows, made beforehand",
    "normalize",
    "+ decide, in shadow",
    "+ dedupe and store",
    "+ route: all of it",
)
_HALF_A_DAY = 43_200
_WORDS = "good morning, is the blue jacket in size M still there, and can it be sent?"

METHOD = f"""\
{{count:,}} texts of the Cloud API, one in each body, of {CUSTOMERS:,} customers of one shopper, all of whom have
written before; the bodies are made beforehand. Each round begins with a new SQLite file, to which everybody writes in
batches of {BATCH:,} in one transaction, with write-ahead logging and `synchronous = FULL`. The floor decodes a body to
typed structs and inserts id, sender, time, text and body into one table with one unique index; ours writes the event as
JSON, what it was read from, and nine indexes, in pages of 8 KiB. SQLite alone: the same rows into the same table, with
nothing of ours around it but `executemany`. Microseconds of processor time an event, the median of {{rounds}} rounds,
and the ratio to the floor in the same round (of speeds: 1 is as fast). PostgreSQL: Debian's server on the same two
cores, with its disk and `fsync` on; events a second, wall clock."""


def answering(*on: str) -> RolloutClient:
    """A client for which these flags are on, and the others of the plan off."""
    known = (EVENTS, SHADOW, DUAL_RUN, ROUTING, GROUP_ROUTING)
    return RolloutClient.connect(None, environment={name: str(name in on).lower() for name in known})


LIVE = (EVENTS, ROUTING, GROUP_ROUTING)
"""What is on in phase 3."""
TEAMS = FixedTeams({SHOPPER: SkmTeam("skm-1", (Skm("skm-1"), Skm("skm-2")))})


def text_body(number: int) -> bytes:
    """A text of one of the customers, with an id of its own."""
    message = {**cloud_message(number, _WORDS), "from": phone(number % CUSTOMERS)}
    message["timestamp"] = str(int(RECEIVED_AT.timestamp()) - _HALF_A_DAY + number % _HALF_A_DAY)  # and none ahead
    message.pop("from_user_id", None)
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551130000001", "phone_number_id": "700100200300400"},
        "contacts": [{"profile": {"name": f"Customer {number % CUSTOMERS}"}, "wa_id": phone(number % CUSTOMERS)}],
        "messages": [message],
    }
    change = {"value": value, "field": "messages"}
    return packed({"object": "whatsapp_business_account", "entry": [{"id": "810200300400500", "changes": [change]}]})


def deliveries(first: int, count: int) -> list[Delivery]:
    """So many deliveries."""
    return [
        Delivery("cloud_api", text_body(each), RECEIVED_AT, shopper_id=SHOPPER) for each in range(first, first + count)
    ]


def new_path(flags: RolloutClient, store: EventStore | None) -> NewPath:
    """A new path as an application has it, that says nothing."""
    return NewPath(flags, store, router=Router(TEAMS), metrics=Counts(), log=PipelineLog(b"benchmark"))


def take_all(path: NewPath, work: Sequence[Delivery]) -> None:
    """Hand them over in batches."""
    for start in range(0, len(work), BATCH):
        path.take(work[start : start + BATCH])


def floor(folder: Path, work: Sequence[Delivery]) -> None:
    """The least that could be done: decode, and insert."""
    file = folder / "floor.db"
    file.touch()
    with closing(connect_sqlite(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE events (id TEXT PRIMARY KEY, sender TEXT, at TEXT, words TEXT, body BLOB)")
        for start in range(0, len(work), BATCH):
            _insert(connection, work[start : start + BATCH])


def _insert(connection: sqlite3.Connection, work: Sequence[Delivery]) -> None:
    rows = []
    for each in work:
        message = decode_body(each.body).entry[0].changes[0].value.messages[0]
        words = "" if message.text is None else message.text.body
        rows.append((message.id, message.sender, message.timestamp, words, each.body))
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?)", rows)
    connection.execute("COMMIT")


def _made_rows(work: Sequence[Delivery]) -> list[tuple[object, ...]]:
    """The rows that the new path makes of these deliveries."""
    with TemporaryDirectory() as folder:
        take_all(_ready(Path(folder), answering(*LIVE)), work)
        with closing(connect_sqlite(Path(folder) / "events.db")) as connection:
            names, keys = ", ".join(COLUMNS), f"SELECT max(id) - {len(work)} FROM whatsapp_events"  # noqa: S608 - ours
            made = connection.execute(f"SELECT {names} FROM whatsapp_events WHERE id > ({keys}) ORDER BY id")  # noqa: S608
            return made.fetchall()


def _timed_rows(rows: Sequence[tuple[object, ...]]) -> float:
    with TemporaryDirectory() as folder:
        _ready(Path(folder), answering(*LIVE))
        with closing(connect_sqlite(Path(folder) / "events.db")) as connection, undisturbed():
            begun = process_time()
            for start in range(0, len(rows), BATCH):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(OnSqlite.INSERT, rows[start : start + BATCH])
                connection.execute("COMMIT")
            return process_time() - begun


def _shadow(_folder: Path, work: Sequence[Delivery]) -> None:
    take_all(new_path(answering(EVENTS, SHADOW), None), work)


def _normalize(_folder: Path, work: Sequence[Delivery]) -> None:
    for each in work:
        normalize(each.provider, each.body, received_at=each.received_at, tenant=SHOPPER)


def _ready(folder: Path, flags: RolloutClient) -> NewPath:
    """A new path on a new file, whose customers have all written once."""
    address = address_from_url(f"sqlite:///{folder}/events.db")
    upgrade_event_store(address)
    path = new_path(flags, open_event_store(address))
    take_all(path, deliveries(0, CUSTOMERS))
    return path


def _timed(run: Callable[[Path, Sequence[Delivery]], None], work: Sequence[Delivery]) -> float:
    with TemporaryDirectory() as folder, undisturbed():
        begun = process_time()
        run(Path(folder), work)
        return process_time() - begun


def _timed_path(flags: RolloutClient, work: Sequence[Delivery]) -> float:
    with TemporaryDirectory() as folder:
        path = _ready(Path(folder), flags)
        with undisturbed():
            begun = process_time()
            take_all(path, work)
            return process_time() - begun


def section(quick: bool) -> Section:  # noqa: FBT001 - as every section is called
    """Measure."""
    count, rounds = (2_000, 2) if quick else (20_000, 7)
    work = deliveries(CUSTOMERS, count)
    stored, live, made = answering(EVENTS), answering(*LIVE), _made_rows(work)
    readings = interleave(
        {
            FLOOR: lambda _: _timed(floor, work),
            ROWS: lambda _: _timed_rows(made),
            NORMALIZE: lambda _: _timed(_normalize, work),
            DECIDE: lambda _: _timed(_shadow, work),
            STORE: lambda _: _timed_path(stored, work),
            ROUTE: lambda _: _timed_path(live, work),
        },
        rounds,
    )
    speeds = {name: paired_ratio(readings[FLOOR], own) for name, own in readings.items()}
    rows = [
        (name, f"{median(own) / count * 1e6:.1f}", f"{count / median(own):,.0f}", f"{speeds[name]:.2f}")
        for name, own in readings.items()
    ]
    begun = perf_counter()
    postgres = events_a_second(lambda store: new_path(live, store), take_all, deliveries, 2_000 if quick else 30_000)
    shown = "not measured: no server here" if postgres is None else f"{postgres:,.0f}"
    rows.append(("all of it, on PostgreSQL", "", shown, ""))
    wanted = f"events a second on PostgreSQL: at least {WANTED_POSTGRES:,}"
    met = None if postgres is None else postgres >= WANTED_POSTGRES
    return Section(
        "From the bytes of a delivery to a routed event",
        METHOD.format(count=count, rounds=rounds),
        ("what is done", "us an event", "events a second", "of the floor's speed"),
        tuple(rows),
        (
            at_least("all of it to the floor, on SQLite", speeds[ROUTE], WANTED),
            Verdict(wanted, f"measured {shown} ({perf_counter() - begun:.0f} s)" if postgres else shown, met),
        ),
    )
