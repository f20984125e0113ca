"""Each lint rule complains about what it is for, at its place and with its weight, and about nothing else."""

from dataclasses import dataclass
from datetime import date

import pytest

from rollout_cli.plan.findings import MAX_FINDINGS, MOST_CHARACTERS, Severity
from rollout_cli.plan.lint import LINT_RULES
from tests.support.files import read_files
from tests.support.projects import REPOSITORY

HEAD = "version: 1\nrollout: test\nflags:\n"
FLAGS = (
    HEAD
    + """\
  A: {type: boolean, default: false}
  B: {type: boolean, default: false, requires: [A]}
  ON: {type: boolean, default: true}
  S: {type: string, default: x, values: [x, y]}
  FREE: {type: string, default: x}
"""
)
GATE = "gates: [{id: g, kind: attestation}]\n"
TODAY = date(2026, 1, 5)


@dataclass(frozen=True)
class Case:
    """Files of which one breaks a rule at a place, and the same files mended."""

    rule: str
    severity: Severity
    file: str
    wrong: str
    place: str
    right: str


def of_flags(rule: str, wrong: str, place: str, right: str, severity: Severity = Severity.ERROR) -> Case:
    return Case(rule, severity, "flags.yaml", HEAD + wrong, place, HEAD + right)


def of_phase(rule: str, wrong: str, place: str, right: str, severity: Severity = Severity.ERROR) -> Case:
    head = "phase: 0\nname: x\n"
    return Case(rule, severity, "phases/0-x.yaml", head + wrong, place, head + right)


BOOLEAN = "type: boolean, default: false"
CHAIN = "".join(f"  A{n}: {{{BOOLEAN}, requires: [A{n + 1}]}}\n" for n in range(16)) + f"  A16: {{{BOOLEAN}}}\n"
LONGER = f"  A: {{{BOOLEAN}, requires: [A0]}}\n" + CHAIN
LATTICE = "".join(
    f"  {side}{n}: {{{BOOLEAN}, requires: [A{n + 1}, B{n + 1}]}}\n" for n in range(6) for side in "AB"
) + "".join(f"  {side}6: {{{BOOLEAN}}}\n" for side in "AB")
WARNING = Severity.WARNING

CASES = [
    of_flags("default-type", "  A: {type: boolean, default: 'no'}\n", "4:22", f"  A: {{{BOOLEAN}}}\n"),
    of_flags("default-type", "  A: {type: boolean, default: no}\n", "4:22", "  A: {type: boolean, default: true}\n"),
    of_flags("default-type", "  A: {type: string, default: true}\n", "4:21", "  A: {type: string, default: 'true'}\n"),
    of_flags(
        "default-type",
        "  A: {type: string, default: z, values: [x, y]}\n",
        "4:21",
        "  A: {type: string, default: y, values: [x, y]}\n",
    ),
    of_flags("values-on-boolean", f"  A: {{{BOOLEAN}, values: [x]}}\n", "4:38", f"  A: {{{BOOLEAN}, values: []}}\n"),
    of_flags("unknown-flag", f"  AB: {{{BOOLEAN}, requires: [AC]}}\n", "4:50", f"  AB: {{{BOOLEAN}}}\n"),
    of_phase("unknown-flag", "flags: {a: {}}\n", "3:9", "flags: {A: {}}\n"),
    of_phase("unknown-flag", "ramp: {flags: [A, C], steps: [{percent: 1}]}\n", "3:19", "flags: {}\n"),
    of_phase(
        "unknown-flag",
        "rollback: {post_checks: [{id: a, kind: flag, flag: C, enabled: true}]}\n",
        "3:46",
        "rollback: {post_checks: [{id: a, kind: flag, flag: A, enabled: true}]}\n",
    ),
    of_flags("circular-prerequisite", f"  A: {{{BOOLEAN}, requires: [A]}}\n", "4:38", f"  A: {{{BOOLEAN}}}\n"),
    of_flags(
        "circular-prerequisite",
        f"  A: {{{BOOLEAN}, requires: [B]}}\n  B: {{{BOOLEAN}, requires: [C]}}\n  C: {{{BOOLEAN}, requires: [B]}}\n",
        "5:38",
        f"  A: {{{BOOLEAN}, requires: [B]}}\n  B: {{{BOOLEAN}, requires: [C]}}\n  C: {{{BOOLEAN}}}\n",
    ),
    of_flags("prerequisite-depth", LONGER, "4:38", CHAIN),
    of_flags("prerequisite-depth", LATTICE, "4:39", LATTICE.replace("A1, B1", "A2, B2")),
    of_phase("value", "flags: {A: {value: x}}\n", "3:13", "flags: {A: {enabled: true}}\n"),
    of_phase("value", "flags: {S: {value: z}}\n", "3:13", "flags: {S: {value: y}, FREE: {value: z}}\n"),
    of_phase(
        "ramp-rises",
        "ramp: {flags: [A], steps: [{percent: 5}, {percent: 4.999}]}\n",
        "3:43",
        "ramp: {flags: [A], steps: [{percent: 5}, {percent: 5.001}]}\n",
    ),
    of_phase(
        "ramp-flag",
        "flags: {A: {percent: 5}}\nramp: {flags: [A], steps: [{percent: 5}]}\n",
        "3:13",
        "flags: {A: {allowlist: [s]}}\nramp: {flags: [A], steps: [{percent: 5}]}\n",
    ),
    of_phase(
        "ramp-flag",
        "flags: {A: {enabled: false}}\nramp: {flags: [A], steps: [{percent: 5}]}\n",
        "3:13",
        "flags: {B: {enabled: false}}\nramp: {flags: [A], steps: [{percent: 5}]}\n",
    ),
    of_phase(
        "check-id-twice",
        "preflight: [{id: a, kind: attestation}]\ngates: [{id: a, kind: attestation}]\n",
        "4:10",
        "preflight: [{id: a, kind: attestation}]\ngates: [{id: b, kind: attestation}]\n",
    ),
    Case("phase-gap", WARNING, "phases/1-x.yaml", "phase: 1\nname: x\n", "1:1", "phase: 0\nname: x\n"),
    Case("phase-file-name", WARNING, "phases/0-x.yaml", "phase: 0\nname: y\n", "1:1", "phase: 0\nname: x\n"),
    Case("phase-file-name", WARNING, "phases/0-x.yml", "phase: 0\nname: x\n", "1:1", ""),
    of_phase("phase-without-gates", "", "1:1", GATE, WARNING),
    of_phase(
        "prerequisite-off",
        "flags: {B: {enabled: true}}\n",
        "3:9",
        "flags: {B: {enabled: true}, A: {enabled: true}}\n",
        WARNING,
    ),
    of_phase(
        "prerequisite-off",
        "ramp: {flags: [B], steps: [{percent: 5}]}\n",
        "3:16",
        "ramp: {flags: [B, A], steps: [{percent: 5}]}\n",
        WARNING,
    ),
    of_phase("targeting-without-enabled", "flags: {A: {percent: 5}}\n", "3:9", "flags: {ON: {percent: 5}}\n", WARNING),
    of_phase(
        "targeting-without-enabled",
        "flags: {A: {allowlist: [s], enabled: false}}\n",
        "3:9",
        "flags: {A: {allowlist: [s], enabled: true}, S: {value: y, percent: 5}}\n",
        WARNING,
    ),
    of_phase(
        "enabled-without-value",
        "flags: {S: {enabled: true}}\n",
        "3:9",
        "flags: {S: {value: y, enabled: true}}\n",
        WARNING,
    ),
    of_phase(
        "enabled-without-value",
        "ramp: {flags: [A, S], steps: [{percent: 5}]}\n",
        "3:19",
        "flags: {S: {value: y}}\nramp: {flags: [A, S], steps: [{percent: 5}]}\n",
        WARNING,
    ),
    of_phase(
        "allowed-and-denied",
        "flags: {A: {enabled: true, allowlist: [s, t], denylist: [t]}}\n",
        "3:28",
        "flags: {A: {enabled: true, allowlist: [s], denylist: [t]}}\n",
        WARNING,
    ),
    of_phase(
        "listed-twice",
        "flags: {A: {enabled: true, allowlist: [s, t, s, s]}}\n",
        "3:46",
        "flags: {A: {enabled: true, allowlist: [s, t]}}\n",
        WARNING,
    ),
    of_phase(
        "listed-twice",
        "ramp: {flags: [A, A], steps: [{percent: 5}]}\n",
        "3:19",
        "ramp: {flags: [A], steps: [{percent: 5}]}\n",
        WARNING,
    ),
    of_flags(
        "flag-listed-twice",
        "  A: {type: string, default: x, values: [x, x]}\n",
        "4:45",
        "  A: {type: string, default: x, values: [x]}\n",
        WARNING,
    ),
    of_flags(
        "expired-flag",
        f"  A: {{{BOOLEAN}, expires: 2026-01-04}}\n",
        "4:38",
        f"  A: {{{BOOLEAN}, expires: 2026-01-05}}\n",
        WARNING,
    ),
]  # fmt: skip


def found(files: dict[str, str], rule: str) -> list[tuple[str, Severity, str]]:
    reading = read_files({"flags.yaml": FLAGS, **files}, TODAY)
    return [
        (f"{each.file} {each.line}:{each.column}", each.severity, each.hint)
        for each in reading.findings
        if each.rule == rule
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_complains_at_the_place_with_its_weight_and_a_hint(case: Case) -> None:
    complaints = found({case.file: case.wrong}, case.rule)
    assert complaints
    where, severity, hint = complaints[0]
    assert (where, severity) == (f"{case.file} {case.place}", case.severity)
    assert hint


@pytest.mark.parametrize("case", [case for case in CASES if case.right], ids=lambda case: case.rule)
def test_a_rule_is_silent_about_files_that_keep_it(case: Case) -> None:
    assert found({case.file: case.right}, case.rule) == []
    assert read_files({"flags.yaml": FLAGS, case.file: case.right}, TODAY).project is not None


def test_a_phase_number_is_used_once() -> None:
    one, two = "phase: 0\nname: x\n", "phase: 0\nname: y\n"
    assert found({"phases/0-x.yaml": one, "phases/0-y.yaml": two}, "phase-twice") == [
        ("phases/0-y.yaml 1:1", Severity.ERROR, "give it another number")
    ]
    assert found({"phases/0-x.yaml": one, "phases/1-y.yaml": two.replace("0", "1")}, "phase-twice") == []


def test_a_plan_without_phases_is_a_warning() -> None:
    assert found({}, "no-phases") == [("flags.yaml 1:1", Severity.WARNING, "add phases/0-name.yaml")]
    assert found({"phases/0-x.yaml": "phase: 0\nname: x\n"}, "no-phases") == []
    assert found({"phases/0-x.yaml": "["}, "no-phases") == []


def test_every_rule_has_a_case_and_its_weight() -> None:
    weights = {case.rule: case.severity for case in CASES} | {
        "phase-twice": Severity.ERROR,
        "no-phases": Severity.WARNING,
    }
    assert weights == {name: severity for name, (severity, _) in LINT_RULES.items()}


def test_every_rule_is_one_sentence() -> None:
    for name, (_, sentence) in LINT_RULES.items():
        assert sentence.strip().endswith("."), name
        assert "\n" not in sentence, name


def test_the_circle_is_named_and_not_those_who_lead_into_it() -> None:
    flags = "".join(f"  {name}: {{{BOOLEAN}, requires: [{need}]}}\n" for name, need in ("AB", "BC", "CB"))
    assert [where for where, _, _ in found({"flags.yaml": HEAD + flags}, "circular-prerequisite")] == [
        "flags.yaml 5:38",
        "flags.yaml 6:38",
    ]


def test_a_chain_that_is_much_too_long_is_said_once() -> None:
    chain = "".join(f"  A{n}: {{{BOOLEAN}, requires: [A{n + 1}]}}\n" for n in range(40)) + f"  A40: {{{BOOLEAN}}}\n"
    assert len(found({"flags.yaml": HEAD + chain}, "prerequisite-depth")) == 1


def test_a_hint_does_not_list_values_without_end() -> None:
    values = ", ".join(f"{'v' * 400}{n}" for n in range(50))
    flags = f"{HEAD}  A: {{type: string, default: x, values: [{values}]}}\n"
    [(_, _, hint)] = found({"flags.yaml": flags}, "default-type")
    assert hint.startswith("use one of v")
    assert len(hint) == MOST_CHARACTERS


def test_rules_about_phases_are_asked_although_the_flags_are_unsound() -> None:
    flags = FLAGS.replace("version: 1", "version: 2")
    phase = "phase: 0\nname: x\nflags: {AA: {}}\nramp: {flags: [A], steps: [{percent: 5}, {percent: 1}]}\n"
    rules = {each.rule for each in read_files({"flags.yaml": flags, "phases/0-x.yaml": phase}).findings}
    assert {"bad-value", "unknown-flag", "ramp-rises", "phase-without-gates"} <= rules


def test_a_misspelt_flag_gets_a_suggestion() -> None:
    phase = "phase: 0\nname: x\nflags: {FREEE: {}, ZZZ: {}}\n"
    hints = [hint for _, _, hint in found({"phases/0-x.yaml": phase}, "unknown-flag")]
    assert hints == ["did you mean FREE?", "declare it, or remove it here"]


def test_a_rule_that_complains_without_end_is_cut_and_that_is_said() -> None:
    steps = ", ".join(["{percent: 5}"] * 100)
    phase = f"phase: 0\nname: x\nramp: {{flags: [A], steps: [{steps}]}}\n"
    findings = read_files({"flags.yaml": FLAGS, "phases/0-x.yaml": phase}).findings
    assert sum(each.rule == "ramp-rises" for each in findings) == MAX_FINDINGS
    assert [each.severity for each in findings if each.rule == "too-many-findings"] == [Severity.ERROR]


@pytest.mark.parametrize("folder", [REPOSITORY, REPOSITORY / "examples/gradual"], ids=["shipped", "gradual"])
def test_the_shipped_plans_keep_every_rule(folder) -> None:
    paths = [folder / "flags.yaml", *(folder / "phases").glob("*.yaml")]
    files = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    assert read_files(files).findings == ()
