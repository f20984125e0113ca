"""gateway."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rollout_cli.cli.events_commands import EVENTS_STORE
from rollout_cli.cli.session import Session, command
from rollout_cli.errors import StoreError, StoreMissingError, UsageError

if TYPE_CHECKING:
    from rollout_cli.server.gateway.apart import Plan
    from rollout_cli.server.gateway.options import Whose
    from rollout_cli.server.gateway.serving import Settings

_MIB = 1024 * 1024
_LAST_SECONDS = 10.0
_COUNTS = "PROMETHEUS_MULTIPROC_DIR"


def _deliveries(*names: str, **settings: Any) -> Any:
    return typer.Option(*names, rich_help_panel="Whose deliveries", **settings)


def _passing(*names: str, **settings: Any) -> Any:
    return typer.Option(*names, rich_help_panel="Passing on", **settings)


def _new_path(*names: str, **settings: Any) -> Any:
    return typer.Option(*names, rich_help_panel="The new path", **settings)


_UPSTREAM = Annotated[str, typer.Option("--upstream", metavar="URL", help="The endpoint that is live today.")]
_LISTEN = Annotated[
    str, typer.Option("--listen", metavar="HOST:PORT", help="Where requests come to; port 0 is any free one.")
]
_PROVIDER = Annotated[str | None, _deliveries("--provider", metavar="P", help="Of every POST, whatever its path.")]
_ROUTES = Annotated[
    list[str] | None,
    _deliveries(
        "--route",
        metavar="PATH=P",
        help="Or of those whose path begins so; a part may be {instance}, {event} or {shopper}. May be given again.",
    ),
]
_SHOPPER = Annotated[str | None, _deliveries("--shopper", metavar="ID", help="Whose the rest is.")]
_SHOPPERS = Annotated[
    Path | None, _deliveries("--shoppers", metavar="FILE", help="YAML: a line `instance: shopper` each.")
]
_HEADER = Annotated[
    str | None, _deliveries("--shopper-header", metavar="NAME", help="A header that a proxy of yours has set.")
]
_FIELD = Annotated[
    str | None, _deliveries("--shopper-field", metavar="PATH", help="A field of the body, like data.shop.")
]
_SECRETS = Annotated[
    list[str] | None,
    _deliveries(
        "--app-secret-env",
        metavar="NAME",
        help="A variable with Meta's app secret: signatures are noted, none is refused. May be given again.",
    ),
]
_NO_STORE = Annotated[bool, _new_path("--no-store", help="No store of events: for shadow only.")]
_SPOOL = Annotated[
    Path | None, _new_path("--spool", metavar="DIR", help="Where live deliveries wait; else .rollout/spool.")
]
_TEAMS = Annotated[
    Path | None, _new_path("--teams", metavar="FILE", help="YAML: who can serve conversations, by shopper; and lines.")
]
_LEGACY_FACTS = Annotated[
    str | None,
    _new_path(
        "--legacy-facts",
        metavar="MODULE:FUNCTION",
        help="Tells what the upstream's answers say, for WHATSAPP_DUAL_RUN; without it, they are not compared.",
    ),
]
_COMPARISON = Annotated[
    Path | None, _new_path("--comparison", metavar="FILE", help="YAML: how they are compared, and what not to mind.")
]
_METRICS = Annotated[
    str | None, _new_path("--metrics-listen", metavar="HOST:PORT", help="Where Prometheus finds /metrics.")
]
_HOST = Annotated[
    str | None, _passing("--upstream-host", metavar="NAME", help="Host as the upstream gets it; else as it came.")
]
_TIMEOUT = Annotated[
    float, _passing("--timeout", metavar="SECONDS", min=0.1, help="How long the upstream may take; then 504.")
]
_BODY = Annotated[int, _passing("--max-body", metavar="BYTES", min=1, help="Of one request; more gets 413.")]
_REQUESTS = Annotated[int, _passing("--max-requests", metavar="N", min=1, help="At one time; more get 503.")]
_KEEP_ALIVE = Annotated[
    float,
    _passing(
        "--keep-alive",
        metavar="SECONDS",
        min=0,
        help="How long connections to the upstream may be used again; shorter than it keeps them itself.",
    ),
]
_NO_HEALTH = Annotated[bool, _passing("--no-health", help="Pass /-/rollout/health on, as any other path.")]
_REUSE_PORT = Annotated[
    bool, _passing("--reuse-port", help="Let several gateways listen at one place; the system shares requests out.")
]
_GRACE = Annotated[
    float, _passing("--grace", metavar="SECONDS", min=0, help="After SIGTERM, for what is being answered.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "rollout gateway --upstream http://127.0.0.1:9000 --provider evolution --shopper shopper-1",
        "rollout gateway --upstream http://app:8000 --listen 0.0.0.0:8080 --shoppers shoppers.yaml \\",
        "    --route '/webhooks/evolution/{instance}=evolution' --route '/webhooks/cloud=cloud_api'",
        "rollout gateway --upstream http://app:8000 --provider cloud_api --no-store",
        "rollout gateway --upstream http://app:8000 --provider cloud_api --legacy-facts shop.legacy:facts",
        "curl http://127.0.0.1:8080/-/rollout/health",
    )
    command(app, "gateway", panel="Keep", examples=examples)(gateway)


def gateway(
    session: Session,
    upstream: _UPSTREAM,
    listen: _LISTEN = "127.0.0.1:8080",
    provider: _PROVIDER = None,
    route: _ROUTES = None,
    shopper: _SHOPPER = None,
    shoppers: _SHOPPERS = None,
    shopper_header: _HEADER = None,
    shopper_field: _FIELD = None,
    app_secret_env: _SECRETS = None,
    events_store: EVENTS_STORE = None,
    no_store: _NO_STORE = False,
    spool: _SPOOL = None,
    teams: _TEAMS = None,
    legacy_facts: _LEGACY_FACTS = None,
    comparison: _COMPARISON = None,
    metrics_listen: _METRICS = None,
    upstream_host: _HOST = None,
    timeout: _TIMEOUT = 60.0,
    max_body: _BODY = 32 * _MIB,
    max_requests: _REQUESTS = 1000,
    keep_alive: _KEEP_ALIVE = 0.0,
    no_health: _NO_HEALTH = False,
    reuse_port: _REUSE_PORT = False,
    grace: _GRACE = 30.0,
) -> int:
    """A proxy before a webhook in any language: it passes on what comes, and runs the new path behind the answers.

    The provider gets what the upstream answers, byte for byte; only then, and where that was a success, the new path
    gets the delivery. Upstream down: 502, late: 504, too much at once: 503; with Retry-After, so that it comes again.
    """
    _require_aiohttp()
    from rollout_cli.server.gateway import apart, load, options, serving

    settings = serving.Settings(
        options.upstream_url(upstream), options.listen_address(listen), upstream_host, timeout, keep_alive,
        load.Limits(max_body, max_requests, max(512 * _MIB, max_body), timeout), grace,
        None if metrics_listen is None else options.listen_address(metrics_listen), not no_health, reuse_port,
    )  # fmt: skip
    whose = options.whose_deliveries(
        provider, route or (), options.shoppers_from(shopper, shoppers, shopper_header, shopper_field),
        options.secrets_from(app_secret_env or (), session.workspace.environment),
    )  # fmt: skip
    plan = apart.Plan(
        str(session.workspace.folder), session.workspace.store_url, events_store, not no_store,
        options.teams_file(teams), *options.compared(legacy_facts, comparison, session.workspace.environment),
        metrics_listen is not None, session.out.as_json, session.out.quiet,
    )  # fmt: skip
    return _serve(session, settings, whose, plan, spool or session.workspace.folder / ".rollout" / "spool")


def _serve(session: Session, settings: "Settings", whose: "Whose", plan: "Plan", spool: Path) -> int:
    from rollout_cli.server.gateway import apart
    from rollout_cli.server.gateway.beginning import behind_with
    from rollout_cli.server.gateway.serving import run
    from rollout_cli.wiring import open_client

    with ExitStack() as stack:
        flags = stack.enter_context(open_client(session.workspace))
        stack.enter_context(_shared_counts(plan))
        _look_at_store(session, plan)
        apart.write_log(plan)
        plan.leave(os.environ)
        behind = behind_with(plan, flags, spool if plan.has_store else None, whose)
        stack.callback(behind.close, _LAST_SECONDS)
        return run(settings, whose.addresses, behind, session.out.talk)


def _require_aiohttp() -> None:
    from importlib.util import find_spec

    if find_spec("aiohttp") is None:
        raise UsageError("the gateway needs aiohttp", hint="pip install '.[gateway]'")


def _look_at_store(session: Session, plan: "Plan") -> None:
    """Make the project's own store of events where there is none; that a store is away stops nothing.

    Raises:
        StoreMissingError: another one was named, and is not there.
    """
    from rollout_cli.server.gateway.apart import opened

    if not plan.has_store:
        return
    try:
        opened(session.workspace, plan.events).close()
    except StoreMissingError:
        raise
    except StoreError as error:  # requests must not wait for it
        session.out.complain(f"warning: {error.message}; deliveries wait until that is over", f"  -> {error.hint}")


@contextmanager
def _shared_counts(plan: "Plan") -> Iterator[None]:
    """Have both processes count in one place; prometheus_client looks for it when it is imported."""
    if not plan.is_counted or _COUNTS in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="rollout-gateway-") as folder:
        os.environ[_COUNTS] = folder
        yield
