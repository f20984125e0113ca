"""Totals: all that a run has counted, measured and found in the store. Those of two workers add up."""

from collections import Counter

from msgspec import Struct, field

from rollout_cli.pipeline.dual_run.grouping import Group
from rollout_cli.pipeline.metrics import DIVERGED
from rollout_cli.pipeline.switches import Path
from rollout_cli.simulate.distinct import Variety
from rollout_cli.simulate.diverging import merged
from rollout_cli.simulate.evidence import Audit
from rollout_cli.simulate.ledger import Ledger
from rollout_cli.simulate.measuring import Measures
from rollout_cli.simulate.tallied import ShopperSeen, Tallied
from rollout_cli.simulate.timeline import Timeline


class Totals(Struct):
    """All of a run.

    Attributes:
        expected: events that have to be in the store.
        shoppers: of traffic, also those who are not off and were sent nothing.
        providers: for each, how many events were told and how many are right.
        wrong: what did not become what it ought to, by provider and type.
        mistaken: of what did, which field says something else than was told, by provider.
        reasons: why bodies were refused.
        timeline: what was taken when.
        variety: of a recording: how many persons, threads and events it tells of.
        legacy_errors: what the legacy path raised at sound bodies, by the error's name.
        compared: deliveries that both paths had.
        answers, legible: legacy answers to what the new path took as well; those of them that say what came.
        groups: divergences, with counts of deliveries for shares.
        records, unreadable: of a recording; those of them that could not be read.
        knows_truth: whether the traffic knows what it told; a recording does not.
        routes, knows_assignments, counts_signals, has_legacy: what was asked of the run.
    """

    tallied: Tallied = field(default_factory=Tallied)
    audit: Audit = field(default_factory=Audit)
    measures: Measures = field(default_factory=Measures)
    expected: Ledger = field(default_factory=Ledger)
    shoppers: dict[str, ShopperSeen] = field(default_factory=dict)
    providers: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)
    mistaken: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    timeline: Timeline = field(default_factory=Timeline)
    legacy_errors: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    answers: int = 0
    legible: int = 0
    groups: list[Group] = field(default_factory=list)
    variety: Variety = field(default_factory=Variety)
    seconds: float = 0.0
    records: int = 0
    unreadable: int = 0
    knows_truth: bool = True
    routes: bool = False
    knows_assignments: bool = False
    counts_signals: bool = False
    has_legacy: bool = False

    @property
    def is_live(self) -> bool:
        """Whether anything came, or was to come, for a shopper who is live."""
        return any(each.path == Path.LIVE for each in self.shoppers.values())

    @property
    def is_on(self) -> bool:
        """Whether anything came, or was to come, for a shopper who is not off."""
        return any(each.path != Path.OFF for each in self.shoppers.values())

    @property
    def silent_events(self) -> int:
        """Events that came for shoppers who are off or in shadow."""
        return sum(each.events for each in self.shoppers.values() if each.path != Path.LIVE)

    @property
    def diverged(self) -> int:
        """Divergences that no rule ignores."""
        return self.measures.of(DIVERGED)

    def merge(self, other: "Totals") -> None:
        """Add another worker's. The time is that of the slower one."""
        self.tallied.merge(other.tallied)
        self.audit.merge(other.audit)
        self.measures.merge(other.measures)
        self.expected += other.expected
        self.wrong.update(other.wrong)
        self.mistaken.update(other.mistaken)
        self.reasons.update(other.reasons)
        self.timeline.merge(other.timeline)
        self.variety.merge(other.variety)
        self.legacy_errors.update(other.legacy_errors)
        self.compared += other.compared
        self.answers += other.answers
        self.legible += other.legible
        self.records += other.records
        self.unreadable += other.unreadable
        self.groups = merged([*self.groups, *other.groups])
        self.seconds = max(self.seconds, other.seconds)
        for name, counts in other.providers.items():
            self.providers.setdefault(name, Counter()).update(counts)
        for name, seen in other.shoppers.items():
            mine = self.shoppers.setdefault(name, ShopperSeen(seen.path))
            mine.events += seen.events
        for flag in ("routes", "knows_assignments", "counts_signals", "has_legacy"):
            setattr(self, flag, getattr(self, flag) or getattr(other, flag))
        self.knows_truth = self.knows_truth and other.knows_truth
