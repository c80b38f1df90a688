"""Whose ticket a kiosk has to bring: the center's, or for the ward's own machines (専用端末) the ward's.

A machine is the ward's own where its enrolment, signed by the enrolment authority and entered in the ward's register,
names the ward as its operator. Nothing else makes it so: not the link it came on, not the ticket it brings, not its own
word. From this one fact follow whose ticket counts and which cards (`konbini.ward_server.asking.card.usable_at`).
"""

from __future__ import annotations

from konbini.protocol.cose import VerifyingKey
from konbini.protocol.offices import CenterOffice, WardOffice
from konbini.protocol.tickets import Ticket, TicketOffice
from konbini.protocol.trust import WardEntry
from konbini.ward_server.asking.opening import KioskRegister

__all__ = ["TicketOffices"]


class TicketOffices:
    """The two offices, for one ward."""

    def __init__(self, register: KioskRegister, entry: WardEntry, center: VerifyingKey) -> None:
        """Take the ward's register, the ward as the directory has it, and the center's ticket key."""
        self._register = register
        self._ward = WardOffice(entry=entry)
        self._center = CenterOffice(pinned=center)

    def is_own(self, kiosk: str) -> bool:
        """Say whether a kiosk is one of the ward's own machines; one that is not in the register is none."""
        return self._register.is_operated_by(kiosk, self._ward.name)

    def link_of(self, kiosk: str) -> str:
        """Name the link that a kiosk speaks on, by whoever gives tickets there: the center, or the ward itself."""
        return self._ward.name if self.is_own(kiosk) else self._center.name

    @property
    def center(self) -> VerifyingKey:
        """The center's pinned ticket key."""
        return self._center.pinned

    def read(self, signed: bytes) -> Ticket:
        """Check a ticket's signature by the one office that its kiosk gets tickets from.

        Raises:
            Refused: `TICKET_INVALID`.
        """
        return Ticket.read(signed, self._of(Ticket.claimed(signed).kiosk))

    def _of(self, kiosk: str) -> TicketOffice:
        return self._ward if self.is_own(kiosk) else self._center
