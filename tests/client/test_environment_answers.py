"""What answers where there is no store: environment variables over what `flags.yaml` declares, and break-glass."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.client import RolloutClient, Source
from rollout_cli.flags.decision import Reason
from rollout_cli.flags.environment import answers_from_environment
from rollout_cli.flags.kill import KILL_VARIABLE, kills_from_variable
from rollout_cli.sources.declared_flags import declared_flags
from tests.client.clients import SELDOM
from tests.support.examples import examples
from tests.support.projects import write_project

IDS = [f"shopper-{number}" for number in range(200)]


@contextmanager
def client_of(project: Path | str, rollout: str | None = None, **environment: str) -> Iterator[RolloutClient]:
    """A client without a store."""
    with RolloutClient.connect(
        None, project=project, rollout=rollout, environment=environment, refresh_seconds=SELDOM
    ) as client:
        yield client


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A folder in which nothing is declared."""
    return tmp_path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which EVENTS, SHADOW, ROUTING and POLICY are declared."""
    return write_project(tmp_path_factory.mktemp("project"))


def test_without_variables_every_declared_flag_is_at_its_default(project: Path) -> None:
    with client_of(project) as client:
        assert {name: each.value for name, each in client.decide_all("shopper-1").items()} == {
            "EVENTS": False, "SHADOW": True, "ROUTING": False, "POLICY": "default",
        }  # fmt: skip
        assert client.decide("EVENTS").reason == Reason.DISABLED
        assert client.decide("SHADOW").reason == Reason.GLOBAL
        health = client.health()
        assert (health.source, health.rollout, health.revision) == (Source.ENVIRONMENT, "test-rollout", 0)
        assert (health.stale, health.age_seconds, health.problem) == (False, None, None)
        assert not client.decide("EVENTS").stale
        assert client.decide("EVENTS").revision == 0


def test_variables_speak_for_declared_flags(project: Path) -> None:
    with client_of(project, EVENTS="true", EVENTS_DENYLIST="bob", ROUTING="on", ROUTING_SHADOW_MODE="1") as client:
        assert client.decide("EVENTS", "alice")[:4] == ("EVENTS", True, True, "ENV_GLOBAL")
        assert client.decide("EVENTS", "bob")[:4] == ("EVENTS", False, False, "ENV_DENYLIST")
        assert client.decide("ROUTING", "bob").reason == "ENV_PREREQUISITE"
        assert client.decide("ROUTING", "alice").shadow
        assert client.decide("SHADOW", "alice").reason == Reason.GLOBAL


def test_a_text_flag_takes_declared_values_only(project: Path) -> None:
    with client_of(project, POLICY="sticky") as client:
        assert client.value("POLICY", default="other") == "sticky"
    with client_of(project, POLICY="invented") as client:
        assert client.value("POLICY", default="other") == "default"


def test_a_percent_lets_in_whom_the_store_would_let_in(project: Path, nowhere: Path) -> None:
    with client_of(project, EVENTS="true", EVENTS_PERCENT="25") as client:
        let_in = [each for each in IDS if client.is_enabled("EVENTS", each)]
        assert client.decide("EVENTS").reason == "ENV_TARGETING_KEY_MISSING"
    assert 20 < len(let_in) < 80
    with client_of(nowhere, "test-rollout", EVENTS="true", EVENTS_PERCENT="25") as client:
        assert [each for each in IDS if client.is_enabled("EVENTS", each)] == let_in


def test_a_percent_without_the_rollouts_name_is_nobody(nowhere: Path) -> None:
    with client_of(nowhere, EVENTS="true", EVENTS_PERCENT="99", EVENTS_ALLOWLIST="alice") as client:
        assert not any(client.is_enabled("EVENTS", each) for each in IDS)
        assert client.is_enabled("EVENTS", "alice")
    with client_of(nowhere, EVENTS="true", EVENTS_PERCENT="100") as client:
        assert all(client.is_enabled("EVENTS", each) for each in IDS)


@pytest.mark.parametrize("word", ["true", "1", "yes", "on", "TRUE", " On "])
def test_an_undeclared_flag_is_on_when_a_variable_says_so(nowhere: Path, word: str) -> None:
    with client_of(nowhere, NEW_FLAG=word, NEW_FLAG_DENYLIST="bob") as client:
        assert client.is_enabled("NEW_FLAG", "alice")
        assert client.value("NEW_FLAG", "alice") is True
        assert client.decide("NEW_FLAG", "alice")[:4] == ("NEW_FLAG", True, True, "ENV_GLOBAL")
        assert client.decide("NEW_FLAG", "bob").reason == "ENV_DENYLIST"


@pytest.mark.parametrize("word", ["false", "0", "no", "off", ""])
def test_an_undeclared_flag_is_off_when_a_variable_says_so_whatever_the_caller_prefers(
    nowhere: Path, word: str
) -> None:
    with client_of(nowhere, NEW_FLAG=word) as client:
        assert not client.is_enabled("NEW_FLAG", default=True)
        assert client.value("NEW_FLAG", default=True) is False
        assert client.decide("NEW_FLAG", default=True).reason == "ENV_DISABLED"


def test_an_undeclared_flag_with_a_text_has_that_value_and_else_the_callers(nowhere: Path) -> None:
    with client_of(nowhere, MODE="fast", MODE_ALLOWLIST="alice") as client:
        assert client.value("MODE", "alice", default="slow") == "fast"
        assert client.value("MODE", "bob", default="slow") == "slow"
        assert client.value("MODE", "bob", default="careful") == "careful"
        assert client.decide("MODE", "alice").reason == "ENV_ALLOWLIST"


def test_a_flag_that_nobody_declared_or_mentioned_is_the_callers_default(nowhere: Path) -> None:
    with client_of(nowhere, OTHER="true") as client:
        assert client.is_enabled("NEW_FLAG", default=True)
        assert not client.is_enabled("NEW_FLAG")
        assert client.decide("NEW_FLAG", default="x")[:4] == ("NEW_FLAG", "x", False, Reason.FLAG_NOT_FOUND)


def test_undeclared_flags_are_not_among_all(project: Path) -> None:
    with client_of(project, NEW_FLAG="true") as client:
        assert list(client.decide_all()) == ["EVENTS", "SHADOW", "ROUTING", "POLICY"]


def test_what_is_killed_is_at_its_default_declared_or_not(project: Path) -> None:
    with client_of(project, EVENTS="true", NEW_FLAG="true", ROLLOUT_KILL="EVENTS,NEW_FLAG") as client:
        assert client.decide("EVENTS")[1:4] == (False, False, Reason.KILLED)
        assert client.decide("NEW_FLAG")[1:4] == (False, False, Reason.KILLED)
        assert client.health().killed == ("EVENTS", "NEW_FLAG")
    with client_of(project, EVENTS="true", NEW_FLAG="true", SHADOW="false", ROLLOUT_KILL="*") as client:
        assert {each.reason for each in client.decide_all().values()} == {Reason.KILLED}
        assert client.is_enabled("SHADOW")
        assert not client.is_enabled("NEW_FLAG")
        assert client.health().killed == ("*",)


def test_a_kill_file_is_heard_without_a_store_too(nowhere: Path) -> None:
    with client_of(nowhere, NEW_FLAG="true") as client:
        assert client.is_enabled("NEW_FLAG")
        (nowhere / ".rollout").mkdir()
        (nowhere / ".rollout" / "kill").write_text("NEW_FLAG # too many failures\n")
        client.refresh()
        assert not client.is_enabled("NEW_FLAG")
        (nowhere / ".rollout" / "kill").unlink()
        client.refresh()
        assert client.is_enabled("NEW_FLAG")


def test_a_kill_file_that_cannot_be_read_kills_everything(project: Path, tmp_path: Path) -> None:
    with client_of(project, EVENTS="true", ROLLOUT_KILL_FILE=str(tmp_path)) as client:
        assert client.decide("EVENTS").reason == Reason.KILLED
        assert client.health().killed == ("*",)


def test_the_environment_is_read_once(project: Path) -> None:
    environment = {"EVENTS": "true"}
    with RolloutClient.connect(None, project=project, environment=environment) as client:
        environment["EVENTS"] = "false"
        client.refresh()
        assert client.is_enabled("EVENTS")


@pytest.mark.parametrize("text", [None, "", "version: 1\nrollout: [", "flags: {}", "version: 99\n", "\0", "- a\n- b\n"])
def test_a_declaration_that_is_none_leaves_the_variables(nowhere: Path, text: str | None) -> None:
    if text is not None:
        (nowhere / "flags.yaml").write_text(text)
    with client_of(nowhere, EVENTS="true") as client:
        assert client.is_enabled("EVENTS")
        assert client.decide_all() == {}


def test_another_rollout_than_the_declared_one_has_none_of_its_flags(project: Path) -> None:
    with client_of(project, "another") as client:
        assert client.decide_all() == {}
        assert client.health().rollout == "another"


def test_the_project_is_named_by_a_variable_too(project: Path, nowhere: Path) -> None:
    with RolloutClient.connect(None, environment={"ROLLOUT_PROJECT": str(project)}) as client:
        assert client.health().rollout == "test-rollout"
    with RolloutClient.connect(None, project=nowhere, environment={"ROLLOUT_PROJECT": str(project)}) as client:
        assert client.health().rollout == ""


def test_the_project_is_found_around_the_process(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "phases")
    with RolloutClient.connect(None, environment={}) as client:
        assert client.health().rollout == "test-rollout"


texts = st.sampled_from(
    [
        "true",
        "0",
        "ON",
        "off",
        "",
        " ",
        "sticky",
        "invented",
        "12.5",
        "100",
        "-1",
        "nan",
        "alice",
        "alice, bob,,",
        "\udcff",
    ]
)
names = st.sampled_from(["EVENTS", "SHADOW", "ROUTING", "POLICY"])
suffixes = st.sampled_from(["", "", "_ALLOWLIST", "_DENYLIST", "_PERCENT", "_SHADOW_MODE"])
environments = st.dictionaries(st.builds(str.__add__, names, suffixes), texts, max_size=8)
kill_texts = st.sampled_from(["", "", "EVENTS", "POLICY,ROUTING", "*"])


@settings(max_examples=examples(60), deadline=None)
@given(environments, kill_texts, st.sampled_from([None, "", "alice", "bob", "shopper-1", "shopper-2"]))
def test_for_declared_flags_the_client_agrees_with_the_answers_of_the_environment(
    project: Path, variables: dict[str, str], killed: str, key: str | None
) -> None:
    declared = declared_flags(project)
    assert declared is not None
    expected = answers_from_environment(declared, variables, kills_from_variable(killed))
    with client_of(project, **variables, **{KILL_VARIABLE: killed}) as client:
        decisions = client.decide_all(key)
        assert list(decisions) == list(declared.definitions)
        for name, decision in decisions.items():
            assert decision == expected.decide(name, key) == client.decide(name, key)
            assert client.is_enabled(name, key) is decision.enabled
            assert client.value(name, key) == decision.value
