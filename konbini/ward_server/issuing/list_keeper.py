"""The card issuers' revocation lists, fetched in the background and kept in rows.

Invariants: a list is kept only if a pinned issuer signed it and it does not go back behind the one that is kept from
the same address; a list that cannot be fetched leaves the kept one, which ends by its own dates. Whether a kept list
is fresh enough is judged at each visit, not here. Addresses are configuration: the one in a certificate is its
holder's word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import aiohttp
from cryptography import x509

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.protocol.errors import Code, Refused
from konbini.ward_server.asking.card import CardIssuer
from konbini.ward_server.asking.revocation import MOST_LIST_BYTES
from konbini.ward_server.asking.revocation_list import RevocationList
from konbini.ward_server.issuing.fetching import answered
from konbini.ward_server.issuing.ledger.lists import ListLedger

__all__ = ["ListKeeper"]

_SECONDS = 20.0

_log = logger("konbini.ward_server.issuing.list_keeper")


class ListKeeper:
    """Keeps the newest list of each address."""

    def __init__(  # noqa: PLR0913 - the room that wires names each
        self,
        session: aiohttp.ClientSession,
        addresses: Sequence[str],
        issuers: Sequence[CardIssuer],
        *,
        ledger: ListLedger,
        clock: Clock,
        refresh_seconds: int,
    ) -> None:
        """Take the addresses of the lists.

        Raises:
            ValueError: one is no http or https address.
        """
        if any(urlsplit(address).scheme not in ("http", "https") for address in addresses):
            raise ValueError("a revocation list has an http or https address")
        self._session = session
        self._addresses = addresses
        self._issuers = [issuer.certificate for issuer in issuers]
        self._ledger = ledger
        self._clock = clock
        self._refresh_seconds = refresh_seconds
        self._kept: dict[str, RevocationList] = {}

    def lists(self, certificate: bytes) -> Iterator[bytes]:
        """Give the kept lists (DER) that a certificate (DER) is in the scope of."""
        parsed = x509.load_der_x509_certificate(certificate)
        return (kept.content for kept in tuple(self._kept.values()) if kept.covers(parsed))

    @property
    def kept(self) -> Mapping[str, RevocationList]:
        """The lists by address."""
        return dict(self._kept)

    async def load(self) -> None:
        """Take the lists that were kept before; one that no pinned issuer signed any more is passed over."""
        for address, content in (await self._ledger.all()).items():
            if address in self._addresses:
                try:
                    self._kept[address] = RevocationList.read(content, self._issuers)
                except Refused as refused:
                    _log.warning("kept list not taken", detail=refused.detail)

    async def run(self) -> None:
        """Fetch every list, and again, until the process ends."""
        while True:
            for address in self._addresses:
                await self.refresh(address)
            await self._clock.sleep(self._refresh_seconds)

    async def refresh(self, address: str) -> None:
        """Fetch one list and keep it, if it is one and does not go back."""
        try:
            found = RevocationList.read(await self._fetch(address), self._issuers)
            await self._keep(address, found)
        except Refused as refused:
            _log.warning("list not taken", address=address, detail=refused.detail)

    async def _keep(self, address: str, found: RevocationList) -> None:
        known = self._kept.get(address)
        if known is not None and not found.follows(known):
            raise Refused(Code.REVOCATION_UNKNOWN, "a list older than the one that is kept")
        if known is None or found.content != known.content:
            await self._ledger.keep(address, found.content, self._clock.now())
            self._kept[address] = found

    async def _fetch(self, address: str) -> bytes:
        try:
            async with self._session.get(
                address, timeout=aiohttp.ClientTimeout(total=_SECONDS), allow_redirects=False
            ) as response:
                return await answered(response, MOST_LIST_BYTES, "whoever serves the list")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refused(Code.REVOCATION_UNKNOWN, "whoever serves the list did not answer") from error
