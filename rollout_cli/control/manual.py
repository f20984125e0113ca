"""flags set, allow, deny, undeny: audited changes by hand. All but denials are drift, until the next move."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from rollout_cli.control.ledger import Ledger
from rollout_cli.control.record import Draft
from rollout_cli.control.standing import Standing
from rollout_cli.control.views import ChangeView, FlagView, change_views, flag_view
from rollout_cli.errors import ConflictError, RefusedError, UsageError
from rollout_cli.flags.model import FlagState, FlagType, Snapshot, default_state
from rollout_cli.flags.percent import Percent
from rollout_cli.plan.moves import Stage
from rollout_cli.plan.snapshots import changes_between, denials_joined, with_denials

Edit = Callable[["Hand"], "Hand"]


@dataclass(frozen=True, slots=True)
class Hand:
    """What a person may change of one flag."""

    state: FlagState
    denied: frozenset[str]


@dataclass(frozen=True, slots=True)
class Setting:
    """What `flags set` changes; None leaves a field as it is."""

    enabled: bool | None = None
    percent: Percent | None = None
    no_percent: bool = False
    value: str | None = None
    shadow: bool | None = None


@dataclass(frozen=True, slots=True)
class FlagsReport:
    """What `rollout flags` says: flags by name and, after a change, what changed."""

    rollout: str
    revision: int
    flags: dict[str, FlagView]
    applied: bool = False
    changes: tuple[ChangeView, ...] = ()


@dataclass(frozen=True, slots=True)
class ManualChange:
    """A decided change by hand."""

    action: str
    revision: int
    draft: Draft
    changes: tuple[ChangeView, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not self.changes


def prepare_change(
    standing: Standing, blank: Snapshot, flag: str | None, edit: Edit, *, action: str, actor: str, reason: str
) -> ManualChange:
    """Decide what an edit of one flag, or of every flag, comes to. Changes nothing.

    Args:
        standing: how the rollout stands.
        blank: the definitions of the files, for flags that no revision knows yet.
        flag: the flag to change; None for each of them.
        edit: from how it is to how it shall be.
        action: the word for the history.
        actor: who asks for it.
        reason: why.

    Raises:
        UsageError: there is no such flag.
    """
    before = _draft_of(standing, blank)
    if flag is not None and flag not in before.snapshot.definitions:
        known = ", ".join(before.snapshot.definitions) or "none"
        raise UsageError(f"there is no flag {flag!r}", hint=f"flags: {known}")
    states, denied = dict(before.snapshot.states), dict(before.denied_by_hand)
    for each in before.snapshot.definitions if flag is None else (flag,):
        hand = Hand(before.snapshot.state_of(each), before.denied_by_hand.get(each, frozenset()))
        if (edited := edit(hand)) != hand:
            states[each], denied[each] = edited.state, edited.denied
    snapshot = replace(before.snapshot, states=states)
    changes = tuple(change_views(changes_between(before.evaluated, with_denials(snapshot, denied))))
    draft = replace(
        before,
        action=action,
        actor=actor,
        reason=reason,
        came_from=before.position,
        snapshot=snapshot,
        denied_by_hand=denied,
        changes=tuple(asdict(change) for change in changes),
        checks=(),
        forced=False,
    )
    return ManualChange(action, standing.revision, draft, changes)


def apply_change(ledger: Ledger, change: ManualChange) -> FlagsReport:
    """Write a decided change on the revision it was decided on.

    Raises:
        ConflictError: somebody else changed the rollout in between; nothing was written.
    """
    if change.is_empty:
        return changed_report(change, applied=False)
    with ledger.writing() as writing:
        pointer = writing.pointer()
        found = 0 if pointer is None else pointer.number
        if found != change.revision:
            raise ConflictError(
                f"the rollout changed meanwhile, from revision {change.revision} to {found}; nothing was applied",
                hint="look at it with `rollout status`, then do it again",
            )
        number = writing.append(change.draft).number
    return changed_report(change, applied=True, revision=number)


def changed_report(change: ManualChange, *, applied: bool, revision: int | None = None) -> FlagsReport:
    """A change by hand as it is shown."""
    snapshot = change.draft.evaluated
    names = dict.fromkeys(view.flag for view in change.changes if view.flag is not None)
    flags = {name: flag_view(snapshot.state_of(name)) for name in names}
    return FlagsReport(
        snapshot.rollout, change.revision if revision is None else revision, flags, applied, change.changes
    )


def flags_report(snapshot: Snapshot, only: str | None = None) -> FlagsReport:
    """All flags, or one.

    Raises:
        UsageError: there is no such flag.
    """
    names = list(snapshot.definitions)
    if only is not None:
        if only not in names:
            raise UsageError(f"there is no flag {only!r}", hint=f"flags: {', '.join(names) or 'none'}")
        names = [only]
    flags = {name: flag_view(snapshot.state_of(name)) for name in names}
    return FlagsReport(snapshot.rollout, snapshot.revision, flags)


def setting_edit(snapshot: Snapshot, flag: str, setting: Setting) -> Edit:
    """`flags set` as an edit.

    Raises:
        UsageError: nothing to set, or a value that the flag does not take.
    """
    if setting == Setting():
        raise UsageError("nothing to set", hint="say --on, --off, --percent P, --no-percent, --value V or --shadow")
    definition = snapshot.definitions.get(flag)
    if definition is not None and setting.value is not None:
        if definition.type is FlagType.BOOLEAN:
            raise UsageError(f"{flag} is boolean and takes no value", hint="use --on or --off")
        if definition.values and setting.value not in definition.values:
            raise UsageError(f"{flag} has no value {setting.value!r}", hint=f"values: {', '.join(definition.values)}")

    def edit(hand: Hand) -> Hand:
        state = hand.state
        enabled = state.enabled or setting.value is not None if setting.enabled is None else setting.enabled
        percent = None if setting.no_percent else state.percent if setting.percent is None else setting.percent
        value = state.value if setting.value is None else setting.value
        shadow = state.shadow if setting.shadow is None else setting.shadow
        return replace(hand, state=replace(state, enabled=enabled, percent=percent, value=value, shadow=shadow))

    return edit


def allow_edit(ids: frozenset[str]) -> Edit:
    """Put ids on the allowlist.

    Raises:
        RefusedError: the flag is on for everybody, so that its first allowlist would switch all others off.
    """

    def edit(hand: Hand) -> Hand:
        state = hand.state
        if state.enabled and state.percent is None and not state.allowlist:
            raise RefusedError(
                "the flag is on for everybody: an allowlist would switch everybody else off",
                hint="they have it already; if only they shall have it, run `rollout flags set FLAG --percent 0` first",
            )
        return replace(hand, state=replace(state, allowlist=state.allowlist | ids))

    return edit


def deny_edit(ids: frozenset[str]) -> Edit:
    """Deny ids by hand: outlives every move."""
    return lambda hand: replace(hand, denied=hand.denied | ids)


def undeny_edit(ids: frozenset[str]) -> Edit:
    """Take back denials made by hand; those of a phase file stay.

    Raises:
        UsageError: somebody is denied by the phase file, which no command writes.
    """

    def edit(hand: Hand) -> Hand:
        by_file = sorted(ids & hand.state.denylist)
        if by_file:
            raise UsageError(
                f"denied by the phase file, not by hand: {', '.join(by_file)}",
                hint="take them off the file's denylist, then `rollout advance --phase N`",
            )
        return replace(hand, denied=hand.denied - ids)

    return edit


def undeny_everywhere_edit(ids: frozenset[str]) -> Edit:
    """The same of a flag among others: those of a phase file stay, and are no reason to leave the others."""
    return lambda hand: replace(hand, denied=hand.denied - ids)


def denied_by_file(snapshot: Snapshot, ids: frozenset[str]) -> dict[str, list[str]]:
    """Who of these the phase file denies, by flag.

    Args:
        snapshot: without the denials made by hand.
        ids: who.
    """
    found = {name: sorted(ids & snapshot.state_of(name).denylist) for name in snapshot.definitions}
    return {name: each for name, each in found.items() if each}


def _draft_of(standing: Standing, blank: Snapshot) -> Draft:
    """The latest revision as the beginning of the next; flags that only the files know join at their defaults."""
    if standing.latest is None:
        return Draft("", "", "", Stage.OFF, None, None, blank, {}, ())
    draft, latest = standing.latest.draft, standing.latest
    new = {name: each for name, each in blank.definitions.items() if name not in draft.snapshot.definitions}
    snapshot = replace(
        draft.snapshot,
        definitions={**draft.snapshot.definitions, **new},
        states={**draft.snapshot.states, **{name: default_state(each) for name, each in new.items()}},
    )
    denied = denials_joined(draft.denied_by_hand, draft.snapshot.definitions, new)
    base = latest.base if draft.stage is Stage.ROLLED_BACK else None
    return replace(draft, snapshot=snapshot, denied_by_hand=denied, entered_at=latest.entered_at, base=base)
