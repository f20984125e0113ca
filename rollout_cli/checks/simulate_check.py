"""Kind `simulate`: what does the new path make of traffic that knows what it tells?"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal

from pydantic import Field, model_validator

from rollout_cli.checks.bounds import ShareField
from rollout_cli.checks.facts import Facts
from rollout_cli.checks.kpi_bounds import LeastField, MostField
from rollout_cli.checks.kpis import KPI_BOUNDS
from rollout_cli.checks.numbers import exact_text, exactly, number_text, share_text
from rollout_cli.checks.questions import (
    Answers,
    Questions,
    SimulationQuestion,
    SimulationSeen,
    UnansweredError,
    reply_to,
)
from rollout_cli.checks.verdict import Cause, Outcome, failed, passed, unclear
from rollout_cli.checks.words import Said, listed, say
from rollout_cli.flags.document import snapshot_document
from rollout_cli.plan.models import CheckEntry, FileModel

ProviderName = Literal["cloud-api", "cloud_api", "evolution", "baileys", "simulated"]


class SimulateCheck(FileModel):
    """Asks what becomes of simulated traffic, with the flags as they stand; no store and no source is asked."""

    provider: ProviderName | None = Field(default=None, description="Traffic of this provider alone.")
    providers: list[ProviderName] = Field(default=[], description="Or of these; else of all.")
    events: int = Field(default=1_000, ge=10, le=1_000_000, description="How many events are told.")
    shoppers: int = Field(default=10, ge=1, le=10_000, description="Of how many shoppers.")
    seed: int = Field(default=1, ge=0, le=2**53, description="The same seed is the same traffic.")
    duplicates: ShareField | None = Field(default=None, description="The share of events that are told twice.")
    malformed: ShareField | None = Field(default=None, description="The share of bodies that are none.")
    min: LeastField = Field(default={}, description="KPIs, and the least that passes for each.")
    max: MostField = Field(default={}, description="KPIs, and the most that passes for each.")
    state: Literal["current", "planned", "live"] = Field(
        default="current",
        description="The flags as they stand, as the move would leave them, or the new path on for everybody.",
    )

    @model_validator(mode="after")
    def _names_providers_once(self) -> "SimulateCheck":
        if self.provider is not None and self.providers:
            raise ValueError("say one of `provider` and `providers`")
        return self

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:  # noqa: ARG002
        """One run."""
        names = [each for each in (self.provider, *self.providers) if each is not None]
        profile: dict[str, Any] = {}
        if names:
            profile["providers"] = {each.replace("-", "_"): 1 for each in names}
        for name in ("duplicates", "malformed"):
            share = getattr(self, name)
            if share is not None:
                profile[name] = f"{exact_text(exactly(share) * 100).replace(' ', '')}%"
        snapshot = facts.planned if self.state == "planned" else facts.current
        flags = snapshot_document(snapshot)
        return {"run": SimulationQuestion(flags, profile, self.events, self.shoppers, self.seed, self.state == "live")}

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """Hold every KPI that is named against its bound; where none is, every one that the run can tell."""
        try:
            seen = reply_to("run", answers, SimulationSeen)
        except UnansweredError as error:
            return error.outcome
        named = {**self.min, **self.max}
        bounds = named or {
            name: kpi.usual for name, kpi in KPI_BOUNDS.items() if kpi.usual is not None and name in seen.kpis
        }
        apart = seen.without_waits or {}
        evidence = {"events": seen.events, "seed": self.seed, "kpis": dict(seen.kpis), "bounds": bounds,
                    "without_waits": None if seen.without_waits is None else dict(apart)}  # fmt: skip
        held = {name: KPI_BOUNDS[name].holds(seen.kpis.get(name), at, apart.get(name)) for name, at in bounds.items()}
        silent = [name for name in bounds if seen.kpis.get(name) is None]
        broken = [name for name, holds in held.items() if holds is False]
        if broken:
            told = listed([_told(name, seen.kpis[name], bounds[name]) for name in broken])
            message = say("{count} events: {kpis}", count=number_text(seen.events), kpis=told)
            return failed(message, say("see it all: `rollout simulate --seed {seed}`", seed=self.seed), evidence)
        if silent or not bounds:
            message = say("{count} events say nothing of {kpis}", count=number_text(seen.events),
                          kpis=listed([say("{name}", name=each) for each in silent] or [say("any KPI")]))  # fmt: skip
            hint = say("are the flags on for anybody at this position? else ask for more events")
            return unclear(Cause.NO_DATA, message, hint, evidence)
        loaded = [name for name, holds in held.items() if holds is None]
        if loaded:
            return _loaded(loaded, seen, apart, bounds, evidence)
        told = listed([_told(name, seen.kpis[name], bounds[name]) for name in (bounds if named else list(bounds)[:3])])
        return passed(say("{count} events: {kpis}", count=number_text(seen.events), kpis=told), evidence)


def _loaded(
    names: Sequence[str],
    seen: SimulationSeen,
    apart: Mapping[str, float],
    bounds: Mapping[str, float],
    evidence: Mapping[str, Any],
) -> Outcome:
    """It holds with what was waited for a processor, or without it, and not both."""
    told = [_told(name, seen.kpis[name], bounds[name]) for name in names]
    free = [_told(name, apart[name], bounds[name]) for name in names]
    message = say("{count} events: {kpis}, but {free} without waiting for a processor that other programs had",
                  count=number_text(seen.events), kpis=listed(told), free=listed(free))  # fmt: skip
    return unclear(Cause.LOADED, message, say("ask again when less runs on this machine"), evidence)


def _told(name: str, value: float | None, bound: float) -> Said:
    """A KPI with its value and its bound."""
    kpi, have = KPI_BOUNDS[name], exactly(value or 0)
    sign = kpi.at(bound).sign(have)
    if kpi.unit == "share":
        shown, limit = share_text(have, exactly(bound)), share_text(exactly(bound))
    else:
        shown, limit = number_text(have, Fraction(exactly(bound))), exact_text(bound)
    return say("{name} {value} {sign} {limit}", name=name, value=shown, sign=sign, limit=limit)
