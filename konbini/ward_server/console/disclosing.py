"""The desk for disclosures (開示請求): one enters, a supervisor who is another approves, then it is read and encrypted.

    entered -> approved, recorded -> read in the approver's name -> encrypted to the receiver, recorded -> fetched

What was read is in memory alone, and only until it is encrypted; what is kept opens with the receiver's key. A reading
that failed leaves the disclosure approved: approving again goes on.

Invariants: nothing is read before two persons' entries stand in the log; nothing leaves but what is encrypted to the
certificate that both were shown. Files are destroyed `_KEPT_DAYS` after they were approved, by the next who enters or
approves, and are given to nobody from that day on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from konbini.process.clock import Clock
from konbini.process.entropy import Entropy
from konbini.process.rows import Rows
from konbini.process.statements import Connection
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry, append
from konbini.ward_server.console.disclosure import Disclosure, DisclosureRows, DisclosureState, KeptDisclosure
from konbini.ward_server.console.disclosure_text import Disclosed, DisclosureText, Given
from konbini.ward_server.console.enveloping import Receiver, seal_to
from konbini.ward_server.console.lines import Lines
from konbini.ward_server.console.looking import LookDesk
from konbini.ward_server.residents.registry import Found, require_two

__all__ = ["DisclosureDesk"]

_KEPT_DAYS: Final = 30
_ID_BYTES: Final = 8
_DAY: Final = 86_400 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Concluded:
    """What is written when a disclosure is approved or declined."""

    state: DisclosureState
    event: AuditEvent
    from_states: frozenset[DisclosureState]
    by_another: bool


_APPROVED: Final = _Concluded(
    state=DisclosureState.APPROVED,
    event=AuditEvent.DISCLOSURE_APPROVED,
    from_states=frozenset({DisclosureState.ENTERED, DisclosureState.APPROVED}),
    by_another=True,
)
_DECLINED: Final = _Concluded(
    state=DisclosureState.DECLINED,
    event=AuditEvent.DISCLOSURE_DECLINED,
    from_states=frozenset({DisclosureState.ENTERED}),
    by_another=False,
)


class DisclosureDesk:
    """The use cases of disclosures.

    Args:
        rows: where they are kept.
        kept: reads and writes them.
        lines: to registry and issuing.
        looks: who looked at issuances, as the console recorded it.
        text: writes what is disclosed.
        clock: moments.
        entropy: ids, and keys of what is encrypted.
    """

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        rows: Rows,
        kept: DisclosureRows,
        *,
        lines: Lines,
        looks: LookDesk,
        text: DisclosureText,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._rows = rows
        self._kept = kept
        self._lines = lines
        self._looks = looks
        self._text = text
        self._clock = clock
        self._entropy = entropy

    async def person(self, operator: str, disclosure: Disclosure) -> Found:
        """Show whose record it is; the registry records it.

        Raises:
            Refused: `CHANGE_INVALID` (the receiver's certificate), `RESIDENT_UNKNOWN`.
            ConnectionError, TimeoutError: the registry is not reached.
        """
        Receiver.of_bytes(disclosure.certificate).check_valid(self._clock.now())
        return await self._lines.registry(operator).look_up(disclosure.resident, f"開示請求 {disclosure.reason}")

    async def enter(self, operator: str, disclosure: Disclosure) -> str:
        """Enter a disclosure and give its id; nothing is read yet.

        Raises:
            Refused: `CHANGE_INVALID`: a certificate that is not valid today.
        """
        now = self._clock.now()
        Receiver.of_bytes(disclosure.certificate).check_valid(now)
        kept = KeptDisclosure(
            disclosure_id=self._entropy.token(_ID_BYTES).hex(),
            disclosure=disclosure,
            state=DisclosureState.ENTERED,
            entered_by=operator,
            entered_at=now,
            concluded_by="",
            concluded_at=0,
            counts="",
            is_there=False,
        )

        def change(connection: Connection) -> None:
            self._kept.empty_before(connection, now - _KEPT_DAYS * _DAY)
            self._kept.put(connection, kept)
            append(connection, _entry(kept, AuditEvent.DISCLOSURE_ENTERED, now, operator, disclosure.digest()))

        await self._rows.write(change, step="disclosure entered")
        return kept.disclosure_id

    async def find(self, disclosure_id: str) -> KeptDisclosure:
        """Give one that is not concluded.

        Raises:
            Refused: `CHANGE_UNKNOWN`.
        """
        kept = await self._rows.read(lambda connection: self._kept.find(connection, disclosure_id))
        if kept.state not in _APPROVED.from_states:
            raise Refused(Code.CHANGE_UNKNOWN, "the disclosure is concluded")
        return kept

    async def newest(self) -> tuple[KeptDisclosure, ...]:
        """Give the newest disclosures."""
        return await self._rows.read(self._kept.newest)

    async def approve(self, operator: str, disclosure_id: str) -> str:
        """Approve another's disclosure, read what it is of, and keep it encrypted; again where the reading failed.

        Returns:
            How much was read.

        Raises:
            Refused: `CHANGE_UNKNOWN`, `SAME_PERSON`, `CHANGE_INVALID` (the certificate), what the processes refuse.
            ConnectionError, TimeoutError: a process is not reached.
        """
        disclosure = (await self.find(disclosure_id)).disclosure
        receiver = Receiver.of_bytes(disclosure.certificate)
        receiver.check_valid(self._clock.now())
        kept = await self._conclude(operator, disclosure_id, _APPROVED)
        disclosed = await self._read(operator, kept)
        given = Given(
            disclosure_id=disclosure_id,
            resident=disclosure.resident,
            matter=disclosure.matter,
            entered_by=kept.entered_by,
            approved_by=operator,
            moment=self._clock.now(),
        )
        sealed = seal_to(receiver, self._text.write(given, disclosed), self._entropy)
        digest = hashlib.sha256(sealed).digest()
        entry = _entry(kept, AuditEvent.DISCLOSURE_SEALED, given.moment, operator, digest, disclosed.counts)

        def change(connection: Connection) -> None:
            if self._kept.find(connection, disclosure_id).state is not DisclosureState.APPROVED:
                raise Refused(Code.CHANGE_UNKNOWN, "another sealed it meanwhile")
            self._kept.put_sealed(connection, disclosure_id, sealed, disclosed.counts)
            append(connection, entry)

        await self._rows.write(change, step="disclosure sealed")
        return disclosed.counts

    async def decline(self, operator: str, disclosure_id: str) -> None:
        """Take a disclosure back, or turn it down, before it was approved.

        Raises:
            Refused: `CHANGE_UNKNOWN`.
        """
        await self._conclude(operator, disclosure_id, _DECLINED)

    async def fetch(self, operator: str, disclosure_id: str) -> bytes:
        """Give the encrypted file; who took it is recorded first.

        Raises:
            Refused: `CHANGE_UNKNOWN`: there is none, or not any more.
        """
        now = self._clock.now()

        def change(connection: Connection) -> bytes:
            kept = self._kept.find(connection, disclosure_id)
            sealed = self._kept.sealed(connection, disclosure_id, now - _KEPT_DAYS * _DAY)
            digest = hashlib.sha256(sealed).digest()
            append(connection, _entry(kept, AuditEvent.DISCLOSURE_FETCHED, now, operator, digest))
            return sealed

        return await self._rows.write(change, step="disclosure fetched")

    async def _conclude(self, operator: str, disclosure_id: str, concluded: _Concluded) -> KeptDisclosure:
        now = self._clock.now()

        def change(connection: Connection) -> KeptDisclosure:
            self._kept.empty_before(connection, now - _KEPT_DAYS * _DAY)
            kept = self._kept.find(connection, disclosure_id)
            if kept.state not in concluded.from_states:
                raise Refused(Code.CHANGE_UNKNOWN, "the disclosure is concluded")
            if concluded.by_another:
                require_two(kept.entered_by, operator)
            self._kept.conclude(connection, disclosure_id, concluded.state, operator, now)
            append(connection, _entry(kept, concluded.event, now, operator, kept.disclosure.digest()))
            return kept

        return await self._rows.write(change, step="disclosure concluded")

    async def _read(self, operator: str, kept: KeptDisclosure) -> Disclosed:
        """Read everything in the approver's name; who looked is read last, so that this reading is among it."""
        resident = kept.disclosure.resident
        reason = f"開示請求 {kept.disclosure_id} {kept.disclosure.reason}"
        registry = self._lines.registry(operator)
        return Disclosed(
            record=await registry.look_up(resident, reason),
            history=await registry.history(resident, reason),
            issuances=await self._lines.issuing(operator).issuances_of(resident),
            looks=await self._looks.at_issuances_of(resident),
            accesses=await registry.accesses(resident, reason),
        )


def _entry(  # noqa: PLR0913, PLR0917 - what stands in the entry
    kept: KeptDisclosure, event: AuditEvent, moment: int, operator: str, digest: bytes, counts: str = ""
) -> AuditEntry:
    """Name who entered and who acts now, in order, and how much left."""
    persons = (operator,) if event is AuditEvent.DISCLOSURE_ENTERED else (kept.entered_by, operator)
    about = f"{kept.disclosure_id} {counts}".strip()
    return AuditEntry(moment=moment, event=event, operators=persons, about=about, digest=digest)
