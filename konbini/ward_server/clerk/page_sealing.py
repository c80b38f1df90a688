"""The clerk's paper-seal key: what the code on each page is signed with; the table `[paper_seal]` of its configuration.

[paper_seal]
key = "paper-seal.key"              # P-256, PEM, a secret file
issuers = "issuers.list"            # the published issuer list, which names the key, its municipality and its life

The clerk signs only while the list that verifiers hold names its key: a paper that nobody could check is not made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from konbini.pdf.paper_seal.issuers import IssuerKey, IssuerList, KeyUse
from konbini.pdf.paper_seal.page_seal import PageSeal
from konbini.pdf.paper_seal.signed_page import is_signed_by, sign_page, signature_of, with_signature
from konbini.process.config import Table
from konbini.process.secret_files import read_signing_key
from konbini.protocol.cose import SigningKey, VerifyingKey
from konbini.protocol.errors import Code, Refused

__all__ = ["PageSealer", "PaperSealConfig", "read_page_sealer", "read_paper_seal_config"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSealConfig:
    """Where the key and the list are."""

    key: Path
    issuers: Path


def read_paper_seal_config(table: Table) -> PaperSealConfig:
    """Take the table.

    Raises:
        ConfigRefused: naming the place.
    """
    with table as paper_seal:
        return PaperSealConfig(key=paper_seal.path("key"), issuers=paper_seal.path("issuers"))


class PageSealer:
    """The ward's paper-seal key, as the issuer list names it."""

    def __init__(self, key: SigningKey, listed: IssuerKey) -> None:
        """Take the key and its place on the list.

        Raises:
            ValueError: the list names another key.
        """
        if listed.point != key.verifying.point:
            raise ValueError("the issuer list names another paper-seal key")
        self._key = key
        self._listed = listed

    def check_in_force(self, day: date) -> None:
        """Refuse a day for which the key may not sign.

        Raises:
            Refused: `PAPER_KEY_EXPIRED`.
        """
        self._listed.check_in_force(day)

    def sign(self, page: PageSeal) -> bytes:
        """Give a page's signature, 64 bytes."""
        return signature_of(sign_page(page, self._key))

    def sealed(self, page: PageSeal, signature: bytes) -> bytes:
        """Give the bytes of a page's code.

        Raises:
            Refused: `RECORD_STALE`: the signature is not this key's over this page; the order began under another key.
        """
        key = self._key.verifying
        seal = with_signature(page, key.key_id, signature)
        if not is_signed_by(seal, key, page.municipality):
            raise Refused(Code.RECORD_STALE, "a page that was signed otherwise")
        return seal


def read_page_sealer(config: PaperSealConfig, ward: str, authority: VerifyingKey) -> PageSealer:
    """Read key and list.

    Raises:
        Refused: `SIGNATURE_INVALID`, `MALFORMED`: the list is not the authority's; `PAPER_KEY_UNKNOWN`: it does not
            name this key for this ward.
        OSError, ValueError: a file cannot be used.
    """
    key = read_signing_key(config.key)
    listed = IssuerList.open(config.issuers.read_bytes(), authority, newest_seen=0)
    found = listed.key(key.verifying.key_id, KeyUse.PAGES)
    if found.municipality != ward:
        raise Refused(Code.PAPER_KEY_UNKNOWN, f"the issuer list names this key for {found.municipality}")
    return PageSealer(key, found)
