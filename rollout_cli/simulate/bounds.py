"""The bounds that a phase's own checks set: of two for one KPI the stricter."""

from collections.abc import Iterable

from rollout_cli.checks.kinds import Check
from rollout_cli.checks.kpis import KPI_BOUNDS


def bounds_of(checks: Iterable[Check]) -> dict[str, float]:
    """What KPIs have to be by the `simulate` checks among these."""
    found: dict[str, float] = {}
    for check in checks:
        if check.is_of("simulate"):
            told: dict[str, float] = {**getattr(check.kind, "min", {}), **getattr(check.kind, "max", {})}
            for name, bound in told.items():
                stricter = min if KPI_BOUNDS[name].side == "max" else max
                found[name] = stricter(found.get(name, bound), bound)
    return found
