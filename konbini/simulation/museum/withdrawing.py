"""What becomes of certificates that are taken back: two operators do it, lists are published, and somebody verifies.

Publishing and verifying are production's own code. A paper is told wrong that is still called valid when the life of a
list has passed since it was taken back: whatever was published before that has ended by then.

Limits: `konbini publish` reads files, so that it is given the stores' files as they were at that moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from konbini.process.calls import CallClient
from konbini.process.stores import SqliteAddress
from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Refused
from konbini.simulation.world.clocks import true_time
from konbini.simulation.world.disk import Disk
from konbini.verifier.checking import check
from konbini.verifier.lists import open_lists
from konbini.verifier.sheets import File, Sheet
from konbini.verifier.verdict import Verdict
from konbini.ward_server.issuing.operator_calls import IssuingLine
from konbini.ward_server.publishing.config import PublishingConfig, read_config
from konbini.ward_server.publishing.publishing import ISSUERS, STATUS_FOLDER, publish_lists

__all__ = ["Withdrawing"]

_LIFE_HOURS: Final = 1
_EACH_SECONDS: Final = 900.0
_TIMES: Final = 5
"""So that the life of a list passes while they are published."""
_TAKEN_BACK: Final = 3
_MILLISECONDS: Final = 1000


@dataclass(eq=False, kw_only=True)
class Withdrawing:
    """One ward's papers, and what is published of them.

    Attributes:
        config: the file of `konbini publish`.
        disks: of the ward's processes, by their names.
        socket: of the operators of `issuing`.
        user: the id of the user at its other end.
    """

    config: Path
    disks: Mapping[str, Disk]
    socket: Path
    user: int
    _codes: dict[str, list[bytes]] = field(default_factory=dict)

    def came_out(self, number: str, code: bytes) -> None:
        """Take what the code on a sheet says."""
        self._codes.setdefault(number, []).append(code)

    async def run(self) -> int:
        """Take some back, publish for longer than the life of a list, verify; give how many are still called valid."""
        with TemporaryDirectory() as folder:
            self._publish(Path(folder))
            withdrawn = await self._take_back()
            for _ in range(_TIMES):
                await asyncio.sleep(_EACH_SECONDS)
                self._publish(Path(folder))
            return sum(self._is_valid(number, Path(folder)) for number in withdrawn)

    async def _take_back(self) -> list[str]:
        clients = [CallClient(self.socket, peers=frozenset({self.user})) for _ in range(2)]
        first, second = (IssuingLine(client, name) for client, name in zip(clients, ("ota", "kida"), strict=True))
        done: list[str] = []
        try:
            for number in self._codes:
                try:
                    await second.agree(await first.withdraw_certificate(number, "取消"))
                except Refused:
                    continue  # its kiosk has not said yet that it was printed
                done.append(number)
                if len(done) == _TAKEN_BACK:
                    break
        finally:
            for client in clients:
                await client.close()
        return done

    def _publish(self, folder: Path) -> None:
        with self._published_from() as config:
            published = publish_lists(config, _now(), folder)
        for name, content in published.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    @contextmanager
    def _published_from(self) -> Iterator[PublishingConfig]:
        with TemporaryDirectory() as folder:
            stores = {name: Path(folder) / f"{name}.db" for name in ("issuing", "clerk")}
            for name, path in stores.items():
                path.write_bytes(self.disks[name].image())
            issuing, clerk = (SqliteAddress(path=stores[name]) for name in ("issuing", "clerk"))
            yield replace(
                read_config(self.config), hours=_LIFE_HOURS, issuing=issuing, clerk=clerk, registry=None, console=None
            )

    def _is_valid(self, number: str, folder: Path) -> bool:
        statuses = [path.read_bytes() for path in sorted((folder / STATUS_FOLDER).iterdir())]
        authority = VerifyingKey(read_config(self.config).authority)
        lists = open_lists(authority, (folder / ISSUERS).read_bytes(), statuses, None)
        sheets = tuple(Sheet(codes=(code,), text=None) for code in self._codes[number])
        report = check([File(name=number, sheets=sheets)], lists, _now())
        return report.reason.verdict is Verdict.VALID


def _now() -> int:
    return true_time() // _MILLISECONDS
