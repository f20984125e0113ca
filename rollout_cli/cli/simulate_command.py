"""simulate."""

from pathlib import Path
from typing import Annotated, Any

import typer

from rollout_cli.cli.events_commands import EVENTS_STORE
from rollout_cli.cli.moves import PercentOption
from rollout_cli.cli.session import Session, command


def _traffic(*names: str, **settings: Any) -> Any:
    return typer.Option(*names, rich_help_panel="Traffic", **settings)


_PHASE = Annotated[
    int | None,
    typer.Option("--phase", min=0, metavar="N", help="As the files say for this phase; else where the rollout is."),
]
_EVENTS = Annotated[int, _traffic("--events", min=1, metavar="N", help="How many events are told.")]
_SHOPPERS = Annotated[int, _traffic("--shoppers", min=1, metavar="N", help="How many shoppers there are.")]
_PROVIDERS = Annotated[list[str] | None, _traffic("--provider", metavar="P", help="Only this one; may be given again.")]
_DUPLICATES = Annotated[str | None, _traffic("--duplicates", metavar="P%", help="The share of events told twice.")]
_MALFORMED = Annotated[str | None, _traffic("--malformed", metavar="P%", help="The share of bodies that are none.")]
_PROFILE = Annotated[Path | None, _traffic("--profile", metavar="FILE", help="YAML: what traffic is like.")]
_SEED = Annotated[int, _traffic("--seed", metavar="S", help="The same seed is the same traffic, to the byte.")]
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
_WORKERS = Annotated[
    str,
    typer.Option(
        "--workers",
        metavar="N|auto",
        rich_help_panel="Who runs it",
        help="How many processes share the shoppers out among them; auto: one a core.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "rollout simulate --phase 0",
        "rollout simulate --phase 2 --events 20000 --shoppers 50 --seed 7",
        "rollout simulate --phase 3 --percent 25 --provider evolution --duplicates 5% --format json",
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
    events_store: EVENTS_STORE = None,
    batch: _BATCH = 100,
    legacy: _LEGACY = None,
    legacy_url: _LEGACY_URL = None,
    legacy_facts: _LEGACY_FACTS = None,
    workers: _WORKERS = "1",
) -> int:
    """Send real-looking traffic through the normalizer and the new path, and judge the KPIs. Changes nothing.

    The traffic knows what it tells, so that everything can be judged: what became of each event, whose thread and
    conversation it went to, and who serves it. Exits 0, 3 where a KPI fails, 4 where one cannot be judged.
    """
    from rollout_cli.cli.simulating import Wishes, run

    wishes = Wishes(
        phase,
        percent,
        events,
        shoppers,
        tuple(provider or ()),
        duplicates,
        malformed,
        profile,
        seed,
        events_store,
        batch,
        legacy,
        legacy_url,
        legacy_facts,
        workers,
    )
    return run(session, wishes)
