"""An application knows where the rollout stands: for labels of metrics, and for whoever looks."""

from pathlib import Path

from rollout_cli import RolloutClient
from tests.support.program import rollout_here
from tests.support.waiting import eventually


def test_the_phase_is_off_then_a_number_and_off_again(folder: Path) -> None:
    rollout_here("init", ".", cwd=folder)
    store = f"sqlite:///{folder}/.rollout/rollout.db"
    with RolloutClient.connect(store, project=folder, environment={}) as client:
        assert client.phase == "off"
        for phase in ("0", "1"):
            rollout_here("advance", "--phase", phase, "--force", "--reason", "test", "--yes", cwd=folder)
            eventually(lambda wanted=phase: client.phase == wanted)
        rollout_here("rollback", cwd=folder)
        eventually(lambda: client.phase == "off")


def test_where_no_store_has_said_so_the_phase_is_empty(tmp_path: Path) -> None:
    with RolloutClient.connect(None, project=tmp_path, environment={}) as client:
        assert client.phase == ""
