"""Each lint rule complains about what it is for, at its place and with its weight, and about nothing else."""

import pytest

from rollout_cli.plan.findings import MAX_FINDINGS, MOST_CHARACTERS, Severity
from rollout_cli.plan.lint import LINT_RULES
from tests.plan.lint_cases import BOOLEAN, CASES, FLAGS, HEAD, TODAY, Case
from tests.support.files import read_files
from tests.support.projects import REPOSITORY


def found(files: dict[str, str], rule: str) -> list[tuple[str, Severity, str]]:
    reading = read_files({"flags.yaml": FLAGS, **files}, TODAY)
    return [
        (f"{each.file} {each.line}:{each.column}", each.severity, each.hint)
        for each in reading.findings
        if each.rule == rule
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_complains_at_the_place_with_its_weight_and_a_hint(case: Case) -> None:
    complaints = found({**dict(case.beside), case.file: case.wrong}, case.rule)
    assert complaints
    where, severity, hint = complaints[0]
    assert (where, severity) == (f"{case.file} {case.place}", case.severity)
    assert hint


@pytest.mark.parametrize("case", [case for case in CASES if case.right], ids=lambda case: case.rule)
def test_a_rule_is_silent_about_files_that_keep_it(case: Case) -> None:
    files = {**dict(case.beside), case.file: case.right}
    assert found(files, case.rule) == []
    assert read_files({"flags.yaml": FLAGS, **files}, TODAY).project is not None


def messages(files: dict[str, str], rule: str) -> list[str]:
    reading = read_files({"flags.yaml": FLAGS, **files}, TODAY)
    return [each.message for each in reading.findings if each.rule == rule]


def test_a_removal_says_who_by_name_and_by_share_and_in_every_flag_that_needs_it() -> None:
    flags = "{ON: {enabled: false}, A: {enabled: true, percent: 20, allowlist: [s, t]}, B: {enabled: true}}"
    first = f"phase: 0\nname: x\nflags: {flags}\n"
    second = f"phase: 1\nname: y\nflags: {flags.replace('20', '5').replace('s, ', '')}\n"
    lost = messages({"phases/0-x.yaml": first, "phases/1-y.yaml": second}, "removals")
    assert [each.split(" switches off ")[1].split(" for ")[0] for each in lost] == ["A", "B"]
    assert all("15 % of all others" in each for each in lost)


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
    steps = ", ".join(["{percent: 5, soak: 1h}"] * 100)
    phase = f"phase: 0\nname: x\nramp: {{flags: [A], steps: [{steps}]}}\n"
    findings = read_files({"flags.yaml": FLAGS, "phases/0-x.yaml": phase}).findings
    assert sum(each.rule == "ramp-rises" for each in findings) == MAX_FINDINGS
    assert [each.severity for each in findings if each.rule == "too-many-findings"] == [Severity.ERROR]


@pytest.mark.parametrize("folder", [REPOSITORY, REPOSITORY / "examples/gradual"], ids=["shipped", "gradual"])
def test_the_shipped_plans_keep_every_rule(folder) -> None:
    paths = [*folder.glob("flags.yaml"), *folder.glob("sources.yaml"), *(folder / "phases").glob("*.yaml")]
    files = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    assert read_files(files).findings == ()
