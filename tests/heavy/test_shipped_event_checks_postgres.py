"""The shipped plan's questions of the event store, asked of a real PostgreSQL as the checks ask them."""

from datetime import timedelta

import pytest

from rollout_cli.control.project import Project
from rollout_cli.sources.probes.settings import ProbeSettings
from tests.docs.test_shipped_event_checks import BUSINESS, RECEIVED, SOUND, queries_of, store_sound_deliveries
from tests.support.databases import pointing_at, value
from tests.support.postgres import Postgres
from tests.support.projects import REPOSITORY, load_project

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def settings(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> ProbeSettings:
    url = postgres.new_database()
    store_sound_deliveries(url)
    return pointing_at(url, tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def shipped() -> Project:
    return load_project(REPOSITORY)


@pytest.mark.parametrize("check", BUSINESS)
def test_nothing_is_wrong_where_everything_is_as_it_should_be(
    shipped: Project, settings: ProbeSettings, check: str
) -> None:
    assert {value(settings, each.query) for each in queries_of(shipped, check)} == {0}


@pytest.mark.parametrize("check", ["nothing-stored", "beta-events-stored"])
def test_what_was_stored_before_the_phase_was_entered_does_not_count(
    shipped: Project, settings: ProbeSettings, check: str
) -> None:
    (since_long,) = queries_of(shipped, check)
    (since_lately,) = queries_of(shipped, check, RECEIVED + timedelta(seconds=10))
    assert value(settings, since_long.query) >= len(SOUND)
    assert value(settings, since_lately.query) == 0
