"""Stand-ins between issuing and its clerk: each hands everything on to the real one, and does one thing beside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from konbini.process.calls import AnswerLost
from konbini.protocol.kinds import Outcome
from konbini.ward_server.clerk.evidence import Certified, Evidence, Sealed
from konbini.ward_server.issuing.desk import ClerkCalls
from tests.integration.ward_server.ward import Ward

__all__ = ["Between", "Lying", "Remembering", "Silent", "evidence_of"]


class Between:
    """Lets something happen after the clerk certified, or after it sealed."""

    def __init__(
        self,
        clerk: ClerkCalls,
        *,
        after_certify: Callable[[], Awaitable[object]] | None = None,
        after_seal: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Take what happens; it happens once."""
        self._clerk = clerk
        self._after_certify, self._after_seal = after_certify, after_seal

    async def certify(self, evidence: Evidence) -> Certified:
        """Certify, then let it happen."""
        certified = await self._clerk.certify(evidence)
        happening, self._after_certify = self._after_certify, None
        if happening is not None:
            await happening()
        return certified

    async def seal(self, order: bytes, pdf: bytes) -> Sealed:
        """Seal, then let it happen."""
        sealed = await self._clerk.seal(order, pdf)
        happening, self._after_seal = self._after_seal, None
        if happening is not None:
            await happening()
        return sealed


class Remembering:
    """Hands everything on to the clerk and keeps what it handed."""

    def __init__(self, clerk: ClerkCalls) -> None:
        """Take the clerk."""
        self._clerk = clerk
        self.evidence: list[Evidence] = []
        self.papers: list[tuple[bytes, bytes]] = []

    async def certify(self, evidence: Evidence) -> Certified:
        """Certify."""
        self.evidence.append(evidence)
        return await self._clerk.certify(evidence)

    async def seal(self, order: bytes, pdf: bytes) -> Sealed:
        """Seal."""
        self.papers.append((order, pdf))
        return await self._clerk.seal(order, pdf)


class Silent:
    """Loses the first answer of the real clerk, after the clerk gave it."""

    def __init__(self, clerk: ClerkCalls, fault: Exception, *, call: str) -> None:
        """Take the fault, and in which call it shows: certify or seal."""
        self._clerk, self._fault, self._call = clerk, fault, call
        self.handed: list[tuple[bytes, bytes]] = []
        self.evidence: list[Evidence] = []

    async def certify(self, evidence: Evidence) -> Certified:
        """Certify."""
        self.evidence.append(evidence)
        certified = await self._clerk.certify(evidence)
        self._lose("certify")
        return certified

    async def seal(self, order: bytes, pdf: bytes) -> Sealed:
        """Seal."""
        self.handed.append((order, pdf))
        sealed = await self._clerk.seal(order, pdf)
        self._lose("seal")
        return sealed

    def _lose(self, call: str) -> None:
        if call == self._call:
            self._call = ""
            raise self._fault


class Lying:
    """An `issuing` that hands the clerk something else than it should."""

    def __init__(
        self,
        clerk: ClerkCalls,
        *,
        evidence: Callable[[Evidence], Evidence] = lambda evidence: evidence,
        pdf: Callable[[bytes], bytes] = lambda pdf: pdf,
    ) -> None:
        """Take what it makes of the evidence and of the PDF."""
        self._clerk, self._evidence, self._pdf = clerk, evidence, pdf

    async def certify(self, evidence: Evidence) -> Certified:
        """Certify something else."""
        return await self._clerk.certify(self._evidence(evidence))

    async def seal(self, order: bytes, pdf: bytes) -> Sealed:
        """Seal something else."""
        return await self._clerk.seal(order, self._pdf(pdf))


async def evidence_of(ward: Ward, holder: str, kiosk: str = "K-0002") -> Evidence:
    """Give the evidence of an honest order, certified by the real clerk."""
    visit, silent = ward.visit(holder, ward.kiosk(kiosk)), Silent(ward.desk.clerk, AnswerLost("cut"), call="certify")
    await visit.open()
    honest = ward.desk
    ward.desk = replace(honest, clerk=silent)
    await visit.order()
    ward.desk = honest
    (evidence,) = silent.evidence
    await visit.settle(visit.receipt(Outcome.VOID))
    return evidence
