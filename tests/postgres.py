"""A PostgreSQL server of a test's own, and what may happen to one: a cut, a backup, a standby that is promoted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from konbini.simulation.postgresql import PrivateServer, folder_of_its_own, is_installed

__all__ = ["Server", "check_installed", "folder_of_its_own", "serving"]

_QUICK = ("fsync=on", "shared_buffers=16MB", "max_connections=60", "autovacuum=off", "jit=off")


class Server(PrivateServer):
    """A server that is small, and that tests do harm to."""

    __slots__ = ()

    def start(self, *settings: str) -> None:
        """Start it with a test's settings and those of all tests."""
        super().start(*_QUICK, *settings)

    def cut(self) -> None:
        """Cut every connection but the one that does so."""
        self.run("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def dump(self, schema: str) -> None:
        """Keep a copy of a schema."""
        place = self.folder / f"{schema}.dump"
        self.run_program("pg_dump", "-Fc", "-h", str(self.folder), "-n", schema, "-f", str(place), "postgres")

    def load(self, schema: str) -> None:
        """Put the copy back in the schema's place."""
        place = self.folder / f"{schema}.dump"
        self.run_program("pg_restore", "-h", str(self.folder), "--clean", "-d", "postgres", str(place))

    def promote(self) -> None:
        """Make a standby the primary."""
        self.run_program("pg_ctl", "promote", "-w", "-D", str(self.data))

    def base_backup(self, standby: Server) -> None:
        """Make a standby of this server; it follows once it is started."""
        standby.own(standby.folder)
        origin = f"host={self.folder} user={self.user}"
        self.run_program("pg_basebackup", "-D", str(standby.data), "-R", "--checkpoint=fast", "--no-sync", "-d", origin)


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server while the context lasts; its folder is removed with it."""
    with folder_of_its_own() as folder, Server(folder=folder).running() as server:
        yield server


def check_installed() -> None:
    """Skip a test where Debian's server is not installed."""
    if not is_installed():
        pytest.skip("Debian's package postgresql is not installed")
