"""A PostgreSQL server of our own, from Debian's packages: private socket, own data, gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

USER, PASSWORD, PORT = "rollout", "s3cret/@word", 54321


class Postgres:
    """A running server."""

    def __init__(self, folder: Path, programs: Path, *, fsync: bool = False) -> None:
        self._folder = folder
        self._fsync = fsync
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = count(1)

    def set_up(self) -> None:
        """Create its data."""
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        _give_away(self._folder, secret)
        command: list[str | Path] = [
            self._programs / "initdb",
            "-D",
            self._folder / "data",
            "-U",
            USER,
            "-A",
            "scram-sha-256",
        ]
        command += ["--pwfile", secret, "--no-sync", "-E", "UTF8", "--locale", "C"]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder, **_somebody())

    def start(self) -> None:
        """Start it and wait until it answers."""
        command: list[str | Path] = [
            self._programs / "postgres",
            "-D",
            self._folder / "data",
            "-k",
            self._folder,
            "-p",
            str(PORT),
        ]
        command += ["-c", "listen_addresses=", "-c", f"fsync={'on' if self._fsync else 'off'}"]
        log = (self._folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, **_somebody())
        for _ in range(200):
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"PostgreSQL did not start:\n{(self._folder / 'log').read_text()}")

    def stop(self) -> None:
        """Stop it at once, as an administrator would; its clients are cut off."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)
            self._process = None

    def new_database(self) -> str:
        """Create an empty database; its URL."""
        name = f"rollout_{next(self._databases)}"
        with self._connect("postgres") as connection:
            connection.autocommit = True
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database: str, *, password: str = PASSWORD) -> str:
        """The URL of a database, as a user writes it."""
        host = quote(str(self._folder), safe="")
        return f"postgresql://{USER}:{quote(password, safe='')}@/{database}?host={host}&port={PORT}"

    def connect(self, url: str) -> psycopg.Connection:
        """A connection past the program, to one of the databases."""
        return self._connect(url.partition("@/")[2].partition("?")[0])

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(host=str(self._folder), port=PORT, user=USER, password=PASSWORD, dbname=database)


def programs_folder() -> Path | None:
    """Where the newest of Debian's servers is; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def running_postgres(*, fsync: bool = False) -> Iterator[Postgres]:
    """A server for as long as the block lasts. A test that needs one fails where the packages are missing."""
    programs = programs_folder()
    assert programs is not None, "PostgreSQL is needed: apt-get install postgresql"
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # short: a socket's path has at most 107 bytes
    server = Postgres(folder, programs, fsync=fsync)
    try:
        server.set_up()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _somebody() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then somebody else runs it."""
    if os.geteuid() != 0:
        return {}
    entry = _account()
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _give_away(*paths: Path) -> None:
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, _account().pw_uid, _account().pw_gid)


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
