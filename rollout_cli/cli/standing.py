"""Opening the store for a command: to look, or to change."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout_cli.cli.session import Session
from rollout_cli.errors import StoreMissingError

if TYPE_CHECKING:
    from rollout_cli.control.attest import AttestedReading
    from rollout_cli.control.ledger import Reading
    from rollout_cli.control.project import Project
    from rollout_cli.control.standing import Standing
    from rollout_cli.flags.model import Snapshot
    from rollout_cli.render.words import Spoken
    from rollout_cli.store.sql_store import SqlStore


@dataclass(frozen=True, slots=True)
class View:
    """How the rollout stands; no reading where there is no store yet."""

    rollout: str
    standing: "Standing"
    reading: "AttestedReading | None"


@contextmanager
def look(session: Session, *, rollout: str | None = None, catalog: "Spoken | None" = None) -> Iterator[View]:
    """One consistent view of the project's rollout."""
    from rollout_cli.control.standing import Standing, read_standing
    from rollout_cli.render.words import speak
    from rollout_cli.store.sql_ledger import system_clock

    name = rollout or session.workspace.project.wanted.rollout
    store = session.workspace.open_store()
    if store is None:
        session.out.talk(
            speak(
                "There is no store yet: {rollout} is off. The first change creates {store}.", catalog or {},
                rollout=name, store=session.workspace.address.name,
            )
        )  # fmt: skip
        yield View(name, Standing(None, system_clock()), None)
        return
    with store.ledger(name).reading() as reading:
        yield View(name, read_standing(reading), reading)


def standing_of(session: Session, rollout: str) -> "tuple[Standing, bool]":
    """How a rollout stands, for whoever wants nothing else of the store, and whether there is a store."""
    glanced = session.workspace.standing_at_a_glance(rollout)
    if glanced is not None:
        return glanced, True
    with look(session, rollout=rollout) as view:
        return view.standing, view.reading is not None


def known_project(session: Session, *, without: str) -> "tuple[str, Project | None]":
    """The rollout's name and its files, or no files when they cannot be used and the store can do without.

    Args:
        session: the run.
        without: what is missing then, in words.

    Raises:
        RolloutError: the files cannot be used, and nothing else tells which rollout is meant.
    """
    from rollout_cli.errors import UsageError
    from rollout_cli.plan.findings import InvalidFilesError

    workspace = session.workspace
    try:
        project = workspace.project
    except (UsageError, InvalidFilesError) as error:
        store = workspace.open_store()
        name = workspace.name_at_a_glance if store is None else workspace.rollout_name(None, store)
        if name is None:
            raise
        session.out.complain(f"warning: {error.message}, so {without}; see `rollout validate`")
        return name, None
    return project.wanted.rollout, project


def known_flags(session: Session) -> "Snapshot":
    """The flags as the files declare them, at their defaults; when the files are broken, the store knows them alone.

    Raises:
        RolloutError: the files cannot be used, and there is no store.
    """
    from rollout_cli.flags.model import Snapshot
    from rollout_cli.plan.difference import snapshot_at

    name, project = known_project(session, without="the flags are those of the store")
    if project is not None:
        return snapshot_at(project.wanted, None)
    if session.workspace.open_store() is None:
        session.workspace.files.require()
    return Snapshot(name)


def store_for_writing(session: Session, catalog: "Spoken | None" = None) -> "SqlStore":
    """The store; the project's own is created by the first change, and that is said."""
    from rollout_cli.render.words import speak

    store, created = session.workspace.open_store_for_writing()
    if created:
        session.out.talk(speak("Created the store {store}.", catalog or {}, store=store.name))
    return store


@contextmanager
def look_tolerantly(session: Session) -> "Iterator[tuple[str, Reading]]":
    """A view that does not ask whether the latest record is sound, for those who find out."""
    store = session.workspace.open_store()
    if store is None:
        raise StoreMissingError(
            f"there is no store at {session.workspace.address.name}, so there is no history",
            hint="the first change creates it",
        )
    name = session.workspace.rollout_name(None, store)
    with store.ledger(name).reading() as reading:
        yield name, reading
