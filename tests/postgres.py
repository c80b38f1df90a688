"""A PostgreSQL server of a test's own: a folder, a UNIX socket, a process that ends by its own id.

The server does not run as root: as root, its programs are started as the user that Debian's package makes.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from konbini.process.postgresql.address import PostgresAddress
from konbini.process.postgresql.session import Session

__all__ = ["Server", "check_installed", "folder_of_its_own", "serving"]

_START_SECONDS = 60.0
_PORT = 5432
_QUICK = ("fsync=on", "shared_buffers=16MB", "max_connections=60", "autovacuum=off", "jit=off")


@dataclass(slots=True, kw_only=True)
class Server:
    """A server that may be started, ended and killed. `folder`: of its data and its socket."""

    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def user(self) -> str:
        """Who owns the databases, and is let in without a password."""
        return _owner()

    def address(self, database: str = "postgres", schema: str = "konbini") -> PostgresAddress:
        """Give the address of a schema."""
        return PostgresAddress.parse(self.uri(database, schema))

    def uri(self, database: str = "postgres", schema: str = "konbini") -> str:
        """Give the same as it stands in a configuration."""
        return f"postgresql:///{database}?host={self.folder}&user={_owner()}&schema={schema}"

    def make(self) -> None:
        """Make the data directory."""
        _give(self.folder)
        _run("initdb", "-D", str(self.data), "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")

    def start(self, *settings: str) -> None:
        """Start the server and wait until it answers."""
        options = [word for setting in (*_QUICK, *settings) for word in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - Debian's server
                [*_as_owner(), _program("postgres"), "-D", str(self.data), "-k", str(self.folder), "-h", "", *options],
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text("utf-8"))
            time.sleep(0.05)

    def end(self, number: signal.Signals = signal.SIGINT) -> None:
        """End the server; SIGINT cuts its connections, SIGQUIT is as good as a crash."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)
            self.process.wait(_START_SECONDS)
            self.process = None

    def run(self, statement: str, schema: str = "public") -> list[tuple[Any, ...]]:
        """Run a statement as the server's owner and give its rows."""
        with ThreadPoolExecutor(1) as thread:  # a test's own loop may be running in this one
            return thread.submit(self._run, statement, schema).result()

    def cut(self) -> None:
        """Cut every connection but the one that does so."""
        self.run("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def own(self, folder: Path) -> None:
        """Give a folder to the server's user."""
        _give(folder)

    def dump(self, schema: str) -> None:
        """Keep a copy of a schema."""
        place = self.folder / f"{schema}.dump"
        _run("pg_dump", "-Fc", "-h", str(self.folder), "-n", schema, "-f", str(place), "postgres")

    def load(self, schema: str) -> None:
        """Put the copy back in the schema's place."""
        place = self.folder / f"{schema}.dump"
        _run("pg_restore", "-h", str(self.folder), "--clean", "-d", "postgres", str(place))

    def promote(self) -> None:
        """Make a standby the primary."""
        _run("pg_ctl", "promote", "-w", "-D", str(self.data))

    def base_backup(self, standby: Server) -> None:
        """Make a standby of this server; it follows once it is started."""
        _give(standby.folder)
        origin = f"host={self.folder} user={_owner()}"
        _run("pg_basebackup", "-D", str(standby.data), "-R", "--checkpoint=fast", "--no-sync", "-d", origin)

    def _run(self, statement: str, schema: str) -> list[tuple[Any, ...]]:
        session = Session.connect(self.address(schema=schema))
        try:
            return session.fetch(statement, ())[0]
        finally:
            session.close()

    def _answers(self) -> bool:
        found = subprocess.run(  # noqa: S603 - Debian's program
            [_program("pg_isready"), "-q", "-h", str(self.folder), "-p", str(_PORT)], check=False
        )
        return found.returncode == 0


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server while the context lasts; its folder is removed with it."""
    with folder_of_its_own() as folder:
        server = Server(folder=folder)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.end()


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """Make a folder with a short path, since a socket goes below it."""
    made = Path(tempfile.mkdtemp(prefix="konbini-pg-"))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def check_installed() -> None:
    """Skip a test where Debian's server is not installed."""
    if _folder() is None:
        pytest.skip("Debian's package postgresql is not installed")


def _folder() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def _program(name: str) -> str:
    folder = _folder()
    assert folder is not None
    return str(folder / name)


def _owner() -> str:
    return "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def _as_owner() -> list[str]:
    """Give the words before a program: the user, and that a server does not outlive the tests, however they end."""
    user = [f"--reuid={_owner()}", f"--regid={_owner()}", "--clear-groups"] if os.geteuid() == 0 else []
    return ["/usr/bin/setpriv", "--pdeathsig=INT", *user]


def _give(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, _owner())
        folder.chmod(0o711)


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - Debian's programs
        [*_as_owner(), _program(program), *arguments], capture_output=True, text=True, check=False, cwd="/"
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
