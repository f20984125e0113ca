"""simulate."""

from pathlib import Path
from typing import Annotated, Any

import typer

from rollout_cli.cli.moves import PercentOption
from rollout_cli.cli.session import Session, command


def _traffic(*names: str, **settings: Any) -> Any:
    return typer.Option(*names, rich_help_panel="Traffic", **settings)


_PHASE = Annotated[
    int | None,
    typer.Option("--phase", min=0, metavar="N", help="As the files say for this phase; else where the rollout is."),
]
_EVENTS = Annotated[int, _traffic("--events", min=1, metavar="N", help="How many events are told.")]
_SHOPPERS = Annotated[int, _traffic("--shoppers", min=1, max=100_000, metavar="N", help="How many shoppers there are.")]
_PROVIDERS = Annotated[list[str] | None, _traffic("--provider", metavar="P", help="Only this one; may be given again.")]
_DUPLICATES = Annotated[str | None, _traffic("--duplicates", metavar="P%", help="The share of events told twice.")]
_MALFORMED = Annotated[str | None, _traffic("--malformed", metavar="P%", help="The share of bodies that are none.")]
_PROFILE = Annotated[Path | None, _traffic("--profile", metavar="FILE", help="YAML: what traffic is like.")]
_SEED = Annotated[int, _traffic("--seed", metavar="S", help="The same seed is the same traffic, to the byte.")]
_EVENTS_STORE = Annotated[
    str | None,
    typer.Option("--events-store", metavar="URL", help="The store of events; else a temporary one, gone afterwards."),
]
_LEGACY = Annotated[
    str | None,
    typer.Option(
        "--legacy",
        metavar="NAME",
        rich_help_panel="The legacy path",
        help="MODULE:FUNCTION that takes a body; reference: the bundled one, which is used in shadow; none.",
    ),
]
_LEGACY_URL = Annotated[
    str | None,
    typer.Option(
        "--legacy-url", metavar="URL", rich_help_panel="The legacy path", help="Or what bodies are posted to."
    ),
]
_LEGACY_FACTS = Annotated[
    str | None,
    typer.Option(
        "--legacy-facts",
        metavar="MODULE:FUNCTION",
        rich_help_panel="The legacy path",
        help="Tells what its answers say; without it, they are not compared.",
    ),
]
_BATCH = Annotated[
    int,
    typer.Option(
        "--batch",
        min=1,
        max=10_000,
        metavar="N",
        help="Deliveries handed over at once; more are quicker, and wait longer.",
    ),
]
_INJECT = Annotated[
    list[str] | None,
    typer.Option(
        "--inject",
        metavar="FAULT",
        rich_help_panel="What goes wrong",
        help="Like latency:50ms@5%, exception@1%, hang:2s@0.1%, store-locked:2s@10s, store-gone:3s@500, clock:+2h@500; "
        "may be given again.",
    ),
]


def _crew(*names: str, **settings: Any) -> Any:
    return typer.Option(*names, rich_help_panel="Who runs it", **settings)


_WORKERS = Annotated[
    str | None,
    _crew("--workers", metavar="N|auto", help="How many processes share the shoppers; auto: one a core. Usually 1."),
]
_ENGINE = Annotated[str, _crew("--engine", metavar="local|dask", help="This machine's processes, or a Dask cluster.")]
_SCHEDULER = Annotated[
    str | None,
    _crew("--scheduler", metavar="ADDRESS", help="Of the cluster; without it, one is started on this machine."),
]
_REPORT = Annotated[
    list[Path] | None,
    typer.Option("--report", metavar="FILE", help="Write a report, too: .html, .md or .json; may be given again."),
]


def _recording(*names: str, **settings: Any) -> Any:
    return typer.Option(*names, rich_help_panel="Recordings", **settings)


_REPLAY = Annotated[
    list[str] | None,
    _recording("--replay", metavar="PATH", help="Recordings instead of traffic: NDJSON (.gz, .zst), folders, or -."),
]
_SHOPPER = Annotated[str | None, _recording("--shopper", metavar="ID", help="Whose it is where a record says none.")]
_INSTANCE = Annotated[
    str | None, _recording("--instance", metavar="NAME", help="The instance where a record says none.")
]
_PACE = Annotated[
    str | None, _recording("--pace", metavar="PACE", help="recorded: with its gaps; 10x: so many times as fast; max.")
]
_RESUME = Annotated[
    Path | None, _recording("--resume", metavar="FILE", help="Keeps how far it came, and goes on from there.")
]
_SAVE_TRAFFIC = Annotated[
    Path | None,
    _recording("--save-traffic", metavar="FILE", help="Keeps all that is sent: .ndjson, .ndjson.gz or .ndjson.zst."),
]
_RATE = Annotated[
    str | None,
    typer.Option("--rate", metavar="R|max", help="So many events a second by the wall clock; else as fast as it goes."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "rollout simulate --phase 0",
        "rollout simulate --phase 2 --events 20000 --shoppers 50 --seed 7",
        "rollout simulate --phase 3 --inject store-gone:3s@500 --inject latency:250ms@10%",
        "rollout simulate --phase 3 --percent 25 --provider evolution --duplicates 5% --format json",
        "rollout simulate --phase 1 --report simulation.html --report simulation.md",
        "rollout simulate --phase 3 --replay traffic.ndjson.gz --pace 10x",
    )
    command(app, "simulate", panel="Look", examples=examples)(simulate)


def simulate(
    session: Session,
    phase: _PHASE = None,
    percent: PercentOption = None,
    events: _EVENTS = 10_000,
    shoppers: _SHOPPERS = 20,
    provider: _PROVIDERS = None,
    duplicates: _DUPLICATES = None,
    malformed: _MALFORMED = None,
    profile: _PROFILE = None,
    seed: _SEED = 1,
    events_store: _EVENTS_STORE = None,
    batch: _BATCH = 100,
    legacy: _LEGACY = None,
    legacy_url: _LEGACY_URL = None,
    legacy_facts: _LEGACY_FACTS = None,
    workers: _WORKERS = None,
    engine: _ENGINE = "local",
    scheduler: _SCHEDULER = None,
    report: _REPORT = None,
    replay: _REPLAY = None,
    shopper: _SHOPPER = None,
    instance: _INSTANCE = None,
    pace: _PACE = None,
    resume: _RESUME = None,
    save_traffic: _SAVE_TRAFFIC = None,
    rate: _RATE = None,
    inject: _INJECT = None,
) -> int:
    """Send real-looking traffic through the normalizer and the new path, and judge the KPIs. Changes nothing.

    The traffic knows what it tells, so that everything can be judged: what became of each event, whose thread and
    conversation it went to, and who serves it; of a recording, less can be judged. Exits 0, 3 where a KPI fails,
    4 where one cannot be judged.
    """
    from rollout_cli.cli.simulate_course import Ways
    from rollout_cli.cli.simulating import Wishes, run

    wishes = Wishes(
        phase, percent, events, shoppers, tuple(provider or ()), duplicates, malformed, profile, seed, events_store,
        batch, legacy, legacy_url, legacy_facts, workers, engine, scheduler, tuple(report or ()),
        Ways(tuple(replay or ()), shopper, instance, pace, rate, save_traffic, resume),
        tuple(inject or ()),
    )  # fmt: skip
    return run(session, wishes)
