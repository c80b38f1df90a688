"""Witness of others' logs: co-signs a checkpoint once it is proved to go on from the last one that it co-signed.

What is asked and answered is C2SP tlog-witness; it comes over a link here instead of HTTP. The witness's migration
includes `process/witness.sql`.

Invariants: the last co-signed checkpoint and its co-signature are one transaction; of one origin, each begins the next.
A checkpoint of a known log that goes back (rolled back) or is of another tree (split view) is refused, kept whole with
its signature as evidence, and told to the process in the same transaction. So many are kept of one log: two would prove
it, and whoever holds its key could fill this disk with more. A proof that does not hold counts as a split view: its
asker may still show that both are of one tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from konbini.process.clock import Clock, to_seconds
from konbini.process.log_config import WitnessConfig, read_note_signer
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.protocol.merkle import EMPTY_ROOT, check_consistency
from konbini.protocol.tlog.checkpoints import Checkpoint, CheckpointRequest
from konbini.protocol.tlog.notes import Note, NoteKey, SignatureType
from konbini.protocol.witnessing import MOST_ORIGIN, MOST_WITNESSING_BYTES, Cosigned

__all__ = ["Contradiction", "Witness"]

_MOST_EVIDENCE: Final = 16
"""Checkpoints of one log that are kept and told; whoever signs a seventeenth is refused as before."""
_EVIDENCE: Final = frozenset((Code.LOG_ROLLED_BACK, Code.LOG_SPLIT_VIEW))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A checkpoint that does not go on from the last one: which log, how, and the SHA-256 of its text."""

    origin: str
    code: Code
    moment: int
    digest: bytes


class Witness:
    """A witness with its memory in rows.

    Args:
        config: who it is, and of which logs.
        rows: where it remembers.
        found: told of a contradiction when it is found first, within the transaction that keeps it.
        clock: the time of co-signatures.
    """

    def __init__(
        self, config: WitnessConfig, rows: Rows, found: Callable[[Connection, Contradiction], None], clock: Clock
    ) -> None:
        """Take the key.

        Raises:
            ValueError, OSError: it cannot be used.
        """
        self._signer = read_note_signer(config.key, config.name, SignatureType.COSIGNATURE)
        self._logs = {key.name: key for key in config.logs}
        self._rows = rows
        self._found = found
        self._clock = clock

    async def add(self, data: bytes, within: str = "") -> Cosigned:
        """Judge a request, and co-sign.

        Args:
            data: the request.
            within: how the name of every log of whoever asks begins; any other log is unknown to them.

        Raises:
            Refused: `MALFORMED`, `OVERSIZE`: it is none, and nobody can be told which log it is about.
            NotStored: nothing was co-signed.
        """
        if len(data) > MOST_WITNESSING_BYTES:
            raise Refused(Code.OVERSIZE, "CHECKPOINT")
        request = CheckpointRequest.from_bytes(data)
        asked = Checkpoint.of(request.note)
        if len(asked.origin) > MOST_ORIGIN:
            raise Refused(Code.MALFORMED, "a log whose name no answer can hold")
        return await self._rows.write(lambda connection: self._judge(connection, request, asked, within), step="cosign")

    def _judge(self, connection: Connection, request: CheckpointRequest, asked: Checkpoint, within: str) -> Cosigned:
        row = connection.execute("SELECT size, note FROM witnessed WHERE origin = ?", (asked.origin,)).fetchone()
        last = None if row is None else Note.parse(row[1])
        try:
            key = self._key_of(asked.origin, within)
            request.note.require(key)
            _check_goes_on(request, asked, None if last is None else Checkpoint.of(last))
        except Refused as refused:
            if refused.code in _EVIDENCE:
                self._keep_evidence(connection, request, asked.origin, refused.code)
            shown = b"" if last is None else last.to_bytes()
            size = 0 if row is None else int(row[0])
            return Cosigned(origin=asked.origin, code=refused.code, size=size, text=shown)
        now = self._clock.now()
        line = self._signer.sign(asked.text, to_seconds(now))
        own = (one for one in request.note.signatures if (one.name, one.key_id) == (key.name, key.key_id))
        note = Note(text=asked.text, signatures=(*own, line))
        connection.execute(
            "INSERT INTO witnessed (origin, size, note, moment) VALUES (?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE"
            " SET size = excluded.size, note = excluded.note, moment = excluded.moment",
            (asked.origin, asked.size, str(note), now),
        )
        return Cosigned(origin=asked.origin, code=0, size=asked.size, text=str(line).encode())

    def _key_of(self, origin: str, within: str) -> NoteKey:
        key = self._logs.get(origin)
        if key is None or not origin.startswith(within):
            raise Refused(Code.LOG_UNKNOWN, origin)
        return key

    def _keep_evidence(self, connection: Connection, request: CheckpointRequest, origin: str, code: Code) -> None:
        (count,) = connection.execute("SELECT count(*) FROM refused_checkpoint WHERE origin = ?", (origin,)).fetchone()
        if count >= _MOST_EVIDENCE:
            return
        digest = hashlib.sha256(request.note.text.encode()).digest()
        kept = connection.execute(
            "INSERT INTO refused_checkpoint (origin, digest, code, moment, request) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (origin, digest, code, self._clock.now(), request.to_bytes()),
        )
        if kept.rowcount:
            contradiction = Contradiction(origin=origin, code=code, moment=self._clock.now(), digest=digest)
            self._found(connection, contradiction)


def _check_goes_on(request: CheckpointRequest, asked: Checkpoint, last: Checkpoint | None) -> None:
    """Hold a checkpoint against the last one.

    Raises:
        Refused: `LOG_OLD_SIZE`: it is to be proved from another size; `LOG_ROLLED_BACK`, `LOG_SPLIT_VIEW`, `MALFORMED`.
    """
    seen = 0 if last is None else last.size
    if last is not None and asked.size < seen:
        raise Refused(Code.LOG_ROLLED_BACK, f"{asked.size} after {seen}")
    if last is not None and asked.size == seen and asked.root != last.root:
        raise Refused(Code.LOG_SPLIT_VIEW, f"two roots of {seen}")
    if request.old_size != seen:
        raise Refused(Code.LOG_OLD_SIZE, f"{seen} was co-signed last")
    try:
        check_consistency(seen, EMPTY_ROOT if last is None else last.root, asked.size, asked.root, request.proof)
    except Refused as refused:
        raise Refused(Code.LOG_SPLIT_VIEW, refused.detail) from refused
