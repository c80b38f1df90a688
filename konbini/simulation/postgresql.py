"""A PostgreSQL server of one's own: a folder, a UNIX socket, a process that ends by its own id.

For the benchmark and for tests: Debian's server, its settings those of a real one but for the sizes that are named. It
does not run as root: as root, its programs are started as the user that Debian's package makes. It is told to end when
the thread that started it does.
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
from typing import Any, Final, Self

from konbini.process.postgresql.address import PostgresAddress
from konbini.process.postgresql.session import Session

__all__ = ["PrivateServer", "folder_of_its_own", "is_installed"]

_START_SECONDS: Final = 60.0
_PORT: Final = 5432
_OF_ROOT_THE_PACKAGE: Final = "postgres"


@dataclass(slots=True, kw_only=True)
class PrivateServer:
    """A server that may be started, ended and killed.

    Attributes:
        folder: of its data and its socket.
        port: in the socket's name, and on the network where a setting has it listen there.
    """

    folder: Path
    port: int = _PORT
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def user(self) -> str:
        """The user whose the server is, in the system and in the database."""
        return _OF_ROOT_THE_PACKAGE if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name

    def address(self, database: str = "postgres", schema: str = "konbini") -> PostgresAddress:
        """Give the address of a schema."""
        return PostgresAddress.parse(self.uri(database, schema))

    def uri(self, database: str = "postgres", schema: str = "konbini") -> str:
        """Give the same as it stands in a configuration."""
        port = "" if self.port == _PORT else f"&port={self.port}"
        return f"postgresql:///{database}?host={self.folder}{port}&user={self.user}&schema={schema}"

    @contextmanager
    def running(self, *settings: str) -> Iterator[Self]:
        """Make the server and run it while the context lasts."""
        self.make()
        self.start(*settings)
        try:
            yield self
        finally:
            self.end()

    def make(self) -> None:
        """Make the data directory."""
        self.own(self.folder)
        self.run_program(
            "initdb", "-D", str(self.data), "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"
        )

    def start(self, *settings: str) -> None:
        """Start the server with settings (`name=value`) and wait until it answers.

        Raises:
            RuntimeError: it does not; its own log.
        """
        where = ("-D", str(self.data), "-k", str(self.folder), "-h", "", "-p", str(self.port))
        options = [word for setting in settings for word in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - Debian's server
                [*self._as_user(), _program("postgres"), *where, *options],
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
        with ThreadPoolExecutor(1) as thread:  # the caller's own loop may be running in this one
            return thread.submit(self._run, statement, schema).result()

    def run_program(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs as its user.

        Raises:
            RuntimeError: it failed; what it said.
        """
        done = subprocess.run(  # noqa: S603 - Debian's programs
            [*self._as_user(), _program(program), *arguments], capture_output=True, text=True, check=False, cwd="/"
        )
        if done.returncode:
            raise RuntimeError(done.stderr)

    def own(self, folder: Path) -> None:
        """Give a folder to the server's user; it is made if it is not there."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(folder, self.user)
            folder.chmod(0o711)

    def _as_user(self) -> list[str]:
        """Give the words before a program: the user, and that a server does not outlive who started it."""
        user = [f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"] if os.geteuid() == 0 else []
        return ["/usr/bin/setpriv", "--pdeathsig=INT", *user]

    def _run(self, statement: str, schema: str) -> list[tuple[Any, ...]]:
        session = Session.connect(self.address(schema=schema))
        try:
            return session.fetch(statement, ())[0]
        finally:
            session.close()

    def _answers(self) -> bool:
        found = subprocess.run(  # noqa: S603 - Debian's program
            [_program("pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)], check=False
        )
        return found.returncode == 0


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """Make a folder with a short path, since a socket goes below it; it is removed with the context."""
    made = Path(tempfile.mkdtemp(prefix="konbini-pg-"))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def is_installed() -> bool:
    """Say whether Debian's server is there."""
    return _programs() is not None


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def _program(name: str) -> str:
    folder = _programs()
    if folder is None:
        raise RuntimeError("Debian's package postgresql is not installed")
    return str(folder / name)
