"""evaluate: one decision explained, or one line for every id."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import Run, text

Rollout = Callable[..., Run]
IDS = 'beta-1\n\n"\\"quoted\\" id"\ntab\there\nção\r\n"a\\nb"\n'


@pytest.fixture
def beta(rollout: Rollout) -> Rollout:
    """The small project in its phase 2."""
    for _ in range(3):
        rollout("advance", "--force", "--reason", "hurry")
    return rollout


def test_one_decision_is_explained(beta: Rollout) -> None:
    run = beta("evaluate", "EVENTS", "--shopper", "beta-1")
    assert (run.code, run.err) == (0, "")
    assert run.out == text("""
        EVENTS for beta-1: true
        reason:   ALLOWLIST: the shopper is on the allowlist
        revision: 3
        """)


def test_without_a_flag_a_shopper_is_told_of_every_flag(beta: Rollout) -> None:
    run = beta("evaluate", "--shopper", "beta-1")
    assert (run.code, run.err) == (0, "")
    assert run.out == text("""
        beta-1: revision 3
          EVENTS: true
              ALLOWLIST: the shopper is on the allowlist
          SHADOW: false
              DISABLED: not enabled
          ROUTING: true
              ALLOWLIST: the shopper is on the allowlist
          POLICY: default
              DISABLED: not enabled
        """)
    documents = [
        json.loads(each) for each in beta("evaluate", "--shopper", "beta-1", "--format", "json").out.splitlines()
    ]
    assert [each["flag"] for each in documents] == ["EVENTS", "SHADOW", "ROUTING", "POLICY"]
    assert {(each["schema"], each["id"]) for each in documents} == {("rollout/evaluate/v1", "beta-1")}


def test_a_percent_is_explained_with_its_bucket(beta: Rollout) -> None:
    run = beta("evaluate", "EVENTS", "--shopper", "shopper-1", "--percent", "50")
    assert run.out == text("""
        EVENTS for shopper-1: true
        reason:   PERCENT: bucket 48.052 is below 50 %
        bucket:   48.052 (of 0 to 99.999)
        revision: 3
        """)


def test_a_string_flag_and_nobody_in_particular(beta: Rollout) -> None:
    assert beta("evaluate", "POLICY").out == text("""
        POLICY for nobody in particular: default
        reason:   DISABLED: not enabled
        revision: 3
        """)


def test_an_unknown_flag_is_a_decision_and_a_warning(beta: Rollout) -> None:
    run = beta("evaluate", "EVNTS", "--shopper", "beta-1")
    assert run.code == 0
    assert run.err == "warning: there is no flag EVNTS; did you mean EVENTS?\n"
    assert run.out.splitlines()[1] == "reason:   FLAG_NOT_FOUND: no such flag, so the caller's default"


def test_without_a_store_the_environment_answers(rollout: Rollout) -> None:
    run = rollout("evaluate", "EVENTS", "--shopper", "a", EVENTS="true", EVENTS_ALLOWLIST="a,b")
    assert run.code == 0
    assert run.out.splitlines()[1] == "reason:   ENV_ALLOWLIST: the environment says: the shopper is on the allowlist"


@pytest.mark.parametrize("source", ["ids.txt", "-"])
def test_many_ids_are_answered_a_line_each_with_tabs_between(beta: Rollout, folder: Path, source: str) -> None:
    (folder / "ids.txt").write_bytes(IDS.encode())
    run = beta("evaluate", "ROUTING", "--ids-file", source, stdin=IDS if source == "-" else b"")
    assert (run.code, run.err) == (0, "")
    assert run.out == (
        "beta-1\ttrue\tALLOWLIST\n"
        '"\\"quoted\\" id"\tfalse\tPREREQUISITE\n'
        '"tab\\there"\tfalse\tPREREQUISITE\n'
        "ção\tfalse\tPREREQUISITE\n"
        '"a\\nb"\tfalse\tPREREQUISITE\n'
    )


def test_the_ids_of_the_lines_can_be_fed_back_in(beta: Rollout) -> None:
    first = beta("evaluate", "EVENTS", "--ids-file", "-", stdin=IDS).out
    ids = "".join(line.split("\t")[0] + "\n" for line in first.splitlines())
    assert beta("evaluate", "EVENTS", "--ids-file", "-", stdin=ids).out == first


def test_many_ids_as_json_are_one_document_a_line(beta: Rollout) -> None:
    run = beta("evaluate", "EVENTS", "--ids-file", "-", "--format", "json", stdin=IDS)
    documents = [json.loads(line) for line in run.out.splitlines()]
    assert [each["id"] for each in documents] == ["beta-1", '"quoted" id', "tab\there", "ção", "a\nb"]
    assert documents[0] == {
        "schema": "rollout/evaluate/v1",
        "id": "beta-1",
        "flag": "EVENTS",
        "value": True,
        "enabled": True,
        "reason": "ALLOWLIST",
        "bucket": None,
        "shadow": False,
        "revision": 3,
        "stale": False,
    }


def test_a_line_that_is_no_id_stops_with_its_number(beta: Rollout) -> None:
    run = beta("evaluate", "EVENTS", "--ids-file", "-", stdin=b'fine\n"broken\n')
    assert run.code == 2
    assert run.err == "error: standard input:2: this line is not a JSON string\n  -> mend the line; one id a line\n"


def test_a_file_that_is_not_there_is_a_usage_error(beta: Rollout) -> None:
    run = beta("evaluate", "EVENTS", "--ids-file", "nowhere")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("error: cannot read nowhere: No such file or directory\n  -> ")


def test_a_shopper_and_a_file_exclude_each_other(beta: Rollout) -> None:
    assert beta("evaluate", "EVENTS", "--shopper", "a", "--ids-file", "-").code == 2


def test_broken_files_do_not_keep_the_store_from_answering(beta: Rollout, folder: Path) -> None:
    (folder / "flags.yaml").unlink()
    run = beta("evaluate", "EVENTS", "--shopper", "beta-1")
    assert run.code == 0
    assert run.out.startswith("EVENTS for beta-1: true\n")
    assert run.talk.startswith(
        "warning: there is no flags.yaml in <folder> or above, so the flags are those of the store"
    )


def test_broken_files_without_a_store_answer_nothing(rollout: Rollout, folder: Path) -> None:
    (folder / "flags.yaml").write_text("rollout: test-rollout\nversion: [\n")
    assert rollout("evaluate", "EVENTS").code == 2
