"""Checkpoints to the center and back: the ward's logs are co-signed there, and the center's log here.

Each minute every log of the ward asks for a co-signature, from the size that the center co-signed last; one that does
not know that size is told it and asks again, once a minute. The console's process calls for its own (`ask`). Nothing
here is believed: the witness's rows say what was co-signed, and each log's process checks what comes back. Nothing is
carried for the console before the others were heard: with an old checkpoint of theirs it would accuse them of going
back.

Each checkpoint is shown to whoever has them time-stamped once: co-signed, or as its log signed it where the center did
not answer before the next turn. Of the console's, what a witness's signature is over: an answer names no question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.process.log_keeping import SIGNING_SECONDS
from konbini.process.rows import NotStored
from konbini.process.statements import Connection
from konbini.process.witnessing import Contradiction, Witness
from konbini.protocol.errors import Code, Refused
from konbini.protocol.kinds import MessageKind
from konbini.protocol.shape import from_bytes, to_bytes
from konbini.protocol.tlog.checkpoints import Checkpoint, CheckpointRequest
from konbini.protocol.tlog.notes import Note, NoteKey, decoded, signature_lines
from konbini.protocol.witnessing import MOST_WITNESSING_BYTES, Cosigned
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.audit.log_calls import OwnLog
from konbini.ward_server.issuing.desk import Reply
from konbini.ward_server.issuing.ledger.cases import CaseParty, open_case

__all__ = ["ANSWER_SECONDS", "LogExchange", "nobody", "open_log_case"]

ANSWER_SECONDS: Final = 5.0
"""How long whoever asks by itself waits for the center."""

_log = logger("konbini.ward_server.issuing.log_exchange")


async def nobody(_note: Note) -> None:
    """Have nothing time-stamped."""


class LogExchange:
    """The ward's side.

    Args:
        logs: of this ward's processes.
        witness: of the center's log.
        send: hands a message to the center.
        clock: for its turns.
        witnesses: of whoever asks by itself.
        seen: is shown each checkpoint, to have it time-stamped.
    """

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        logs: Sequence[OwnLog],
        witness: Witness,
        send: Callable[[Reply], None],
        clock: Clock,
        *,
        witnesses: Sequence[NoteKey] = (),
        seen: Callable[[Note], Awaitable[None]] = nobody,
    ) -> None:
        self._logs = tuple(logs)
        self._by_origin: dict[str, OwnLog] = {}
        self._unheard = set(map(id, self._logs))
        self._sizes: dict[str, int] = {}
        self._asked_again: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Cosigned | None]] = {}
        self._witness = witness
        self._send = send
        self._clock = clock
        self._witnesses = tuple(witnesses)
        self._seen = seen
        self._unanswered: dict[str, Note] = {}

    async def run(self) -> None:
        """Ask each minute."""
        while True:
            for log in self._logs:
                await self._turn(log)
            await self._clock.sleep(SIGNING_SECONDS)

    async def ask(self, data: bytes) -> Cosigned | None:
        """Carry the request of a log that asks by itself, and give the answer; None where there is none in time.

        Who asks again for the same log takes the turn of who waits for it.

        Raises:
            Refused: `MALFORMED`, `OVERSIZE`: it is no request; `LOG_UNKNOWN`: of a log that is asked for here; `BUSY`:
                not all of those were heard yet.
        """
        if len(data) > MOST_WITNESSING_BYTES:
            raise Refused(Code.OVERSIZE, "COSIGN")
        note = CheckpointRequest.from_bytes(data).note
        origin = Checkpoint.of(note).origin
        if origin in self._by_origin:
            raise Refused(Code.LOG_UNKNOWN, f"{origin} is asked for by issuing itself")
        if self._unheard:
            raise Refused(Code.BUSY, "a log that is asked for by issuing itself was not heard yet")
        self._end_waiting(origin, None)
        answered = self._waiting[origin] = asyncio.get_running_loop().create_future()
        self._send(Reply(kind=MessageKind.CHECKPOINT, body=data))
        try:
            answer: Cosigned | None = await asyncio.wait_for(answered, ANSWER_SECONDS)
        except TimeoutError:
            return None
        else:
            if answer is not None and answer.code == 0 and _is_cosigned(note, answer, self._witnesses):
                await self._answered(note, answer)
            return answer
        finally:
            if self._waiting.get(origin) is answered:
                del self._waiting[origin]

    async def take(self, kind: MessageKind, body: bytes) -> Reply | None:
        """Answer a CHECKPOINT of the center's log, or take a COSIGNED of one of ours.

        Raises:
            Refused: it is neither, or no answer of a witness of ours.
        """
        if kind is MessageKind.CHECKPOINT:
            return Reply(kind=MessageKind.COSIGNED, body=to_bytes(await self._witness.add(body)))
        answer = from_bytes(Cosigned, body)
        log = self._by_origin.get(answer.origin)
        if log is None and self._end_waiting(answer.origin, answer):
            return None
        if log is None:
            raise Refused(Code.LOG_UNKNOWN, "an answer about no log of this ward")
        if answer.code not in (0, Code.LOG_OLD_SIZE):
            _log.error("a log was not co-signed", code=answer.code, count=answer.size)
        note = self._unanswered.pop(answer.origin, None)
        again = await log.take(answer)
        await self._answered(note, answer)
        self._sizes[answer.origin] = answer.size
        if not again or answer.origin in self._asked_again:
            return None  # whoever names one size after another is not followed
        self._asked_again.add(answer.origin)
        return await self._request(log, answer.size)

    def _end_waiting(self, origin: str, answer: Cosigned | None) -> bool:
        """Give whoever waits for a log's answer what there is, and say whether anybody waited."""
        waiting = self._waiting.pop(origin, None)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(answer)
        return True

    async def _turn(self, log: OwnLog) -> None:
        known = next((origin for origin, one in self._by_origin.items() if one is log), "")
        self._asked_again.discard(known)
        await self._show(self._unanswered.pop(known, None))
        try:
            request = await self._request(log, self._sizes.get(known, 0))
        except (Refused, ConnectionError, TimeoutError) as error:
            _log.warning("no checkpoint to be co-signed", error=type(error).__name__)
            return
        if request is not None:
            self._send(request)

    async def _request(self, log: OwnLog, old_size: int) -> Reply | None:
        data = await log.request(old_size)
        self._unheard.discard(id(log))
        if data is None:
            return None
        note = CheckpointRequest.from_bytes(data).note
        origin = Checkpoint.of(note).origin
        self._by_origin[origin], self._unanswered[origin] = log, note
        return Reply(kind=MessageKind.CHECKPOINT, body=data)

    async def _answered(self, note: Note | None, answer: Cosigned | None) -> None:
        """Show a checkpoint with its co-signature."""
        if note is not None and answer is not None and answer.code == 0 and Checkpoint.of(note).size == answer.size:
            await self._show(note.signed_by(*signature_lines(decoded(answer.text))))

    async def _show(self, note: Note | None) -> None:
        """Show a checkpoint; that it is not time-stamped keeps nothing from being co-signed."""
        if note is None:
            return
        try:
            await self._seen(note)
        except NotStored:
            _log.warning("a checkpoint is not owed its time-stamp", exc_info=True)


def _is_cosigned(note: Note, answer: Cosigned, witnesses: Sequence[NoteKey]) -> bool:
    """Say whether an answer has a co-signature of this very checkpoint.

    Raises:
        Refused: `MALFORMED`: it has no signatures.
    """
    try:
        return bool(Note(text=note.text, signatures=signature_lines(decoded(answer.text))).times(witnesses))
    except Refused as refused:
        if refused.code is not Code.SIGNATURE_INVALID:
            raise
        return False


def open_log_case(connection: Connection, found: Contradiction) -> None:
    """Open a case about a log of the center's, within the transaction that keeps the evidence."""
    entry = AuditEntry(
        moment=found.moment,
        event=AuditEvent.CENTER_LOG_CONTRADICTED,
        about=found.origin,
        code=found.code,
        digest=found.digest,
    )
    open_case(connection, entry, CaseParty(kiosk=""))
