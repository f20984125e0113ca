"""Each lint rule about checks complains about what it is for, at its place and with its weight."""

from dataclasses import dataclass, field
from datetime import date

import pytest

from rollout_cli.checks.lint_checks import CHECK_RULES
from rollout_cli.plan.findings import Severity
from rollout_cli.plan.lint import LINT_RULES
from tests.support.files import read_files

TODAY = date(2026, 1, 5)
FLAGS = """\
version: 1
rollout: test
flags:
  A: {type: boolean, default: false}
  B: {type: boolean, default: false, requires: [A]}
  ON: {type: boolean, default: true}
"""
SOURCES = """\
version: 1
sources:
  app: {kind: http, url: 'https://app.example'}
  db: {kind: sql, url_env: DB}
  prom: {kind: prometheus, url_env: PROM}
commands: {allow: [docker]}
limits: {total: 30s}
"""
ON = "on: {fail: hold, inconclusive: hold, error: hold}"
BACK = ON.replace("fail: hold", "fail: rollback")
HEAD = "phase: 0\nname: x\n"
WARNING = Severity.WARNING


@dataclass(frozen=True)
class Case:
    """Files of which one breaks a rule at a place, and the same files mended."""

    rule: str
    severity: Severity
    wrong: dict[str, str]
    place: str
    right: dict[str, str] = field(hash=False)


def of_list(
    rule: str, section: str, wrong: str, column: int, right: str, severity: Severity = WARNING, more: str = ""
) -> Case:
    """One check in a list of phase 0, on its fourth line."""
    wrong, right = (f"{HEAD}{section}:\n- {{id: c, {each}}}\n{more}" for each in (wrong, right))
    return Case(rule, severity, {"phases/0-x.yaml": wrong}, f"phases/0-x.yaml 4:{column}", {"phases/0-x.yaml": right})


def of_sources(rule: str, wrong: str, place: str, right: str) -> Case:
    """A warning about `sources.yaml`."""
    head, (wrong, right) = "version: 1\nsources:\n", (f"version: 1\nsources:\n{each}" for each in (wrong, right))
    assert wrong.startswith(head)
    phase = f"{HEAD}preflight: [{{id: c, kind: http, source: app}}]\n"
    beside = {"phases/0-x.yaml": phase}
    return Case(
        rule, WARNING, {"sources.yaml": wrong, **beside}, f"sources.yaml {place}", {"sources.yaml": right, **beside}
    )


RATIO = "kind: ratio, source: prom, bad: b, total: t, min_events: 1"
QUANTILE = "kind: quantile, source: prom, within: w, total: t, min_events: 1, quantile: 95%"
COUNT = f"kind: count, source: prom, count: c, max: 0, {ON}"
YES = "kind: attestation, title: T, expires: 30d"
RAMP = "flags: {ON: {enabled: false}}\nramp: {flags: [A], steps: [{percent: 10}, {percent: 50}, {percent: 100}]}\n"
ENABLED = "flags: {A: {enabled: true, allowlist: [s]}}\n"

TOLD = "phase: 1\nname: y\npreflight:\n- {id: c, kind: attestation, title: The customers were told, expires: 30d}\n"
MADE = "phase: 0\nname: x\npreflight:\n- {id: c, kind: attestation, title: A backup was made, expires: 7d}\n"

CASES = [
    Case(
        "yes-to-two-questions",
        Severity.ERROR,
        {"phases/0-x.yaml": MADE, "phases/1-y.yaml": TOLD},
        "phases/1-y.yaml 4:4",
        {"phases/0-x.yaml": MADE, "phases/1-y.yaml": TOLD.replace("The customers were told", "A backup was made")},
    ),
    of_list("gate-without-on", "gates", YES, 3, f"{YES}, {ON}", Severity.ERROR),
    of_list("gate-without-on", "alerts", YES, 3, f"{YES}, {ON}", Severity.ERROR),
    of_list("gate-without-threshold", "preflight", RATIO, 3, f"{RATIO}, max: 1%", Severity.ERROR),
    of_list("gate-without-threshold", "preflight", RATIO, 3, f"{RATIO}, min: 0%", Severity.ERROR),
    of_list("gate-without-threshold", "preflight", QUANTILE, 3, f"{QUANTILE}, max: 0", Severity.ERROR),
    *(
        of_list(
            "gate-without-threshold", "preflight", f"kind: {kind}, source: db, {key}: q", 3,
            f"kind: {kind}, source: db, {key}: SELECT 1, min: 0", Severity.ERROR,
        )
        for kind, key in (("value", "value"), ("count", "count"), ("sql", "query"))
    ),
    of_list("alert-without-rollback", "alerts", f"{YES}, {ON}", 59, f"{YES}, {BACK}"),
    of_list("rollback-on-silence", "gates", f"{YES}, {ON.replace('or: hold', 'or: rollback')}", 91, f"{YES}, {ON}"),
    of_list(
        "rollback-on-silence", "alerts", f"{YES}, {ON.replace('inconclusive: hold', 'inconclusive: rollback')}", 71,
        f"{YES}, {BACK}",
    ),
    of_list("attestation-without-expiry", "preflight", "kind: attestation", 3, "kind: attestation, expires: 1h"),
    of_list("attestation-without-title", "preflight", "kind: attestation", 3, "kind: attestation, title: T"),
    of_list(
        "window-longer-than-soak", "gates", f"{COUNT}, window: 61m", 107, f"{COUNT}, window: 60m", more="soak: 1h\n",
    ),
    of_list(
        "window-longer-than-soak", "gates", f"{COUNT}, window: 2h", 107, f"{COUNT}, window: 1h",
        more="soak: 1h\nramp: {flags: [A], steps: [{percent: 5, soak: 9h}, {percent: 100}]}\n",
    ),
    of_list("clock-over", "gates", f"kind: clock, before: 2026-01-04T23:59:59Z, {ON}", 24,
            f"kind: clock, before: 2026-01-05T00:00:00Z, {ON}"),
    of_list("unknown-source", "preflight", "kind: http, source: ap", 23, "kind: http, source: app", Severity.ERROR),
    of_list("unknown-source", "preflight", "kind: sql, source: x, query: q, max: 0", 22,
            "kind: sql, source: store, query: SELECT 1, max: 0", Severity.ERROR),
    of_list("unknown-source", "gates", "kind: migrations, source: x, tables: [t]", 29,
            f"kind: migrations, {ON}", Severity.ERROR),
    of_list("source-kind", "preflight", "kind: http, source: db", 23, "kind: http, source: prom", Severity.ERROR),
    of_list("source-kind", "preflight", "kind: http, source: store", 23, "kind: http, source: app", Severity.ERROR),
    of_list("source-kind", "preflight", "kind: sql, source: prom, query: q, max: 0", 22,
            "kind: value, source: app, value: q, max: 0", Severity.ERROR),
    of_list("source-kind", "preflight", "kind: migrations, source: app, tables: [t]", 29,
            "kind: migrations, source: db, tables: [t]", Severity.ERROR),
    of_list("command-not-allowed", "preflight", "kind: command, command: [/usr/bin/docker]", 26,
            "kind: command, command: [docker, ps]"),
    of_list("command-not-allowed", "preflight", "kind: log, command: [podman], absent: x", 22,
            "kind: log, command: [docker], absent: x"),
    of_list("timeout-beyond-total", "preflight", f"{YES}, timeout: 31s", 54, f"{YES}, timeout: 30s"),
    of_list("private-address-unnamed", "preflight", "kind: http, url: 'http://10.0.0.7:80/'", 23,
            "kind: http, url: 'http://10.0.0.7:80/', addresses: [10.0.0.0/24]"),
    of_list("private-address-unnamed", "preflight", "kind: http, url: 'http://[::1]/'", 23,
            "kind: http, url: 'http://[2606:4700::1111]/'"),
    of_list("private-address-unnamed", "preflight", "kind: http, url: 'https://LocalHost:8000'", 23,
            "kind: http, url: 'https://LocalHost:8000', addresses: [127.0.0.1]"),
    of_list("private-address-unnamed", "preflight", "kind: http, url: 'http://169.254.169.254/latest'", 23,
            "kind: http, url: 'http://metadata.example/169.254.169.254'"),
    of_sources("private-address-unnamed", "  app: {kind: prometheus, url: 'http://192.168.1.1:9090'}\n", "3:27",
               "  app: {kind: prometheus, url: 'http://192.168.1.1:9090', addresses: [192.168.1.1]}\n"),
    of_sources("unused-source", "  app: {kind: http, url_env: A}\n  other: {kind: http, url_env: A}\n", "4:3",
               "  app: {kind: http, url_env: A}\n"),
    of_list("pending-kind", "preflight", "kind: simulat, pending: the tool", 11, "kind: simulate, pending: the tool"),
    of_list("pending-kind", "preflight", "kind: htp, pending: the tool", 11,
            "kind: http, url: 'http://a', pending: the tool"),
    *(
        of_list("statement-not-select", "preflight", f"kind: {kind}, source: {source}, {wrong}, max: {most}",
                column, f"kind: {kind}, source: {source}, {right}, max: {most}", Severity.ERROR)
        for kind, source, wrong, column, right, most in (
            ("sql", "db", "query: DELETE FROM t", 34, "query: /* all */ select 1", 0),
            ("sql", "store", "query: VACUUM", 37, "query: VALUES (1)", 0),
            ("sql", "db", "query: (DELETE FROM t)", 34, "query: (select 1) union all (select 2)", 0),
            ("quantile", "db", "quantile: 95%, value: up, total: select 1, min_events: 1", 54,
             "quantile: 95%, value: select 1, total: select 1, min_events: 1", 1),
            ("count", "store", "count: up", 39, "count: TABLE t", 0),
            ("value", "db", "value: SELECT 1, newest: now()", 53, "value: WITH a AS (SELECT 1) SELECT 1", 0),
            ("ratio", "db", "bad: select 1, total: up, min_events: 1", 51,
             "bad: select 1, total: select 2, min_events: 1", "1%"),
            ("quantile", "db", "quantile: 95%, within: up, total: select 1, min_events: 1", 54,
             "quantile: 95%, within: select 1, total: select 1, min_events: 1", 0),
        )
    ),
    of_list("unreachable-phase", "preflight", "kind: flag, flag: A, enabled: true, state: planned", 3,
            "kind: flag, flag: A, enabled: false, state: planned", Severity.ERROR),
    of_list("unreachable-phase", "preflight", "kind: flag, flag: A, percent: 10, state: planned", 3,
            "kind: flag, flag: A, enabled: true, state: planned", Severity.ERROR, more=RAMP),
    of_list("unreachable-phase", "preflight", "kind: flag, flag: B, shopper: s, enabled: true, state: planned", 3,
            "kind: flag, flag: A, shopper: s, enabled: true, state: planned", Severity.ERROR, more=ENABLED),
    of_list("contradicted-check", "preflight", "kind: flag, flag: A, enabled: true", 3,
            "kind: flag, flag: A, enabled: true, state: planned", more=ENABLED),
    of_list("contradicted-check", "gates", f"kind: flag, flag: ON, enabled: true, {ON}", 3,
            f"kind: flag, flag: ON, enabled: false, {ON}", more=RAMP),
    of_list("contradicted-check", "gates", f"kind: flag, flag: A, percent: 100, {ON}", 3,
            f"kind: flag, flag: A, percent: 100, {ON.replace('fail: hold', 'fail: warn')}", more=RAMP),
    of_list("contradicted-check", "alerts", f"kind: flag, flag: A, shopper: t, enabled: true, {ON}", 3,
            f"kind: flag, flag: A, shopper: t, enabled: true, dry_run: true, {ON}", more=ENABLED),
]  # fmt: skip


def found(files: dict[str, str], rule: str) -> list[tuple[str, Severity, str]]:
    return [
        (f"{each.file} {each.line}:{each.column}", each.severity, each.hint)
        for each in read_files({"flags.yaml": FLAGS, "sources.yaml": SOURCES, **files}, TODAY).findings
        if each.rule == rule
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_complains_at_the_place_with_its_weight_and_a_hint(case: Case) -> None:
    ((where, severity, hint),) = found(case.wrong, case.rule)
    assert (where, severity) == (case.place, case.severity)
    assert hint


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_is_silent_about_files_that_keep_it(case: Case) -> None:
    assert found(case.right, case.rule) == []
    reading = read_files({"flags.yaml": FLAGS, "sources.yaml": SOURCES, **case.right}, TODAY)
    assert [
        each for each in reading.findings if each.severity is Severity.ERROR and each.rule != "gate-without-on"
    ] == []


def test_every_rule_has_a_case_and_its_weight() -> None:
    assert {case.rule: case.severity for case in CASES} == {
        name: severity for name, (severity, _) in CHECK_RULES.items()
    }


def test_every_rule_is_one_sentence_under_an_id_of_its_own() -> None:
    assert not CHECK_RULES.keys() & LINT_RULES.keys()
    for name, (_, rule) in CHECK_RULES.items():
        sentence = rule.__doc__ or ""
        assert sentence.strip().endswith("."), name
        assert "\n" not in sentence, name


# sources


def test_a_pending_check_needs_no_source_yet_and_uses_the_one_that_it_names() -> None:
    phase = f"{HEAD}preflight: [{{id: c, kind: http, source: later, pending: the server}}]\n"
    sources = "version: 1\nsources:\n  later: {kind: http, url_env: LATER}\n"
    assert found({"phases/0-x.yaml": phase, "sources.yaml": "version: 1\n"}, "unknown-source") == []
    assert found({"phases/0-x.yaml": phase, "sources.yaml": sources}, "unused-source") == []


def test_nothing_is_said_of_sources_while_the_files_that_speak_of_them_are_unsound() -> None:
    phase = f"{HEAD}preflight: [{{id: c, kind: http, source: nowhere}}]\n"
    assert found({"phases/0-x.yaml": phase, "sources.yaml": "version: 2\n"}, "unknown-source") == []
    assert found({"phases/0-x.yaml": "phase: 0\n"}, "unused-source") == []


def test_a_project_without_sources_has_its_own_store_only() -> None:
    checks = "[{id: a, kind: migrations}, {id: b, kind: http, source: app}]"
    files = {"flags.yaml": FLAGS, "phases/0-x.yaml": f"{HEAD}preflight: {checks}\n"}
    said = [each.message for each in read_files(files, TODAY).findings if each.rule == "unknown-source"]
    assert said == ["b asks app, which sources.yaml does not declare"]


@pytest.mark.parametrize(
    "said", ["source: Prom", "source: prm", "sorce: prom", "source: prom, url: x", "source: prom, method: GETT"]
)
def test_a_source_is_not_called_unused_when_the_check_that_means_it_is_in_error(said: str) -> None:
    phase = f"{HEAD}preflight: [{{id: c, kind: http, {said}}}]\n"
    sources = "version: 1\nsources:\n  prom: {kind: prometheus, url_env: PROM}\n"
    files = {"phases/0-x.yaml": phase, "sources.yaml": sources}
    reading = read_files({"flags.yaml": FLAGS, **files}, TODAY)
    assert reading.project is None
    assert found(files, "unused-source") == []


# kinds


def test_a_pending_check_of_a_kind_that_there_is_is_read_as_strictly_as_any_other() -> None:
    phase = f"{HEAD}preflight: [{{id: c, kind: http, urll: 'http://a.example', pending: the server}}]\n"

    def errors(text: str) -> list[str]:
        found = read_files({"flags.yaml": FLAGS, "phases/0-x.yaml": text}, TODAY).findings
        return [f"{each.rule} {each.hint}" for each in found if each.severity is Severity.ERROR]

    assert errors(phase) == ["unknown-key did you mean `url`?"]
    assert errors(phase.replace("urll", "url")) == []
    assert errors(phase.replace("urll: 'http://a.example'", "url: x")) != []


def test_a_kind_that_there_is_not_is_guessed_from_those_there_are() -> None:
    def hint(kind: str) -> str:
        phase = f"{HEAD}preflight: [{{id: c, kind: {kind}, pending: the tool}}]\n"
        ((_, _, said),) = found({"phases/0-x.yaml": phase}, "pending-kind")
        return said

    assert hint("simulat") == "did you mean `simulate`?"
    assert hint("htp") == "did you mean `http`?"
    assert hint("zzz").startswith("kinds: attestation, clock,")


def test_a_metric_is_no_statement_and_a_pending_statement_is_not_looked_at() -> None:
    checks = (
        "[{id: a, kind: count, source: prom, count: up, max: 0},"
        " {id: b, kind: sql, source: db, query: DROP TABLE t, max: 0, pending: the database}]"
    )
    assert found({"phases/0-x.yaml": f"{HEAD}preflight: {checks}\n"}, "statement-not-select") == []


# programs


@pytest.mark.parametrize("program", ["API_TOKEN=S3cretPa55word", "S3cretPa55word", "x" * 61])
def test_only_a_program_with_a_plain_name_is_repeated(program: str) -> None:
    phase = f"{HEAD}preflight: [{{id: c, kind: command, command: ['{program}']}}]\n"
    files = {"flags.yaml": FLAGS, "sources.yaml": SOURCES, "phases/0-x.yaml": phase}
    said = [each.message for each in read_files(files, TODAY).findings if each.rule == "command-not-allowed"]
    assert said == ["c would run a program, which sources.yaml does not allow"]
    files["phases/0-x.yaml"] = phase.replace(program, "/usr/bin/python3")
    said = [each.message for each in read_files(files, TODAY).findings if each.rule == "command-not-allowed"]
    assert said == ["c would run '/usr/bin/python3', which sources.yaml does not allow"]
