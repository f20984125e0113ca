"""The main job, end to end, on the small project."""

from pathlib import Path

from tests.support.program import rollout


def test_a_rollout_goes_from_off_to_staging_and_back(folder: Path) -> None:
    assert rollout("advance", "--yes", cwd=folder).code == 0
    assert rollout("advance", "--phase", "2", cwd=folder).code == 5
    assert rollout("advance", "--phase", "1", cwd=folder).code == 0
    assert rollout("evaluate", "EVENTS", "--shopper", "anybody", "--format", "json", cwd=folder).document["value"] is True
    assert rollout("rollback", cwd=folder).code == 0
    assert rollout("evaluate", "EVENTS", "--shopper", "anybody", "--format", "json", cwd=folder).document["value"] is False
    assert rollout("status", "--format", "json", cwd=folder).document["state"] == "rolled_back"
