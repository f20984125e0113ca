"""doctor: what is wrong with an installation, and what only looks odd."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from rollout_cli.checks.verdict import Verdict
from rollout_cli.control.attest import AttestedLedger
from rollout_cli.control.history import verify_history
from rollout_cli.control.project import Reading as Files
from rollout_cli.control.record import Revision
from rollout_cli.control.standing import Standing, read_standing
from rollout_cli.control.views import CheckView
from rollout_cli.errors import RolloutError
from rollout_cli.flags.environment import is_set, state_from_environment
from rollout_cli.flags.model import Snapshot


@dataclass(frozen=True, slots=True)
class StoreFile:
    """The store's file, and who may open it."""

    path: str
    mode: int
    is_writable: bool


@dataclass(frozen=True, slots=True)
class Killed:
    """What break-glass keeps off, and which of its places says so."""

    what: str
    where: str


class Installation(Protocol):
    """What the doctor looks at. Whatever is broken raises a `RolloutError`."""

    @property
    def folder(self) -> str:
        """Where the project is."""
        ...

    @property
    def store_name(self) -> str:
        """Where the store is, without secrets."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables."""
        ...

    def versions(self) -> Mapping[str, str]:
        """The program and what it stands on."""
        ...

    def files(self) -> Files:
        """The project's files, read."""
        ...

    def ledger(self) -> AttestedLedger | None:
        """The rollout in the store; None when there is no store yet."""
        ...

    def store_file(self) -> StoreFile | None:
        """The store's file, when it is one."""
        ...

    def killed(self) -> Killed | None:
        """What break-glass keeps off."""
        ...


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """What `rollout doctor` says: one line for each thing that was looked at."""

    verdict: Verdict
    checks: list[CheckView]


def examine(installation: Installation) -> DoctorReport:
    """Look at everything; what breaks is a finding, not the end. Unhealthy when anything failed."""
    checks: list[CheckView] = []
    for name, look in _LOOKS.items():
        try:
            checks += look(installation)
        except RolloutError as error:
            checks.append(_finding(name, Verdict.FAIL, error.message, error.hint))
    failed = any(check.verdict == Verdict.FAIL.value for check in checks)
    return DoctorReport(Verdict.FAIL if failed else Verdict.PASS, checks)


def _versions(installation: Installation) -> Iterator[CheckView]:
    words = ", ".join(f"{name} {version}" for name, version in installation.versions().items())
    yield _finding("versions", Verdict.PASS, words)


def _files(installation: Installation) -> Iterator[CheckView]:
    files = installation.files()
    hint = "see `rollout validate`"
    if files.project is None:
        yield _finding("files", Verdict.FAIL, f"{len(files.findings)} findings", hint)
        return
    wanted = files.project.wanted
    words = f"{wanted.rollout}: {len(wanted.file.flags)} flags, {len(wanted.phases)} phases in {installation.folder}"
    if files.findings:
        yield _finding("files", Verdict.INCONCLUSIVE, f"{words}; {len(files.findings)} warnings", hint)
    else:
        yield _finding("files", Verdict.PASS, words)


def _store(installation: Installation) -> Iterator[CheckView]:
    name = installation.store_name
    if installation.ledger() is None:
        hint = "the first change creates it"
        yield _finding("store", Verdict.INCONCLUSIVE, f"there is no store at {name} yet", hint)
    else:
        yield _finding("store", Verdict.PASS, f"{name}: reachable, schema known")


def _permissions(installation: Installation) -> Iterator[CheckView]:
    file = installation.store_file()
    if file is None:
        return
    if file.mode & 0o077:
        words, hint = f"others may open {file.path} ({file.mode:04o})", f"chmod 600 {file.path}"
        yield _finding("permissions", Verdict.INCONCLUSIVE, words, hint)
    elif not file.is_writable:
        yield _finding(
            "permissions", Verdict.INCONCLUSIVE, f"{file.path} is read-only for you", "changes need write access"
        )
    else:
        yield _finding("permissions", Verdict.PASS, f"only its owner may open {file.path}")


def _history(installation: Installation) -> Iterator[CheckView]:
    ledger = installation.ledger()
    if ledger is None:
        return
    with ledger.reading() as reading:
        chain = verify_history(ledger.rollout, reading)
    if chain.sound:
        yield _finding("history", Verdict.PASS, f"revisions: {chain.revisions}, each follows from the one before")
    else:
        yield _finding("history", Verdict.FAIL, chain.problems[0], "see `rollout history verify`")


def _clock(installation: Installation) -> Iterator[CheckView]:
    ledger = installation.ledger()
    if ledger is None:
        return
    with ledger.reading() as reading:
        latest, now = next(iter(reading.revisions()), None), reading.now()
    if isinstance(latest, Revision) and Standing(latest, now).clock_is_behind:
        words, hint = "the store's clock is behind the last entry", "set it right; until then nothing advances"
        yield _finding("clock", Verdict.FAIL, words, hint)
    else:
        yield _finding("clock", Verdict.PASS, f"the store's time is {now:%Y-%m-%d %H:%M:%S} UTC")


def _environment(installation: Installation) -> Iterator[CheckView]:
    """With a store, the flags' variables are ignored; when they say something else, somebody is mistaken."""
    ledger = installation.ledger()
    if ledger is None:
        return
    with ledger.reading() as reading:
        latest = read_standing(reading).latest
    if latest is None:
        return
    differing = _differing(latest.draft.evaluated, installation.environment)
    if differing:
        words = f"ignored, because there is a store, and different from it: {', '.join(differing)}"
        yield _finding("environment", Verdict.INCONCLUSIVE, words, "remove the variables: the store decides")
    else:
        yield _finding("environment", Verdict.PASS, "no flag's variables differ from the store")


def _break_glass(installation: Installation) -> Iterator[CheckView]:
    killed = installation.killed()
    if killed is None:
        yield _finding("break-glass", Verdict.PASS, "nothing is killed")
    else:
        words = f"{killed.what} kept at the default by {killed.where}"
        yield _finding("break-glass", Verdict.INCONCLUSIVE, words, "lift it when it is over")


_LOOKS: dict[str, Callable[[Installation], Iterator[CheckView]]] = {
    "versions": _versions,
    "files": _files,
    "store": _store,
    "permissions": _permissions,
    "history": _history,
    "clock": _clock,
    "environment": _environment,
    "break-glass": _break_glass,
}


def _differing(snapshot: Snapshot, environment: Mapping[str, str]) -> list[str]:
    return [
        name
        for name, definition in snapshot.definitions.items()
        if is_set(name, environment) and state_from_environment(definition, environment) != snapshot.state_of(name)
    ]


def _finding(name: str, verdict: Verdict, message: str, hint: str = "") -> CheckView:
    return CheckView(name, "doctor", verdict.value, message, {}, hint)
