"""The tools of one visit: the ports that its parts work with, and this kiosk's own name and key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from konbini.kiosk.card.ports import CardReader
from konbini.kiosk.channel.host import Host
from konbini.kiosk.payment.ports import Cash
from konbini.kiosk.printing.ports import Printer
from konbini.kiosk.visit.ward import Device
from konbini.process.clock import Clock, to_seconds
from konbini.process.entropy import Entropy
from konbini.protocol.trust import WardDirectory

__all__ = ["DocumentMemory", "Tools", "Verify"]


class Verify(Protocol):
    """Checks a signed document; `konbini.pdf.verification.verify` is it."""

    def __call__(  # noqa: PLR0913 - each is one thing that must agree
        self,
        pdf: bytes | memoryview,
        *,
        authorities: Sequence[bytes],
        moment: int,
        number: str,
        binding: bytes,
        pages: int,
    ) -> None:
        """Raise `Refused(DOCUMENT_INVALID)` unless everything agrees."""


class DocumentMemory(Protocol):
    """Where one document at a time lies while it is verified and printed; `konbini.kiosk.visit.secret` is it."""

    def hold(self, document: bytes) -> None:
        """Take a document in the place of what is held.

        Raises:
            Refused: `OVERSIZE`.
        """

    @property
    def view(self) -> memoryview:
        """Give what is held, to be read where it is."""

    def wipe(self) -> None:
        """Overwrite what is held with zeros."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a visit works with."""

    device: Device
    directory: WardDirectory
    host: Host
    reader: CardReader
    printer: Printer
    cash: Cash
    verify: Verify
    memory: DocumentMemory
    clock: Clock
    entropy: Entropy

    def seconds(self) -> int:
        """Give Unix seconds, as the wire has them."""
        return to_seconds(self.clock.now())
