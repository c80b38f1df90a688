"""Keys of a made-up municipality and of its neighbour, and the issuer list that names them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from konbini.pdf.paper_seal.issuers import IssuerList, KeyUse
from konbini.protocol.cose import SigningKey
from tests.papers import issuer_key

NOON = 1763780400
"""2025-11-22 12:00 in Japan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Who signs: the directory authority, two municipalities' page keys, the first one's status key."""

    authority: SigningKey
    pages: SigningKey
    neighbour: SigningKey
    status: SigningKey

    def issuer_list(self, *, version: int = 3, begins: int = 20250401, ends: int = 20280331) -> IssuerList:
        """Give the list; the life is the first page key's."""
        neighbour = ("131994", "東京都隣川区", "Tonarikawa City, Tokyo")
        own = ("131997", "東京都澄川区", "Sumikawa City, Tokyo")
        return IssuerList(
            version=version,
            issued=NOON,
            expires=NOON + 86_400,
            keys=(
                issuer_key(own, KeyUse.PAGES, self.pages, begins, ends),
                issuer_key(neighbour, KeyUse.PAGES, self.neighbour, 20200101, 20991231),
                issuer_key(own, KeyUse.STATUS, self.status, 20250401, 20280331),
            ),
        )


@pytest.fixture(scope="session")
def keys() -> Keys:
    """Fresh keys for the session."""
    return Keys(
        authority=SigningKey.generate(),
        pages=SigningKey.generate(),
        neighbour=SigningKey.generate(),
        status=SigningKey.generate(),
    )


@pytest.fixture(scope="session")
def issuers(keys: Keys) -> IssuerList:
    """The issuer list as a verifier opened it."""
    return IssuerList.open(keys.issuer_list().sign(keys.authority), keys.authority.verifying, newest_seen=3)
