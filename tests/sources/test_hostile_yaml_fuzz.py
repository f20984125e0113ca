"""Whatever the bytes: findings or a project, and nothing else."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollout_cli.checks.lint_checks import CHECK_RULES
from rollout_cli.control.project import Reading, read_project
from rollout_cli.plan.findings import MOST_CHARACTERS, Finding
from rollout_cli.plan.lint import LINT_RULES
from rollout_cli.plan.reading_rules import ReadingRule
from rollout_cli.sources.project_files import read_project_files
from rollout_cli.sources.strict_yaml import parse_yaml
from tests.support.examples import examples
from tests.support.projects import REPOSITORY

SHIPPED = {
    path.relative_to(REPOSITORY).as_posix(): path.read_bytes()
    for path in sorted(
        [REPOSITORY / "flags.yaml", REPOSITORY / "sources.yaml", *(REPOSITORY / "phases").glob("*.yaml")]
    )
}
KNOWN_RULES = {*ReadingRule, *LINT_RULES, *CHECK_RULES}
PIECES = (
    b"&a ", b"*a", b"!!str ", b"!x ", b"<<: ", b"---\n", b"...\n", b"%YAML 1.2\n", b"? ", b"- ", b": ", b"{", b"}",
    b"[", b"]", b"'", b'"', b"|\n", b">\n", b"#", b"\n", b"\r", b"\t", b"\0", b"\xff", "\u2028".encode(),
    "\u202e".encode(), b"null", b"~", b".nan", b"-.inf", b"1e400", b"-1", b"101", b"10.0001", b"true", b"on",
    b"9" * 400, b"0001-01-01T00:00:00+23:59", b"9999-12-31T23:59:59-23:59", b"999999d" * 200, b"percent: 5\n",
    b"kind: clock\n", b"kind: flag\n", b"enabled: false\n", b"phase: 99\n", b"requires: [A]\n", b"a" * 10_001,
)  # fmt: skip
MODEST = settings(
    deadline=None,
    max_examples=examples(80),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MANY = settings(MODEST, max_examples=800)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, bytes]:
    """The shipped files with some of their bytes cut out, doubled, or replaced by something nasty."""
    files = dict(SHIPPED)
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(sorted(files)))
        text = files[name]
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.just(text[start:end] * 2), st.binary(max_size=4)))
        files[name] = text[:start] + piece + text[end:]
    return files


def read(files: dict[str, bytes]) -> Reading:
    findings: list[Finding] = []
    documents = {}
    for name, data in files.items():
        documents[name], found = parse_yaml(name, data)
        findings += found
    flags, sources = documents.pop("flags.yaml"), documents.pop("sources.yaml", None)
    phases = tuple(document for document in documents.values() if document is not None)
    return read_project(flags, phases, tuple(findings), date(2026, 1, 5), sources_document=sources)


def assert_sound(reading: Reading) -> None:
    errors = [each for each in reading.findings if each.severity == "error"]
    assert (reading.project is None) == bool(errors)
    for each in reading.findings:
        assert each.rule in KNOWN_RULES
        assert each.line >= 1
        assert each.column >= 1
        assert each.hint
        assert 0 < len(each.message) <= MOST_CHARACTERS


@MODEST
@given(files=mutated())
def test_damaged_files_are_findings_or_a_project(files: dict[str, bytes]) -> None:
    assert_sound(read(files))


@MODEST
@given(data=st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join)))
def test_any_bytes_are_findings_or_a_project(data: bytes) -> None:
    assert_sound(read({"flags.yaml": data, "phases/0-x.yaml": data}))


@pytest.mark.heavy
@MANY
@given(files=mutated())
def test_damaged_files_are_findings_or_a_project_many_times(files: dict[str, bytes]) -> None:
    assert_sound(read(files))


@settings(MODEST, max_examples=examples(20))
@given(data=st.binary(max_size=100))
def test_any_bytes_on_disk_are_findings_or_a_project(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "phases").mkdir(exist_ok=True)
    (tmp_path / "flags.yaml").write_bytes(data)
    (tmp_path / "phases/0-x.yaml").write_bytes(data)
    documents = read_project_files(tmp_path)
    assert_sound(read_project(documents.flags, documents.phases, documents.findings, date(2026, 1, 5)))


def test_the_shipped_files_themselves_are_a_project() -> None:
    assert read(SHIPPED).project is not None
