"""The one place that knows every concrete class: what a command sees of the world, opened only when it asks."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rollout_cli.errors import StoreMissingError, UsageError
from rollout_cli.sources.kill_file import KillSwitches, read_kill_switches
from rollout_cli.sources.project_files import (
    find_project,
    read_project_files,
    require_project,
    rollout_name_at_a_glance,
)
from rollout_cli.sources.surroundings import actor_name, today

if TYPE_CHECKING:
    from rollout_cli.control.project import Project, Reading
    from rollout_cli.store.address import StoreAddress
    from rollout_cli.store.sql_store import SqlStore

PROJECT_VARIABLE = "ROLLOUT_PROJECT"
STORE_VARIABLE = "ROLLOUT_STORE"


@dataclass(frozen=True)
class Workspace:
    """A project folder, the store that belongs to it, and the environment a command runs in."""

    folder: Path
    store_url: str | None
    environment: Mapping[str, str]

    @property
    def actor(self) -> str:
        """Who is asking."""
        return actor_name(self.environment)

    @cached_property
    def files(self) -> "Reading":
        """What the project's files say, and everything that is wrong with them.

        Raises:
            UsageError: there is no project here.
        """
        from rollout_cli.control.project import read_project

        require_project(self.folder)
        documents = read_project_files(self.folder)
        return read_project(documents.flags, documents.phases, documents.findings, today())

    @property
    def project(self) -> "Project":
        """The project.

        Raises:
            InvalidFilesError: the files cannot be used.
        """
        return self.files.require()

    @property
    def address(self) -> "StoreAddress":
        """Where the store is."""
        from rollout_cli.store.address import address_from_url, default_address

        return default_address(self.folder) if self.store_url is None else address_from_url(self.store_url)

    def open_store(self) -> "SqlStore | None":
        """The store as it is; None when it is the project's own and was never created.

        Raises:
            StoreError: it cannot be used, or was named and is missing.
        """
        from rollout_cli.store.sql_store import open_store

        try:
            return open_store(self.address)
        except StoreMissingError:
            if self.address.is_default:
                return None
            raise

    def open_store_for_writing(self) -> tuple["SqlStore", bool]:
        """The store, and whether it was created just now: only the project's own ever is."""
        from rollout_cli.store.sql_store import create_store, open_store

        store = self.open_store()
        if store is not None:
            return store, False
        created = create_store(self.address)
        return open_store(self.address), created

    @property
    def kill_switches(self) -> KillSwitches:
        """What break-glass keeps off."""
        return read_kill_switches(self.folder, self.environment)

    def rollout_name(self, named: str | None, store: "SqlStore") -> str:
        """Which rollout is meant, found without reading the files strictly: rollback works when they are broken.

        Raises:
            UsageError: the store holds several, and nothing says which is meant.
        """
        name = named or rollout_name_at_a_glance(self.folder)
        if name is not None:
            return name
        known = store.rollouts()
        if len(known) > 1:
            raise UsageError("the store holds several rollouts", hint=f"name one with --rollout: {', '.join(known)}")
        return known[0] if known else "unknown"


def open_workspace(project: Path | None, store_url: str | None, environment: Mapping[str, str]) -> Workspace:
    """Find the project and its store from options and environment; reads nothing yet."""
    named = project or (Path(environment[PROJECT_VARIABLE]) if environment.get(PROJECT_VARIABLE) else None)
    folder = find_project(Path.cwd()) if named is None else Path(os.path.abspath(named))  # noqa: PTH100
    return Workspace(folder, store_url or environment.get(STORE_VARIABLE) or None, environment)
