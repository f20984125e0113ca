"""The flags that a project declares, at their defaults: what an application knows before it has read a store."""

from pathlib import Path

from rollout_cli.flags.model import Snapshot
from rollout_cli.plan.difference import snapshot_at
from rollout_cli.plan.models import FlagsFile
from rollout_cli.plan.reading import read_model
from rollout_cli.plan.wanted import Wanted
from rollout_cli.sources.project_place import FLAGS_FILE
from rollout_cli.sources.regular_file import UnreadableFileError, read_regular_file
from rollout_cli.sources.strict_yaml import MAX_BYTES, parse_yaml


def declared_flags(project: Path) -> Snapshot | None:
    """Read `flags.yaml` alone.

    Returns:
        Every flag at its default; None when the file is not there, or `rollout validate` would complain of its form.
    """
    try:
        data = read_regular_file(project / FLAGS_FILE, limit=MAX_BYTES)
    except (OSError, UnreadableFileError):
        return None
    document, _ = parse_yaml(FLAGS_FILE, data)
    flags = None if document is None else read_model(FlagsFile, document)[0]
    return None if flags is None else snapshot_at(Wanted(flags, (), ""), None)
