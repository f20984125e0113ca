"""A run, put together: the one module that knows its parts."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from rollout_cli.flags.model import Snapshot
from rollout_cli.pipeline.dual_run.comparing import DeclaredComparison
from rollout_cli.pipeline.dual_run.rules import Rules
from rollout_cli.pipeline.logs import PipelineLog
from rollout_cli.pipeline.new_path import NewPath
from rollout_cli.pipeline.routing.router import Router
from rollout_cli.pipeline.switches import Path
from rollout_cli.simulate.beside import Beside
from rollout_cli.simulate.diverging import Diverging, Legible
from rollout_cli.simulate.evidence import Audit, audit
from rollout_cli.simulate.faults import Fault, going_on
from rollout_cli.simulate.held_up import HeldUp, Waits
from rollout_cli.simulate.injecting import planted
from rollout_cli.simulate.judging import Judge
from rollout_cli.simulate.measuring import Measures
from rollout_cli.simulate.pacing import Pace, Unpaced
from rollout_cli.simulate.partition import part_of
from rollout_cli.simulate.planting import NOTHING, Planting
from rollout_cli.simulate.position import Standpoint
from rollout_cli.simulate.replay import Place, Recording, Replay
from rollout_cli.simulate.run import BATCH, Run, Tell
from rollout_cli.simulate.singly import Singly
from rollout_cli.simulate.tallied import ShopperSeen
from rollout_cli.simulate.teams import ExpectedAssignments, SimulatedTeams
from rollout_cli.simulate.telling import sparingly
from rollout_cli.simulate.timeline import Timeline
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulate.traffic.cast import LANES, Lane, lanes
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.sent import Sent
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.simulation.resuming import Keeper
from rollout_cli.simulation.stores import evidence_of_run, store_of_run
from rollout_cli.sources.legacy_path import legacy_path
from rollout_cli.sources.processor import processor_waits
from rollout_cli.sources.recordings import pieces
from rollout_cli.whatsapp import normalize

if TYPE_CHECKING:
    from rollout_cli.simulate.checkpoint import Checkpoint
    from rollout_cli.simulate.evidence import Mark
    from rollout_cli.store.events.auditing import StoredEvidence

SIGNALS_UP_TO = 50_000
"""Events up to which a subscriber counts its signals: it reads all of them once more."""
_KEY = b"simulation"
_RULES = Rules(late_ms=inf)
"""What takes longer has a KPI of its own, and would be found in every batch."""


@dataclass(frozen=True)
class Order:
    """What to run. Whoever has the same order does the same.

    Attributes:
        snapshot: the flags.
        profile: what traffic is like.
        seed: of the traffic.
        events: how many are told.
        shoppers: their ids, the largest first.
        events_store: the URL of a store of events; None for one of the run's own, gone when it is over.
        batch: how many deliveries are handed over at once.
        lanes: numbers of the lanes that are run; None for all of them.
        signals: whether a subscriber counts.
        legacy: the legacy path: `reference`, `MODULE:FUNCTION`, or a URL; None for none.
        legacy_facts: `MODULE:FUNCTION` that tells what its answers say.
        faults: what goes wrong on purpose.
        recording: is replayed instead of traffic, as far as it is in the lanes; None for traffic.
    """

    snapshot: Snapshot
    profile: Profile
    seed: int
    events: int
    shoppers: tuple[str, ...]
    events_store: str | None = None
    batch: int = BATCH
    lanes: frozenset[int] | None = None
    signals: bool = True
    legacy: str | None = None
    legacy_facts: str | None = None
    faults: tuple[Fault, ...] = ()
    recording: Recording | None = None

    def everybody(self) -> tuple[Lane, ...]:
        """All lanes there are, whoever runs them."""
        return lanes(self.profile, self.seed, self.events, self.shoppers)

    def cast(self) -> tuple[Lane, ...]:
        """The lanes that are run."""
        everybody = self.everybody()
        if self.lanes is None or self.recording is not None:  # nobody plays them
            return everybody
        return tuple(each for each in everybody if each.number in self.lanes)

    def portable(self) -> "Order":
        """The same for another process: nothing in it that cannot be sent there."""
        flags = self.snapshot
        plain = replace(flags, definitions=dict(flags.definitions), states=dict(flags.states))
        return replace(self, snapshot=plain)

    def owns(self) -> Callable[[str | None], bool]:
        """Whose rows are this run's to judge, where others write to the same store: those of the shoppers it plays.

        What belongs to nobody whom the traffic knows is judged by who plays the first lane, so that nothing is
        judged twice and nothing never.
        """
        lanes = self.lanes
        if lanes is None:
            return lambda _: True
        if self.recording is not None:
            return lambda name: part_of(name, LANES) in lanes
        others = {shopper.id for lane in self.everybody() if lane.number not in lanes for shopper in lane.shoppers}
        own = {shopper.id for lane in self.cast() for shopper in lane.shoppers}
        return (lambda name: name not in others) if 0 in lanes else own.__contains__


@dataclass(frozen=True)
class Course:
    """How a run goes, other than straight on.

    Attributes:
        replay: a recording that is run instead of the order's traffic.
        pace: when deliveries are handed over.
        recorded: writes each delivery down before it is handed over.
        keeper: keeps a replay, so that it can go on when it was cut off.
    """

    replay: Replay | None = None
    pace: Pace = field(default_factory=Unpaced)
    recorded: Callable[[Iterable[Sent]], Iterable[Sent]] | None = None
    keeper: Keeper | None = None

    @property
    def saved(self) -> "Checkpoint | None":
        """What an earlier part of the same replay has left."""
        return None if self.keeper is None else self.keeper.saved

    @property
    def began(self) -> "Mark | None":
        """The store when an earlier part of the same replay began."""
        return None if self.saved is None else self.saved.began

    def flow(self, sent: Iterable[Sent]) -> Iterable[Sent]:
        """What is sent: the recording, else what was to be sent anyway."""
        own = sent if self.replay is None else self.replay
        return own if self.recorded is None else self.recorded(own)


STRAIGHT = Course()


def simulate(
    order: Order,
    tell: Tell | None = None,
    sent: Iterable[Sent] | None = None,
    planting: Planting = NOTHING,
    course: Course = STRAIGHT,
) -> Totals:
    """Run an order.

    Args:
        order: what to run.
        tell: hears how far it has come.
        sent: other traffic than the order's own.
        planting: what else is put around the parts, so that something goes wrong on purpose.
        course: how it goes, other than straight on.

    Raises:
        StoreError: the store of events cannot be opened or read.
    """
    course = _course(order, course)
    cast, saved = order.cast(), course.saved
    standpoint = Standpoint(order.snapshot)
    teams = SimulatedTeams.of_lanes(cast)
    judge, before = Judge(standpoint.mode_of), Totals() if saved is None else saved.totals
    planting = planted(going_on(order.faults, before.tallied.bodies), order.seed).within(planting)
    measures, timeline = before.measures, before.timeline
    with ExitStack() as stack:
        held_up = _held_up(stack.enter_context(processor_waits()), measures)
        planting = planting if held_up is None else planting.within(held_up.planting())
        store = stack.enter_context(store_of_run(order.events_store))
        few = partial(_are_few, course, judge) if order.signals else None
        stored = stack.enter_context(evidence_of_run(store, order.owns(), few, course.began))
        if saved is not None:
            _go_on(judge, saved, stored)
        legacy = None if order.legacy is None else stack.enter_context(legacy_path(order.legacy, order.legacy_facts))
        legible = None if legacy is None else Legible(legacy.facts)
        comparison = None if legible is None else _comparison(legible, saved)
        flags = planting.flags(standpoint.flags)
        new_path = NewPath(
            flags, planting.store(store), router=Router(planting.teams(teams)), metrics=held_up or measures,
            log=PipelineLog(_KEY), comparison=comparison, normalizer=planting.normalizer(normalize),
        )  # fmt: skip
        beside = None if legacy is None else planting.beside(
            Beside(held_up.handler(legacy.handle) if held_up else legacy.handle, flags, measures, judge.tallied,
                   judge.legacy_errors)
        )  # fmt: skip
        counted = partial(_totals, order, course, judge, measures, timeline, comparison, legible)
        heard = None if tell is None else sparingly(tell, measures.latency)
        run = Run(
            planting.take(new_path.take), judge, heard, batch=order.batch, beside=beside, pace=course.pace,
            singly=None if beside is None else Singly(measures), timeline=timeline, earlier=before.seconds,
        )  # fmt: skip
        own = traffic(cast, order.profile, order.seed) if sent is None else sent
        seconds = _gone(run, course, own, stored, counted)
        expected = None if course.replay is not None else ExpectedAssignments(teams, standpoint.mode_of, judge.threads)
        found = audit(planting.evidence(stored), judge.threads, judge.live(), order.seed, expected)
        return counted(found, seconds)


def _course(order: Order, course: Course) -> Course:
    if order.recording is None or course.replay is not None:
        return course
    recording = order.recording
    return replace(course, replay=Replay(pieces(recording.names), recording.whose, lanes=order.lanes))


def _held_up(waits: Waits | None, measures: Measures) -> HeldUp | None:
    """None where the system does not tell what waits for a processor: a latency is then what the clock says."""
    return None if waits is None else HeldUp(measures, waits)


def _comparison(legible: Legible, saved: "Checkpoint | None") -> Diverging:
    comparison = Diverging(DeclaredComparison(legible, _RULES, key=_KEY))
    if saved is not None:
        comparison.go_on(saved.totals.compared, saved.totals.groups)
        legible.answers, legible.legible = saved.totals.answers, saved.totals.legible
    return comparison


def _gone(
    run: Run, course: Course, sent: Iterable[Sent], stored: "StoredEvidence", counted: Callable[[Audit, float], Totals]
) -> float:
    """Go; how many seconds that took, those of earlier parts included. What is kept is kept however it ends."""
    keeper, replay = course.keeper, course.replay
    if keeper is None or replay is None:
        return run.go(course.flow(sent))
    keeping = keeper.keeping(replay, run.judge, stored, partial(counted, Audit()))
    try:
        seconds = replace(run, whole=keeper.whole, after=keeping.after).go(course.flow(sent))
    except (KeyboardInterrupt, SystemExit):  # between two batches: it sees to that
        keeping.save()
        raise
    keeping.end(seconds)
    return seconds


def _go_on(judge: Judge, saved: "Checkpoint", stored: "StoredEvidence") -> None:
    """Go on from a checkpoint. What was stored since is told once more, and is not new any more: it was, then."""
    totals = saved.totals
    judge.go_on(
        totals.tallied,
        totals.shoppers,
        totals.providers,
        totals.wrong,
        totals.reasons,
        totals.legacy_errors,
        saved.repeats,
    )
    judge.variety = totals.variety
    since = stored.told_since(saved.stored)
    judge.expected = totals.expected + since
    judge.tallied.claimed += since.count
    judge.tallied.unique += since.count


@contextmanager
def quiet_log() -> Iterator[None]:
    """The new path's log goes nowhere: what it would say is in the totals."""
    log = logging.getLogger("rollout.pipeline")
    nowhere, before = logging.NullHandler(), log.propagate
    log.addHandler(nowhere)
    log.propagate = False
    try:
        yield
    finally:
        log.propagate = before
        log.removeHandler(nowhere)


def _totals(  # noqa: PLR0917 - a run's parts
    order: Order, course: Course, judge: Judge, measures: Measures, timeline: Timeline, comparison: Diverging | None,
    legible: Legible | None, found: Audit, seconds: float,
) -> Totals:  # fmt: skip
    read = Place() if course.replay is None else course.replay.read
    return Totals(
        tallied=judge.tallied,
        audit=found,
        measures=measures,
        expected=judge.expected,
        shoppers=_seen(order, course, judge),
        providers=dict(judge.providers),
        wrong=judge.wrong,
        mistaken=judge.mistaken,
        reasons=judge.reasons,
        timeline=timeline,
        legacy_errors=judge.legacy_errors,
        compared=0 if comparison is None else comparison.compared,
        answers=0 if legible is None else legible.answers,
        legible=0 if legible is None else legible.legible,
        groups=[] if comparison is None else comparison.groups(),
        variety=judge.variety,
        seconds=seconds,
        records=read.records,
        unreadable=read.unreadable,
        knows_truth=course.replay is None,
        routes=any(each.is_routed for each in judge.threads.values()),
        knows_assignments=course.replay is None,
        counts_signals=order.signals and _are_few(course, judge),
        has_legacy=order.legacy is not None,
    )


def _seen(order: Order, course: Course, judge: Judge) -> dict[str, ShopperSeen]:
    """Who was sent something, and who was not and is not off: of what they were to show, nothing can be said then."""
    if course.replay is not None:
        return judge.shoppers
    paths = {each.id: judge.mode(each.id).path for lane in order.cast() for each in lane.shoppers}
    waited = {name: ShopperSeen(path.value) for name, path in paths.items() if path is not Path.OFF}
    return waited | judge.shoppers


def _are_few(course: Course, judge: Judge) -> bool:
    """Whether signals are counted: how many events a recording tells is known only when it was told."""
    return course.replay is None or judge.tallied.claimed <= SIGNALS_UP_TO
