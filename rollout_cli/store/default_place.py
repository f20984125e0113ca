"""Where a project's own store is."""

from pathlib import Path


def default_path(project: Path) -> Path:
    """The SQLite file that nobody has to name."""
    return project / ".rollout" / "rollout.db"
