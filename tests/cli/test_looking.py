"""What the commands say that only look: status, plan, check, history."""

from collections.abc import Callable
from pathlib import Path

from tests.support.program import Run, text
from tests.support.projects import PHASES, write_project

Rollout = Callable[..., Run]
NO_STORE = "There is no store yet: test-rollout is off. The first change creates <folder>/.rollout/rollout.db.\n"
CHECKED = {
    **PHASES,
    "1-staging": """\
phase: 1
name: staging
flags:
  EVENTS: {enabled: true}
preflight:
  - {id: events-on, kind: flag, flag: EVENTS, enabled: true}
  - {id: team-trained, kind: attestation, title: The team has been trained, expires: 30d}
gates:
  - {id: never-shadowed, kind: flag, flag: EVENTS, shadow: true, on: {fail: hold, inconclusive: hold, error: hold}}
""",
}


def test_status_before_the_first_change_says_off_and_what_comes_next(rollout: Rollout) -> None:
    run = rollout("status")
    assert (run.code, run.talk) == (0, NO_STORE)
    assert run.answer == text("""
        test-rollout: off, revision 0
        state:   off: not begun
        next:    phase 0 (development)

          off EVENTS
          on  SHADOW
          off ROUTING
          off POLICY
        """)


def test_status_says_the_soak_the_lists_and_the_drift(rollout: Rollout) -> None:
    for _ in range(3):
        assert rollout("advance", "--force", "--reason", "hurry").code == 0
    rollout("flags", "deny", "ROUTING", "shopper-9")
    rollout("flags", "set", "POLICY", "--value", "sticky")
    run = rollout("status")
    assert (run.code, run.err) == (0, "")
    assert run.answer == text("""
        test-rollout: phase 2 (beta), revision 5
        state:   soaking
        since:   <time>
        soak:    <n>s of 2d (0%), until <time>
        next:    phase 3 (production) at 10 %

          on  EVENTS
              allow: beta-1, beta-2
          off SHADOW
          on  ROUTING
              allow: beta-1, beta-2
              deny:  shopper-9
          on  POLICY = sticky
        drift:   what the files want -> what is
          ~ POLICY
              enabled: false -> true
              value: none -> sticky
        """)


def test_status_says_how_many_checks_guard_the_way_on_and_asks_none(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=CHECKED)
    for _ in range(2):
        assert rollout("advance", "--force", "--reason", "hurry").code == 0
    lines = rollout("status").answer.splitlines()
    assert lines[3:5] == [
        "next:    phase 2 (beta)",
        "gates:   1 check must hold to move on: `rollout check` asks",
    ]
    assert rollout("status", "--format", "json").document["gates"] == [
        {"id": "never-shadowed", "kind": "flag", "verdict": None, "asked_at": None}
    ]
    rollout("rollback")
    assert not [line for line in rollout("status").answer.splitlines() if line.startswith("gates:")]


def test_status_after_a_rollback_says_how_to_go_on(rollout: Rollout) -> None:
    rollout("advance")
    rollout("rollback")
    assert rollout("status").answer.splitlines()[:4] == [
        "test-rollout: off, revision 2",
        "state:   rolled back: nothing moves by itself",
        "since:   <time>",
        "next:    when you name it: `rollout advance --phase 0`",
    ]


def test_status_says_what_break_glass_keeps_off(rollout: Rollout) -> None:
    assert "KILLED:  *, whatever the flags below say\n" in rollout("status", ROLLOUT_KILL="*").out


def test_status_says_when_break_glass_names_no_flag(rollout: Rollout) -> None:
    said = "warning: break-glass names no flag and so kills nothing: EVENT\n"
    assert rollout("status", ROLLOUT_KILL="EVENT,ROUTING").err.endswith(said)
    assert "break-glass" not in rollout("status", ROLLOUT_KILL="ROUTING").err


def test_status_with_broken_files_says_what_the_store_knows(rollout: Rollout, folder: Path) -> None:
    rollout("advance")
    (folder / "phases" / "0-development.yaml").write_text("phase: [\n")
    run = rollout("status")
    assert run.code == 0
    assert run.err == "warning: 1 error in 1 file, so drift and soak are unknown; see `rollout validate`\n"
    assert "test-rollout: phase 0 (development), revision 1\n" in run.out
    assert "  on  EVENTS\n" in run.out
    assert "drift:   unknown, the files cannot be read\n" in run.out


def test_status_without_files_says_what_the_store_knows(rollout: Rollout, folder: Path) -> None:
    rollout("advance")
    (folder / "flags.yaml").unlink()
    run = rollout("status")
    assert run.code == 0
    assert "test-rollout: phase 0 (development), revision 1\n" in run.out


def test_plan_shows_every_field_that_would_change(rollout: Rollout) -> None:
    rollout("advance")
    rollout("advance")
    run = rollout("plan")
    assert (run.code, run.err) == (0, "")
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
        """)


def test_plan_for_where_the_rollout_is_finds_no_changes(rollout: Rollout) -> None:
    rollout("advance")
    assert rollout("plan", "--phase", "0").answer == text("""
        test-rollout: phase 0 (development)
        No changes: the rollout stands as the files want it.
        """)


def test_plan_of_an_illegal_move_says_why_and_still_exits_0(rollout: Rollout) -> None:
    run = rollout("plan", "--phase", "3", "--percent", "50")
    assert run.code == 0
    assert run.answer.splitlines()[-2:] == [
        "Not a legal move: positions are never skipped",
        "-> advance to phase 0 (development) first",
    ]


def test_plan_with_ids_says_who_flips(rollout: Rollout, folder: Path) -> None:
    rollout("advance")
    (folder / "ids.txt").write_text("beta-1\nshopper-1\n\nshopper-2\n")
    run = rollout("plan", "--phase", "2", "--ids", "ids.txt")
    assert run.code == 0
    assert run.answer.split("Plan: ")[1] == text("""
        3 flags to change, nobody is switched off.
        Of the ids: 3 asked, 1 flip on, 3 flip off
          EVENTS: 0 on, 2 off
          SHADOW: 0 on, 3 off
          ROUTING: 1 on, 0 off
          on:  beta-1
          off: beta-1, shopper-1, shopper-2
          what flips off served nobody: it was in shadow, or is on by default
        Not a legal move: positions are never skipped
        -> advance to phase 1 (staging) first
        """)


def test_check_asks_the_gates_of_here_and_the_preflight_of_there(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=CHECKED)
    rollout("advance")
    run = rollout("check")
    assert (run.code, run.err) == (4, "")
    assert run.answer == text("""
        test-rollout: checks for phase 1 (staging)
          preflight of phase 1
            PASS         events-on: EVENTS: enabled true
            INCONCLUSIVE team-trained: nobody has attested this
                         The team has been trained
                         -> ask the person who knows to run `rollout attest team-trained --note …`
        1 passed, 1 inconclusive
        Verdict: INCONCLUSIVE
        """)


def test_check_exits_3_when_one_fails(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=CHECKED)
    rollout("advance")
    rollout("attest", "team-trained")
    assert rollout("advance").code == 0
    run = rollout("check")
    assert run.code == 3
    assert run.answer == text("""
        test-rollout: checks for phase 2 (beta)
          gates of phase 1
            FAIL         never-shadowed: EVENTS: shadow false; wanted shadow true
                         -> see how it came to this: `rollout history`
        1 failed
        Verdict: FAIL
        """)


def test_history_names_who_did_what_and_why_newest_first(rollout: Rollout) -> None:
    rollout("advance", "--reason", "first try")
    rollout("flags", "deny", "EVENTS", "a", "b", ROLLOUT_ACTOR="ana@desk")
    rollout("rollback", "--reason", "error rate")
    run = rollout("history")
    assert (run.code, run.err) == (0, "")
    assert run.answer == text("""
        test-rollout: 3 revisions
        r3   <time> rollback phase 0 (development) -> off
             by tester: error rate
             EVENTS.enabled: true -> false
        r2   <time> deny phase 0 (development)
             by ana@desk
             EVENTS.denylist: nobody -> 2 ids
        r1   <time> advance off -> phase 0 (development)
             by tester: first try
             EVENTS.enabled: false -> true
        """)
    assert rollout("history", "--limit", "1").answer.startswith("test-rollout: 1 revision\nr3 ")


def test_history_verify_proves_the_chain_or_says_where_it_breaks(rollout: Rollout) -> None:
    rollout("advance")
    rollout("rollback")
    sound = rollout("history", "verify")
    assert (sound.code, sound.err) == (0, "")
    assert sound.answer == text("""
        Sound: 2 revisions of test-rollout, each follows from the one before
        head <hash>
        """)
    unsound = rollout("history", "verify", "--head", "0" * 64)
    assert unsound.code == 7
    assert unsound.answer == text("""
        Not sound: the history of test-rollout is not what was written
          - the hash you gave is not in this history
        """)
    assert unsound.err.splitlines()[0] == (
        "error: the history of test-rollout is not sound: the hash you gave is not in this history"
    )


def test_history_without_a_store_is_exit_7_and_creates_none(rollout: Rollout, folder: Path) -> None:
    run = rollout("history")
    assert (run.code, run.out) == (7, "")
    assert run.talk == text("""
        error: there is no store at <folder>/.rollout/rollout.db, so there is no history
          -> the first change creates it
        """)
    assert not (folder / ".rollout").exists()


def test_a_head_without_verify_is_a_usage_error(rollout: Rollout) -> None:
    assert rollout("history", "--head", "abc").code == 2
