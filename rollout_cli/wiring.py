"""The one place that knows every concrete class: what a command sees of the world, opened only when it asks."""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rollout_cli.errors import StoreMissingError, UsageError
from rollout_cli.sources.project_place import PROJECT_VARIABLE, STORE_VARIABLE
from rollout_cli.sources.surroundings import actor_name, today

if TYPE_CHECKING:
    from rollout_cli.checks.kinds import Plugins
    from rollout_cli.client.rollout_client import RolloutClient
    from rollout_cli.control.doctor import Killed, StoreFile
    from rollout_cli.control.project import Project, Reading
    from rollout_cli.control.standing import Standing
    from rollout_cli.control.views import ProcessView
    from rollout_cli.sources.kill_file import KillSwitches
    from rollout_cli.sources.probes.crew import Crew
    from rollout_cli.store.address import StoreAddress
    from rollout_cli.store.events.sql_event_store import SqlEventStore
    from rollout_cli.store.sql_ledger import SqlLedger
    from rollout_cli.store.sql_store import SqlStore

EVENTS_VARIABLE = "ROLLOUT_EVENTS_DATABASE_URL"
"""Where the store of events is; the source `events` of the shipped sources.yaml has it from there, too."""


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
        from rollout_cli.sources.project_files import read_project_files, require_project

        require_project(self.folder)
        documents = read_project_files(self.folder)
        return read_project(
            documents.flags, documents.phases, documents.findings, today(),
            sources_document=documents.sources, plugins=_plugins(),
        )  # fmt: skip

    @property
    def project(self) -> "Project":
        """The project.

        Raises:
            InvalidFilesError: the files cannot be used.
        """
        return self.files.require()

    @property
    def has_flags_file(self) -> bool:
        """Whether there is a `flags.yaml`, sound or not."""
        from rollout_cli.sources.project_place import FLAGS_FILE

        return os.path.lexists(self.folder / FLAGS_FILE)

    @property
    def name_at_a_glance(self) -> str | None:
        """The rollout's name from files that may be broken elsewhere."""
        from rollout_cli.sources.project_files import rollout_name_at_a_glance

        return rollout_name_at_a_glance(self.folder)

    @property
    def address(self) -> "StoreAddress":
        """Where the store is."""
        from rollout_cli.store.address import address_from_url, default_address

        return default_address(self.folder) if self.store_url is None else address_from_url(self.store_url)

    def standing_at_a_glance(self, rollout: str) -> "Standing | None":
        """How the rollout stands in the project's own store, read without what it takes to work with a store.

        None where that does not do: `open_store` knows every store, and what is wrong with it.
        """
        from rollout_cli.store.default_place import default_path
        from rollout_cli.store.sqlite_glance import standing_at_a_glance

        return None if self.store_url else standing_at_a_glance(default_path(self.folder), rollout)

    def open_store(self, *, history_only: bool = False) -> "SqlStore | None":
        """The store as it is; None when it is the project's own and was never created.

        Args:
            history_only: an older schema does when the history is the same there.

        Raises:
            StoreError: it cannot be used, or was named and is missing.
        """
        from rollout_cli.store.sql_store import open_store

        try:
            return open_store(self.address, history_only=history_only)
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

    def processes(self, rollout: str) -> "Sequence[ProcessView]":
        """The application processes that hear of a rollout; none where the store cannot tell."""
        from rollout_cli.store.default_place import default_path
        from rollout_cli.store.processes import processes_at

        path = self.address.path if self.store_url else default_path(self.folder)
        if path is not None:
            return processes_at(path, rollout)
        store = self.open_store()
        return () if store is None else store.processes(rollout)

    @property
    def kill_switches(self) -> "KillSwitches":
        """What break-glass keeps off."""
        from rollout_cli.sources.kill_file import read_kill_switches

        return read_kill_switches(self.folder, self.environment)

    def crew(self, project: "Project") -> "Crew":
        """Those who ask the outside what the project's checks want to know."""
        from rollout_cli.sources.probes.catalogue import crew_for
        from rollout_cli.sources.probes.settings import OwnStore, ProbeSettings
        from rollout_cli.store.schema_versions import SCHEMA_HEAD, VERSION_TABLE

        address = self.address
        store = OwnStore(address.url, address.path, SCHEMA_HEAD, VERSION_TABLE)
        return crew_for(ProbeSettings(self.folder, self.environment, project.sources, store))

    def rollout_name(self, named: str | None, store: "SqlStore", *, is_asked: bool = False) -> str:
        """Which rollout is meant, found without reading the files strictly: rollback works when they are broken.

        Args:
            named: what a person said.
            store: where it is.
            is_asked: whether the command has `--rollout`, for the hint.

        Raises:
            UsageError: the store holds several, and nothing says which is meant.
        """
        name = named or self.name_at_a_glance
        if name is not None:
            return name
        known = store.rollouts()
        if len(known) > 1:
            names = ", ".join(known)
            by_project = f"name the project of one with --project: {names}"
            way = f"name one with --rollout: {names}" if is_asked else by_project
            raise UsageError("the store holds several rollouts", hint=way)
        return known[0] if known else "unknown"


def events_address(workspace: Workspace, url: str | None) -> "StoreAddress":
    """Where the store of events is: as said, else as the environment says, else beside the project's own store.

    Raises:
        UsageError: the URL is none.
    """
    from rollout_cli.store.address import StoreAddress, address_from_url, default_address
    from rollout_cli.store.default_place import default_path

    said = url or workspace.environment.get(EVENTS_VARIABLE)
    if said:
        return address_from_url(said)
    path = default_path(workspace.folder).with_name("events.db")
    return StoreAddress(default_address(workspace.folder).url, path, is_default=True)


def open_events(workspace: Workspace, url: str | None) -> "SqlEventStore":
    """The store of events as it is.

    Raises:
        StoreError: it cannot be used, or is missing.
    """
    from rollout_cli.store.events.opening import open_event_store

    return open_event_store(events_address(workspace, url))


def open_client(workspace: Workspace) -> "RolloutClient":
    """Whoever answers for the project's flags: from its store, else from the environment."""
    from rollout_cli.client.rollout_client import RolloutClient

    path = workspace.address.path
    url = workspace.store_url
    if url is None and path is not None and path.exists():
        url = "sqlite:///" + str(path).replace("%", "%25").replace("?", "%3F")
    return RolloutClient.connect(url, project=workspace.folder, environment=workspace.environment)


@dataclass(frozen=True)
class Installed:
    """A workspace as the doctor sees it."""

    workspace: Workspace

    @property
    def folder(self) -> str:
        """Where the project is."""
        return str(self.workspace.folder)

    @property
    def store_name(self) -> str:
        """Where the store is, without secrets."""
        return self.workspace.address.name

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables."""
        return self.workspace.environment

    def versions(self) -> Mapping[str, str]:
        """The program and what it stands on."""
        import platform
        import sqlite3
        from importlib.metadata import version

        from rollout_cli.version import VERSION

        libraries = {name: version(name) for name in ("SQLAlchemy", "pydantic", "typer")}
        return {
            "rollout": VERSION,
            "Python": platform.python_version(),
            "SQLite": sqlite3.sqlite_version,
            **libraries,
        }

    def files(self) -> "Reading":
        """The project's files, read."""
        return self.workspace.files

    @cached_property
    def _ledger(self) -> "SqlLedger | None":
        store = self.workspace.open_store()
        return None if store is None else store.ledger(self.workspace.rollout_name(None, store))

    def ledger(self) -> "SqlLedger | None":
        """The rollout in the store; None when there is no store yet."""
        return self._ledger

    def store_file(self) -> "StoreFile | None":
        """The store's file, when it is one and is there."""
        from rollout_cli.control.doctor import StoreFile

        path = self.workspace.address.path
        if path is None or not path.is_file():
            return None
        return StoreFile(str(path), stat.S_IMODE(path.stat().st_mode), os.access(path, os.W_OK))

    def killed(self) -> "Killed | None":
        """What break-glass keeps off."""
        from rollout_cli.control.doctor import Killed

        switches = self.workspace.kill_switches
        return Killed(switches.what, switches.where) if switches.kills else None


def _plugins() -> "Plugins":
    """The kinds of checks that other packages offer; looked for when a file names one that is none of ours."""
    from rollout_cli.checks.kinds import Plugins

    @cache
    def installed() -> Plugins:
        from rollout_cli.sources.probes.plugins import installed_plugins

        return installed_plugins()

    return Plugins(lambda: installed().names(), lambda name: installed().model(name))


def open_workspace(project: Path | None, store_url: str | None, environment: Mapping[str, str]) -> Workspace:
    """Find the project and its store from options and environment; reads nothing yet.

    Raises:
        UsageError: the folder that the command runs in is gone.
    """
    from rollout_cli.sources.project_place import find_project

    named = project or (Path(environment[PROJECT_VARIABLE]) if environment.get(PROJECT_VARIABLE) else None)
    try:
        folder = find_project(Path.cwd()) if named is None else Path(os.path.abspath(named))  # noqa: PTH100
    except FileNotFoundError:
        raise UsageError(
            "the folder you are in is gone", hint="go to your project, or name it with --project and its full path"
        ) from None
    return Workspace(folder, store_url or environment.get(STORE_VARIABLE) or None, environment)
