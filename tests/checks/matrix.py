"""For every kind of check what it may be faced with, and what each of that is: evidence, silence, or a lie."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf, nan
from typing import Any

from rollout_cli.checks.entry_digest import entry_digest
from rollout_cli.checks.questions import (
    Answer,
    CommandEnded,
    FileSeen,
    HttpReply,
    LogSeen,
    NoAnswer,
    Number,
    PluginAnswer,
    SimulationSeen,
    TableSeen,
    TablesSeen,
)
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say
from rollout_cli.flags.model import FlagState, Snapshot
from tests.checks.asking import NOW, OFF, attested, check, standing

Facing = Mapping[str, Any]
"""What a case gives to `ask`."""


def silence(cause: Cause) -> NoAnswer:
    return NoAnswer(cause, say("nothing"), say("look there"))


def numbers(**values: float) -> Facing:
    return {"answers": {name: Number(value) for name, value in values.items()}}


def reply(name: str, answer: Answer) -> Facing:
    return {"answers": {name: answer}}


def page(body: bytes, status: int = 200, seconds: float = 0.1) -> Facing:
    return reply("reply", HttpReply(status, body, seconds))


def ended(code: int, output: str = "", *, is_cut: bool = False) -> Facing:
    return reply("run", CommandEnded(code, output, is_cut, 0.1))


def lines(*texts: str, age: float | None = 1.0) -> Facing:
    return reply("log", LogSeen(texts, age))


def schema(**seen: Any) -> Facing:
    tables = seen.pop("tables", {"events": TableSeen(frozenset({"by_key"}), frozenset({("key",)}))})
    return reply("schema", TablesSeen(tables, **seen))


def plugged(verdict: str, message: str = "3 of 4") -> Facing:
    return reply("plugin", PluginAnswer(verdict, message, "", {}))


def simulated(without_waits: Mapping[str, float] | None = None, **kpis: float | None) -> Facing:
    return reply("run", SimulationSeen(1000, kpis, without_waits))


@dataclass(frozen=True)
class Row:
    """One way to ask, and what it is faced with.

    Attributes:
        text: as a phase file would write it.
        no_data: each with its cause, like `hostile`.
        cannot: the columns that this kind does not have, each with the reason.
    """

    text: str
    passes: tuple[Facing, ...]
    fails: tuple[Facing, ...] = ()
    no_data: tuple[tuple[Facing, Cause], ...] = ()
    hostile: tuple[tuple[Facing, Cause], ...] = ()
    cannot: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.text.removeprefix("kind: ").partition(",")[0]

    @property
    def questions(self) -> tuple[str, ...]:
        return tuple(self.passes[0].get("answers", {}))


FACTS_ALONE = dict.fromkeys(("error", "timeout", "hostile"), "it asks nothing of the outside")
NO_FAIL = {"fail": "that nobody has said yes is no no"}
SEVERAL = silence(Cause.SEVERAL_SERIES)
NOT_NUMBERS = ((nan, Cause.NOT_A_NUMBER), (inf, Cause.NOT_A_NUMBER), (-inf, Cause.NOT_A_NUMBER))
UNKNOWN = Snapshot("test")
PENDING = "kind: later, pending: the normalizer"

ROWS = {
    "flag": Row(
        "kind: flag, flag: A, enabled: true",
        passes=({"current": standing(A=FlagState(enabled=True))},),
        fails=({"current": OFF},),
        no_data=(({"current": UNKNOWN}, Cause.UNKNOWN_FLAG),),
        cannot=FACTS_ALONE,
    ),
    "clock": Row(
        "kind: clock, after: '2026-01-05T09:00:00Z', before: '2026-01-05T15:00:00Z'",
        passes=({},),
        fails=({"now": NOW.replace(hour=16)},),
        no_data=(({"now": NOW.replace(hour=8)}, Cause.NOT_YET),),
        cannot=FACTS_ALONE,
    ),
    "attestation": Row(
        "kind: attestation, expires: 1d",
        passes=({"yes": attested()},),
        no_data=(
            ({}, Cause.NO_YES),
            ({"yes": attested(expires_at=NOW)}, Cause.NO_YES),
            ({"yes": attested(), "digest": "other"}, Cause.NO_YES),
        ),
        cannot={**FACTS_ALONE, **NO_FAIL},
    ),
    "pending": Row(
        PENDING,
        passes=({"yes": replace(attested(), plan_digest=entry_digest(check(PENDING).entry))},),
        no_data=(({}, Cause.PENDING), ({"yes": attested(expires_at=NOW)}, Cause.PENDING)),
        cannot={**FACTS_ALONE, **NO_FAIL},
    ),
    "migrations": Row(
        "kind: migrations, source: events, tables: [events], head: abc, applied: [app.0001_a],"
        " indexes: [{table: events, name: by_key}, {table: events, unique: [key]}]",
        passes=(schema(versions=frozenset({"abc"}), applied=frozenset({"app.0001_a"})),),
        fails=(
            schema(tables={}, versions=frozenset({"abc"}), applied=frozenset({"app.0001_a"})),
            schema(tables={}),
            schema(tables={"events": TableSeen()}, versions=frozenset({"abc"}), applied=frozenset({"app.0001_a"})),
            schema(versions=frozenset({"older"}), applied=frozenset({"app.0001_a"})),
            schema(versions=frozenset({"abc"}), applied=frozenset()),
        ),
        no_data=(
            (schema(), Cause.NO_DATA),
            (schema(versions=frozenset({"abc"})), Cause.NO_DATA),
            (schema(applied=frozenset({"app.0001_a"})), Cause.NO_DATA),
        ),
        hostile=((reply("schema", silence(Cause.BAD_ANSWER)), Cause.BAD_ANSWER),),
    ),
    "migrations of the store": Row(
        "kind: migrations",
        passes=(schema(tables={}, versions=frozenset({"abc"}), known="abc"),),
        fails=(schema(tables={}, versions=frozenset({"older"}), known="abc"),),
        no_data=((schema(tables={}, known="abc"), Cause.NO_DATA), (schema(tables={}), Cause.NO_DATA)),
        hostile=((reply("schema", silence(Cause.BAD_ANSWER)), Cause.BAD_ANSWER),),
    ),
    "http": Row(
        "kind: http, url: 'http://app.example/health', pointer: /status, equals: ok, absent: panic, within: 1s",
        passes=(page(b'{"status": "ok"}'), page(b'{"status": "ok"}', seconds=1.0)),
        fails=(
            page(b'{"status": "down"}'),
            page(b"{}"),
            page(b'{"status": true}'),
            page(b'{"status": "ok"}', status=500),
            page(b'{"status": "ok"}', status=302),
            page(b'{"status": "ok", "log": "panic"}'),
            page(b'{"status": "ok"}', seconds=1.001),
        ),
        no_data=((page(b""), Cause.BAD_ANSWER),),
        hostile=(
            (page(b"<html>please log in</html>"), Cause.BAD_ANSWER),
            (page(b'{"status": "ok", "status": "down"}'), Cause.BAD_ANSWER),
            (page(b'{"status": "down", "status": "ok"}'), Cause.BAD_ANSWER),
            (page(b'{"status": NaN}'), Cause.BAD_ANSWER),
            (page(b"[" * 100_000), Cause.BAD_ANSWER),
            (page(b"\xff\xfe\x00"), Cause.BAD_ANSWER),
            (reply("reply", silence(Cause.BAD_ANSWER)), Cause.BAD_ANSWER),
        ),
    ),
    "command": Row(
        "kind: command, command: [tool], inconclusive_on: [3], contains: done, absent: error",
        passes=(ended(0, "done"),),
        fails=(ended(1, "done"), ended(0, ""), ended(0, "done, error"), ended(0, "error", is_cut=True)),
        no_data=((ended(3), Cause.NO_DATA),),
        hostile=(
            (ended(-9, "done"), Cause.BROKEN),
            (ended(0, "done", is_cut=True), Cause.NO_DATA),
            (ended(0, "", is_cut=True), Cause.NO_DATA),
        ),
    ),
    "file": Row(
        "kind: file, path: a.txt, contains: done, absent: error, newer_than: 1h",
        passes=(reply("file", FileSeen("file", 4, 10.0, b"done")),),
        fails=(
            reply("file", FileSeen("nothing")),
            reply("file", FileSeen("folder")),
            reply("file", FileSeen("something else")),
            reply("file", FileSeen("file", 4, 10.0, b"else")),
            reply("file", FileSeen("file", 11, 10.0, b"done, error")),
            reply("file", FileSeen("file", 4, 3_601.0, b"done")),
        ),
        hostile=((reply("file", FileSeen("file", 4, -90_000.0, b"done")), Cause.BAD_ANSWER),),
        cannot={"no data": "that there is no file is its answer"},
    ),
    "log": Row(
        "kind: log, path: a.log, contains: sent, absent: error, at_least: 2, min_lines: 2, fresh: 5m",
        passes=(lines("sent 1", "sent 2", "other"),),
        fails=(lines("sent 1", "other"), lines("sent 1", "sent 2", "error")),
        no_data=(
            (lines(), Cause.NO_DATA),
            (lines("sent 1"), Cause.TOO_FEW),
            (lines("sent 1", "sent 2", age=301.0), Cause.STALE),
            (lines("error", "error", age=301.0), Cause.STALE),
        ),
        hostile=(
            (lines("sent 1", "sent 2", age=None), Cause.BAD_ANSWER),
            (lines("sent 1", "sent 2", age=-90_000.0), Cause.BAD_ANSWER),
        ),
    ),
    "sql": Row(
        "kind: sql, source: events, query: select 1, max: 10, min: 2",
        passes=(numbers(query=2), numbers(query=10)),
        fails=(numbers(query=10.0000001), numbers(query=1), numbers(query=-1)),
        no_data=((reply("query", silence(Cause.NO_DATA)), Cause.NO_DATA),),
        hostile=tuple((numbers(query=value), cause) for value, cause in NOT_NUMBERS),
    ),
    "value": Row(
        "kind: value, source: prometheus, value: v, max: 0.7, total: t, min_events: 10",
        passes=(numbers(value=0.7, total=10), numbers(value=-5, total=10)),
        fails=(numbers(value=0.7000000000000001, total=10),),
        no_data=(
            (numbers(value=0.1, total=0), Cause.NO_DATA),
            (numbers(value=9.0, total=0), Cause.NO_DATA),
            (numbers(value=0.1, total=9.9), Cause.TOO_FEW),
        ),
        hostile=(
            *((numbers(value=value, total=10), cause) for value, cause in NOT_NUMBERS),
            *((numbers(value=0.1, total=value), cause) for value, cause in NOT_NUMBERS),
            (numbers(value=0.1, total=-10), Cause.NO_DATA),
            ({"answers": {"value": SEVERAL, "total": Number(10)}}, Cause.SEVERAL_SERIES),
        ),
    ),
    "fresh value": Row(
        "kind: value, source: prometheus, value: v, max: 1, newest: n, stale_after: 1m",
        passes=(numbers(value=1, newest=NOW.timestamp() - 60), numbers(value=1, newest=NOW.timestamp() + 60)),
        fails=(numbers(value=2, newest=NOW.timestamp()),),
        no_data=(
            (numbers(value=1, newest=NOW.timestamp() - 61), Cause.STALE),
            (numbers(value=2, newest=0), Cause.STALE),
        ),
        hostile=(
            (numbers(value=1, newest=NOW.timestamp() * 1000), Cause.BAD_ANSWER),
            (numbers(value=2, newest=1e308), Cause.BAD_ANSWER),
            (numbers(value=1, newest=-1e308), Cause.STALE),
            (numbers(value=1, newest=nan), Cause.NOT_A_NUMBER),
        ),
    ),
    "count": Row(
        "kind: count, source: app, count: '/a#', max: 0",
        passes=(numbers(count=0),),
        fails=(numbers(count=1), numbers(count=5e-324)),
        no_data=((reply("count", silence(Cause.NO_DATA)), Cause.NO_DATA),),
        hostile=(
            *((numbers(count=value), cause) for value, cause in NOT_NUMBERS),
            (numbers(count=-1), Cause.BAD_ANSWER),
            (reply("count", SEVERAL), Cause.SEVERAL_SERIES),
        ),
    ),
    "ratio": Row(
        "kind: ratio, source: prometheus, bad: b, total: t, max: 0.1%, min_events: 1000",
        passes=(numbers(bad=0, total=1000), numbers(bad=1, total=1000)),
        fails=(numbers(bad=2, total=1000), numbers(bad=1000.4, total=1000)),
        no_data=((numbers(bad=0, total=0), Cause.NO_DATA), (numbers(bad=999, total=999), Cause.TOO_FEW)),
        hostile=(
            *((numbers(bad=value, total=1000), cause) for value, cause in NOT_NUMBERS),
            *((numbers(bad=0, total=value), cause) for value, cause in NOT_NUMBERS),
            (numbers(bad=-1, total=1000), Cause.BAD_ANSWER),
            (numbers(bad=2000, total=1000), Cause.BAD_ANSWER),
            (numbers(bad=0, total=-1000), Cause.BAD_ANSWER),
            ({"answers": {"bad": SEVERAL, "total": Number(1000)}}, Cause.SEVERAL_SERIES),
            ({"answers": {"bad": Number(0), "total": SEVERAL}}, Cause.SEVERAL_SERIES),
        ),
    ),
    "ratio of good ones": Row(
        "kind: ratio, source: prometheus, good: g, total: t, min: 99%, min_events: 100",
        passes=(numbers(good=99, total=100),),
        fails=(numbers(good=98.9, total=100), numbers(good=0, total=100)),
        no_data=((numbers(good=0, total=0), Cause.NO_DATA), (numbers(good=0, total=99), Cause.TOO_FEW)),
        hostile=((numbers(good=200, total=100), Cause.BAD_ANSWER), (numbers(good=nan, total=nan), Cause.NOT_A_NUMBER)),
    ),
    "quantile": Row(
        "kind: quantile, source: prometheus, quantile: 95%, max: 200, within: w, total: t, min_events: 100",
        passes=(numbers(within=95, total=100), numbers(within=100.2, total=100)),
        fails=(numbers(within=94.9, total=100), numbers(within=0, total=100)),
        no_data=((numbers(within=0, total=0), Cause.NO_DATA), (numbers(within=0, total=99), Cause.TOO_FEW)),
        hostile=(
            *((numbers(within=value, total=100), cause) for value, cause in NOT_NUMBERS),
            (numbers(within=-1, total=100), Cause.BAD_ANSWER),
            (numbers(within=101, total=100), Cause.BAD_ANSWER),
            (numbers(within=0, total=-100), Cause.BAD_ANSWER),
            ({"answers": {"within": SEVERAL, "total": Number(100)}}, Cause.SEVERAL_SERIES),
        ),
    ),
    "quantile by its value": Row(
        "kind: quantile, source: prometheus, quantile: 99.9%, max: 200, value: v, total: t, min_events: 100",
        passes=(numbers(value=200, total=100),),
        fails=(numbers(value=200.0001, total=100),),
        no_data=((numbers(value=300, total=0), Cause.NO_DATA), (numbers(value=300, total=99), Cause.TOO_FEW)),
        hostile=(
            *((numbers(value=value, total=100), cause) for value, cause in NOT_NUMBERS),
            (numbers(value=1, total=-100), Cause.NO_DATA),
        ),
    ),
    "simulate": Row(
        "kind: simulate, min: {idempotency: 100%}, max: {error_rate: 0.1%}",
        passes=(simulated(idempotency=1.0, error_rate=0.001),),
        fails=(
            simulated(idempotency=0.999, error_rate=0.0),
            simulated(idempotency=1.0, error_rate=0.0011),
            simulated(idempotency=0.5),
        ),
        no_data=(
            (simulated(), Cause.NO_DATA),
            (simulated(idempotency=1.0), Cause.NO_DATA),
            (simulated(idempotency=None, error_rate=0.0), Cause.NO_DATA),
        ),
        cannot={"hostile": "it is our own program"},
    ),
    "simulate, of whatever it can tell": Row(
        "kind: simulate",
        passes=(simulated(normalized_rate=0.99, divergences=7.0), simulated(shadow_effects=0.0)),
        fails=(simulated(normalized_rate=0.98), simulated(shadow_effects=1.0)),
        no_data=((simulated(), Cause.NO_DATA), (simulated(divergences=0.0), Cause.NO_DATA)),
        cannot={"hostile": "it is our own program"},
    ),
    "simulate, on a machine that is told to be loaded": Row(
        "kind: simulate, max: {latency_p95_ms: 200, error_rate: 0.1%}",
        passes=(simulated({"latency_p95_ms": 20.0}, latency_p95_ms=200.0, error_rate=0.0),),
        fails=(
            simulated({"latency_p95_ms": 200.5}, latency_p95_ms=900.0, error_rate=0.0),
            simulated({"latency_p95_ms": 20.0}, latency_p95_ms=900.0, error_rate=0.1),
            simulated(latency_p95_ms=900.0, error_rate=0.0),
        ),
        no_data=(
            (simulated({"latency_p95_ms": 20.0}, latency_p95_ms=900.0, error_rate=0.0), Cause.LOADED),
            (simulated({"latency_p95_ms": 220.0}, latency_p95_ms=190.0, error_rate=0.0), Cause.LOADED),
            (simulated({"latency_p95_ms": 20.0}, latency_p95_ms=900.0), Cause.NO_DATA),
        ),
        cannot={"hostile": "it is our own program"},
    ),
    "plugin": Row(
        "kind: ours",
        passes=(plugged("PASS"),),
        fails=(plugged("FAIL"),),
        no_data=((plugged("INCONCLUSIVE"), Cause.NO_DATA),),
        hostile=(
            (plugged("MAYBE"), Cause.BAD_ANSWER),
            (plugged("pass"), Cause.BAD_ANSWER),
            (plugged(""), Cause.BAD_ANSWER),
            (plugged("PASS", ""), Cause.BAD_ANSWER),
            (plugged("FAIL", " \n"), Cause.BAD_ANSWER),
        ),
    ),
}  # fmt: skip
