"""Random sound plans, and the small one that the tests know by heart."""

from typing import Any

from hypothesis import strategies as st

from rollout_cli.flags.model import Snapshot
from rollout_cli.plan.difference import Actual, snapshot_at
from rollout_cli.plan.models import FlagsFile, PhaseFile
from rollout_cli.plan.moves import Stage
from rollout_cli.plan.position import Position
from rollout_cli.plan.wanted import Wanted

NAMES = ("EVENTS", "SHADOW", "ROUTING", "POLICY")
IDS = ("ann", "bob", "cid", "dan")
FLAGS: dict[str, Any] = {
    "EVENTS": {"type": "boolean", "default": False},
    "SHADOW": {"type": "boolean", "default": True},
    "ROUTING": {"type": "boolean", "default": False, "requires": ["EVENTS"]},
    "POLICY": {"type": "string", "default": "default", "values": ["default", "sticky"]},
}

id_lists = st.lists(st.sampled_from(IDS), unique=True, max_size=3)
percent_numbers = st.sampled_from([0, 0.001, 5, 12.5, 50, 99.999, 100])


@st.composite
def settings_of(draw: st.DrawFn, name: str, *, ramped: bool) -> dict[str, Any]:
    setting: dict[str, Any] = {"allowlist": draw(id_lists), "denylist": draw(id_lists), "shadow": draw(st.booleans())}
    if not ramped:
        setting["enabled"] = draw(st.sampled_from([True, True, False, None]))
        setting["percent"] = draw(st.one_of(st.none(), percent_numbers))
    if name == "POLICY":
        setting["value"] = draw(st.sampled_from([None, "default", "sticky"]))
    return setting


@st.composite
def phases(draw: st.DrawFn, number: int) -> PhaseFile:
    ramped = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2))
    named = draw(st.lists(st.sampled_from(NAMES), unique=True))
    content: dict[str, Any] = {
        "phase": number,
        "name": f"phase-{number}",
        "flags": {name: draw(settings_of(name, ramped=name in ramped)) for name in named},
        "soak": draw(st.sampled_from([None, "1h"])),
    }
    if ramped:
        steps = sorted(draw(st.lists(percent_numbers, unique=True, min_size=1, max_size=4)))
        content["ramp"] = {"flags": ramped, "steps": [{"percent": percent, "soak": "1h"} for percent in steps]}
    return PhaseFile.model_validate(content)


@st.composite
def plans(draw: st.DrawFn) -> Wanted:
    numbers = sorted(draw(st.lists(st.integers(0, 5), unique=True, min_size=1, max_size=4)))
    bucketing = draw(st.sampled_from(["flagd-v3", "flagd-v2", "md5-mod-100"]))
    return wanted_of([draw(phases(number)) for number in numbers], bucketing=bucketing)


def wanted_of(phase_files: list[PhaseFile], *, flags: dict[str, Any] | None = None, **said: str) -> Wanted:
    """A plan of these phases."""
    content = {"version": 1, "rollout": "test-rollout", "flags": FLAGS if flags is None else flags, **said}
    return Wanted(FlagsFile.model_validate(content), tuple(phase_files), "digest")


def phase(number: int, ramp: list[float] | None = None, flags: dict[str, Any] | None = None) -> PhaseFile:
    """A phase that says only what matters; a ramp is one of EVENTS."""
    content: dict[str, Any] = {"phase": number, "name": f"phase-{number}", "flags": flags or {}}
    if ramp is not None:
        content["ramp"] = {"flags": ["EVENTS"], "steps": [{"percent": percent} for percent in ramp]}
    return PhaseFile.model_validate(content)


def standing_at(wanted: Wanted, position: Position | None, stage: Stage = Stage.ACTIVE) -> Actual:
    """The rollout as the files want it at a position."""
    snapshot: Snapshot = snapshot_at(wanted, position)
    return Actual(3, stage, position, snapshot)
