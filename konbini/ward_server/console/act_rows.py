"""What was confirmed with a passkey, and what came of it, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Any, Final

from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.console.staff_rows import StaffRows
from konbini.ward_server.signed_acts.proof import Assertion
from konbini.ward_server.storage.keyed_hash import KeyedHash

__all__ = ["ActRows", "ActState", "KeptAct"]

_SHOWN: Final = 100
_ACT: Final = "SELECT act_id, person, name, about, digest, hidden, moment, state, code, log_index FROM act"


@unique
class ActState(IntEnum):
    """What became of a confirmed act."""

    CONFIRMED = 1
    DONE = 2
    REFUSED = 3
    IN_DOUBT = 4


_EVENTS: Final = {
    ActState.DONE: AuditEvent.ACT_DONE,
    ActState.REFUSED: AuditEvent.ACT_REFUSED,
    ActState.IN_DOUBT: AuditEvent.ACT_IN_DOUBT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAct:
    """A confirmed act as it is kept; `evidence` is the bytes of `acting.Evidence`, the moment Unix milliseconds."""

    act_id: str
    person: str
    name: str
    about: str
    digest: bytes
    evidence: bytes
    moment: int
    state: ActState
    code: int
    log_index: int


class ActRows:
    """Confirmed acts in the rows of the console."""

    def __init__(self, rows: Rows, staff: StaffRows, hashes: KeyedHash) -> None:
        self._rows = rows
        self._staff = staff
        self._hashes = hashes

    async def confirmed(  # noqa: PLR0913 - what is kept, named
        self,
        *,
        act_id: str,
        person: str,
        name: str,
        digest: bytes,
        evidence: bytes,
        assertion: Assertion,
        moment: int,
    ) -> None:
        """Keep an act and its evidence, before anything is done."""

        def change(connection: Connection) -> None:
            entry = AuditEntry(
                moment=moment,
                event=AuditEvent.ACT_CONFIRMED,
                operators=(person,),
                about=f"{name} {act_id}",
                digest=digest,
            )
            index = append(connection, entry)
            hidden = self._hashes.hide("act", act_id.encode(), evidence)
            connection.execute(
                "INSERT INTO act (act_id, person, name, about, digest, hidden, moment, state, code, log_index)"
                " VALUES (?, ?, ?, '', ?, ?, ?, 1, 0, ?)",
                (act_id, person, name, digest, hidden, moment, index),
            )
            self._staff.counted(connection, assertion.credential, assertion.sign_count)

        await self._rows.write(change, step="act confirmed")

    async def concluded(self, act_id: str, state: ActState, code: int, about: str, moment: int) -> None:
        """Keep what came of an act."""

        def change(connection: Connection) -> None:
            person, name, digest = connection.execute(
                "SELECT person, name, digest FROM act WHERE act_id = ?", (act_id,)
            ).fetchone()
            connection.execute(
                "UPDATE act SET state = ?, code = ?, about = ? WHERE act_id = ?", (int(state), code, about[:64], act_id)
            )
            entry = AuditEntry(
                moment=moment,
                event=_EVENTS[state],
                operators=(person,),
                about=f"{name} {act_id}",
                code=code,
                digest=bytes(digest),
            )
            append(connection, entry)

        await self._rows.write(change, step="act concluded")

    async def recover(self, moment: int) -> None:
        """Say of the acts that an earlier process confirmed, and of which it kept no end, that they are in doubt."""
        found = await self._rows.read(
            lambda connection: connection.execute("SELECT act_id FROM act WHERE state = 1").fetchall()
        )
        for (act_id,) in found:
            await self.concluded(act_id, ActState.IN_DOUBT, 0, "", moment)

    async def newest(self) -> tuple[KeptAct, ...]:
        """Give the newest acts."""
        rows = await self._rows.read(
            lambda connection: connection.execute(f"{_ACT} ORDER BY moment DESC, act_id LIMIT ?", (_SHOWN,)).fetchall()
        )
        return tuple(map(self._kept, rows))

    async def find(self, act_id: str) -> KeptAct | None:
        """Give one act."""
        row = await self._rows.read(
            lambda connection: connection.execute(f"{_ACT} WHERE act_id = ?", (act_id,)).fetchone()
        )
        return None if row is None else self._kept(row)

    def _kept(self, row: Any) -> KeptAct:  # noqa: ANN401 - a row
        act_id, person, name, about, digest, hidden, moment, state, code, log_index = row
        return KeptAct(
            act_id=act_id,
            person=person,
            name=name,
            about=about,
            digest=bytes(digest),
            evidence=self._hashes.reveal("act", act_id.encode(), bytes(hidden)),
            moment=moment,
            state=ActState(state),
            code=code,
            log_index=log_index,
        )
