"""The ward's own ticket desk: HELLO in, TICKET out, for the ward's own machines (専用端末) alone; no center is asked.

What the center's desk does for a kiosk in a shop is done here: one unexpired ticket at a time per machine; the same
HELLO within its ticket's life gets the same ticket; another HELLO supersedes a ticket that was not used, and a
superseded one opens nothing (`check_newest`). Each ticket counts against an hourly quota, and is on the audit log
before it leaves.

The ticket is signed with the message key that its prekey names, in the ward's name: nobody needs a key of its own for
it, and no kiosk in a shop can use it, because the ward takes a ticket of its own from its own machines alone. Limits: a
restart forgets what was given; it destroys the prekeys too, so that nothing given before opens anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.protocol.cose import VerifyingKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame
from konbini.protocol.tickets import TICKET_SECONDS, Hello, Ticket
from konbini.ward_server.audit.events import AuditEvent
from konbini.ward_server.audit.log import AuditEntry
from konbini.ward_server.issuing.desk import Desk, Now

__all__ = ["TICKETS_AN_HOUR", "OwnTickets"]

TICKETS_AN_HOUR = 60
"""How many tickets one machine may have within an hour; as for a kiosk in a shop."""
_HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    hello: Hello
    ticket: bytes
    expires: int


class OwnTickets:
    """Judges each HELLO of the ward's own machines and signs tickets."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._given: dict[str, _Given] = {}
        self._spent: dict[str, list[int]] = {}

    async def grant(self, machine: str, frame: Frame) -> bytes:
        """Give the ticket for a HELLO that came on this machine's link.

        Raises:
            Refused: `KIOSK_UNKNOWN`, `SIGNATURE_INVALID`, `MISROUTED` (header and HELLO differ), `VISIT_CONFLICT`,
                `WARD_CLOSED`, `WARD_STOPPED`, `WARD_NOT_CURRENT`, `KIOSK_STOPPED`, `WARD_MAINTENANCE`,
                `WARD_UNREACHABLE` (no prekey yet), `QUOTA`.
        """
        desk, now = self._desk, self._desk.now()
        if not desk.offices.is_own(machine):
            raise Refused(Code.KIOSK_UNKNOWN, "not one of the ward's own machines")
        device = VerifyingKey(desk.register.named(machine, now.seconds).signing)
        hello = Hello.open(frame.body, device, machine, office=desk.ward)
        if (hello.visit_id, hello.ward) != (frame.visit_id, desk.ward):
            raise Refused(Code.MISROUTED, "HELLO and its header differ")
        await desk.check_serving(now, machine)
        again = self._again(machine, hello, now)
        if again is not None:
            return again
        if await desk.ledger.visits.body_of(hello.visit_id) is not None:
            raise Refused(Code.VISIT_CONFLICT, "a visit id is used once")
        self._spend(machine, now)
        given = self._sign(hello, now)
        await desk.ledger.record(
            AuditEntry(moment=now.milliseconds, event=AuditEvent.OWN_TICKET_GIVEN, visit=hello.visit_id, about=machine)
        )
        self._given[machine] = given
        return given.ticket

    def check_newest(self, machine: str, visit_id: bytes) -> None:
        """Hold that an OPEN is of the machine's newest ticket.

        Raises:
            Refused: `TICKET_INVALID`.
        """
        given = self._given.get(machine)
        if given is None or given.hello.visit_id != visit_id:
            raise Refused(Code.TICKET_INVALID, "superseded, or of before a restart")

    def _again(self, machine: str, hello: Hello, now: Now) -> bytes | None:
        """Find the ticket that this very HELLO got already."""
        given = self._given.get(machine)
        if given is None or given.hello.visit_id != hello.visit_id:
            return None
        if given.hello != hello or now.seconds >= given.expires:
            raise Refused(Code.VISIT_CONFLICT, "a visit id is used once")
        return given.ticket

    def _spend(self, machine: str, now: Now) -> None:
        spent = [moment for moment in self._spent.get(machine, ()) if now.seconds - _HOUR_SECONDS < moment]
        if len(spent) >= TICKETS_AN_HOUR:
            raise Refused(Code.QUOTA, machine)
        self._spent[machine] = [*spent, now.seconds]

    def _sign(self, hello: Hello, now: Now) -> _Given:
        held = self._desk.prekeys.newest
        expires = now.seconds + TICKET_SECONDS
        if held is None or not held.begins <= now.seconds or expires > held.ends:
            raise Refused(Code.WARD_UNREACHABLE, "no fresh prekey")
        ticket = Ticket(
            visit_id=hello.visit_id,
            kiosk=hello.kiosk,
            device_key_id=hello.device_key_id,
            ward=hello.ward,
            visit_keys=hello.visit_keys,
            issued=now.seconds,
            expires=expires,
            prekey=held.signed,
        )
        signed = ticket.sign(held.message_key.signing, office=self._desk.ward)
        return _Given(hello=hello, ticket=signed, expires=expires)
