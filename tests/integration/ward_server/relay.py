"""Between a real kiosk's visit and the ward: the relay that a scripted center stands behind."""

from __future__ import annotations

from konbini.kiosk.channel.messages import Answered, Question
from konbini.protocol.kinds import MessageKind
from konbini.protocol.tickets import TICKET_SECONDS, Hello, Ticket
from tests.integration.ward_server.kiosk import ReachedWard

__all__ = ["Relay"]


class Relay:
    """What carries a real kiosk's questions to the ward and a scripted center, in the place of the long-lived process.

    It is the part of `konbini.kiosk.channel.host.Host` that speaks with the ward.
    """

    def __init__(self, ward: ReachedWard, kiosk: str) -> None:
        """Carry for a kiosk."""
        self._ward, self._kiosk = ward, kiosk

    async def prekey(self, _ward: str) -> bytes:
        """Give the ward's newest PREKEY."""
        return self._ward.prekey

    async def exchange(self, question: Question) -> Answered:
        """Hand a question to whom it is for."""
        match question.kind:
            case MessageKind.HELLO:
                return Answered(kind=MessageKind.TICKET, body=self._ticket(question.body))
            case MessageKind.OPEN:
                reply = await self._ward.front.open(self._kiosk, question.visit_id, question.body)
            case MessageKind.OWNLIST:
                reply = await self._ward.front.own_list(self._kiosk, question.body)
            case _:
                reply = await self._ward.front.order(self._kiosk, question.body)
        return Answered(kind=reply.kind, body=reply.body)

    def _ticket(self, signed: bytes) -> bytes:
        hello = Hello.open(signed, self._ward.kiosk(self._kiosk).signing.verifying, self._kiosk)
        moment = self._ward.clock.now() // 1000
        return self._ward.center.ticket(
            Ticket(
                visit_id=hello.visit_id,
                kiosk=hello.kiosk,
                device_key_id=hello.device_key_id,
                ward=hello.ward,
                visit_keys=hello.visit_keys,
                issued=moment,
                expires=moment + TICKET_SECONDS,
                prekey=self._ward.prekey,
            )
        )
