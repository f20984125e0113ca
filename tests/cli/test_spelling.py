"""Spelling mistakes: one line, the name that was probably meant, exit 2."""

from collections.abc import Callable

import pytest

from tests.support.program import Run

Rollout = Callable[..., Run]


@pytest.mark.parametrize(
    ("typed", "error", "hint"),
    [
        ("plna", "there is no command 'plna' in `rollout`", "did you mean plan?"),
        ("revert", "there is no command 'revert' in `rollout`", "did you mean rollback?"),
        ("xyzzy", "there is no command 'xyzzy' in `rollout`", "see `rollout --help`"),
        ("flags lsit", "there is no command 'lsit' in `rollout flags`", "did you mean list?"),
        ("flags revert", "there is no command 'revert' in `rollout flags`", "see `rollout flags --help`"),
        ("advance --phaze 1", "there is no option --phaze for `rollout advance`", "did you mean --phase?"),
        ("advance --dryrun", "there is no option --dryrun for `rollout advance`", "did you mean --dry-run?"),
        ("flags set EVENTS --ofn", "there is no option --ofn for `rollout flags set`", "did you mean --on?"),
        ("status -x", "there is no option -x for `rollout status`", "see `rollout status --help`"),
        ("--phase 1 advance", "there is no option --phase for `rollout`", "see `rollout --help`"),
        ("status --format jsn", "there is no format 'jsn'", "did you mean json?"),
        ("status --format yaml", "there is no format 'yaml'", "formats: text, json"),
        ("schema stauts", "there is no schema 'stauts'", "did you mean status?"),
        ("export flgd", "there is no export 'flgd'", "did you mean flagd?"),
        ("export toml", "there is no export 'toml'", "exports: flagd, env, json"),
        ("flags show EVNTS", "there is no flag 'EVNTS'", "did you mean EVENTS?"),
        ("flags set POLICI --off", "there is no flag 'POLICI'", "did you mean POLICY?"),
        ("flags deny X a", "there is no flag 'X'", "flags: EVENTS, SHADOW, ROUTING, POLICY"),
        ("flags deny EVENTS", "name at least one shopper", "rollout flags deny FLAG ID..."),
        ("rollback --to previuos", "there is no rollback to 'previuos'", "did you mean previous?"),
        ("rollback --to x", "there is no rollback to 'x'", "targets: safe, previous, phase:N, revision:R"),
        ("rollback --to phase:x", "there is no rollback to 'phase:x'", "targets: safe, previous, phase:N, revision:R"),
        ("history verfy", "there is no `history verfy`", "use `rollout history` or `rollout history verify`"),
        ("plan --phase 9", "there is no phase 9", "the plan has phases 0, 1, 2, 3"),
        ("plan --phase 3 --percent 11", "phase 3 has no step at 11 %", "its steps are 10, 50, 100"),
        ("simulate --phase 3 --percent 11", "phase 3 has no step at 11 %", "its steps are 10, 50, 100"),
        ("simulate --phase 1 --percent 10%", "phase 1 has no step at 10 %",
         "leave --percent out: phase 1 is not a ramp"),
        ("flags show", "Missing argument 'FLAG'.", "see `rollout flags show --help`"),
        ("evaluate", "say which flag", "rollout evaluate FLAG; or --shopper ID alone, for every flag"),
        ("evaluate --shopper a --percent 5", "say which flag",
         "rollout evaluate FLAG; or --shopper ID alone, for every flag"),
        ("flags undeny shopper_7", "name at least one shopper",
         "rollout flags undeny FLAG ID...; or --shopper ID alone, for every flag"),
        ("advance --phase", "Option '--phase' requires an argument.", "see `rollout advance --help`"),
        ("status nonsense", "Got unexpected extra argument(s) (nonsense)", "see `rollout status --help`"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_what_was_probably_meant(rollout: Rollout, typed: str, error: str, hint: str) -> None:
    run = rollout(*typed.split())
    assert (run.code, run.out) == (2, "")
    assert [line for line in run.err.splitlines() if not line.startswith("There is no store yet")] == [
        f"error: {error}",
        f"  -> {hint}",
    ]


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("advance --phase beta", "--phase: 'beta' is no whole number"),
        ("advance --phase -1", "--phase: '-1' has to be greater than or equal to 0"),
        ("advance --expect-revision 1.5", "--expect-revision: '1.5' is no whole number"),
        ("simulate --events 10k", "--events: '10k' is no whole number"),
        ("status --interval often", "--interval: 'often' is no number"),
        ("status --interval 0", "--interval: '0' has to be greater than or equal to 0.2"),
    ],
)
def test_what_is_no_such_number_is_named(rollout: Rollout, typed: str, error: str) -> None:
    run = rollout(*typed.split())
    assert (run.code, run.out) == (2, "")
    assert run.err == f"error: {error}\n  -> see `rollout {typed.split(maxsplit=1)[0]} --help`\n"


def test_what_was_typed_is_harmless_on_the_screen(rollout: Rollout) -> None:
    for typed in (["\x1b[31m"], ["plan", "--\x1b]0;x\x07"], ["flags", "show", "\u202e"], ["schema", "a\nb"]):
        run = rollout(*typed)
        assert run.code == 2
        assert not set(run.err) & set("\x1b\x07\u202e")
        assert len(run.err.splitlines()) <= 3


def test_debug_shows_where_an_error_comes_from_and_keeps_its_exit_code(rollout: Rollout) -> None:
    run = rollout("plan", "--phase", "9", "--debug")
    assert run.code == 2
    assert "Traceback (most recent call last)" in run.err
    assert run.err.endswith("error: there is no phase 9\n  -> the plan has phases 0, 1, 2, 3\n")
    assert "Traceback" not in rollout("plan", "--phase", "9").err
