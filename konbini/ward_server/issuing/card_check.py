"""Whose card it is, and that it counts now: the sources of revocation answers, asked in the policy's order.

What settles it ends the asking: a good answer, or one that says revoked. Only an answer that settles nothing, or none,
leads to the next source; at the end of them the card is refused. A responder that signs that it knows of no such
certificate is believed: the issuer's list, which names the revoked alone, would call it good.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from asn1crypto import ocsp as asn1_ocsp

from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.asking.card import CardIssuer, is_own_card, usable_at
from konbini.ward_server.asking.card_judge import X509_CARDS, CardJudge
from konbini.ward_server.asking.revocation import RevocationAnswer, RevocationPolicy, RevocationSource
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["CardCheck", "CheckedCard", "Responder"]

_log = logger("konbini.ward_server.issuing.card_check")


class Responder(Protocol):
    """Whoever answers for one certificate."""

    async def __call__(self, certificate: bytes) -> bytes:
        """Give an OCSP response (DER); raises `Refused(REVOCATION_UNKNOWN)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCard:
    """A card that counts, and the answer that says so."""

    card: CardSerial
    revocation: RevocationAnswer


class CardCheck:
    """Checks cards for one ward."""

    def __init__(
        self,
        policy: RevocationPolicy,
        issuers: Sequence[CardIssuer],
        *,
        responder: Responder | None,
        lists: Callable[[bytes], Iterable[bytes]],
        cards: CardJudge = X509_CARDS,
    ) -> None:
        """Take policy, pinned issuers, the responder where the policy asks one, the lists that are kept, and a judge.

        Raises:
            ValueError: the policy asks a responder, and there is none.
        """
        if responder is None and RevocationSource.OCSP in policy.order.sources:
            raise ValueError("the policy asks a responder")
        self._policy = policy
        self._issuers = issuers
        self._responder = responder
        self._lists = lists
        self._cards = cards

    async def __call__(self, certificate: bytes, moment: int, *, own_machine: bool = False) -> CheckedCard:
        """Check a card's certificate (DER) at a moment (Unix seconds), as it came from a shop or an own machine.

        Raises:
            Refused: `CARD_ISSUER_UNKNOWN`, `CARD_EXPIRED`, `CARD_REVOKED`, `REVOCATION_UNKNOWN`.
        """
        issuers = usable_at(self._issuers, own_machine=own_machine)
        self._cards.check_issued(certificate, issuers, moment)
        own = is_own_card(certificate, issuers)
        for source in (RevocationSource.REGISTRY,) if own else self._policy.order.sources:
            async for answer in self._answers(source, certificate):
                try:
                    card = await self._cards.check_certificate(
                        certificate, answer, issuers, moment=moment, policy=self._policy
                    )
                except Refused as refused:
                    if refused.code is not Code.REVOCATION_UNKNOWN or _disowned(answer):
                        raise
                    _log.warning("an answer that settles nothing", kind=source, detail=refused.detail)
                else:
                    return CheckedCard(card=card, revocation=answer)
        raise Refused(Code.REVOCATION_UNKNOWN, "no source settles it")

    async def _answers(self, source: RevocationSource, certificate: bytes) -> AsyncIterator[RevocationAnswer]:
        if source is RevocationSource.REGISTRY:
            yield RevocationAnswer(source=source, content=b"")
        elif source is RevocationSource.LIST:
            for content in self._lists(certificate):
                yield RevocationAnswer(source=source, content=content)
        elif self._responder is not None:
            try:
                yield RevocationAnswer(source=source, content=await self._responder(certificate))
            except Refused as refused:
                if refused.code is not Code.REVOCATION_UNKNOWN:
                    raise
                _log.warning("no answer", kind=source, detail=refused.detail)


def _disowned(answer: RevocationAnswer) -> bool:
    """Say whether a responder's answer is that it knows of no such certificate."""
    if answer.source is not RevocationSource.OCSP:
        return False
    try:
        responses = asn1_ocsp.OCSPResponse.load(answer.content).response_data["responses"]
        return any(one["cert_status"].name == "unknown" for one in responses)
    except (ValueError, TypeError, KeyError):
        return False
