"""Where a project lies in its checkout."""

from pathlib import Path

import pytest

from rollout_cli.sources.checkout import place_in_checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "repo" / "services" / "x").mkdir(parents=True)
    (tmp_path / "repo" / ".git").mkdir()
    return tmp_path / "repo"


def test_the_root_that_git_knows_counts_where_nobody_names_one(checkout: Path) -> None:
    assert place_in_checkout(checkout / "services" / "x", {}) == "services/x"
    assert place_in_checkout(checkout, {}) == ""


def test_a_worktree_whose_git_is_a_file_is_a_root_too(checkout: Path) -> None:
    (checkout / "services" / ".git").write_text("gitdir: elsewhere\n")
    assert place_in_checkout(checkout / "services" / "x", {}) == "x"


@pytest.mark.parametrize("name", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_the_root_that_the_ci_system_names_counts_more(checkout: Path, name: str) -> None:
    assert place_in_checkout(checkout / "services" / "x", {name: str(checkout.parent)}) == "repo/services/x"


def test_a_root_that_the_project_does_not_lie_in_is_none(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert place_in_checkout(checkout / "services", {"GITHUB_WORKSPACE": str(tmp_path / "other")}) == "services"
    assert place_in_checkout(checkout / "services", {"GITHUB_WORKSPACE": ""}) == "services"


def test_links_are_followed_before_places_are_compared(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(checkout)
    assert place_in_checkout(tmp_path / "link" / "services", {"CI_PROJECT_DIR": str(checkout)}) == "services"
    assert place_in_checkout(checkout / "services", {"CI_PROJECT_DIR": str(tmp_path / "link")}) == "services"


def test_outside_of_any_checkout_the_project_is_its_own_root(tmp_path: Path) -> None:
    assert place_in_checkout(tmp_path, {"GITHUB_WORKSPACE": "/nowhere/at/all"}) == ""
