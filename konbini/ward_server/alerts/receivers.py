"""Who is told: the port, and what it raises."""

from __future__ import annotations

from typing import Protocol

from konbini.ward_server.alerts.alert import Alert

__all__ = ["NotTold", "Receiver"]


class NotTold(Exception):  # noqa: N818 - the answer of somebody who was told nothing
    """The receiver does not have the alert, or nobody knows whether it has; `reason` is one word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Receiver(Protocol):
    """Somebody who is told of alerts, each at least once.

    Attributes:
        name: by which what is owed is remembered.
    """

    @property
    def name(self) -> str:
        """The name."""

    async def tell(self, alert: Alert) -> None:
        """Tell, and return when the receiver has it.

        Raises:
            NotTold: it is to be told again.
        """
