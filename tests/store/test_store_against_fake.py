"""The verbs driven against the SQLite store and the fake at once: same answers, same errors, same history."""

import tempfile
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rollout_cli.control.advance import Advance, AdvanceRequest, apply_advance, prepare_advance
from rollout_cli.control.attest import AttestedLedger, attest, list_attestations
from rollout_cli.control.check import attestations_in
from rollout_cli.control.history import verify_history
from rollout_cli.control.manual import (
    Edit,
    Setting,
    allow_edit,
    apply_change,
    deny_edit,
    prepare_change,
    setting_edit,
    undeny_edit,
)
from rollout_cli.control.rollback import Previous, Safe, Target, ToPhase, ToRevision, roll_back, take_back_shopper
from rollout_cli.control.standing import Standing, read_standing
from rollout_cli.errors import RolloutError
from rollout_cli.flags.model import Snapshot
from rollout_cli.plan.difference import snapshot_at
from tests.support.memory_ledger import Clock, MemoryLedger
from tests.support.probing import ask_in_memory
from tests.support.projects import FLAGS, PHASES, load_project, write_project
from tests.support.stores import new_sqlite, open_sqlite

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Hundreds of transactions: their disk need not be real."""
YES = "preflight:\n  - {id: trained, kind: attestation, title: Trained, expires: 30d}\n"
ALL_FLAGS = ["EVENTS", "SHADOW", "ROUTING", "POLICY", "NONSENSE"]
PHASE = st.none() | st.integers(0, 4)
PERCENT = st.sampled_from([None, None, 10_000, 50_000, 100_000])
IDS = st.frozensets(st.sampled_from(["beta-1", "beta-2", "ann", "bob"]), min_size=1, max_size=2)
TARGETS: st.SearchStrategy[Target] = st.one_of(
    st.just(Safe()),
    st.just(Previous()),
    st.integers(0, 4).map(ToPhase),
    st.integers(0, 12).map(ToRevision),
)
SETTINGS = st.builds(
    Setting,
    enabled=st.none() | st.booleans(),
    percent=st.sampled_from([None, 0, 12_500, 100_000]),
    value=st.sampled_from([None, None, "sticky", "nonsense"]),
    shadow=st.none() | st.booleans(),
)
Verb = Callable[[AttestedLedger], Any]


def _outcome(verb: Verb, ledger: AttestedLedger) -> Any:
    """What a verb said, as something to compare: its report, or its error's kind and words."""
    try:
        report = verb(ledger)
    except RolloutError as error:
        return type(error), error.message, error.hint, error.exit_code
    return asdict(report) if is_dataclass(report) and not isinstance(report, type) else report


def _standing(ledger: AttestedLedger) -> Standing:
    with ledger.reading() as reading:
        return read_standing(reading)


def _everything(ledger: AttestedLedger) -> tuple[Any, ...]:
    with ledger.reading() as reading:
        history = list(reading.revisions(newest_first=False))
        backwards = list(reading.revisions())
        assert history == backwards[::-1]
        assert verify_history(ledger.rollout, reading).sound
        return history, reading.pointer(), reading.attestations(), reading.now()


class StoreAgainstFake(RuleBasedStateMachine):
    """Two ledgers, one clock, one person."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=IN_MEMORY)
        folder = Path(self.folder.name)
        self.project = load_project(write_project(folder, FLAGS, {**PHASES, "2-beta": PHASES["2-beta"] + YES}))
        self.clock = Clock()
        self.fake = MemoryLedger(clock=self.clock)
        self.store = open_sqlite(new_sqlite(folder / "store" / "rollout.db"), self.clock).ledger("test-rollout")
        self.decided: tuple[Advance, Advance] | None = None

    def teardown(self) -> None:
        self.folder.cleanup()

    def both(self, verb: Verb) -> None:
        """Whatever is done is done to both, and comes to the same."""
        assert _outcome(verb, self.store) == _outcome(verb, self.fake)

    def decide(self, ledger: AttestedLedger, request: AdvanceRequest) -> Advance:
        with ledger.reading() as reading:
            standing, said = read_standing(reading), attestations_in(reading)
        return prepare_advance(self.project, standing, said, request, ask_in_memory)

    @initialize(phase=st.integers(-1, 3))
    def begin_somewhere(self, phase: int) -> None:
        """Long ways are rarely found by chance: begin some steps up."""
        for number in range(phase + 1):
            self.advance(number, None, force=True, reason="begin", removals=True, expected=None)

    @rule(
        phase=PHASE,
        percent=PERCENT,
        force=st.booleans(),
        reason=st.sampled_from(["", "because"]),
        removals=st.booleans(),
        expected=st.sampled_from([None, None, None, 0, 3]),
    )
    def advance(
        self, phase: int | None, percent: int | None, force: bool, reason: str, removals: bool, expected: int | None
    ) -> None:
        request = AdvanceRequest("anna", phase, percent, force, reason, removals, expected)
        self.both(lambda ledger: apply_advance(ledger, self.decide(ledger, request)))

    @rule()
    def decide_to_go_on(self) -> None:
        request = AdvanceRequest("slow", force=True, reason="slowly", allow_removals=True)
        self.decided = (self.decide(self.store, request), self.decide(self.fake, request))

    @rule()
    def do_what_was_decided(self) -> None:
        if self.decided is not None:
            for_store, for_fake = self.decided
            self.both(lambda ledger: apply_advance(ledger, for_store if ledger is self.store else for_fake))

    @rule(back_to=TARGETS, reason=st.sampled_from(["", "alarm"]))
    def roll_back(self, back_to: Target, reason: str) -> None:
        self.both(lambda ledger: roll_back(ledger, back_to, actor="anna", reason=reason))

    @rule(shopper=st.sampled_from(["beta-1", "ann", " ", ""]))
    def take_back(self, shopper: str) -> None:
        self.both(lambda ledger: take_back_shopper(ledger, shopper, actor="anna", reason=""))

    @rule(flag=st.sampled_from(ALL_FLAGS), setting=SETTINGS)
    def set_flag(self, flag: str, setting: Setting) -> None:
        self.change(flag, "set", lambda snapshot: setting_edit(snapshot, flag, setting))

    @rule(flag=st.sampled_from(ALL_FLAGS), ids=IDS, action=st.sampled_from(["allow", "deny", "undeny"]))
    def change_lists(self, flag: str, ids: frozenset[str], action: str) -> None:
        edits = {"allow": allow_edit, "deny": deny_edit, "undeny": undeny_edit}
        self.change(flag, action, lambda _snapshot: edits[action](ids))

    def change(self, flag: str, action: str, edit: Callable[[Snapshot], Edit]) -> None:
        blank = snapshot_at(self.project.wanted, None)

        def verb(ledger: AttestedLedger) -> Any:
            standing = _standing(ledger)
            snapshot = blank if standing.latest is None else standing.latest.draft.evaluated
            change = prepare_change(standing, blank, flag, edit(snapshot), action=action, actor="bob", reason="by hand")
            return apply_change(ledger, change)

        self.both(verb)

    @rule(
        check=st.sampled_from(["trained", "trained", "nonsense"]),
        actor=st.sampled_from(["anna", "bob"]),
        revoke=st.sampled_from([False, False, True]),
    )
    def say_yes_or_no(self, check: str, actor: str, revoke: bool) -> None:
        self.both(lambda ledger: attest(ledger, self.project, check, actor=actor, note="ünï \udcff", revoke=revoke))

    @rule(hours=st.sampled_from([0.5, 24, 48, 24 * 40]))
    def time_passes(self, hours: float) -> None:
        self.clock.forward(hours=hours)

    @rule()
    def the_clock_is_set_back(self) -> None:
        self.clock.back(hours=2)

    @invariant()
    def both_hold_the_same(self) -> None:
        assert _everything(self.store) == _everything(self.fake)
        self.both(lambda ledger: list_attestations_of(ledger, self.project))


def list_attestations_of(ledger: AttestedLedger, project: Any) -> Any:
    with ledger.reading() as reading:
        return list_attestations(reading, project)


TestStoreAgainstFake = StoreAgainstFake.TestCase
TestStoreAgainstFake.settings = settings(max_examples=10, stateful_step_count=20, deadline=None)
