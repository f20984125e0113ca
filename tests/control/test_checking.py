"""check: what is asked for a move, what files alone can answer, and what an answer calls for."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rollout_cli.checks.questions import Answer, NoAnswer, Number, NumberQuestion, Question
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import Catalog, say
from rollout_cli.control.check import CheckReport, attestations_in, check_report
from rollout_cli.control.check_offline import offline_report
from rollout_cli.control.inquiry import Asked
from rollout_cli.control.plan import make_plan
from rollout_cli.control.project import Project
from rollout_cli.control.standing import Standing, read_standing
from rollout_cli.errors import ExitCode, RolloutError
from tests.control.person import Person, Rewrite
from tests.support.probing import ask_in_memory
from tests.support.projects import write_project

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ERRORS = NumberQuestion("app", "/errors#")
HEAD = "phase: 1\nname: staging\nflags:\n  EVENTS: {enabled: true}\n"
SOURCES = 'version: 1\nsources:\n  app: {kind: http, url: "http://app.example"}\n'


def gate(more: str = "", on: str = "{fail: hold, inconclusive: hold, error: hold}") -> str:
    return f'{{id: errors, kind: count, source: app, count: "/errors#", max: 0, on: {on}{more}}}'


class Files(Rewrite):
    """The small project with one list of checks in its second phase, and a source."""

    def with_checks(self, section: str, *checks: str) -> Project:
        return self(staging=HEAD + f"{section}:\n" + "".join(f"  - {each}\n" for each in checks))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    folder = write_project(tmp_path / "files")
    (folder / "sources.yaml").write_text(SOURCES)
    return Files(folder)


def asks(ann: Person, answers: Mapping[Question, Answer], catalog: Catalog | None = None) -> CheckReport:
    """What `rollout check` says when the outside answers like this."""
    with ann.ledger.reading() as reading:
        standing = read_standing(reading)
        plan = make_plan(ann.project, standing)
        said = attestations_in(reading)

    def inquirer(asked: Any) -> Any:
        return ask_in_memory(asked, answers)

    return check_report(ann.project, plan, standing, said, inquirer, catalog=catalog or {})


@pytest.mark.parametrize(
    ("number", "on", "verdict", "reaction", "counts"),
    [
        (0, "{fail: hold, inconclusive: hold, error: hold}", "PASS", None, True),
        (7, "{fail: hold, inconclusive: hold, error: hold}", "FAIL", "hold", True),
        (7, "{fail: rollback, inconclusive: hold, error: hold}", "FAIL", "rollback", True),
        (7, "{fail: warn, inconclusive: hold, error: hold}", "PASS", "warn", False),
    ],
)
def test_a_gate_says_what_its_failure_calls_for(
    ann: Person, files: Files, number: float, on: str, verdict: str, reaction: str | None, counts: bool
) -> None:
    ann.goes_to("1")
    ann.project = files.with_checks("gates", gate(on=on))
    report = asks(ann, {ERRORS: Number(number)})
    assert report.verdict == verdict
    assert [(each.reaction, each.counts) for each in report.checks] == [(reaction, counts)]


def test_alerts_are_asked_beside_the_gates(ann: Person, files: Files) -> None:
    ann.goes_to("1")
    ann.project = files.with_checks("alerts", gate(on="{fail: rollback, inconclusive: hold, error: hold}"))
    report = asks(ann, {ERRORS: Number(7)})
    assert [(each.section, each.verdict) for each in report.checks] == [("alerts", "FAIL")]
    assert report.verdict == "FAIL"


def test_a_check_knows_the_place_where_it_is_declared(ann: Person, files: Files) -> None:
    ann.goes_to("1")
    ann.project = files.with_checks("gates", gate())
    (check,) = asks(ann, {ERRORS: Number(0)}).checks
    assert check.file.endswith("-staging.yaml")
    assert (check.line, check.column) == (6, 5)


def test_another_language_has_its_own_sentences_and_titles(ann: Person, files: Files) -> None:
    ann.goes_to("1")
    ann.project = files.with_checks("gates", gate(", title: No errors, title_pt: Nenhum erro"))
    (check,) = asks(ann, {ERRORS: Number(7)}, {"{value}, at most {limit} wanted": "{value}, até {limit}"}).checks
    assert (check.message, check.title) == ("7, até 0", "Nenhum erro")
    assert asks(ann, {ERRORS: Number(7)}).checks[0].title == "No errors"


@pytest.mark.parametrize(
    ("on", "code", "hint"),
    [
        ("{fail: hold, inconclusive: hold, error: hold}", ExitCode.FAIL, "look at what moved it"),
        ("{fail: rollback, inconclusive: hold, error: hold}", ExitCode.FAIL, "this calls for `rollout rollback`"),
    ],
)
def test_a_failed_gate_holds_the_move_and_says_what_it_calls_for(
    ann: Person, files: Files, on: str, code: ExitCode, hint: str
) -> None:
    ann.goes_to("1")
    ann.project = files.with_checks("gates", gate(on=on))
    decided = ann.soaks().plans_with({ERRORS: Number(7)})
    assert isinstance(decided.refusal, RolloutError)
    assert decided.refusal.exit_code == code
    assert decided.refusal.message == "failed: errors: 7, at most 0 wanted"
    assert decided.refusal.hint.startswith(hint)


SILENT = NoAnswer(Cause.UNREACHABLE, say("nobody answers"), say("look there"))


@pytest.mark.parametrize(
    ("more", "answer", "held"),
    [
        ("", Number(7), True),
        ("", SILENT, True),
        (", dry_run: true", Number(7), False),
        (", dry_run: true", SILENT, False),
        (", optional: true", Number(7), True),
        (", optional: true", SILENT, False),
    ],
)
def test_an_optional_check_may_stay_unanswered_and_a_dry_run_has_no_say(
    ann: Person, files: Files, more: str, answer: Answer, held: bool
) -> None:
    ann.goes_to("1")
    ann.project = files.with_checks("gates", gate(more))
    decided = ann.soaks().plans_with({ERRORS: answer})
    assert (decided.refusal is not None) is held


def test_a_warning_is_recorded_and_holds_nothing(ann: Person, files: Files) -> None:
    ann.goes_to("1")
    ann.project = files.with_checks("gates", gate(on="{fail: warn, inconclusive: hold, error: hold}"))
    assert ann.soaks().advances_with({ERRORS: Number(7)}).applied
    assert [
        (each["id"], each["verdict"], each["reaction"]) for each in ann.latest.draft.checks if each["id"] != "soak"
    ] == [("errors", "FAIL", "warn")]


def test_a_refused_move_asks_nothing(ann: Person, files: Files) -> None:
    ann.goes_to("1")
    ann.project = files.with_checks("gates", gate())
    assert ann.plans_with({}, phase=3).refusal is not None


OFFLINE = """\
phase: 2
name: beta
flags:
  EVENTS: {enabled: true, allowlist: [beta-1]}
  SHADOW: {enabled: false}
preflight:
  - {id: was-on, kind: flag, flag: EVENTS, enabled: true}
  - {id: will-be-out-of-shadow, kind: flag, flag: SHADOW, enabled: false, state: planned}
  - {id: trained, kind: attestation, expires: 30d}
  - {id: after-training, kind: flag, flag: EVENTS, enabled: true, needs: [trained]}
gates:
  - id: beta-is-on
    kind: flag
    flag: EVENTS
    shopper: beta-1
    enabled: true
    on: {fail: hold, inconclusive: hold, error: hold}
  - {id: errors, kind: count, source: app, count: "/errors#", max: 0, on: {fail: hold, inconclusive: hold, error: hold}}
"""


def offline(project: Project, phase: int = 2) -> CheckReport:
    position = make_plan(project, Standing(None, NOW), phase).destination.position
    assert position is not None

    def inquirer(asked: list[Asked]) -> Any:
        return ask_in_memory(asked, {})

    return offline_report(project, position, NOW, inquirer)


def test_offline_asks_what_files_answer_and_shows_the_rest_without_a_say(files: Files) -> None:
    report = offline(files(beta=OFFLINE))
    assert report.offline
    assert report.verdict == "PASS"
    assert {each.id: (each.verdict, each.cause, each.counts) for each in report.checks} == {
        "was-on": ("PASS", None, True),
        "will-be-out-of-shadow": ("PASS", None, True),
        "trained": ("INCONCLUSIVE", "offline", False),
        "after-training": ("INCONCLUSIVE", "offline", False),
        "beta-is-on": ("PASS", None, True),
        "errors": ("INCONCLUSIVE", "offline", False),
    }


def test_offline_fails_when_the_files_contradict_their_own_checks(files: Files) -> None:
    report = offline(files(beta=OFFLINE.replace("flag: EVENTS, enabled: true}", "flag: EVENTS, shadow: true}")))
    assert (report.verdict, [each.id for each in report.checks if each.verdict == "FAIL"]) == ("FAIL", ["was-on"])
