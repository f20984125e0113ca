"""Files as models: each deviation is a finding with its rule, its exact place, and a hint that helps."""

import pytest

from rollout_cli.plan.findings import MAX_FINDINGS, MOST_CHARACTERS, Finding
from rollout_cli.plan.models import MAX_FLAGS, FlagsFile, PhaseFile
from tests.support.files import GOOD_FLAGS, read_files, said

PHASE = "phase: 0\nname: x\n"


def flags(entry: str) -> dict[str, str]:
    return {"flags.yaml": f"version: 1\nrollout: test\nflags:\n  A: {entry}\n"}


def phase(text: str) -> dict[str, str]:
    return {"phases/0-x.yaml": PHASE + text}


def errors(files: dict[str, str]) -> list[Finding]:
    return [each for each in read_files(files).findings if each.severity == "error"]


def only(files: dict[str, str]) -> Finding:
    found = errors(files)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("files", "place", "hint"),
    [
        (phase("titel: y\n"), "3:1 unknown-key", "did you mean `title`?"),
        (phase("zzz: y\n"), "3:1 unknown-key", "known here: alerts, flags, gates"),
        (phase("flags: {A: {enabld: true}}\n"), "3:13 unknown-key", "did you mean `enabled`?"),
        (phase("ramp: {flags: [A], steps: [{percnt: 5, percent: 5}]}\n"), "3:29 unknown-key", "`percent`"),
        (phase("rollback: {obserb: 5m}\n"), "3:12 unknown-key", "did you mean `observe`?"),
        (phase("gates: [{id: a, kind: flag, flag: A, enabled: true, shoper: x}]\n"), "3:53 unknown-key", "`shopper`"),
        (phase("gates: [{id: a, kind: flag, flag: A, enabled: true, titel: x}]\n"), "3:53 unknown-key", "`title`"),
        (flags("{type: boolean, default: false, salr: x}"), "4:38 unknown-key", "did you mean `salt`?"),
        (flags("{type: boolean}"), "4:6 missing-key", "add the key `default`"),
        (phase("ramp: {flags: [A]}\n"), "3:7 missing-key", "add the key `steps`"),
        (phase("gates:\n  - kind: flag\n    flag: A\n    enabled: true\n"), "4:5 missing-key", "add the key `id`"),
        (flags("{type: bool, default: false}"), "4:13 bad-value", "did you mean `boolean`?"),
        (flags("{type: 5, default: false}"), "4:13 bad-value", "use one of boolean, string"),
        (flags("{type: boolean, default: 5}"), "4:31 bad-value", "a default is true or false, or text in quotes"),
        (flags("{type: boolean, default: false, requires: A}"), "4:48 wrong-type", "like `requires: [ANOTHER_FLAG]`"),
        (flags("{type: boolean, default: false, owner: 5}"), "4:45 wrong-type", "put it in quotes: '5'"),
        (flags("{type: boolean, default: false, expires: 2027-13-01}"), "4:47 bad-value", "no such day"),
        (flags("{type: boolean, default: false, expires: 20270101}"), "4:47 bad-value", "like 2027-06-30"),
        (flags("{type: boolean, default: false, expires: '20270101'}"), "4:47 bad-value", "like 2027-06-30"),
        (phase("flags: {A: {enabled: yes}}\n"), "3:22 wrong-type", "write true"),
        (phase("flags: {A: {enabled: 'false'}}\n"), "3:22 wrong-type", "write false, without quotes"),
        (phase("flags: {A: {enabled: 1}}\n"), "3:22 wrong-type", "see `enabled`"),
        (phase("flags: [A]\n"), "3:8 wrong-type", "see `flags`"),
        (phase("flags: {A: on}\n"), "3:12 wrong-type", "see `A`"),
        (phase("flags: {A-B: {}}\n"), "3:9 bad-name", "letters, digits and _"),
        (phase("flags: {A: {allowlist: [x, 5]}}\n"), "3:28 wrong-type", "put it in quotes: '5'"),
        (phase("flags: {A: {allowlist: [' x']}}\n"), "3:25 bad-value", "no spaces around it"),
        (phase('flags: {A: {allowlist: ["x\\u200by"]}}\n'), "3:25 bad-value", "invisible characters"),
        (phase("flags: {A: {allowlist: ['']}}\n"), "3:25 bad-value", "say at least one"),
        (phase(f"flags: {{A: {{allowlist: [{'x' * 513}]}}}}\n"), "3:25 bad-value", "at most 512 characters"),
        (phase("soak: 48\n"), "3:7 bad-value", "like 48h, 7d"),
        (phase("soak: 2 days\n"), "3:7 bad-value", "like 48h, 7d"),
        (phase("soak: 9999d\n"), "3:7 bad-value", "at most 3650d"),
        (phase(f"soak: {'999999d' * 1400}\n"), "3:7 bad-value", "at most 3650d"),
        (phase("ramp: {flags: [], steps: [{percent: 5}]}\n"), "3:15 bad-value", "say at least one"),
        (phase("gates: [{id: a, kind: falg}]\n"), "3:23 unknown-kind", "did you mean `flag`?"),
        (phase("gates: [{id: a, kind: zzz}]\n"), "3:23 unknown-kind", "kinds: attestation, clock, command"),
        (phase("gates: [{id: A!, kind: attestation}]\n"), "3:14 bad-name", "small letters"),
        (phase("gates: [{id: a, kind: flag, flag: A}]\n"), "3:9 bad-value", "say at least one of enabled"),
        ({"phases/0-x.yaml": "phase: -1\nname: x\n"}, "1:8 bad-value", "at least 0"),
        ({"phases/0-x.yaml": "phase: 100\nname: x\n"}, "1:8 bad-value", "at most 99"),
        ({"phases/0-x.yaml": "phase: 0.5\nname: x\n"}, "1:8 wrong-type", "in digits, without quotes"),
        ({"phases/0-x.yaml": "phase: true\nname: x\n"}, "1:8 wrong-type", "in digits, without quotes"),
        ({"phases/0-x.yaml": "phase: 0\nname: Big\n"}, "2:7 bad-name", "small letters"),
        ({"phases/0-x.yaml": "- a\n- b\n"}, "1:1 wrong-type", "see docs/files.md"),
        ({"phases/0-x.yaml": "just text\n"}, "1:1 wrong-type", "see docs/files.md"),
        ({"phases/0-x.yaml": "7\n"}, "1:1 wrong-type", "see docs/files.md"),
        ({"flags.yaml": "rollout: x\nflags: {A: {type: boolean, default: true}}\n"}, "1:1 missing-key", "`version`"),
        ({"flags.yaml": GOOD_FLAGS.replace("version: 1", "version: 2")}, "1:10 bad-value", "write 1"),
        ({"flags.yaml": GOOD_FLAGS.replace("version: 1", "version: true")}, "1:10 bad-value", "write 1"),
        ({"flags.yaml": GOOD_FLAGS.replace("version: 1", "version: 1.0")}, "1:10 bad-value", "write 1"),
        ({"flags.yaml": GOOD_FLAGS.replace("version: 1", "version: '1'")}, "1:10 bad-value", "write 1"),
        ({"flags.yaml": GOOD_FLAGS + "bucketing: flagd-v4\n"}, "5:12 bad-value", "did you mean `flagd-v3`?"),
        ({"flags.yaml": "version: 1\nrollout: test\nflags: {}\n"}, "3:8 bad-value", "say at least one"),
    ],
)  # fmt: skip
def test_a_deviation_is_said_once_at_its_place_with_a_hint(files: dict[str, str], place: str, hint: str) -> None:
    finding = only(files)
    assert f"{finding.line}:{finding.column} {finding.rule}" == place
    assert hint in finding.hint
    assert finding.message


@pytest.mark.parametrize(
    "percent",
    ["101", "-1", "100.001", ".nan", ".inf", "-.inf", '"5"', "5%", "true", "1e400", "10.0001", "0x10", "1_0", "[5]",
     "{a: 5}", "ten", "9" * 40, "1e308", "-0.001"],
)  # fmt: skip
def test_what_is_no_percent_is_refused_where_it_stands(percent: str) -> None:
    for text in (
        f"flags: {{A: {{percent: {percent}}}}}\n",
        f"ramp:\n  flags: [A]\n  steps: [{{percent: {percent}}}]\n",
    ):
        finding = only(phase(text))
        assert finding.rule == "bad-value"
        line = (PHASE + text).splitlines()[finding.line - 1]
        assert line[finding.column - 1 :].startswith(percent)
        assert "a percent" in finding.hint


def test_a_percent_that_was_forgotten_is_not_everybody() -> None:
    assert said(read_files(phase("flags: {A: {enabled: true, percent: }}\n"))) == ["phases/0-x.yaml:3:37 empty-value"]


@pytest.mark.parametrize(
    ("written", "read"), [("0", 0), ("100", 100_000), ("12.5", 12_500), ("0.001", 1), ("1e1", 10_000)]
)
def test_percents_are_read_in_thousandths(written: str, read: int) -> None:
    project = read_files(phase(f"flags: {{A: {{enabled: true, percent: {written}}}}}\n")).require()
    assert project.wanted.phases[0].flags["A"].percent == read


def test_all_errors_of_all_files_are_said_at_once() -> None:
    reading = read_files(
        {
            "flags.yaml": "version: 2\nrollout: test\nflags:\n  A: {type: boolean, default: &x false}\n  A: {}\n",
            "phases/0-x.yaml": "phase: 0\nname: x\nsoak: 5\nflags: {B: {percent: 101}}\n",
            "phases/1-y.yaml": "phase: 1\nname: y\nramp: {flags: [A, AA], steps: [{percent: 5}, {percent: 5}]}\n",
            "phases/2-z.yaml": "phase: 2\nname: z\ngates: [{id: a, kind: clok}, {id: b, kind: clock, hours: 5}]\n",
            "phases/3-w.yaml": "phase: 3\nname: [\n",
        }
    )
    assert reading.project is None
    assert said(reading) == [
        "flags.yaml:1:10 bad-value",
        "flags.yaml:4:31 alias",
        "flags.yaml:5:3 duplicate-key",
        "phases/0-x.yaml:3:7 bad-value",
        "phases/0-x.yaml:4:9 unknown-flag",
        "phases/0-x.yaml:4:22 bad-value",
        "phases/1-y.yaml:3:19 unknown-flag",
        "phases/1-y.yaml:3:47 ramp-rises",
        "phases/2-z.yaml:3:23 unknown-kind",
        "phases/2-z.yaml:3:58 bad-value",
        "phases/3-w.yaml:3:1 yaml-syntax",
    ]


def test_what_only_follows_from_an_error_of_the_reader_is_not_said_again() -> None:
    assert said(read_files(phase("flags: &x {A: {enabled: true}}\ngates: *x\n"))) == [
        "phases/0-x.yaml:3:8 alias",
        "phases/0-x.yaml:4:8 alias",
    ]


def test_a_phase_that_cannot_be_read_is_not_called_missing() -> None:
    files = {"phases/0-x.yaml": "[", "phases/1-y.yaml": "phase: 1\nname: y\n"}
    assert "phase-gap" not in " ".join(said(read_files(files), warnings=True))


def test_long_and_secret_values_are_not_repeated() -> None:
    secret = "s3cret" + "x" * 9_000
    for text in (
        f"flags: {{A: {{enabled: {secret}}}}}\n",
        f"soak: {secret}\n",
        f"flags: {{A: {{value: {secret}}}}}\n",
        f"flags: {{{secret}: {{}}}}\n",
        f"'pass:{secret}': 1\n",
        f"gates: [{{id: a, kind: {secret}}}]\n",
    ):
        for finding in errors(phase(text)):
            assert len(finding.message) <= MOST_CHARACTERS
            assert secret[:60] not in finding.message + finding.hint
    assert "s3cret" not in str(errors({"phases/0-x.yaml": secret}))


def test_a_file_full_of_errors_is_said_in_part_and_that_is_said() -> None:
    found = errors(phase("flags: {A: {allowlist: [" + "1, " * 5_000 + "]}}\n"))
    assert len(found) == MAX_FINDINGS + 1
    assert found[-1].rule == "too-many-findings"


def test_more_flags_than_anybody_keeps_track_of_are_refused() -> None:
    def entries(number: int) -> str:
        return "".join(f"  A{n}: {{type: boolean, default: false}}\n" for n in range(number))

    head = "version: 1\nrollout: test\nflags:\n"
    assert errors({"flags.yaml": head + entries(MAX_FLAGS)}) == []
    assert only({"flags.yaml": head + entries(MAX_FLAGS + 1)}).hint == "at most 1,000"


def test_the_defaults_are_no_checks_no_soak_and_the_pinned_bucketing() -> None:
    project = read_files(phase("")).require()
    assert project.wanted.file.bucketing == "flagd-v3"
    assert project.wanted.file.targeting_key == "shopper_id"
    assert project.wanted.phases[0].soak is None
    assert project.checks == {}


@pytest.mark.parametrize("model", [FlagsFile, PhaseFile])
def test_every_key_of_the_files_has_a_description(model: type[FlagsFile] | type[PhaseFile]) -> None:
    schema = model.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        for name, key in part["properties"].items():
            assert key.get("description"), name
