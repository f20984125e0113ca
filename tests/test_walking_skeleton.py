"""The main job, end to end, on the small project."""

from pathlib import Path

from tests.support.program import rollout_here


def test_a_rollout_goes_from_off_to_staging_and_back(folder: Path) -> None:
    def decided() -> bool:
        run = rollout_here("evaluate", "EVENTS", "--shopper", "anybody", "--format", "json", cwd=folder)
        return run.document["value"]

    assert rollout_here("advance", "--yes", cwd=folder).code == 0
    assert rollout_here("advance", "--phase", "2", cwd=folder).code == 5
    assert rollout_here("advance", "--phase", "1", cwd=folder).code == 0
    assert decided() is True
    assert rollout_here("rollback", cwd=folder).code == 0
    assert decided() is False
    assert rollout_here("status", "--format", "json", cwd=folder).document["state"] == "rolled_back"
