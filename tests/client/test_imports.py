"""What an application has to load: the standard library and a hash, as long as its store is a SQLite file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.projects import REPOSITORY

HEAVY = ["alembic", "click", "pydantic", "rich", "sqlalchemy", "typer", "yaml"]


def loaded_after(program: str, *arguments: str) -> set[str]:
    """The names of all modules that are loaded when a small program is done."""
    code = f"{program}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); {code}", *arguments],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return set(json.loads(done.stdout))


ASK = """
from rollout_cli import RolloutClient, Records
client = RolloutClient.connect("sqlite:///" + sys.argv[1], environment={}, last_known_good=sys.argv[1] + ".json")
assert client.is_enabled("EVENTS", "shopper-1")
assert client.value("POLICY", "shopper-1") == "sticky"
assert client.decide("ROUTING", 42).enabled
assert client.decide("UNKNOWN").reason == "FLAG_NOT_FOUND"
assert len(client.decide_all("shopper-1")) == 4
assert not client.refresh().stale
client.close()
""".replace(", Records", "")


def test_asking_a_sqlite_store_loads_no_framework(path: Path) -> None:
    loaded = loaded_after(ASK, str(path))
    assert [name for name in HEAVY if name in loaded] == []
    assert "rollout_cli.client.rollout_client" in loaded


@pytest.mark.parametrize("what", ["asyncio", "ssl", "http", "multiprocessing"])
def test_asking_a_sqlite_store_loads_no_large_part_of_the_standard_library(path: Path, what: str) -> None:
    assert what not in loaded_after(ASK, str(path))


def test_the_package_itself_loads_none_of_its_rooms() -> None:
    loaded = loaded_after("import rollout_cli")
    assert {name for name in loaded if name.startswith("rollout_cli")} == {"rollout_cli", "rollout_cli.version"}


@pytest.mark.parametrize("name", ["RolloutClient", "configure", "decide", "is_enabled", "value"])
def test_what_applications_use_is_in_the_package(name: str) -> None:
    import rollout_cli
    import rollout_cli.client

    assert getattr(rollout_cli, name) is getattr(rollout_cli.client, name)
    assert name in rollout_cli.__all__


def test_a_name_that_the_package_does_not_have_is_an_error_as_usual() -> None:
    import rollout_cli

    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        rollout_cli.nonsense  # noqa: B018 - asking is what is tested
