"""`rollout simulate` keeps what it sends, and replays it: files, folders, standard input, and exported logs."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rollout_cli.errors import ExitCode
from tests.support.program import Run, rollout, rollout_here

Simulate = Callable[..., Run]
UNHURRIED = ("--phase", "0", "--legacy", "none")
BODY = json.dumps({"kind": "message.inbound", "id": "m-1", "chat": {"id": "5511970000001"}, "message": {"text": "oi"}})


@pytest.fixture
def simulate(tmp_path: Path) -> Simulate:
    """The command in a folder with the shipped plan."""
    rollout_here("init", ".", cwd=tmp_path)
    return lambda *words, **more: rollout_here("simulate", *words, cwd=tmp_path, **more)


def kpis(run: Run) -> dict[str, Any]:
    return {each["id"]: each["verdict"] for each in run.document["kpis"]}


def test_what_was_saved_is_replayed_with_the_same_events(simulate: Simulate, tmp_path: Path) -> None:
    words = ("--phase", "3", "--format", "json", "--malformed", "0%")
    sent = simulate(*words, "--events", "400", "--save-traffic", "kept.ndjson.gz").document["events"]
    lines = gzip.decompress((tmp_path / "kept.ndjson.gz").read_bytes()).splitlines()
    assert json.loads(lines[0]).keys() >= {"at", "provider", "shopper", "body"}
    run = simulate(*words[:4], "--replay", "kept.ndjson.gz")
    again = run.document["events"]
    assert {name: again[name] for name in ("delivered", "unique", "persisted", "duplicates_stored")} == {
        name: sent[name] for name in ("delivered", "unique", "persisted", "duplicates_stored")
    }
    assert kpis(run)["stored_rate"] == kpis(run)["records_read"] == "PASS"
    assert (run.document["seed"], run.document["setting"]["source"]) == (None, "replay of kept.ndjson.gz")


def test_an_exported_log_is_replayed_from_standard_input_and_stores_the_same(
    simulate: Simulate, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    rollout_here("events", "upgrade", "--events-store", url, cwd=tmp_path)
    first = simulate("--phase", "3", "--format", "json", "--events", "300", "--events-store", url).document["events"]
    log = rollout_here("events", "export", "--events-store", url, cwd=tmp_path).out
    again = simulate("--phase", "3", "--format", "json", "--replay", "-", stdin=log)
    assert again.document["events"]["persisted"] == first["persisted"]
    assert kpis(again)["records_read"] == "PASS"


def test_what_cannot_be_read_is_told_by_its_place_and_leaves_the_verdict_open(
    simulate: Simulate, tmp_path: Path
) -> None:
    line = json.dumps({"provider": "simulated", "body": BODY})
    (tmp_path / "some.ndjson").write_text(f"{line}\n" + '{"at":17,"provi\n' * 25 + line + "\n")
    run = simulate(*UNHURRIED, "--replay", "some.ndjson")
    assert run.code == ExitCode.NOT_YET, run.out
    assert "some.ndjson:2: it is cut off or damaged: it is no JSON\n" in run.err
    assert run.err.count("some.ndjson:") == 20
    assert "and 5 more records that cannot be read" in run.err
    assert "25 of 27 records could not be read" in run.out


def test_bodies_in_folders_are_of_the_provider_that_the_folder_or_the_option_names(
    simulate: Simulate, tmp_path: Path
) -> None:
    (tmp_path / "bodies" / "simulated").mkdir(parents=True)
    (tmp_path / "bodies" / "simulated" / "1.json").write_text(BODY)
    (tmp_path / "2.json").write_text(BODY)
    words = ("--replay", "bodies", "--replay", "2.json", "--provider", "simulated", "--shopper", "s-1")
    run = simulate(*UNHURRIED, *words, "--format", "json")
    assert run.code == ExitCode.DONE, run.out
    assert kpis(run)["idempotency"] == "PASS"
    assert [(each["shopper"], each["events"]) for each in run.document["shoppers"]] == [("s-1", 2)]


def test_a_replay_goes_on_and_says_how(simulate: Simulate, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    rollout_here("events", "upgrade", "--events-store", url, cwd=tmp_path)
    words = ("--phase", "3", "--replay", "grows.ndjson", "--events-store", url, "--format", "json")
    bodies = [json.dumps({"provider": "simulated", "body": BODY.replace("m-1", f"m-{n}")}) + "\n" for n in range(9)]
    (tmp_path / "grows.ndjson").write_text("".join(bodies[:5]))
    assert simulate(*words, "--resume", "state").document["events"]["unique"] == 5
    (tmp_path / "grows.ndjson").write_text("".join(bodies))
    assert simulate(*words, "--resume", "state").document["events"]["unique"] == 9
    for other in (("--shopper", "other"), ("--legacy", "reference"), ("--inject", "latency:1ms@1%")):
        refused = simulate(*words, *other, "--resume", "state")
        assert refused.code == ExitCode.REFUSED, other
        assert "another replay" in refused.err


def test_what_cannot_be_meant_is_refused_before_anything_runs(simulate: Simulate, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text("{}\n")
    replay = ("--replay", "a.ndjson")
    refused = {
        (*replay, "--duplicates", "2%"): "--duplicates is of traffic",
        (*replay, "--events", "50"): "--events is of traffic",
        (*replay, "--provider", "baileys", "--provider", "evolution"): "one provider",
        (*replay, "--pace", "fast"): "recorded, so many times as fast like 10x, or max",
        (*replay, "--pace", "2x", "--rate", "5"): "--pace and --rate",
        (*replay, "--workers", "2", "--pace", "2x"): "leave --workers and --engine out",
        ("--replay", "-", "--workers", "2"): "leave --workers and --engine out",
        ("--save-traffic", "kept.ndjson", "--workers", "2"): "leave --workers and --engine out",
        ("--replay", "no.ndjson"): "cannot read no.ndjson",
        ("--shopper", "a"): "--shopper is of a replay",
        ("--rate", "0"): "events a second, like 200 or 200/s; or max",
        ("--save-traffic", "kept.json"): ".ndjson.gz",
        ("--save-traffic", "no/kept.ndjson"): "there is no folder",
    }
    for words, told in refused.items():
        run = simulate("--phase", "0", *words)
        assert run.code == ExitCode.USAGE, (words, run.out)
        assert told in run.err, (words, run.err)
    temporary = simulate("--phase", "0", *replay, "--resume", "state")
    assert temporary.code == ExitCode.REFUSED
    assert "temporary store" in temporary.err


def test_the_report_says_how_to_do_the_same_again(simulate: Simulate, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(BODY + "\n")
    words = ("--replay", "a.ndjson", "--provider", "simulated", "--rate", "50", "--save-traffic", "b.ndjson")
    again = "rollout simulate --phase 0 --provider simulated --legacy none --replay a.ndjson --rate 50"
    assert simulate(*UNHURRIED, *words, "--format", "json").document["setting"]["command"] == again


def test_a_rate_is_kept_and_waiting_for_it_is_no_latency(simulate: Simulate) -> None:
    run = simulate(*UNHURRIED, "--events", "40", "--provider", "simulated", "--rate", "20/s", "--format", "json")
    assert run.document["throughput_per_s"] < 25
    assert run.document["latency_ms"]["p50"] < 900


@pytest.mark.heavy
def test_two_workers_count_in_a_recording_what_one_counts(simulate: Simulate, tmp_path: Path) -> None:
    simulate("--phase", "3", "--events", "1500", "--save-traffic", "kept.ndjson.gz")
    with gzip.open(tmp_path / "kept.ndjson.gz", "ab") as file:
        file.write(b"{}\n")
    words = ["simulate", "--phase", "3", "--replay", "kept.ndjson.gz", "--format", "json", "--workers"]
    one, two = (rollout(*words, each, cwd=tmp_path) for each in ("1", "2"))
    assert two.document["setting"]["workers"] == 2
    for name in ("events", "about", "shoppers", "providers"):
        assert one.document[name] == two.document[name]
    assert one.document["about"]["persons"] > 0
    assert "kept.ndjson.gz" in two.err
