"""Changes by hand: audited, drift until the next move, and never more than was asked for."""

from dataclasses import replace

import pytest

from rollout_cli.control.manual import Setting, apply_change, deny_edit, flags_report, setting_edit
from rollout_cli.control.rollback import ToPhase, ToRevision
from rollout_cli.errors import ConflictError, ExitCode, RefusedError, UsageError
from rollout_cli.flags.percent import Percent
from tests.control.person import Person


def test_a_change_is_a_revision_with_actor_reason_and_what_changed(ann: Person) -> None:
    ann.goes_to("3@10")
    report = ann.sets("EVENTS", percent=5)
    draft = ann.latest.draft
    assert (report.applied, report.revision) == (True, 5)
    assert (draft.action, draft.actor, draft.reason) == ("set", "ann", "why")
    assert list(draft.changes) == [{"flag": "EVENTS", "field": "percent", "before": 10, "after": 5}]
    assert (draft.checks, draft.forced) == ((), False)


def test_it_keeps_position_stage_and_the_time_of_entering(ann: Person) -> None:
    ann.goes_to("2")
    entered = ann.latest.entered_at
    ann.ledger.clock.forward(hours=5)
    ann.allows("EVENTS", "friend")
    assert (ann.place, ann.stage, ann.latest.entered_at) == ("2", "active", entered)
    assert str(ann.latest.draft.came_from) == "2"


def test_after_a_rollback_it_keeps_what_lies_ahead_ahead(ann: Person) -> None:
    ann.goes_to("3@10").rolls_back(ToPhase(2))
    ann.allows("EVENTS", "friend")
    assert (ann.stage, ann.latest.base) == ("rolled_back", 3)
    with pytest.raises(RefusedError, match="is ahead of"):
        ann.rolls_back(ToRevision(4))


def test_nothing_to_change_writes_no_revision(ann: Person) -> None:
    ann.goes_to("2")
    for report in (ann.allows("EVENTS", "beta-1"), ann.undenies("EVENTS", "friend"), ann.sets("SHADOW", enabled=False)):
        assert (report.applied, report.revision, report.changes) == (False, 3, ())


def test_somebody_elses_change_in_between_is_a_conflict(ann: Person) -> None:
    ann.goes_to("2")
    change = ann.plans_edit("EVENTS", deny_edit(frozenset({"friend"})))
    ann.allows("ROUTING", "friend")
    with pytest.raises(ConflictError, match="from revision 3 to 4"):
        apply_change(ann.ledger, change)
    assert len(ann.ledger.records) == 4


def test_before_the_first_revision_the_flags_of_the_files_can_be_changed(ann: Person) -> None:
    ann.sets("EVENTS", enabled=True, percent=1)
    assert (ann.place, ann.stage) == ("off", "off")
    assert ann.snapshot.state_of("EVENTS").percent == 1_000
    assert ann.snapshot.state_of("SHADOW").enabled


def test_an_unknown_flag_is_named_with_those_there_are(ann: Person) -> None:
    with pytest.raises(UsageError, match="no flag 'EVENT'") as caught:
        ann.allows("EVENT", "friend")
    assert "EVENTS, SHADOW, ROUTING, POLICY" in caught.value.hint
    with pytest.raises(UsageError, match="no flag 'EVENT'"):
        flags_report(ann.blank, "EVENT")


# set


def test_only_what_is_said_is_set(ann: Person) -> None:
    ann.goes_to("3@10").sets("EVENTS", percent=5)
    state = ann.snapshot.state_of("EVENTS")
    assert (state.enabled, state.percent, state.allowlist) == (True, 5_000, {"beta-1", "beta-2"})
    ann.sets("EVENTS", shadow=True)
    assert (ann.snapshot.state_of("EVENTS").percent, ann.snapshot.state_of("EVENTS").shadow) == (5_000, True)
    ann.sets("EVENTS", no_percent=True)
    assert ann.snapshot.state_of("EVENTS").percent is None


def test_a_percent_does_not_turn_on_what_is_off(ann: Person) -> None:
    ann.goes_to("2").sets("ROUTING", enabled=False)
    ann.sets("ROUTING", percent=100)
    assert not ann.on("ROUTING", "beta-1")


def test_a_percent_of_zero_is_nobody_but_the_allowlist(ann: Person) -> None:
    ann.goes_to("3@100").sets("EVENTS", percent=0)
    assert ann.on("EVENTS", "beta-1")
    assert not ann.on("EVENTS", "somebody")


def test_a_value_enables_a_string_flag_unless_off_is_said(ann: Person) -> None:
    ann.sets("POLICY", value="sticky")
    assert ann.snapshot.state_of("POLICY").enabled
    ann.sets("POLICY", value="round_robin", enabled=False)
    assert not ann.snapshot.state_of("POLICY").enabled


@pytest.mark.parametrize(
    ("flag", "setting", "words"),
    [
        ("EVENTS", Setting(), "nothing to set"),
        ("EVENTS", Setting(value="sticky"), "EVENTS is boolean and takes no value"),
        ("POLICY", Setting(value="stikcy"), "POLICY has no value 'stikcy'"),
    ],
)
def test_what_a_flag_cannot_take_is_a_mistake_of_the_caller(
    ann: Person, flag: str, setting: Setting, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        setting_edit(ann.blank, flag, setting)


# lists


def test_allowing_adds_to_the_list(ann: Person) -> None:
    ann.goes_to("2").allows("EVENTS", "friend", "guest")
    assert ann.snapshot.state_of("EVENTS").allowlist == {"beta-1", "beta-2", "friend", "guest"}


@pytest.mark.parametrize("flag", ["EVENTS", "SHADOW"])
def test_a_first_allowlist_must_not_switch_everybody_else_off(ann: Person, flag: str) -> None:
    ann.goes_to("1")
    with pytest.raises(RefusedError, match="on for everybody") as caught:
        ann.allows(flag, "friend")
    assert caught.value.exit_code is ExitCode.REFUSED
    assert ann.on(flag, "somebody")
    ann.sets(flag, percent=0)
    ann.allows(flag, "friend")
    assert ann.on(flag, "friend")


def test_allowing_beside_a_percent_takes_nothing_from_the_others(ann: Person) -> None:
    ann.goes_to("3@100").allows("EVENTS", "friend")
    assert ann.on("EVENTS", "somebody")


def test_a_denial_wins_over_the_allowlist_and_can_be_taken_back(ann: Person) -> None:
    ann.goes_to("2").denies("EVENTS", "beta-1")
    assert not ann.on("EVENTS", "beta-1")
    ann.undenies("EVENTS", "beta-1")
    assert ann.on("EVENTS", "beta-1")


def test_a_denial_by_the_file_is_not_taken_back_by_hand(ann: Person) -> None:
    draft = ann.goes_to("2").latest.draft
    events = replace(draft.snapshot.state_of("EVENTS"), denylist=frozenset({"bob"}))
    with ann.ledger.writing() as writing:
        writing.append(
            replace(draft, snapshot=replace(draft.snapshot, states={**draft.snapshot.states, "EVENTS": events}))
        )
    with pytest.raises(UsageError, match="denied by the phase file, not by hand: bob"):
        ann.undenies("EVENTS", "bob", "friend")


def test_a_report_shows_the_flags_that_changed(ann: Person) -> None:
    ann.goes_to("3@10")
    report = ann.denies("EVENTS", "friend")
    assert list(report.flags) == ["EVENTS"]
    assert report.flags["EVENTS"].denylist == ["friend"]
    assert list(flags_report(ann.snapshot).flags) == ["EVENTS", "SHADOW", "ROUTING", "POLICY"]
    assert list(flags_report(ann.snapshot, "POLICY").flags) == ["POLICY"]


def test_flags_that_only_the_files_know_join_at_their_defaults(ann: Person) -> None:
    whole = ann.project
    ann.goes_to("1")
    draft = ann.latest.draft
    definitions = {name: each for name, each in draft.snapshot.definitions.items() if name != "ROUTING"}
    with ann.ledger.writing() as writing:
        writing.append(replace(draft, snapshot=replace(draft.snapshot, definitions=definitions)))
    ann.project = whole
    ann.sets("ROUTING", enabled=True, percent=50)
    assert ann.snapshot.state_of("ROUTING").percent == Percent(50_000)
    assert ann.snapshot.state_of("EVENTS").enabled
