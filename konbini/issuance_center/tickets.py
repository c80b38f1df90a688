"""The ticket desk: HELLO in, TICKET out.

One unexpired ticket at a time per kiosk, and what that means here: the same HELLO within its ticket's life gets the
same ticket, so a resident who types the PIN again waits for nothing; another HELLO supersedes a ticket that was not
used, because the resident who held it has gone and the next one should not wait out a minute. A superseded ticket opens
nothing: the relay lets no OPEN of it pass. A ticket is used when its OPEN went through. Each ticket counts against the
kiosk's hourly quota, so that superseding cannot be done for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbini.issuance_center.relay.quotas import Window
from konbini.issuance_center.relay.routing import WardEnd
from konbini.issuance_center.relay.visits import Visit, VisitTable
from konbini.issuance_center.trust import Trust
from konbini.issuance_center.wards import WardsToday
from konbini.protocol.cose import SigningKey
from konbini.protocol.errors import Code, Refused
from konbini.protocol.frames import Frame
from konbini.protocol.tickets import TICKET_SECONDS, Hello, Ticket

__all__ = ["QUOTA_SECONDS", "Granted", "TicketDesk"]

QUOTA_SECONDS = 3600
"""The window of a kiosk's quota."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A ticket, the visit that it opens, and the visit whose unused ticket it supersedes.

    `visit` is None where the same ticket is given again.
    """

    ticket: bytes
    visit: Visit | None
    superseded: Visit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    hello: Hello
    ticket: bytes
    expires: int


class TicketDesk:
    """Judges each HELLO and signs tickets."""

    def __init__(
        self, *, trust: Trust, wards: WardsToday, visits: VisitTable, signing: SigningKey, window: Window
    ) -> None:
        """Take the lists, the wards' prekeys, the visits, the center's ticket key and the quotas' window."""
        self._trust, self._wards, self._visits = trust, wards, visits
        self._signing, self._window = signing, window
        self._given: dict[str, _Given] = {}

    def hello(self, kiosk: str, frame: Frame, moment: int) -> Granted:
        """Give the ticket for a HELLO that came on this kiosk's link.

        Raises:
            Refused: `KIOSK_UNKNOWN`, `SIGNATURE_INVALID`, `MISROUTED` (header and HELLO differ), `WARD_UNREACHABLE`,
                `WARD_CLOSED`, `WARD_STOPPED`, `VISIT_CONFLICT`, `QUOTA`, `MALFORMED`.
        """
        trusted = self._trust.kiosk(kiosk, moment)
        hello = Hello.open(frame.body, trusted.device, kiosk)
        if (hello.visit_id, hello.ward) != (frame.visit_id, frame.ward):
            raise Refused(Code.MISROUTED, "HELLO and its header differ")
        end, prekey = self._wards.for_ticket(kiosk, hello.ward, moment)
        again = self._again(kiosk, hello, moment)
        if again is not None:
            return Granted(ticket=again, visit=None, superseded=None)
        self._window.spend(kiosk, trusted.tickets_an_hour, moment)
        return self._grant(hello, end, prekey, moment)

    def withdraw(self, kiosk: str) -> None:
        """Forget the ticket just made for a kiosk: its row was not stored, so it must never be given."""
        self._given.pop(kiosk, None)

    def _again(self, kiosk: str, hello: Hello, moment: int) -> bytes | None:
        """Find the ticket that this HELLO got already.

        Raises:
            Refused: `VISIT_CONFLICT`: the visit id was used, or comes with other keys or another ward.
        """
        known = self._visits.find(hello.visit_id)
        if known is None:
            return None
        if known.opened or known.superseded or known.kiosk != kiosk:
            raise Refused(Code.VISIT_CONFLICT, "a visit id is used once")
        given = self._given.get(kiosk)
        if given is None or given.hello.visit_id != hello.visit_id:  # of before a restart, or withdrawn
            return None
        if given.hello != hello:
            raise Refused(Code.VISIT_CONFLICT, "the visit id came with something else")
        usable = moment < given.expires and self._wards.lives(WardEnd(known.ward, known.server))
        return given.ticket if usable else None

    def _grant(self, hello: Hello, end: WardEnd, prekey: bytes, moment: int) -> Granted:
        expires = moment + TICKET_SECONDS
        signed = Ticket(
            visit_id=hello.visit_id,
            kiosk=hello.kiosk,
            device_key_id=hello.device_key_id,
            ward=hello.ward,
            visit_keys=hello.visit_keys,
            issued=moment,
            expires=expires,
            prekey=prekey,
        ).sign(self._signing)
        visit = Visit(
            visit_id=hello.visit_id,
            kiosk=hello.kiosk,
            ward=hello.ward,
            server=end.server,
            ticket_expires=expires,
        )
        superseded = self._visits.admit(visit, moment)
        self._given[hello.kiosk] = _Given(hello=hello, ticket=signed, expires=expires)
        return Granted(ticket=signed, visit=visit, superseded=superseded)
