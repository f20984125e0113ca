"""A store that cannot be used is named, with what to do, exit 7, and is left as it was."""

import os
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from rollout_cli.control.history import verify_history
from rollout_cli.errors import ExitCode
from rollout_cli.flags.kill import KILL_FILE_VARIABLE
from rollout_cli.store.schema import ROLLOUT
from rollout_cli.store.schema_versions import KNOWN_SCHEMAS
from tests.support.children import with_small_files, without_privileges
from tests.support.program import Run, rollout_here
from tests.support.projects import write_project
from tests.support.stores import draft, listing, meddle, new_sqlite, open_sqlite

READING = ["status", "plan", "check", "evaluate EVENTS", "history", "history verify", "flags list", "export json"]
WRITING = ["advance --yes", "flags deny EVENTS ann --yes", "attest trained"]
PLAN = {"0-development": "phase: 0\nname: development\nflags:\n  EVENTS: {enabled: true}\n"
        "preflight:\n  - {id: trained, kind: attestation, title: Trained}\n"}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project", phases=PLAN)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with nothing but the store in it."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder / "store.db"


def with_revisions(path: Path, count: int = 3) -> Path:
    with open_sqlite(new_sqlite(path)).ledger("test-rollout").writing() as writing:
        for number in range(count):
            writing.append(draft(f"number {number}"))
    return path


def numbers(path: Path) -> int:
    """How many revisions there are; the history must be sound."""
    with open_sqlite(path).ledger("test-rollout").reading() as reading:
        report = verify_history("test-rollout", reading)
    assert report.sound, report.problems
    return report.revisions


def run(project: Path, store: Path, command: str, **environment: str) -> Run:
    return rollout_here("--store", f"sqlite:///{store}", *command.split(), cwd=project, **environment)


def assert_refused(done: Run, store: Path, words: str) -> None:
    assert done.code == ExitCode.STORE, done
    assert str(store) in done.err
    assert words in done.err
    assert "\n  -> " in done.err
    assert "Traceback" not in done.err


def _missing(path: Path) -> None:
    pass


def _empty(path: Path) -> None:
    path.touch()


def _garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def _short(path: Path) -> None:
    path.write_bytes(b"SQLite")


def _only_a_header(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)


def _of_somebody_else(path: Path) -> None:
    meddle(path, "PRAGMA journal_mode = WAL", "CREATE TABLE invoices (id INTEGER)", "INSERT INTO invoices VALUES (7)")


def _without_tables(path: Path) -> None:
    meddle(path, "PRAGMA journal_mode = DELETE", "CREATE TABLE t (x)", "DROP TABLE t")


def _newer(path: Path) -> None:
    meddle(with_revisions(path), "UPDATE rollout_schema SET version_num = '9999'")


def _older(path: Path) -> None:
    meddle(with_revisions(path), "UPDATE rollout_schema SET version_num = '0000'")


def _without_version(path: Path) -> None:
    meddle(with_revisions(path), "DROP TABLE rollout_schema")


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # a socket's path has at most 107 bytes
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(path.name)
    os.chdir(before)


def _link_to_nothing(path: Path) -> None:
    path.symlink_to("nothing")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


KINDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (_missing, "there is no store"),
    "empty": (_empty, "is empty"),
    "garbage": (_garbage, "is not a SQLite database"),
    "short": (_short, "is not a SQLite database"),
    "only a header": (_only_a_header, "is not a SQLite database"),
    "of somebody else": (_of_somebody_else, "is somebody else's database"),
    "without tables": (_without_tables, "is empty"),
    "newer": (_newer, "is newer than this program"),
    "older": (_older, "has the older schema 0000"),
    "without version": (_without_version, "it has rollout tables, and does not say of which schema"),
    "a folder": (_folder, "is not a file"),
    "a pipe": (_pipe, "is not a file"),
    "a socket": (_socket, "is not a file"),
    "a link to nothing": (_link_to_nothing, "a symbolic link to nothing"),
    "a link to itself": (_link_to_itself, "cannot be read"),
}
kinds = pytest.mark.parametrize(("make", "words"), KINDS.values(), ids=KINDS.keys())


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older schema whose history is not that of today; test_old_schema has one whose history is."""
    monkeypatch.setitem(vars(ROLLOUT), "known", ("0000", *KNOWN_SCHEMAS))


@kinds
def test_no_command_uses_or_touches_an_unusable_store(
    project: Path, place: Path, make: Callable[[Path], None], words: str
) -> None:
    make(place)
    before = listing(place.parent), sorted(place.parent.iterdir())
    for command in [*READING, *WRITING, "db backup ../copy.db"]:
        if command.startswith("db") and words.startswith(
            ("is newer", "has the older", "is somebody", "it has rollout tables")
        ):
            continue  # before an upgrade, and for safety, any database can be copied
        if command.startswith("db") and words == "is empty":
            continue
        assert_refused(run(project, place, command), place, words)
        assert (listing(place.parent), sorted(place.parent.iterdir())) == before, command
    assert not (project / ".rollout").exists()


@kinds
def test_a_rollback_with_an_unusable_store_writes_the_kill_file_and_touches_no_store(
    project: Path, place: Path, make: Callable[[Path], None], words: str
) -> None:
    make(place)
    before = listing(place.parent), sorted(place.parent.iterdir())
    assert_refused(run(project, place, "rollback --reason alarm"), place, words)
    assert (listing(place.parent), sorted(place.parent.iterdir())) == before
    assert "*" in (project / ".rollout" / "kill").read_text().splitlines()


@pytest.mark.parametrize("kind", ["missing", "garbage", "only a header", "newer", "a folder", "a link to nothing"])
def test_an_upgrade_makes_no_store_of_what_is_none(project: Path, place: Path, kind: str) -> None:
    make, words = KINDS[kind]
    make(place)
    before = listing(place.parent), sorted(place.parent.iterdir())
    assert_refused(run(project, place, "db upgrade"), place, words)
    assert (listing(place.parent), sorted(place.parent.iterdir())) == before


@pytest.mark.parametrize("command", READING)
def test_reading_leaves_a_sound_store_and_its_folder_as_they_were(project: Path, place: Path, command: str) -> None:
    with_revisions(place)
    before, when = listing(place.parent), place.stat().st_mtime_ns
    assert run(project, place, command).code in {0, 4, 5}
    assert listing(place.parent) == before
    assert place.stat().st_mtime_ns == when
    assert not (project / ".rollout").exists()


@pytest.mark.parametrize(
    "command", [*READING, "attest --list", "rollback", "db current", "doctor", "advance --dry-run"]
)
def test_looking_at_a_project_without_a_store_creates_nothing(project: Path, command: str) -> None:
    before = listing(project)
    rollout_here(*command.split(), cwd=project)
    assert listing(project) == before
    assert not (project / ".rollout").exists()


def test_a_damaged_page_is_loud_and_a_copy_of_it_is_refused(project: Path, place: Path) -> None:
    with_revisions(place, 40)
    data = bytearray(place.read_bytes())
    half = len(data) // 2 // 4096 * 4096
    data[half : half + 4096 * 4] = b"\xff" * (4096 * 4)
    place.write_bytes(data)
    assert_refused(run(project, place, "history verify"), place, "is damaged")
    copy = run(project, place, f"db backup {place.parent / 'copy.db'}")
    assert (copy.code, "is damaged" in copy.err) == (7, True)
    assert [path.name for path in place.parent.iterdir()] == ["store.db"]


def test_a_store_cut_in_half_is_loud(project: Path, place: Path) -> None:
    with_revisions(place, 40)
    os.truncate(place, place.stat().st_size // 2)
    for command in ("status", "advance --force --reason r --yes"):
        done = run(project, place, command)
        assert (done.code, "is damaged" in done.err) == (7, True), done


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


@pytest.mark.parametrize("command", ["advance --phase 0 --allow-removals --force --reason r --yes", *WRITING[1:]])
def test_a_locked_store_is_busy_and_unchanged(
    project: Path, place: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("rollout_cli.store.engine.WAIT_SECONDS", 0.05)
    with_revisions(place)
    with locked(place):
        assert_refused(run(project, place, command), place, "is locked by somebody else")
        assert run(project, place, "status").code == 0
    assert numbers(place) == 3
    assert run(project, place, command).code == 0


def test_a_rollback_that_meets_a_lock_writes_the_kill_file(
    project: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollout_cli.store.engine.WAIT_SECONDS", 0.05)
    with_revisions(place)
    kill = place.parent / "kill"
    with locked(place):
        done = run(project, place, "rollback", **{KILL_FILE_VARIABLE: str(kill)})
    assert_refused(done, place, "is locked by somebody else")
    assert str(kill) in done.err
    assert kill.exists()
    assert numbers(place) == 3
    assert run(project, place, "rollback", **{KILL_FILE_VARIABLE: str(kill)}).code == 0
    assert numbers(place) == 4


@pytest.fixture
def guarded(project: Path) -> Iterator[Path]:
    """A project with a default store, whose permissions a test may narrow."""
    with_revisions(project / ".rollout" / "rollout.db")
    yield project
    for path in (project, project / ".rollout"):
        path.chmod(0o700)


def narrow(project: Path, *, file_mode: int, folder_mode: int) -> None:
    (project / ".rollout" / "rollout.db").chmod(file_mode)
    (project / ".rollout").chmod(folder_mode)


def run_without_privileges(project: Path, command: str) -> Run:
    return without_privileges(lambda: rollout_here(*command.split(), cwd=project))


@pytest.mark.parametrize(
    ("file_mode", "folder_mode"), [(0o400, 0o700), (0o600, 0o500), pytest.param(0o400, 0o500, marks=pytest.mark.heavy)]
)
def test_a_read_only_store_can_be_read_and_nothing_else(guarded: Path, file_mode: int, folder_mode: int) -> None:
    store = guarded / ".rollout" / "rollout.db"
    narrow(guarded, file_mode=file_mode, folder_mode=folder_mode)
    before = listing(guarded)
    for command in READING:
        done = run_without_privileges(guarded, command)
        assert done.code in {0, 4, 5}, (command, done)
        assert listing(guarded) == before
    for command in WRITING:
        done = run_without_privileges(guarded, command)
        assert_refused(done, store, "is read-only")
        assert listing(guarded) == before


def test_a_rollback_of_a_read_only_store_writes_the_kill_file_where_it_can(guarded: Path) -> None:
    narrow(guarded, file_mode=0o400, folder_mode=0o700)
    done = run_without_privileges(guarded, "rollback")
    assert_refused(done, guarded / ".rollout" / "rollout.db", "is read-only")
    assert (guarded / ".rollout" / "kill").exists()
    narrow(guarded, file_mode=0o600, folder_mode=0o700)
    assert run_without_privileges(guarded, "rollback").code == 0


def test_a_rollback_that_can_write_nothing_at_all_says_what_is_left(guarded: Path) -> None:
    narrow(guarded, file_mode=0o400, folder_mode=0o500)
    done = run_without_privileges(guarded, "rollback")
    assert_refused(done, guarded / ".rollout" / "rollout.db", "is read-only")
    assert "ROLLOUT_KILL='*'" in done.err


def test_a_store_that_may_not_be_read_is_named(guarded: Path) -> None:
    narrow(guarded, file_mode=0o000, folder_mode=0o700)
    done = run_without_privileges(guarded, "status")
    assert_refused(done, guarded / ".rollout" / "rollout.db", "Permission denied")


def test_where_no_store_can_be_created_nothing_is_left(guarded: Path) -> None:
    shutil.rmtree(guarded / ".rollout")
    (guarded / ".rollout").mkdir()
    guarded.joinpath("phases", "0-development.yaml").write_text("phase: 0\nname: development\n")
    for path in (guarded, guarded / ".rollout"):
        path.chmod(0o555)
    done = run_without_privileges(guarded, "advance --yes")
    assert_refused(done, guarded / ".rollout", "Permission denied")
    assert list((guarded / ".rollout").iterdir()) == []


FORCED = "advance --phase 0 --allow-removals --force --reason full --yes"


@pytest.mark.parametrize("limit", [0, 4096, 40_000, 60_000])
def test_a_full_disk_is_loud_and_changes_nothing(project: Path, place: Path, limit: int) -> None:
    with_revisions(place, 20)
    many = ", ".join(f"shopper-{number}" for number in range(4000))
    (project / "phases" / "0-development.yaml").write_text(
        f"phase: 0\nname: development\nflags:\n  EVENTS: {{enabled: true, allowlist: [{many}]}}\n"
    )
    done = with_small_files(limit, lambda: run(project, place, FORCED))
    assert done.code == ExitCode.STORE, done
    assert str(place) in done.err
    assert numbers(place) == 20
    assert run(project, place, FORCED).code == 0
    assert numbers(place) == 21


def test_a_change_that_found_room_in_the_log_holds_though_the_disk_is_full_afterwards(
    project: Path, place: Path
) -> None:
    with_revisions(place, 20)
    assert place.stat().st_size > 40_000
    done = with_small_files(40_000, lambda: run(project, place, FORCED))
    assert (done.code, numbers(place)) == (0, 21)


@pytest.mark.parametrize("limit", [0, 1, 4096, 20_000])
def test_a_store_that_does_not_fit_on_the_disk_is_not_created(project: Path, limit: int) -> None:
    (project / "phases" / "0-development.yaml").write_text("phase: 0\nname: development\n")
    done = with_small_files(limit, lambda: rollout_here("advance", "--yes", cwd=project))
    assert done.code == ExitCode.STORE, done
    assert [path.name for path in (project / ".rollout").iterdir() if path.name != ".gitignore"] == []
    assert rollout_here("advance", "--yes", cwd=project).code == 0
    assert (project / ".rollout" / ".gitignore").read_text().split() == ["*"]


def test_a_full_disk_does_not_keep_rollback_from_saying_what_is_left(project: Path, place: Path) -> None:
    with_revisions(place)
    done = with_small_files(0, lambda: run(project, place, "rollback"))
    assert done.code == ExitCode.STORE, done
    assert "ROLLOUT_KILL='*'" in done.err
    assert numbers(place) == 3
