"""Random snapshots: prerequisite chains, lists, percents, salts, string flags, flags that are on by default."""

from hypothesis import strategies as st

from rollout_cli.flags.bucketing import Generation
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.flags.percent import Percent

NAMES = ("A", "B", "C", "D", "E")
IDS = tuple(f"shopper-{number}" for number in range(8))
VALUES = ("default", "sticky")

id_sets = st.frozensets(st.sampled_from(IDS), max_size=3)
percents = st.one_of(st.sampled_from([0, 1, 999, 1_000, 50_000, 99_999, 100_000]), st.integers(0, 100_000)).map(Percent)
any_key = st.one_of(st.none(), st.sampled_from(["", *IDS]), st.text(st.characters(exclude_categories=()), max_size=40))
generations = st.sampled_from(list(Generation))


@st.composite
def definitions(draw: st.DrawFn, name: str, earlier: tuple[str, ...]) -> FlagDefinition:
    requires = tuple(draw(st.lists(st.sampled_from(earlier), unique=True, max_size=2))) if earlier else ()
    salt = draw(st.sampled_from([None, None, "own", ""]))
    if draw(st.booleans()) and draw(st.booleans()):
        return FlagDefinition(name, FlagType.STRING, "default", VALUES, requires, salt)
    return FlagDefinition(name, FlagType.BOOLEAN, draw(st.booleans()), (), requires, salt)


@st.composite
def states(draw: st.DrawFn, definition: FlagDefinition) -> FlagState:
    value = draw(st.sampled_from([None, *VALUES])) if definition.type is FlagType.STRING else None
    return FlagState(
        enabled=draw(st.sampled_from([True, True, True, False])),
        percent=draw(st.one_of(st.none(), percents)),
        allowlist=draw(id_sets),
        denylist=draw(id_sets),
        value=value,
        shadow=draw(st.booleans()),
    )


@st.composite
def snapshots(draw: st.DrawFn, generation: Generation | None = None) -> Snapshot:
    count = draw(st.integers(1, len(NAMES)))
    defined = {name: draw(definitions(name, NAMES[:index])) for index, name in enumerate(NAMES[:count])}
    said = [name for name in defined if draw(st.sampled_from([True, True, True, False]))]
    return Snapshot(
        rollout=draw(st.sampled_from(["rollout", "other"])),
        generation=generation or draw(generations),
        definitions=defined,
        states={name: draw(states(defined[name])) for name in said},
        revision=draw(st.integers(0, 9)),
    )


kill_switches = st.one_of(
    st.just(Kills()),
    st.builds(Kills, st.frozensets(st.sampled_from(NAMES), max_size=2), st.sampled_from([False, False, True])),
)
