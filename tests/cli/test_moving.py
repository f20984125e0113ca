"""What the commands say that move: advance, rollback, flags."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import Run, text
from tests.support.projects import FLAGS, PHASES, write_project

Rollout = Callable[..., Run]


def test_advance_shows_the_plan_and_what_was_applied(rollout: Rollout) -> None:
    run = rollout("advance", "--reason", "off we go")
    assert run.code == 0
    assert run.answer == text("""
        test-rollout: off -> phase 0 (development)

          ~ EVENTS
              enabled: false -> true
        Plan: 1 flag to change, nobody is switched off.
        Applied: phase 0 (development), revision 1
        """)
    assert run.talk == text("""
        There is no store yet: test-rollout is off. The first change creates <folder>/.rollout/rollout.db.
        Created the store <folder>/.rollout/rollout.db.
        """)


def test_advance_to_where_the_rollout_is_writes_nothing(rollout: Rollout) -> None:
    rollout("advance")
    run = rollout("advance", "--phase", "0")
    assert (run.code, run.err) == (0, "")
    assert run.answer == text("""
        test-rollout: phase 0 (development)
        No changes: the rollout stands as the files want it.
        Already there: phase 0 (development), revision 1
        """)
    assert len(rollout("history", "--format", "json").document["revisions"]) == 1


def test_a_refused_advance_exits_5_and_says_what_to_do(rollout: Rollout) -> None:
    run = rollout("advance", "--phase", "1")
    assert run.code == 5
    assert run.answer == text("""
        test-rollout: off -> phase 1 (staging)

          ~ EVENTS
              enabled: false -> true
        Plan: 1 flag to change, nobody is switched off.
        """)
    assert run.talk.endswith(
        text("""
        error: cannot advance from off to phase 1 (staging): positions are never skipped
          -> advance to phase 0 (development) first
        """)
    )


def test_an_advance_that_has_to_wait_exits_4_and_says_until_when(rollout: Rollout) -> None:
    rollout("advance")
    rollout("advance")
    run = rollout("advance")
    assert run.code == 4
    assert run.answer == text("""
        test-rollout: phase 1 (staging) -> phase 2 (beta)

          ~ EVENTS
              allowlist: +beta-1, beta-2
          ~ SHADOW
              enabled: true -> false
          ~ ROUTING
              enabled: false -> true
              allowlist: +beta-1, beta-2
        Plan: 3 flags to change, nobody is switched off.
        Checks
          INCONCLUSIVE soak: <n>s of 1h
                       The position has soaked
                       -> wait until <time>
        """)
    assert run.talk == text("""
        error: not yet: soak: <n>s of 1h
          -> wait until <time>
        """)


def test_a_dry_run_plans_checks_and_changes_nothing(rollout: Rollout, folder: Path) -> None:
    run = rollout("advance", "--dry-run")
    assert run.code == 0
    assert run.answer.endswith("Plan: 1 flag to change, nobody is switched off.\n")
    assert run.talk.endswith("Dry run: nothing was applied.\n")
    assert not (folder / ".rollout").exists()


def test_a_move_that_takes_the_path_from_shoppers_is_refused_until_it_is_allowed(
    rollout: Rollout, folder: Path
) -> None:
    for _ in range(3):
        rollout("advance", "--force", "--reason", "hurry")
    smaller = PHASES["2-beta"].replace("[beta-1, beta-2]", "[beta-1]")
    write_project(folder, phases={**PHASES, "2-beta": smaller})
    run = rollout("advance", "--phase", "2")
    assert run.code == 5
    assert run.answer == text("""
        test-rollout: phase 2 (beta)

          ~ EVENTS
              allowlist: -beta-2
          ~ ROUTING
              allowlist: -beta-2
          - EVENTS switches off 1 by name: beta-2
          - ROUTING switches off 1 by name: beta-2
        Plan: 2 flags to change, 2 flags lose shoppers.
        """)
    assert "add --allow-removals" in run.err
    assert rollout("advance", "--phase", "2", "--allow-removals").code == 0


def test_somebody_elses_change_is_a_conflict(rollout: Rollout) -> None:
    run = rollout("advance", "--expect-revision", "7")
    assert run.code == 6
    assert "expected revision 7, found 0; nothing was applied" in run.err


def test_force_needs_a_reason(rollout: Rollout) -> None:
    run = rollout("advance", "--force")
    assert (run.code, run.out) == (2, "")
    assert run.talk.endswith(
        text("""
        error: --force needs a reason
          -> add --reason TEXT: it is kept in the history
        """)
    )


@pytest.mark.parametrize("percent", ["101", "-1", "abc", "1_0", "nan", "1e1", "12.3456", "\uff12\uff15", ""])
def test_what_is_no_percent_is_a_usage_error(rollout: Rollout, percent: str) -> None:
    run = rollout("advance", f"--percent={percent}")
    assert run.code == 2
    assert run.err.startswith(f"error: {percent!r} is not a percent\n  -> a number from 0 to 100")


@pytest.mark.parametrize("percent", ["10", "10%", " 10 % ", "10.000"])
def test_a_percent_is_read_as_people_write_it(rollout: Rollout, percent: str) -> None:
    assert rollout("plan", "--phase", "3", "--percent", percent, "--format", "json").document["to"]["percent"] == 10


def test_rollback_goes_to_the_safe_state_and_twice_does_no_harm(rollout: Rollout) -> None:
    rollout("advance")
    run = rollout("rollback", "--reason", "error rate")
    assert (run.code, run.err) == (0, "")
    assert run.answer == text("""
          ~ EVENTS
              enabled: true -> false
        Rolled back: phase 0 (development) -> off, revision 2, in <n> ms
        """)
    again = rollout("rollback")
    assert (again.code, again.out, again.err) == (0, "Nothing to roll back: off, revision 2\n", "")


def test_rollback_to_the_previous_position(rollout: Rollout) -> None:
    rollout("advance")
    rollout("advance")
    run = rollout("rollback", "--to", "previous")
    assert (run.code, run.err) == (0, "")
    assert run.answer == "Rolled back: phase 1 (staging) -> phase 0 (development), revision 3, in <n> ms\n"


def test_rollback_never_goes_forward(rollout: Rollout) -> None:
    rollout("advance")
    run = rollout("rollback", "--to", "phase:2")
    assert (run.code, run.out) == (5, "")
    assert run.err == text("""
        error: phase 2 lies ahead of phase 0 (development): rollback only goes back
          -> go forward with `rollout advance --phase N`
        """)


def test_rollback_of_one_shopper_names_whom_and_leaves_the_rest(rollout: Rollout) -> None:
    rollout("advance")
    run = rollout("rollback", "--shopper", "shopper-9")
    assert (run.code, run.err) == (0, "")
    assert run.answer.splitlines()[-1] == (
        "Taken back: shopper-9, on every flag; phase 0 (development) stays, revision 2"
    )
    again = rollout("rollback", "--shopper", "shopper-9")
    assert again.answer == "Taken back before: shopper-9, on every flag; phase 0 (development) stays, revision 2\n"
    assert rollout("evaluate", "EVENTS", "--shopper", "shopper-9", "--format", "json").document["reason"] == "DENYLIST"
    assert rollout("evaluate", "EVENTS", "--shopper", "shopper-1", "--format", "json").document["value"] is True


def test_undeny_without_a_flag_takes_back_what_a_rollback_of_one_shopper_did_in_one_revision(rollout: Rollout) -> None:
    rollout("advance")
    before = rollout("flags", "list", "--format", "json").document["flags"]
    rollout("rollback", "--shopper", "shopper-9")
    rollout("flags", "deny", "EVENTS", "other")
    run = rollout("flags", "undeny", "--shopper", "shopper-9")
    assert (run.code, run.err, run.answer.splitlines()[-1]) == (0, "", "Applied: revision 4")
    after = rollout("flags", "list", "--format", "json").document["flags"]
    assert after.pop("EVENTS")["denylist"] == ["other"]
    assert after == {name: each for name, each in before.items() if name != "EVENTS"}
    assert rollout("flags", "undeny", "--shopper", "shopper-9").answer.endswith("Nothing to change.\n")


def test_undeny_without_a_flag_says_where_the_phase_file_goes_on_denying(rollout: Rollout, folder: Path) -> None:
    file = folder / "phases" / "0-development.yaml"
    file.write_text("phase: 0\nname: development\nflags:\n  EVENTS: {enabled: true, denylist: [shopper-9]}\n")
    rollout("advance")
    rollout("rollback", "--shopper", "shopper-9")
    run = rollout("flags", "undeny", "--shopper", "shopper-9")
    assert run.code == 0
    assert "EVENTS stays off for shopper-9: the phase file denies them" in run.err
    flags = rollout("flags", "list", "--format", "json").document["flags"]
    assert [name for name, each in flags.items() if each["denylist"]] == ["EVENTS"]


@pytest.mark.parametrize("shopper", ["", " shopper", "shopper\n", "shop\u200bper"])
def test_rollback_of_an_id_that_could_never_match_is_refused(rollout: Rollout, shopper: str) -> None:
    rollout("advance")
    run = rollout("rollback", "--shopper", shopper)
    assert (run.code, run.out) == (2, "")
    assert rollout("status", "--format", "json").document["revision"] == 1


def test_rollback_with_nothing_ever_applied_says_so_and_creates_no_store(rollout: Rollout, folder: Path) -> None:
    run = rollout("rollback")
    assert (run.code, run.out) == (0, "Nothing to roll back: off, revision 0\n")
    assert run.talk == (
        "There is no store at <folder>/.rollout/rollout.db: nothing was ever applied, "
        "environment variables decide alone.\n"
    )
    assert not (folder / ".rollout").exists()
    assert rollout("rollback", "--shopper", "shopper-9").code == 5


def test_flags_list_and_show_say_how_flags_stand(rollout: Rollout) -> None:
    for _ in range(3):
        rollout("advance", "--force", "--reason", "hurry")
    assert rollout("flags", "list").answer == text("""
        test-rollout: revision 3
          on  EVENTS
              allow: beta-1, beta-2
          off SHADOW
          on  ROUTING
              allow: beta-1, beta-2
          off POLICY
        """)
    assert rollout("flags", "show", "ROUTING").answer == text("""
        test-rollout: revision 3
          on  ROUTING
              allow: beta-1, beta-2
        """)


def test_flags_deny_and_undeny_say_what_changed(rollout: Rollout) -> None:
    rollout("advance")
    assert rollout("flags", "deny", "EVENTS", "a", "--shopper", "b").answer == text("""
        test-rollout: revision 2
          ~ EVENTS
              denylist: +a, b
        Applied: revision 2
        """)
    assert rollout("flags", "undeny", "EVENTS", "a").answer == text("""
        test-rollout: revision 3
          ~ EVENTS
              denylist: -a
        Applied: revision 3
        """)
    unchanged = rollout("flags", "undeny", "EVENTS", "a")
    assert (unchanged.code, unchanged.answer) == (0, "test-rollout: revision 3\nNothing to change.\n")


def test_flags_set_changes_several_fields_at_once(rollout: Rollout) -> None:
    rollout("advance")
    run = rollout("flags", "set", "EVENTS", "--percent", "12.5", "--shadow", "--reason", "trial")
    assert (run.code, run.err) == (0, "")
    assert run.answer == text("""
        test-rollout: revision 2
          ~ EVENTS
              percent: none -> 12.5
              shadow: false -> true
        Applied: revision 2
        """)


def test_flags_commands_work_while_the_files_are_broken(rollout: Rollout, folder: Path) -> None:
    rollout("advance")
    (folder / "flags.yaml").write_text(FLAGS + "  EVENTS: {}\n")
    run = rollout("flags", "deny", "EVENTS", "shopper-9")
    assert run.code == 0
    assert run.err == "warning: 1 error in 1 file, so the flags are those of the store; see `rollout validate`\n"
    assert rollout("evaluate", "EVENTS", "--shopper", "shopper-9", "--format", "json").document["reason"] == "DENYLIST"


def test_a_move_warns_while_break_glass_holds(rollout: Rollout) -> None:
    warning = "warning: break-glass (ROLLOUT_KILL) keeps EVENTS at its default, whatever the store says\n"
    for move in (("advance",), ("flags", "deny", "EVENTS", "a"), ("rollback",)):
        assert rollout(*move, ROLLOUT_KILL="EVENTS").err.count(warning) == 1
