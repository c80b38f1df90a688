"""Who judges cards: a port, because path and answer are judged twice a visit, and a simulated world has many visits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from konbini.ward_server.asking.card import CardIssuer, check_certificate, check_issued, check_signature
from konbini.ward_server.asking.revocation import RevocationAnswer, RevocationPolicy
from konbini.ward_server.residents.feed import CardSerial

__all__ = ["X509_CARDS", "CardJudge", "X509Cards"]


class CardJudge(Protocol):
    """Judges a card's certificate and what the card signed; each raises what `konbini.ward_server.asking.card` does."""

    def check_issued(self, certificate: bytes, issuers: Sequence[CardIssuer], moment: int) -> None:
        """Check dates, purpose and the issuer's signature, without asking anybody."""

    async def check_certificate(  # noqa: PLR0913 - what a judgement is made of, named
        self,
        certificate: bytes,
        revocation: RevocationAnswer,
        issuers: Sequence[CardIssuer],
        *,
        moment: int,
        policy: RevocationPolicy,
        slack_seconds: int = 0,
    ) -> CardSerial:
        """Judge the certificate with the revocation answer that was found for it."""

    def check_signature(self, certificate: bytes, algorithm: int, signature: bytes, t: bytes) -> None:
        """Check the card's signature over t."""


class X509Cards:
    """Judges as the standards say, each time anew."""

    def check_issued(self, certificate: bytes, issuers: Sequence[CardIssuer], moment: int) -> None:
        """See `CardJudge`."""
        check_issued(certificate, issuers, moment)

    async def check_certificate(  # noqa: PLR0913 - see `CardJudge`
        self,
        certificate: bytes,
        revocation: RevocationAnswer,
        issuers: Sequence[CardIssuer],
        *,
        moment: int,
        policy: RevocationPolicy,
        slack_seconds: int = 0,
    ) -> CardSerial:
        """See `CardJudge`."""
        return await check_certificate(
            certificate, revocation, issuers, moment=moment, policy=policy, slack_seconds=slack_seconds
        )

    def check_signature(self, certificate: bytes, algorithm: int, signature: bytes, t: bytes) -> None:
        """See `CardJudge`."""
        check_signature(certificate, algorithm, signature, t)


X509_CARDS: Final = X509Cards()
