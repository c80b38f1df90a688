"""Taking a list over from a file, while the registry does not serve: the one place that ties the rooms together."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from konbini.process.clock import Clock
from konbini.process.entropy import DrawnAhead, Entropy, SystemEntropy
from konbini.process.stores import SqliteAddress, StoreAddress
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.residents.config import RegistryConfig, read_config
from konbini.ward_server.residents.importing.files import Chunk, open_list, sha256_of
from konbini.ward_server.residents.importing.pool import Preparing, here, in_processes
from konbini.ward_server.residents.importing.preparing import Preparer
from konbini.ward_server.residents.importing.rows import RowForm
from konbini.ward_server.residents.importing.takeover import Approval, Reports, take_over
from konbini.ward_server.residents.main import open_registry, read_pen, read_vault

__all__ = ["Cost", "Taken", "in_lines", "progress_lines", "take_list"]

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an import took: seconds by the clock on the wall, of processors (all processes), and MiB at most.

    `own_mib` is the writing process's highest memory, `other_mib` that of the largest process of the pool.
    """

    seconds: float
    cpu_seconds: float
    own_mib: float
    other_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was taken over, from which file, how many of its rows were left out, at what cost."""

    residents: int
    left_out: int
    sha256: str
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class _Make:
    """Makes a preparer from the registry's configuration, in whatever process."""

    config: RegistryConfig
    form: RowForm
    change_id: str
    claim_key: bytes

    def __call__(self) -> Preparer:
        entropy = DrawnAhead(SystemEntropy())
        return Preparer(
            read_vault(self.config, entropy),
            read_pen(self.config, entropy),
            self.form,
            change_id=self.change_id,
            claim_key=self.claim_key,
        )


async def take_list(  # noqa: PLR0913 - who, what and with which means, all named
    config: Path,
    file: Path,
    clock: Clock,
    entropy: Entropy,
    *,
    approval: Approval,
    sha256: str | None,
    processes: int,
    reports: Reports,
    accept_good_rows: bool = False,
) -> Taken:
    """Take a list over: all or nothing, or its good rows alone.

    Args:
        config: the registry's configuration.
        file: CSV, or JSON Lines.
        clock: for the moment of entry.
        entropy: for ids and the claims' key; what is sealed takes the system's.
        approval: who hands it in, who approved it, what it rests on.
        sha256: of the file that was approved, to be compared; None where nobody says.
        processes: that prepare rows beside this one, 0 for none.
        reports: told of rows and of bad ones.
        accept_good_rows: whether bad rows are left out, with their households.

    Raises:
        TownRefused, Refused: the list is not taken over.
        ConfigRefused, AlreadyOwned, SchemaRefused, ValueError, OSError: the registry or the file cannot be opened.
    """
    began = time.monotonic()  # of the cost alone
    found = sha256_of(file)
    if sha256 is not None and sha256.lower() != found:
        raise Refused(Code.CHANGE_INVALID, f"another file than the one that was approved: SHA-256 {found}")
    settings = read_config(config)
    async with open_registry(settings, clock, entropy) as rooms:
        with ExitStack() as ending:
            form, listed = ending.enter_context(open_list(file, settings.municipality))
            imported = approval.resting_on(found).change(rooms.pen, clock)
            make = _Make(
                config=settings,
                form=form,
                change_id=imported.change_id,
                claim_key=entropy.token(_KEY_BYTES),
            )
            preparing: Preparing = ending.enter_context(in_processes(make, processes)) if processes else here(make)

            def again() -> Iterator[Chunk]:
                return ending.enter_context(open_list(file, settings.municipality))[1]

            taken = await take_over(
                rooms.store,
                rooms.pen,
                imported,
                listed,
                preparing,
                reports=reports,
                folder=_folder(settings.store),
                again=again if accept_good_rows else None,
            )
    cost = _cost(time.monotonic() - began)
    return Taken(residents=taken.residents, left_out=taken.left_out, sha256=found, cost=cost)


def _folder(store: StoreAddress) -> Path:
    """Give where the claims' file may stand: beside the rows, or where they are not here, where files pass through."""
    return store.path.parent if isinstance(store, SqliteAddress) else Path(tempfile.gettempdir())


def _cost(seconds: float) -> Cost:
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    return Cost(seconds=seconds, cpu_seconds=cpu, own_mib=own.ru_maxrss / 1024, other_mib=others.ru_maxrss / 1024)


def in_lines(taken: Taken) -> tuple[str, ...]:
    """Say what was taken over and what it cost."""
    cost = taken.cost
    rate = taken.residents / cost.seconds
    left_out = f", {taken.left_out} rows left out" if taken.left_out else ""
    return (
        f"{taken.residents} residents taken over{left_out}, SHA-256 {taken.sha256}",
        f"{cost.seconds:.1f} s, {rate:.0f} rows/s, {cost.cpu_seconds:.1f} CPU s of all processes",
        f"memory at most {cost.own_mib:.0f} MiB, a process of the pool {cost.other_mib:.0f} MiB",
    )


def progress_lines(write: Callable[[str], None], every_seconds: float = 2.0) -> Callable[[int], None]:
    """Make what tells of rows and rows a second, a line every few seconds."""
    began = last = time.monotonic()

    def progress(count: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= every_seconds:
            last = now
            write(f"{count} rows, {count / (now - began):.0f} rows/s")

    return progress
