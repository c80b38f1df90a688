"""Who gives a kiosk its tickets: the issuance center, or a ward to its own machines (専用端末)."""

from __future__ import annotations

from dataclasses import dataclass

from konbini.protocol.cose import VerifyingKey
from konbini.protocol.kinds import CENTER
from konbini.protocol.tickets import Prekey, Ticket
from konbini.protocol.trust import WardEntry

__all__ = ["CenterOffice", "WardOffice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterOffice:
    """The issuance center as whoever gives tickets: one key, pinned.

    Attributes:
        pinned: the center's ticket key.
    """

    pinned: VerifyingKey

    @property
    def name(self) -> str:
        """Who HELLO is for and TICKET is from."""
        return CENTER

    def key(self, claimed: Ticket) -> VerifyingKey:  # noqa: ARG002 - the other office needs the ticket
        """Give the key that has to have signed."""
        return self.pinned


@dataclass(frozen=True, slots=True, kw_only=True)
class WardOffice:
    """A ward as whoever gives tickets to its own machines (専用端末): the message key of the ticket's own prekey.

    No key of its own is needed: the ward directory vouches for the message key of the day.

    Attributes:
        entry: the ward in the directory.
    """

    entry: WardEntry

    @property
    def name(self) -> str:
        """Who HELLO is for and TICKET is from."""
        return self.entry.ward

    def key(self, claimed: Ticket) -> VerifyingKey:
        """Give the key that has to have signed.

        Raises:
            Refused: as `Prekey.open`, at the ticket's own moment.
        """
        return Prekey.open(claimed.prekey, self.entry, claimed.issued)[1]
