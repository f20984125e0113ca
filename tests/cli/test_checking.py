"""`rollout check`: offline, in Portuguese, with what a failure calls for; and `advance` with the same checks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import Run, text
from tests.support.projects import PHASES, write_project

Rollout = Callable[..., Run]
CHECKED = {
    **PHASES,
    "1-staging": """\
phase: 1
name: staging
flags:
  EVENTS: {enabled: true}
preflight:
  - {id: events-on, kind: flag, flag: EVENTS, enabled: true, state: planned}
  - {id: team-trained, kind: attestation, title: The team has been trained, title_pt: Equipe treinada, expires: 30d}
  - {id: normalizes, kind: simulate, provider: evolution, pending: the normalizer}
gates:
  - id: in-shadow
    kind: flag
    flag: SHADOW
    enabled: true
    title: Canonical events stay in shadow
    on: {fail: rollback, inconclusive: hold, error: hold}
alerts:
  - id: nobody-routed
    kind: flag
    flag: ROUTING
    enabled: true
    on: {fail: warn, inconclusive: hold, error: hold}
""",
}


@pytest.fixture
def checked(rollout: Rollout, folder: Path) -> Rollout:
    write_project(folder, phases=CHECKED)
    return rollout


def test_offline_needs_no_store_and_says_what_it_did_not_ask(checked: Rollout, folder: Path) -> None:
    run = checked("check", "--phase", "1", "--offline")
    assert (run.code, run.err) == (0, "")
    assert run.answer == text("""
        test-rollout: checks for phase 1 (staging)
          preflight
            PASS         events-on: EVENTS: enabled true
            INCONCLUSIVE team-trained: not asked: files alone cannot answer this
                         The team has been trained
            INCONCLUSIVE normalizes: not asked: files alone cannot answer this
          gates
            PASS         in-shadow: SHADOW: enabled true
                         Canonical events stay in shadow
          alerts
            FAIL         nobody-routed: ROUTING: enabled false; wanted enabled true
                         -> see how it came to this: `rollout history`
                         only a warning
        2 passed, 1 failed, 2 not asked offline
        Verdict: PASS
        """)
    assert not (folder / ".rollout").exists()


def test_offline_works_although_the_store_does_not(checked: Rollout, folder: Path) -> None:
    (folder / ".rollout").mkdir()
    (folder / ".rollout" / "rollout.db").write_text("rubbish")
    assert checked("check", "--phase", "1").code == 7
    assert checked("check", "--phase", "1", "--offline").code == 0


def test_offline_fails_with_3_when_the_files_contradict_themselves(checked: Rollout, folder: Path) -> None:
    bad = CHECKED["1-staging"].replace("flag: SHADOW\n    enabled: true", "flag: EVENTS\n    shadow: true")
    write_project(folder, phases={**CHECKED, "1-staging": bad.replace("{fail: rollback", "{fail: hold")})
    run = checked("check", "--phase", "1", "--offline", "-q")
    assert run.code in {2, 3}  # a lint rule may already say so


def test_a_pending_check_says_what_it_waits_for_and_a_person_can_stand_in(checked: Rollout) -> None:
    checked("advance")
    run = checked("check")
    assert run.code == 4
    assert "INCONCLUSIVE normalizes: pending: it waits for the normalizer\n" in run.out
    assert "1 passed, 1 inconclusive, 1 pending\n" in run.out
    checked("attest", "normalizes", "--note", "two hundred bodies, by hand")
    checked("attest", "team-trained")
    run = checked("check")
    assert run.code == 0
    assert "the check itself waits for the normalizer" in run.out


def test_portuguese_speaks_of_titles_verdicts_and_findings(checked: Rollout) -> None:
    checked("advance")
    run = checked("check", "--lang", "pt")
    assert run.code == 4
    assert "Equipe treinada\n" in run.out
    assert "The team" not in run.out
    assert "nobody has attested" not in run.out
    assert "Verdict" not in run.out
    by_variable = checked("check", ROLLOUT_LANG="pt_BR.UTF-8")
    assert by_variable.out == run.out


def test_a_language_that_we_do_not_speak_is_exit_2(checked: Rollout) -> None:
    run = checked("check", "--lang", "ptt")
    assert (run.code, run.err) == (2, "error: there is no language 'ptt'\n  -> did you mean pt?\n")


def test_json_says_section_cause_reaction_and_place(checked: Rollout) -> None:
    checked("advance")
    for check_id in ("normalizes", "team-trained"):
        checked("attest", check_id)
    checked("advance")
    checks = {each["id"]: each for each in checked("check", "--format", "json").document["checks"]}
    assert {name: (each["section"], each["reaction"], each["counts"]) for name, each in checks.items()} == {
        "in-shadow": ("gates", None, True),
        "nobody-routed": ("alerts", "warn", False),
    }
    assert (checks["in-shadow"]["file"], checks["in-shadow"]["line"]) == ("phases/1-staging.yaml", 10)


def test_advance_is_held_by_an_alert_and_says_that_it_calls_for_a_rollback(checked: Rollout, folder: Path) -> None:
    checked("advance")
    for check_id in ("normalizes", "team-trained"):
        checked("attest", check_id)
    assert checked("advance").code == 0
    checked("flags", "set", "SHADOW", "--off")
    run = checked("advance", "--allow-removals")
    assert run.code == 3
    assert "calls for a rollback\n" in run.out
    assert "-> this calls for `rollout rollback`; else see how it came to this: `rollout history`\n" in run.err


def test_with_no_phase_to_check_offline_is_exit_2(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases={})
    run = rollout("check", "--offline")
    assert (run.code, run.err) == (2, "error: there is no phase to check\n  -> add phases/0-name.yaml\n")
