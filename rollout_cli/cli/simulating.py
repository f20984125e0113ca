"""What `simulate` was told becomes an order; the order is run, and its report is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollout_cli.cli.session import Session
from rollout_cli.cli.simulate_course import Ways
from rollout_cli.cli.spelling import provider_named
from rollout_cli.errors import UsageError

if TYPE_CHECKING:
    from rollout_cli.cli.simulate_course import Whole
    from rollout_cli.cli.simulation_crew import Crew
    from rollout_cli.cli.simulation_view import Banner
    from rollout_cli.flags.model import Snapshot
    from rollout_cli.plan.position import Position
    from rollout_cli.plan.wanted import Wanted
    from rollout_cli.simulate.report import Setting
    from rollout_cli.simulate.totals import Totals
    from rollout_cli.simulate.traffic.profile import Profile
    from rollout_cli.simulation.running import Order

_OF_THIS_RUN = ("report", "workers", "engine", "scheduler", "save_traffic", "resume")
"""Options that change nothing about what is simulated."""
_OF_TRAFFIC = ("events", "shoppers", "seed", "duplicates", "malformed", "profile")
"""Options that say what traffic is like: a recording is as it is."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options, as they were typed."""

    phase: int | None
    percent: str | None
    events: int
    shoppers: int
    providers: tuple[str, ...]
    duplicates: str | None
    malformed: str | None
    profile: Path | None
    seed: int
    events_store: str | None
    batch: int
    legacy: str | None
    legacy_url: str | None
    legacy_facts: str | None
    workers: str | None
    engine: str
    scheduler: str | None
    reports: tuple[Path, ...]
    ways: Ways
    inject: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the run is: a position, and the flags there."""

    rollout: str
    position: "Position | None"
    snapshot: "Snapshot"


def run(session: Session, wishes: Wishes) -> int:
    """Run, show, judge."""
    from rollout_cli.checks.verdict import EXIT_CODES
    from rollout_cli.cli.report_files import report_files, write_reports
    from rollout_cli.cli.simulate_course import Whole, require_sense
    from rollout_cli.cli.simulation_crew import crew_of
    from rollout_cli.render.simulation_text import simulation_lines
    from rollout_cli.simulate.faults import fault_from_text
    from rollout_cli.simulate.position import Standpoint
    from rollout_cli.simulate.report import report_of
    from rollout_cli.simulate.traffic.cast import shopper_ids
    from rollout_cli.simulation.running import SIGNALS_UP_TO, Order
    from rollout_cli.simulation.unused import require_unused

    ways, files = wishes.ways, report_files(wishes.reports)
    crew = crew_of(wishes.workers, wishes.engine, wishes.scheduler)
    require_sense(ways, is_alone=crew.is_alone)
    stand = stand_of(session, wishes)
    standpoint = Standpoint(stand.snapshot)
    profile, provider = (profile_of(wishes), None) if not ways.replay else _of_recording(session, wishes)
    events = wishes.events if not ways.replay else 1
    legacy = _legacy(wishes, standpoint.is_beside)
    order = Order(
        stand.snapshot, profile, wishes.seed, events, shopper_ids(wishes.shoppers, standpoint.named()),
        wishes.events_store, batch=wishes.batch, legacy=legacy, legacy_facts=wishes.legacy_facts,
        faults=tuple(map(fault_from_text, wishes.inject)),
        signals=events <= SIGNALS_UP_TO and ways.resume is None,
    )  # fmt: skip
    if not ways.replay:
        require_unused(order)
    setting = _setting(stand, wishes, legacy)
    whole = Whole(stand.snapshot, provider, wishes.events_store, legacy, wishes.legacy_facts, wishes.inject)
    totals, workers = _ran(session, ways, crew, order, whole, _banner(setting, wishes, crew.workers))
    setting = replace(setting, workers=workers, engine=crew.engine, command=_again(session, stand, ways))
    report = report_of(totals, setting, bounds=_bounds(session, stand), reasons=standpoint.reasons(totals.shoppers))
    session.out.report("simulate", report, simulation_lines(report))
    write_reports(files, report)
    return EXIT_CODES[report.verdict]


def _ran(
    session: Session, ways: Ways, crew: "Crew", order: "Order", whole: "Whole", banner: "Banner"
) -> "tuple[Totals, int]":
    """What came of an order, and how many workers there were."""
    from rollout_cli.cli.simulate_course import on_course, on_shared_course
    from rollout_cli.cli.simulation_view import watching
    from rollout_cli.simulation.running import quiet_log, simulate

    if crew.is_alone:
        with quiet_log(), on_course(session, ways, whole) as course, watching(session.out, banner) as tell:
            return simulate(order, tell, course=course), 1
    with (
        quiet_log(),
        on_shared_course(session, ways, whole) as (recording, complain),
        watching(session.out, banner) as tell,
    ):
        return crew.simulate(replace(order, recording=recording), tell, complain)


def _banner(setting: "Setting", wishes: Wishes, workers: int) -> "Banner":
    from rollout_cli.cli.simulation_view import Banner

    traffic = f"seed {setting.seed}" if setting.seed is not None else setting.source
    events = None if wishes.ways.replay else wishes.events
    return Banner(setting.rollout, setting.position, traffic, events, workers)


def _again(session: Session, stand: Stand, ways: Ways) -> str:
    """The command line of this run, wherever the rollout is by then."""
    from rollout_cli.cli.again import command_line
    from rollout_cli.cli.session import SHARED
    from rollout_cli.flags.percent import percent_number

    context, place = session.context, stand.position
    if context is None:
        return ""
    always = {} if ways.replay else {name: context.params.get(name) for name in ("events", "shoppers", "seed")}
    if place is not None:
        always |= {
            "phase": place.phase,
            "percent": None if place.percent is None else f"{percent_number(place.percent)}%",
        }
    return command_line(context, always=always, never={*SHARED, *_OF_THIS_RUN, "context", "page"})


def stand_of(session: Session, wishes: Wishes) -> Stand:
    """The position that was named, as the files have it; else where the rollout is, as the store has it.

    Raises:
        UsageError: there is no such position.
    """
    from rollout_cli.cli.standing import standing_of
    from rollout_cli.plan.difference import snapshot_at

    wanted = session.workspace.project.wanted
    if wishes.phase is not None or wishes.percent is not None:
        position = _named(wanted, wishes)
        return Stand(wanted.rollout, position, snapshot_at(wanted, position))
    standing, _ = standing_of(session, wanted.rollout)
    actual = standing.actual(snapshot_at(wanted, None))
    return Stand(wanted.rollout, actual.position, actual.snapshot)


def _named(wanted: "Wanted", wishes: Wishes) -> "Position":
    from rollout_cli.cli.arguments import percent_argument
    from rollout_cli.control.plan import step_at

    percent = percent_argument(wishes.percent)
    phases = sorted({each.phase for each in wanted.positions()})
    steps = [each for each in wanted.positions() if each.phase == wishes.phase]
    if not steps:
        raise UsageError(
            f"there is no phase {wishes.phase}" if wishes.phase is not None else "--percent needs --phase",
            hint=f"phases: {', '.join(map(str, phases)) or '(none); add phases/0-name.yaml'}",
        )
    return steps[-1] if percent is None else step_at(steps, percent)


def profile_of(wishes: Wishes) -> "Profile":
    """What traffic is like: as a file says, and as the options say over that.

    Raises:
        UsageError: the file, or an option, is none.
    """
    from pydantic import ValidationError

    from rollout_cli.simulate.traffic.profile import Profile

    told: dict[str, Any] = dict(_file(wishes.profile)) if wishes.profile is not None else {}
    if wishes.providers:
        before = told.get("providers", {})
        told["providers"] = {name: before.get(name, 1) for name in map(provider_named, wishes.providers)}
    told |= {
        name: value if value.endswith("%") else f"{value}%"
        for name, value in (("duplicates", wishes.duplicates), ("malformed", wishes.malformed))
        if value is not None
    }
    try:
        return Profile.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"traffic cannot be like that: {where}: {first['msg'].removeprefix('Value error, ')}",
            hint="docs/traffic.md has all that can be said",
        ) from None


def _of_recording(session: Session, wishes: Wishes) -> "tuple[Profile, str | None]":
    """The provider of bare bodies; and a profile that nobody plays.

    Raises:
        UsageError: options are given that say what traffic is like, or several providers.
    """
    from rollout_cli.simulate.traffic.profile import Profile

    context = session.context
    for name in _OF_TRAFFIC:
        source = None if context is None else context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(f"--{name} is of traffic, not of a replay", hint="a recording is sent as it is")
    if len(wishes.providers) > 1:
        hint = "put bodies into folders named like their providers, or replay each provider's apart"
        raise UsageError("bodies of a recording have one provider", hint=hint)
    return Profile(), provider_named(wishes.providers[0]) if wishes.providers else None


def _file(path: Path) -> Mapping[str, Any]:
    from rollout_cli.plan.findings import InvalidFilesError
    from rollout_cli.plan.reading import read_model
    from rollout_cli.simulate.traffic.profile import Profile
    from rollout_cli.sources.mapping_file import document_in

    document = document_in(path)
    _, found = read_model(Profile, document)
    if found:
        raise InvalidFilesError(tuple(found))
    return document.data if isinstance(document.data, Mapping) else {}


def _legacy(wishes: Wishes, is_beside: bool) -> str | None:
    """The legacy path: as was said, else the bundled one where the new path runs beside it.

    Raises:
        UsageError: two were named, or facts of none.
    """
    from rollout_cli.simulate.legacy import NAME

    if wishes.legacy is not None and wishes.legacy_url is not None:
        raise UsageError("--legacy and --legacy-url are both given", hint="there is one legacy path: say which")
    named = wishes.legacy or wishes.legacy_url
    if named == "none" or (named is None and not is_beside):
        if wishes.legacy_facts is not None:
            raise UsageError("--legacy-facts is given, and no legacy path", hint="name one with --legacy")
        return None
    return named or NAME


def _bounds(session: Session, stand: Stand) -> "dict[str, float]":
    """What the checks of the phase want of KPIs; nothing where the rollout is off."""
    from rollout_cli.simulate.bounds import bounds_of

    if stand.position is None:
        return {}
    checks = session.workspace.project.checks
    return bounds_of(each for (phase, _), own in checks.items() if phase == stand.position.phase for each in own)


def _setting(stand: Stand, wishes: Wishes, legacy: str | None) -> "Setting":
    from rollout_cli.cli.again import harmless
    from rollout_cli.flags.percent import percent_number
    from rollout_cli.plan.position import position_text
    from rollout_cli.simulate.report import Setting
    from rollout_cli.store.address import address_from_url

    place = stand.position
    store = "temporary" if wishes.events_store is None else address_from_url(wishes.events_store).name
    percent = None if place is None or place.percent is None else float(percent_number(place.percent))
    return Setting(
        stand.rollout, position_text(place), None if place is None else place.phase, percent, wishes.ways.source,
        None if wishes.ways.replay else wishes.seed, store, legacy=None if legacy is None else harmless(legacy),
        injected=wishes.inject, began_at=datetime.now(UTC),
    )  # fmt: skip
