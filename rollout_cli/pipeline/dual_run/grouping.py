"""Groups of divergences: what differs, how often, and one example of each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from rollout_cli.pipeline.counting import nearest_rank
from rollout_cli.pipeline.dual_run.observation import Kind, Observation, Severity

WORST_FIRST = {Severity.CRITICAL: 0, Severity.MINOR: 1, Severity.NONE: 2}


@dataclass(frozen=True, slots=True)
class Group:
    """Divergences of one kind at one path.

    Attributes:
        count: of divergences; one delivery may have several.
        share: of all deliveries that were compared, those that have it.
        legacy, candidate: of the first one, masked.
        ignored: the reason of the rule that says not to mind.
    """

    kind: Kind
    path: str
    severity: Severity
    count: int
    share: float
    providers: list[str]
    first_at: datetime
    last_at: datetime
    legacy: str | None
    candidate: str | None
    delivery: str
    ignored: str | None


@dataclass(frozen=True, slots=True)
class DivergencesReport:
    """What comparisons have found.

    Attributes:
        compared: deliveries.
        matched: those in which nothing differs, or only what is ignored.
        added_ms_p50, added_ms_p95: how much longer the candidate took than the legacy path.
    """

    store: str
    since: datetime
    compared: int
    matched: int
    critical: int
    minor: int
    added_ms_p50: float | None
    added_ms_p95: float | None
    groups: list[Group]


@dataclass(slots=True)
class _Gathering:
    """A group while it is gathered."""

    first: Observation
    last_at: datetime
    count: int = 0
    deliveries: set[tuple[str, datetime]] = field(default_factory=set)
    providers: set[str] = field(default_factory=set)

    def add(self, found: Observation) -> None:
        """One more, in whichever order they come."""
        self.count += 1
        self.deliveries.add((found.delivery, found.at))
        self.providers.add(found.provider)
        self.first = min(self.first, found, key=lambda each: each.at)
        self.last_at = max(self.last_at, found.at)


def divergences(
    store: str, since: datetime, found: Iterable[Observation], *, with_ignored: bool = False
) -> DivergencesReport:
    """Observations, grouped: the worst first, then the most frequent; those that are ignored last, where wanted."""
    compared: set[tuple[str, datetime]] = set()
    differing: set[tuple[str, datetime]] = set()
    gathered: dict[tuple[Kind, str, Severity, str | None], _Gathering] = {}
    added: list[float] = []
    for each in found:
        compared.add((each.delivery, each.at))
        if each.added_ms is not None:
            added.append(each.added_ms)
        if each.kind is Kind.MATCH:
            continue
        if each.ignored is None:
            differing.add((each.delivery, each.at))
        name = (each.kind, each.path, each.severity, each.ignored)
        gathered.setdefault(name, _Gathering(each, each.at)).add(each)
    groups = [_group(each, len(compared)) for each in gathered.values()]
    groups.sort(key=lambda each: (each.ignored is not None, WORST_FIRST[each.severity], -each.count, each.path))
    if not with_ignored:
        groups = [each for each in groups if each.ignored is None]
    counted = [each for each in groups if each.ignored is None]
    added.sort()
    return DivergencesReport(
        store,
        since,
        len(compared),
        len(compared) - len(differing),
        sum(each.count for each in counted if each.severity is Severity.CRITICAL),
        sum(each.count for each in counted if each.severity is Severity.MINOR),
        nearest_rank(added, 0.5),
        nearest_rank(added, 0.95),
        groups,
    )


def _group(gathered: _Gathering, compared: int) -> Group:
    first = gathered.first
    return Group(
        first.kind, first.path, first.severity, gathered.count, len(gathered.deliveries) / compared,
        sorted(gathered.providers), first.at, gathered.last_at, first.legacy, first.candidate, first.delivery,
        first.ignored,
    )  # fmt: skip
