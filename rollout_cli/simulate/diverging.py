"""Divergences of a whole run, grouped as they come: as many as there are kinds of them, however long it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.dual_run.facts import UNTOLD, Extract
from rollout_cli.pipeline.dual_run.grouping import WORST_FIRST, Group
from rollout_cli.pipeline.dual_run.observation import CandidateOutcome, Comparison, Kind, Observation, Severity

_Name = tuple[Kind, str, Severity, str | None]


class Legible:
    """An extractor of legacy facts that counts how often there were any.

    Attributes:
        answers: that were given to it: those to which neither path has raised anything.
        legible: those of them that say what came. Of others nothing was compared, and so nothing differs.
    """

    def __init__(self, extract: Extract) -> None:
        self._extract = extract
        self.answers = self.legible = 0

    def __call__(self, response: Any, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        """What an answer says, as the extractor tells it; whatever that raises."""
        self.answers += 1
        told = self._extract(response, delivery)
        self.legible += told is not UNTOLD
        return told


class Diverging:
    """A comparison that groups what another one finds.

    Attributes:
        compared: deliveries.
    """

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._groups: dict[_Name, Group] = {}
        self.compared = 0

    def go_on(self, compared: int, groups: Iterable[Group]) -> None:
        """Go on from what another has found of the same recording."""
        self.compared = compared
        self._groups = {(each.kind, each.path, each.severity, each.ignored): each for each in groups}

    def compare(self, delivery: Delivery, candidate: CandidateOutcome) -> Sequence[Observation]:
        """Compare, and remember."""
        found = self._comparison.compare(delivery, candidate)
        self.compared += 1
        counted: set[_Name] = set()
        for each in found:
            if each.kind is not Kind.MATCH:
                self._add(each, counted)
        return found

    def groups(self) -> list[Group]:
        """What was found, with counts of deliveries for shares, so that groups of several workers add up."""
        return list(self._groups.values())

    def _add(self, found: Observation, counted: set[_Name]) -> None:
        name = (found.kind, found.path, found.severity, found.ignored)
        known = self._groups.get(name)
        one = Group(
            found.kind, found.path, found.severity, 1, 0 if name in counted else 1, [found.provider], found.at,
            found.at, found.legacy, found.candidate, found.delivery, found.ignored,
        )  # fmt: skip
        counted.add(name)
        self._groups[name] = one if known is None else joined(known, one)


def joined(one: Group, other: Group) -> Group:
    """Two groups of the same as one; their shares are counts still."""
    providers = sorted({*one.providers, *other.providers})
    return replace(
        one, count=one.count + other.count, share=one.share + other.share, providers=providers,
        first_at=min(one.first_at, other.first_at), last_at=max(one.last_at, other.last_at),
    )  # fmt: skip


def merged(groups: Iterable[Group]) -> list[Group]:
    """Groups of several workers, with counts for shares."""
    found: dict[_Name, Group] = {}
    for each in groups:
        name = (each.kind, each.path, each.severity, each.ignored)
        found[name] = joined(found[name], each) if name in found else each
    return list(found.values())


def shared(groups: Iterable[Group], compared: int) -> list[Group]:
    """Groups with the share of all compared deliveries, the worst first."""
    told = [replace(each, share=each.share / compared if compared else 0.0) for each in groups]
    return sorted(told, key=lambda each: (WORST_FIRST[each.severity], -each.count, each.path))
