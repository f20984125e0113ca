"""A person at the controls: every verb in a word, on a ledger in memory whose clock goes when it is told to."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from rollout_cli.checks.questions import Answer, Question
from rollout_cli.control.advance import Advance, AdvanceReport, AdvanceRequest, apply_advance, prepare_advance
from rollout_cli.control.attest import AttestReport, attest
from rollout_cli.control.check import CheckReport, attestations_in, check_report
from rollout_cli.control.manual import (
    Edit,
    FlagsReport,
    ManualChange,
    Setting,
    allow_edit,
    apply_change,
    deny_edit,
    prepare_change,
    setting_edit,
    undeny_edit,
)
from rollout_cli.control.plan import make_plan
from rollout_cli.control.project import Project
from rollout_cli.control.record import Revision
from rollout_cli.control.rollback import RollbackReport, Safe, Target, roll_back, take_back_shopper
from rollout_cli.control.standing import Standing, read_standing
from rollout_cli.control.status import StatusReport, status_report
from rollout_cli.errors import RolloutError
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import Snapshot
from rollout_cli.flags.percent import Percent, percent_from_number
from rollout_cli.plan.difference import snapshot_at
from tests.support.memory_ledger import MemoryLedger
from tests.support.probing import ask_in_memory
from tests.support.projects import FLAGS, PHASES, load_project, write_project

LONG = 24 * 400
NO_KILLS = Kills()


class Person:
    """Somebody with a project and a ledger."""

    def __init__(self, project: Project, ledger: MemoryLedger | None = None, others: tuple[Project, ...] = ()) -> None:
        self.project = project
        self.projects = (project, *others)
        self.ledger = ledger or MemoryLedger()

    # what is

    def standing(self) -> Standing:
        with self.ledger.reading() as reading:
            return read_standing(reading)

    @property
    def snapshot(self) -> Snapshot:
        """The flags as they are evaluated."""
        return self.standing().actual(self.blank).snapshot

    @property
    def blank(self) -> Snapshot:
        return snapshot_at(self.project.wanted, None)

    @property
    def latest(self) -> Revision:
        latest = self.standing().latest
        assert latest is not None
        return latest

    @property
    def place(self) -> str:
        """Where the rollout is: `off`, `2`, `3@10`."""
        position = self.standing().actual(self.blank).position
        return "off" if position is None else str(position)

    @property
    def stage(self) -> str:
        return self.standing().actual(self.blank).stage.value

    def on(self, flag: str, key: str | None) -> bool:
        return Evaluator(self.snapshot).is_enabled(flag, key)

    def status(self, kills: Kills = NO_KILLS, *, files: bool = True) -> StatusReport:
        return status_report(self.ledger.rollout, self.standing(), self.project if files else None, kills)

    def checks(self, phase: int | None = None) -> CheckReport:
        with self.ledger.reading() as reading:
            standing = read_standing(reading)
            plan = make_plan(self.project, standing, phase)
            said = attestations_in(reading)
        named = phase is not None
        return check_report(self.project, plan, standing, said, ask_in_memory, names_a_phase=named)

    # moves

    def plans(self, phase: int | None = None, percent: float | None = None, **said: Any) -> Advance:
        request = AdvanceRequest("ann", phase, None if percent is None else percent_from_number(percent), **said)
        with self.ledger.reading() as reading:
            standing, said = read_standing(reading), attestations_in(reading)
        return prepare_advance(self.project, standing, said, request, ask_in_memory)

    def plans_with(self, answers: Mapping[Question, Answer], phase: int | None = None) -> Advance:
        """Plan a move while the outside answers like this."""
        request = AdvanceRequest("ann", phase)
        with self.ledger.reading() as reading:
            standing, said = read_standing(reading), attestations_in(reading)
        return prepare_advance(self.project, standing, said, request, lambda asked: ask_in_memory(asked, answers))

    def advances_with(self, answers: Mapping[Question, Answer], phase: int | None = None) -> AdvanceReport:
        """Move while the outside answers like this."""
        return apply_advance(self.ledger, self.plans_with(answers, phase))

    def advances(self, phase: int | None = None, percent: float | None = None, **said: Any) -> AdvanceReport:
        return apply_advance(self.ledger, self.plans(phase, percent, **said))

    def soaks(self) -> "Person":
        """Let every soak be over."""
        self.ledger.clock.forward(hours=LONG)
        return self

    def goes_to(self, place: str) -> "Person":
        """Advance step by step to a place, with soaks kept."""
        while self.place != place:
            self.soaks().advances()
        return self

    def rolls_back(self, target: Target = Safe(), reason: str = "") -> RollbackReport:  # noqa: B008 - frozen value
        return roll_back(self.ledger, target, actor="ann", reason=reason)

    def takes_back(self, shopper: str) -> RollbackReport:
        return take_back_shopper(self.ledger, shopper, actor="ann", reason="")

    # by hand

    def edits(self, flag: str, edit: Edit, action: str = "edit") -> FlagsReport:
        return apply_change(self.ledger, self.plans_edit(flag, edit, action))

    def plans_edit(self, flag: str, edit: Edit, action: str = "edit") -> ManualChange:
        return prepare_change(self.standing(), self.blank, flag, edit, action=action, actor="ann", reason="why")

    def sets(self, flag: str, *, percent: float | None = None, **said: Any) -> FlagsReport:
        wanted: Percent | None = None if percent is None else percent_from_number(percent)
        return self.edits(flag, setting_edit(self.snapshot, flag, Setting(percent=wanted, **said)), "set")

    def allows(self, flag: str, *ids: str) -> FlagsReport:
        return self.edits(flag, allow_edit(frozenset(ids)), "allow")

    def denies(self, flag: str, *ids: str) -> FlagsReport:
        return self.edits(flag, deny_edit(frozenset(ids)), "deny")

    def undenies(self, flag: str, *ids: str) -> FlagsReport:
        return self.edits(flag, undeny_edit(frozenset(ids)), "undeny")

    def attests(self, check: str, note: str = "", *, actor: str = "ann") -> AttestReport:
        return attest(self.ledger, self.project, check, actor=actor, note=note)

    def revokes(self, check: str, note: str = "", *, actor: str = "ann") -> AttestReport:
        return attest(self.ledger, self.project, check, actor=actor, note=note, revoke=True)

    def pulls(self, number: int) -> None:
        """Get the files as somebody else has changed them."""
        self.project = self.projects[number % len(self.projects)]

    # accidents

    def damages(self, number: int) -> None:
        """Make one record unreadable."""
        record, digest = self.ledger.records[number - 1]
        self.ledger.records[number - 1] = (record + " ", digest)

    def tries(self, verb: str, *arguments: Any, **said: Any) -> None:
        """Do it, or be told why not; anything but an expected error is a bug."""
        with suppress(RolloutError):
            getattr(self, verb)(*arguments, **said)


class Rewrite:
    """Writes the small project's files anew, with some of them changed, and reads them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, flags: str = FLAGS, **phases: str | None) -> Project:
        """Change phases by their name: a text replaces the file, None drops it."""
        changed = {name: text for name, text in PHASES.items() if name.partition("-")[2] not in phases}
        for text in filter(None, phases.values()):
            changed[f"{len(changed)}-{text.split('name: ')[1].split()[0]}"] = text
        return load_project(write_project(self._folder, flags, changed))
