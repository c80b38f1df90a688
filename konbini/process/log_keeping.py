"""Keeps a process's log under signed checkpoints: one a minute, co-signed by others, never one that goes back.

A checkpoint stands in the rows of the log that it speaks of (`konbini.process.tree_rows`). Before another is signed the
last one must still hold; where it does not, or where a witness hands back one of ours that this log does not hold, the
log was rewritten or put back: nothing is signed any more, and the process is told in the same transaction.

Invariants: of one origin, no two checkpoints are signed of which one does not begin the other; what is kept is the
newest and the newest that somebody co-signed.
Limits: who holds the key can sign elsewhere what it likes. That is what witnesses are for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.log_config import LogConfig, read_note_signer
from konbini.process.rows import NotStored, Rows
from konbini.process.statements import Connection
from konbini.process.tree_rows import root_at, size_of, tree_of
from konbini.protocol.errors import Code, Refused
from konbini.protocol.tlog.checkpoints import Checkpoint, CheckpointRequest
from konbini.protocol.tlog.notes import Note, SignatureType, decoded, signature_lines
from konbini.protocol.witnessing import Cosigned

__all__ = [
    "SIGNING_SECONDS",
    "CheckpointKeeper",
    "LogOwner",
    "checkpoint_to_publish",
    "newest_checkpoint",
]

SIGNING_SECONDS = 60.0

_log = logger("konbini.process.log_keeping")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOwner:
    """What the log's process does about it, within the log's own transactions.

    Attributes:
        may_sign: whether the store is one that may sign; a restored one may not before two persons have said so.
        rewritten: told that the log is not the one that was signed: the connection, the checkpoint that it does not
            hold, and the moment (Unix milliseconds).
    """

    may_sign: Callable[[Connection], bool]
    rewritten: Callable[[Connection, Checkpoint, int], None]


class CheckpointKeeper:
    """The checkpoints of one log."""

    def __init__(self, config: LogConfig, rows: Rows, owner: LogOwner, clock: Clock) -> None:
        """Take the log.

        Raises:
            ValueError, OSError: the key cannot be used.
        """
        self._signer = read_note_signer(config.key, config.origin, SignatureType.ED25519)
        self._witnesses = config.witnesses
        self._rows = rows
        self._owner = owner
        self._clock = clock
        self.origin = config.origin

    async def run(self) -> None:
        """Sign each minute, where the log has grown."""
        while True:
            try:
                await self.sign()
            except NotStored:
                _log.warning("no checkpoint was stored", exc_info=True)
            await self._clock.sleep(SIGNING_SECONDS)

    async def sign(self) -> None:
        """Sign the log as it is, if it has grown, may be signed and holds what was signed before."""
        await self._rows.write(self._sign, step="checkpoint")

    async def request(self, old_size: int) -> CheckpointRequest | None:
        """Give the newest checkpoint with the proof that it goes on from `old_size`; None where there is none yet.

        A log that is shorter than `old_size` sends what it has without a proof: the witness then shows what it saw.
        """

        def look(connection: Connection) -> CheckpointRequest | None:
            newest = newest_checkpoint(connection, self.origin)
            if newest is None:
                return None
            size = Checkpoint.of(newest).size
            begun = old_size if old_size <= size else 0
            return CheckpointRequest(old_size=begun, proof=tree_of(connection, size).consistency(begun), note=newest)

        return await self._rows.read(look)

    async def shown(self) -> Note | None:
        """Give the newest checkpoint that others co-signed; where there is none, the newest."""
        return await self._rows.read(checkpoint_to_publish)

    async def take(self, answer: Cosigned) -> bool:
        """Take a witness's answer: keep its signature, or look whether it shows that this log was rewritten.

        Returns:
            Whether to ask again at once, from the size that the answer names.

        Raises:
            Refused: `SIGNATURE_INVALID`, `MALFORMED`: it is no answer of a witness of ours, or shows nothing of ours.
        """
        if answer.code == 0:
            await self._keep(answer)
            return False
        if answer.text:
            await self._compare(Note.from_bytes(answer.text))
        return answer.code == Code.LOG_OLD_SIZE

    async def _keep(self, answer: Cosigned) -> None:
        lines = signature_lines(decoded(answer.text))

        def change(connection: Connection) -> None:
            row = connection.execute(
                "SELECT note FROM log_checkpoint WHERE origin = ? AND size = ?", (self.origin, answer.size)
            ).fetchone()
            if row is None:
                return  # a newer one was co-signed meanwhile
            note = Note.parse(row[0])
            good = Note(text=note.text, signatures=lines).times(self._witnesses)
            if not good:
                raise Refused(Code.SIGNATURE_INVALID, "no co-signature of a witness of ours")
            ids = {(key.name, key.key_id) for key in good}
            cosigned = note.signed_by(*(line for line in lines if (line.name, line.key_id) in ids))
            connection.execute(
                "UPDATE log_checkpoint SET note = ?, cosigned = 1 WHERE size = ?", (str(cosigned), answer.size)
            )
            connection.execute("DELETE FROM log_checkpoint WHERE size < ?", (answer.size,))

        await self._rows.write(change, step="cosigned")

    async def _compare(self, shown: Note) -> None:
        shown.require(self._signer.key)
        seen = Checkpoint.of(shown)

        def change(connection: Connection) -> None:
            if root_at(connection, seen.size) != seen.root and self._owner.may_sign(connection):
                self._found(connection, seen)

        await self._rows.write(change, step="compare")

    def _sign(self, connection: Connection) -> None:
        size, last = size_of(connection), newest_checkpoint(connection, self.origin)
        if not self._owner.may_sign(connection):
            return
        if last is not None:
            before = Checkpoint.of(last)
            if root_at(connection, before.size) != before.root:
                self._found(connection, before)
                return
            if before.size == size:
                return
        root = tree_of(connection, size).root
        text = Checkpoint(origin=self.origin, size=size, root=root).text
        note = Note(text=text, signatures=(self._signer.sign(text),))
        connection.execute("DELETE FROM log_checkpoint WHERE cosigned = 0 OR origin <> ?", (self.origin,))
        connection.execute(
            "INSERT INTO log_checkpoint (size, origin, moment, note, cosigned) VALUES (?, ?, ?, ?, 0)",
            (size, self.origin, self._clock.now(), str(note)),
        )

    def _found(self, connection: Connection, seen: Checkpoint) -> None:
        _log.error("the log is not the one that was signed", count=seen.size)
        self._owner.rewritten(connection, seen, self._clock.now())


def newest_checkpoint(connection: Connection, origin: str) -> Note | None:
    """Read the newest checkpoint of a log."""
    row = connection.execute(
        "SELECT note FROM log_checkpoint WHERE origin = ? ORDER BY size DESC LIMIT 1", (origin,)
    ).fetchone()
    return None if row is None else Note.parse(row[0])


def checkpoint_to_publish(connection: Connection) -> Note | None:
    """Read the newest checkpoint that others co-signed, whatever the log's name; where there is none, the newest."""
    row = connection.execute(
        "SELECT note FROM log_checkpoint ORDER BY cosigned DESC, moment DESC, size DESC LIMIT 1"
    ).fetchone()
    return None if row is None else Note.parse(row[0])
