"""What one more event costs, the fuller the log is."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from uuid import UUID

from benchmarks.harness import undisturbed
from benchmarks.pipeline import BATCH, CUSTOMERS, LIVE, SHOPPER, answering, deliveries, new_path, take_all
from benchmarks.report import Section, at_most
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import open_event_store, upgrade_event_store
from rollout_cli.store.events.rows import COLUMNS
from rollout_cli.store.events.tables import moment_text
from rollout_cli.store.sqlite_connection import connect_sqlite

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
QUICK = (1_000, 5_000)
MEASURED = 10_000
WANTED = 1.5
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_AT_ONCE = 100_000
_NUMBERS = 0x9E3779B97F4A7C15  # scatters what counts up over all keys

METHOD = """\
The same {measured:,} texts as above, published in batches of {batch:,} into a SQLite log that holds so many events
already, of as many threads as fifty events each make. Those are written past the program, with short payloads and keys
scattered like real ones, so that the indexes are as deep and as wide as they would be. Microseconds an event, of
processor time and on the clock; the median of {rounds} rounds at each size."""


def section(quick: bool) -> Section:  # noqa: FBT001 - as every section is called
    """Measure."""
    sizes, measured, rounds = (QUICK, 1_000, 1) if quick else (SIZES, MEASURED, 3)
    rows, costs = [], []
    with TemporaryDirectory() as folder:
        file = Path(folder) / "events.db"
        address = address_from_url(f"sqlite:///{file}")
        upgrade_event_store(address)
        store = open_event_store(address)
        path = new_path(answering(*LIVE), store)
        take_all(path, deliveries(0, CUSTOMERS))
        filled, next_delivery = 0, CUSTOMERS
        for size in sizes:
            fill(file, filled, size)
            filled = size
            spent = []
            for _ in range(rounds):
                work = deliveries(next_delivery, measured)
                next_delivery += measured
                with undisturbed():
                    begun, at = process_time(), perf_counter()
                    take_all(path, work)
                    spent.append((process_time() - begun, perf_counter() - at))
            costs.append(median(cpu for cpu, _ in spent) / measured * 1e6)
            wall = median(clock for _, clock in spent) / measured * 1e6
            size_mb = file.stat().st_size / 1e6
            rows.append(
                (f"{size:,}", f"{costs[-1]:.1f}", f"{wall:.1f}", f"{costs[-1] / costs[0]:.2f}", f"{size_mb:,.0f}")
            )
        store.close()
    return Section(
        "One more event in a full log",
        METHOD.format(measured=measured, batch=BATCH, rounds=rounds),
        ("events in the log", "us an event", "on the clock", "to the emptiest", "MB"),
        tuple(rows),
        (at_most(f"an event at {sizes[-1]:,} stored to one at {sizes[0]:,}", costs[-1] / costs[0], WANTED),),
    )


def fill(file: Path, first: int, end: int) -> None:
    """Put rows into the log that stand for events."""
    names = ", ".join(COLUMNS)
    insert = f"INSERT INTO whatsapp_events ({names}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
    rows = _rows(first, end)
    with closing(connect_sqlite(file)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -1000000")
        while some := list(islice(rows, _AT_ONCE)):
            _insert(connection, insert, some)


def _insert(connection: sqlite3.Connection, insert: str, rows: list[tuple[object, ...]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(insert, rows)
    connection.execute("COMMIT")


def _rows(first: int, end: int) -> Iterator[tuple[object, ...]]:
    for number in range(first, end):
        scattered = number * _NUMBERS & (2**64 - 1)
        thread = scattered % max(end // 50, 1)
        message = f"wamid.HBgNNTUxMTk3{scattered:016x}FQIAEhgU{number:012x}"
        at = moment_text(_BEGINNING + timedelta(seconds=number // 4))
        yield (
            f"{SHOPPER}:cloud_api:msg:700100200300400:{message}", str(UUID(int=scattered)), "whatsapp.message.inbound",
            at, at, "cloud_api", "700100200300400", SHOPPER, "skm-1", str(UUID(int=thread)),
            f"{SHOPPER}:700100200300400:55119{thread:08}", message, "{}", None,
        )  # fmt: skip
