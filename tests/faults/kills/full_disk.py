"""A disk of 4 MB that fills in the middle of work: nobody is told that something is stored that is not.

    unshare --mount python -m tests.faults.kills.full_disk --engine sqlite|postgresql [--json FILE]

Each store lies on a tmpfs of its own, with a ballast beside it that leaves 600 KB. A worker fills the disk until its
callers hear `NotStored`; the ballast is taken away, and the worker that was refused goes on. It is killed then, the
store is opened again, and all that was acknowledged before, at and after the full disk is looked for.

It mounts file systems: run it in a mount namespace of its own, which takes them away with it. Prints, as its last line,
{"engine", "stores", "refused", "acknowledged", "found_again", "lost"}.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from konbini.process.stores import parse_address
from tests.faults.kills.campaign import rooms_of, table
from tests.faults.kills.rooms import Point, Room
from tests.faults.kills.store import Store
from tests.places import SqlitePlace, address
from tests.postgres import Server, folder_of_its_own

__all__ = ["main"]

_DISK: Final = "4m"
_ROOM_BYTES: Final = 600_000
"""What is left beside the ballast, for a worker to fill."""
_REFUSALS: Final = 8
"""That many callers are told before there is room again."""
_GOES_ON: Final = 20
"""That many things are acknowledged afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Disk:
    """A small file system and what takes up room on it."""

    folder: Path

    @classmethod
    def mount(cls, folder: Path) -> _Disk:
        """Mount it on a folder that is made."""
        folder.mkdir()
        words = ("-t", "tmpfs", "-o", f"size={_DISK},mode=777", "konbini", str(folder))
        subprocess.run(["/usr/bin/mount", *words], check=True)  # noqa: S603 - fixed program
        return cls(folder=folder)

    @property
    def ballast(self) -> Path:
        """The file that takes up room."""
        return self.folder / "ballast"

    def load(self) -> None:
        """Put the ballast in."""
        self.ballast.write_bytes(bytes(self.free - _ROOM_BYTES))

    @property
    def free(self) -> int:
        """Bytes that are left."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize


@contextlib.contextmanager
def disks(engine: str) -> Iterator[Callable[[Room], tuple[_Disk, Store]]]:
    """Give what makes a disk with an empty store on it."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory(prefix="konbini-full-") as folder:

            def on_file(room: Room) -> tuple[_Disk, Store]:
                disk = _Disk.mount(Path(folder) / room.name)
                return disk, Store(room=room, address=address(SqlitePlace(folder=disk.folder), room.name))

            with contextlib.ExitStack() as ending:
                ending.callback(_unmount, Path(folder))
                yield on_file
        return
    with folder_of_its_own() as folder_of_server, Server(folder=folder_of_server).running() as server:

        def on_server(room: Room) -> tuple[_Disk, Store]:
            disk = _Disk.mount(server.folder / f"small-{room.name}")
            space = disk.folder / "space"
            server.own(space)
            server.run(f"CREATE TABLESPACE {room.name} LOCATION '{space}'")
            uri = f"{server.uri(schema=room.name)}&default_tablespace={room.name}"
            return disk, Store(room=room, address=parse_address(uri, Path()))

        with contextlib.ExitStack() as ending:
            ending.callback(_unmount, server.folder)
            ending.callback(server.end)
            yield on_server


def _unmount(folder: Path) -> None:
    """Take the disks away, so that their folders can be removed."""
    for disk in folder.iterdir():
        if disk.is_mount():
            subprocess.run(["/usr/bin/umount", str(disk)], check=True)  # noqa: S603 - fixed program


def fill(disk: _Disk, store: Store) -> tuple[int, list[str]]:
    """Fill a disk under a worker, make room, and see that it goes on; give how many were refused, and complaints."""
    asyncio.run(store.room.prepare(store.address))
    disk.load()
    worker = store.start()
    worker.hear_until(lambda: len(worker.refused) >= _REFUSALS)
    said = {" ".join(word.about) for word in worker.refused}
    wrong = [f"refused otherwise: {one}" for one in said if "SQLITE_FULL" not in one and "53100" not in one]
    if len(worker.refused) < _REFUSALS or not worker.said:
        wrong.append(f"{len(worker.refused)} refused and {len(worker.said)} acknowledged, {disk.free} bytes free")
    disk.ballast.unlink()
    before = len(worker.said)
    worker.hear_until(lambda: len(worker.said) >= before + _GOES_ON)
    if len(worker.said) < before + _GOES_ON:
        wrong.append("it did not go on when there was room again")
    store.end(worker, Point(room=store.room.name, step="full disk", edge="4 MB"))
    refused = len(worker.refused)
    # What the last transactions took is given back by a restart alone where the disk filled again meanwhile.
    return refused, [f"{store.room.name}: {one}" for one in (*wrong, *store.close())]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill a disk under each store of an engine."""
    parser = argparse.ArgumentParser(description="a full disk in the middle of work")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), required=True)
    parser.add_argument("--json", type=Path)
    read = parser.parse_args(arguments)
    stores, wrong, refused = [], [], 0
    with disks(read.engine) as make:
        for room in rooms_of(read.engine, 1):
            disk, store = make(room)
            stores.append(store)
            told, complaints = fill(disk, store)
            refused += told
            wrong.extend(complaints)
    counts = [one for store in stores for one in store.counts.values()]
    told_all = {
        "engine": read.engine,
        "stores": len(stores),
        "refused": refused,
        "acknowledged": sum(one.acknowledged for one in counts),
        "found_again": sum(one.found for one in counts),
        "lost": sum(one.lost for one in counts),
    }
    sys.stdout.write("\n".join((*table(stores), *wrong, json.dumps(told_all))) + "\n")
    if read.json is not None:
        read.json.write_text(json.dumps(told_all) + "\n", "utf-8")
    return int(bool(told_all["lost"] or wrong))


if __name__ == "__main__":
    sys.exit(main())
